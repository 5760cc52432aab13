"""The endpoints, one module per part of the Mastodon API; each ends in its table of routes."""
