"""The whole main job on this machine, without an account and without the internet."""
