"""Accounts whose posts are files in a folder, as static site generators read them."""
