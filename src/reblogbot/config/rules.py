"""Rules between several keys of a config file, and others that one key's type cannot express."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reblogbot.config.diagnostics import Diagnostics, Keys, Locate, quoted
from reblogbot.config.settings import BUILT_IN_TEMPLATES
from reblogbot.config.tokens import credential
from reblogbot.errors import did_you_mean
from reblogbot.words import Words

Toml = dict[str, Any]


def check_no_nul(document: Toml, diagnostics: Diagnostics) -> None:
    """No text may hold a NUL character: neither file names nor PostgreSQL allow it."""
    stack: list[tuple[Keys, Any]] = [((), document)]
    while stack:
        keys, value = stack.pop()
        if isinstance(value, dict):
            stack += [((*keys, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            stack += [((*keys, index), inner) for index, inner in enumerate(value)]
        elif isinstance(value, str) and "\0" in value:
            diagnostics.add(keys, Words("holds a NUL character; remove it"))


def check_name(keys: Keys, diagnostics: Diagnostics) -> None:
    """The name of an account or source must fit on a command line and into a line of output."""
    fault = name_fault(str(keys[-1]))
    if fault:
        diagnostics.add(keys, fault)


def name_fault(name: str) -> str:
    """Why this cannot be the name of an account or source, "" if it can."""
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= 100:
        return Words("a name is 1 to 100 printable characters, without spaces around them")
    if name.startswith("-"):
        return Words("a name must not begin with a dash: commands would read it as an option")
    return ""


def check_account(
    name: str, table: Toml, environ: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    """An account's token must have exactly one origin, and must not be sent unencrypted."""
    at = ("accounts", name)
    server, is_http_allowed = table.get("server"), table.get("allow_http") is True
    if isinstance(server, str) and server.startswith("http://") and not is_http_allowed:
        diagnostics.add(
            (*at, "server"),
            Words(
                "http:// would send the token unencrypted; write https://, or allow_http = "
                "true if the server is on this machine"
            ),
        )
    if table.get("token_file") and table.get("token_env"):
        diagnostics.add((*at, "token_env"), Words("give token_file or token_env, not both"))
    elif not (table.get("token_file") or table.get("token_env") or credential(name, environ)):
        message = Words('missing; write token_file = "FILE"')
        diagnostics.add((*at, "token_file"), message, slug="key_missing")


def check_notify(table: Toml, accounts: Collection[str], diagnostics: Diagnostics) -> None:
    """A notification by message needs a configured sender and a full address to send to."""
    sender, to = table.get("account"), table.get("to")
    if isinstance(sender, str) and sender:
        check_accounts_exist([sender], accounts, ("notify", "account"), diagnostics)
        if not to:
            diagnostics.add(("notify", "account"), Words('also needs to = "@admin@social.example"'))
    elif to and not sender:
        diagnostics.add(
            ("notify", "to"), Words('also needs account = "NAME", the account that sends')
        )
    if isinstance(to, str) and to and not re.fullmatch(r"@[\w.-]+@[^\s@/]+", to):
        diagnostics.add(
            ("notify", "to"), Words('must be a full fediverse address: "@admin@social.example"')
        )
    command = table.get("command")
    if command and isinstance(command, str) and not _is_command(command):
        diagnostics.add(("notify", "command"), Words("is empty, or a quote is not closed"))


def _is_command(command: str) -> bool:
    try:
        return bool(shlex.split(command))
    except ValueError:
        return False


def check_accounts_exist(
    names: object, accounts: Collection[str], at: Keys, diagnostics: Diagnostics
) -> None:
    """Every named account must be in the config."""
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str) and name not in accounts:
            suggestion = did_you_mean(name, accounts)
            hint = suggestion or "; add its [accounts.NAME] table, or name one that exists"
            diagnostics.add(at, f"there is no account {quoted(name)}{hint}")


def check_schedule(table: Toml, at: Keys, diagnostics: Diagnostics) -> None:
    """A table may set only one of `every` and `cron`."""
    if table.get("every") and table.get("cron"):
        diagnostics.add((*at, "cron"), Words("give every or cron, not both"))


def check_template(
    template: object,
    check: Callable[[str], str] | None,
    locate: Locate,
    diagnostics: Diagnostics,
) -> None:
    """A template must be the name of a built-in one, or a text that can be rendered."""
    if not isinstance(template, str) or not template or template in BUILT_IN_TEMPLATES:
        return
    at = locate(("template",))
    name = template.strip()
    if re.fullmatch(r"[\w-]+", name):
        built_in = ", ".join(BUILT_IN_TEMPLATES)
        hint = did_you_mean(name, BUILT_IN_TEMPLATES) or f"; there are: {built_in}"
        diagnostics.add(at, f"no built-in template has this name{hint}")
        return
    message = check(template) if check else ""
    if message:
        match = re.match(r"line (\d{1,9}): ", message)
        text_line = int(match[1]) if match else 0
        diagnostics.add(at, message[match.end() :] if match else message, text_line)
