"""What attackers may try on the admin's page, and what it does about it (SECURITY.md)."""

import asyncio
import base64
import hashlib
import logging
import re
import threading
from contextlib import suppress
from html import unescape

import aiohttp
import pytest

from admin_page_client import PASSWORD
from harness import items
from reblogbot.admin import password as passwords
from reblogbot.admin.password import remove_password, write_password
from reblogbot.admin.server import MAX_CONNECTIONS
from reblogbot.admin_page import sessions, site
from reblogbot.admin_page.forms import MAX_FIELDS, MAX_PARTS
from reblogbot.admin_page.request import MAX_BODY, MAX_FILE, Page, Redirect, Route
from reblogbot.admin_page.sessions import LoginDelays, Sessions, plain_address
from reblogbot.admin_page.views import ROUTES
from reblogbot.errors import ReblogbotError, StoreError

POSTS = sorted(
    {re.sub(r"\{\w+(:[^}]*)?\}", "1", route.path) for route in ROUTES if route.method == "POST"}
)
OWN_POSTS = ["/login", "/login/again", "/logout", "/language"]


@pytest.fixture
def uptime(monkeypatch):
    """The seconds by which sessions and delays go."""

    class Seconds:
        now = 1_000_000.0

    monkeypatch.setattr(sessions, "uptime", lambda: Seconds.now)
    return Seconds


async def exchange(client, request):
    """All that the server answers to these bytes."""
    reader, writer = await asyncio.open_connection(*client.address.split(":"))
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):
        answer = await reader.read()
    writer.close()
    return answer


def request_line(client, target, method="GET", headers=""):
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in client.session.cookie_jar)
    host = f"Host: {client.address}\r\nCookie: {cookies}\r\n"
    return f"{method} {target} HTTP/1.1\r\n{host}{headers}\r\n".encode()


def session_cookie(client, name="reblogbot_session"):
    return {cookie.key: cookie for cookie in client.session.cookie_jar}[name].value


async def set_cookies(client, path="/login", **headers):
    """The Set-Cookie headers of an answer, by the names of their cookies."""
    async with client.session.get(
        f"http://{client.address}{path}", headers=headers, allow_redirects=False
    ) as answer:
        lines = answer.headers.getall("Set-Cookie", [])
    return {line.partition("=")[0]: line for line in lines}


def configure(bot, sandbox, **admin):
    bot.configure({}, {"news": (sandbox, "")}, admin=admin)
    return bot


def troubles(caplog):
    """What the log says that an admin would have to look after."""
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


# headers


REQUESTS = [
    "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET /login HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET /nowhere HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "GET /static/0/page.js HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "DELETE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: {host}\r\nX: 5ecr3t\x00\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: {host}\r\nCookie: " + "5ecr3t" * 3000 + "\r\n\r\n",
    "5ecr3t\r\n\r\n",
]
HEADERS = [
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Content-Security-Policy: default-src 'none'",
    "frame-ancestors 'none'",
    "Referrer-Policy: same-origin",
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Resource-Policy: same-origin",
    "Permissions-Policy: camera=()",
]


async def test_every_answer_is_hardened_and_repeats_nothing(page, caplog):
    for request in REQUESTS:
        answer = (await exchange(page, request.format(host=page.address).encode())).decode()
        head, _, body = answer.partition("\r\n\r\n")
        for header in HEADERS:
            assert header in head, request
        servers = [line for line in head.splitlines() if line.startswith("Server:")]
        assert servers == ["Server: reblogbot"], request
        assert "5ecr3t" not in body
    assert "5ecr3t" not in caplog.text
    assert troubles(caplog) == []


async def test_pages_run_no_script_but_ours(page):
    policy = (await page.get("/")).headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "'none'")
    assert "unsafe" not in policy


async def test_only_static_files_that_are_current_may_be_kept(page):
    text = (await page.get("/")).text
    address = re.search(r'src="(/static/[^"]+)"', text)[1]
    assert "immutable" in (await page.get(address)).headers["Cache-Control"]
    assert (await page.get("/static/0/page.js")).headers["Cache-Control"] == "no-store"
    for name in ("..%2fsite.py", "%2e%2e/site.py", "page.py", "page.js%00.css", "x.js"):
        assert (await page.get(f"/static/0/{name}")).status == 404


async def test_other_methods_are_refused(page):
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "FOO"):
        answer = await exchange(page, request_line(page, "/queue", method))
        assert re.match(rb"HTTP/1\.[01] (405|400) ", answer), method


# cookies and sessions


