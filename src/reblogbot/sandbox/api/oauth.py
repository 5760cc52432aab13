"""Apps, consent and tokens: Mastodon's OAuth 2, with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from reblogbot.sandbox.answers import Answer, Refused, Reply, json_answer
from reblogbot.sandbox.auth import covers
from reblogbot.sandbox.call import Call, Route, refused
from reblogbot.sandbox.pages import consent_page, message_page
from reblogbot.sandbox.profiles import Refusal
from reblogbot.sandbox.records import App, Token

_OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_CODE_LIFETIME = timedelta(minutes=10)
_AREAS = ("accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes")
_READ = (*_AREAS, "notifications", "search", "statuses")
_WRITE = (*_AREAS, "conversations", "media", "notifications", "reports", "statuses")
SCOPES = [
    "profile",
    *("read", *(f"read:{area}" for area in _READ)),
    *("write", *(f"write:{area}" for area in _WRITE)),
    *("follow", "push"),
]


@dataclass(frozen=True, slots=True)
class Grant:
    """The authorization that an issued code stands for until it is exchanged for a token."""

    client_id: str
    account_id: str
    redirect_uri: str
    scopes: list[str]
    challenge: str
    expires_at: datetime


def register(call: Call) -> Reply:
    redirects = "\n".join(str(uri) for uri in call.params.many("redirect_uris")).split()
    scopes = call.params.text("scopes", "read").split()
    if not call.params.text("client_name") or not redirects:
        raise refused(Refusal(422, message="Validation failed: Application name can't be blank"))
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        message = f"Validation failed: Scopes doesn't match: {' '.join(unknown)}"
        raise refused(Refusal(422, message=message))
    app = App(
        id=str(call.instance.new_rank()),
        name=call.params.text("client_name"),
        website=call.params.text("website"),
        redirect_uris=redirects,
        scopes=scopes,
        client_id=secrets.token_urlsafe(32),
        client_secret=secrets.token_urlsafe(32),
    )
    call.instance.record("app", app)
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return call.entities.app(app) | credentials | {"client_secret_expires_at": 0}


def verify_app(call: Call) -> Reply:
    """The app of a token, which needs no account.

    The sandbox's own tokens may do everything and name no scopes here, so that `check --online`
    does not warn of their power.
    """
    if call.token is None:
        raise call.refused("bad_token")
    name = call.token.app
    app = next((app for app in call.instance.state.apps.values() if app.name == name), None)
    return call.entities.app(app or App("1", "sandbox", "", [_OUT_OF_BAND], [], "", ""))


def ask_consent(call: Call) -> Reply:
    """The page on which an account of the sandbox authorizes an app."""
    app, scopes = _authorization_request(call)
    accounts = call.instance.state.accounts.values()
    return consent_page(call, app, scopes, [account for account in accounts if not account.host])


def _authorization_request(call: Call) -> tuple[App, list[str]]:
    """The requesting app and the scopes it requests. Refused with a page, never by a redirect."""
    app = call.instance.state.apps.get(call.params.text("client_id"))
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
    """Send the decision of the consent page to the app, as a code or as an error."""
    app, scopes = _authorization_request(call)
    account = call.instance.find_account(call.params.text("account"))
    if call.params.text("decision") != "allow" or account is None:
        return _redirect(call, {"error": "access_denied"}, "The app was not authorized.")
    code = secrets.token_urlsafe(24)
    call.instance.grants[code] = Grant(
        client_id=app.client_id,
        account_id=account.id,
        redirect_uri=call.params.text("redirect_uri"),
        scopes=scopes,
        challenge=call.params.text("code_challenge"),
        expires_at=call.instance.now() + _CODE_LIFETIME,
    )
    return _redirect(call, {"code": code}, code)


def _redirect(call: Call, params: dict[str, str], message: str) -> Answer:
    """A redirect to the app with `params`, or a page with the message for an app without one."""
    redirect_uri = call.params.text("redirect_uri")
    if redirect_uri == _OUT_OF_BAND:
        has_code = "code" in params
        title = "Copy this into the app" if has_code else "Not authorized"
        return message_page(call, title, message, 200, to_copy=has_code)
    if call.params.text("state"):
        params = params | {"state": call.params.text("state")}
    separator = "&" if "?" in redirect_uri else "?"
    location = f"{redirect_uri}{separator}{urlencode(params)}"
    return Answer(b"", 302, headers={"Location": location})


def issue_token(call: Call) -> Reply:
    """A token for one of the supported kinds of grant."""
    grants: dict[str, Callable[[Call, App], Token]] = {
        "authorization_code": _from_code,
        "client_credentials": _from_client,
        "password": _from_password,
    }
    grant = grants.get(call.params.text("grant_type"))
    if grant is None:
        raise _oauth_error("unsupported_grant_type")
    token = grant(call, _client(call))
    return {
        "access_token": token.value,
        "token_type": "Bearer",
        "scope": " ".join(token.scopes),
        "created_at": int(call.instance.now().timestamp()),
    }


def _oauth_error(error: str, status: int = 400) -> Refused:
    body = {"error": error, "error_description": error.replace("_", " ")}
    return Refused(json_answer(body, status))


def _client(call: Call) -> App:
    """The app by its id and secret, from the form or from basic authentication."""
    client_id, secret = call.params.text("client_id"), call.params.text("client_secret")
    scheme, _, value = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
    app = call.instance.state.apps.get(client_id)
    if app is None or not secrets.compare_digest(app.client_secret, secret):
        raise _oauth_error("invalid_client", 401)
    return app


def _from_code(call: Call, app: App) -> Token:
    grant = call.instance.grants.pop(call.params.text("code"), None)
    if grant is None or grant.client_id != app.client_id or grant.expires_at < call.instance.now():
        raise _oauth_error("invalid_grant")
    if grant.redirect_uri != call.params.text("redirect_uri"):
        raise _oauth_error("invalid_grant")
    digest = hashlib.sha256(call.params.text("code_verifier").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if grant.challenge and grant.challenge != challenge:
        raise _oauth_error("invalid_grant")
    return call.instance.add_token(
        call.instance.state.accounts[grant.account_id], grant.scopes, app.name
    )


def _from_client(call: Call, app: App) -> Token:
    return call.instance.add_token(None, _scopes(call, app), app.name)


def _from_password(call: Call, app: App) -> Token:
    """Accounts of the sandbox have no passwords, so that any password is accepted."""
    account = call.instance.find_account(call.params.text("username"))
    if account is None or account.host:
        raise _oauth_error("invalid_grant")
    return call.instance.add_token(account, _scopes(call, app), app.name)


def _scopes(call: Call, app: App) -> list[str]:
    scopes = call.params.text("scope", "read").split()
    if not all(covers(app.scopes, [scope]) for scope in scopes):
        raise _oauth_error("invalid_scope")
    return scopes


def revoke(call: Call) -> Reply:
    app = _client(call)
    token = call.instance.state.tokens.get(call.params.text("token"))
    if token is not None and token.app != app.name:
        raise _oauth_error("unauthorized_client", 403)
    if token is not None:
        call.instance.revoke_token(token.value)
    return {}


def metadata(call: Call) -> Reply:
    """The metadata of the authorization server (RFC 8414)."""
    origin = call.instance.origin
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
    Route("GET", "/oauth/authorize", ask_consent),
    Route("POST", "/oauth/authorize", decide),
    Route("POST", "/oauth/token", issue_token),
    Route("POST", "/oauth/revoke", revoke),
    Route("GET", "/.well-known/oauth-authorization-server", metadata),
)
