"""The short config with comments that `init` writes."""

from __future__ import annotations

import re

from reblogbot.config.toml_values import toml_key, toml_string
from reblogbot.config.urls import is_local

_STARTER = """\
# A first config for reblogbot. `reblogbot check` validates it, `reblogbot preview` shows what
# would be posted, `reblogbot sync` does one round, `reblogbot run` is the daemon.
# The configuration guide lists all other keys with their defaults.

[accounts.{account}]
server = {server}
{allow_http}# a file beside this one that holds only the access token and that only you can read
token_file = {token_file}
# "unlisted" keeps posts out of the public timelines; or "public", "private"
visibility = "unlisted"

[accounts.{account}.pace]
# gap = "1m"              # shortest time between two posts; each `sync` then posts one
# quiet = ["23:00-07:00"] # hours in which nothing is posted; the queue waits
# timezone = "Asia/Shanghai"

[sources.{source}]
kind = {kind}
{url}to = [{to}]
every = "15m"
# the first poll only remembers the entries; with a number it posts that many of the newest
first = "none"
# or "headline", "reblog-via", "paper", or your own text with {{{{ title }}}} and {{{{ link }}}}
template = {template}

[sources.{source}.filter]
max_age = "7d"            # older entries are not posted
# exclude = ["sponsored"] # plain words, or "/a regex/"
"""

_ALLOW_HTTP = """\
# the server is on this machine, so the token does not leave it
allow_http = true
"""


def starter(
    server: str,
    account: str,
    source: str,
    url: str,
    kind: str = "feed",
    template: str = "link",
) -> str:
    """The text of a config with one account and one source; without a `url` if that is "".

    It is valid for every kind that needs no keys of its own beyond `url`.
    """
    return _STARTER.format(
        server=toml_string(server),
        allow_http=_ALLOW_HTTP if is_local(server) else "",
        account=toml_key(account),
        token_file=toml_string(token_file_name(account)),
        source=toml_key(source),
        kind=toml_string(kind),
        url=f"url = {toml_string(url)}\n" if url else "",
        to=toml_string(account),
        template=toml_string(template),
    )


def token_file_name(account: str) -> str:
    """`NAME.token`, with characters replaced that a file name should not have."""
    name = re.sub(r"[^\w.-]", "_", account).lstrip(".")
    return f"{name or 'account'}.token"