async def test_cookies_are_for_this_site_alone_and_no_script_sees_them(serve, configured):
    cookies = await set_cookies(await serve(configured))
    assert list(cookies) == ["reblogbot_session"]
    attributes = cookies["reblogbot_session"].split("; ")[1:]
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Strict"]


@pytest.mark.parametrize(
    ("url", "name", "path"),
    [
        ("https://bots.example/", "__Host-reblogbot_session", "/"),
        ("https://example.org/bots", "__Secure-reblogbot_session", "/bots/"),
    ],
)
async def test_behind_https_cookies_are_sent_by_https_alone(serve, bot, sandbox, url, name, path):
    client = await serve(configure(bot, sandbox, url=url))
    cookies = await set_cookies(client)
    assert list(cookies) == [name]
    attributes = cookies[name].split("; ")[1:]
    assert sorted(attributes) == ["HttpOnly", f"Path={path}", "SameSite=Strict", "Secure"]
    # a page without TLS can set a cookie of the plain name; it counts for nothing
    planted = await set_cookies(client, Cookie=f"reblogbot_session={'a' * 43}")
    assert "a" * 43 not in planted[name]


async def test_the_log_in_begins_a_session_with_another_token(serve, configured):
    client = await serve(configured)
    planted = "a" * 43
    cookie = f"reblogbot_session={planted}"
    assert planted in (await set_cookies(client, Cookie=cookie))["reblogbot_session"]
    await client.get("/login", Cookie=cookie)
    client.session.cookie_jar.clear()
    fields = {"name": "admin", "password": PASSWORD}
    assert (await client.post("/login", fields, Cookie=cookie)).status == 200
    assert session_cookie(client) != planted
    assert (await client.get("/queue")).path == "/queue"
    client.session.cookie_jar.clear()
    assert (await client.get("/queue", Cookie=cookie)).path.startswith("/login")


async def test_a_token_that_we_never_made_is_not_sent_back(serve, configured):
    client = await serve(configured)
    for token in ('"a\\012Set-Cookie: x=1"', "a" * 42, "a" * 2000, "ä" * 43):
        headers = f"Host: {client.address}\r\nCookie: reblogbot_session={token}\r\n"
        answer = await exchange(client, f"GET /login HTTP/1.1\r\n{headers}\r\n".encode())
        assert re.search(rb"Set-Cookie: reblogbot_session=([\w-]{43});", answer), token
        assert b"x=1" not in answer


def test_a_session_ends_when_it_is_not_used_and_after_a_week(uptime):
    all_sessions = Sessions()
    session = all_sessions.begin("admin")
    for _ in range(14):
        uptime.now += sessions.MAX_IDLE - 1
        assert all_sessions.find(session.token) is session
    uptime.now += sessions.MAX_IDLE - 1
    assert all_sessions.find(session.token) is None
    session = all_sessions.begin("admin")
    uptime.now += sessions.MAX_IDLE + 1
    assert all_sessions.find(session.token) is None


def test_there_are_so_many_sessions_and_no_more():
    all_sessions = Sessions()
    first = all_sessions.begin("admin")
    used = all_sessions.begin("admin")
    for _ in range(sessions.MAX_SESSIONS - 1):
        all_sessions.find(used.token)
        last = all_sessions.begin("admin")
    assert all_sessions.find(first.token) is None
    assert all_sessions.find(used.token) is used
    assert all_sessions.find(last.token) is last


async def test_after_the_log_out_the_browser_has_another_token(page):
    token = session_cookie(page)
    await page.get("/")
    await page.post("/logout")
    assert session_cookie(page) != token


@pytest.mark.parametrize("change", ["set", "set another", "remove"])
async def test_a_change_of_passwords_ends_all_sessions(page, change):
    file = page.bot.folder / "page.passwords"
    assert (await page.get("/queue")).path == "/queue"
    if change == "set":
        write_password(file, "admin", "another password")
    elif change == "set another":
        write_password(file, "bob", "another password")
    else:
        remove_password(file, "admin")
    answer = await page.get("/queue")
    if change == "remove":
        # without any admin there is no page
        assert answer.status == 404
    else:
        assert answer.path.startswith("/login")


async def test_a_log_in_by_a_password_that_was_just_changed_fails(page, monkeypatch):
    """Another request notices the change while the old password is still being checked."""
    verify = page.site.passwords.verify

    def verify_slowly(name, password):
        is_right = verify(name, password)
        write_password(page.bot.folder / "page.passwords", "admin", "another password")
        assert page.site.passwords.have_changed()
        return is_right

    await page.get("/")
    await page.post("/logout")
    monkeypatch.setattr(page.site.passwords, "verify", verify_slowly)
    assert (await page.log_in()).status == 403
    assert (await page.get("/queue")).path.startswith("/login")


