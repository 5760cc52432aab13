"""The documents that commands print with `--json`, as types with the functions that build them.

Their keys are public. `registry` names the type of each command, from which the JSON Schemas in
`reblogbot/schemas` are generated.
"""
