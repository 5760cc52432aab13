"""Connections that fail, stall or lead elsewhere, and the token, which must not leave its server."""

import socket
import subprocess
import sys
import threading

import pytest
from samples import POST, STATUSES, status

from loopback import unsigned
from reblogbot.errors import (
    ConfigError,
    Doubtful,
    TargetError,
    Unauthorised,
    Unreachable,
)
from scripted_server import ScriptedServer, drip, message, raw, says

# connections


def test_a_closed_port_is_unreachable(make_target):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        make_target(f"http://127.0.0.1:{port}").publish(POST, "k")
    assert f"127.0.0.1:{port}" in caught.value.message
    assert "refused" in caught.value.message


@pytest.mark.parametrize("name", ["nobody.invalid", "xn--a.invalid", "a..b"])
def test_an_unknown_host_is_unreachable(make_target, name):
    with pytest.raises(Unreachable):
        make_target(f"http://{name}").publish(POST, "k")


def test_a_server_without_tls_is_unreachable_and_sees_no_token(server, make_target):
    with pytest.raises(Unreachable):
        make_target(server.url.replace("http:", "https:")).publish(POST, "k")
    assert server.seen == []


def test_an_unsigned_certificate_is_unreachable_and_sees_no_token(make_target, tls_server):
    url, seen = tls_server
    with pytest.raises(Unreachable) as caught:
        make_target(url).publish(POST, "k")
    assert (
        "CERTIFICATE_VERIFY_FAILED" in caught.value.message or "certificate" in caught.value.message
    )
    assert seen == []


DRIPS = [
    drip(
        b"HTTP/1.1 200 OK\r\nX-Slow: "
        + b"y" * 60
        + b"\r\nContent-Length: 11\r\n\r\n"
        + b'{"id": "1"}'
    ),
    raw(b"", then="wait"),
    raw(b"HTTP/1.1 200 OK\r\n", then="wait"),
    raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, then="wait"),
]


@pytest.mark.parametrize("reply", DRIPS)
def test_a_slow_or_stalled_server_is_given_up_at_the_timeout(server, make_target, reply):
    server.on("POST", STATUSES, reply)
    with pytest.raises(Doubtful) as caught:
        make_target(server.url, seconds=0.4).publish(POST, "k")
    assert caught.value.slug == "no_answer"