# other sites


async def test_no_change_without_the_forms_token(page):
    for path in (*POSTS, *OWN_POSTS):
        for token in ("", "0" * 64, "ä"):
            page.csrf_token = token
            answer = await page.post(path, {"name": "admin", "password": PASSWORD})
            assert answer.status == 403, path
    assert (await page.get("/queue")).path == "/queue"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://[::1"},
    {"Origin": "http://{host}@evil.example"},
    {"Origin": "http://{host}.evil.example"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]
OWN = [
    {"Origin": "http://{host}"},
    {"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {},
]


def with_host(headers, host):
    return {name: value.format(host=host) for name, value in headers.items()}


async def test_a_form_of_another_site_is_refused(page):
    for headers in FOREIGN:
        for path in OWN_POSTS:
            await page.get("/")
            fields = {"name": "admin", "password": PASSWORD}
            answer = await page.post(path, fields, **with_host(headers, page.address))
            assert answer.status == 403, (headers, path)
    assert (await page.get("/queue")).path == "/queue"


async def test_a_form_of_ours_is_taken(page):
    for headers in OWN:
        await page.get("/queue")
        answer = await page.post("/language", **with_host(headers, page.address))
        assert answer.path == "/", headers


async def test_behind_a_proxy_that_changes_the_host_the_url_counts(serve, bot, sandbox):
    client = await serve(configure(bot, sandbox, url="http://bots.example:8443/"))
    await client.get("/login")
    fields = {"name": "admin", "password": PASSWORD}
    refused = await client.post("/login", fields, Origin="http://bots.example")
    assert refused.status == 403
    await client.get("/login")
    answer = await client.post("/login", fields, Origin="http://bots.example:8443")
    assert (answer.status, answer.path) == (200, "/")


async def test_nobody_can_be_logged_in_by_another_sites_form(serve, configured):
    """The attacker has a token of his own, but the visitor's browser has another cookie."""
    client = await serve(configured)
    await client.get("/login")
    token = client.csrf_token
    client.session.cookie_jar.clear()
    await client.get("/login")
    client.csrf_token = token
    answer = await client.post("/login", {"name": "admin", "password": PASSWORD})
    assert answer.status == 403
    client.session.cookie_jar.clear()
    assert (await client.post("/login", {"name": "admin", "password": PASSWORD})).status == 403


PATHS = [
    "//evil.example", "/\\evil.example", "/%2fevil.example", "/%5cevil.example", "/.//evil.example",
    "///evil.example/..", "/queue//evil.example", "/queue%0d%0aX:1", "/queue%0aX:1?a=%0d%0ab",
    "/bots//evil.example", "/queue/..%2f..%2fetc", "http://evil.example/", "/%00", "",
]  # fmt: skip


async def test_no_path_leads_away(serve, bot, sandbox):
    client = await serve(configure(bot, sandbox, url="http://bots.example/bots/"))
    for path in PATHS:
        for prefix in ("/bots", "/bots/bots", "/%62ots", "/botsx"):
            for method in ("GET", "POST"):
                headers = "Content-Length: 0\r\n" if method == "POST" else ""
                target = path if path.startswith("http") else prefix + path
                answer = await exchange(client, request_line(client, target, method, headers))
                head = answer.partition(b"\r\n\r\n")[0].decode()
                assert re.match(r"HTTP/1\.1 [34]\d\d ", head), target
                assert not re.search(r"^X:1", head, re.MULTILINE), target
                for location in re.findall(r"^Location: (.*)\r$", head, re.MULTILINE):
                    assert re.fullmatch(r"/bots/(login(\?next=/[a-z%][^\s\\]*)?)?", location), (
                        target
                    )


async def test_after_the_log_in_only_our_own_pages_come_next(serve, configured):
    client = await serve(configured)
    foreign = [
        "", "queue", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b",
        "https://evil.example/", "javascript:alert(1)", "/\t/evil.example", "/\r\nX: 1", "/ä",
        "/" + "a" * 3000,
    ]  # fmt: skip
    for next_path, path in [*((each, "/") for each in foreign), ("/queue?a=b", "/queue?a=b")]:
        client.session.cookie_jar.clear()
        await client.get("/login")
        fields = {"name": "admin", "password": PASSWORD, "next": next_path}
        async with client.session.post(
            f"http://{client.address}/login",
            data={**fields, "csrf": client.csrf_token},
            allow_redirects=False,
        ) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, path), next_path


