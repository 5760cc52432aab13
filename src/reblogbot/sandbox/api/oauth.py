"""Apps, consent and tokens: the OAuth 2 of Mastodon, with PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from reblogbot.sandbox.auth import covers
from reblogbot.sandbox.pages import consent_page, message_page
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Account, App, Token
from reblogbot.sandbox.wire import Answer, Call, Refused, Reply, Route, as_json, refuse

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
CODE_LIFE = timedelta(minutes=10)
_PARTS = ("accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes")
_READ = (*_PARTS, "notifications", "search", "statuses")
_WRITE = (*_PARTS, "conversations", "media", "notifications", "reports", "statuses")
SCOPES = [
    "profile",
    *("read", *(f"read:{part}" for part in _READ)),
    *("write", *(f"write:{part}" for part in _WRITE)),
    *("follow", "push"),
]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for until it is traded in, once."""

    client_id: str
    account_id: str
    redirect_uri: str
    scopes: list[str]
    challenge: str
    until: datetime


def register(call: Call) -> Reply:
    redirects = "\n".join(str(uri) for uri in call.params.many("redirect_uris")).split()
    scopes = call.params.text("scopes", "read").split()
    if not call.params.text("client_name") or not redirects:
        raise refuse(No(422, words="Validation failed: Application name can't be blank"))
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        raise refuse(No(422, words=f"Validation failed: Scopes doesn't match: {' '.join(unknown)}"))
    app = App(
        id=str(call.world.rank()),
        name=call.params.text("client_name"),
        website=call.params.text("website"),
        redirect_uris=redirects,
        scopes=scopes,
        client_id=secrets.token_urlsafe(32),
        client_secret=secrets.token_urlsafe(32),
    )
    call.world.record("app", app)
    private = {"client_id": app.client_id, "client_secret": app.client_secret}
    return call.show.app(app) | private | {"client_secret_expires_at": 0}


def verify_app(call: Call) -> Reply:
    """The app behind a token, whether or not an account stands behind it too."""
    if call.token is None:
        raise refuse(call.profile.bad_token)
    app = next((a for a in call.world.state.apps.values() if a.name == call.token.app), None)
    plain = App("1", "sandbox", "", [OUT_OF_BAND], call.token.scopes, "", "")
    told = call.show.app(app or plain)
    return told if call.profile.tells_scopes else told | {"scopes": []}


def ask(call: Call) -> Reply:
    """The page on which somebody here lets an app in."""
    app, scopes = _asking(call)
    local = [account for account in call.world.state.accounts.values() if not account.host]
    return consent_page(call, app, scopes, local)


def _asking(call: Call) -> tuple[App, list[str]]:
    """The app that asks and the scopes it asks for. Refused with a page, never with a redirect."""
    app = call.world.state.apps.get(call.params.text("client_id"))
    scopes = call.params.text("scope", "read").split()
    if app is None:
        raise Refused(message_page(call, "Unknown app", "No app is registered under that id.", 401))
    if call.params.text("redirect_uri") not in app.redirect_uris:
        raise Refused(
            message_page(call, "Wrong address", "The app did not register this redirect.", 401)
        )
    if not all(covers(app.scopes, [scope]) for scope in scopes):
        raise Refused(
            message_page(call, "Wrong scopes", "The app did not register these scopes.", 401)
        )
    return app, scopes


def decide(call: Call) -> Reply:
    """Send the answer of the consent page to the app, as a code or as a refusal."""
    app, scopes = _asking(call)
    account = call.world.account(call.params.text("account"))
    if call.params.text("decision") != "allow" or account is None:
        return _sent_back(call, {"error": "access_denied"}, "The app was not let in.")
    code = secrets.token_urlsafe(24)
    call.world.grants[code] = Grant(
        client_id=app.client_id,
        account_id=account.id,
        redirect_uri=call.params.text("redirect_uri"),
        scopes=scopes,
        challenge=call.params.text("code_challenge"),
        until=call.world.now() + CODE_LIFE,
    )
    return _sent_back(call, {"code": code}, code)


