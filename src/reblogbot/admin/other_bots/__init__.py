"""The configs and memories of other bots, one module each (ADR 0043)."""
