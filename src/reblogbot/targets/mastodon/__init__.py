"""Accounts on servers that speak the Mastodon API."""
