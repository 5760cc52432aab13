"""Changes to the accounts of a config."""

from __future__ import annotations

from pathlib import Path

from reblogbot.admin.source_actions import ConfigChange
from reblogbot.config.editing import EditableToml
from reblogbot.config.load import read_text
from reblogbot.errors import ConfigError, unknown_name_message


def set_account_enabled(path: Path, name: str, *, is_enabled: bool) -> ConfigChange:
    """Pause an account, or resume it. Nothing is written before the change is saved."""
    before = read_text(path)
    document = EditableToml(before)
    if ("accounts", name) not in document:
        raise ConfigError("account_unknown", unknown_name_message("account", name, ()))
    enabled = ("accounts", name, "enabled")
    if enabled in document or not is_enabled:
        document.set_value(enabled, is_enabled)
    return ConfigChange(path, before, document.text)
