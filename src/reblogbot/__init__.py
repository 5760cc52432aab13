"""reblogbot follows sources and boosts or posts what they bring, each entry exactly once."""

__version__ = "0.7.0"
