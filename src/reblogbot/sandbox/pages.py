"""The HTML pages: the timeline, profiles, single posts, tags, and OAuth's consent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from zlib import crc32

import regex
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reblogbot.sandbox.answers import HTML, Answer, Entity, Refused, Reply
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.entities import Entities
from reblogbot.sandbox.records import Account, App, Status

_PER_PAGE = 30
# texts of feeds are shown here: no script runs, and nothing is loaded from elsewhere
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("reblogbot.sandbox"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["markup"] = Markup
    environment.filters["instant"] = datetime.fromisoformat
    return environment


def _page(call: Call, template: str, status: int = 200, **values: Any) -> Answer:
    accounts = call.instance.state.accounts.values()
    local = sorted((a for a in accounts if not a.host), key=lambda account: account.rank)
    common = {
        "host": call.instance.host,
        "accounts": [call.entities.account(account) for account in local],
        "ago": lambda at: ago(datetime.fromisoformat(at), call.instance.now()),
        "path": call.url.partition("?")[0],
    }
    body = _templates().get_template(template).render(common | values)
    return Answer(body.encode(), status, HTML, _HEADERS)


def ago(at: datetime, now: datetime) -> str:
    """The time since `at` in short; the date if it is over a week ago or in the future."""
    seconds = (now - at).total_seconds()
    for span, size, unit in (
        (60, 1, "s"),
        (3600, 60, "min"),
        (86400, 3600, "h"),
        (604800, 86400, "d"),
    ):
        if 0 <= seconds < span:
            return "now" if seconds < 5 else f"{int(seconds // size)} {unit}"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def _page_of(call: Call, statuses: Iterable[Status]) -> tuple[list[Status], str]:
    """The statuses of one page, newest first, and the id that leads to older ones."""
    ordered = sorted(statuses, key=lambda status: status.rank, reverse=True)
    bound = call.instance.find_status(call.params.text("before"))
    if bound is not None:
        ordered = [status for status in ordered if status.rank < bound.rank]
    part = ordered[:_PER_PAGE]
    return part, part[-1].id if len(ordered) > _PER_PAGE else ""


def _entities(call: Call) -> Entities:
    """Entities for the pages, which show private posts too: they are the admin's own."""
    return Entities(call.instance, None)


def timeline(call: Call) -> Reply:
    state = call.instance.state
    local = (s for s in state.statuses.values() if not state.accounts[s.account_id].host)
    return _timeline(call, local, tag="")


def tag(call: Call) -> Reply:
    name = call.path_params["tag"]
    tagged = (
        status
        for status in call.instance.state.statuses.values()
        if name.lower() in map(str.lower, status.tags)
    )
    return _timeline(call, tagged, tag=name)


def _timeline(call: Call, statuses: Iterable[Status], *, tag: str) -> Answer:
    part, older = _page_of(call, statuses)
    entities = _entities(call).statuses(part)
    return _page(call, "timeline.html", statuses=entities, older=older, tag=tag)


def _missing(call: Call) -> Refused:
    return Refused(message_page(call, "Nothing here", "There is no such page.", 404))


def _account(call: Call) -> Account:
    account = call.instance.find_account(call.path_params["acct"])
    if account is None:
        raise _missing(call)
    return account


def profile(call: Call) -> Reply:
    account = _account(call)
    part, older = _page_of(call, call.instance.state.by_account[account.id].values())
    entities = _entities(call)
    return _page(
        call,
        "profile.html",
        account=entities.account(account),
        statuses=entities.statuses(part),
        older=older,
    )


def single(call: Call) -> Reply:
    """One post between those it replies to and the replies to it."""
    account, status = _account(call), call.instance.find_status(call.path_params["id"])
    if status is None or status.account_id != account.id:
        raise _missing(call)
    state, entities = call.instance.state, _entities(call)
    above: list[Entity] = []
    parent = state.statuses.get(status.reply_to)
    while parent is not None:
        above.insert(0, entities.status(parent))
        parent = state.statuses.get(parent.reply_to)
    below = entities.statuses(state.statuses[reply] for reply in state.replies[status.id])
    return _page(call, "single.html", entity=entities.status(status), above=above, below=below)


def avatar(call: Call) -> Reply:
    """A coloured disc with the initial of the account's name."""
    acct = call.path_params["name"].removesuffix(".svg")
    account = call.instance.find_account(acct)
    name = (account.display_name or account.name) if account else acct
    initial = next(iter(regex.findall(r"\X", name.strip())), "·").upper()
    hue = crc32(acct.encode()) % 24 * 15
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="hsl({hue} 58% 52%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 40) % 360} 62% 40%)"/></linearGradient></defs>'
        '<rect width="96" height="96" fill="url(#g)"/>'
        '<text x="48" y="50" fill="#fff" font-family="system-ui,sans-serif" font-size="44" '
        'font-weight="600" text-anchor="middle" dominant-baseline="central">'
        f"{escape(initial)}</text></svg>"
    )
    return Answer(svg.encode(), content_type="image/svg+xml; charset=utf-8", headers=_HEADERS)


def style(_: Call) -> Reply:
    return _asset("sandbox.css", "text/css; charset=utf-8")


def icon(_: Call) -> Reply:
    return _asset("icon.svg", "image/svg+xml")


def _asset(name: str, content_type: str) -> Answer:
    body = Path(__file__).with_name("templates").joinpath(name).read_bytes()
    return Answer(body, content_type=content_type, headers=_HEADERS)


def consent_page(call: Call, app: App, scopes: list[str], accounts: list[Account]) -> Answer:
    """The form that authorizes an app; it carries the parameters of the request along."""
    names = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type")
    hidden = {name: call.params.text(name) for name in names if name in call.params}
    choices = [account.name for account in accounts]
    return _page(call, "consent.html", app=app, scopes=scopes, hidden=hidden, choices=choices)


def message_page(
    call: Call, title: str, message: str, status: int, *, to_copy: bool = False
) -> Answer:
    """A short message; `to_copy` presents it for copying."""
    return _page(call, "message.html", status, title=title, message=message, to_copy=to_copy)


ROUTES = (
    Route("GET", "/", timeline),
    Route("GET", "/tags/{tag}", tag),
    Route("GET", "/@{acct}", profile),
    Route("GET", "/@{acct}/{id}", single),
    Route("GET", "/_sandbox/avatars/{name}", avatar),
    Route("GET", "/_sandbox/sandbox.css", style),
    Route("GET", "/_sandbox/icon.svg", icon),
)