async def test_the_log_in_leads_back_to_the_very_page(serve, configured):
    client = await serve(configured)
    answer = await client.get("/queue?search=100%25%20a%26b&account=news")
    assert answer.path.startswith("/login?next=")
    next_path = re.search(r'name="next" value="(/queue[^"]*)"', answer.text)[1].replace(
        "&amp;", "&"
    )
    assert (await client.log_in(next=next_path)).path == "/queue?search=100% a%26b&account=news"


async def test_a_redirect_splits_no_header(serve, configured, monkeypatch):
    def view(_):
        return Redirect("/queue\r\nSet-Cookie: a=1 ä", "done\r\nX: 1")

    monkeypatch.setattr(site, "ROUTES", (*site.ROUTES, Route("GET", "/change/{name}", view)))
    client = await serve(configured)
    await client.log_in()
    answer = await exchange(client, request_line(client, "/change/%0d%0aX:%201"))
    head = answer.partition(b"\r\n\r\n")[0].decode()
    assert "\r\nLocation: /queue%0D%0ASet-Cookie:%20a=1%20%C3%A4\r\n" in head
    assert "Set-Cookie: a" not in head


# guessing passwords


def test_wrong_passwords_delay_an_address_longer_and_longer(uptime):
    delays, waits = LoginDelays(), []
    for _ in range(sessions.FREE_FAILURES):
        assert delays.seconds("203.0.113.7") == 0
        delays.failed("203.0.113.7")
    for _ in range(15):
        waits.append(delays.seconds("203.0.113.7"))
        uptime.now += waits[-1]
        assert delays.seconds("203.0.113.7") == 0
        delays.failed("203.0.113.7")
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == sessions.LONGEST_DELAY
    assert delays.seconds("203.0.113.8") == 0
    # a pause that is as long as the delay does not make the tries free again
    uptime.now += sessions.LONGEST_DELAY + 1
    delays.failed("203.0.113.7")
    assert delays.seconds("203.0.113.7") == sessions.LONGEST_DELAY
    uptime.now += sessions.LONGEST_DELAY
    delays.succeeded("203.0.113.7")
    delays.failed("203.0.113.7")
    assert delays.seconds("203.0.113.7") == 0


def test_a_network_of_ipv6_counts_as_one_address(uptime):
    delays = LoginDelays()
    for number in range(sessions.FREE_FAILURES):
        delays.failed(f"2001:db8:1:2:{number}::{number}")
    assert delays.seconds("2001:db8:1:2:ffff::1") > 0
    assert delays.seconds("2001:db8:1:3::1") == 0
    for _ in range(sessions.FREE_FAILURES):
        delays.failed("::ffff:203.0.113.7")
    assert delays.seconds("203.0.113.7") > 0


def flood(delays, uptime, count=500):
    """Wrong passwords from many addresses; the next try of strangers must wait."""
    for number in range(count):
        delays.failed(f"203.0.{number // 250}.{number % 250}")
    assert delays.seconds("198.51.100.1") > 0


def test_an_attack_from_many_addresses_delays_strangers_but_not_for_long(uptime):
    delays = LoginDelays()
    flood(delays, uptime)
    assert delays.seconds("198.51.100.1") == sessions.LONGEST_DELAY_IN_ALL
    uptime.now += sessions.LONGEST_DELAY_IN_ALL
    assert delays.seconds("198.51.100.1") == 0
    delays.failed("203.0.113.1")
    assert delays.seconds("198.51.100.1") == sessions.LONGEST_DELAY_IN_ALL
    uptime.now += sessions.MEMORY_IN_ALL + 1
    delays.failed("203.0.113.1")
    assert delays.seconds("198.51.100.1") == 0


def test_an_attack_delays_neither_a_known_browser_nor_this_machine(uptime):
    delays = LoginDelays()
    flood(delays, uptime)
    assert delays.seconds("198.51.100.1", "mark") == 0
    assert delays.seconds("127.0.0.1") == delays.seconds("::1") == 0
    # but no more is free for a thief of the browser's cookie
    for _ in range(sessions.FREE_FAILURES):
        delays.failed("198.51.100.1", "mark")
    assert delays.seconds("198.51.100.2", "mark") > 0


def test_so_many_addresses_are_remembered_and_no_more(uptime, monkeypatch):
    monkeypatch.setattr(sessions, "MAX_ADDRESSES", 10)
    delays = LoginDelays()
    for number in range(100):
        delays.failed(f"203.0.113.{number}")
    assert len(delays._failures) == 10


