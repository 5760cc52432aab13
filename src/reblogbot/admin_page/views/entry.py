"""The page of an entry: what happened to it, and why."""

from __future__ import annotations

from collections.abc import Sequence

from reblogbot import app
from reblogbot.admin.queue_post import Proposal, propose, queue, unposted_accounts
from reblogbot.admin_page.other_servers import finished
from reblogbot.admin_page.request import (
    NotThere,
    Page,
    PageRequest,
    Redirect,
    Reply,
    Route,
    place_text,
)
from reblogbot.admin_page.tools import ConfigFile
from reblogbot.admin_page.views.queue import LONGEST_TEXT, cards, waiting_of
from reblogbot.admin_page.views.sources import EXPLANATIONS
from reblogbot.core import habits, recognition
from reblogbot.model import Delivery
from reblogbot.store import Store
from reblogbot.store.history import Story
from reblogbot.words import Words

MATCHES = 20
"""Entries in a list of several at most."""


def find(request: PageRequest) -> Reply:
    """The entry that is meant by a link, words or a number; a list where several are."""
    written = request.value("q")[:2000].strip()
    if not written:
        return Page("entries.html", {"written": "", "stories": (), "following": ""})
    history, before = request.tools.store.history, request.place("before")
    stories: Sequence[Story] = ()
    if before is None:
        stories = history.why(recognition.keys_of_written(written), written, indexed=True)
        if len(stories) == 1 and stories[0].entry_id:
            return Redirect(f"/entries/{stories[0].entry_id}")
    following = ""
    if not stories:
        page = history.search_page(written, MATCHES, before)
        stories = page.stories
        following = place_text(page.following)
    values = {"written": written, "stories": stories[:MATCHES], "following": following}
    return Page("entries.html", values)


def show(request: PageRequest) -> Reply:
    """The page."""
    story = _story(request)
    deliveries = [delivery for delivery, _ in story.deliveries]
    source = request.tools.config().sources.get(story.source)
    values = {
        "story": story,
        "remarks": habits.remarks(story.habits),
        "explanations": EXPLANATIONS,
        "steps": request.tools.store.steps.of_entry(story.entry_id),
        "cards": {
            card.delivery.id: card for card in cards(request, deliveries, waiting_of(request))
        },
        "longest": LONGEST_TEXT,
        "postable": unposted_accounts(request.tools.store, story, source.to if source else ()),
    }
    return Page("entry.html", values)


def _story(request: PageRequest) -> Story:
    number = request.parts.get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotThere
    story = request.tools.store.history.story(int(number))
    if story is None:
        raise NotThere
    return story


def post(request: PageRequest) -> Reply:
    """Queue the entry for an account after all, unless it stands there already."""
    story = _story(request)
    file = request.tools.config_file()
    path = f"/entries/{story.entry_id}"
    if file.partial.faults:
        return Redirect(path, FAULTS, is_error=True)
    account = request.value("account")[:200]
    proposals = finished(_proposals(file, request.tools.store, story, account))
    now = request.tools.now()
    results = list(queue(file.config, request.tools.store, proposals, now))
    for result in results:
        if isinstance(result, Delivery):
            return Redirect(
                path,
                Words(
                    "Delivery {id} is queued for {account}, due now.",
                    id=result.id,
                    account=result.account,
                ),
            )
    reasons = [result.reason for result in results if isinstance(result, Proposal)]
    reason = reasons[0] if reasons else ""
    return Redirect(path, Words("Not queued: {reason}.", reason=reason), is_error=True)


async def _proposals(file: ConfigFile, store: Store, story: Story, account: str) -> list[Proposal]:
    async with app.running(file.config, store) as runtime:
        return await propose(runtime.engine, story.link, story, [account])


FAULTS = Words("Not queued: the config has faults, and must not decide how a post is written.")

ROUTES = (
    Route("GET", "/entries", find),
    Route("GET", "/entries/{id}", show),
    Route("POST", "/entries/{id}/post", post, is_slow=True),
)
