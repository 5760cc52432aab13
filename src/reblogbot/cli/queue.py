"""The commands that steer deliveries: queue, stop, start."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from reblogbot.cli.words import ago, called, instant, readable, say, say_json, table, waits_for
from reblogbot.errors import ConfigError, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reblogbot.core.waits import Wait
    from reblogbot.model import Delivery
    from reblogbot.steering import Steered

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
    stop.add_argument("--json", action="store_true", help="print it as JSON")
    stop.set_defaults(run=run_stop)
    start = commands.add_parser("start", parents=[everywhere], help="let deliveries go on")
    start.add_argument("--json", action="store_true", help="print it as JSON")
    start.set_defaults(run=run_start)


def run_list(options: argparse.Namespace) -> int:
    """What is open."""
    from reblogbot import app
    from reblogbot.core.rounds import delivery_json
    from reblogbot.model import OPEN, State
    from reblogbot.waiting import Waiting, wait_json

    known = {state.value: state for state in State}
    for name in options.state or ():
        if name not in known:
            raise ConfigError("usage", f'no state "{name}"; there are {", ".join(known)}')
    states = {known[name] for name in options.state} if options.state else OPEN
    config = app.load_config(options.config)
    store = app.open_to_read(config)
    found, now = _only(store.outbox.find(states=states), options), store.clock.now()
    waiting = Waiting(config, store, now)
    waits = [(one, waiting.wait(one)) for one in found]
    store.close()
    if options.json:
        rows = [{**delivery_json(one), **wait_json(wait)} for one, wait in waits]
        say_json({"deliveries": rows})
        return Exit.OK
    table(
        ("id", "account", "source", "state", "due", "link", ""),
        [
            (str(one.id), one.account, one.source, one.state.value, ago(one.due, now),
             called(one.post), one.error or _briefly(wait))
            for one, wait in waits
        ],
    )  # fmt: skip
    return Exit.OK


def _briefly(wait: Wait | None) -> str:
    """The reason of a wait in few words: the table has no room for more."""
    return wait.reason.replace("_", " ") if wait else ""


def run_show(options: argparse.Namespace) -> int:
    """One delivery, whole."""
    from reblogbot import app
    from reblogbot.core.rounds import delivery_json
    from reblogbot.preview import post_json
    from reblogbot.waiting import Waiting, wait_json

    config = app.load_config(options.config)
    store = app.open_to_read(config)
    found, now = store.outbox.find(ids=[options.id]), store.clock.now()
    wait = Waiting(config, store, now).wait(found[0]) if found else None
    store.close()
    if not found:
        hint = "see `reblogbot queue list`"
        raise ConfigError("delivery_unknown", f"no delivery {options.id}; {hint}")
    one = found[0]
    shown = delivery_json(one) | {"post": post_json(one.account, one.source, one.post)}
    shown |= {"attempts": one.attempts, "due": instant(one.due), **wait_json(wait)}
    if options.json:
        say_json(shown)
        return Exit.OK
    for key in ("id", "account", "source", "state", "due", "attempts", "url", "error"):
        say(f"{key:9} {shown[key]}")
    if wait is not None:
        say(f"{'waits':9} {waits_for(wait, now)}")
    say("", one.post.text if one.post.action != "boost" else f"boost of {one.post.uri}")
    return Exit.OK


def run_steer(options: argparse.Namespace) -> int:
    """Hold, release, skip or retry."""
    from reblogbot import app, steering
    from reblogbot.core.rounds import delivery_json

    if not (options.ids or options.all or options.account or options.source):
        raise ConfigError("usage", "name deliveries by their ids, --account, --source, or --all")
    config = app.load_config(options.config)
    store = app.open_for_work(config)
    steer = steering.Steering(config, store, store.clock.now())
    verb = "render" if getattr(options, "render", False) else options.verb
    chosen = _only(store.outbox.find(ids=options.ids, states=steering.CONCERNED[verb]), options)
    if not options.ids:
        chosen = [one for one in chosen if not steering.is_told(one)]
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
    from reblogbot import app

    store = app.open_for_work(app.load_config(options.config))
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
    from reblogbot import app

    store = app.open_for_work(app.load_config(options.config))
    store.outbox.start()
    queued = store.outbox.count()["queued"]
    store.close()
    if options.json:
        say_json({"stopped_at": None, "queued": queued})
        return Exit.OK
    say(f"started: {queued} queued")
    return Exit.OK


def _steer(steer: Any, options: argparse.Namespace, one: Delivery) -> Steered:
    if options.verb == "retry":
        steered: Steered = steer.retry(one, render=options.render)
    elif options.verb == "release":
        steered = steer.release(one, paced=_is_paced(options, one))
    else:
        steered = getattr(steer, options.verb)(one)
    return steered


def _is_paced(options: argparse.Namespace, one: Delivery) -> bool:
    """Whether it is to go out spread: as asked, else a storm when a person is at the terminal."""
    from reblogbot import steering

    if options.paced is not None:
        return bool(options.paced)
    return steering.is_storm(one) and sys.stdin.isatty() and sys.stdout.isatty()


def _only(found: Sequence[Delivery], options: argparse.Namespace) -> list[Delivery]:
    return [
        one
        for one in found
        if options.account in (None, one.account) and options.source in (None, one.source)
    ]
