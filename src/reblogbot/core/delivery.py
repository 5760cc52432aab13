"""The next state of a delivery after each response or error of its server; pure.

A delivery is in doubt when its server may or may not have published it. The account is then read
back, and `failed_lookups` counts the read-backs that did not find the post. The count stays above
zero on a delivery that is queued again after a doubt. It marks the next attempt as a *repeat*,
for two reasons: some errors mean something else for a repeat, and a pause of the account sends a
repeat back to doubt, so that it is looked for once more before it is sent (ADR 0001).
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
    LeaseExpired,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import Delivery, DeliveryState, PublishedStatus, Receipt
from reblogbot.words import Words

if TYPE_CHECKING:
    from reblogbot.config.settings import DeliverySettings

LOOKUPS_NEEDED = 2
"""Read-backs that must fail before a delivery in doubt is sent again."""
KEY_LIFETIME = timedelta(minutes=50)
"""How long servers are trusted to remember an Idempotency-Key; Mastodon does for 3600 s."""
TOKEN_RECHECK = timedelta(minutes=15)
SPENT_KEY = frozenset({"server_error", "duplicate_key"})
"""Errors of a repeat that persist until another key is used (Mastodon #40399, Pixelfed)."""
GONE = "not_found"
"""A 404 for a repeat: the status created with this key was deleted there by hand (Mastodon)."""
FINAL = frozenset({"edited_is_gone", "edited_by_hand", "already_there"})
"""Rejections that no later attempt can change."""
GONE_NOTE = Words("it was gone at the server already")
"""The note on a retracted post that somebody else had deleted."""
LACKS_SCOPE = "scope_missing"
"""The server says that the token lacks a scope; verify_credentials may succeed nevertheless."""
_MARKUP_CHARACTERS = str.maketrans(dict.fromkeys("\\*_`~#<>[]!|-+="))


@dataclass(frozen=True, slots=True)
class Decision:
    """The delivery in its next state, and until when its account must pause, None for no pause."""

    delivery: Delivery
    pause_until: datetime | None = None


def idempotency_key(server: str, account: str, identity: bytes, text: str, key_version: int) -> str:
    """The Idempotency-Key: 64 hex digits that differ when any argument does."""
    digest = hashlib.sha256()
    for part in (server.encode(), account.encode(), identity, text.encode("utf-8", "replace")):
        digest.update(len(part).to_bytes(8, "big") + part)
    digest.update(str(key_version).encode())
    return digest.hexdigest()


def unreachable_pause(failures: int) -> timedelta:
    """How long an account pauses after `failures` earlier connections that failed."""
    return min(timedelta(minutes=15), timedelta(seconds=30) * (1 << min(failures, 6)))


def retry_pause(attempts: int) -> timedelta:
    """How long a rejected delivery waits after `attempts` earlier attempts."""
    return min(timedelta(hours=1), timedelta(minutes=1) * (1 << min(attempts, 6)))


def after_success(delivery: Delivery, receipt: Receipt, now: datetime) -> Decision:
    """Sent: the server has just confirmed it, or it was found on the server."""
    settled = replace(delivery, state=DeliveryState.SENT, receipt=receipt, error="", settled_at=now)
    return Decision(settled)


def after_failure(
    delivery: Delivery,
    error: TargetError,
    now: datetime,
    settings: DeliverySettings,
    failures: int = 0,
) -> Decision:
    """The decision after an attempt that raised `error`.

    `failures` counts the account's consecutive unreachable attempts before this one. For
    Unauthorised call verify() first, and `after_unauthorised` with its result; here the account
    pauses as if verify() had not been answered.
    """
    match error:
        case Unreachable() | LeaseExpired():
            return _never_sent(delivery, error, now, failures)
        case RateLimited():
            return _paused(_with_next_key(delivery), error, error.until)
        case Unauthorised():
            return after_unauthorised(delivery, error, None, now)
        case TooLong():
            return _shortened(delivery, error, now)
        case Rejected():
            return _rejected(delivery, error, now, settings)
        case _:
            return _in_doubt(delivery, error, now, settings)


def after_unauthorised(
    delivery: Delivery,
    error: Unauthorised,
    token_works: bool | None,  # noqa: FBT001 - it has three values and is no switch
    now: datetime,
) -> Decision:
    """The decision after a 401 or 403, once verify() was called.

    `token_works` is False when verify() raised Unauthorised, None when it failed otherwise.
    An invalid token pauses the account and costs no attempt; with a valid one the server refused
    this very post, which is dead.
    """
    if error.slug == LACKS_SCOPE or token_works is False:
        return _paused(_with_next_key(delivery), error, now + TOKEN_RECHECK)
    if token_works is None:
        return _paused(_with_next_key(delivery), error, now + unreachable_pause(0))
    return _dead(delivery, error.message, now)


def after_refusal(delivery: Delivery, reason: str) -> Decision:
    """Skipped: the status must not be boosted or quoted, or not any more."""
    return Decision(replace(delivery, state=DeliveryState.SKIPPED, error=reason))


def after_not_found(delivery: Delivery, server: str, now: datetime) -> Decision:
    """The decision when the account's server does not find the status to boost or quote.

    A declared status is skipped: it was deleted, hidden, or never reached that server. A link that
    only looks like a status is held, since it may be an article that the admin wants posted.
    """
    post = delivery.post
    if post.is_status:
        return after_refusal(
            delivery,
            Words(
                "not_found: {server} does not find the status {uri}", server=server, uri=post.uri
            ),
        )
    reason = Words(
        "not_found: {uri} looks like a fediverse status, but {server} does not find "
        'it; skip it, or set action = "post" for a source of articles and retry it '
        "with --render",
        uri=post.uri,
        server=server,
    )
    return Decision(replace(delivery, state=DeliveryState.HELD, due=now, error=reason))


def after_failed_check(
    delivery: Delivery,
    error: TargetError,
    token_works: bool | None,  # noqa: FBT001 - as above
    now: datetime,
    settings: DeliverySettings,
    failures: int = 0,
) -> Decision:
    """The decision when a status could not be looked up before its boost: nothing was sent.

    `token_works` is as in `after_unauthorised`, and used after Unauthorised only.
    The boost waits, and is held after `max_attempts`.
    """
    waiting = replace(delivery, error=error.message)
    if isinstance(error, RateLimited):
        return Decision(waiting, error.until)
    if isinstance(error, Unreachable):
        return Decision(waiting, now + unreachable_pause(failures))
    if isinstance(error, Unauthorised) and not token_works:
        pause = unreachable_pause(0) if token_works is None else TOKEN_RECHECK
        return Decision(waiting, now + pause)
    if isinstance(error, Unauthorised):
        return Decision(replace(waiting, state=DeliveryState.HELD, due=now))
    attempted = replace(waiting, attempts=delivery.attempts + 1)
    if attempted.attempts >= settings.max_attempts:
        reason = Words(
            "not boosted: its status could not be looked at. Last: {message}", message=error.message
        )
        return Decision(replace(attempted, state=DeliveryState.HELD, due=now, error=reason))
    return Decision(replace(attempted, due=now + retry_pause(delivery.attempts)))


def after_read_back(
    delivery: Delivery, receipt: Receipt | None, now: datetime, settings: DeliverySettings
) -> Decision:
    """The decision after a completed read-back; `receipt` is None if it did not find the post.

    A read-back that failed is no evidence, and must not be passed here.
    """
    if receipt is not None:
        return after_success(delivery, receipt, now)
    # the server may need until then to show the post
    if now < delivery.due:
        return Decision(delivery, delivery.due)
    not_found = replace(delivery, failed_lookups=delivery.failed_lookups + 1)
    if not_found.failed_lookups < LOOKUPS_NEEDED:
        later = now + settings.read_back_after
        return Decision(replace(not_found, due=later), later)
    if not_found.attempts >= settings.max_attempts:
        reason = Words(
            "Still in doubt after {attempts} attempts; look at the account, then release "
            "or skip it. Last: {error}",
            attempts=not_found.attempts,
            error=not_found.error,
        )
        return Decision(replace(not_found, state=DeliveryState.HELD, due=now, error=reason))
    queued = replace(not_found, state=DeliveryState.QUEUED, due=now)
    # while the server remembers the key, a repeat under it cannot publish twice
    if queued.sent_from is not None and now - queued.sent_from >= KEY_LIFETIME:
        return Decision(_with_next_key(queued))
    return Decision(queued)


def after_deletion(delivery: Delivery, *, was_there: bool) -> Decision:
    """Retracted: its post was deleted, or was gone already."""
    note = "" if was_there else GONE_NOTE
    return Decision(replace(delivery, state=DeliveryState.RETRACTED, error=note))


def after_failed_deletion(
    delivery: Delivery,
    error: TargetError,
    token_works: bool | None,  # noqa: FBT001 - as above
    now: datetime,
    failures: int = 0,
) -> Decision:
    """The decision when a post could not be deleted; `token_works` is as in `after_unauthorised`.

    To delete twice does no harm, so that without a clear answer it is tried again, ever more
    rarely. What the server refuses stays `sent`: it stands there until the admin sees to it.
    """
    waiting = replace(delivery, error=error.message, due=now)
    match error:
        case RateLimited():
            return Decision(waiting, error.until)
        case Unreachable():
            return Decision(waiting, now + unreachable_pause(failures))
        case LeaseExpired():
            return Decision(waiting)
        case Unauthorised() if error.slug == LACKS_SCOPE or not token_works:
            is_unknown = token_works is None and error.slug != LACKS_SCOPE
            pause = unreachable_pause(0) if is_unknown else TOKEN_RECHECK
            return Decision(waiting, now + pause)
        case Unauthorised() | Rejected():
            reason = Words("not retracted: {message}", message=error.message)
            return Decision(replace(waiting, state=DeliveryState.SENT, error=reason))
        case _:
            later = now + retry_pause(delivery.attempts)
            return Decision(replace(waiting, attempts=delivery.attempts + 1, due=later))


def matches(delivery: Delivery, status: PublishedStatus) -> bool:
    """Whether `status` is the result of `delivery`.

    A status that has the identity of its delivery matches by it alone. A boost matches by the
    boosted status, a post by its canonical link. A post without a link matches by its text, without
    white space, invisible characters and the characters that a server may have interpreted as
    Markdown.
    """
    if status.identity:
        return status.identity == delivery.identity
    post = delivery.post
    if post.action == "boost":
        boosted = {status.boosted_uri, *status.links} if status.boosted_uri else set()
        return bool(post.uri) and post.uri in boosted
    if status.boosted_uri:
        return False
    link = canonical_link(post.link)
    if link:
        return any(canonical_link(other) == link for other in status.links)
    sent, published = _visible(post.text), _visible(status.text)
    if not sent or sent == published:
        return bool(sent)
    words = _without_markup(sent)
    return bool(words) and words == _without_markup(published)


def _visible(text: str) -> str:
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", "".join(visible)).split())


def _without_markup(text: str) -> str:
    """The words of a text, equal whether or not a server rendered it as Markdown or HTML."""
    return " ".join(unescape_once(text).translate(_MARKUP_CHARACTERS).split())


# the decisions after each kind of error


def _with_next_key(delivery: Delivery) -> Delivery:
    """The delivery under a key that its server has not seen."""
    return replace(delivery, key_version=delivery.key_version + 1, sent_from=None)


def _paused(delivery: Delivery, error: TargetError, until: datetime) -> Decision:
    """Queued until the account's pause ends; a repeat is read back once more before.

    A queued delivery keeps its due time: the pause may end earlier, and then nothing delays it.
    """
    is_repeat = delivery.failed_lookups > 0
    waiting = replace(
        delivery,
        state=DeliveryState.DOUBT if is_repeat else DeliveryState.QUEUED,
        failed_lookups=LOOKUPS_NEEDED - 1 if is_repeat else 0,
        due=until if is_repeat else delivery.due,
        error=error.message,
    )
    return Decision(waiting, until)


def _never_sent(
    delivery: Delivery, error: Unreachable | LeaseExpired, now: datetime, failures: int
) -> Decision:
    # the key of a repeat was used by the earlier attempt
    unsent = delivery if delivery.failed_lookups else replace(delivery, sent_from=None)
    if isinstance(error, LeaseExpired):
        # the account works, but another process may have claimed it: no pause
        return Decision(replace(unsent, state=DeliveryState.QUEUED, due=now, error=error.message))
    return _paused(unsent, error, now + unreachable_pause(failures))


def _rejected(
    delivery: Delivery, error: Rejected, now: datetime, settings: DeliverySettings
) -> Decision:
    attempted = replace(_with_next_key(delivery), attempts=delivery.attempts + 1, failed_lookups=0)
    if attempted.attempts >= settings.max_attempts or error.slug in FINAL:
        return _dead(attempted, error.message, now)
    due = now + retry_pause(delivery.attempts)
    return Decision(replace(attempted, state=DeliveryState.QUEUED, due=due, error=error.message))


def _shortened(delivery: Delivery, error: TooLong, now: datetime) -> Decision:
    """Queued again with its shorter text, once; the server has not published the long one."""
    shorter = delivery.post.shorter
    if not shorter:
        return _dead(delivery, error.message, now)
    post = replace(delivery.post, text=shorter, shorter="", length=len(shorter))
    shortened = replace(_with_next_key(delivery), post=post, failed_lookups=0)
    return Decision(replace(shortened, state=DeliveryState.QUEUED, due=now, error=error.message))


def _in_doubt(
    delivery: Delivery, error: TargetError, now: datetime, settings: DeliverySettings
) -> Decision:
    is_repeat = delivery.failed_lookups > 0
    attempted = replace(delivery, attempts=delivery.attempts + 1)
    if is_repeat and error.slug == GONE and delivery.post.action != "boost":
        reason = Words(
            "It was posted and has been deleted there since: {message}", message=error.message
        )
        return _dead(attempted, reason, now)
    if is_repeat and error.slug in SPENT_KEY:
        attempted = _with_next_key(attempted)
    due = now + settings.read_back_after
    doubt = replace(
        attempted, state=DeliveryState.DOUBT, failed_lookups=0, due=due, error=error.message
    )
    return Decision(doubt, due)


def _dead(delivery: Delivery, reason: str, now: datetime) -> Decision:
    return Decision(replace(delivery, state=DeliveryState.DEAD, error=reason, settled_at=now))
