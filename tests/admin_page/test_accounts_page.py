"""The pages "Accounts": the list, an account's day and settings, and its login with the fediverse."""

import asyncio
import re
import stat
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
import requests

from consent import consent
from fediverse.profiles import PROFILES as SERVER_PROFILES
from fediverse.server import run_in_thread
from harness import items, wait_until
from reblogbot import app
from reblogbot.admin import login_attempt
from reblogbot.admin.login import account_for_login, token_lock

PROFILES = ["mastodon", "mastodon-4.6", "gotosocial", "snac", "takahe", "hollo", "pleroma"]


@pytest.fixture
def configured(bot, feeds, sandbox):
    """An account without a token, and one with a token."""
    sandbox.add_account("news", bot=True)
    lost = {"server": sandbox.url, "token_file": "lost.token", "allow_http": True}
    slow = {"pace": {"per_hour": 2, "per_day": 12, "quiet": ["22:00-06:30"]}}
    bot.configure(
        {"hot": {"url": feeds.url("/hot.xml"), "to": ["news"], "action": "post"}},
        {"news": bot.account("news", sandbox) | slow, "lost": lost},
    )
    return bot


def plain(text):
    """The text of a page, without tags and with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def authorize_url(text, words="Continue at"):
    return unescape(re.search(rf'href="([^"]+)"[^>]*>{words}', text)[1])


async def come_back(page, url, account="news", **changed):
    """Consent, and follow the redirect back to the page, in the same session."""
    parts = urlsplit(consent(url, account, **changed))
    assert f"{parts.scheme}://{parts.netloc}" == f"http://{page.address}"
    return await page.get(f"{parts.path}?{parts.query}")


async def begin(page, account="lost", **fields):
    """The page that leads to the server."""
    await page.get(f"/accounts/{account}")
    return await page.post(f"/accounts/{account}/login", fields)


def works(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/v1/accounts/verify_credentials"
    return requests.get(server.url + path, headers=headers, timeout=60).status_code == 200


def token_in(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text().strip()


def secrets_in(text):
    """Parameters of a login that should be in no text."""
    return re.findall(r"(?:code|state)=[\w%-]{8,}", text)


# the pages


async def test_the_list_shows_accounts_with_errors_first(page):
    answer = await page.get("/accounts")
    text = plain(answer.text)
    assert text.index("lost") < text.index("news")
    assert re.search(r"no token .*lost.token: No such file.* missing 0 of 1,000,000", text)
    assert "ok not tried 0 of 12 0 of 2" in text


async def test_an_account_that_the_admin_paused_does_not_look_broken(page):
    await page.get("/accounts/lost")
    version = page.site.tools.config_file().version
    answer = await page.post("/accounts/lost/pause", {"version": version})
    assert answer.messages == ["lost is paused: what is queued for it waits."]
    assert not app.load_config(page.bot.path).accounts["lost"].enabled
    assert "attention" not in (await page.get("/accounts")).text
    version = page.site.tools.config_file().version
    await page.post("/accounts/lost/resume", {"version": version})
    assert app.load_config(page.bot.path).accounts["lost"].enabled


async def test_a_pause_on_another_config_than_the_page_showed_is_refused(page):
    version = page.site.tools.config_file().version
    text = page.bot.path.read_text() + "# another admin\n"
    page.bot.path.write_text(text)
    answer = await page.post("/accounts/news/pause", {"version": version})
    assert answer.messages[0].startswith("The config was changed meanwhile")
    assert page.bot.path.read_text() == text


async def test_the_day_shows_quiet_hours_posts_and_the_slots_of_what_waits(page, clock, feeds):
    # a zone in which it is between 12 and 13 o'clock, so that all of it lies on one day
    zone = f"Etc/GMT{clock.now().hour - 12:+d}"
    text = page.bot.path.read_text().replace(
        '"22:00-06:30"]', f'"22:00-06:30"]\ntimezone = "{zone}"'
    )
    page.bot.path.write_text(text)
    feeds.show("/hot.xml", items(clock, "a", "b", "c"))
    await asyncio.to_thread(page.bot.sync)
    answer = await page.get("/accounts/news")
    text = plain(answer.text)
    assert "2 posted today 1 still planned today quiet 00:00–06:30, 22:00–24:00" in text
    assert "The day of the account: 2 posted, 1 planned" in text
    assert "12:00 2 0 13:00 0 1 14:00 0 0" in text
    assert 'x="91.67%" y="8" width="8.33%"' in answer.text
    assert re.search(r'class="day-planned" cx="5[4-8]\.\d+%"', answer.text)
    assert "2 of 2" in text
    assert "hourly limit" in text


async def test_check_now_shows_what_the_server_says(page, sandbox):
    await page.get("/accounts/news")
    answer = await page.post("/accounts/news/check")
    assert "works, as @news; 500 characters a post" in plain(answer.text)
    sandbox.revoke(token_in(page.bot.folder / "news.token"))
    answer = await page.post("/accounts/news/check")
    assert "The access token is invalid" in plain(answer.text), plain(answer.text)


async def test_the_password_of_a_blog_is_asked_for_on_a_terminal(bot, feeds, serve):
    blog = {
        "kind": "wordpress",
        "server": "https://blog.example",
        "user": "bot",
        "token_file": "blog.token",
    }
    bot.configure({"hot": {"url": feeds.url("/hot.xml")}}, {"blog": blog})
    page = await serve(bot)
    await page.log_in()
    text = (await page.get("/accounts/blog")).text
    assert "Run reblogbot login blog on a terminal for that." in plain(text)
    assert "Log in with the fediverse" not in text
    answer = await page.post("/accounts/blog/login", {})
    assert "run `reblogbot login blog` there" in answer.messages[0]


async def test_a_test_notice_says_what_came_of_each_channel(page):
    assert "The config names no way to notify you." in plain((await page.get("/accounts")).text)
    assert (await page.post("/notices/test")).messages[0].startswith("no notices are configured")
    with page.bot.path.open("a") as file:
        file.write('[notify]\ncommand = "/none"\naccount = "news"\nto = "@me@social.example"\n')
    answer = await page.post("/notices/test")
    first, second = answer.messages[0].splitlines()
    assert re.fullmatch(r"command: .*cannot be started.*", first)
    assert second == "direct post: sent"


@pytest.mark.parametrize(
    "path", ["/accounts/nobody", "/accounts/nobody/logout", "/accounts/%2F", "/accounts/%00"]
)
async def test_an_unknown_account_is_not_there(page, path):
    assert (await page.get(path)).status == 404
    assert (await page.post("/accounts/nobody/login")).status == 404


async def test_names_with_odd_letters_have_pages(page, sandbox):
    with page.bot.path.open("a") as file:
        for name in ("add", "login", "a/b", "数据?#%"):
            file.write(
                f'[accounts."{name}"]\nserver = "{sandbox.url}"\nallow_http = true\n'
                f'token_file = "odd.token"\n'
            )
    links = re.findall(r'<a href="(/accounts/[^"]+)"><bdi>', (await page.get("/accounts")).text)
    assert len(links) == 6
    for link in links:
        answer = await page.get(unescape(link))
        assert (answer.status, "Check now" in answer.text) == (200, True), link
        assert (await page.get(f"{link}/logout")).status == 200


async def test_first_steps_are_shown_until_there_is_a_source(page):
    assert "First steps" not in (await page.get("/accounts")).text
    page.bot.path.write_text("")
    for path in ("/", "/accounts"):
        answer = await page.get(path)
        assert "Log an account in" in answer.text
        assert "Add a source" in answer.text


# logging in


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("way", ["redirect", "code"])
async def test_every_kind_of_server_logs_in(page, profile, way):
    with run_in_thread(profile=profile) as server:
        server.add_account("news")
        await page.get("/accounts/login/new")
        fields = {"name": "papers", "server": server.url.removeprefix("http://")}
        answer = await page.post("/accounts/login/new", fields)
        assert answer.path == "/accounts/login/consent", answer.text
        assert SERVER_PROFILES[profile].software in answer.text
        if way == "redirect":
            answer = await come_back(page, authorize_url(answer.text))
        else:
            code = consent(authorize_url(answer.text, "Get a code at"))
            answer = await page.post("/accounts/login/code", {"code": f"{code}\n"})
        assert answer.path == "/accounts/papers", answer.text
        host = server.url.removeprefix("http://")
        assert answer.messages == [f"papers is logged in as @news@{host}."]
        assert "not marked as one; set the flag" in plain(answer.text)
        wanted = "read write:statuses" if profile == "takahe" else "read:accounts read:statuses"
        assert wanted in plain(answer.text)
        assert works(server, token_in(page.bot.folder / "papers.token"))
        assert app.load_config(page.bot.path).accounts["papers"].server == server.url
        answer = await page.post("/accounts/papers/logout")
        assert answer.messages == ["papers is logged out: its token is revoked and removed."]
        assert not (page.bot.folder / "papers.token").exists()


async def test_the_answer_of_the_server_needs_no_cookie_at_first(page, sandbox):
    """It comes from another site, so a browser keeps back our cookie, which is SameSite=Strict."""
    answer = await begin(page)
    address = consent(authorize_url(answer.text))
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(address, allow_redirects=False) as first,
    ):
        text = await first.text()
        assert first.status == 200
        # a new cookie would take the place of the admin's
        assert "Set-Cookie" not in first.headers
        assert first.headers["Referrer-Policy"] == "no-referrer"
        assert first.headers["Cache-Control"] == "no-store"
        target = unescape(re.search(r'content="0; url=([^"]+)"', text)[1])
        assert not (page.bot.folder / "lost.token").exists()
        async with stranger.get(f"http://{page.address}{target}") as second:
            assert second.status == 403
            text = await second.text()
            assert "so the account was not logged in" in text
            assert secrets_in(text) == []
    answer = await page.get(target)
    assert answer.path == "/accounts/lost"
    assert works(sandbox, token_in(page.bot.folder / "lost.token"))
    assert secrets_in(answer.text) == []


async def test_no_code_or_state_is_logged(page, caplog):
    caplog.set_level("DEBUG")
    answer = await begin(page)
    await come_back(page, authorize_url(answer.text))
    ours = [str(vars(record)) for record in caplog.records if record.name.startswith("reblogbot")]
    log = "\n".join([*ours, *map(str, page.site.tools.log.lines())])
    assert "lost is logged in as @news@" in log
    assert secrets_in(log) == []


async def test_a_login_that_is_denied_changes_nothing(page):
    before = page.bot.path.read_bytes()
    answer = await begin(page)
    answer = await come_back(page, authorize_url(answer.text), decision="deny")
    assert answer.path == "/accounts/lost"
    assert "the login was denied there; nothing changed" in answer.messages[0]
    assert not (page.bot.folder / "lost.token").exists()
    assert page.bot.path.read_bytes() == before
    # and it is over
    assert (await begin(page)).path == "/accounts/login/consent"


async def test_an_answer_with_another_state_is_refused_and_the_login_goes_on(page, sandbox):
    answer = await begin(page)
    url = authorize_url(answer.text)
    query = parse_qs(urlsplit(consent(url)).query)
    for state in ("forged", ""):
        forged = urlencode({"code": query["code"][0], "state": state})
        answer = await page.get(f"/accounts/login/callback?{forged}")
        assert answer.path == "/accounts/login/consent"
        assert "belongs to another login" in answer.messages[0]
    assert not (page.bot.folder / "lost.token").exists()
    answer = await come_back(page, url)
    assert works(sandbox, token_in(page.bot.folder / "lost.token"))


async def test_an_answer_that_comes_again_does_nothing(page, sandbox):
    answer = await begin(page)
    parts = urlsplit(consent(authorize_url(answer.text)))
    await page.get(f"{parts.path}?{parts.query}")
    token = token_in(page.bot.folder / "lost.token")
    answer = await page.get(f"{parts.path}?{parts.query}")
    assert answer.path == "/accounts"
    assert answer.messages[0].startswith("No login waits for this answer")
    assert token_in(page.bot.folder / "lost.token") == token
    assert works(sandbox, token)


@pytest.mark.parametrize(
    "query", ["", "code=", "code=a&state=b", "error=x&state=%00", f"code={'a' * 100_000}", "a=%zz"]
)
async def test_garbage_in_place_of_an_answer_is_told(page, query):
    answer = await begin(page)
    answer = await page.get(f"/accounts/login/callback?{query[:7000]}")
    assert answer.status == 200
    assert answer.messages
    assert not (page.bot.folder / "lost.token").exists()


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "no code was given"),
        ("wrong", "refused exchanging the code"),
        ("\x1b[31m", "refused exchanging the code"),
        ("http://127.0.0.1:9/callback?code=a&state=b", "belongs to another login"),
        ("x" * 200_000, "refused exchanging the code"),
    ],
)
async def test_a_code_that_is_none_is_told_and_may_be_pasted_again(page, sandbox, pasted, words):
    answer = await begin(page)
    url = authorize_url(answer.text, "Get a code at")
    answer = await page.post("/accounts/login/code", {"code": pasted})
    assert (answer.path, words in answer.messages[0]) == ("/accounts/login/consent", True)
    answer = await page.post("/accounts/login/code", {"code": consent(url)})
    assert answer.path == "/accounts/lost"
    assert works(sandbox, token_in(page.bot.folder / "lost.token"))


async def test_the_address_of_a_page_that_was_not_reached_may_be_pasted(page, sandbox):
    answer = await begin(page)
    answer = await page.post("/accounts/login/code", {"code": consent(authorize_url(answer.text))})
    assert works(sandbox, token_in(page.bot.folder / "lost.token"))


async def test_a_session_that_ends_meanwhile_ends_the_login(page):
    answer = await begin(page)
    url = authorize_url(answer.text)
    await page.post("/logout")
    await page.log_in()
    answer = await come_back(page, url)
    assert answer.messages[0].startswith("No login waits for this answer")
    assert not (page.bot.folder / "lost.token").exists()
    # nobody is kept out by it
    assert (await begin(page)).path == "/accounts/login/consent"


async def test_a_login_is_given_up_by_itself(page, monkeypatch):
    monkeypatch.setattr(login_attempt, "MAX_WAIT", 0.01)
    await begin(page)
    wait_until(lambda: not list(page.bot.folder.glob(".*.lock")), "the end of the login")
    answer = await page.post("/accounts/login/code", {"code": "any"})
    assert answer.messages[0].startswith("No login waits for this answer")


async def test_two_logins_of_an_account_at_once_the_second_is_told(page, cli):
    answer = await begin(page)
    url = authorize_url(answer.text)
    ran = cli("login", "lost", "--json", "--no-browser")
    assert ran.json["error"]["slug"] == "login_busy"
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        other = replace(page, session=session, csrf_token="")
        await other.log_in()
        answer = await begin(other)
        assert "another login or logout is under way" in answer.messages[0]
    assert (await come_back(page, url)).path == "/accounts/lost"
    await page.post("/accounts/login/cancel")


async def test_while_the_shell_logs_in_the_page_says_so(page):
    config = app.load_config(page.bot.path)
    with token_lock(account_for_login(config, "lost")):
        answer = await begin(page)
    assert answer.path == "/accounts/lost"
    assert "another login or logout is under way" in answer.messages[0]


async def test_another_login_in_the_same_session_takes_the_place_of_the_first(page):
    first = authorize_url((await begin(page)).text)
    second = authorize_url((await begin(page)).text)
    answer = await come_back(page, first)
    assert "belongs to another login" in answer.messages[0]
    assert (await come_back(page, second)).path == "/accounts/lost"


async def test_giving_up_lets_others_begin(page):
    await begin(page)
    answer = await page.post("/accounts/login/cancel")
    assert answer.messages == ["The login was given up; nothing changed."]
    assert not list(page.bot.folder.glob(".*.lock"))


async def test_a_token_that_works_is_kept_unless_another_is_wanted(page, sandbox):
    answer = await begin(page)
    await come_back(page, authorize_url(answer.text))
    first = token_in(page.bot.folder / "lost.token")
    answer = await begin(page)
    assert answer.path == "/accounts/lost"
    assert "Its token works and was kept." in answer.messages[0]
    answer = await begin(page, another="1")
    await come_back(page, authorize_url(answer.text))
    assert token_in(page.bot.folder / "lost.token") != first
    assert not works(sandbox, first)


async def test_another_person_than_before_is_told(page, sandbox):
    sandbox.add_account("other")
    answer = await begin(page)
    await come_back(page, authorize_url(answer.text))
    answer = await begin(page, another="1")
    answer = await come_back(page, authorize_url(answer.text), "other")
    assert "until now the account was @news@127.0.0.1" in plain(answer.text)


async def test_where_verifying_answers_403_wider_scopes_are_asked_for(page, sandbox):
    refusal = {"narrow_scopes": SERVER_PROFILES["takahe"].refusals["narrow_scopes"]}
    sandbox.adjust(version="3.5.3", api_version=None, has_nodeinfo=False, refusals=refusal)
    answer = await begin(page)
    answer = await come_back(page, authorize_url(answer.text))
    assert answer.messages == ["The server wants wider scopes. Please consent once more."]
    assert "read write:statuses write:media" in plain(answer.text)
    answer = await come_back(page, authorize_url(answer.text))
    assert answer.path == "/accounts/lost"
    assert works(sandbox, token_in(page.bot.folder / "lost.token"))


async def test_a_server_that_takes_no_redirect_shows_a_code(page, sandbox):
    # once for each choice of scopes
    sandbox.faults.add("status_before", "POST", "/api/v1/apps", status=422, times=3)
    answer = await begin(page)
    assert "This server does not lead back to this page" in plain(answer.text)
    assert "Continue at" not in answer.text
    code = consent(authorize_url(answer.text, "Get a code at"))
    assert (await page.post("/accounts/login/code", {"code": code})).path == "/accounts/lost"


async def test_a_server_that_is_down_is_named(page):
    await page.get("/accounts/login/new")
    answer = await page.post(
        "/accounts/login/new", {"name": "papers", "server": "http://127.0.0.1:1"}
    )
    assert answer.status == 400
    assert "no connection" in answer.messages[0]
    assert 'value="http://127.0.0.1:1"' in answer.text
    assert "papers" not in page.bot.path.read_text()


@pytest.mark.parametrize(
    ("name", "server", "words"),
    [
        ("", "social.example", "1 to 100 printable characters"),
        ("-x", "social.example", "must not begin with a dash"),
        ("papers", "http://social.example", "http:// would send the token unencrypted"),
        ("papers", "https://social.example/@news", "without a path"),
        ("papers", "", "is not a URL"),
        ("news", "https://other.example", "accounts.news is on http://127.0.0.1"),
        ("<script>", "<script>/x", "without a path"),
    ],
)
async def test_what_cannot_be_added_is_said(page, name, server, words):
    before = page.bot.path.read_bytes()
    await page.get("/accounts/login/new")
    answer = await page.post("/accounts/login/new", {"name": name, "server": server})
    assert (answer.status, words in plain(answer.text)) == (400, True), plain(answer.text)
    assert "<script>" not in answer.text.replace("<script src", "")
    assert page.bot.path.read_bytes() == before


async def test_a_token_file_that_cannot_be_written_is_told_before_anybody_consents(page, sandbox):
    (page.bot.folder / "lost.token").mkdir()
    answer = await begin(page)
    assert "is a folder; remove it" in answer.messages[0]
    assert ("POST", "/api/v1/apps") not in sandbox.requests


async def test_a_token_file_that_became_a_folder_leaves_no_token(page, sandbox):
    answer = await begin(page)
    (page.bot.folder / "lost.token").mkdir()
    answer = await come_back(page, authorize_url(answer.text))
    assert "cannot be written" in answer.messages[0]
    assert ("POST", "/oauth/revoke") in sandbox.requests


async def test_an_account_that_moved_meanwhile_is_left_alone(page, sandbox):
    answer = await begin(page)
    text = page.bot.path.read_text().replace('"lost.token"', '"elsewhere.token"')
    page.bot.path.write_text(text)
    answer = await come_back(page, authorize_url(answer.text))
    assert "was changed in the config meanwhile" in answer.messages[0]
    assert not (page.bot.folder / "lost.token").exists()
    assert not (page.bot.folder / "elsewhere.token").exists()


async def test_no_account_is_added_to_a_config_with_faults(page, sandbox):
    page.bot.path.write_text(f"{page.bot.path.read_text()}\n[sources.broken]\nkind = 3\n")
    await page.get("/accounts/login/new")
    answer = await page.post("/accounts/login/new", {"name": "papers", "server": sandbox.url})
    assert answer.status == 400
    assert ("POST", "/api/v1/apps") not in sandbox.requests
    # what is in the config can be logged in all the same
    answer = await begin(page)
    assert (await come_back(page, authorize_url(answer.text))).path == "/accounts/lost"


async def test_the_public_address_is_the_one_of_the_config(page):
    settings = page.site.settings.model_copy(update={"url": "http://bot.example:8330/"})
    page.site.settings = settings
    answer = await begin(page)
    query = parse_qs(urlsplit(authorize_url(answer.text)).query)
    assert query["redirect_uri"] == ["http://bot.example:8330/accounts/login/callback"]


# logging out


async def test_a_logout_says_so_when_the_server_would_not(page, sandbox):
    answer = await begin(page)
    await come_back(page, authorize_url(answer.text))
    sandbox.faults.add("status_before", "POST", "/oauth/revoke", status=503)
    assert "Log out lost?" in plain((await page.get("/accounts/lost/logout")).text)
    answer = await page.post("/accounts/lost/logout")
    assert "removed here, but may still be valid" in answer.messages[0]
    assert not (page.bot.folder / "lost.token").exists()
    answer = await page.post("/accounts/lost/logout")
    assert "there is no token to revoke" in answer.messages[0]


async def test_an_account_whose_token_is_elsewhere_is_not_logged_out_or_in(page):
    with page.bot.path.open("a") as file:
        file.write('[accounts.env]\nserver = "https://social.example"\ntoken_env = "NO_TOKEN"\n')
    assert "The page can log in accounts whose token is in a file" in plain(
        (await page.get("/accounts/env")).text
    )
    for answer in (await page.get("/accounts/env/logout"), await begin(page, "env")):
        assert "the environment variable NO_TOKEN" in answer.messages[0]


async def test_an_account_of_files_shows_its_folder_and_asks_for_no_login(serve, bot):
    account = {"kind": "files", "folder": "site/posts", "feed": "site/feed.xml"}
    bot.configure({}, {"archive": account})
    client = await serve(bot)
    await client.log_in()
    text = (await client.get("/accounts/archive")).text
    assert f"<code>{bot.folder}/site/posts</code>" in text
    assert f"<code>{bot.folder}/site/feed.xml</code>" in text
    for words in ("systemd", "Log in with", "application password", "Token"):
        assert words not in text
