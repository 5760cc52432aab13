"""The page "History": what was posted, and what of it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from reblogbot.admin import retraction
from reblogbot.admin.documents.history import link_of, title_of
from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reply, Route, place_text
from reblogbot.admin_page.views.queue import waiting_of
from reblogbot.config.values import read_span
from reblogbot.core.round_report import posted_verb
from reblogbot.store.posted import PostedFilter, PostedPost
from reblogbot.words import Words

ROWS = 50
MOST_RETRACTED = 200
"""So many posts are taken back at once: an admin has to read what is to be deleted."""
_PHRASES = {
    "title_of": title_of,
    "link_of": link_of,
    "verb": lambda post: posted_verb(post.delivery),
}
SPANS = ("1h", "2h", "6h", "1d", "7d")


def show(request: PageRequest) -> Reply:
    """The page."""
    store = request.tools.store
    wanted = _wanted(request)
    page = store.posted.page(wanted, request.place("before"), ROWS)
    values = {
        "posts": page.posts,
        "page": page,
        "following": place_text(page.following),
        "chosen": _chosen(request),
        "accounts": _account_names(request),
        "spans": SPANS,
        "is_first": not request.value("before"),
        **_PHRASES,
    }
    return Page("history.html", values)


def _account_names(request: PageRequest) -> list[str]:
    return [record.name for record in request.tools.store.outbox.accounts()]


def _chosen(request: PageRequest) -> Mapping[str, str]:
    """The values of the filter as they are written."""
    names = ("q", "account", "source", "since", "until")
    return {name: request.value(name)[:200].strip() for name in names}


def _wanted(request: PageRequest) -> PostedFilter:
    chosen = _chosen(request)
    since, until = _day(request, chosen["since"]), _day(request, chosen["until"])
    until = until + timedelta(days=1) if until is not None else None
    words = tuple(chosen["q"].split()[:20])
    return PostedFilter(since, until, chosen["account"], chosen["source"], words)


def _day(request: PageRequest, written: str) -> datetime | None:
    """The start of the day in the admin's zone; None for anything that is no date."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    is_possible = 1970 <= day.year < 9999
    return datetime.combine(day, time(), request.zone) if is_possible else None


# taking back


def ask(request: PageRequest) -> Reply:
    """What would be deleted, and the question whether to."""
    names = [name[:2000] for name in request.values("post")[:MOST_RETRACTED] if name.strip()]
    if not (names or request.value("since")):
        return Redirect("/history", NOTHING_CHOSEN, is_error=True)
    wanted = PostedFilter() if names else _lately(request)
    store, config = request.tools.store, request.tools.config()
    selection = retraction.select(store, config, names, wanted, MOST_RETRACTED)
    begun = {delivery.id for delivery in store.retractions.pending()}
    values = {
        "posts": [post for post in selection.posts if post.delivery.id not in begun],
        "others": [*selection.done, *(p for p in selection.posts if p.delivery.id in begun)],
        "problems": selection.problems,
        "most": MOST_RETRACTED,
        **_PHRASES,
    }
    return Page("retract.html", values)


def _lately(request: PageRequest) -> PostedFilter:
    """The posts of a source or an account since a span of time ago."""
    try:
        span = read_span(request.value("since")[:20].strip())
    except (ValueError, OverflowError):
        span = timedelta(0)
    since = request.tools.now() - min(span, timedelta(days=3650))
    account, source = request.value("account")[:200].strip(), request.value("source")[:200].strip()
    return PostedFilter(since=since, account=account, source=source)


def retract(request: PageRequest) -> Reply:
    """Let these posts be deleted at their servers: the daemon begins at once."""
    store, config = request.tools.store, request.tools.config()
    names = [name[:30] for name in request.values("post")[:MOST_RETRACTED]]
    if not names:
        return Redirect("/history", NOTHING_CHOSEN, is_error=True)
    selection = retraction.select(store, config, names, PostedFilter())
    ids = [post.delivery.id for post in selection.posts]
    begun = store.retractions.begin(ids, request.tools.now())
    request.session.data["retracted"] = [delivery.id for delivery in begun]
    if not begun:
        return Redirect("/history", NOTHING_LEFT, is_error=True)
    message = Words(
        "{count} post is being deleted.", "{count} posts are being deleted.", count=len(begun)
    )
    return Redirect("/history/retracted", message)


def show_retracted(request: PageRequest) -> Reply:
    """What became of the posts that this admin took back last."""
    ids = request.session.data.get("retracted", ())
    posts: list[PostedPost] = request.tools.store.posted.of(ids)
    waiting = waiting_of(request)
    waits = {post.delivery.id: waiting.wait(post.delivery) for post in posts}
    return Page("retracted.html", {"posts": posts, "waits": waits, **_PHRASES})


NOTHING_CHOSEN = Words("Nothing is deleted: choose some posts first.")
NOTHING_LEFT = Words("Nothing is deleted: these posts were taken back already, or are gone.")

ROUTES = (
    Route("GET", "/history", show),
    Route("GET", "/history/retract", ask, is_slow=True),
    Route("POST", "/history/retract", retract, is_slow=True),
    Route("GET", "/history/retracted", show_retracted),
)
