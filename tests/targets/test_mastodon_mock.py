"""The target against mastodon_mock, a server nobody here wrote."""

import pytest
from mastodon_mock.testing.server import MockServer

from reblogbot.errors import TooLong, Unauthorised
from reblogbot.model import Image, Limits, Post
from sample_images import png

LINK = "https://paper.example/a?id=3"


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture
def alice(mock, make_target):
    return make_target(mock.base_url, token=lambda: "alice_token")


def test_a_post_is_made_once_per_key_and_read_back(alice):
    post = Post("post", text=f"标题 title\n{LINK}", link=LINK, visibility="unlisted", language="zh")
    first, again = alice.publish(post, "key-1"), alice.publish(post, "key-1")
    assert first == again
    there = next(one for one in alice.recent() if one.receipt == first)
    assert LINK in there.links
    assert "标题" in there.text


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
def test_a_warning_and_pictures_stay_with_a_post_and_with_its_edit(alice, visibility):
    link = f"{LINK}&{visibility}"
    post = Post("post", f"one\n{link}", link=link, visibility=visibility, spoiler="sad")
    made = alice.publish(post, f"key {visibility}", images=[Image(png(), "image/png", "dots")])
    edit = Post("edit", f"two\n{link}", link=link, uri=made.remote_id, spoiler="sadder")
    alice.publish(edit, f"edit {visibility}")
    there = alice.get(f"/api/v1/statuses/{made.remote_id}")
    assert (there["visibility"], there["sensitive"]) == (visibility, True)
    assert there["spoiler_text"] == "sadder"
    assert "two" in there["content"]
    assert [one["description"] for one in there["media_attachments"]] == ["dots"]


def test_a_status_is_boosted_by_its_id_though_search_does_not_find_it(mock, alice, make_target):
    bob = make_target(mock.base_url, token=lambda: "bob_token")
    original = bob.publish(Post("post", text="from bob", visibility="public"), "key-2")
    assert alice.status(Post("boost", uri=original.url)) is None
    by_id = Post("boost", uri=original.url, status_id=original.remote_id, visibility="unlisted")
    assert alice.status(by_id).boosted is None
    alice.publish(by_id, "key-3")
    assert alice.status(by_id).boosted is not None


def test_it_tells_how_two_accounts_stand(mock, alice, make_target):
    bob = make_target(mock.base_url, token=lambda: "bob_token")
    theirs = bob.verify().extra["id"]
    assert alice.relationship(str(theirs))["blocking"] is False


def test_it_is_known_to_count_links_in_full(alice):
    assert alice.limits() == Limits(per_link=None, image_bytes=10_485_760)


def test_too_long_and_a_bad_token_are_told(alice, mock, make_target):
    with pytest.raises(TooLong):
        alice.publish(Post("post", text="x" * 501), "key-3")
    with pytest.raises(Unauthorised):
        make_target(mock.base_url, token=lambda: "wrong").verify()


def test_verify_names_the_account(alice):
    assert alice.verify().acct == "alice"
