"""Adapters that publish for an account, and what they make of real servers' answers."""
