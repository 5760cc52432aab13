"""The main job on an empty machine: no account, no internet, everything else real."""
