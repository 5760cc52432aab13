"""The daemon: runs the engine until it is told to stop."""
