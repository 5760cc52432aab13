"""One account at work: its queue, its server, and what is read back from there."""
