"""The engine: what is due is polled, planned and recorded; what is queued is delivered."""
