"""A loopback server that speaks the Mastodon API and shows a timeline page, for trying safely."""
