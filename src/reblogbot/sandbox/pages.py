"""The pages for people: the timeline, profiles, single posts, tags, and OAuth's consent."""

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

from reblogbot.sandbox.entities import Entities, Entity
from reblogbot.sandbox.records import Account, App, Status
from reblogbot.sandbox.wire import HTML, Answer, Call, Refused, Reply, Route

PER_PAGE = 30
# nothing but our own style sheet and pictures; no script at all
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("reblogbot.sandbox"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["markup"] = Markup
    found.filters["instant"] = datetime.fromisoformat
    return found


def _page(call: Call, template: str, status: int = 200, **names: Any) -> Answer:
    local = [account for account in call.world.state.accounts.values() if not account.host]
    common = {
        "host": call.world.host,
        "people": [call.show.account(account) for account in sorted(local, key=lambda a: a.rank)],
        "ago": lambda at: ago(datetime.fromisoformat(at), call.world.now()),
        "path": call.url.partition("?")[0],
    }
    body = _templates().get_template(template).render(common | names)
    return Answer(body.encode(), status, HTML, SAFE)


def ago(at: datetime, now: datetime) -> str:
    """How long ago, shortly; the date where it is long ago or still to come."""
    seconds = (now - at).total_seconds()
    for span, size, sign in (
        (60, 1, "s"),
        (3600, 60, "min"),
        (86400, 3600, "h"),
        (604800, 86400, "d"),
    ):
        if 0 <= seconds < span:
            return "now" if seconds < 5 else f"{int(seconds // size)} {sign}"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def _window(call: Call, statuses: Iterable[Status]) -> tuple[list[Status], str]:
    """One page's worth, newest first, and the id that leads to older ones."""
    found = sorted(statuses, key=lambda status: status.rank, reverse=True)
    after = call.world.find_status(call.params.text("before"))
    if after is not None:
        found = [status for status in found if status.rank < after.rank]
    part = found[:PER_PAGE]
    return part, part[-1].id if len(found) > PER_PAGE else ""


def _show(call: Call) -> Entities:
    """The page shows all there is, private posts too: it is the admin's own machine."""
    return Entities(call.world, None)


def timeline(call: Call) -> Reply:
    state = call.world.state
    local = (s for s in state.statuses.values() if not state.accounts[s.account_id].host)
    found, older = _window(call, local)
    return _page(call, "timeline.html", statuses=_show(call).statuses(found), older=older, tag="")


def tag(call: Call) -> Reply:
    name = call.places["tag"]
    used = (
        status
        for status in call.world.state.statuses.values()
        if name.lower() in map(str.lower, status.tags)
    )
    found, older = _window(call, used)
    return _page(call, "timeline.html", statuses=_show(call).statuses(found), older=older, tag=name)


def _missing(call: Call) -> Refused:
    return Refused(message_page(call, "Nothing here", "There is no such page.", 404))


def _named(call: Call) -> Account:
    account = call.world.account(call.places["acct"])
    if account is None:
        raise _missing(call)
    return account


def profile(call: Call) -> Reply:
    account = _named(call)
    found, older = _window(call, call.world.state.own[account.id].values())
    shown = _show(call)
    return _page(
        call,
        "profile.html",
        account=shown.account(account),
        statuses=shown.statuses(found),
        older=older,
    )


def single(call: Call) -> Reply:
    """One post between those it answers and those that answer it."""
    account, status = _named(call), call.world.find_status(call.places["id"])
    if status is None or status.account_id != account.id:
        raise _missing(call)
    state, shown = call.world.state, _show(call)
    above: list[Entity] = []
    parent = state.statuses.get(status.reply_to)
    while parent is not None:
        above.insert(0, shown.status(parent))
        parent = state.statuses.get(parent.reply_to)
    below = shown.statuses(state.statuses[reply] for reply in state.replies[status.id])
    return _page(call, "single.html", entity=shown.status(status), above=above, below=below)


def avatar(call: Call) -> Reply:
    """A coloured disc with the initial of whoever is named."""
    acct = call.places["name"].removesuffix(".svg")
    account = call.world.account(acct)
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
    return Answer(svg.encode(), kind="image/svg+xml; charset=utf-8", headers=SAFE)


def style(_: Call) -> Reply:
    return _asset("sandbox.css", "text/css; charset=utf-8")


def icon(_: Call) -> Reply:
    return _asset("icon.svg", "image/svg+xml")


def _asset(name: str, kind: str) -> Answer:
    body = Path(__file__).with_name("templates").joinpath(name).read_bytes()
    return Answer(body, kind=kind, headers=SAFE)


def consent_page(call: Call, app: App, scopes: list[str], people: list[Account]) -> Answer:
    """Who lets an app in, and to what; the asked-for parameters travel along."""
    carried = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type")
    kept = {name: call.params.text(name) for name in carried if name in call.params}
    local = [account.name for account in people]
    return _page(call, "consent.html", app=app, scopes=scopes, kept=kept, local=local)


def message_page(
    call: Call, title: str, shown: str, status: int, *, to_copy: bool = False
) -> Answer:
    """A few words; `to_copy` sets them out for copying."""
    return _page(call, "message.html", status, title=title, shown=shown, to_copy=to_copy)


ROUTES = (
    Route("GET", "/", timeline),
    Route("GET", "/tags/{tag}", tag),
    Route("GET", "/@{acct}", profile),
    Route("GET", "/@{acct}/{id}", single),
    Route("GET", "/_sandbox/avatars/{name}", avatar),
    Route("GET", "/_sandbox/sandbox.css", style),
    Route("GET", "/_sandbox/icon.svg", icon),
)
