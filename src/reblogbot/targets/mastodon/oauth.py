"""The requests of OAuth 2: registering an app, exchanging a code, checking and revoking a token.

Mastodon.py knows no PKCE (RFC 7636), and puts the server's whole answer, which may hold a token,
into its exceptions. So these few requests are sent by our own transport.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from reblogbot.core.mastodon_json import account_address, text
from reblogbot.errors import RateLimited, Rejected, TargetError, Unauthorised, Unreachable
from reblogbot.ports import Identity
from reblogbot.targets.mastodon.responses import good_answer
from reblogbot.targets.mastodon.server_client import ServerClient
from reblogbot.targets.mastodon.server_info import ServerInfo
from reblogbot.targets.shared.answers import NoAnswer, ServerAnswer, words_of
from reblogbot.targets.shared.transport import origin
from reblogbot.words import Words

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect address of apps that the server shows the code to, for copying."""
_NAME = "reblogbot"
_MAX_TOKEN = 2000
# the key in the server's metadata (RFC 8414), and where Mastodon has it
_PATHS = {
    "app_registration_endpoint": "/api/v1/apps",
    "authorization_endpoint": "/oauth/authorize",
    "token_endpoint": "/oauth/token",
    "revocation_endpoint": "/oauth/revoke",
}


@dataclass(frozen=True, slots=True)
class App:
    """A registered app, by which a token is asked for and revoked."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and what it may do."""

    value: str = field(repr=False)
    scopes: tuple[str, ...]


def register(
    client: ServerClient, info: ServerInfo, redirect_uris: Sequence[str], scopes: Sequence[str]
) -> App:
    """A new app with these redirect addresses and scopes.

    Raises Rejected `app_refused` where the server refuses them.
    """
    form = {
        "client_name": _NAME,
        # one a line: all servers tried read them so, and not all read an array
        "redirect_uris": "\n".join(redirect_uris),
        "scopes": " ".join(scopes),
    }
    document = _post(client, _path(info, "app_registration_endpoint"), form, "app_refused")
    app = App(text(document, "client_id"), text(document, "client_secret"))
    if not app.client_id or not app.client_secret:
        raise Rejected(
            "app_refused",
            Words("{host}: registered no app: it sent no credentials", host=client.host),
        )
    return app


def authorize_url(
    info: ServerInfo, app: App, redirect_uri: str, scopes: Sequence[str], state: str, verifier: str
) -> str:
    """The address at which a person lets the app use the account."""
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{info.server}{_path(info, 'authorization_endpoint')}?{urlencode(query)}"


def exchange(
    client: ServerClient,
    info: ServerInfo,
    app: App,
    code: str,
    *,
    redirect_uri: str,
    verifier: str,
    scopes: Sequence[str],
) -> IssuedToken:
    """The token for a code; `scopes` were asked for. Raises Rejected `code_refused`."""
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    document = _post(client, _path(info, "token_endpoint"), form, "code_refused")
    token = document.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(rf"[!-~]{{1,{_MAX_TOKEN}}}", token):
        raise Rejected(
            "code_refused",
            Words("{host}: the answer to the code has no token in it", host=client.host),
        )
    granted = text(document, "scope").split()
    # RFC 6749, 5.1: left out where it is what was asked for
    return IssuedToken(token, tuple(granted or scopes))


def owner(client: ServerClient, token: str) -> Identity:
    """Whom a token speaks for.

    Raises Unauthorised where it is refused: `scope_missing` for 403, as Takahē answers to a token
    without the whole of `read`, `token_refused` for any other 4xx (snac answers 422).
    """
    outcome = client.get("/api/v1/accounts/verify_credentials", token)
    if isinstance(outcome, ServerAnswer) and 400 <= outcome.status < 500 and outcome.status != 429:
        slug = "scope_missing" if outcome.status == 403 else "token_refused"
        raise Unauthorised(
            slug,
            Words(
                "{host} refuses the token ({words})",
                host=client.host,
                words=words_of(outcome, token),
            ),
        )
    where = f"{client.host}, checking the token"
    me = good_answer(outcome, "verify", where=where, now=client.clock.now(), secret=token).json()
    return Identity(
        acct=text(me, "acct") or text(me, "username"),
        url=text(me, "url"),
        address=account_address(me),
        is_bot=me.get("bot") is True,
        extra=me,
    )


def revoke(client: ServerClient, info: ServerInfo, app: App, token: str) -> None:
    """Make the token worthless. Raises TargetError where the server does not confirm it."""
    form = {"client_id": app.client_id, "client_secret": app.client_secret, "token": token}
    outcome = client.post_form(_path(info, "revocation_endpoint"), form)
    if isinstance(outcome, NoAnswer) or not 200 <= outcome.status < 300:
        words = words_of(outcome, token)
        raise Rejected(
            "revoke_refused",
            Words("{host} did not revoke the token ({words})", host=client.host, words=words),
        )


def _post(
    client: ServerClient, path: str, form: Mapping[str, str], refusal: str
) -> Mapping[str, object]:
    """The JSON object in the answer to a form. Raises TargetError, with slug `refusal` for 4xx."""
    outcome = client.post_form(path, form)
    doing = _DOING[refusal]
    if isinstance(outcome, ServerAnswer) and 400 <= outcome.status < 500 and outcome.status != 429:
        secret = form.get("client_secret", "")
        raise Rejected(
            refusal,
            Words(
                "{host} refused {doing} ({words})",
                host=client.host,
                doing=doing,
                words=words_of(outcome, secret),
            ),
        )
    try:
        document = good_answer(
            outcome, "read", where=f"{client.host}, {doing}", now=client.clock.now()
        ).json()
    except (Unreachable, RateLimited):
        raise
    except TargetError as error:
        # not the body: it may hold a token
        words = outcome.reason if isinstance(outcome, NoAnswer) else f"HTTP {outcome.status}"
        raise Rejected(
            refusal,
            Words(
                "{host} failed at {doing} ({words}); try again",
                host=client.host,
                doing=doing,
                words=words,
            ),
        ) from error
    return document if isinstance(document, Mapping) else {}


_DOING = {
    "app_refused": "registering the app",
    "code_refused": "exchanging the code; codes are short-lived, and good for one try",
}


def _path(info: ServerInfo, name: str) -> str:
    """The path of an endpoint: the one that the server names on itself, else Mastodon's."""
    address = text(info.oauth, name)
    try:
        is_own = bool(address) and origin(address) == origin(info.server)
    except ValueError:
        is_own = False
    return (urlsplit(address).path or "/") if is_own else _PATHS[name]
