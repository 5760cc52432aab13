"""What the admin is told, unasked: which troubles, in which words, by which ways."""
