"""What the daemon shows to those who look after it, over HTTP."""
