"""Setting and removing the passwords of the admin's page, in the file that the config names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reblogbot import app
from reblogbot.admin.password import write_password
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.config.editing import EditableToml
from reblogbot.config.load import read_text
from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError

DEFAULT_FILE = "page.passwords"


@dataclass(frozen=True, slots=True)
class PasswordFile:
    """The password file, and the change that makes the config name it, often an empty one."""

    path: Path
    change: ConfigChange
    config: Config
    """The config after the change."""

    @property
    def is_new(self) -> bool:
        """Whether the config does not name it yet."""
        return not self.change.is_empty


def find_password_file(config_path: Path) -> PasswordFile:
    """The password file of a config, or the one it is to get. Raises ConfigError."""
    text = read_text(config_path)
    document = EditableToml(text)
    if app.load_config(config_path, text).admin.password_file is None:
        document.set_value(("admin", "password_file"), DEFAULT_FILE)
    change = ConfigChange(config_path, text, document.text)
    config = change.check()
    file = config.admin.password_file
    if file is None:
        raise ConfigError("config_not_editable", f"{config_path}: [admin] password_file is not set")
    return PasswordFile(file, change, config)


def set_password(file: PasswordFile, name: str, password: str) -> None:
    """Set the password of an admin, and name the file in the config. Raises ConfigError."""
    is_first = not file.path.exists()
    write_password(file.path, name, password)
    if file.is_new:
        try:
            file.change.save()
        except ConfigError:
            if is_first:
                file.path.unlink(missing_ok=True)
            raise
