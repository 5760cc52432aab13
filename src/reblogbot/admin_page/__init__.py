"""The admin's page: what the shell's commands do, in a browser. The daemon serves it."""
