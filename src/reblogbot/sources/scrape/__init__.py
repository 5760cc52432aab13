"""Web pages and JSON documents without a feed, read by the admin's selectors."""
