"""`queue`: list, show, hold, release, skip and retry deliveries."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from datetime import datetime

from reblogbot import app
from reblogbot.admin.documents.deliveries import delivery_json
from reblogbot.admin.documents.queue import (
    ChangedDeliveries,
    FailedAction,
    QueueDocument,
    queue_details_json,
    queue_item_json,
)
from reblogbot.admin.queue_actions import (
    AFFECTED_STATES,
    ActionResult,
    QueueActions,
    is_in_digest,
    is_storm,
)
from reblogbot.cli.names import check_names
from reblogbot.cli.open_store import load_with_warning, open_for_reading, open_to_change
from reblogbot.cli.output import aligned, print_json, print_lines, print_wrapped
from reblogbot.cli.phrases import action_text, local_time, wait_text
from reblogbot.cli.questions import is_interactive
from reblogbot.config.load import PartialConfig
from reblogbot.core.round_report import outcome
from reblogbot.core.waits import Wait
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import ConfigError, Exit, unknown_name_message
from reblogbot.model import OPEN_STATES, Delivery, DeliveryState
from reblogbot.store import Store
from reblogbot.store.outbox import MAX_ID, MOST_COUNTED

MAX_LISTED = 100
"""How many deliveries are listed for a person who names no limit."""


def run_list(options: argparse.Namespace) -> int:
    """List open deliveries, or those in the named states."""
    states = {state.value: state for state in DeliveryState}
    for name in options.state or ():
        if name not in states:
            raise ConfigError("usage", unknown_name_message("state", name, states))
    wanted = {states[name] for name in options.state} if options.state else OPEN_STATES
    config, store = open_for_reading(options)
    check_names(options, config, store)
    limit = options.limit
    if limit is None and not options.json:
        limit = MAX_LISTED
    deliveries, omitted = store.outbox.page(
        wanted,
        accounts=[options.account] if options.account is not None else (),
        sources=[options.source] if options.source is not None else (),
        after=min(options.after, MAX_ID),
        limit=limit or None,
    )
    now = store.clock.now()
    entry_titles = store.history.titles([delivery.id for delivery in deliveries])
    titles = [_title(delivery, entry_titles) for delivery in deliveries]
    waiting = Waiting(config, store, now)
    waits = [waiting.wait(delivery) for delivery in deliveries]
    store.close()
    if options.json:
        items = list(map(queue_item_json, deliveries, titles, waits))
        print_json(QueueDocument(deliveries=items, omitted=omitted))
    else:
        _print_list(deliveries, titles, waits, now)
        _print_omitted(deliveries, omitted)
    return Exit.OK


def _print_omitted(deliveries: Sequence[Delivery], omitted: int) -> None:
    if omitted:
        count = f"at least {omitted}" if omitted == MOST_COUNTED else str(omitted)
        last = deliveries[-1].id
        print_lines(f"… and {count} more: `--after {last}` lists the next ones, `--limit 0` all")


def _title(delivery: Delivery, entry_titles: dict[int, str]) -> str:
    """The title of the entry; the first line of the post where the entry has none."""
    return entry_titles.get(delivery.id) or delivery.post.text.partition("\n")[0]


def _print_list(
    deliveries: Sequence[Delivery],
    titles: Sequence[str],
    waits: Sequence[Wait | None],
    now: datetime,
) -> None:
    """Print each delivery: a line of facts, then title, link and why it waits."""
    if not deliveries:
        print_lines("no deliveries")
        return
    heads = aligned(
        [
            (
                str(delivery.id),
                outcome(delivery),
                action_text(delivery.post),
                f"{delivery.source} → {delivery.account}",
                local_time(delivery.queued_at, now),
            )
            for delivery in deliveries
        ]
    )
    for delivery, head, title, wait in zip(deliveries, heads, titles, waits, strict=True):
        print_wrapped(head)
        if title:
            print_wrapped(title, 4)
        link = delivery.post.link or delivery.post.uri
        if link:
            # not wrapped: a terminal keeps a link whole over several lines, and it can be clicked
            print_lines(f"    {link}")
        cause = wait_text(wait, now) if wait is not None else delivery.error
        if cause:
            print_wrapped(cause, 4)


def run_show(options: argparse.Namespace) -> int:
    """Show one delivery with its whole text."""
    config, store = open_for_reading(options)
    deliveries, now = store.outbox.find([options.id]), store.clock.now()
    entry_titles = store.history.titles([each.id for each in deliveries])
    wait = Waiting(config, store, now).wait(deliveries[0]) if deliveries else None
    store.close()
    if not deliveries:
        message = f"there is no delivery {options.id}; see `reblogbot queue list`"
        raise ConfigError("delivery_unknown", message)
    (delivery,) = deliveries
    title = _title(delivery, entry_titles)
    if options.json:
        print_json(queue_details_json(delivery, title, wait))
    else:
        _print_details(delivery, title, wait, now)
    return Exit.OK


def _print_details(delivery: Delivery, title: str, wait: Wait | None, now: datetime) -> None:
    facts = {
        "id": str(delivery.id),
        "title": title,
        "account": delivery.account,
        "source": delivery.source,
        "link": delivery.post.link,
        "action": action_text(delivery.post),
        "text": "written by the admin" if delivery.post.is_edited else "",
        "state": outcome(delivery),
        "due": local_time(delivery.due, now),
        "attempts": str(delivery.attempts),
        "url": delivery.receipt.url if delivery.receipt else "",
        "error": delivery.error,
        "waits": wait_text(wait, now) if wait else "",
        "steps": f"not done: {', '.join(delivery.waits_for)}" if delivery.waits_for else "",
    }
    print_lines(*(f"{name:9} {value}" for name, value in facts.items() if value), "")
    is_boost = delivery.post.action == "boost"
    print_lines(f"boost of {delivery.post.uri}" if is_boost else delivery.post.text)


def run_change(options: argparse.Namespace) -> int:
    """Hold, release, skip or retry deliveries."""
    if getattr(options, "newest", None) is not None and options.ids:
        raise ConfigError("usage", "--newest chooses among many; leave out the ids")
    if not (options.ids or options.all or options.account or options.source):
        raise ConfigError("usage", "name deliveries by their ids, --account, --source, or --all")
    is_render = options.verb == "retry" and options.render
    # a config with faults must not decide how a post is written, so --render needs a valid one
    partial = (
        PartialConfig(app.load_config(options.config)) if is_render else load_with_warning(options)
    )
    store = open_to_change(partial)
    check_names(options, partial.config, store)
    actions = QueueActions(partial.config, store, store.clock.now(), may_render=not partial.faults)
    states = AFFECTED_STATES["render" if is_render else options.verb]
    deliveries = _chosen(options, store, states)
    missing = sorted(set(options.ids) - {delivery.id for delivery in deliveries})
    results = [_change(actions, options, delivery) for delivery in deliveries]
    store.close()
    if options.json:
        changed = [result.delivery for result in results if result.succeeded]
        failed: list[FailedAction] = [
            {"id": result.delivery.id, "reason": result.message}
            for result in results
            if not result.succeeded
        ]
        failed += [
            {"id": number, "reason": "is not the number of a delivery"} for number in missing
        ]
        rows = list(map(delivery_json, changed))
        print_json(ChangedDeliveries(deliveries=rows, failed=failed))
    else:
        print_lines(*(f"{result.delivery.id} {result.message}" for result in results))
        print_lines(*(f"{number} is not the number of a delivery" for number in missing))
        if not (results or missing):
            print_lines("no such deliveries")
    has_failed = missing or not all(result.succeeded for result in results)
    return Exit.FAILED if has_failed else Exit.OK


def _change(actions: QueueActions, options: argparse.Namespace, delivery: Delivery) -> ActionResult:
    return actions.change(
        options.verb,
        delivery,
        paced=options.verb == "release" and _is_paced(options, delivery),
        render=options.verb == "retry" and options.render,
    )


def _is_paced(options: argparse.Namespace, delivery: Delivery) -> bool:
    """Whether a release is spread: as asked, else for a storm if a person is at the terminal."""
    if options.paced is not None:
        return bool(options.paced)
    return is_storm(delivery) and is_interactive()


def _chosen(
    options: argparse.Namespace, store: Store, states: Collection[DeliveryState]
) -> list[Delivery]:
    """The deliveries that the admin names by number, or all of an account or source."""
    accounts = [options.account] if options.account is not None else []
    sources = [options.source] if options.source is not None else []
    if options.ids:
        return [
            delivery
            for delivery in store.outbox.find(options.ids)
            if delivery.account in (accounts or [delivery.account])
            and delivery.source in (sources or [delivery.source])
        ]
    deliveries, _ = store.outbox.page(states, accounts=accounts, sources=sources)
    chosen = [delivery for delivery in deliveries if not is_in_digest(delivery)]
    newest = getattr(options, "newest", None)
    return chosen if newest is None else chosen[max(0, len(chosen) - newest) :]
