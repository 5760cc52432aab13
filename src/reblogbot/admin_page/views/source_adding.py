"""The pages that add sources: by an address, or many from an OPML document; and the export."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from reblogbot import app
from reblogbot.admin import new_source
from reblogbot.admin.new_source import AddressContent, SourceCandidate
from reblogbot.admin.opml_export import opml_text
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin.source_import import (
    ListedFeed,
    NewSource,
    OmittedFeed,
    imported_text,
    plan_import,
    read_opml,
    target_accounts,
)
from reblogbot.admin_page.other_servers import finished
from reblogbot.admin_page.rendering import source_path
from reblogbot.admin_page.request import (
    Download,
    Page,
    PageRequest,
    Redirect,
    Reply,
    Route,
)
from reblogbot.admin_page.sessions import Session
from reblogbot.config.load import read_text
from reblogbot.config.settings import Config
from reblogbot.config.urls import without_user
from reblogbot.engine.preview import Preview
from reblogbot.errors import ConfigError, ReblogbotError
from reblogbot.sources import registry
from reblogbot.words import Words

T = TypeVar("T")

MAX_ADDRESS = 2000
MAX_CANDIDATES = 50
MAX_DRAFTS = 4
"""How many previews of a session wait for their confirmation; the oldest is dropped."""
MAX_LISTED = 20
"""Feeds of each kind that a plan names one by one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The feeds of a site, one of which is to be chosen."""

    address: str
    to: list[str]
    candidates: list[SourceCandidate]


@dataclass(frozen=True, slots=True)
class Draft:
    """A source that waits for its confirmation, and the config for which it was made."""

    address: str
    to: list[str]
    candidate: SourceCandidate
    before: str
    source: NewSource
    planned: Preview


@dataclass(frozen=True, slots=True)
class Import:
    """The feeds of an OPML document that wait for their confirmation, and the change they make."""

    feeds: Sequence[ListedFeed]
    change: ConfigChange
    count: int


# what waits


def _keep(session: Session, waiting: Choice | Draft | Import) -> str:
    """Keep what waits for another request of this session, and return its name there."""
    kept: dict[str, Any] = session.data.setdefault("sources", {})
    token = secrets.token_urlsafe(12)
    kept[token] = waiting
    while len(kept) > MAX_DRAFTS:
        kept.pop(next(iter(kept)))
    return token


def _kept(request: PageRequest, kind: type[T]) -> T | None:
    """What the form belongs to; None if it is not kept any more."""
    waiting = request.session.data.get("sources", {}).get(request.value("draft"))
    return waiting if isinstance(waiting, kind) else None


def _drop(request: PageRequest) -> None:
    request.session.data["sources"].pop(request.value("draft"), None)


EXPIRED = Words("This preview is not kept any more, and nothing was added. Begin again.")
CHOOSE_ACCOUNT = Words("Choose which account shall post.")
NO_ACCOUNT = Words("There is no account that could post. Add one first.")
NO_FEEDS = Words("There is nothing to read: choose a file, or paste the text of one.")


# adding by an address


def ask(request: PageRequest) -> Reply:
    """The form for an address."""
    return _form(request)


def _form(request: PageRequest, error: str = "") -> Page:
    config = request.tools.config_file().config
    values = {
        "address": request.value("address")[:MAX_ADDRESS],
        "kind": request.value("kind")[:50],
        "kinds": sorted(registry.kinds()),
        "accounts": list(config.accounts),
        "chosen": _chosen_accounts(request),
        "error": error,
    }
    return Page("source_add.html", values, 400 if error else 200)


def look(request: PageRequest) -> Reply:
    """What is at an address: feeds to choose from, or a preview of the source."""
    try:
        return _look_again(request) if request.value("draft") else _look(request)
    except ReblogbotError as error:
        return _form(request, error.message)


def _look_again(request: PageRequest) -> Reply:
    """The preview of the feed that was chosen."""
    choice = _kept(request, Choice)
    if choice is None:
        return Redirect("/sources/add", EXPIRED, is_error=True)
    number = request.number("choice", 0, len(choice.candidates) - 1)
    return _preview(request, choice.address, choice.candidates[number], choice.to)


def _look(request: PageRequest) -> Reply:
    address = request.value("address").strip()[:MAX_ADDRESS]
    if not address:
        return _form(request, Words("Write an address."))
    toml = read_text(request.tools.path)
    config = app.load_config(request.tools.path, toml)
    to = _targets(request, config, toml)
    via = new_source.default_reader(config, toml, to)
    content = _content(address, request.value("kind"), via, config)
    if content.feeds:
        return _show_plan(request, content.feeds)
    candidates = list(content.sources)[:MAX_CANDIDATES]
    if len(candidates) == 1:
        return _preview(request, address, candidates[0], to)
    draft = _keep(request.session, Choice(address, to, candidates))
    values = {"address": address, "candidates": candidates, "draft": draft}
    return Page("source_choice.html", values)


def _content(address: str, kind: str, via: str, config: Config) -> AddressContent:
    if kind:
        return AddressContent([new_source.of_kind(kind, address, via)])
    candidate = new_source.by_its_form(address, via)
    if candidate is not None:
        return AddressContent([candidate])
    return finished(new_source.fetch_content(address, config))


def _chosen_accounts(request: PageRequest) -> list[str]:
    return [name[:100] for name in request.values("to")][:100]


def _targets(request: PageRequest, config: Config, toml: str) -> list[str]:
    """The accounts for `to`, [] where [defaults] has them. Raises ConfigError."""
    try:
        return target_accounts(config, toml, _chosen_accounts(request))
    except ConfigError as error:
        if error.slug != "usage":
            raise
        message = CHOOSE_ACCOUNT if config.accounts else NO_ACCOUNT
        raise ConfigError(error.slug, message) from None


def _preview(
    request: PageRequest, address: str, candidate: SourceCandidate, to: list[str]
) -> Reply:
    """The source as it would be added, with its newest entries as posts."""
    path = request.tools.path
    before = read_text(path)
    config = app.load_config(path, before)
    source = new_source.new_source(config, candidate, to, {})
    new_config = new_source.add_sources(path, before, [source]).check()
    planned = finished(new_source.preview_newest(new_config, source.name))
    draft = Draft(address, to, candidate, before, source, planned)
    return _show_draft(draft, _keep(request.session, draft), source.name)


def _show_draft(draft: Draft, token: str, name: str, error: str = "") -> Page:
    source, planned = draft.source, draft.planned
    values = {
        "draft": token,
        "name": name,
        "address": without_user(draft.address),
        "toml": imported_text("", [source]).strip(),
        "posts": [(each.account, each.post) for each in planned.posts],
        "beginnings": planned.beginnings,
        "failures": [failure["error"] for failure in planned.errors],
        "reasons": sorted({refusal["reason"] for refusal in planned.refused})[:5],
        "error": error,
    }
    return Page("source_preview.html", values, 409 if error else 200)


def add(request: PageRequest) -> Reply:
    """Add the source of a preview to the config, if that is still the one it was made for."""
    path = request.tools.path
    draft = _kept(request, Draft)
    if draft is None:
        return Redirect("/sources/add", EXPIRED, is_error=True)
    name = request.value("name").strip()
    try:
        config = app.load_config(path, draft.before)
        source = new_source.new_source(config, draft.candidate, draft.to, {}, name)
        new_source.add_sources(path, draft.before, [source]).save()
    except ConfigError as error:
        if error.slug == "config_changed":
            # the admin sees the difference with this answer, and may then add the source to it
            draft = replace(draft, before=read_text(path))
        return _show_draft(draft, _keep(request.session, draft), name, error.message)
    _drop(request)
    return Redirect(source_path(source.name), Words("Added {name}.", name=source.name))


# OPML


def ask_import(request: PageRequest) -> Reply:
    """The form for an OPML document."""
    return _import_form(request)


def _import_form(request: PageRequest, error: str = "") -> Page:
    config = request.tools.config_file().config
    values = {"accounts": list(config.accounts), "error": error}
    return Page("source_import.html", values, 400 if error else 200)


def plan(request: PageRequest) -> Reply:
    """What an import would do, with the options of the form; nothing is changed."""
    try:
        if request.value("draft"):
            waiting = _kept(request, Import)
            if waiting is None:
                return Redirect("/sources/import", EXPIRED, is_error=True)
            return _show_plan(request, waiting.feeds)
        file = request.files.get("file")
        content = file.content if file else b""
        content = content.strip() or request.value("text").strip().encode()
        if not content:
            return _import_form(request, NO_FEEDS)
        name = (file.name if file else "")[:200] or "OPML"
        feeds = finished(read_opml(name, content, with_tags=True))
        return _show_plan(request, feeds)
    except ReblogbotError as error:
        return _import_form(request, error.message)


def _show_plan(request: PageRequest, listed: Sequence[ListedFeed]) -> Reply:
    path = request.tools.path
    toml = read_text(path)
    config = app.load_config(path, toml)
    to = _targets(request, config, toml)
    is_paused, with_tags = bool(request.value("pause")), bool(request.value("tags"))
    feeds = listed if with_tags else [replace(feed, tags=()) for feed in listed]
    planned = plan_import(config, feeds, to, is_paused=is_paused)
    change = new_source.add_sources(path, toml, planned.added)
    values = {
        "draft": _keep(request.session, Import(listed, change, len(planned.added))),
        "accounts": list(config.accounts),
        "to": to,
        "is_paused": is_paused,
        "with_tags": with_tags,
        "count": len(feeds),
        "plan": planned,
        "added": planned.added[:MAX_LISTED],
        "omitted": {
            "existing": _first(planned.existing),
            "doubles": _first(planned.doubles),
            "refused": _first(planned.refused),
        },
    }
    return Page("source_plan.html", values)


def _first(feeds: Sequence[OmittedFeed]) -> Sequence[OmittedFeed]:
    return feeds[:MAX_LISTED]


def import_planned(request: PageRequest) -> Reply:
    """Add the sources of a plan, all in one go."""
    waiting = _kept(request, Import)
    if waiting is None:
        return Redirect("/sources/import", EXPIRED, is_error=True)
    try:
        waiting.change.save()
    except ConfigError as error:
        return _import_form(request, error.message)
    _drop(request)
    return Redirect(
        "/sources", Words("Added {count} source.", "Added {count} sources.", count=waiting.count)
    )


def export(request: PageRequest) -> Reply:
    """The feeds as an OPML document."""
    text = opml_text(request.tools.config_file().config, request.tools.now())
    return Download("reblogbot.opml", text.encode(), "text/x-opml; charset=utf-8")


ROUTES = (
    Route("GET", "/sources/add", ask),
    Route("POST", "/sources/add", look, is_slow=True),
    Route("POST", "/sources/add/save", add, is_slow=True),
    Route("GET", "/sources/import", ask_import),
    Route("POST", "/sources/import", plan, is_slow=True, takes_files=True),
    Route("POST", "/sources/import/save", import_planned, is_slow=True),
    Route("GET", "/sources/export", export),
)
