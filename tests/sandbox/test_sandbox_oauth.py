"""Apps, consent, tokens and scopes."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from mastodon import Mastodon, MastodonAPIError, MastodonIllegalArgumentError
from sandbox_samples import OUT_OF_BAND, call, client

NEEDED = ["read:accounts", "read:statuses", "read:search", "write:statuses", "write:media"]
LOOPBACK = "http://127.0.0.1:9/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


@pytest.fixture
def app(sandbox):
    """A registered client, without a token."""
    sandbox.add_account("news")
    name, secret = Mastodon.create_app(
        "my bot", scopes=NEEDED, redirect_uris=[OUT_OF_BAND, LOOPBACK], api_base_url=sandbox.url
    )
    return Mastodon(client_id=name, client_secret=secret, api_base_url=sandbox.url)


def submit_consent(sandbox, app, **answers):
    """The answer to the form of the consent page."""
    form = {
        "client_id": app.client_id,
        "redirect_uri": LOOPBACK,
        "scope": " ".join(NEEDED),
        "account": "news",
        "decision": "allow",
    }
    return call(sandbox, "POST", "/oauth/authorize", token=None, data=form | answers)


def code_of(answer) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(sandbox, app, code, **fields):
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": LOOPBACK,
        "code": code,
    }
    return call(sandbox, "POST", "/oauth/token", token=None, data=form | fields)


def test_a_code_from_the_consent_page_becomes_a_token(sandbox, app):
    authorize_url = app.auth_request_url(scopes=NEEDED, redirect_uris=OUT_OF_BAND, allow_http=True)
    consent = call(sandbox, "GET", authorize_url.removeprefix(sandbox.url), token=None).text
    assert "my bot" in consent
    assert "write:media" in consent
    page = submit_consent(sandbox, app, redirect_uri=OUT_OF_BAND).text
    code = page.split('<output class="shown">')[1].split("<")[0]
    token = app.log_in(code=code, scopes=NEEDED, redirect_uri=OUT_OF_BAND, allow_http=True)
    assert app.me().acct == "news"
    assert app.app_verify_credentials().name == "my bot"
    assert app.app_verify_credentials().scopes == NEEDED
    assert token == app.access_token


def test_the_browser_is_redirected_with_code_and_state(sandbox, app):
    answer = submit_consent(sandbox, app, state="s&1")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(LOOPBACK + "?")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["s&1"]
    assert exchange(sandbox, app, code_of(answer)).json()["scope"] == " ".join(NEEDED)


def test_a_refusal_is_redirected_too(sandbox, app):
    answer = submit_consent(sandbox, app, decision="deny")
    assert "error=access_denied" in answer.headers["Location"]


def test_a_code_is_valid_once_and_for_ten_minutes(sandbox, app, clock):
    code = code_of(submit_consent(sandbox, app))
    assert exchange(sandbox, app, code).status_code == 200
    assert exchange(sandbox, app, code).json()["error"] == "invalid_grant"
    late = code_of(submit_consent(sandbox, app))
    clock.advance(minutes=11)
    assert exchange(sandbox, app, late).status_code == 400


@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("wrong", 400), ("", 400)])
def test_a_pkce_challenge_must_be_met(sandbox, app, verifier, status):
    code = code_of(submit_consent(sandbox, app, code_challenge=CHALLENGE.decode()))
    assert exchange(sandbox, app, code, code_verifier=verifier).status_code == status


@pytest.mark.parametrize(
    "changed",
    [{"client_id": "nobody"}, {"redirect_uri": "http://evil.example/"}, {"scope": "write:lists"}],
)
def test_a_request_with_unregistered_values_is_never_redirected(sandbox, app, changed):
    answer = submit_consent(sandbox, app, **changed)
    assert answer.status_code == 401
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "changed",
    [{"client_secret": "wrong"}, {"redirect_uri": OUT_OF_BAND}, {"grant_type": "implicit"}],
)
def test_a_code_is_exchanged_only_by_its_own_app(sandbox, app, changed):
    code = code_of(submit_consent(sandbox, app))
    assert exchange(sandbox, app, code, **changed).status_code in (400, 401)


def test_any_password_is_accepted(app):
    app.log_in("news", "anything", scopes=NEEDED, allow_http=True)
    assert app.me().acct == "news"
    with pytest.raises(MastodonIllegalArgumentError):
        app.log_in("nobody", "anything", scopes=NEEDED, allow_http=True)


def test_a_token_of_an_app_has_no_account(sandbox, app):
    basic = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    answer = call(
        sandbox,
        "POST",
        "/oauth/token",
        token=None,
        headers={"Authorization": f"Basic {basic}"},
        data={"grant_type": "client_credentials", "scope": "read:accounts"},
    )
    alone = client(sandbox, access_token=answer.json()["access_token"])
    assert alone.app_verify_credentials().name == "my bot"
    with pytest.raises(MastodonAPIError) as caught:
        alone.me()
    assert caught.value.args[1] == 422


def test_a_revoked_token_is_refused(sandbox, app):
    token = app.log_in("news", "x", scopes=NEEDED, allow_http=True)
    app.revoke_access_token(allow_http=True)
    path = "/api/v1/accounts/verify_credentials"
    assert call(sandbox, "GET", path, token).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["read"], "POST", "/api/v1/statuses", 403),
        (["write:statuses"], "GET", "/api/v1/accounts/verify_credentials", 403),
        (["profile"], "GET", "/api/v1/accounts/verify_credentials", 200),
        (["read:statuses"], "GET", "/api/v1/timelines/home", 200),
        (["read:statuses"], "GET", "/api/v1/lists", 403),
        (["read"], "GET", "/api/v1/notifications", 200),
        (["follow"], "GET", "/api/v1/accounts/relationships", 200),
        (["write"], "GET", "/api/v1/timelines/tag/x", 403),
    ],
)
def test_a_token_may_do_what_its_scopes_say(sandbox, scopes, method, path, status):
    sandbox.add_account("news")
    token = sandbox.add_token("news", scopes)
    answer = call(sandbox, method, path, token)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"] == "This action is outside the authorized scopes"


def test_an_unknown_scope_is_refused(sandbox):
    form = {"client_name": "x", "redirect_uris": OUT_OF_BAND, "scopes": "read fly"}
    assert call(sandbox, "POST", "/api/v1/apps", token=None, data=form).status_code == 422


def test_a_revoked_token_can_be_replaced_by_a_given_one(sandbox):
    first = sandbox.add_account("news")
    sandbox.revoke(first)
    second = sandbox.add_account("news", token="a-fixed-token")
    assert second == sandbox.add_account("news") == "a-fixed-token"
    assert client(sandbox, access_token=second).me().acct == "news"
