"""What must hold between the keys of a config file, and what a single key cannot know."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Any

from reblogbot.config.faults import Findings, Keys, Locate, shown
from reblogbot.config.settings import BUILT_IN_TEMPLATES
from reblogbot.config.tokens import credential
from reblogbot.errors import did_you_mean

Toml = dict[str, Any]


def no_nul(document: Toml, findings: Findings) -> None:
    """No text holds a NUL, which neither files nor databases can bear."""
    waiting: list[tuple[Keys, Any]] = [((), document)]
    while waiting:
        keys, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*keys, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*keys, nth), inner) for nth, inner in enumerate(value)]
        elif isinstance(value, str) and "\0" in value:
            findings.add(keys, "holds a NUL character")


def name(keys: Keys, findings: Findings) -> None:
    """A name can be typed on the command line and shown on one line."""
    fault = name_fault(str(keys[-1]))
    if fault:
        findings.add(keys, fault)


def name_fault(written: str) -> str:
    """Why this is no name for an account or a source, "" where it is one."""
    if not written.isprintable() or written != written.strip() or not 0 < len(written) <= 100:
        return "a name is 1 to 100 printable characters, without spaces around them"
    if written.startswith("-"):
        return "a name must not begin with a dash: commands would take it for an option"
    return ""


def account(of: str, table: Toml, environ: Mapping[str, str], findings: Findings) -> None:
    """An account's server is reached safely, and its token comes from one place."""
    at = ("accounts", of)
    server, allowed = table.get("server"), table.get("allow_http")
    if isinstance(server, str) and server.startswith("http://") and allowed is not True:
        findings.add(
            (*at, "server"),
            "http:// would send the token in the clear; write https://, or allow_http = true"
            " where the server is on this machine",
        )
    if table.get("token_file") and table.get("token_env"):
        findings.add((*at, "token_env"), "give token_file or token_env, not both")
    elif not (table.get("token_file") or table.get("token_env") or credential(of, environ)):
        message = 'missing; write token_file = "FILE"'
        findings.add((*at, "token_file"), message, slug="key_missing")


def notify(table: Toml, accounts: Collection[str], findings: Findings) -> None:
    """A message has a sender we know and somebody to go to."""
    sender, to = table.get("account"), table.get("to")
    if isinstance(sender, str) and sender:
        accounts_known([sender], accounts, ("notify", "account"), findings)
        if not to:
            findings.add(("notify", "account"), 'needs to = "@admin@host" beside it')
    elif to and not sender:
        findings.add(("notify", "to"), "needs account, the name of the one that sends, beside it")
    if isinstance(to, str) and to and not re.fullmatch(r"@[\w.-]+@[^\s@/]+", to):
        findings.add(("notify", "to"), 'must be a full fediverse address: "@admin@social.example"')
    _command(table.get("command"), findings)


def _command(written: object, findings: Findings) -> None:
    try:
        words = shlex.split(written) if isinstance(written, str) else ["-"]
    except ValueError:
        words = []
    if written and not words:
        findings.add(("notify", "command"), "is empty, or a quote is not closed")


def accounts_known(named: object, accounts: Collection[str], at: Keys, findings: Findings) -> None:
    """Every account named is configured."""
    for one in named if isinstance(named, list) else ():
        if isinstance(one, str) and one not in accounts:
            near = did_you_mean(one, accounts)
            hint = near or "; write its table, or name one that is there"
            findings.add(at, f"there is no account {shown(one)}{hint}")


def schedule(table: Toml, at: Keys, findings: Findings) -> None:
    """A table says when in one way."""
    if table.get("every") and table.get("cron"):
        findings.add((*at, "cron"), "give every or cron, not both")


def template(
    written: object, check: Callable[[str], str] | None, locate: Locate, findings: Findings
) -> None:
    """A template is a built-in one, or text that can be rendered."""
    if not isinstance(written, str) or not written or written in BUILT_IN_TEMPLATES:
        return
    at = locate(("template",))
    if re.fullmatch(r"[\w-]+", written.strip()):
        near = did_you_mean(written.strip(), BUILT_IN_TEMPLATES)
        built_in = ", ".join(BUILT_IN_TEMPLATES)
        findings.add(at, f"no built-in template{near or f'; there are: {built_in}'}")
        return
    message = check(written) if check else ""
    found = re.match(r"line (\d{1,9}): ", message)
    if message:
        findings.add(
            at, message[found.end() :] if found else message, int(found[1]) if found else 0
        )
