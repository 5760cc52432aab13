"""The document of `admin password`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from reblogbot.admin.admin_passwords import PasswordFile


class PasswordDocument(TypedDict):
    """Whose password was set or removed, and where."""

    admin: str
    action: Literal["set", "removed"]
    password_file: str
    admins: list[str]
    """All who can log in now."""
    page: str
    """The address of the page; "" where `[admin] listen` is not set, or nobody can log in."""
    dry_run: bool
    """Whether nothing was written, because that was asked for."""
    difference: str
    """What changes in the config, as a unified difference; "" for nothing."""


def password_json(
    name: str,
    action: Literal["set", "removed"],
    file: PasswordFile,
    *,
    page: str,
    admins: list[str],
    is_dry_run: bool,
) -> PasswordDocument:
    """The result of `admin password`."""
    return {
        "admin": name,
        "action": action,
        "password_file": str(file.path),
        "admins": admins,
        "page": page,
        "dry_run": is_dry_run,
        "difference": file.change.difference if action == "set" else "",
    }
