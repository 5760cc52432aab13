"""The admin's TOML file as a typed, frozen config, or every fault in it with its line."""
