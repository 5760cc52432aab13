"""What kind of server is at an address, asked before there is an account on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from reblogbot.core.mastodon_json import text
from reblogbot.errors import ReblogbotError
from reblogbot.targets.mastodon.limits import is_mastodon, markup
from reblogbot.targets.mastodon.server_client import ServerClient
from reblogbot.targets.shared.answers import ServerAnswer, host_of
from reblogbot.targets.shared.transport import origin
from reblogbot.words import Words

_ASKING = "asking what it is"
_INSTANCE_PATHS = ("/api/v2/instance", "/api/v1/instance")
_METADATA_PATH = "/.well-known/oauth-authorization-server"
_NODEINFO_PATH = "/.well-known/nodeinfo"
_MAX_NAME = 60
# as in "2.7.2 (compatible; Pleroma 2.9.1)" or "4.0.0 (not true; really snac/2.94)"
_NAMED_VERSION = re.compile(r"([A-Za-z][\w-]*)[/ ](\d[\w.+-]*)")


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """A server with the Mastodon API; `software` is its name in lower case, "" where unknown.

    `oauth` is the metadata of its authorization server (RFC 8414), {} where it publishes none.
    """

    server: str
    software: str
    version: str
    title: str
    oauth: Mapping[str, Any] = field(default_factory=dict)

    @property
    def description(self) -> str:
        """One line for a person."""
        host = host_of(self.server)
        software = f"{self.software} version {self.version}".strip()
        return f"{host} answers: {self.title or host}, {software}"


def server_info(client: ServerClient) -> ServerInfo:
    """What the server says of itself: NodeInfo, OAuth metadata, instance v2 or v1.

    Raises ReblogbotError `wrong_server` where it has no Mastodon API, and TargetError where it
    cannot be reached.
    """
    name, version = _nodeinfo(client)
    instance = _instance(client)
    oauth = client.json_object(_METADATA_PATH, _ASKING)
    # a Mastodon that federates with few servers describes itself to its own accounts only
    if not instance and not oauth.get("app_registration_endpoint") and name.lower() != "mastodon":
        raise ReblogbotError("wrong_server", _wrong_server_message(client, name))
    if not name:
        name, version = _software_of(instance)
    return ServerInfo(
        server=client.server,
        software=_short(name.lower()),
        version=_short(version),
        title=_short(text(instance, "title")),
        oauth=oauth,
    )


def _instance(client: ServerClient) -> Mapping[str, Any]:
    """The server's description in the Mastodon API, {} where it has none."""
    for path in _INSTANCE_PATHS:
        instance = client.json_object(path, _ASKING)
        if instance.get("version"):
            return instance
    return {}


def _nodeinfo(client: ServerClient) -> tuple[str, str]:
    """Name and version of the software after NodeInfo, "" for both where it has none."""
    links = client.json_object(_NODEINFO_PATH, _ASKING).get("links")
    for link in reversed(links[:10]) if isinstance(links, list) else ():
        address = _joined(client.server, text(link, "href"))
        if "/ns/schema/" not in text(link, "rel") or not _is_on(client.server, address):
            continue
        software = client.json_object(urlsplit(address).path, _ASKING).get("software")
        if text(software, "name"):
            return text(software, "name"), text(software, "version")
    return "", ""


def _is_on(server: str, address: str) -> bool:
    try:
        return origin(address) == origin(server)
    except ValueError:
        return False


def _software_of(instance: Mapping[str, Any]) -> tuple[str, str]:
    """Name and version of the software by its description of itself."""
    version = text(instance, "version")
    named = _NAMED_VERSION.search(version[:200])
    if named:
        return named[1], named[2]
    if is_mastodon(instance):
        return "mastodon", version
    kind = markup(instance)
    return ("" if kind == "plain" else kind), version


def _wrong_server_message(client: ServerClient, software: str) -> str:
    """Why this is no server to log in at, and what to name instead."""
    statuses = []
    for path in (_INSTANCE_PATHS[0], _NODEINFO_PATH):
        answer = client.get(path)
        statuses.append(answer.status if isinstance(answer, ServerAnswer) else 0)
        if isinstance(answer, ServerAnswer) and 300 <= answer.status < 400:
            other = host_of(_joined(client.server, answer.headers.get("location", "")))
            if other not in ("", client.host):
                return Words(
                    "{host} redirects to {server}; name that as the server",
                    host=client.host,
                    server=_short(other),
                )
    if min(statuses) >= 500:
        return Words(
            "{host}: it is out of order (HTTP {status}); try again later",
            host=client.host,
            status=statuses[0],
        )
    runs = f"it runs {_short(software)}, and" if software else "it"
    return Words(
        "{host}: {runs} has no Mastodon API; name the address at which people log in "
        "to a server with one, such as mastodon.social",
        host=client.host,
        runs=runs,
    )


def _joined(base: str, reference: str) -> str:
    """The address that a reference means, "" for none."""
    try:
        address = urljoin(base, reference)
        urlsplit(address)
    except ValueError:
        return ""
    return address


def _short(written: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in written).split())
    return line[:_MAX_NAME]
