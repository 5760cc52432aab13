"""Accounts, hashtags, lists and timelines of the fediverse."""
