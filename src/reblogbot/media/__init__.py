"""Images: fetched from a source's site, checked, and converted to what a server accepts."""
