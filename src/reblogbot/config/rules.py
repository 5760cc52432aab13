"""Rules between several keys of a config file, and others that one key's type cannot express."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from reblogbot.config.diagnostics import Diagnostics, Keys, Locate, quoted
from reblogbot.config.secrets import credential
from reblogbot.config.settings import (
    ARTICLE_KINDS,
    BUILT_IN_TEMPLATES,
    NEEDS_OF_ACCOUNT,
    NEEDS_OF_STEP,
    AccountSettings,
    StepSettings,
    Table,
)
from reblogbot.config.urls import is_loopback_url, read_place_url, read_server_url
from reblogbot.errors import did_you_mean
from reblogbot.words import Words

Toml = dict[str, Any]
TemplateUse = Literal["post", "prompt"]
TemplateCheck = Callable[[str, TemplateUse, Collection[str]], str]
"""The fault of a template as `line N: …`, or "".

Its arguments are the template, what it is for, and the names of the steps whose results it may use.
"""
NAMES_OF_TEMPLATES = frozenset(
    {
        "title", "summary", "link", "author", "authors", "source", "score", "comments", "tags",
        "published", "text", "results", "range",
    }
)  # fmt: skip
"""The names that templates have of themselves, so that no step may have one of them."""


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
    """An account has the keys of its kind; its token has one origin, and is not sent in clear."""
    at = ("accounts", name)
    kind = table.get("kind", "fediverse")
    _check_keys_of_account(kind, table, at, diagnostics)
    if kind == "files" or kind not in KINDS_OF_ACCOUNT:
        # what an unknown kind needs is not known; the kind itself is a fault elsewhere
        return
    server, is_http_allowed = table.get("server"), table.get("allow_http") is True
    if isinstance(server, str) and server.startswith("http://"):
        _check_plain_http(server, kind, at, diagnostics, is_allowed=is_http_allowed)
    if kind == "fediverse" and isinstance(server, str):
        _check_has_no_path(server, at, diagnostics)
    if table.get("token_file") and table.get("token_env"):
        diagnostics.add((*at, "token_env"), Words("give token_file or token_env, not both"))
    elif not (table.get("token_file") or table.get("token_env") or credential(name, environ)):
        message = Words('missing; write token_file = "FILE"')
        diagnostics.add((*at, "token_file"), message, slug="key_missing")


def _check_keys_of_account(kind: object, table: Toml, at: Keys, diagnostics: Diagnostics) -> None:
    """An account has the keys that its kind needs, and none that are of other kinds alone."""
    for key, kinds in _KEYS_OF_KINDS.items():
        is_known = kind in KINDS_OF_ACCOUNT
        if is_known and kind not in kinds and _is_changed(AccountSettings, table, key):
            names = " or ".join(kinds)
            message = Words("is for accounts of kind {names} alone", names=names)
            diagnostics.add((*at, key), message)
    for key in NEEDS_OF_ACCOUNT.get(str(kind), ()):
        if not table.get(key):
            message = Words("missing; this key has no default")
            if kind != "fediverse":
                message = Words('missing; an account of kind "{kind}" needs it', kind=kind)
            diagnostics.add((*at, key), message, slug="key_missing")


KINDS_OF_ACCOUNT = ("fediverse", *ARTICLE_KINDS)
_KEYS_OF_KINDS = {
    "server": ("fediverse", "wordpress"),
    "token_file": ("fediverse", "wordpress"),
    "token_env": ("fediverse", "wordpress"),
    "allow_http": ("fediverse", "wordpress"),
    "user": ("wordpress",),
    "status": ("wordpress",),
    "categories": ARTICLE_KINDS,
    "folder": ("files",),
    "format": ("files",),
    "front_matter": ("files",),
    "feed": ("files",),
}


def _is_changed(model: type[Table], table: Toml, key: str) -> bool:
    """Whether a table sets a key to something else than its default."""
    value = table.get(key, "")
    return value not in ("", []) and value != model.model_fields[key].default


def _check_plain_http(
    server: str, kind: object, at: Keys, diagnostics: Diagnostics, *, is_allowed: bool
) -> None:
    """A token goes over http:// only where the admin allows it; a blog's only on this machine."""
    if not is_allowed:
        diagnostics.add(
            (*at, "server"),
            Words(
                "http:// would send the token unencrypted; write https://, or allow_http = "
                "true if the server is on this machine"
            ),
        )
    elif kind == "wordpress" and not is_loopback_url(server):
        message = Words(
            "http:// would send the application password unencrypted; it is allowed for a server "
            "on this machine alone, such as http://127.0.0.1:8080"
        )
        diagnostics.add((*at, "server"), message)


def _check_has_no_path(server: str, at: Keys, diagnostics: Diagnostics) -> None:
    """The server of a fediverse account is an origin; that it is a URL is checked elsewhere."""
    try:
        read_place_url(server)
    except ValueError:
        return
    try:
        read_server_url(server)
    except ValueError as error:
        diagnostics.add((*at, "server"), str(error))


# steps


