"""The admin's word: a TOML file as a typed, frozen config, and every fault in it with its line."""
