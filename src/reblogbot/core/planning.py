"""From a batch to intents: which entries are new, which go where, with which text, and why not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import compose, consent, digest, filters, identity
from reblogbot.errors import ReblogbotError
from reblogbot.model import (
    Batch,
    Candidate,
    Entry,
    Intent,
    Limits,
    Made,
    Past,
    Plan,
    Post,
    Recent,
    Refusal,
    State,
)

# fewer entries than this may well all be new at once without anything being wrong
WHOLESALE = 5
# so many entries of one batch with ids and words of their own do not mean one thing
SHARED = 3


@dataclass(frozen=True, slots=True)
class Route:
    """Source → account. `learnt` tells whether the source was ever read for this account."""

    account: AccountSettings
    limits: Limits
    learnt: bool


class Taken:
    """Keys, titles, hosts and authors of each account's intents that are recorded nowhere yet."""

    def __init__(self) -> None:
        self._keys: defaultdict[str, set[bytes]] = defaultdict(set)
        self._titles: defaultdict[str, list[str]] = defaultdict(list)
        self._domains: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._authors: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, intents: Iterable[Intent], source: str) -> None:
        """Count these, of that source, as if they stood in the store."""
        for one in intents:
            entry = one.candidate.entry
            self._keys[one.account].update(one.keys)
            self._titles[one.account] += [entry.title] if entry.title else []
            self._domains[one.account][identity.site_of(entry.link)] += 1
            self._authors[one.account][identity.author_of(entry, source)] += 1

    def known_in(self, past: Past) -> Past:
        """The past with all of it added."""
        published = {name: {*keys, *self._keys[name]} for name, keys in past.published.items()}
        recent = {
            name: Recent(
                (*known.titles, *self._titles[name]),
                Counter(known.domains) + self._domains[name],
                Counter(known.authors) + self._authors[name],
            )
            for name, known in past.recent.items()
        }
        return replace(past, published=published, recent=recent)


def candidates(source: str, batch: Batch) -> tuple[Candidate, ...]:
    """The batch's entries with their keys, oldest first, each once."""
    shown = [_as_shown(entry) for entry in batch.entries]
    links, guids = _shared(shown)
    # what many redirectors lead to is a home page as well
    counted = [entry for entry in batch.entries if entry.redirector]
    ends, _ = _shared([replace(entry, guid=entry.guid or entry.redirector) for entry in counted])
    taken: set[bytes] = set()
    kept = []
    for entry in oldest_first(batch.entries):
        is_shown = identity.canonical_link(_as_shown(entry).link) not in links
        is_end = bool(entry.redirector) and identity.canonical_link(entry.link) in ends
        known_by = replace(
            entry,
            link=entry.link if is_shown and not is_end else "",
            redirector=entry.redirector if is_shown else "",
            guid=entry.guid if entry.guid not in guids else "",
        )
        keys = identity.keys(known_by)
        if taken.isdisjoint(keys):
            kept.append(Candidate(entry, keys, identity.published_keys(known_by, source)))
        taken.update(keys)
    return tuple(kept)


def _as_shown(entry: Entry) -> Entry:
    """The entry under its redirector: what tells nothing must not hang on who counts clicks."""
    return replace(entry, link=entry.redirector, redirector="") if entry.redirector else entry


def _shared(entries: Sequence[Entry]) -> tuple[frozenset[str], frozenset[str]]:
    """The canonical links, and the ids, that tell nothing, such as a home page.

    Those are many entries', who have ids, or else links, and words of their own. Where there is
    no id, the link as written is it: a list of changes links to places on a page. Such links
    are written alike but for the fragment: a home page has no tracking parameters that differ.
    """
    links: list[tuple[str, str, str]] = []
    guids: list[tuple[str, str, str]] = []
    for entry in entries:
        words = entry.title or entry.summary
        links.append((entry.link.partition("#")[0], entry.guid or entry.link, words))
        guids.append((entry.guid, identity.canonical_link(entry.link), words))
    return frozenset(map(identity.canonical_link, _of_many(links))), _of_many(guids)