async def test_an_attacker_does_not_lock_the_admin_out(page, uptime, monkeypatch):
    """His own browser is known; the attackers come through the same proxy, or from his network."""
    await page.get("/")
    await page.post("/logout")
    mark = page.session.cookie_jar
    page.headers["X-Forwarded-For"] = "203.0.113.9"
    for _ in range(sessions.FREE_FAILURES):
        page.site.delays.failed("203.0.113.9")
    flood(page.site.delays, uptime)
    assert (await page.log_in()).path == "/"
    await page.post("/logout")
    assert mark is page.session.cookie_jar
    page.session.cookie_jar.clear()
    answer = await page.log_in()
    assert answer.status == 429
    assert answer.messages[0].startswith("Too many wrong passwords. Try again in ")
    del page.headers["X-Forwarded-For"]
    assert (await page.log_in()).path == "/"


@pytest.mark.parametrize("change", ["forged", "of another name", "after a new password"])
async def test_a_mark_that_does_not_fit_makes_no_browser_known(page, change):
    file = page.bot.folder / "page.passwords"
    write_password(file, "bob", "another password")
    known = page.site.passwords
    assert known.have_changed()
    mark = known.new_browser_mark("admin")
    assert known.is_known_browser("admin", mark)
    if change == "after a new password":
        write_password(file, "admin", "yet another password")
        assert known.have_changed()
    name = "bob" if change == "of another name" else "admin"
    mark = f"{'0' * 32}.{mark[33:]}" if change == "forged" else mark
    assert not known.is_known_browser(name, mark)
    assert not known.is_known_browser("nobody", known.new_browser_mark("nobody"))
    assert not known.is_known_browser("admin", "ä" * 500)


async def test_guesses_at_the_same_time_are_counted_one_by_one(serve, configured, monkeypatch):
    client = await serve(configured)
    await client.get("/login")
    guesses = [
        client.post("/login", {"name": "admin", "password": f"wrong password {number}"})
        for number in range(20)
    ]
    statuses = [answer.status for answer in await asyncio.gather(*guesses)]
    assert statuses.count(403) <= sessions.FREE_FAILURES + 1
    assert set(statuses) == {403, 429}


async def test_a_right_password_is_not_tried_before_its_time(serve, configured, uptime):
    client = await serve(configured)
    for _ in range(sessions.FREE_FAILURES):
        assert (await client.log_in(password="wrong password")).status == 403
    assert (await client.log_in()).status == 429
    uptime.now += 1
    assert (await client.log_in()).path == "/"


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (["127.0.0.1"], ["203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1"], ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1"], ["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (["127.0.0.1", "10.0.0.1"], ["198.51.100.1, 203.0.113.7, 10.0.0.1"], "203.0.113.7"),
        (["127.0.0.1"], ["203.0.113.7, 10.0.0.1"], "10.0.0.1"),
        (["127.0.0.1"], ["[2001:db8::7]:443"], "2001:db8::7"),
        (["127.0.0.1"], ["203.0.113.7:1234"], "203.0.113.7"),
        (["127.0.0.1"], [""], "127.0.0.1"),
        (["127.0.0.1"], [], "127.0.0.1"),
        (["::1"], ["203.0.113.7"], "127.0.0.1"),
        ([], ["203.0.113.7"], "127.0.0.1"),
    ],
)
async def test_only_a_proxy_of_ours_says_whom_it_speaks_for(
    serve, bot, sandbox, caplog, proxies, header, address
):
    client = await serve(configure(bot, sandbox, proxies=proxies))
    await client.get("/login")
    headers = [*client.headers.items(), *(("X-Forwarded-For", value) for value in header)]
    fields = {"csrf": client.csrf_token, "name": "admin", "password": "wrong password"}
    await client.session.post(f"http://{client.address}/login", data=fields, headers=headers)
    wrong = [record for record in caplog.records if "wrong password" in record.message]
    assert [record.address for record in wrong] == [address]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::1"), ("[::1]", "::1"), ("[::1]:80", "::1"), ("10.0.0.1:80", "10.0.0.1"),
        ("", ""), ("localhost", ""), ("1.2.3.4.5", ""), ("[", ""), ("unknown", ""), ("1" * 5000, ""),
    ],
)  # fmt: skip
def test_addresses_have_one_spelling(written, address):
    assert plain_address(written) == address


# passwords


async def test_an_unknown_name_costs_as_much_as_a_wrong_password(serve, configured, monkeypatch):
    costs = []
    scrypt = hashlib.scrypt

    def counted(*arguments, **options):
        costs.append((options["n"], options["r"], options["p"]))
        return scrypt(*arguments, **options)

    write_password(configured.folder / "page.passwords", "admin", PASSWORD)
    monkeypatch.setattr(hashlib, "scrypt", counted)
    client = await serve(configured)
    costs.clear()
    for name in ("admin", "nobody", "", "x" * 100_0):
        answer = await client.log_in(name=name, password="wrong password")
        assert answer.messages == ["Wrong name or password."]
    assert costs == [(2**15, 8, 1)] * 4


