"""The short, commented config that `init` writes."""

from __future__ import annotations

import json
import re

_STARTER = """\
# A first config for reblogbot. `reblogbot check` reads it, `reblogbot preview` shows what would
# be posted, `reblogbot sync` posts it, `reblogbot run` goes on doing so.
# The configuration guide lists every other key with its default.

[accounts.{account}]
server = {server}
{insecure}# the access token and nothing else, in a file beside this one that only you can read
token_file = {token_file}
# unlisted keeps a bot out of the server's own timelines; or "public", "private"
visibility = "unlisted"

[accounts.{account}.pace]
# gap = "1m"              # least time between two posts; a `sync` then posts one
# quiet = ["23:00-07:00"] # nothing is posted then, the queue waits
# timezone = "Asia/Shanghai"

[sources.{source}]
kind = {kind}
{url}to = [{to}]
every = "15m"
# at first sight all entries are learnt and none is posted; a number posts the newest n
first = "none"
# "headline", "reblog-via", "paper", or text of your own with {{{{ title }}}} and {{{{ link }}}}
template = "link"

[sources.{source}.filter]
max_age = "7d"            # older entries are no news
# exclude = ["sponsored"] # plain words, or "/a regex/"
"""

_INSECURE = """\
# this machine: the token does not leave it
allow_http = true
"""
_THIS_MACHINE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$")


def starter(server: str, account: str, source: str, url: str, kind: str = "feed") -> str:
    """The text of a config with one account and one source; a `url` of "" is left out.

    It loads as it is, for a kind that needs no keys of its own beyond `url`.
    """
    return _STARTER.format(
        server=_string(server),
        insecure=_INSECURE if is_here(server) else "",
        account=toml_key(account),
        token_file=_string(f"{_file_name(account)}.token"),
        source=toml_key(source),
        kind=_string(kind),
        url=f"url = {_string(url)}\n" if url else "",
        to=_string(account),
    )


def is_here(server: str) -> bool:
    """Whether a server is asked without TLS on this machine, where the token does not leave it."""
    return _THIS_MACHINE.match(server) is not None


def _string(text: str) -> str:
    # JSON's escapes are TOML's too, but for DEL, which JSON leaves as it is
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(name: str) -> str:
    """The name as a TOML key, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _file_name(account: str) -> str:
    """The account's name as far as a file may bear it."""
    return re.sub(r"[^\w.-]", "_", account).lstrip(".") or "account"
