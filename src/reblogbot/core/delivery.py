"""What becomes of a delivery after each answer, decided purely (guide: delivery protocol, 4 to 7).

The rule that keeps a post from being doubled: `failed_lookups` counts the read-backs that did not
find it. It stays above zero on a delivery that is queued again after a doubt, so the outcome
of a *repeat* is told from that of a first try, and an account's pause sends a repeat back to
doubt, to be looked for once more before it goes out.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reblogbot.core.identity import canonical_link
from reblogbot.core.text import unescape_once
from reblogbot.errors import (
    Lapsed,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import Delivery, PublishedStatus, Receipt, State

if TYPE_CHECKING:
    from reblogbot.config.settings import DeliverySettings

LOOKUPS_NEEDED = 2
KEY_LIFE = timedelta(minutes=50)
"""Mastodon keeps a key for 3600 s; past this age it is not relied upon."""
TOKEN_RECHECK = timedelta(minutes=15)
SPENT_KEY = frozenset({"server_error", "duplicate_key"})
"""Answers to a repeat that only another key can get past (Mastodon #40399, Pixelfed)."""
GONE = "not_found"
"""A 404 to a repeat: what the key made was deleted there by hand (Mastodon)."""
FINAL = frozenset({"edited_is_gone"})
"""Refusals of our own, for what no later attempt would find changed."""
_MARKUP = str.maketrans(dict.fromkeys("\\*_`~#<>[]!|-+="))
LACKS_SCOPE = "scope_missing"
"""The server itself named the token's scopes: verify_credentials may well succeed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The delivery as it is to be settled, and until when its account must rest, if at all."""

    delivery: Delivery
    pause_until: datetime | None = None


def idempotency_key(server: str, account: str, identity: bytes, text: str, key_version: int) -> str:
    """The Idempotency-Key: 64 hex digits, another for any other argument."""
    digest = hashlib.sha256()
    for part in (server.encode(), account.encode(), identity, text.encode("utf-8", "replace")):
        digest.update(len(part).to_bytes(8, "big") + part)
    digest.update(str(key_version).encode())
    return digest.hexdigest()


def unreachable_pause(failures: int) -> timedelta:
    """How long an account rests after `failures` earlier connections that were never made."""
    return min(timedelta(minutes=15), timedelta(seconds=30) * (1 << min(failures, 6)))


def retry_pause(attempts: int) -> timedelta:
    """How long a delivery rests that was rejected after `attempts` earlier attempts."""
    return min(timedelta(hours=1), timedelta(minutes=1) * (1 << min(attempts, 6)))


def after_success(delivery: Delivery, receipt: Receipt, now: datetime) -> Decision:
    """Sent, whether the server has just said so or it was found standing there."""
    settled = replace(delivery, state=State.SENT, receipt=receipt, error="", settled_at=now)
    return Decision(settled)


def after_failure(
    delivery: Delivery,
    error: TargetError,
    now: datetime,
    settings: DeliverySettings,
    failures: int = 0,
) -> Decision:
    """What an attempt that raised `error` leads to.

    `failures` counts the account's unreachable attempts in a row before this one. For
    Unauthorised ask verify() first and call `after_unauthorised`; without that knowledge
    the account rests as if nobody could say.
    """
    match error:
        case Unreachable() | Lapsed():
            return _never_sent(delivery, error, now, failures)
        case RateLimited():
            return _paused(_next_key(delivery), error, error.until)
        case Unauthorised():
            return after_unauthorised(delivery, error, None, now)
        case TooLong():
            return _shortened(delivery, error, now)
        case Rejected():
            return _rejected(delivery, error, now, settings)
        case _:
            return _doubted(delivery, error, now, settings)


def after_unauthorised(
    delivery: Delivery,
    error: Unauthorised,
    token_works: bool | None,  # noqa: FBT001 - three-valued: a fact found out, not a switch
    now: datetime,
) -> Decision:
    """What a 401 or 403 leads to, once verify() was asked.

    `token_works` is False when verify() raised Unauthorised, None when it gave no answer.
    A token at fault stops the account and uses up nothing; one that works condemns the post.
    """
    if error.slug == LACKS_SCOPE or token_works is False:
        return _paused(_next_key(delivery), error, now + TOKEN_RECHECK)
    if token_works is None:
        return _paused(_next_key(delivery), error, now + unreachable_pause(0))
    return _dead(delivery, error.message, now)


def after_refusal(delivery: Delivery, reason: str) -> Decision:
    """Skipped: a status that may not, or may no longer, be boosted or quoted."""
    return Decision(replace(delivery, state=State.SKIPPED, error=reason))


def after_not_found(delivery: Delivery, server: str, now: datetime) -> Decision:
    """What follows when the account's server finds no status to boost or quote.

    A known status is skipped: it was deleted, hidden, or never reached that server. A link that
    only looks like a status is held, since it may be an article that the admin wants posted.
    """
    post = delivery.post
    if post.is_status:
        return after_refusal(delivery, f"not_found: {server} does not find the status {post.uri}")
    reason = (
        f"not_found: {post.uri} looks like a fediverse status, but {server} does not find it; skip"
        ' it, or set action = "post" for a source of articles and retry it with --render'
    )
    return Decision(replace(delivery, state=State.HELD, due=now, error=reason))


def after_no_check(
    delivery: Delivery,
    error: TargetError,
    token_works: bool | None,  # noqa: FBT001 - as below
    now: datetime,
    settings: DeliverySettings,
    failures: int = 0,
) -> Decision:
    """What follows when a status could not be looked at before its boost: nothing was sent.

    `token_works` tells, after Unauthorised alone, what verify() said (see `after_unauthorised`).
    The boost waits, and is held after `max_attempts`.
    """
    waiting = replace(delivery, error=error.message)
    if isinstance(error, RateLimited):
        return Decision(waiting, error.until)
    if isinstance(error, Unreachable):
        return Decision(waiting, now + unreachable_pause(failures))
    if isinstance(error, Unauthorised) and not token_works:
        rest = unreachable_pause(0) if token_works is None else TOKEN_RECHECK
        return Decision(waiting, now + rest)
    if isinstance(error, Unauthorised):
        return Decision(replace(waiting, state=State.HELD, due=now))
    tried = replace(waiting, attempts=delivery.attempts + 1)
    if tried.attempts >= settings.max_attempts:
        reason = f"not boosted: its status could not be looked at. Last: {error.message}"
        return Decision(replace(tried, state=State.HELD, due=now, error=reason))
    return Decision(replace(tried, due=now + retry_pause(delivery.attempts)))


def after_read_back(
    delivery: Delivery, found: Receipt | None, now: datetime, settings: DeliverySettings
) -> Decision:
    """What a read-back that was answered leads to; one that failed is no answer: do not call.

    A negative that comes before the delivery is due does not count.
    """
    if found is not None:
        return after_success(delivery, found, now)
    if now < delivery.due:
        return Decision(delivery, delivery.due)
    missed = replace(delivery, failed_lookups=delivery.failed_lookups + 1)
    if missed.failed_lookups < LOOKUPS_NEEDED:
        later = now + settings.read_back_after
        return Decision(replace(missed, due=later), later)
    if missed.attempts >= settings.max_attempts:
        return _held(missed, now)
    return Decision(_resend(missed, now))


def matches(delivery: Delivery, standing: PublishedStatus) -> bool:
    """Whether `standing` is what `delivery` would publish.

    The same boosted status; or the same canonical link among its links; or, for a post
    without a link, the same text but for white space, invisible characters and the signs that a
    server may have taken for Markdown.
    """
    post = delivery.post
    if post.action == "boost":
        boosted = {standing.boosted_uri, *standing.links} if standing.boosted_uri else set()
        return bool(post.uri) and post.uri in boosted
    if standing.boosted_uri:
        return False
    wanted = canonical_link(post.link)
    if wanted:
        return any(canonical_link(link) == wanted for link in standing.links)
    meant, stands = _plain(post.text), _plain(standing.text)
    if not meant or meant == stands:
        return bool(meant)
    words = _unmarked(meant)
    return bool(words) and words == _unmarked(stands)


def _unmarked(text: str) -> str:
    """The words of a text, whether it was rendered as Markdown or HTML or not."""
    return " ".join(unescape_once(text).translate(_MARKUP).split())


def _plain(text: str) -> str:
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", "".join(visible)).split())


def _next_key(delivery: Delivery) -> Delivery:
    """The same delivery under a key no server has seen."""
    return replace(delivery, key_version=delivery.key_version + 1, sent_from=None)


def _paused(delivery: Delivery, error: TargetError, until: datetime) -> Decision:
    """Queued again for when its account goes on; a repeat is looked for once more first.

    It stays due: the account alone waits, and with what ends its pause the queue goes on.
    """
    doubted = delivery.failed_lookups > 0
    later = replace(
        delivery,
        state=State.DOUBT if doubted else State.QUEUED,
        failed_lookups=LOOKUPS_NEEDED - 1 if doubted else 0,
        due=until if doubted else delivery.due,
        error=error.message,
    )
    return Decision(later, until)


def _never_sent(
    delivery: Delivery, error: Unreachable | Lapsed, now: datetime, failures: int
) -> Decision:
    unused = delivery if delivery.failed_lookups else replace(delivery, sent_from=None)
    if isinstance(error, Lapsed):
        # nothing is wrong with the account; and it is ours no more, if another has claimed it
        return Decision(replace(unused, state=State.QUEUED, due=now, error=error.message))
    return _paused(unused, error, now + unreachable_pause(failures))


def _rejected(
    delivery: Delivery, error: Rejected, now: datetime, settings: DeliverySettings
) -> Decision:
    tried = replace(_next_key(delivery), attempts=delivery.attempts + 1, failed_lookups=0)
    if tried.attempts >= settings.max_attempts or error.slug in FINAL:
        return _dead(tried, error.message, now)
    due = now + retry_pause(delivery.attempts)
    return Decision(replace(tried, state=State.QUEUED, due=due, error=error.message))


def _shortened(delivery: Delivery, error: TooLong, now: datetime) -> Decision:
    """Re-frozen with its shorter text, once; nothing that long can be standing there."""
    shorter = delivery.post.shorter
    if not shorter:
        return _dead(delivery, error.message, now)
    post = replace(delivery.post, text=shorter, shorter="", length=len(shorter))
    fresh = replace(_next_key(delivery), post=post, failed_lookups=0)
    return Decision(replace(fresh, state=State.QUEUED, due=now, error=error.message))


def _doubted(
    delivery: Delivery, error: TargetError, now: datetime, settings: DeliverySettings
) -> Decision:
    repeat = delivery.failed_lookups > 0
    tried = replace(delivery, attempts=delivery.attempts + 1)
    if repeat and error.slug == GONE and delivery.post.action != "boost":
        reason = f"It was posted and has been deleted there since: {error.message}"
        return _dead(tried, reason, now)
    if repeat and error.slug in SPENT_KEY:
        tried = _next_key(tried)
    due = now + settings.read_back_after
    doubt = replace(tried, state=State.DOUBT, failed_lookups=0, due=due, error=error.message)
    return Decision(doubt, due)


def _resend(missed: Delivery, now: datetime) -> Delivery:
    """Queued under the same key while servers remember it, else under the next."""
    queued = replace(missed, state=State.QUEUED, due=now)
    if queued.sent_from is not None and now - queued.sent_from >= KEY_LIFE:
        return _next_key(queued)
    return queued


def _held(missed: Delivery, now: datetime) -> Decision:
    reason = (
        f"Still in doubt after {missed.attempts} attempts; look at the account, then release"
        f" or skip it. Last: {missed.error}"
    )
    return Decision(replace(missed, state=State.HELD, due=now, error=reason))


def _dead(delivery: Delivery, reason: str, now: datetime) -> Decision:
    return Decision(replace(delivery, state=State.DEAD, error=reason, settled_at=now))
