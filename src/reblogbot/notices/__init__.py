"""Messages to the admin about problems: which ones, in which words, and through which channels."""
