"""The JSON entities of the Mastodon API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.answers import Entity
from reblogbot.sandbox.instance import Instance
from reblogbot.sandbox.records import Account, AccountList, App, Media, Notification, Status


def iso(at: datetime) -> str:
    """An instant as Mastodon writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class Entities:
    """The records of an instance as entities for `viewer`, None for a caller without account."""

    def __init__(self, instance: Instance, viewer: Account | None) -> None:
        self.instance = instance
        self.state = instance.state
        self.viewer = viewer
        self._accounts: dict[str, Entity] = {}

    def account(self, account: Account) -> Entity:
        # cached: it is part of every status of a page, and its counts take a scan of all follows
        if account.id not in self._accounts:
            self._accounts[account.id] = self._account(account)
        return self._accounts[account.id]

    def _account(self, account: Account) -> Entity:
        instance, state = self.instance, self.state
        statuses = state.by_account[account.id].values()
        avatar = f"{instance.origin}/_sandbox/avatars/{account.acct}.svg"
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
            "note": texts.html(account.note, instance.origin, lambda _: ""),
            "url": instance.account_url(account),
            "uri": instance.account_uri(account),
            "avatar": avatar,
            "avatar_static": avatar,
            "header": avatar,
            "header_static": avatar,
            "followers_count": len(state.followers(account.id)),
            "following_count": len(state.followed(account.id)),
            "statuses_count": len(statuses),
            "last_status_at": _last_day(statuses) if statuses else None,
            "hide_collections": False,
            "emojis": [],
            "roles": [],
            "fields": [self._field(**field) for field in account.fields],
        } | ({"suspended": True} if account.standing == "suspended" else {})

    def _field(self, name: str, value: str) -> Entity:
        """A field of a profile, whose value is HTML."""
        html = texts.inline_html(value, self.instance.origin, lambda _: "")
        return {"name": name, "value": html, "verified_at": None}

    def credentials(self, account: Account) -> Entity:
        """The account as its owner sees it."""
        source = {
            "privacy": account.privacy,
            "sensitive": False,
            "language": account.language or None,
            "note": account.note,
            "fields": account.fields,
            "follow_requests_count": sum(
                followed == account.id and relation == "requested"
                for (_, followed), relation in self.state.follows.items()
            ),
            "discoverable": account.discoverable,
            "indexable": account.indexable,
            "hide_collections": False,
            "attribution_domains": [],
            "quote_policy": "public",
        }
        role = {"id": "-99", "name": "", "color": "", "permissions": "0", "highlighted": False}
        return self.account(account) | {"source": source, "role": role}

    def status(self, status: Status, *, with_quote: bool = True) -> Entity:
        original = self.state.statuses.get(status.boost_of) if status.boost_of else None
        entity = self._original(original or status, with_quote=with_quote)
        if original is None:
            return entity
        return entity | {
            "id": self.instance.boost_id(status),
            "created_at": iso(status.created_at),
            "visibility": status.visibility,
            "account": self.account(self.state.accounts[status.account_id]),
            "uri": self.instance.uri(status) + "/activity",
            "url": self.instance.uri(status) + "/activity",
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "media_attachments": [],
            "reblog": entity,
        }

    def statuses(self, statuses: Iterable[Status]) -> list[Entity]:
        return [self.status(status) for status in statuses]

    def _original(self, status: Status, *, with_quote: bool) -> Entity:
        """A status that is no boost."""
        instance, state = self.instance, self.state
        parent = state.statuses.get(status.reply_to)
        favourites = sum(status_id == status.id for _, status_id in state.marks["favourite"])
        return {
            "id": status.id,
            "created_at": iso(status.created_at),
            "edited_at": iso(status.edited_at) if status.edited_at else None,
            "sensitive": status.sensitive,
            "spoiler_text": status.spoiler,
            "visibility": status.visibility,
            "language": status.language,
            "uri": instance.uri(status),
            "url": instance.url(status),
            "content": instance.html(status),
            "account": self.account(state.accounts[status.account_id]),
            "in_reply_to_id": status.reply_to or None,
            "in_reply_to_account_id": parent.account_id if parent else None,
            "application": (
                {"name": status.application, "website": None} if status.application else None
            ),
            "media_attachments": [self.media(state.media[id_]) for id_ in status.media],
            "mentions": [self._mention(state.accounts[id_]) for id_ in status.mentions],
            "tags": [self._tag(name) for name in status.tags],
            "emojis": [],
            "reblog": None,
            "card": self._card_of(status),
            "poll": None,
            "quote": self._quote(status) if with_quote else None,
            "quote_approval": {
                "automatic": ["public"],
                "manual": [],
                "current_user": "automatic",
            },
            "replies_count": len(state.replies[status.id]),
            "reblogs_count": len(state.boosts[status.id]) + status.seen_boosts,
            "quotes_count": len(state.quotes[status.id]),
            "favourites_count": favourites + status.seen_favourites,
        } | self._viewer_flags(status)

    def _quote(self, status: Status) -> Entity | None:
        """The quoted status; a quote within it is left out."""
        quoted = self.state.statuses.get(status.quote)
        if quoted is None:
            return None
        return {"state": "accepted", "quoted_status": self.status(quoted, with_quote=False)}

    def _viewer_flags(self, status: Status) -> Entity:
        """The viewer's own relation to a status."""
        if self.viewer is None:
            return {}
        pair = (self.viewer.id, status.id)
        return {
            "favourited": pair in self.state.marks["favourite"],
            "bookmarked": pair in self.state.marks["bookmark"],
            "reblogged": self.state.boost_by(self.viewer.id, status.id) is not None,
            "muted": False,
            "filtered": [],
        } | ({"pinned": False} if status.account_id == self.viewer.id else {})

    def _mention(self, account: Account) -> Entity:
        return {
            "id": account.id,
            "username": account.name,
            "url": self.instance.account_url(account),
            "acct": account.acct,
        }

    def _tag(self, name: str) -> Entity:
        return {"name": name, "url": f"{self.instance.origin}/tags/{name}"}

    def _card_of(self, status: Status) -> Entity | None:
        links = [piece.name for piece in texts.pieces(status.text) if piece.kind == "link"]
        return self.card(links[0], status.card) if status.card and links else None

    def card(self, link: str, values: Entity) -> Entity:
        """The preview card of a link; `values` replace what is blank otherwise."""
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
            | values
            | {"url": link}
        )

    def media(self, media: Media) -> Entity:
        url = f"{self.instance.origin}/media/{media.name}"
        return {
            "id": media.id,
            "type": media.kind,
            "url": url,
            "preview_url": url,
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {},
            "description": media.alt or None,
            "blurhash": None,
        }

    def notification(self, notification: Notification) -> Entity:
        status = self.state.statuses.get(notification.status_id)
        entity = {
            "id": notification.id,
            "type": notification.kind,
            "created_at": iso(notification.at),
            "group_key": f"ungrouped-{notification.id}",
            "account": self.account(self.state.accounts[notification.by]),
        }
        return entity | ({"status": self.status(status)} if status else {})

    def account_list(self, list_: AccountList) -> Entity:
        return {
            "id": list_.id,
            "title": list_.title,
            "replies_policy": "list",
            "exclusive": False,
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

    def relationship(self, viewer: Account, other: Account) -> Entity:
        outgoing = self.state.follows.get((viewer.id, other.id), "")
        incoming = self.state.follows.get((other.id, viewer.id), "")
        never = ("blocking", "blocked_by", "muting", "muting_notifications", "domain_blocking")
        return dict.fromkeys((*never, "endorsed", "notifying"), False) | {
            "id": other.id,
            "following": outgoing == "following",
            "requested": outgoing == "requested",
            "showing_reblogs": outgoing == "following",
            "followed_by": incoming == "following",
            "requested_by": incoming == "requested",
            "languages": None,
            "note": "",
        }


def _last_day(statuses: Iterable[Status]) -> str:
    return max(status.created_at for status in statuses).date().isoformat()
