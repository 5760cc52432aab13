"""A token comes from its file, the environment or a systemd credential, and no message holds it."""

import json
import os

import pytest

from reblogbot.config.secrets import credential
from reblogbot.config.settings import AccountSettings
from reblogbot.config.tokens import granted_scopes, read_token, token_digest
from reblogbot.errors import Unauthorised

TOKEN = "s3cr3t-T0ken"


def account(**given):
    return AccountSettings(name="news", server="https://social.example", **given)


def missing(of, environ=None):
    with pytest.raises(Unauthorised) as raised:
        read_token(of, environ or {})
    assert raised.value.slug == "token_missing"
    assert TOKEN not in str(raised.value)
    assert str(raised.value).startswith("accounts.news: no token (")
    return str(raised.value)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config" / "news.token"


@pytest.fixture
def write(file):
    def write(content):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        return account(token_file=file)

    return write


@pytest.fixture
def given_credential(tmp_path):
    """Lets systemd hand over a credential; returns the environment of the service."""

    def give(name, content=TOKEN):
        folder = tmp_path / "credentials"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(content)
        return {"CREDENTIALS_DIRECTORY": str(folder)}

    return give


@pytest.mark.parametrize("around", ["{}", "{}\n", "  {}\r\n\n", "\ufeff{}\n"])
def test_a_token_file_holds_the_token_with_any_blanks_around(write, around):
    assert read_token(write(around.format(TOKEN).encode()), {}) == TOKEN


def test_a_changed_token_file_is_read_anew(write):
    assert read_token(write(b"old"), {}) == "old"
    assert read_token(write(b"new"), {}) == "new"


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_token_file_is_named(write, file, content):
    assert f"{file} is empty" in missing(write(content))


def test_a_missing_token_file_is_named(file):
    assert f"{file}: No such file or directory" in missing(account(token_file=file))


def test_the_command_that_gets_a_token_can_be_copied_whatever_the_name(tmp_path):
    of = AccountSettings(
        name="my bot", server="https://social.example", token_file=tmp_path / "none"
    )
    with pytest.raises(Unauthorised, match="`reblogbot login 'my bot'` gets one"):
        read_token(of, {})


def test_a_pipe_in_place_of_a_token_file_is_named_and_not_waited_for(file):
    file.parent.mkdir()
    os.mkfifo(file)
    assert f"{file}: is a pipe" in missing(account(token_file=file))


def test_a_folder_in_place_of_a_token_file_is_named(tmp_path):
    assert f"{tmp_path}: Is a directory" in missing(account(token_file=tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        f"{TOKEN}\nhttps://social.example\n".encode(),
        f"token = {TOKEN}".encode(),
        f"{TOKEN}\0".encode(),
        f"{TOKEN}é".encode(),
        TOKEN.encode() + b"\xff",
        f"{TOKEN}\r\nX-Other: 1".encode(),
    ],
)
def test_a_file_that_holds_more_than_a_token_is_refused(write, content):
    assert "must hold the token and nothing else" in missing(write(content))


def test_a_token_may_stand_in_the_environment():
    assert read_token(account(token_env="NEWS"), {"NEWS": f" {TOKEN}\n"}) == TOKEN


@pytest.mark.parametrize("environ", [{}, {"NEWS": ""}, {"NEWS": " "}])
def test_an_unset_variable_is_named(environ):
    assert "the environment variable NEWS is not set" in missing(account(token_env="NEWS"), environ)


@pytest.mark.parametrize("name", ["news.token", "news"])
def test_a_credential_of_the_files_or_the_accounts_name_replaces_the_file(
    file, given_credential, name
):
    assert read_token(account(token_file=file), given_credential(name)) == TOKEN


def test_a_credential_of_the_accounts_name_is_enough(given_credential):
    assert read_token(account(), given_credential("news")) == TOKEN


def test_a_readable_file_goes_before_a_credential_so_that_a_renewed_token_counts(
    write, given_credential
):
    assert read_token(write(b"renewed"), given_credential("news.token")) == "renewed"


def test_without_any_word_on_a_token_the_keys_are_named():
    assert "neither token_file nor token_env is set" in missing(account())


@pytest.mark.parametrize("name", ["", "..", ".", "../news", "a/b", "a\0b", "missing"])
def test_no_name_leads_out_of_the_credentials_folder(given_credential, tmp_path, name):
    environ = given_credential("other")
    (tmp_path / "news").write_text(TOKEN)
    assert credential(name, environ) is None


# the scopes kept beside it


def kept(token=TOKEN, scope="read write:statuses"):
    return json.dumps({"token": token_digest(token), "scope": scope}).encode()


def test_scopes_are_kept_beside_the_token_file(write, file):
    owner = write(TOKEN.encode())
    assert granted_scopes(owner, TOKEN, {}) == ()
    file.with_name("news.token.json").write_bytes(kept())
    assert granted_scopes(owner, TOKEN, {}) == ("read", "write:statuses")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 9_000,
        b'{"scope": "read"}',
        kept(token="another"),
        kept(scope=["read"]),
        kept(scope=None),
        kept(scope="read " * 4_000),
    ],
)
def test_scopes_that_are_not_those_of_this_token_are_not_known(write, file, content):
    owner = write(TOKEN.encode())
    file.with_name("news.token.json").write_bytes(content)
    assert granted_scopes(owner, TOKEN, {}) == ()


def test_scopes_come_with_a_credential_too(given_credential):
    environ = given_credential("news")
    given_credential("news.json", kept().decode())
    assert granted_scopes(account(), TOKEN, environ) == ("read", "write:statuses")


def test_the_digest_kept_does_not_tell_the_token():
    assert TOKEN not in kept().decode()
    assert token_digest(TOKEN) != token_digest(TOKEN + "x")


def test_a_token_is_found_in_a_folder_that_systemd_hands_over_whole(tmp_path):
    """`LoadCredential=reblogbot:/etc/credstore/reblogbot` serves any number of accounts."""
    (tmp_path / "reblogbot_news.token").write_text(TOKEN)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_token(account(token_file=tmp_path / "etc" / "news.token"), environ) == TOKEN
    assert credential("more.token", environ) is None
    (tmp_path / "news.token").write_text(f"{TOKEN}-of-its-own")
    assert credential("news.token", environ) == tmp_path / "news.token"
