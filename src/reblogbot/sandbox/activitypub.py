"""How other servers see us: WebFinger, actors, outboxes and notes, to be read only."""

from __future__ import annotations

from typing import Any

from reblogbot.sandbox.entities import iso
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Account, Media, Status
from reblogbot.sandbox.wire import Answer, Call, Reply, Route, as_json, refuse

ACTIVITY = "application/activity+json; charset=utf-8"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
MISSING = No(404, words="Not Found")
PER_PAGE = 20

Thing = dict[str, Any]


def wants_activity(call: Call) -> bool:
    """Whether the client is another server rather than a browser."""
    accept = call.headers.get("Accept", "")
    return "activity+json" in accept or "ld+json" in accept


def _as_activity(thing: Thing) -> Answer:
    return Answer(as_json({"@context": CONTEXT, **thing}).body, kind=ACTIVITY)


def _local(call: Call) -> Account:
    account = call.world.account(call.places["name"])
    if account is None or account.host:
        raise refuse(MISSING)
    if account.standing == "suspended":
        raise refuse(No(410, words="Gone"))
    return account


def webfinger(call: Call) -> Reply:
    """RFC 7033, for acct: and for the address of a profile."""
    asked = call.params.text("resource")
    named = call.world.account(asked.removeprefix("acct:").removeprefix("@"))
    by_address = (
        account
        for account in call.world.state.accounts.values()
        if asked in (call.world.account_url(account), call.world.account_uri(account))
    )
    account = named or next(by_address, None)
    if account is None or account.host:
        raise refuse(MISSING)
    url, uri = call.world.account_url(account), call.world.account_uri(account)
    page = "http://webfinger.net/rel/profile-page"
    shown: Thing = {
        "subject": f"acct:{account.name}@{call.world.host}",
        "aliases": [url, uri],
        "links": [
            {"rel": page, "type": "text/html", "href": url},
            {"rel": "self", "type": "application/activity+json", "href": uri},
        ],
    }
    return Answer(as_json(shown).body, kind="application/jrd+json; charset=utf-8")


def actor(call: Call) -> Reply:
    """The actor for a server, the profile page for a browser."""
    account = _local(call)
    world, uri = call.world, call.world.account_uri(account)
    if not wants_activity(call):
        return Answer(b"", 302, headers={"Location": world.account_url(account)})
    shown = call.show.account(account)
    icon = {"type": "Image", "mediaType": "image/svg+xml", "url": shown["avatar"]}
    fields = [
        {"type": "PropertyValue", "name": field["name"], "value": field["value"]}
        for field in shown["fields"]
    ]
    return _as_activity(
        {
            "id": uri,
            "type": "Service" if account.bot else "Person",
            "preferredUsername": account.name,
            "name": account.display_name,
            "summary": shown["note"],
            "url": shown["url"],
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "following": f"{uri}/following",
            "manuallyApprovesFollowers": account.locked,
            "discoverable": account.discoverable,
            "indexable": account.indexable,
            "published": iso(account.created_at),
            "icon": icon,
            "attachment": fields,
            "tag": [],
        }
    )


def outbox(call: Call) -> Reply:
    """The collection, or with `page=true` its newest activities, `max_id` leading on."""
    account = _local(call)
    uri = call.world.account_uri(account) + "/outbox"
    shown = sorted(_published(call, account), key=lambda status: status.rank, reverse=True)
    first = f"{uri}?page=true"
    if not call.params.flag("page"):
        return _as_activity(
            {"id": uri, "type": "OrderedCollection", "totalItems": len(shown), "first": first}
        )
    after = call.world.find_status(call.params.text("max_id"))
    if after is not None:
        shown = [status for status in shown if status.rank < after.rank]
    part = shown[:PER_PAGE]
    items = [activity(call, status) for status in part]
    page: Thing = {
        "id": first,
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": items,
    }
    if len(shown) > PER_PAGE:
        page["next"] = f"{first}&max_id={part[-1].id}"
    return _as_activity(page)


def _published(call: Call, account: Account) -> list[Status]:
    own = call.world.state.own[account.id].values()
    return [status for status in own if call.world.may_see(None, status)]


def activity(call: Call, status: Status) -> Thing:
    """The Create of a post, the Announce of a boost."""
    world = call.world
    author = world.account_uri(world.state.accounts[status.account_id])
    shown: Thing = {
        "id": world.uri(status) + "/activity",
        "actor": author,
        "published": iso(status.created_at),
        **_addressed(status, author),
    }
    if status.boost_of:
        original = world.state.statuses[status.boost_of]
        return shown | {"type": "Announce", "object": world.uri(original)}
    return shown | {"type": "Create", "object": note(call, status)}


def _addressed(status: Status, author: str) -> Thing:
    followers = f"{author}/followers"
    if status.visibility == "public":
        return {"to": [PUBLIC], "cc": [followers]}
    return {"to": [followers], "cc": [PUBLIC] if status.visibility == "unlisted" else []}


def note(call: Call, status: Status) -> Thing:
    """A status as the Note other servers read."""
    world, state = call.world, call.world.state
    account = state.accounts[status.account_id]
    author = world.account_uri(account)
    parent = state.statuses.get(status.reply_to)
    content = world.html(status)
    base: Thing = {
        "id": world.uri(status),
        "type": "Note",
        "summary": status.spoiler or None,
        "inReplyTo": world.uri(parent) if parent else None,
        "published": iso(status.created_at),
        "url": world.url(status),
        "attributedTo": author,
        "sensitive": status.sensitive,
        "content": content,
        "contentMap": {status.language: content} if status.language else {},
        "attachment": [_attached(call, state.media[media_id]) for media_id in status.media],
        "tag": _tags(call, status),
    }
    if status.edited_at:
        base["updated"] = iso(status.edited_at)
    return base | _addressed(status, author)


def _attached(call: Call, media: Media) -> Thing:
    url = f"{call.world.origin}/media/{media.name}"
    return {"type": "Document", "mediaType": media.mime, "url": url, "name": media.alt or None}


def _tags(call: Call, status: Status) -> list[Thing]:
    world = call.world
    people = [world.state.accounts[account_id] for account_id in status.mentions]
    tags = [
        {"type": "Hashtag", "href": f"{world.origin}/tags/{name}", "name": f"#{name}"}
        for name in status.tags
    ]
    mentions = [
        {"type": "Mention", "href": world.account_uri(who), "name": f"@{who.acct}"}
        for who in people
    ]
    return tags + mentions


def object_of(call: Call) -> Reply:
    """A status by its uri: the Note for a server, the page for a browser."""
    account = _local(call)
    status = call.world.find_status(call.places["id"])
    if status is None or status.account_id != account.id or not call.world.may_see(None, status):
        raise refuse(MISSING)
    if not wants_activity(call):
        return Answer(b"", 302, headers={"Location": call.world.url(status)})
    return _as_activity(activity(call, status) if status.boost_of else note(call, status))


USER = "/users/{name}"
ROUTES = (
    Route("GET", "/.well-known/webfinger", webfinger),
    Route("GET", USER, actor),
    Route("GET", f"{USER}/outbox", outbox),
    Route("GET", f"{USER}/statuses/{{id}}", object_of),
)