def _of_many(told: Iterable[tuple[str, str, str]]) -> frozenset[str]:
    """Of (value, name, words) the values that come with many names and many words."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for value, name, words in told:
        if value and name and words:
            names, texts = found.setdefault(value, (set(), set()))
            names.add(name)
            texts.add(words)
    return frozenset(
        value for value, (names, texts) in found.items() if min(len(names), len(texts)) >= SHARED
    )


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries by date; a dateless one stays beside its neighbour.

    Sources show the newest first, so what dates do not tell, the reversed order does.
    """
    dates = [entry.published_at for entry in entries]
    for index, date in enumerate(dates):
        if date is None and index:
            dates[index] = dates[index - 1]
    for index in range(len(dates) - 2, -1, -1):
        if dates[index] is None:
            dates[index] = dates[index + 1]
    dated = list(zip(dates, entries, strict=True))[::-1]
    if any(date is not None for date in dates):
        dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0)
    return [entry for _, entry in dated]


def plan(
    settings: SourceSettings,
    batch: Batch,
    found: Sequence[Candidate],
    routes: Sequence[Route],
    past: Past,
    now: datetime,
) -> Plan:
    """What is to be remembered, queued and refused of a batch; pure, so `preview` is `sync`."""
    new = tuple(one for one in found if all(key not in past.seen for key in one.keys))
    risen = {route.account.name: _risen(found, settings, route, past) for route in routes}
    storm = _storm(settings, found, new, past, {id(one) for ones in risen.values() for one in ones})
    intents: list[Intent] = []
    refusals: list[Refusal] = []
    is_outdated = False
    for route in routes:
        held = (storm if route.learnt else "") or ("review" if settings.review else "")
        gate = _Gate(settings, route, past, now, _beyond_first(settings, found, route))
        chosen = [*new, *risen[route.account.name]] if route.learnt else found
        made = [_intent(one, settings, route, batch, held, gate, now) for one in chosen]
        edits = list(_edits(found, settings, route, batch, past))
        made += [edit for standing, edit in edits if standing.remote_id]
        is_outdated |= any(not standing.remote_id for standing, _ in edits)
        intents += [one for one in made if isinstance(one, Intent)]
        refusals += [one for one in made if isinstance(one, Refusal)]
    order = {id(one): number for number, one in enumerate(found)}
    intents.sort(key=lambda intent: order[id(intent.candidate)])
    scored = tuple(found) if settings.order == "score" else ()
    return Plan(tuple(found), new, tuple(intents), tuple(refusals), storm, scored, is_outdated)


def _intent(
    one: Candidate,
    settings: SourceSettings,
    route: Route,
    batch: Batch,
    held: str,
    gate: _Gate,
    now: datetime,
) -> Intent | Refusal:
    """What one entry comes to for one account."""
    reason = gate.refusal(one)
    if reason:
        return Refusal(one, route.account.name, reason)
    try:
        post = render(one.entry, settings, route, batch)
    except ReblogbotError as error:
        # a template that breaks on one entry must not stop the others
        return Refusal(one, route.account.name, f"{error.slug}: {error.message}")
    if not post.text and post.action != "boost":
        return Refusal(one, route.account.name, "empty: nothing is left to be posted of it")
    gate.passed(one)
    held = compose.link_excess(post) or held
    state = State.HELD if held else State.QUEUED
    due = digest.next_time(settings, now)
    return Intent(one, route.account.name, post, state, held, due=due)


def _risen(
    found: Sequence[Candidate], settings: SourceSettings, route: Route, past: Past
) -> list[Candidate]:
    """What was kept from the account for want of votes, and has enough of them by now."""
    name = route.account.name
    outvoted, published = past.outvoted.get(name, ()), past.published.get(name, ())
    return [
        one
        for one in found
        if one.keys[0] in outvoted
        and (one.entry.score or 0) >= settings.filter.min_score
        and not any(key in published for key in one.published_keys)
    ]


class _Gate:
    """What keeps entries from one account; each that passes may keep out those behind it."""

    def __init__(
        self,
        settings: SourceSettings,
        route: Route,
        past: Past,
        now: datetime,
        beyond_first: Collection[int],
    ) -> None:
        name = route.account.name
        recent = past.recent.get(name, Recent())
        self._settings = settings
        self._account = name
        self._addresses = past.addresses
        self._now = now
        self._beyond_first = beyond_first
        self._published = set(past.published.get(name, ()))
        self._titles = list(recent.titles)
        self._domains = Counter(recent.domains)
        self._authors = Counter(recent.authors)

    def refusal(self, one: Candidate) -> str:
        """Why the entry is not queued, or ""."""
        if id(one) in self._beyond_first:
            return "first_sight"
        if not self._published.isdisjoint(one.published_keys):
            return "duplicate: this account has published or queued it already"
        chosen = self._settings.filter
        reason = consent.own_account(one.entry, self._settings, self._account, self._addresses)
        reason = reason or filters.refusal(one.entry, self._settings, self._now)
        if reason:
            return reason
        like = filters.near_duplicate(one.entry.title, self._titles, chosen.similar)
        if like:
            return f"similar: this account has published “{like}” lately"
        reason = filters.over_domain_limit(one.entry.link, self._domains, chosen.max_per_domain)
        return reason or filters.over_author_limit(
            self._author(one), self._authors, chosen.max_per_author
        )

    def passed(self, one: Candidate) -> None:
        """Count an entry that is queued."""
        self._published.update(one.published_keys)
        if one.entry.title:
            self._titles.append(one.entry.title)
        self._domains[identity.site_of(one.entry.link)] += 1
        self._authors[self._author(one)] += 1

    def _author(self, one: Candidate) -> str:
        return identity.author_of(one.entry, self._settings.name)


