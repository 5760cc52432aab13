"""What can be polled: one file per family of sources, each registered by entry point."""