def texts_of(names: object) -> list[str]:
    """The texts in an array, as far as it is one."""
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def check_step(
    name: str,
    table: Toml,
    steps: Collection[str],
    check: TemplateCheck | None,
    diagnostics: Diagnostics,
) -> None:
    """A step has the keys of its kind, a name that templates can use, and valid templates."""
    at = ("steps", name)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in NAMES_OF_TEMPLATES:
        message = Words(
            "the name of a step is a name in templates: small letters, digits and underscores, "
            "and none of the names of an entry"
        )
        diagnostics.add(at, message)
    if name.endswith("_title") and name.removesuffix("_title") in steps:
        message = Words("templates have the title that another step returns under this name")
        diagnostics.add(at, message)
    kind = table.get("kind")
    for key, owner in _KEYS_OF_STEPS.items():
        if kind in NEEDS_OF_STEP and kind != owner and _is_changed(StepSettings, table, key):
            diagnostics.add((*at, key), Words('is for steps of kind "{kind}" alone', kind=owner))
    for key in NEEDS_OF_STEP.get(str(kind), ()):
        if not table.get(key):
            message = Words('missing; a step of kind "{kind}" needs it', kind=kind)
            diagnostics.add((*at, key), message, slug="key_missing")
    if table.get("key_file") and table.get("key_env"):
        diagnostics.add((*at, "key_env"), Words("give key_file or key_env, not both"))
    command = table.get("command")
    if command and isinstance(command, str) and not _is_command(command):
        diagnostics.add((*at, "command"), Words("is empty, or a quote is not closed"))
    for key in ("system", "prompt"):
        others = [other for other in steps if other != name]
        _check_text_template(table.get(key), "prompt", others, check, (*at, key), diagnostics)


_KEYS_OF_STEPS = {
    **dict.fromkeys(("url", "model", "key_file", "key_env", "system", "prompt"), "chat"),
    "temperature": "chat",
    "command": "command",
}


def check_steps_exist(
    names: Collection[str], steps: Collection[str], at: Keys, diagnostics: Diagnostics
) -> None:
    """Every named step must be in the config, and is named once."""
    if len(set(names)) < len(names):
        diagnostics.add(at, Words("names a step twice"))
    for name in names:
        if name not in steps:
            hint = did_you_mean(name, steps) or "; add its [steps.NAME] table"
            diagnostics.add(at, f"there is no step {quoted(name)}{hint}")


def check_steps(
    table: Toml, accounts: Mapping[str, Any], locate: Locate, diagnostics: Diagnostics
) -> None:
    """Steps read feeds and pages, never what people write, unless the account is our own."""
    if not table.get("steps"):
        if table.get("follow_up"):
            diagnostics.add(locate(("follow_up",)), Words("needs steps, whose results it holds"))
        return
    if table.get("kind") in _KINDS_OF_STATUSES and not _is_own_account(table, accounts):
        message = Words(
            "a source of statuses has no steps: what people write is not given to a model or a "
            "program. Steps are for feeds and pages, and for accounts of this file"
        )
        diagnostics.add(locate(("steps",)), message)
    if table.get("digest") and table.get("follow_up"):
        message = Words("a source with digest has no replies: write the results into its template")
        diagnostics.add(locate(("follow_up",)), message)


_KINDS_OF_STATUSES = frozenset(
    {
        "account", "actor", "bookmarks", "favourites", "hashtag", "home", "list", "mentions",
        "trends",
    }
)  # fmt: skip


def _is_own_account(table: Toml, accounts: Mapping[str, Any]) -> bool:
    """Whether a source reads the posts of an account of the config.

    Its name cannot be compared without asking a server, so that the host alone must agree.
    """
    acct = table.get("acct")
    if table.get("kind") != "account" or not isinstance(acct, str):
        return False
    host = acct.rpartition("@")[2].lower()
    via = accounts.get(str(table.get("via")))
    server = via.get("server") if isinstance(via, dict) else None
    return isinstance(server, str) and (urlsplit(server).netloc.lower() == host)


def check_is_fediverse(
    name: object, accounts: Mapping[str, Any], at: Keys, diagnostics: Diagnostics
) -> None:
    """An account that reads statuses, or sends a message, is one of the fediverse."""
    account = accounts.get(name) if isinstance(name, str) else None
    kind = account.get("kind") if isinstance(account, dict) else None
    if kind in ARTICLE_KINDS:
        message = Words(
            "must be an account of the fediverse; {account} is of kind {kind}",
            account=quoted(str(name)),
            kind=quoted(str(kind)),
        )
        diagnostics.add(at, message)


def check_notify(table: Toml, accounts: Mapping[str, Any], diagnostics: Diagnostics) -> None:
    """A notification by message needs a configured sender and a full address to send to."""
    sender, to = table.get("account"), table.get("to")
    if isinstance(sender, str) and sender:
        check_accounts_exist([sender], accounts, ("notify", "account"), diagnostics)
        check_is_fediverse(sender, accounts, ("notify", "account"), diagnostics)
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
    table: Toml,
    key: str,
    steps: Collection[str],
    check: TemplateCheck | None,
    locate: Locate,
    diagnostics: Diagnostics,
) -> None:
    """A template must be the name of a built-in one, or a text that can be rendered."""
    template, at = table.get(key), locate((key,))
    if not isinstance(template, str) or not template or template in BUILT_IN_TEMPLATES:
        return
    name = template.strip()
    if re.fullmatch(r"[\w-]+", name):
        built_in = ", ".join(BUILT_IN_TEMPLATES)
        hint = did_you_mean(name, BUILT_IN_TEMPLATES) or f"; there are: {built_in}"
        diagnostics.add(at, f"no built-in template has this name{hint}")
        return
    _check_text_template(template, "post", steps, check, at, diagnostics)


def _check_text_template(
    template: object,
    use: TemplateUse,
    steps: Collection[str],
    check: TemplateCheck | None,
    at: Keys,
    diagnostics: Diagnostics,
) -> None:
    """A text of Jinja must be valid, and use no names that it does not have."""
    if not isinstance(template, str) or not template:
        return
    message = check(template, use, steps) if check else ""
    if message:
        match = re.match(r"line (\d{1,9}): ", message)
        text_line = int(match[1]) if match else 0
        diagnostics.add(at, message[match.end() :] if match else message, text_line)
