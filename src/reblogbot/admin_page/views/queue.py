"""The page "Queue": what waits, what is held and what failed, as it will look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from reblogbot.admin.digest_drafts import DigestDraft, digest_drafts
from reblogbot.admin.queue_actions import Action, ActionResult, QueueActions
from reblogbot.admin.queue_changes import (
    MOST_CHANGED,
    SeenDelivery,
    change_seen,
    possible_actions,
    seen_again,
)
from reblogbot.admin.queue_edit import edit, why_not_editable
from reblogbot.admin_page.request import (
    NotThere,
    Page,
    PageRequest,
    Redirect,
    Reply,
    Route,
    place_text,
)
from reblogbot.core.text.measure import length
from reblogbot.core.waits import Wait, WaitReason
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.model import OPEN_STATES, Delivery, DeliveryState, Entry
from reblogbot.store.outbox import MAX_ID
from reblogbot.store.schema import EPOCH
from reblogbot.store.storms import Storm
from reblogbot.words import Words

CARDS = 50
"""Cards on a page at most."""
BYTES = 40_000
"""Bytes of all cards of a page, as `_size` reckons them: behind these it ends."""
LONGEST_TEXT = 1200
"""Characters of a text on a card; the page of the delivery has it whole."""
FEW = 5
"""How many failed deliveries the first page shows."""
LATELY = timedelta(days=7)
"""For so long a failed delivery is shown on the first page."""
SAMPLES = 2
"""How many deliveries of a storm its group shows."""
MOST_COUNTED = 1000
FAR = datetime(9999, 1, 1, tzinfo=EPOCH.tzinfo)

UNSETTLED = frozenset({DeliveryState.SENDING, DeliveryState.DOUBT, DeliveryState.RETRACTING})
STATES: dict[str, frozenset[DeliveryState]] = {
    "": OPEN_STATES,
    "dead": frozenset({DeliveryState.DEAD}),
    "held": frozenset({DeliveryState.HELD}),
    "queued": frozenset({DeliveryState.QUEUED}),
    "unsettled": UNSETTLED,
    "skipped": frozenset({DeliveryState.SKIPPED}),
}
"""The values of the filter by state."""
_SETTLED = {"dead": DeliveryState.DEAD, "skipped": DeliveryState.SKIPPED}
_ACTIONS: dict[str, tuple[Action, bool, bool]] = {
    "hold": ("hold", False, False),
    "release": ("release", False, False),
    "pace": ("release", True, False),
    "skip": ("skip", False, False),
    "retry": ("retry", False, False),
    "now": ("retry", False, False),
    "render": ("retry", False, True),
}
"""The action of each button, whether it is paced, and whether the post is rendered again."""


@dataclass(frozen=True, slots=True)
class Card:
    """A delivery as a page shows it; `entry` is that of a boost."""

    delivery: Delivery
    title: str
    wait: Wait | None
    server: str
    entry: Entry | None
    actions: Sequence[str]

    @property
    def seen(self) -> str:
        """What the buttons of the card send along."""
        return f"{self.delivery.id} {self.delivery.state.value} {self.delivery.key_version}"


@dataclass(frozen=True, slots=True)
class Filter:
    """What the page is restricted to."""

    state: str
    account: str
    source: str

    @property
    def query(self) -> dict[str, str]:
        """The filter as a query, without what is not restricted."""
        values = {"state": self.state, "account": self.account, "source": self.source}
        return {name: value for name, value in values.items() if value}


def cards(request: PageRequest, deliveries: Sequence[Delivery], waiting: Waiting) -> Iterator[Card]:
    """The cards of these deliveries."""
    store, config = request.tools.store, request.tools.config()
    ids = [delivery.id for delivery in deliveries]
    titles = store.history.titles(ids)
    boosts = [each.id for each in deliveries if each.post.action in ("boost", "quote")]
    entries = store.outbox.entries_of(boosts)
    for delivery in deliveries:
        account = config.accounts.get(delivery.account)
        yield Card(
            delivery,
            titles.get(delivery.id, ""),
            waiting.wait(delivery),
            account.server if account else "",
            entries.get(delivery.id),
            possible_actions(delivery),
        )


def waiting_of(request: PageRequest) -> Waiting:
    """What explains why deliveries wait. The daemon that serves the page is at work."""
    config, now = request.tools.config(), request.tools.now()
    return Waiting(config, request.tools.store, now, is_working=True)


def show(request: PageRequest) -> Reply:
    """The page."""
    store = request.tools.store
    chosen = _filter(request)
    storm = _storm(request)
    waiting = waiting_of(request)
    is_first = "after" not in request.query
    is_overview = is_first and not (chosen.query or storm)
    deliveries, following = _deliveries(request, chosen, storm)
    listed = list(_fitting(deliveries))
    if len(listed) < len(deliveries):
        following = _place(chosen, listed[-1])
    since = request.tools.now() - LATELY
    listed_cards = list(cards(request, listed, waiting))
    digests = list(_digests(request, listed_cards))
    bundled = {each.id for draft in digests for each in draft.deliveries}
    failed = [
        delivery
        for delivery in store.outbox.newest(DeliveryState.DEAD, _accounts(request), (FAR, 0), FEW)
        if (delivery.settled_at or delivery.due) > since
    ]
    storms = store.storms.groups() if is_first and chosen.state in ("", "held") else []
    values = {
        "chosen": chosen,
        "storm": storm,
        "cards": [card for card in listed_cards if card.delivery.id not in bundled],
        "digests": digests,
        "failed": list(cards(request, failed, waiting)) if is_overview else [],
        "storms": [
            (group, list(cards(request, _samples(request, group), waiting)))
            for group in storms
            if not storm and _passes(group, chosen)
        ],
        "counts": {
            name: store.outbox.count_up_to(states, MOST_COUNTED)
            for name, states in STATES.items()
            if name != "skipped"
        },
        "most": MOST_COUNTED,
        "most_changed": MOST_CHANGED,
        "accounts": _accounts(request),
        "following": following,
        "until": store.outbox.newest_id(),
        "longest": LONGEST_TEXT,
        "request_query": {**chosen.query, **_after(request)},
    }
    return Page("queue.html", values)


def _digests(request: PageRequest, listed: Iterable[Card]) -> Iterator[DigestDraft]:
    """The drafts of the digests for which any of these cards wait."""
    routes = dict.fromkeys(
        (card.delivery.source, card.delivery.account)
        for card in listed
        if card.wait is not None and card.wait.reason == WaitReason.DIGEST
    )
    return digest_drafts(request.tools.store, request.tools.config(), routes)


def _filter(request: PageRequest) -> Filter:
    state = request.value("state")
    state = "unsettled" if state in {each.value for each in UNSETTLED} else state
    account, source = request.value("account")[:200], request.value("source")[:200]
    return Filter(state if state in STATES else "", account.strip(), source.strip())


def _storm(request: PageRequest) -> tuple[str, str, datetime] | None:
    """The storm that the request names: its source, its account, and its instant."""
    micros = request.number("at", most=2**55)
    if not micros:
        return None
    return (
        request.value("source")[:200],
        request.value("account")[:200],
        EPOCH + timedelta(microseconds=micros),
    )


def _accounts(request: PageRequest) -> list[str]:
    """The names of all accounts, in config and store."""
    names = {record.name for record in request.tools.store.outbox.accounts()}
    return sorted(names | set(request.tools.config().accounts))


def _deliveries(
    request: PageRequest, chosen: Filter, storm: tuple[str, str, datetime] | None
) -> tuple[list[Delivery], str]:
    """The deliveries of the page, and the place behind them, "" at the end."""
    store = request.tools.store
    if storm is not None:
        return store.storms.newest(*storm, CARDS)[::-1], ""
    settled = _SETTLED.get(chosen.state)
    accounts = [chosen.account] if chosen.account else []
    if settled is not None:
        before = request.place("after") or (FAR, 0)
        deliveries = store.outbox.newest(settled, accounts or _accounts(request), before, CARDS + 1)
        omitted = len(deliveries[CARDS:])
        deliveries = deliveries[:CARDS]
    else:
        deliveries, omitted = store.outbox.page(
            STATES[chosen.state],
            accounts=accounts,
            sources=[chosen.source] if chosen.source else (),
            after=request.number("after", most=MAX_ID),
            limit=CARDS,
            with_storms=False,
        )
    return deliveries, _place(chosen, deliveries[-1]) if omitted else ""


def _place(chosen: Filter, last: Delivery) -> str:
    """The place behind a delivery, for the query."""
    if chosen.state in _SETTLED:
        return place_text((last.due, last.id))
    return str(last.id)


def _fitting(deliveries: Iterable[Delivery]) -> Iterator[Delivery]:
    """The first deliveries whose cards fit on a page, at least one."""
    size = 0
    for delivery in deliveries:
        size += _size(delivery)
        if size > BYTES and size > _size(delivery):
            return
        yield delivery


def _size(delivery: Delivery) -> int:
    """About how many bytes a card needs."""
    post = delivery.post
    texts = (post.text[:LONGEST_TEXT], post.link, post.uri, post.spoiler, delivery.error)
    size = 1200 + sum(len(text.encode(errors="replace")) for text in texts)
    status = 1500 if post.action in ("boost", "quote") else 0
    return size + status + 500 * len(post.media)


def _samples(request: PageRequest, group: Storm) -> list[Delivery]:
    newest = request.tools.store.storms.newest(
        group.source, group.account, group.queued_at, SAMPLES
    )
    return newest[::-1]


def _passes(group: Storm, chosen: Filter) -> bool:
    return chosen.account in ("", group.account) and chosen.source in ("", group.source)


# changes


def change(request: PageRequest) -> Redirect:
    """Change one delivery, those that are ticked, or all that pass the filter."""
    chosen = _filter(request)
    button, _, seen_one = request.value("do").partition(" ")
    if button not in _ACTIONS:
        raise NotThere
    action, paced, render = _ACTIONS[button]
    picked = [seen_one] if seen_one else request.values("pick")
    seen = [each for each in map(_seen, picked) if each is not None]
    if not seen_one and request.value("all"):
        seen = _all_seen(request, chosen)
    actions, store = _actions(request), request.tools.store
    results = change_seen(actions, store, action, seen, paced=paced, render=render)
    return _back(request, chosen, results)


def change_storm(request: PageRequest) -> Reply:
    """Release the newest of a storm at a pace, or skip what is left of it."""
    storm = _storm(request)
    if storm is None:
        raise NotThere
    button = request.value("do")
    most = request.number("newest", 10, MOST_CHANGED) if button == "newest" else MOST_CHANGED
    deliveries = request.tools.store.storms.newest(*storm, most)
    action: Action = "skip" if button == "skip" else "release"
    actions = _actions(request)
    results = [actions.change(action, each, paced=action == "release") for each in deliveries]
    return _back(request, Filter(request.value("state"), "", ""), results)


def _actions(request: PageRequest) -> QueueActions:
    tools = request.tools
    is_valid = tools.is_config_valid()
    return QueueActions(tools.config(), tools.store, tools.now(), may_render=is_valid)


def _all_seen(request: PageRequest, chosen: Filter) -> list[SeenDelivery]:
    """All that pass the filter and were queued before the page was made."""
    accounts = [chosen.account] if chosen.account else []
    deliveries, _ = request.tools.store.outbox.page(
        STATES[chosen.state],
        accounts=accounts,
        sources=[chosen.source] if chosen.source else (),
        until=request.number("until", MAX_ID, MAX_ID),
        limit=MOST_CHANGED,
    )
    return [SeenDelivery(each.id, each.state, each.key_version) for each in deliveries]


def _seen(written: str) -> SeenDelivery | None:
    number, _, rest = written[:100].partition(" ")
    state, _, version = rest.partition(" ")
    if not (number.isdecimal() and version.isdecimal() and len(number) < 19 and len(version) < 10):
        return None
    return SeenDelivery(int(number), state, int(version))


def _back(request: PageRequest, chosen: Filter, results: Sequence[ActionResult]) -> Redirect:
    return Redirect(
        "/queue",
        summary(results),
        is_error=not all(result.succeeded for result in results) or not results,
        query={**chosen.query, **_after(request)},
    )


def _after(request: PageRequest) -> dict[str, str]:
    """The place of the page in the query, if it has one."""
    after = request.query.get("after", ("",))[0][:40]
    return {"after": after} if after else {}


def summary(results: Sequence[ActionResult]) -> Words:
    """What came of an action on several deliveries."""
    if not results:
        return NOTHING_CHANGED
    done = [result for result in results if result.succeeded]
    refused = [result for result in results if not result.succeeded]
    if len(done) <= FEW:
        lines = [_line(result) for result in done]
    else:
        lines = [Words("Changed {count} delivery.", "Changed {count} deliveries.", count=len(done))]
        if len(results) >= MOST_CHANGED:
            lines.append(MORE)
    lines += [_line(result) for result in islice(refused, 10)]
    if len(refused) > 10:
        lines.append(
            Words(
                "And {count} more was not changed.",
                "And {count} more were not changed.",
                count=len(refused) - 10,
            )
        )
    return Words.lines(lines)


NOTHING_CHANGED = Words("Nothing was changed: tick some deliveries first.")
MORE = Words("This is the most that is changed at once; repeat it for the rest.")


def _line(result: ActionResult) -> Words:
    return Words("Delivery {id} {message}.", id=result.delivery.id, message=result.message)


# one delivery


def show_delivery(request: PageRequest) -> Reply:
    """A delivery whole, with a form for its text."""
    return _delivery_page(request, _delivery(request))


def change_delivery(request: PageRequest) -> Reply:
    """Another text for a delivery, or what the buttons of its card do."""
    delivery = _delivery(request)
    if request.value("do"):
        redirect = change(request)
        return Redirect(f"/queue/{delivery.id}", redirect.message, redirect.is_error)
    text = request.value("text").replace("\r\n", "\n")
    version = request.number("version")
    seen = SeenDelivery(delivery.id, request.value("state"), version)
    _, difference = seen_again(request.tools.store, seen)
    if difference is None:
        result = edit(request.tools.store, delivery, text, request.tools.now())
        if result.succeeded:
            return Redirect(f"/queue/{delivery.id}", _line(result))
        difference = result.message
    problem = Words("Delivery {id} {message}.", id=delivery.id, message=difference)
    return _delivery_page(request, delivery, text, problem)


def _delivery(request: PageRequest) -> Delivery:
    number = request.parts.get("id", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NotThere
    for delivery in request.tools.store.outbox.find([int(number)]):
        return delivery
    raise NotThere


def _delivery_page(
    request: PageRequest, delivery: Delivery, text: str | None = None, problem: str = ""
) -> Page:
    limits = request.tools.store.outbox.account(delivery.account).limits
    written = delivery.post.text if text is None else text
    (card,) = cards(request, [delivery], waiting_of(request))
    values: Mapping[str, object] = {
        "card": card,
        "text": written,
        "problem": problem,
        "limits": limits,
        "length": length(written, limits, delivery.post.spoiler),
        "refusal": why_not_editable(delivery),
    }
    return Page("delivery.html", values, 409 if problem else 200)


ROUTES = (
    Route("GET", "/queue", show),
    Route("POST", "/queue", change),
    Route("POST", "/queue/storm", change_storm),
    Route("GET", "/queue/{id}", show_delivery),
    Route("POST", "/queue/{id}", change_delivery),
)
