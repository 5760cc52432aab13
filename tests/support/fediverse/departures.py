"""The sandbox's endpoints as other kinds of servers answer them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fediverse.idempotency import post_once
from reblogbot.sandbox.answers import Answer, Reply, json_answer
from reblogbot.sandbox.api import accounts, lists, marks, statuses
from reblogbot.sandbox.auth import presented_token
from reblogbot.sandbox.call import Call, Endpoint, Route, refused
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.profiles import Refusal
from reblogbot.sandbox.routes import ROUTES as SANDBOX_ROUTES

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
VERIFY = "/api/v1/accounts/verify_credentials"
STATUSES = "/api/v1/statuses"


def check_token(call: Call) -> None:
    """Refuse a token at verify_credentials; called before the call is admitted."""
    value = presented_token(call)
    if call.route.path != VERIFY or not value:
        return
    token = call.instance.state.tokens.get(value)
    if token is None:
        _refuse_if(call, "bad_token_on_verify")
    elif "read" not in token.scopes:
        _refuse_if(call, "narrow_scopes")


def check_id(call: Call) -> None:
    """Refuse an id that cannot be one; some servers tell it from an id that is not there."""
    id_ = call.path_params.get("id", "")
    if not id_ or not call.route.path.startswith("/api/") or (id_.isalnum() and len(id_) > 8):
        return
    state = call.instance.state
    if not any(id_ in records for records in (state.statuses, state.accounts)):
        _refuse_if(call, "garbage_id")


def _refuse_if(call: Call, reason: str) -> None:
    """Refuse where this kind of server refuses for that reason."""
    if call.is_refused(reason):
        raise call.refused(reason)


def instance_v2(endpoint: Endpoint, call: Call) -> Reply:
    _refuse_if(call, "instance_v2")
    return endpoint(call)


def with_slash(endpoint: Endpoint, call: Call) -> Reply:
    """A path of the API with a slash at its end."""
    _refuse_if(call, "trailing_slash")
    return endpoint(call)


def verify_app(endpoint: Endpoint, call: Call) -> Reply:
    entity = endpoint(call)
    if not call.profile.tells_scopes:
        return entity | {"scopes": []}
    # the tokens of the server itself belong to no registered app
    return entity | {"scopes": entity["scopes"] or call.token.scopes}


def nodeinfo(endpoint: Endpoint, call: Call) -> Reply:
    if not call.profile.has_nodeinfo:
        raise call.refused("not_found")
    return endpoint(call)


def oauth_metadata(endpoint: Endpoint, call: Call) -> Reply:
    if not call.profile.has_oauth_metadata:
        raise call.refused("not_found")
    return endpoint(call)


def register_app(endpoint: Endpoint, call: Call) -> Reply:
    if call.profile.knows_scopes == "whole" and ":" in call.params.text("scopes"):
        raise refused(Refusal(422, message="Validation failed: Scopes doesn't match configured"))
    return endpoint(call)


def ask_consent(endpoint: Endpoint, call: Call) -> Reply:
    app = call.instance.state.apps.get(call.params.text("client_id"))
    if app is not None and not call.profile.checks_redirects:
        app.redirect_uris.append(call.params.text("redirect_uri"))
    return endpoint(call)


def decide(endpoint: Endpoint, call: Call) -> Reply:
    answer = ask_consent(endpoint, call)
    is_copied = call.params.text("redirect_uri") == OUT_OF_BAND
    if not is_copied or answer.status != 200 or call.profile.copied_code == "page":
        return answer
    code = list(call.instance.grants)[-1]
    body = f"{code}&state={call.params.text('state')}"
    return Answer(body.encode(), content_type="text/plain; charset=utf-8")


def issue_token(endpoint: Endpoint, call: Call) -> Reply:
    code = call.params.text("code")
    grant = call.instance.grants.get(code)
    if grant is None:
        return endpoint(call)
    if not call.profile.checks_pkce:
        call.instance.grants[code] = replace(grant, challenge="")
    try:
        return endpoint(call)
    finally:
        if call.profile.codes_last:
            call.instance.grants[code] = grant


def post(endpoint: Endpoint, call: Call) -> Reply:
    def make() -> Reply:
        _adapt_form(call, [])
        return statuses.post(call)

    return post_once(call, make)


def edit(endpoint: Endpoint, call: Call) -> Reply:
    if call.profile.forms == "without_warning" and call.params.is_form:
        call.params.set("spoiler_text")
    status = call.instance.find_status(call.path_params["id"])
    _adapt_form(call, status.media if status else [])
    return endpoint(call)


def _adapt_form(call: Call, media: list[str]) -> None:
    """Check the types of the fields; `media` are attached where a form cannot name any."""
    if call.profile.forms == "text":
        texts_only = ("status", "spoiler_text", "language", "visibility", "in_reply_to_id")
        types = dict.fromkeys(texts_only, str) | {"sensitive": bool}
        for name, type_ in types.items():
            value = call.params.value(name)
            if value is not None and not isinstance(value, type_):
                raise call.refused("bad_body")
        if call.params.is_form:
            call.params.set("media_ids", *media)
    processing = call.instance.processing
    if any(processing.get(str(media_id)) for media_id in call.params.many("media_ids")):
        message = "Cannot attach files that have not finished processing"
        raise refused(Refusal(422, message=message))


def boost(endpoint: Endpoint, call: Call) -> Reply:
    profile = call.profile
    if call.find_status().boost_of and profile.boost_of_boost == "404":
        raise call.refused("not_found")
    original = marks.status_to_boost(call)
    existing = call.instance.state.boost_by(call.viewer.id, original.id)
    if existing is not None and profile.boost_twice == "refused":
        raise call.refused("boost_twice")
    if existing is None or profile.boost_twice == "another":
        if not profile.boost_visibility:
            call.params.set("visibility")
        existing = marks.new_boost(call, original)
    return call.entities.status(original if profile.boost_answer == "original" else existing)


def account_statuses(endpoint: Endpoint, call: Call) -> Reply:
    for name in call.profile.ignored_paging:
        call.params.set(name)
    if not call.profile.hides_from_author:
        return endpoint(call)
    visible = accounts.visible_statuses(call)
    chosen, headers = page(
        call, (status for status in visible if status.visibility in ("public", "unlisted"))
    )
    return json_answer(call.entities.statuses(chosen), headers=headers)


def home(endpoint: Endpoint, call: Call) -> Reply:
    answer = endpoint(call)
    if not call.profile.home_twice:
        return answer
    return json_answer(json.loads(answer.body) * 2, headers=answer.headers)


def tagged(endpoint: Endpoint, call: Call) -> Reply:
    if not call.profile.cjk_tag_timelines and not call.path_params["tag"].isascii():
        return []
    return endpoint(call)


def of_lists(endpoint: Endpoint, call: Call) -> Reply:
    _refuse_if(call, "lists")
    return endpoint(call)


def add_members(endpoint: Endpoint, call: Call) -> Reply:
    _refuse_if(call, "lists")
    return lists.extend(call) if call.profile.lists_take_anyone else endpoint(call)


def search(endpoint: Endpoint, call: Call) -> Reply:
    if call.params.text("resolve", "true") not in ("true", "false"):
        _refuse_if(call, "bad_flag")
    results = endpoint(call)
    is_address = call.params.text("q").strip().startswith(("http://", "https://"))
    if not is_address or call.profile.finds == "all":
        return results
    if call.profile.finds == "nothing":
        return {kind: [] for kind in results}
    at_home = set()
    if call.account is not None:
        at_home = {call.account.id, *call.instance.state.followed(call.account.id)}
    return results | {"statuses": [s for s in results["statuses"] if s["account"]["id"] in at_home]}


def own_marks(name: str, endpoint: Endpoint, call: Call) -> Reply:
    """Without a Link header that names a mark, clients page by the status (snac)."""
    if not call.profile.link_header:
        for mark in marks.own_marks(call, name):
            if mark.status.id == call.params.text("max_id"):
                call.params.set("max_id", mark.id)
                break
    return endpoint(call)


def show_media(endpoint: Endpoint, call: Call) -> Reply:
    """The attachment; 206 and no address while it is being processed."""
    entity, media_id = endpoint(call), call.path_params["id"]
    times = call.instance.processing.get(media_id, 0)
    if not times:
        return entity
    call.instance.processing[media_id] = times - 1
    return json_answer(entity | {"url": None, "preview_url": None}, 206)


def without_links(call: Call, answer: Answer) -> Answer:
    """The answer without its Link header, where this kind of server sends none."""
    if call.profile.link_header:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "Link"}
    return replace(answer, headers=headers)


DEPARTURES: dict[tuple[str, str], Callable[[Endpoint, Call], Reply]] = {
    ("GET", "/api/v2/instance"): instance_v2,
    ("GET", "/api/v1/instance/"): with_slash,
    ("GET", "/api/v2/instance/"): with_slash,
    ("GET", "/api/v1/apps/verify_credentials"): verify_app,
    ("GET", "/.well-known/nodeinfo"): nodeinfo,
    ("GET", "/.well-known/oauth-authorization-server"): oauth_metadata,
    ("POST", "/api/v1/apps"): register_app,
    ("GET", "/oauth/authorize"): ask_consent,
    ("POST", "/oauth/authorize"): decide,
    ("POST", "/oauth/token"): issue_token,
    ("POST", STATUSES): post,
    ("PUT", f"{STATUSES}/{{id}}"): edit,
    ("POST", f"{STATUSES}/{{id}}/reblog"): boost,
    ("GET", "/api/v1/accounts/{id}/statuses"): account_statuses,
    ("GET", "/api/v1/timelines/home"): home,
    ("GET", "/api/v1/timelines/tag/{tag}"): tagged,
    ("GET", "/api/v1/timelines/list/{id}"): of_lists,
    ("GET", "/api/v1/lists"): of_lists,
    ("POST", "/api/v1/lists"): of_lists,
    ("POST", "/api/v1/lists/{id}/accounts"): add_members,
    ("GET", "/api/v2/search"): search,
    ("GET", "/api/v1/favourites"): partial(own_marks, "favourite"),
    ("GET", "/api/v1/bookmarks"): partial(own_marks, "bookmark"),
    ("GET", "/api/v1/media/{id}"): show_media,
}


def _departing(route: Route) -> Route:
    departure = DEPARTURES.get((route.method, route.path))
    return replace(route, endpoint=partial(departure, route.endpoint)) if departure else route


ROUTES = tuple(map(_departing, SANDBOX_ROUTES))
