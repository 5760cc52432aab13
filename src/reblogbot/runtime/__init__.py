"""What the program runs on: clocks, worker threads, parser processes and lease owners."""
