"""What a server says it is, and words for one at which nobody can log in."""

import pytest

from reblogbot.errors import ReblogbotError, TargetError
from reblogbot.targets.mastodon.server_client import ServerClient
from reblogbot.targets.mastodon.server_info import server_info
from scripted_server import ScriptedServer, says


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def client(server, clock):
    return ServerClient(server.url, seconds=5.0, user_agent="reblogbot/test", clock=clock)


@pytest.mark.parametrize(
    ("version", "source_url", "software"),
    [
        ("4.5.4", "", ("mastodon", "4.5.4")),
        ("4.3.1+glitch", "https://github.com/glitch-soc/mastodon", ("mastodon", "4.3.1+glitch")),
        ("4.0.0 (not true; really snac/2.94)", "", ("snac", "2.94")),
        ("takahe/0.11.0", "", ("takahe", "0.11.0")),
        ("2.7.2 (compatible; Pleroma 2.9.1)", "", ("pleroma", "2.9.1")),
        ("3.5.3 (compatible; Pixelfed 0.12.5)", "", ("pixelfed", "0.12.5")),
        ("0.20.0-rc1+g57cb4fe", "", ("gotosocial", "0.20.0-rc1+g57cb4fe")),
        ("0.9.13", "https://github.com/fedify-dev/hollo", ("hollo", "0.9.13")),
        ("none at all", "", ("", "none at all")),
    ],
)
def test_without_nodeinfo_the_version_names_the_software(
    server, client, version, source_url, software
):
    server.on("GET", "/api/v1/instance", says(200, {"version": version, "source_url": source_url}))
    info = server_info(client)
    assert (info.software, info.version) == software


def test_nodeinfo_names_the_software(server, client):
    links = [
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{server.url}/n/2.0"},
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "/n/2.1"},
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/9", "href": "http://evil.example/n"},
        {"rel": "http://nodeinfo.diaspora.software/ns/schema/9", "href": "http://[/n"},
    ]
    server.on("GET", "/.well-known/nodeinfo", says(200, {"links": links}))
    server.on("GET", "/n/2.1", says(200, {"software": {"name": "Akkoma", "version": "3\x1b[m"}}))
    server.on("GET", "/api/v2/instance", says(200, {"version": "2.7.2", "title": "A\n\x07title"}))
    info = server_info(client)
    assert (info.software, info.version, info.title) == ("akkoma", "3�[m", "A �title")
    assert "\x1b" not in info.description


@pytest.mark.parametrize("links", [None, "x", [], [1], [{}], [{"rel": 1, "href": 2}], {"a": 1}])
def test_a_broken_nodeinfo_is_passed_over(server, client, links):
    server.on("GET", "/.well-known/nodeinfo", says(200, {"links": links}))
    server.on("GET", "/api/v1/instance", says(200, {"version": "4.5.4"}))
    assert server_info(client).software == "mastodon"


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/.well-known/oauth-authorization-server", {"app_registration_endpoint": "https://x/"}),
        ("/n", {"software": {"name": "mastodon", "version": "4.2.0"}}),
    ],
)
def test_a_server_that_describes_itself_to_its_accounts_only_is_one(server, client, path, document):
    links = [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "/n"}]
    server.on("GET", "/.well-known/nodeinfo", says(200, {"links": links}))
    for instance in ("/api/v1/instance", "/api/v2/instance"):
        server.on("GET", instance, says(401, {"error": "This method requires authentication"}))
    server.on("GET", path, says(200, document))
    assert server_info(client).server == server.url


@pytest.mark.parametrize("path", ["/api/v2/instance", "/.well-known/nodeinfo"])
@pytest.mark.parametrize("location", ["https://social.example/there", "//social.example/"])
def test_a_server_that_is_elsewhere_is_named(server, client, path, location):
    server.on("GET", path, says(301, "", {"Location": location}))
    with pytest.raises(ReblogbotError, match=r"redirects to social\.example; name that") as caught:
        server_info(client)
    assert caught.value.slug == "wrong_server"


@pytest.mark.parametrize("body", ["<html>", "", "[]", "null", "[" * 100_000, '{"version": ""}'])
def test_what_is_no_server_is_said(server, client, body):
    for path in ("/api/v1/instance", "/api/v2/instance", "/.well-known/nodeinfo"):
        server.on("GET", path, says(200, body))
    with pytest.raises(ReblogbotError, match="it has no Mastodon API; name the address"):
        server_info(client)


def test_a_server_that_does_not_answer_is_no_other_server(clock):
    client = ServerClient("http://127.0.0.1:1", seconds=5.0, user_agent="x", clock=clock)
    with pytest.raises(TargetError, match="no connection"):
        server_info(client)
