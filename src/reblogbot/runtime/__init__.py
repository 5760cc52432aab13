"""What the program runs on: its clock, worker threads and parser processes."""