@pytest.mark.parametrize(
    "parameters",
    [
        "999999$8$1",
        "32768$99$1",
        "32768$8$99",
        "2$1$99$",
        "0$8$1",
        "3$8$1",
        "1048576$1$1",
        "65536$8$4",
    ],
)
def test_a_hash_of_absurd_cost_lets_nobody_in(tmp_path, parameters, monkeypatch):
    salt_and_key = passwords.hash_of(PASSWORD).split("$", 4)[4]
    file = tmp_path / "page.passwords"
    file.write_text(f"admin:scrypt${parameters}${salt_and_key}\n")
    scrypt = hashlib.scrypt

    def bounded(*arguments, n, r, p, **options):
        assert 128 * n * r <= 2**26
        assert n * r * p <= 2**20
        return scrypt(*arguments, n=n, r=r, p=p, **options)

    monkeypatch.setattr(hashlib, "scrypt", bounded)
    assert not passwords.Passwords(file).verify("admin", PASSWORD)


def test_the_hashes_of_others_programs_work(tmp_path):
    salt = b"0123456789abcdef"
    key = hashlib.scrypt(PASSWORD.encode(), salt=salt, n=16_384, r=8, p=5, maxmem=2**26, dklen=32)
    hashed = f"scrypt$16384$8$5${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"
    file = tmp_path / "page.passwords"
    file.write_text(f"# the admins\n\nadmin:{hashed}\n")
    assert passwords.Passwords(file).verify("admin", PASSWORD)
    write_password(file, "bob", "another password")
    assert file.read_text().startswith(f"# the admins\n\nadmin:{hashed}\nbob:scrypt$")


def test_a_letter_is_the_same_however_it_is_composed(tmp_path):
    file = tmp_path / "page.passwords"
    write_password(file, "admin", "caf\u00e9 caf\u00e9")
    assert passwords.Passwords(file).verify("admin", "cafe\u0301 cafe\u0301")


# requests that are too large, too slow, or too many


FORM = "Content-Type: application/x-www-form-urlencoded\r\n"


FORMS = [
    (FORM + f"Content-Length: {MAX_BODY + 1}\r\n", b"", 413),
    (FORM + "Content-Length: 99999999999\r\n", b"", 413),
    (FORM + "Transfer-Encoding: chunked\r\n", b"10000\r\n" + b"x" * 0x10000 + b"\r\n0\r\n\r\n", 413),
    (FORM + "Content-Encoding: gzip\r\nContent-Length: 0\r\n", b"", 415),
    (FORM + f"Content-Length: {2 * MAX_FIELDS + 1}\r\n", b"a&" * MAX_FIELDS + b"a", 400),
    ("Content-Type: text/plain\r\nContent-Length: 0\r\n", b"", 415),
    ("Content-Type: application/json\r\nContent-Length: 2\r\n", b"{}", 415),
    ("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n", b"--x--", 415),
    ("Content-Length: 0\r\n", b"", 415),
]  # fmt: skip


async def test_what_is_no_form_of_ours_is_refused(page):
    for headers, body, status in FORMS:
        answer = await exchange(page, request_line(page, "/login", "POST", headers) + body)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), headers


def multipart(*parts):
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def part(name, content=b"", headers=b""):
    return b'Content-Disposition: form-data; name="%s"\r\n%s\r\n%s' % (name, headers, content)


BOMBS = [
    (multipart(*(part(b"a%d" % number) for number in range(MAX_PARTS + 1))), 400),
    (multipart(part(b"a", b"x" * (MAX_FILE + 1))), 413),
    (multipart(b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--"), 400),
    (multipart(part(b"a", headers=b"X: 1\r\n" * 1000)), 400),
    (multipart(part(b"a", headers=b"X: " + b"x" * 100_000 + b"\r\n")), 400),
    (multipart(b"X: 1\r\n\r\nno name"), 400),
    (b"no boundary at all", 400),
    (b"--x\r\n", 400),
    (b"", 400),
]  # fmt: skip


async def test_a_bomb_of_parts_is_refused(serve, configured, monkeypatch, caplog):
    def view(request):
        return Page("error.html", {"message": "it was taken", "status": 200})

    monkeypatch.setattr(
        site, "ROUTES", (*site.ROUTES, Route("POST", "/up", view, takes_files=True))
    )
    client = await serve(configured)
    await client.log_in()
    for body, status in BOMBS:
        headers = (
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body)}\r\n"
        )
        answer = await exchange(client, request_line(client, "/up", "POST", headers) + body)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or not answer, body[:100]
        assert b"it was taken" not in answer
    assert troubles(caplog) == []
    # the same form as it should be
    assert "it was taken" in (await client.upload("/up", "file", b"content")).text


