"""The documents that commands print with `--json`, as types. Their keys are public."""
