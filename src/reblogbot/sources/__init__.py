"""Sources: one package for each family of kinds, and what they share; see `registry`."""
