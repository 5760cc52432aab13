"""The open web: one polite, bounded, address-checked fetch."""
