"""What other servers read from this one: WebFinger, actors, outboxes and notes."""

from __future__ import annotations

from reblogbot.sandbox.answers import Answer, Entity, Reply, json_answer
from reblogbot.sandbox.call import Call, Route, refused
from reblogbot.sandbox.entities import iso
from reblogbot.sandbox.profiles import Refusal
from reblogbot.sandbox.records import Account, Media, Status

_ACTIVITY = "application/activity+json; charset=utf-8"
_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_CONTEXT = "https://www.w3.org/ns/activitystreams"
_NOT_FOUND = Refusal(404, message="Not Found")
_PER_PAGE = 20


def _wants_activity(call: Call) -> bool:
    """Whether the client is another server rather than a browser."""
    accept = call.headers.get("Accept", "")
    return "activity+json" in accept or "ld+json" in accept


def _activity_answer(object_: Entity) -> Answer:
    body = json_answer({"@context": _CONTEXT, **object_}).body
    return Answer(body, content_type=_ACTIVITY)


def _local_account(call: Call) -> Account:
    account = call.instance.find_account(call.path_params["name"])
    if account is None or account.host:
        raise refused(_NOT_FOUND)
    if account.standing == "suspended":
        raise refused(Refusal(410, message="Gone"))
    return account


def webfinger(call: Call) -> Reply:
    """The account of an acct: URI or of the address of a profile (RFC 7033)."""
    instance, resource = call.instance, call.params.text("resource")
    by_name = instance.find_account(resource.removeprefix("acct:").removeprefix("@"))
    by_address = (
        account
        for account in instance.state.accounts.values()
        if resource in (instance.account_url(account), instance.account_uri(account))
    )
    account = by_name or next(by_address, None)
    if account is None or account.host:
        raise refused(_NOT_FOUND)
    url, uri = instance.account_url(account), instance.account_uri(account)
    profile_page = "http://webfinger.net/rel/profile-page"
    document: Entity = {
        "subject": f"acct:{account.name}@{instance.host}",
        "aliases": [url, uri],
        "links": [
            {"rel": profile_page, "type": "text/html", "href": url},
            {"rel": "self", "type": "application/activity+json", "href": uri},
        ],
    }
    content_type = "application/jrd+json; charset=utf-8"
    return Answer(json_answer(document).body, content_type=content_type)


def actor(call: Call) -> Reply:
    """The actor for a server, the profile page for a browser."""
    account = _local_account(call)
    instance, uri = call.instance, call.instance.account_uri(account)
    if not _wants_activity(call):
        return Answer(b"", 302, headers={"Location": instance.account_url(account)})
    entity = call.entities.account(account)
    icon = {"type": "Image", "mediaType": "image/svg+xml", "url": entity["avatar"]}
    fields = [
        {"type": "PropertyValue", "name": field["name"], "value": field["value"]}
        for field in entity["fields"]
    ]
    return _activity_answer(
        {
            "id": uri,
            "type": "Service" if account.bot else "Person",
            "preferredUsername": account.name,
            "name": account.display_name,
            "summary": entity["note"],
            "url": entity["url"],
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
    """The collection, or with `page=true` a page of its activities, the newest first."""
    account = _local_account(call)
    uri = call.instance.account_uri(account) + "/outbox"
    statuses = sorted(_public_statuses(call, account), key=lambda s: s.rank, reverse=True)
    first = f"{uri}?page=true"
    if not call.params.flag("page"):
        return _activity_answer(
            {"id": uri, "type": "OrderedCollection", "totalItems": len(statuses), "first": first}
        )
    bound = call.instance.find_status(call.params.text("max_id"))
    if bound is not None:
        statuses = [status for status in statuses if status.rank < bound.rank]
    part = statuses[:_PER_PAGE]
    page: Entity = {
        "id": first,
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": [_activity(call, status) for status in part],
    }
    if len(statuses) > _PER_PAGE:
        page["next"] = f"{first}&max_id={part[-1].id}"
    return _activity_answer(page)


def _public_statuses(call: Call, account: Account) -> list[Status]:
    statuses = call.instance.state.by_account[account.id].values()
    return [status for status in statuses if call.instance.may_see(None, status)]


def _activity(call: Call, status: Status) -> Entity:
    """The Create of a post, the Announce of a boost."""
    instance = call.instance
    author = instance.account_uri(instance.state.accounts[status.account_id])
    activity: Entity = {
        "id": instance.uri(status) + "/activity",
        "actor": author,
        "published": iso(status.created_at),
        **_audience(status, author),
    }
    if status.boost_of:
        original = instance.state.statuses[status.boost_of]
        return activity | {"type": "Announce", "object": instance.uri(original)}
    return activity | {"type": "Create", "object": _note(call, status)}


def _audience(status: Status, author: str) -> Entity:
    followers = f"{author}/followers"
    if status.visibility == "public":
        return {"to": [_PUBLIC], "cc": [followers]}
    return {"to": [followers], "cc": [_PUBLIC] if status.visibility == "unlisted" else []}


def _note(call: Call, status: Status) -> Entity:
    """A status as a Note."""
    instance, state = call.instance, call.instance.state
    account = state.accounts[status.account_id]
    author = instance.account_uri(account)
    parent = state.statuses.get(status.reply_to)
    content = instance.html(status)
    note: Entity = {
        "id": instance.uri(status),
        "type": "Note",
        "summary": status.spoiler or None,
        "inReplyTo": instance.uri(parent) if parent else None,
        "published": iso(status.created_at),
        "url": instance.url(status),
        "attributedTo": author,
        "sensitive": status.sensitive,
        "content": content,
        "contentMap": {status.language: content} if status.language else {},
        "attachment": [_attached(call, state.media[media_id]) for media_id in status.media],
        "tag": _tags(call, status),
    }
    if status.edited_at:
        note["updated"] = iso(status.edited_at)
    return note | _audience(status, author)


def _attached(call: Call, media: Media) -> Entity:
    url = f"{call.instance.origin}/media/{media.name}"
    return {"type": "Document", "mediaType": media.mime, "url": url, "name": media.alt or None}


def _tags(call: Call, status: Status) -> list[Entity]:
    instance = call.instance
    mentioned = [instance.state.accounts[account_id] for account_id in status.mentions]
    tags = [
        {"type": "Hashtag", "href": f"{instance.origin}/tags/{name}", "name": f"#{name}"}
        for name in status.tags
    ]
    mentions = [
        {"type": "Mention", "href": instance.account_uri(account), "name": f"@{account.acct}"}
        for account in mentioned
    ]
    return tags + mentions


def object_of(call: Call) -> Reply:
    """A status by its uri: the Note for a server, the page for a browser."""
    account = _local_account(call)
    status = call.instance.find_status(call.path_params["id"])
    if status is None or status.account_id != account.id or not call.instance.may_see(None, status):
        raise refused(_NOT_FOUND)
    if not _wants_activity(call):
        return Answer(b"", 302, headers={"Location": call.instance.url(status)})
    return _activity_answer(_activity(call, status) if status.boost_of else _note(call, status))


_USER = "/users/{name}"
ROUTES = (
    Route("GET", "/.well-known/webfinger", webfinger),
    Route("GET", _USER, actor),
    Route("GET", f"{_USER}/outbox", outbox),
    Route("GET", f"{_USER}/statuses/{{id}}", object_of),
)
