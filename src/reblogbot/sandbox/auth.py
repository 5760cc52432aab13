"""Admission: which token a caller presents, and whether its scopes suffice."""

from __future__ import annotations

from collections.abc import Iterable

from reblogbot.sandbox.call import Call, refused
from reblogbot.sandbox.profiles import Refusal

_FOLLOW_SCOPES = frozenset(
    f"{access}:{area}" for access in ("read", "write") for area in ("blocks", "follows", "mutes")
)
_STANDINGS = {
    "suspended": "Your login is currently disabled",
    "unconfirmed": "Your login is missing a confirmed e-mail address",
}


def admit(call: Call) -> None:
    """Set the call's token and account. Refused when the route does not admit them."""
    route, value = call.route, presented_token(call)
    call.token = call.instance.state.tokens.get(value)
    if route.scope and value:
        if call.token is None:
            raise call.refused("bad_token")
        if not covers(call.token.scopes, route.scope.split("|")):
            raise refused(Refusal(403, message="This action is outside the authorized scopes"))
    elif route.scope and not route.is_open:
        raise call.refused("no_token")
    if call.token:
        call.account = call.instance.state.accounts.get(call.token.account_id)
    if route.scope:
        _check_account(call)


def presented_token(call: Call) -> str:
    """The value of the bearer token that a call presents, or ""."""
    scheme, _, value = call.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else call.params.text("access_token")


def _check_account(call: Call) -> None:
    if call.account is None and not call.route.is_open and call.token:
        raise refused(Refusal(422, message="This method requires an authenticated user"))
    if call.account and (standing := call.account.standing):
        raise refused(Refusal(403, message=_STANDINGS.get(standing, standing)))


def covers(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the wanted scopes is among the granted, or part of one of them."""
    scopes = set(granted)
    return any(
        scope in scopes
        or scope.partition(":")[0] in scopes
        or ("follow" in scopes and scope in _FOLLOW_SCOPES)
        for scope in wanted
    )
