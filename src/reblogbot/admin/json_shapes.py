"""The documents that commands print with `--json`. Their keys are public."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from reblogbot.errors import ConfigFault

if TYPE_CHECKING:
    # only their types are needed here, and some of them import what a light command must not
    from reblogbot.admin.online_check import OnlineCheck
    from reblogbot.admin.status_report import AccountStatus, SourceStatus, StatusReport
    from reblogbot.core.round_report import RoundReport
    from reblogbot.core.waits import Wait
    from reblogbot.engine.preview import Preview
    from reblogbot.model import Delivery, Post
    from reblogbot.sources.feed.discovery import Discovery
    from reblogbot.store.daemons import DaemonRecord
    from reblogbot.store.history import Story

Json = dict[str, Any]


@overload
def instant_json(instant: datetime) -> str: ...
@overload
def instant_json(instant: None) -> None: ...
@overload
def instant_json(instant: datetime | None) -> str | None: ...
def instant_json(instant: datetime | None) -> str | None:
    """An instant in UTC, to the second: `2026-11-22T08:00:00Z`."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None


# deliveries


def delivery_json(delivery: Delivery) -> Json:
    """A delivery as every command shows it."""
    return {
        "id": delivery.id,
        "account": delivery.account,
        "source": delivery.source,
        "link": delivery.post.link or delivery.post.uri,
        "state": delivery.state.value,
        "url": delivery.receipt.url if delivery.receipt else "",
        "error": delivery.error,
        "action": delivery.post.action,
    }


def queue_item_json(delivery: Delivery, title: str, wait: Wait | None) -> Json:
    """A delivery of `queue list`: with its title, and why it waits."""
    return {**delivery_json(delivery), "title": title, **wait_json(wait)}


def queue_details_json(delivery: Delivery, title: str, wait: Wait | None) -> Json:
    """The delivery of `queue show`: with its whole post, its attempts and when it is due."""
    return {
        **delivery_json(delivery),
        "title": title,
        "post": post_json(delivery.account, delivery.source, delivery.post),
        "attempts": delivery.attempts,
        "due": instant_json(delivery.due),
        **wait_json(wait),
    }


def wait_json(wait: Wait | None) -> Json:
    """Why a delivery waits and until when; empty values where it waits for nothing."""
    return {
        "reason": wait.reason.value if wait else "",
        "cause": wait.cause if wait else "",
        "waits_until": instant_json(wait.until) if wait else None,
    }


def post_json(account: str, source: str, post: Post) -> Json:
    """A post as it will be published. A boost has no text of its own, and no length."""
    is_boost = post.action == "boost"
    return {
        "account": account,
        "source": source,
        "action": post.action,
        "text": "" if is_boost else post.text,
        "visibility": post.visibility,
        "language": post.language,
        "spoiler": post.spoiler,
        "link": post.uri if is_boost else post.link,
        "length": 0 if is_boost else post.length,
        "limit": post.limit,
        "media": [{"url": image.url, "alt": image.alt} for image in post.media],
    }


# rounds


def round_json(
    report: RoundReport, daemon: DaemonRecord | None, queued: int, now: datetime
) -> Json:
    """The result of `sync`; `queued` is what is left for the daemon beside it, if there is one."""
    return {
        **report.counts(),
        "sources": [
            {"name": poll.name, "outcome": poll.outcome, "new": poll.new, "error": poll.error}
            for poll in report.polls
        ],
        "deliveries": [delivery_json(delivery) for delivery in report.deliveries.values()],
        "accounts": [{"name": name, "error": reason} for name, reason in report.paused.items()],
        "daemon": {**daemon_json(daemon, now), "queued": queued} if daemon else None,
    }


def preview_json(preview: Preview, limit: int | None = None) -> Json:
    """The result of `preview`; `limit` bounds the posts."""
    return {
        "posts": [post_json(*post) for post in preview.posts[:limit]],
        "filtered": preview.refused,
        "errors": preview.errors,
    }


# status, health, why


def daemon_json(daemon: DaemonRecord, now: datetime) -> Json:
    """A daemon as `status`, `health` and `sync` show it."""
    return {
        "version": daemon.version,
        "since": instant_json(daemon.since),
        "host": daemon.host,
        "last_round_at": instant_json(daemon.last_round_at),
        "pid": daemon.pid,
        "state": "hangs" if daemon.is_stalled(now) else "ok",
    }


def status_json(report: StatusReport, now: datetime) -> Json:
    """The result of `status`. With several daemons, `daemon` is the one that started first."""
    daemons = [daemon_json(daemon, now) for daemon in report.daemons]
    return {
        "daemon": next(iter(daemons), None),
        "daemons": daemons,
        "sources": [_source_json(source) for source in report.sources],
        "accounts": [_account_json(account) for account in report.accounts],
        "queue": report.queue,
        "waits": [
            {
                "account": group.account,
                "source": group.source,
                "count": group.count,
                **wait_json(group.wait),
            }
            for group in report.waits
        ],
        "stopped_at": instant_json(report.stopped_at),
    }


def _source_json(source: SourceStatus) -> Json:
    return {
        "name": source.name,
        "kind": source.kind,
        "url": source.url,
        "state": source.state,
        "last_poll_at": instant_json(source.last_poll_at),
        "next_poll_at": instant_json(source.next_poll_at),
        "failures": source.failures,
        "error": source.error,
        "next_poll_reason": source.next_poll_reason,
    }


def _account_json(account: AccountStatus) -> Json:
    until = instant_json(account.paused_until)
    return {
        "name": account.name,
        "server": account.server,
        "state": account.state,
        "reason": f"{account.reason} (until {until})" if until else account.reason,
        "rate_remaining": account.rate_remaining,
    }


def story_json(story: Story, remarks: Sequence[str], waits: Mapping[int, Wait | None]) -> Json:
    """One entry of `why`, with remarks about its source; `waits` has the deliveries' numbers."""
    return {
        "source": story.source,
        "source_habits": list(remarks),
        "title": story.title,
        "link": story.link,
        "guid": story.guid,
        "seen_at": instant_json(story.seen_at),
        "refusals": [{"account": account, "reason": reason} for account, reason in story.refusals],
        "deliveries": [
            {
                **delivery_json(delivery),
                **wait_json(waits[delivery.id]),
                "events": [
                    {"at": instant_json(event.at), "state": event.state, "note": event.note}
                    for event in events
                ],
            }
            for delivery, events in story.deliveries
        ],
    }


# check, sources discover


def check_json(
    faults: Iterable[ConfigFault],
    warnings: Iterable[ConfigFault],
    checks: Sequence[OnlineCheck],
    **more: Any,
) -> Json:
    """The result of `check`; `more` is the error, or the state of the parser process."""
    return {
        "faults": [fault.as_json() for fault in faults],
        "warnings": [
            {"line": warning.line, "path": warning.path, "message": warning.message}
            for warning in warnings
        ],
        **more,
        "online": [
            {
                "path": check.path,
                "finding": check.finding,
                "error": check.error,
                "warnings": list(check.warnings),
            }
            for check in checks
        ],
    }


def discovery_json(discovery: Discovery) -> Json:
    """The result of `sources discover`."""
    return {
        "feeds": [asdict(feed) for feed in discovery.feeds],
        "failures": [{"url": url, "error": error} for url, error in discovery.failures.items()],
    }
