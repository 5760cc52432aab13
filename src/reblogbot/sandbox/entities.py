"""Mastodon's JSON entities, as one viewer may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.records import Account, App, Media, Notice, Roster, Schedule, Status
from reblogbot.sandbox.world import World

Entity = dict[str, Any]


def iso(at: datetime) -> str:
    """An instant as Mastodon writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class Entities:
    """Spells the world's records as JSON for `viewer`, who is None for a stranger."""

    def __init__(self, world: World, viewer: Account | None) -> None:
        self.world = world
        self.state = world.state
        self.viewer = viewer
        self._people: dict[str, Entity] = {}

    def account(self, account: Account) -> Entity:
        """An account, worked out once: it stands on every status of a page."""
        if account.id not in self._people:
            self._people[account.id] = self._person(account)
        return self._people[account.id]

    def _person(self, account: Account) -> Entity:
        world, state = self.world, self.state
        own = state.own[account.id]
        picture = f"{world.origin}/_sandbox/avatars/{account.acct}.svg"
        return {
            "id": account.id,
            "username": account.name,
            "acct": account.acct,
            "display_name": account.display_name,
            "locked": account.locked,
            "bot": account.bot,
            "discoverable": account.discoverable,
            "indexable": account.indexable,
            "noindex": not account.indexable,
            "group": False,
            "created_at": iso(account.created_at),
            "note": texts.html(account.note, world.origin, lambda _: ""),
            "url": world.account_url(account),
            "uri": world.account_uri(account),
            "avatar": picture,
            "avatar_static": picture,
            "header": picture,
            "header_static": picture,
            "followers_count": len(state.followers(account.id)),
            "following_count": len(state.followed(account.id)),
            "statuses_count": len(own),
            "last_status_at": _day(own.values()) if own else None,
            "hide_collections": False,
            "emojis": [],
            "roles": [],
            "fields": [self._field(**field) for field in account.fields],
        } | ({"suspended": True} if account.standing == "suspended" else {})

    def _field(self, name: str, value: str) -> Entity:
        """A line of a profile; as everywhere in the API, its value is HTML."""
        shown = texts.inline(value, self.world.origin, lambda _: "")
        return {"name": name, "value": shown, "verified_at": None}

    def credentials(self, account: Account) -> Entity:
        """The account as its owner sees it."""
        source = {
            "privacy": account.privacy,
            "sensitive": False,
            "language": account.language or None,
            "note": account.note,
            "fields": account.fields,
            "follow_requests_count": sum(
                1
                for (_, b), how in self.state.follows.items()
                if b == account.id and how == "requested"
            ),
            "discoverable": account.discoverable,
            "indexable": account.indexable,
            "hide_collections": False,
            "attribution_domains": [],
            "quote_policy": "public",
        }
        role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
        return self.account(account) | {"source": source, "role": role}

    def status(self, status: Status, *, quoting: bool = True) -> Entity:
        original = self.state.statuses.get(status.boost_of) if status.boost_of else None
        shape = self._shape(original or status, quoting=quoting)
        if original is None:
            return shape
        shown_id = (
            original.id.upper() if self.world.profile.boost_answer == "upper_case_id" else status.id
        )
        return shape | {
            "id": shown_id,
            "created_at": iso(status.created_at),
            "visibility": status.visibility,
            "account": self.account(self.state.accounts[status.account_id]),
            "uri": self.world.uri(status) + "/activity",
            "url": self.world.uri(status) + "/activity",
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "media_attachments": [],
            "reblog": shape,
        }

    def statuses(self, statuses: Iterable[Status]) -> list[Entity]:
        return [self.status(status) for status in statuses]

    def _shape(self, status: Status, *, quoting: bool) -> Entity:
        """A status that is no boost; a quote within a quote is left out."""
        world, state = self.world, self.state
        return (
            {
                "id": status.id,
                "created_at": iso(status.created_at),
                "edited_at": iso(status.edited_at) if status.edited_at else None,
                "sensitive": status.sensitive,
                "spoiler_text": status.spoiler,
                "visibility": status.visibility,
                "language": status.language,
                "uri": world.uri(status),
                "url": world.url(status),
                "content": world.html(status),
                "account": self.account(state.accounts[status.account_id]),
                "media_attachments": [self.media(state.media[m]) for m in status.media],
                "mentions": [self._mention(state.accounts[m]) for m in status.mentions],
                "tags": [self.tag_name(name) for name in status.tags],
                "emojis": [],
                "reblog": None,
                "card": self._card_of(status),
                "poll": None,
            }
            | self._around(status, quoting=quoting)
            | self._counts(status)
            | self._own(status)
        )

    def _around(self, status: Status, *, quoting: bool) -> Entity:
        """What a status answers and quotes, and by what it was sent."""
        parent = self.state.statuses.get(status.reply_to)
        quoted = self.state.statuses.get(status.quote) if quoting else None
        app = {"name": status.application, "website": None}
        quote = quoted and {
            "state": "accepted",
            "quoted_status": self.status(quoted, quoting=False),
        }
        return {
            "in_reply_to_id": status.reply_to or None,
            "in_reply_to_account_id": parent.account_id if parent else None,
            "application": app if status.application else None,
            "quote": quote,
            "quote_approval": {
                "automatic": ["public"],
                "manual": [],
                "current_user": "automatic",
            },
        }

    def _counts(self, status: Status) -> Entity:
        state = self.state
        favourites = sum(1 for (_, marked) in state.marks["favourite"] if marked == status.id)
        return {
            "replies_count": len(state.replies[status.id]),
            "reblogs_count": len(state.boosts[status.id]) + status.seen_boosts,
            "quotes_count": len(state.quotes[status.id]),
            "favourites_count": favourites + status.seen_favourites,
        }

    def _own(self, status: Status) -> Entity:
        """What only the viewer may know of the viewer's own doings."""
        if self.viewer is None:
            return {}
        pair = (self.viewer.id, status.id)
        return {
            "favourited": pair in self.state.marks["favourite"],
            "bookmarked": pair in self.state.marks["bookmark"],
            "reblogged": self.state.boosted(self.viewer.id, status.id) is not None,
            "muted": False,
            "filtered": [],
        } | ({"pinned": False} if status.account_id == self.viewer.id else {})

    def _mention(self, account: Account) -> Entity:
        return {
            "id": account.id,
            "username": account.name,
            "url": self.world.account_url(account),
            "acct": account.acct,
        }

    def tag_name(self, name: str) -> Entity:
        return {"name": name, "url": f"{self.world.origin}/tags/{name}"}

    def tag(self, name: str, history: list[Entity] | None = None) -> Entity:
        following = {} if self.viewer is None else {"following": False}
        return self.tag_name(name) | {"history": history or []} | following

    def _card_of(self, status: Status) -> Entity | None:
        links = [piece.name for piece in texts.pieces(status.text) if piece.kind == "link"]
        return self.card(links[0], status.card) if status.card and links else None

    def card(self, link: str, told: Entity) -> Entity:
        """A preview of what a link leads to; `told` is what is known of it."""
        blank = ("description", "author_name", "author_url", "html", "provider_url", "embed_url")
        return (
            dict.fromkeys(blank, "")
            | {
                "title": link,
                "type": "link",
                "provider_name": urlsplit(link).hostname or "",
                "language": None,
                "authors": [],
                "width": 0,
                "height": 0,
                "image": None,
                "image_description": "",
                "blurhash": None,
                "published_at": None,
            }
            | told
            | {"url": link}
        )

    def media(self, media: Media) -> Entity:
        """An attachment; its url is null while it is being worked on."""
        url = f"{self.world.origin}/media/{media.name}"
        return {
            "id": media.id,
            "type": media.kind,
            "url": None if media.unready else url,
            "preview_url": None if media.unready else url,
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {},
            "description": media.alt or None,
            "blurhash": None,
        }

    def notice(self, notice: Notice) -> Entity:
        status = self.state.statuses.get(notice.status_id)
        shape = {
            "id": notice.id,
            "type": notice.kind,
            "created_at": iso(notice.at),
            "group_key": f"ungrouped-{notice.id}",
            "account": self.account(self.state.accounts[notice.by]),
        }
        return shape | ({"status": self.status(status)} if status else {})

    def roster(self, roster: Roster) -> Entity:
        return {
            "id": roster.id,
            "title": roster.title,
            "replies_policy": roster.replies_policy,
            "exclusive": roster.exclusive,
        }

    def app(self, app: App) -> Entity:
        return {
            "id": app.id,
            "name": app.name,
            "website": app.website or None,
            "scopes": app.scopes,
            "redirect_uri": "\n".join(app.redirect_uris),
            "redirect_uris": app.redirect_uris,
            "vapid_key": "",
        }

    def schedule(self, schedule: Schedule) -> Entity:
        fields = schedule.fields
        params = {
            "text": fields["text"],
            "visibility": fields["visibility"],
            "spoiler_text": fields["spoiler"] or None,
            "sensitive": fields["sensitive"],
            "media_ids": fields["media"] or None,
            "in_reply_to_id": fields["reply_to"] or None,
            "language": fields["language"],
            "application_id": 1,
            "scheduled_at": None,
            "idempotency": None,
            "with_rate_limit": False,
            "poll": None,
        }
        attached = [self.media(self.state.media[m]) for m in fields["media"]]
        return {
            "id": schedule.id,
            "scheduled_at": iso(schedule.at),
            "params": params,
            "media_attachments": attached,
        }

    def relationship(self, viewer: Account, other: Account) -> Entity:
        ours = self.state.follows.get((viewer.id, other.id), "")
        theirs = self.state.follows.get((other.id, viewer.id), "")
        never = ("blocking", "blocked_by", "muting", "muting_notifications", "domain_blocking")
        return dict.fromkeys((*never, "endorsed", "notifying"), False) | {
            "id": other.id,
            "following": ours == "following",
            "requested": ours == "requested",
            "showing_reblogs": ours == "following",
            "followed_by": theirs == "following",
            "requested_by": theirs == "requested",
            "languages": None,
            "note": "",
        }


def _day(own: Iterable[Status]) -> str:
    return max(status.created_at for status in own).date().isoformat()
