"""One module per command, imported when the command runs; `arguments.py` lists them all."""