async def test_headers_that_are_too_large_or_make_no_sense_are_refused(page, caplog):
    for headers in (
        "".join(f"X-{number}: 1\r\n" for number in range(1000)),
        "X: " + "x" * 100_000 + "\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: -1\r\n",
    ):
        answer = await exchange(page, request_line(page, "/queue", "GET", headers))
        assert answer.startswith(b"HTTP/1.0 400 ") or not answer, headers[:100]
    assert troubles(caplog) == []
    assert (await page.get("/queue")).path == "/queue"


async def test_a_body_that_never_ends_is_cut_off(serve, configured, caplog):
    client = await serve(configured, connection_timeout=0.3)
    head = request_line(client, "/login", "POST", FORM + "Content-Length: 1000\r\n")
    assert await exchange(client, head + b"csrf=") == b""
    assert troubles(caplog) == []


async def test_a_thousand_connections_leave_nothing_behind(page):
    async def open_one():
        with suppress(OSError):
            return await asyncio.open_connection(*page.address.split(":"))

    opened = [pair for pair in await asyncio.gather(*(open_one() for _ in range(1000))) if pair]
    for _, writer in opened:
        writer.write(b"GET / HTTP/1.1\r\n")
    for _, writer in opened:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    # the other side learns of it in its own time
    while True:
        with suppress(aiohttp.ClientError):
            assert (await page.get("/queue")).path == "/queue"
            break
    assert len(opened) > MAX_CONNECTIONS


async def test_slow_pages_do_not_hold_up_quick_ones(serve, configured, monkeypatch):
    ended = threading.Event()

    def view(_):
        ended.wait(60)
        return Redirect("/queue")

    monkeypatch.setattr(site, "ROUTES", (*site.ROUTES, Route("GET", "/slow", view, is_slow=True)))
    client = await serve(configured)
    await client.log_in()
    waiting = [asyncio.create_task(client.get("/slow")) for _ in range(site.MAX_WAITING)]
    while sum(map(len, client.site._calls.values())) < site.MAX_WAITING:
        await asyncio.sleep(0.01)
    assert (await client.get("/slow")).status == 503
    assert (await client.get("/queue")).path == "/queue"
    ended.set()
    assert {answer.path for answer in await asyncio.gather(*waiting)} == {"/queue"}


@pytest.mark.both_databases
async def test_a_nul_is_no_part_of_a_query_or_a_form(page):
    for path in ("/history?q=a%00b", "/entries?q=%00", "/queue?source=%00", "/sources?text=%00"):
        assert (await page.get(path)).status == 200
    assert (await page.post("/queue", {"do": "skip", "source": "a\0b"})).status == 400
    answer = await page.upload("/config", "file", b"\0", {"text": "a\0b", "version": "1"})
    assert answer.status == 400


# what nobody may learn


@pytest.mark.parametrize("error", [ReblogbotError, StoreError])
async def test_a_stranger_does_not_learn_what_failed(serve, configured, monkeypatch, error):
    def view(_):
        raise error("slug", "/srv/bot/store.sqlite3 is broken")

    routes = (
        Route("GET", "/public", view, is_public=True),
        Route("GET", "/private", view),
    )
    monkeypatch.setattr(site, "ROUTES", (*site.ROUTES, *routes))
    client = await serve(configured)
    assert "/srv/bot" not in (await client.get("/public")).text
    await client.log_in()
    assert "/srv/bot" in (await client.get("/private")).text


async def test_a_password_is_in_no_log_and_no_answer(serve, configured, caplog):
    caplog.set_level(logging.DEBUG)
    client = await serve(configured)
    for password in (PASSWORD, "5ecr3t-password"):
        answer = await client.log_in(name="5ecr3t-name", password=password)
        assert "5ecr3t" not in answer.text
    await client.log_in()
    await client.get("/log")
    own = [record for record in caplog.records if record.name.startswith(("reblogbot", "aiohttp"))]
    lines = "\n".join(f"{record.getMessage()} {vars(record)}" for record in own)
    assert PASSWORD not in lines
    assert "5ecr3t" not in lines
    assert session_cookie(client) not in lines


SECRETS = {
    "header": "Bearer 5ecr3t-header",
    "webhook": "https://hooks.example/5ecr3t-webhook",
    "proxy": "socks5://me:5ecr3t-proxy@127.0.0.1:9",
}


