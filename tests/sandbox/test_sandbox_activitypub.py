"""What other servers can read of the accounts here."""

from __future__ import annotations

import pytest
from sandbox_samples import call

from sample_images import png

ACCEPT = {"Accept": "application/activity+json"}


def fetched(server, address: str):
    path = address.removeprefix(server.url)
    answer = call(server, "GET", path, token=None, headers=ACCEPT)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/activity+json")
    return answer.json()


def webfinger(server, resource: str):
    path = f"/.well-known/webfinger?resource={resource}"
    return call(server, "GET", path, token=None)


@pytest.fixture
def actor(sandbox):
    sandbox.add_account("news", bot=True, display_name="热榜", note="hourly", indexable=False)
    host = sandbox.url.removeprefix("http://")
    links = webfinger(sandbox, f"acct:news@{host}").json()["links"]
    return fetched(sandbox, next(link["href"] for link in links if link["rel"] == "self"))


def test_webfinger_leads_to_the_actor(sandbox, actor):
    assert (actor["type"], actor["preferredUsername"], actor["name"]) == ("Service", "news", "热榜")
    assert (actor["indexable"], actor["discoverable"]) == (False, True)
    assert webfinger(sandbox, actor["url"]).json()["subject"].startswith("acct:news@")
    assert webfinger(sandbox, "acct:nobody@elsewhere.example").status_code == 404


def test_the_outbox_lists_public_statuses_newest_first(sandbox, actor):
    original = sandbox.add_status("eve@remote.example", "afar")
    for visibility in ("public", "unlisted", "private", "direct"):
        sandbox.add_status("news", visibility, visibility=visibility)
    sandbox.add_boost("news", original["id"])
    outbox = fetched(sandbox, actor["outbox"])
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 3)
    acts = fetched(sandbox, outbox["first"])["orderedItems"]
    assert [act["type"] for act in acts] == ["Announce", "Create", "Create"]
    assert acts[0]["object"] == original["uri"]
    assert [act["object"]["content"] for act in acts[1:]] == ["<p>unlisted</p>", "<p>public</p>"]
    public = "https://www.w3.org/ns/activitystreams#Public"
    assert [public in act["to"] for act in acts] == [True, False, True]


def test_the_outbox_has_pages(sandbox, actor):
    for n in range(45):
        sandbox.add_status("news", str(n))
    contents, address = [], fetched(sandbox, actor["outbox"])["first"]
    while address:
        part = fetched(sandbox, address)
        contents += [act["object"]["content"] for act in part["orderedItems"]]
        address = part.get("next")
    assert contents == [f"<p>{n}</p>" for n in range(44, -1, -1)]


def test_a_note_has_all_fields_of_its_status(sandbox, actor):
    root = sandbox.add_status("eve@remote.example", "afar")
    status = sandbox.add_status(
        "news",
        "你好 #科技 @eve@remote.example",
        spoiler="小心",
        language="zh",
        media=[(png(), "dots")],
        in_reply_to_id=root["id"],
    )
    note = fetched(sandbox, status["uri"])
    assert (note["type"], note["summary"], note["inReplyTo"]) == ("Note", "小心", root["uri"])
    assert note["attributedTo"] == actor["id"]
    assert list(note["contentMap"]) == ["zh"]
    assert (note["attachment"][0]["mediaType"], note["attachment"][0]["name"]) == (
        "image/png",
        "dots",
    )
    assert {tag["name"] for tag in note["tag"]} == {"#科技", "@eve@remote.example"}


def test_a_browser_is_sent_to_the_page(sandbox, actor):
    status = sandbox.add_status("news", "hello")
    for address, page in ((actor["id"], "/@news"), (status["uri"], f"/@news/{status['id']}")):
        answer = call(sandbox, "GET", address.removeprefix(sandbox.url), token=None)
        assert (answer.status_code, answer.headers["Location"]) == (302, sandbox.url + page)


def test_a_suspended_actor_is_gone_and_a_private_note_is_not_found(sandbox, actor):
    hidden = sandbox.add_status("news", "psst", visibility="private")
    assert (
        call(sandbox, "GET", hidden["uri"].removeprefix(sandbox.url), headers=ACCEPT).status_code
        == 404
    )
    sandbox.add_account("news", standing="suspended")
    path = actor["id"].removeprefix(sandbox.url)
    assert call(sandbox, "GET", path, token=None, headers=ACCEPT).status_code == 410
