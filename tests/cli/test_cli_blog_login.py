"""`login`, `logout`, `accounts list` and `check --online` of a blog."""

import base64
import io
import json
import stat

import pytest

from reblogbot.cli import login_dialog
from reblogbot.config.tokens import TokenRecord, write_token
from scripted_server import ScriptedServer, says

PASSWORD = "abcd EFGH ijkl MNOP qrst UVWX"
PLAIN = PASSWORD.replace(" ", "")
API = "/wp-json/wp/v2"
ME = {
    "id": 3,
    "username": "bot",
    "link": "https://b.example/author/bot",
    "capabilities": {"edit_posts": True, "publish_posts": True},
}
INTROSPECT = f"{API}/users/me/application-passwords/introspect"
REFUSED = {"code": "rest_not_logged_in", "message": "no", "data": {"status": 401}}


def only_with(password, value):
    """Answers this to requests with the password, and 401 to others."""
    pair = base64.b64encode(f"bot:{password}".encode()).decode()

    def reply(conn, request, stopped):
        is_right = request.headers.get("authorization") == f"Basic {pair}"
        (says(200, value) if is_right else says(401, REFUSED))(conn, request, stopped)

    return reply


@pytest.fixture
def site():
    with ScriptedServer() as server:
        server.on("GET", "/wp-json/", says(200, {"namespaces": ["wp/v2"]}))
        server.on("GET", f"{API}/users/me", only_with(PLAIN, ME))
        server.on("GET", INTROSPECT, says(200, {"uuid": "u-1"}))
        server.on(
            "DELETE", f"{API}/users/me/application-passwords/u-1", says(200, {"deleted": True})
        )
        yield server


@pytest.fixture
def blog(bot, feeds, site):
    account = {
        "kind": "wordpress",
        "server": site.url,
        "user": "bot",
        "token_file": "blog.token",
        "allow_http": True,
    }
    bot.configure({"feed": {"url": feeds.show("/feed", [])}}, {"blog": account})
    return bot


@pytest.fixture
def types(monkeypatch):
    """Puts lines on standard input."""

    def put(*lines):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return put


def test_a_password_is_asked_for_tried_and_stored_for_this_user_alone(blog, cli, site, types):
    types(PASSWORD)
    result = cli("login", "blog")
    assert result.code == 0, result.err
    assert f"{site.url}/wp-admin/authorize-application.php?app_name=reblogbot" in result.out
    assert f"accounts.blog is logged in as bot@127.0.0.1:{site.port}" in result.out
    assert PLAIN not in result.out + result.err
    file = blog.folder / "blog.token"
    assert file.read_text() == f"{PLAIN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_program_gets_documents_only(blog, cli, site, types, capsys):
    types(PASSWORD)
    result = cli("login", "blog", "--json")
    documents = [json.loads(line) for line in result.out.splitlines()]
    assert documents[0].keys() == {"authorize_url"}
    assert documents[1]["acct"] == f"bot@127.0.0.1:{site.port}"
    assert (documents[1]["software"], documents[1]["kept"]) == ("wordpress", False)


def test_a_wrong_password_changes_nothing(blog, cli, types):
    types("wrong")
    result = cli("login", "blog")
    assert result.code == 1
    assert "refuses the application password" in result.err
    assert not (blog.folder / "blog.token").exists()


def test_without_a_password_nothing_changes(blog, cli, types):
    types()
    assert cli("login", "blog").code == 1
    types("")
    assert "no application password" in cli("login", "blog").err
    assert not (blog.folder / "blog.token").exists()


def test_a_person_at_a_terminal_may_try_again_and_is_not_watched(blog, cli, monkeypatch):
    answers = iter(["wrong", PASSWORD])
    monkeypatch.setattr(login_dialog, "is_interactive", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    result = cli("login", "blog")
    assert result.code == 0
    assert "Please try once more." in result.out


def test_a_password_that_works_is_kept(blog, cli, types, site):
    blog.set_token("blog", PASSWORD)
    types()
    assert "was kept" in cli("login", "blog").out
    blog.set_token("blog", "wrong")
    types(PASSWORD)
    assert "is logged in as" in cli("login", "blog").out


def test_another_password_revokes_the_earlier_one(blog, cli, types, site):
    write_token(blog.folder / "blog.token", "earlier", TokenRecord(server=site.url))
    types(PASSWORD)
    result = cli("login", "blog", "--force")
    assert (result.code, "warning" in result.out) == (0, False)
    assert len(site.asked("DELETE", f"{API}/users/me/application-passwords/u-1")) == 1


def test_a_dry_run_asks_nobody(blog, cli, site):
    assert "would ask for an application password of bot" in cli("login", "blog", "--dry-run").out
    plan = cli("login", "blog", "--dry-run", "--json").json
    assert (plan["software"], plan["scopes"]) == ("wordpress", [])
    assert site.seen == []


def test_a_login_to_another_server_is_refused(blog, cli):
    result = cli("login", "blog", "--server", "https://other.example")
    assert result.code == 2
    assert "leave out --server" in result.err


def test_a_logout_revokes_the_password_and_removes_its_file(blog, cli, site):
    blog.set_token("blog", PASSWORD)
    assert cli("logout", "blog").code == 0
    assert len(site.asked("DELETE", f"{API}/users/me/application-passwords/u-1")) == 1
    assert not (blog.folder / "blog.token").exists()


def test_a_password_that_cannot_be_revoked_is_told(blog, cli, site):
    blog.set_token("blog", PASSWORD)
    site.on("GET", INTROSPECT, says(404, {"code": "rest_no_route"}))
    result = cli("logout", "blog")
    assert result.code == 1
    assert "below Application Passwords" in " ".join(result.out.split())
    assert not (blog.folder / "blog.token").exists()


def test_accounts_and_checks_show_the_user(blog, cli, site):
    blog.set_token("blog", PASSWORD)
    (row,) = cli("accounts", "list", "--online", "--json").json["accounts"]
    assert (row["token"], row["software"]) == ("works", "wordpress")
    assert row["acct"] == f"bot@127.0.0.1:{site.port}"
    result = cli("check", "--online")
    assert result.code == 0, result.err
    assert "works, as bot" in result.out + result.err
    assert "may not upload files" in result.out + result.err
    assert "marked as a bot" not in result.out + result.err
    blog.set_token("blog", "wrong")
    (row,) = cli("accounts", "list", "--online", "--json").json["accounts"]
    assert row["token"] == "refused"
    assert cli("check", "--online").code == 1


@pytest.mark.parametrize("command", ["login", "logout"])
def test_a_folder_needs_no_login(bot, feeds, cli, command):
    archive = {"kind": "files", "folder": str(bot.folder / "posts")}
    bot.configure({"feed": {"url": feeds.show("/feed", [])}}, {"archive": archive})
    result = cli(command, "archive")
    assert result.code == 2
    assert "accounts.archive is a folder, which needs no login" in result.err