async def test_no_page_shows_a_secret_of_the_config(serve, bot, sandbox, feeds):
    """Every page that needs no variable in its path, and those of the source and the account."""
    source = {
        "url": feeds.url("/hot.xml"),
        "proxy": SECRETS["proxy"],
        "headers": {"Authorization": SECRETS["header"]},
    }
    tables = {"http": {"proxy": SECRETS["proxy"]}, "notify": {"webhook": SECRETS["webhook"]}}
    bot.configure({"hot": source}, {"news": (sandbox, "5ecr3t-token")}, **tables)
    client = await serve(bot)
    await client.log_in()
    before = bot.path.read_text()
    paths = {route.path for route in ROUTES if route.method == "GET"}
    paths = {re.sub(r"\{[^}]*\}", "hot", path) for path in paths} | {"/accounts/news"}
    for path in sorted(paths):
        assert "5ecr3t" not in (await client.get(path)).text, path
    # and yet the whole file can be edited
    text = unescape(
        re.search(
            r"<textarea[^>]*>\n(.*?)</textarea>", (await client.get("/config")).text, re.DOTALL
        )[1]
    )
    version = re.search(r'name="version" value="([^"]+)"', (await client.get("/config")).text)[1]
    answer = await client.post("/config", {"version": version, "text": f"{text}# the end\n"})
    assert "5ecr3t" not in answer.text
    assert bot.path.read_text() == f"{before}# the end\n"
    text = text.replace("(hidden ", "(hidden 000000000000) (hidden ")
    version = re.search(r'name="version" value="([^"]+)"', answer.text)[1]
    answer = await client.post("/config", {"version": version, "text": text})
    assert answer.messages == [
        "(hidden 000000000000) is not in the file (any more); type this value again"
    ]


# the status page for everybody


async def test_there_is_no_status_page_unless_the_config_says_so(page):
    assert (await page.get("/status")).status == 404
    page.session.cookie_jar.clear()
    assert (await page.get("/status")).status == 404


async def test_everybody_sees_whether_the_bots_work_and_nothing_else(serve, bot, sandbox, feeds):
    sources = {"secret source": {"url": feeds.fail("/secret", 500)}}
    off = {"server": "https://off.example", "token_env": "X", "enabled": False}
    broken = {"server": "https://broken.example", "token_file": "none.token"}
    accounts = {"news": (sandbox, ""), "art": broken, "retired-bot": off}
    bot.configure(sources, accounts, admin={"public_status": True})
    client = await serve(bot)
    client.site.tools.stats.ticked()
    answer = await client.get("/status")
    assert answer.status == 200
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))
    assert "Not all bots work. Account State Last post news 127.0.0.1 working never" in text
    assert "art broken.example not working never" in text
    for hidden in ("retired-bot", "off.example", "secret", "none.token", str(bot.folder)):
        assert hidden not in answer.text.replace("reblogbot", "")
    assert "/queue" not in answer.text


async def test_the_status_page_tells_of_a_stop_and_of_the_last_post(
    serve, bot, sandbox, feeds, clock
):
    sources = {"hot": {"url": feeds.show("/hot.xml", items(clock, "a"))}}
    bot.configure(sources, {"news": (sandbox, "")}, admin={"public_status": True})
    await asyncio.to_thread(bot.sync)
    client = await serve(bot)
    client.site.tools.stats.ticked()
    text = (await client.get("/status")).text
    assert "All bots work." in text
    assert clock.now().date().isoformat() in text
    client.store.outbox.stop(clock.now())
    # for a few seconds the page stays as it is
    assert (await client.get("/status")).text.count("All bots work.") == 1
    client.site.tools._recent.clear()
    assert "Not all bots work." in (await client.get("/status")).text


async def test_a_config_that_cannot_be_read_is_nobodys_business(serve, bot, sandbox):
    client = await serve(configure(bot, sandbox, public_status=True))
    bot.path.unlink()
    answer = await client.get("/status")
    assert answer.status == 404
    assert str(bot.folder) not in answer.text


async def test_the_status_page_links_to_the_feeds_that_there_are(serve, bot, sandbox):
    client = await serve(configure(bot, sandbox, public_status=True))
    assert "/feeds/" not in (await client.get("/status")).text
    client = await serve(configure(bot, sandbox, public_status=True, feeds=True))
    assert (
        'type="application/atom+xml" title="news" href="/feeds/news.atom">'
        in (await client.get("/status")).text
    )
    assert (await client.get("/feeds/news.atom")).status == 200
    await client.log_in()
    assert 'href="/feeds/news.json">' in (await client.get("/accounts/news")).text