def test_a_body_that_never_comes_is_in_doubt(server, make_target):
    server.on("POST", STATUSES, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", then="wait"))
    with pytest.raises(Doubtful) as caught:
        make_target(server.url, seconds=0.4).publish(POST, "k")
    assert caught.value.slug == "unreadable_answer"


def test_a_body_that_drips_is_cut_off_and_in_doubt(server, make_target):
    slow = b'{"id": "1", "content": "' + b"y" * 80 + b'"}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(slow)}\r\n\r\n".encode()
    dripping = drip(slow)

    def reply(conn, request, stopped):
        conn.sendall(head)
        dripping(conn, request, stopped)

    server.on("POST", STATUSES, reply)
    with pytest.raises(Doubtful) as caught:
        make_target(server.url, seconds=0.4).publish(POST, "k")
    assert caught.value.slug == "unreadable_answer"


def test_a_refusal_whose_body_never_ends_is_still_a_refusal(server, make_target):
    head = b"HTTP/1.1 401 No\r\nContent-Length: 500\r\n\r\nsome"
    server.on("POST", STATUSES, raw(head, then="wait"))
    with pytest.raises(Unauthorised):
        make_target(server.url, seconds=0.4).publish(POST, "k")


def test_every_call_has_a_connection_of_its_own(server, target):
    ports = []
    answer = message(200, b'{"id": "1"}', {"Connection": "keep-alive"})

    def reply(conn, _request, stopped):
        ports.append(conn.getpeername()[1])
        conn.sendall(answer)
        stopped.wait(0.2)

    server.on("POST", STATUSES, reply)
    for _ in range(3):
        target.publish(POST, "k")
    assert len(set(ports)) == 3


def test_neither_netrc_nor_proxies_nor_cookies_are_used(server, target, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.on("POST", STATUSES, says(200, status(), {"Set-Cookie": "a=b; Path=/"}))
    target.publish(POST, "k")
    server.on("GET", "/api/v1/lists", says(200, []))
    target.get("/api/v1/lists")
    assert all(request.headers["authorization"] == "Bearer s3cret-t0ken" for request in server.seen)
    assert all("cookie" not in request.headers for request in server.seen)


# the token


def test_the_token_is_read_anew_for_every_call(server, make_target):
    tokens = iter(["old", "new\n"])
    server.on("POST", STATUSES, says(200, status()))
    target = make_target(server.url, token=lambda: next(tokens))
    target.publish(POST, "k")
    target.publish(POST, "k")
    assert [request.headers["authorization"] for request in server.seen] == [
        "Bearer old",
        "Bearer new",
    ]


@pytest.mark.parametrize("token", ["", "  ", "two words", "a\r\nX-Evil: 1", "töken", "a\x00b"])
def test_a_garbled_token_is_refused_here_and_not_shown(server, make_target, token):
    with pytest.raises(Unauthorised) as caught:
        make_target(server.url, token=lambda: token).publish(POST, "k")
    assert caught.value.slug == "token_missing"
    assert server.seen == []


def gone():
    raise FileNotFoundError(2, "No such file or directory", "news.token")


def unset():
    raise ConfigError("token_unset", "NEWS_TOKEN is not set")


@pytest.mark.parametrize("token", [gone, unset])
def test_a_token_that_cannot_be_read_pauses_the_account(make_target, token):
    with pytest.raises(Unauthorised) as caught:
        make_target("http://127.0.0.1:9", token=token).verify()
    assert caught.value.slug == "token_missing"


def test_a_token_that_is_also_a_files_name_is_not_opened(
    server, make_target, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tok").write_text("other\nhttps://evil.example\n")
    server.on("POST", STATUSES, says(200, status()))
    make_target(server.url, token=lambda: "tok").publish(POST, "k")
    assert server.seen[0].headers["authorization"] == "Bearer tok"


def test_a_token_echoed_by_the_server_is_hidden(server, target):
    server.on("POST", STATUSES, says(401, {"error": "Bearer s3cret-t0ken is no token"}))
    with pytest.raises(Unauthorised) as caught:
        target.publish(POST, "k")
    assert "s3cret" not in str(caught.value)


def test_the_token_does_not_follow_a_redirect_to_another_origin(server, target):
    with ScriptedServer() as elsewhere:
        server.on("GET", "/api/v1/x", says(302, None, {"Location": elsewhere.url + "/api/v1/x"}))
        elsewhere.on("GET", "/api/v1/x", says(200, []))
        with pytest.raises(Doubtful) as caught:
            target.get("/api/v1/x")
        assert caught.value.slug == "redirected"
        assert elsewhere.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "to",
    [
        "http://ELSEWHERE/api/v1/x",
        "//ELSEWHERE/api/v1/x",
        "///ELSEWHERE/api/v1/x",
        "http:\\\\ELSEWHERE\\api",
        "\\\\ELSEWHERE\\api",
        "/\\ELSEWHERE/api",
        "http://HOME@ELSEWHERE/api/v1/x",
        "http://ELSEWHERE#@HOME/",
        "http://ELSEWHERE?@HOME/",
        "http://ELSEWHERE\\@HOME/",
        "http://HOME\\@ELSEWHERE/",
        "HTTP://ELSEWHERE/api/v1/x",
        "https://HOME/api/v1/x",
        " http://ELSEWHERE/api/v1/x",
        "\thttp://ELSEWHERE/api/v1/x",
        "http:ELSEWHERE/api/v1/x",
    ],
)
def test_the_token_never_leaves_its_server_whatever_a_redirect_says(server, target, status, to):
    with ScriptedServer() as elsewhere:
        homes = {"ELSEWHERE": f"127.0.0.1:{elsewhere.port}", "HOME": f"127.0.0.1:{server.port}"}
        for name, address in homes.items():
            to = to.replace(name, address)
        for method in ("GET", "POST"):
            server.on(method, "/api/v1/x", says(status, None, {"Location": to}))
            elsewhere.on(method, "/api/v1/x", says(200, []))
        with pytest.raises(TargetError):
            target.get("/api/v1/x")
        assert elsewhere.seen == []


def test_a_get_follows_redirects_within_the_origin_but_not_for_ever(server, target):
    server.on("GET", "/api/v1/x", says(301, None, {"Location": "/api/v1/y"}))
    server.on("GET", "/api/v1/y", says(200, ["here"]))
    assert target.get("/api/v1/x") == ["here"]
    server.on("GET", "/api/v1/z", says(302, None, {"Location": "/api/v1/z"}))
    with pytest.raises(Doubtful):
        target.get("/api/v1/z")


def test_a_path_cannot_lead_to_another_origin(server, target):
    with ScriptedServer() as elsewhere:
        elsewhere.on("GET", "/x", says(200, []))
        with pytest.raises(TargetError):
            target.get(f"@127.0.0.1:{elsewhere.port}/x")
        assert server.seen == elsewhere.seen == []


def test_importing_the_adapter_loads_no_heavy_library():
    heavy = "{'mastodon', 'requests', 'urllib3', 'aiohttp', 'sqlalchemy'}"
    code = f"import sys, reblogbot.targets.mastodon.target; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "set()"


@pytest.fixture
def tls_server(tmp_path):
    """A TLS server with an unsigned certificate."""
    context = unsigned(tmp_path)
    seen = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            conn, _ = listening.accept()
            with context.wrap_socket(conn, server_side=True) as secure:
                seen.append(secure.recv(100))
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}", seen
    listening.close()
    thread.join(5)