def _sent_back(call: Call, told: dict[str, str], shown: str) -> Answer:
    redirect = call.params.text("redirect_uri")
    if redirect == OUT_OF_BAND and "code" not in told:
        return message_page(call, "Not let in", shown, 200)
    if redirect == OUT_OF_BAND:
        return message_page(call, "Copy this into the app", shown, 200, to_copy=True)
    if call.params.text("state"):
        told = told | {"state": call.params.text("state")}
    joint = "&" if "?" in redirect else "?"
    return Answer(b"", 302, headers={"Location": f"{redirect}{joint}{urlencode(told)}"})


def token(call: Call) -> Reply:
    """A token for whatever kind of grant is brought."""
    grants: dict[str, Callable[[Call, App], Token]] = {
        "authorization_code": _from_code,
        "client_credentials": _from_client,
        "password": _from_password,
    }
    kind = grants.get(call.params.text("grant_type"))
    if kind is None:
        raise _no("unsupported_grant_type")
    made = kind(call, _client(call))
    at = int(call.world.now().timestamp())
    scope = " ".join(made.scopes)
    return {"access_token": made.value, "token_type": "Bearer", "scope": scope, "created_at": at}


def _no(error: str, status: int = 400) -> Refused:
    return Refused(as_json({"error": error, "error_description": error.replace("_", " ")}, status))


def _client(call: Call) -> App:
    """The app by its id and secret, from the form or from basic authorisation."""
    name, secret = call.params.text("client_id"), call.params.text("client_secret")
    scheme, _, value = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = base64.b64decode(value).decode().partition(":")
    app = call.world.state.apps.get(name)
    if app is None or not secrets.compare_digest(app.client_secret, secret):
        raise _no("invalid_client", 401)
    return app


def _from_code(call: Call, app: App) -> Token:
    grant = call.world.grants.pop(call.params.text("code"), None)
    if grant is None or grant.client_id != app.client_id or grant.until < call.world.now():
        raise _no("invalid_grant")
    if grant.redirect_uri != call.params.text("redirect_uri"):
        raise _no("invalid_grant")
    digest = hashlib.sha256(call.params.text("code_verifier").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if grant.challenge and grant.challenge != proof:
        raise _no("invalid_grant")
    return call.world.add_token(call.world.state.accounts[grant.account_id], grant.scopes, app.name)


def _from_client(call: Call, app: App) -> Token:
    return call.world.add_token(None, _scopes(call, app), app.name)


def _from_password(call: Call, app: App) -> Token:
    """Nobody here has a password, so any will do: this server is for trying."""
    account: Account | None = call.world.account(call.params.text("username"))
    if account is None or account.host:
        raise _no("invalid_grant")
    return call.world.add_token(account, _scopes(call, app), app.name)


def _scopes(call: Call, app: App) -> list[str]:
    scopes = call.params.text("scope", "read").split()
    if not all(covers(app.scopes, [scope]) for scope in scopes):
        raise _no("invalid_scope")
    return scopes


def revoke(call: Call) -> Reply:
    spoken = call.params.text("token")
    app = _client(call)
    found = call.world.state.tokens.get(spoken)
    if found is not None and found.app != app.name:
        raise _no("unauthorized_client", 403)
    if found is not None:
        call.world.record("revoke", {"value": spoken})
    return {}


def about(call: Call) -> Reply:
    """RFC 8414."""
    origin = call.world.origin
    return {
        "issuer": f"{origin}/",
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials", "password"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }


ROUTES = (
    Route("POST", "/api/v1/apps", register),
    Route("GET", "/api/v1/apps/verify_credentials", verify_app),
    Route("GET", "/oauth/authorize", ask),
    Route("POST", "/oauth/authorize", decide),
    Route("POST", "/oauth/token", token),
    Route("POST", "/oauth/revoke", revoke),
    Route("GET", "/.well-known/oauth-authorization-server", about),
)
