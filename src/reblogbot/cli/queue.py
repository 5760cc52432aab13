"""The commands that steer deliveries: queue, stop, start."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from reblogbot.cli.opening import open_to_look, readable_config, store_to_steer
from reblogbot.cli.words import (
    aligned,
    instant,
    paragraph,
    readable,
    say,
    say_json,
    waits_for,
    when,
)
from reblogbot.errors import ConfigError, Exit, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reblogbot.admin.queue_actions import ActionResult
    from reblogbot.config.settings import Config
    from reblogbot.core.waits import Wait
    from reblogbot.model import Delivery
    from reblogbot.store import Store

_VERBS = {
    "hold": "keep these from going out until they are released",
    "release": "let held ones go out",
    "skip": "never send these",
    "retry": "queue dead or skipped ones again; with --render, render what waits or died anew",
}


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    queue = commands.add_parser(
        "queue", parents=[everywhere], help="look at deliveries and steer them"
    )
    verbs = queue.add_subparsers(
        title="verbs", metavar="VERB", required=True, parser_class=type(queue)
    )
    listing = verbs.add_parser("list", parents=[everywhere], help="what is open, or in a state")
    listing.add_argument("--state", action="append", metavar="STATE", help="queued, held, dead …")
    listing.add_argument("--account", type=readable, help="only of this account")
    listing.add_argument("--source", type=readable, help="only from this source")
    listing.add_argument("--json", action="store_true", help="print it as JSON")
    listing.set_defaults(run=run_list)
    show = verbs.add_parser("show", parents=[everywhere], help="one delivery, whole")
    show.add_argument("id", type=int, metavar="ID")
    show.add_argument("--json", action="store_true", help="print it as JSON")
    show.set_defaults(run=run_show)
    for verb, what in _VERBS.items():
        steer = verbs.add_parser(verb, parents=[everywhere], help=what)
        steer.add_argument("ids", nargs="*", type=int, metavar="ID")
        steer.add_argument("--account", type=readable, help="all it concerns of this account")
        steer.add_argument("--source", type=readable, help="all it concerns from this source")
        steer.add_argument("--all", action="store_true", help="all it concerns")
        if verb == "retry":
            steer.add_argument("--render", action="store_true", help="with today's template")
        if verb == "release":
            steer.add_argument(
                "--paced",
                action=argparse.BooleanOptionalAction,
                help="spread over the account's pace; the default for a storm on a terminal",
            )
        steer.add_argument("--json", action="store_true", help="print what changed as JSON")
        steer.set_defaults(run=run_steer, verb=verb)
    stop = commands.add_parser(
        "stop", parents=[everywhere], help="hold every delivery at once, until start"
    )
    stop.set_defaults(run=run_stop, command="stop")
    start = commands.add_parser("start", parents=[everywhere], help="let deliveries go on")
    start.set_defaults(run=run_start, command="start")
    for switch in (stop, start):
        switch.add_argument(
            "--store", metavar="URL", default="", help="of this store, without reading any config"
        )
        switch.add_argument("--json", action="store_true", help="print it as JSON")


def run_list(options: argparse.Namespace) -> int:
    """What is open."""
    from reblogbot.core.round_report import delivery_json
    from reblogbot.engine.waiting import Waiting, wait_json
    from reblogbot.model import OPEN, State

    known = {state.value: state for state in State}
    for name in options.state or ():
        if name not in known:
            raise ConfigError("usage", unknown("state", name, known))
    states = {known[name] for name in options.state} if options.state else OPEN
    config, store = open_to_look(options)
    _check_names(options, config, store)
    found, now = _only(store.outbox.find(states=states), options), store.clock.now()
    titles = store.history.titles([one.id for one in found])
    waiting = Waiting(config, store, now)
    waits = [waiting.wait(one) for one in found]
    store.close()
    if options.json:
        rows = [
            {**delivery_json(one), **_naming(one, titles), **wait_json(wait)}
            for one, wait in zip(found, waits, strict=True)
        ]
        say_json({"deliveries": rows})
        return Exit.OK
    _show_list(found, titles, waits, now)
    return Exit.OK


def _naming(one: Delivery, titles: dict[int, str]) -> dict[str, str]:
    """Title and action, as `queue list --json` and `queue show --json` add them."""
    return {"title": _title(one, titles), "action": one.post.action}


def _title(one: Delivery, titles: dict[int, str]) -> str:
    """The title of its entry; of one without, how its text begins."""
    return titles.get(one.id) or one.post.text.partition("\n")[0]


def _show_list(
    found: Sequence[Delivery],
    titles: dict[int, str],
    waits: Sequence[Wait | None],
    now: datetime,
) -> None:
    """Print each delivery: a line of facts, then title, link and cause."""
    from reblogbot.core.round_report import outcome

    heads = aligned(
        [
            (str(one.id), outcome(one), one.post.action, f"{one.source} → {one.account}",
             when(one.queued_at, now))
            for one in found
        ]
    )  # fmt: skip
    for one, head, wait in zip(found, heads, waits, strict=True):
        paragraph(head)
        title, link, cause = (
            _title(one, titles),
            one.post.link or one.post.uri,
            _cause(one, wait, now),
        )
        if title:
            paragraph(title, 4)
        # a terminal breaks a link that is too long without taking it apart
        say(*([f"    {link}"] if link else []))
        if cause:
            paragraph(cause, 4)
    if not found:
        say("no deliveries")


def _cause(one: Delivery, wait: Wait | None, now: datetime) -> str:
    return waits_for(wait, now) if wait is not None else one.error


def run_show(options: argparse.Namespace) -> int:
    """One delivery, whole."""
    from reblogbot.core.round_report import delivery_json
    from reblogbot.engine.preview import post_json
    from reblogbot.engine.waiting import Waiting, wait_json

    config, store = open_to_look(options)
    found, now = store.outbox.find(ids=[options.id]), store.clock.now()
    titles = store.history.titles([options.id])
    wait = Waiting(config, store, now).wait(found[0]) if found else None
    store.close()
    if not found:
        hint = "see `reblogbot queue list`"
        raise ConfigError("delivery_unknown", f"no delivery {options.id}; {hint}")
    one = found[0]
    if options.json:
        shown = {**delivery_json(one), **_naming(one, titles)}
        shown |= {"post": post_json(one.account, one.source, one.post), "attempts": one.attempts}
        say_json(shown | {"due": instant(one.due), **wait_json(wait)})
        return Exit.OK
    _show_one(one, _title(one, titles), wait, now)
    return Exit.OK


def _show_one(one: Delivery, title: str, wait: Wait | None, now: datetime) -> None:
    from reblogbot.core.round_report import outcome

    facts = {
        "id": str(one.id),
        "title": title,
        "account": one.account,
        "source": one.source,
        "action": one.post.action,
        "state": outcome(one),
        "due": when(one.due, now),
        "attempts": str(one.attempts),
        "url": one.receipt.url if one.receipt else "",
        "error": one.error,
        "waits": waits_for(wait, now) if wait else "",
    }
    say(*(f"{name:9} {value}" for name, value in facts.items() if value))
    say("", one.post.text if one.post.action != "boost" else f"boost of {one.post.uri}")


def run_steer(options: argparse.Namespace) -> int:
    """Hold, release, skip or retry."""
    from reblogbot import app
    from reblogbot.admin import queue_actions
    from reblogbot.config.load import Readable
    from reblogbot.core.round_report import delivery_json

    if not (options.ids or options.all or options.account or options.source):
        raise ConfigError("usage", "name deliveries by their ids, --account, --source, or --all")
    render = getattr(options, "render", False)
    # what has faults must not decide how a post looks
    read = Readable(app.load_config(options.config)) if render else readable_config(options)
    config = read.config
    store = app.open_to_steer(config.store.url) if read.faults else app.open_for_work(config)
    _check_names(options, config, store)
    steer = queue_actions.QueueActions(config, store, store.clock.now(), may_render=not read.faults)
    verb = "render" if render else options.verb
    chosen = _only(
        store.outbox.find(ids=options.ids, states=queue_actions.CONCERNED[verb]), options
    )
    if not options.ids:
        chosen = [one for one in chosen if not queue_actions.is_told(one)]
    missing = sorted(set(options.ids) - {one.id for one in chosen})
    steered = [_steer(steer, options, one) for one in chosen]
    store.close()
    if options.json:
        say_json({"deliveries": [delivery_json(one.delivery) for one in steered if one.done]})
    for one in [] if options.json else steered:
        say(f"{one.delivery.id} {one.said}")
    for number in [] if options.json else missing:
        say(f"{number} is no delivery")
    return Exit.FAILED if missing or not all(one.done for one in steered) else Exit.OK


def run_stop(options: argparse.Namespace) -> int:
    """Hold every delivery at once."""
    store = store_to_steer(options)
    store.outbox.stop(store.clock.now())
    stopped_at, queued = store.outbox.stopped_at(), store.outbox.count()["queued"]
    store.close()
    if options.json:
        say_json({"stopped_at": stopped_at and instant(stopped_at), "queued": queued})
        return Exit.OK
    say("stopped: nothing is posted, by any process on this store, until `reblogbot start`")
    return Exit.OK


def run_start(options: argparse.Namespace) -> int:
    """Let deliveries go on."""
    store = store_to_steer(options)
    store.outbox.start()
    queued = store.outbox.count()["queued"]
    store.close()
    if options.json:
        say_json({"stopped_at": None, "queued": queued})
        return Exit.OK
    say(f"started: {queued} queued")
    return Exit.OK


def _steer(steer: Any, options: argparse.Namespace, one: Delivery) -> ActionResult:
    if options.verb == "retry":
        steered: ActionResult = steer.retry(one, render=options.render)
    elif options.verb == "release":
        steered = steer.release(one, paced=_is_paced(options, one))
    else:
        steered = getattr(steer, options.verb)(one)
    return steered


def _is_paced(options: argparse.Namespace, one: Delivery) -> bool:
    """Whether it is to go out spread: as asked, else a storm when a person is at the terminal."""
    from reblogbot.admin import queue_actions

    if options.paced is not None:
        return bool(options.paced)
    return queue_actions.is_storm(one) and sys.stdin.isatty() and sys.stdout.isatty()


def _only(found: Sequence[Delivery], options: argparse.Namespace) -> list[Delivery]:
    return [
        one
        for one in found
        if options.account in (None, one.account) and options.source in (None, one.source)
    ]


def _check_names(options: argparse.Namespace, config: Config, store: Store) -> None:
    """Raise ConfigError for an account or source that neither config nor store knows."""
    if options.account is not None:
        accounts = {**config.accounts, **{one.name: one for one in store.outbox.accounts()}}
        if options.account not in accounts:
            raise ConfigError("account_unknown", unknown("account", options.account, accounts))
    # of removed sources the store knows; there may be very many
    if options.source in (None, *config.sources) or store.sources.of([options.source]):
        return
    raise ConfigError("source_unknown", unknown("source", options.source, config.sources))
