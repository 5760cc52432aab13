"""`admin password`: who can log in to the admin's page."""

from __future__ import annotations

import argparse
import getpass
import sys

from reblogbot.admin.admin_passwords import PasswordFile, find_password_file, set_password
from reblogbot.admin.documents.admins import password_json
from reblogbot.admin.password import (
    MAX_LENGTH,
    admins_in,
    check_admin,
    check_name,
    check_new_password,
    remove_password,
)
from reblogbot.cli.output import print_json, print_lines
from reblogbot.config.settings import AdminSettings
from reblogbot.errors import ConfigError, Exit

EXAMPLE_ADDRESS = "127.0.0.1:8330"


def run_password(options: argparse.Namespace) -> int:
    """Set the password of an admin, or remove it."""
    name = options.name
    check_name(name)
    file = find_password_file(options.config)
    if options.remove:
        _remove(options, file)
    else:
        _set(options, file)
    return Exit.OK


def _set(options: argparse.Namespace, file: PasswordFile) -> None:
    name, admins = options.name, admins_in(file.path)
    others = [admin for admin in admins if admin != name]
    if not options.dry_run:
        password = _read_password(name)
        check_new_password(password)
        set_password(file, name, password)
    page = page_address(file.config.admin)
    if options.json:
        document = password_json(
            name,
            "set",
            file,
            page=page,
            admins=[*others, name],
            is_dry_run=options.dry_run,
        )
        print_json(document)
        return
    change = "another" if name in admins else "a"
    if options.dry_run:
        print_lines(
            f"{name}: would get {change} password in {file.path}",
            *file.change.difference.splitlines(),
            "nothing was written (--dry-run)",
        )
        return
    print_lines(f"{name}: has {change} password in {file.path}")
    if file.is_new:
        print_lines(f"{file.change.path}: [admin] password_file names this file now")
    if page:
        print_lines(f"The daemon serves the page at {page}")
    else:
        print_lines(
            "There is no page yet. Add its address to the table [admin] of the config, "
            "and start `reblogbot run`:",
            f'  listen = "{EXAMPLE_ADDRESS}"',
        )


def _remove(options: argparse.Namespace, file: PasswordFile) -> None:
    name = options.name
    check_admin(file.path, name)
    if not options.dry_run:
        remove_password(file.path, name)
    others = [admin for admin in admins_in(file.path) if admin != name]
    if options.json:
        document = password_json(
            name,
            "removed",
            file,
            page=page_address(file.config.admin) if others else "",
            admins=others,
            is_dry_run=options.dry_run,
        )
        print_json(document)
    elif options.dry_run:
        print_lines(f"{name}: would be removed from {file.path}", "nothing was written (--dry-run)")
    else:
        print_lines(f"{name}: is removed from {file.path}")
        if not others:
            print_lines("Nobody can log in now, so there is no page.")


def page_address(settings: AdminSettings) -> str:
    """The address of the page for browsers; "" where the daemon does not listen."""
    return settings.url or (f"http://{settings.listen}/" if settings.listen else "")


def _read_password(name: str) -> str:
    """The new password: asked for twice on a terminal, else a line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return _ask_password(name)
    message = "no password: write it as one line to standard input; nothing was changed"
    try:
        line = sys.stdin.readline(MAX_LENGTH + 3) if sys.stdin is not None else ""
    except (OSError, ValueError) as error:
        raise ConfigError("password_invalid", message) from error
    password = line.rstrip("\r\n")
    if not password:
        raise ConfigError("password_invalid", message)
    return password


def _ask_password(name: str) -> str:
    try:
        password = getpass.getpass(f"New password of {name}: ")
        check_new_password(password)
        repeated = getpass.getpass("The same again: ")
    except EOFError as error:
        message = "no password was given; nothing was changed"
        raise ConfigError("password_invalid", message) from error
    if repeated != password:
        message = "these were two different passwords; nothing was changed"
        raise ConfigError("password_invalid", message)
    return password