def _edits(
    found: Sequence[Candidate],
    settings: SourceSettings,
    route: Route,
    batch: Batch,
    past: Past,
) -> Iterator[tuple[Made, Intent | Refusal]]:
    """Edits of posts whose entries read otherwise now; a changed template edits nothing."""
    made = past.made.get(route.account.name, {})
    for one in found:
        standing = next((made[key] for key in one.published_keys if key in made), None)
        if standing is None or _words(one.entry) == _words(standing.entry):
            continue
        try:
            post = render(one.entry, settings, route, batch)
        except ReblogbotError as error:
            yield standing, Refusal(one, route.account.name, f"{error.slug}: {error.message}")
            continue
        post = replace(post, action="edit", shorter="")
        post = replace(post, uri=standing.remote_id)
        if (post.text, post.spoiler) != (standing.post.text, standing.post.spoiler):
            claim = identity.edit_key(standing.delivery_id, standing.edits + 1)
            held = compose.link_excess(post)
            state = State.HELD if held else State.QUEUED
            yield standing, Intent(one, route.account.name, post, state, held, claims=(claim,))


def _words(entry: Entry) -> tuple[object, ...]:
    """What of an entry a reader would call another text."""
    return entry.title, entry.summary, entry.authors, entry.media


def render(entry: Entry, settings: SourceSettings, route: Route, batch: Batch) -> Post:
    """The post as it will be sent: text, and the status it boosts or quotes if it does.

    Raises ReblogbotError when the template fails on this entry, or when there is nothing that
    could be boosted.
    """
    post = compose.compose(
        entry,
        settings,
        route.account,
        route.limits,
        source_title=settings.title or batch.title or settings.name,
        feed_language=batch.language,
    )
    action = compose.action_of(entry, settings)
    if action == "post":
        return post
    is_home = getattr(settings.options, "via", "") == route.account.name
    status_id = entry.status_id if is_home else ""
    link = entry.link if identity.clean_link(entry.link) else ""
    named = entry.uri or link or status_id
    if not named:
        raise ReblogbotError("not_boostable", f"there is no status to {action}: it has no address")
    return replace(
        post,
        action=action,
        uri=named,
        status_id=status_id,
        is_status=bool(entry.uri or entry.status_id),
    )


def _beyond_first(
    settings: SourceSettings, found: Sequence[Candidate], route: Route
) -> frozenset[int]:
    """The entries, by id(), that `first` keeps from being posted at first sight."""
    if route.learnt or settings.first == "all":
        return frozenset()
    newest = 0 if settings.first == "none" else settings.first
    return frozenset(id(one) for one in found[: max(0, len(found) - newest)])


def _storm(
    settings: SourceSettings,
    found: Sequence[Candidate],
    new: Sequence[Candidate],
    past: Past,
    risen: Collection[int],
) -> str:
    if past.last_batch_at is None:
        return ""
    count = len(new) + len(risen)
    if count > settings.max_per_poll:
        return f"storm: {count} new entries in one poll, max_per_poll = {settings.max_per_poll}"
    changed = len(new) == len(found) and len(new) >= WHOLESALE and not past.is_blank
    if changed and (past.address_changed or _are_old(new, past.last_batch_at)):
        return f"storm: all {len(new)} entries changed at once"
    return ""


def _are_old(new: Sequence[Candidate], since: datetime) -> bool:
    """Whether any was there before the last poll, or may have been: old entries under new ids.

    What was all published since then is just news.
    """
    dates = [one.entry.published_at for one in new]
    return any(date is None or date <= since for date in dates)
