"""Who asks, by which token, and whether its scopes allow it."""

from __future__ import annotations

from collections.abc import Iterable

from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Token
from reblogbot.sandbox.wire import Call, Route, refuse

VERIFY = "/api/v1/accounts/verify_credentials"
FOLLOW_SCOPES = frozenset(
    f"{way}:{what}" for way in ("read", "write") for what in ("blocks", "follows", "mutes")
)
STANDINGS = {
    "suspended": "Your login is currently disabled",
    "unconfirmed": "Your login is missing a confirmed e-mail address",
}


def admit(call: Call, route: Route) -> None:
    """Set the call's token and account. Refused when the route does not let them in."""
    spoken = _spoken(call)
    token = call.world.state.tokens.get(spoken)
    if not route.scope:
        call.token = token
    elif spoken:
        call.token = _checked(call, route, token)
    elif not route.open:
        raise refuse(call.profile.no_token)
    if call.token:
        call.account = call.world.state.accounts.get(call.token.account_id)
    if route.scope:
        _check_account(call, route)


def _spoken(call: Call) -> str:
    scheme, _, value = call.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else call.params.text("access_token")


def _checked(call: Call, route: Route, token: Token | None) -> Token:
    if token is None:
        on_verify = route.path == VERIFY and call.profile.bad_token_on_verify
        raise refuse(on_verify or call.profile.bad_token)
    narrow = route.path == VERIFY and call.profile.narrow_scopes_on_verify
    if narrow and "read" not in token.scopes:
        raise refuse(narrow)
    if not covers(token.scopes, route.scope.split("|")):
        raise refuse(No(403, words="This action is outside the authorized scopes"))
    return token


def _check_account(call: Call, route: Route) -> None:
    if call.account is None and not route.open and call.token:
        raise refuse(No(422, words="This method requires an authenticated user"))
    if call.account and call.account.standing:
        raise refuse(No(403, words=STANDINGS.get(call.account.standing, call.account.standing)))


def covers(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the wanted scopes is among the granted, or part of one of them."""
    have = set(granted)
    return any(
        scope in have
        or scope.partition(":")[0] in have
        or ("follow" in have and scope in FOLLOW_SCOPES)
        for scope in wanted
    )
