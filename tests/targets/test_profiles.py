"""The target against the sandbox as each kind of server, with the matching of read-back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fediverse.server import run_in_thread
from reblogbot.core.delivery import matches
from reblogbot.errors import (
    Doubtful,
    RateLimited,
    Rejected,
    TooLong,
    Unauthorised,
)
from reblogbot.model import Delivery, DeliveryState, Image, Post
from sample_images import png

LINK = "https://paper.example/a?id=3&section=9"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
POST = Post("post", text=f"标题 Title\n{LINK}", link=LINK, visibility="unlisted", language="zh")
NOTE = Post("post", text="Good  morning,\n\nall of you & <them>", visibility="unlisted")
PROFILES = [
    "mastodon", "mastodon-4.6", "gotosocial", "snac", "takahe", "pleroma", "pixelfed", "hollo",
]  # fmt: skip
RESOLVES = {"mastodon", "mastodon-4.6", "gotosocial", "pleroma", "pixelfed", "hollo"}
ANNOUNCED = {"mastodon": 23, "mastodon-4.6": 23}


@pytest.fixture(scope="module", params=PROFILES)
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def sandbox(profile):
    with run_in_thread(profile=profile) as running:
        yield running


@pytest.fixture
def account(sandbox, make_target):
    token = sandbox.add_account("news", bot=True)
    sandbox.faults.clear()
    return make_target(sandbox.url, token=lambda: token)


def delivering(post):
    return Delivery(1, "news", "s", b"k", post, DeliveryState.DOUBT, NOW, NOW)


def stands(target, post):
    """The receipts of this post, as a read-back finds them."""
    hidden = NOW if post.visibility in ("private", "direct") else None
    return [status.receipt for status in target.recent(hidden) if matches(delivering(post), status)]


def test_verify_names_the_account(account):
    assert account.verify().acct == "news"


def test_links_count_as_announced_on_mastodon_alone(account, profile):
    limits = account.limits()
    assert limits.per_link == ANNOUNCED.get(profile)
    assert limits.characters >= 500


@pytest.mark.parametrize(
    "post",
    [
        POST,
        NOTE,
        replace(POST, spoiler="sad", visibility="private"),
        replace(NOTE, visibility="private"),
        replace(NOTE, visibility="direct"),
    ],
)
def test_what_was_posted_is_found_again(account, post):
    post = replace(post, text=post.text + " " + post.visibility) if not post.link else post
    key = f"key {post.visibility} {post.spoiler} {len(post.text)}"
    receipt = account.publish(post, key, markup=account.limits().markup)
    assert receipt in stands(account, post)
    assert receipt.url.startswith("http")


@pytest.mark.parametrize(
    "fault",
    ["drop_after", "reset_after", "truncate_after", "status_after", "html_200_after", "no_id_200"],
)
def test_a_post_whose_answer_was_lost_is_in_doubt_and_found(sandbox, account, fault):
    post = replace(POST, link=f"{LINK}&{fault}", text=f"{fault}\n{LINK}&{fault}")
    sandbox.faults.add(fault)
    with pytest.raises(Doubtful):
        account.publish(post, f"key {fault}")
    assert len(stands(account, post)) == 1


@pytest.mark.parametrize("visibility", ["private", "direct"])
@pytest.mark.parametrize("link", ["", f"{LINK}&hidden"])
def test_a_hidden_post_whose_answer_was_lost_is_found_once(sandbox, account, visibility, link):
    text = f"hidden {visibility} {link}".strip()
    post = Post("post", text=text, link=link, visibility=visibility)
    if link:
        post = replace(post, link=f"{link}-{visibility}", text=f"{text}-{visibility}")
    sandbox.faults.add("drop_after")
    with pytest.raises(Doubtful):
        account.publish(post, f"key {text}")
    assert len(stands(account, post)) == 1


def test_a_warning_stays_with_a_post_and_with_its_edit(sandbox, account):
    post = replace(POST, spoiler="sad", link=f"{LINK}&warned", text=f"warned\n{LINK}&warned")
    receipt = account.publish(post, "key warned")
    edit = replace(post, action="edit", uri=receipt.remote_id, text=f"edited\n{LINK}&warned")
    account.publish(edit, "key edit")
    published = next(
        status for status in sandbox.statuses("news") if status["id"] == receipt.remote_id
    )
    assert (published["spoiler_text"], published["sensitive"]) == ("sad", True)
    assert "edited" in published["content"]


def test_a_picture_stays_with_a_post_and_with_its_edit(sandbox, account):
    post = replace(POST, link=f"{LINK}&pictured", text=f"pictured\n{LINK}&pictured")
    receipt = account.publish(post, "key pictured", images=[Image(png(), "image/png", "dots")])
    account.publish(replace(post, action="edit", uri=receipt.remote_id), "key edit")
    published = next(
        status for status in sandbox.statuses("news") if status["id"] == receipt.remote_id
    )
    assert [media["description"] for media in published["media_attachments"]] == ["dots"]


def test_an_edit_keeps_the_language(sandbox, account, profile):
    post = replace(POST, link=f"{LINK}&zh", text=f"你好\n{LINK}&zh")
    receipt = account.publish(post, "key zh")
    account.publish(
        replace(post, action="edit", uri=receipt.remote_id, text=f"再见\n{LINK}&zh"), "k"
    )
    published = next(
        status for status in sandbox.statuses("news") if status["id"] == receipt.remote_id
    )
    assert published["language"] == {"snac": "en", "takahe": None}.get(profile, "zh")


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
def test_a_post_is_as_visible_as_it_was_meant_to_be(sandbox, account, visibility):
    receipt = account.publish(
        Post("post", text="seen", visibility=visibility), f"seen {visibility}"
    )
    published = next(
        status for status in sandbox.statuses("news") if status["id"] == receipt.remote_id
    )
    assert published["visibility"] == visibility


def test_a_picture_with_a_long_description_is_attached_all_the_same(sandbox, account):
    account.limits()
    picture = Image(png(), "image/png", "x" * 2000)
    receipt = account.publish(
        Post("post", text="pictured at length"), "key at length", images=[picture]
    )
    published = next(
        status for status in sandbox.statuses("news") if status["id"] == receipt.remote_id
    )
    assert [len(media["description"]) for media in published["media_attachments"]] in (
        [1500],
        [2000],
    )


def test_what_is_not_an_image_does_not_prevent_its_post(sandbox, account):
    bad = Image(b"no picture", "image/png")
    receipt = account.publish(Post("post", text="not pictured"), "key not pictured", images=[bad])
    assert any(status["id"] == receipt.remote_id for status in sandbox.statuses("news"))


def test_an_edit_of_a_deleted_status_publishes_nothing(sandbox, account):
    post = replace(POST, link=f"{LINK}&gone", text=f"gone\n{LINK}&gone")
    receipt = account.publish(post, "key gone")
    sandbox.delete_status(receipt.remote_id)
    with pytest.raises(Rejected) as caught:
        account.publish(replace(post, action="edit", uri=receipt.remote_id), "key edit")
    assert caught.value.slug == "edited_is_gone"


def test_a_post_over_the_limit_is_recognised_as_too_long(account, profile):
    long = Post("post", text="x" * (account.limits().characters + 1))
    if profile in ("snac", "hollo"):  # these enforce no limit
        assert account.publish(long, "key long").remote_id
    else:
        with pytest.raises(TooLong):
            account.publish(long, "key long")


def test_a_bad_token_is_recognised_by_verify_and_by_a_post(sandbox, make_target):
    stranger = make_target(sandbox.url, token=lambda: "wrong")
    with pytest.raises(Unauthorised):
        stranger.verify()
    with pytest.raises(Unauthorised):
        stranger.publish(POST, "key bad")


def test_a_token_that_may_not_write_is_recognised(sandbox, make_target, profile):
    sandbox.add_account("news")
    token = sandbox.add_token("news", ["read"])
    with pytest.raises(Unauthorised) as caught:
        make_target(sandbox.url, token=lambda: token).publish(POST, "key scope")
    assert caught.value.slug == "scope_missing"


def at_home(status):
    return Post("boost", uri=status["uri"], status_id=status["id"], visibility="unlisted")


def test_a_status_that_was_read_here_is_boosted_by_its_id_on_every_server(sandbox, account):
    original = sandbox.add_status("ann@remote.example", "to be boosted")
    boost = at_home(original)
    status = account.status(boost)
    assert (status.id, status.boosted) == (original["id"], None)
    account.publish(boost, "k")
    assert account.existing(boost, b"") is not None
    assert account.status(boost).boosted is not None
    acts = [act for act in sandbox.accepted if act["act"] == "boost"]
    assert [act["uri"] for act in acts] == [original["uri"]]
    assert len(stands(account, boost)) == 1


def test_a_remote_status_is_found_by_its_address_where_the_server_resolves_it(
    sandbox, account, profile
):
    original = sandbox.add_status("ann@remote.example", "from elsewhere")
    status = account.status(Post("boost", uri=original["uri"]))
    assert (status is not None) is (profile in RESOLVES)


def test_a_deleted_status_is_not_found(sandbox, account):
    gone = sandbox.add_status("ann@remote.example", "deleted soon")
    sandbox.delete_status(gone["id"])
    assert account.status(at_home(gone)) is None


def test_a_timeline_of_others_and_of_boosts_is_read(sandbox, account):
    for number in range(90):
        sandbox.add_status("news", f"status {number}")
    read = account.recent()
    assert len(read) >= 20
    assert len({status.receipt.remote_id for status in read}) == len(read)


@pytest.mark.parametrize("limited", ["mastodon", "gotosocial"])
def test_a_rate_limit_says_until_when(make_target, limited):
    with run_in_thread(profile=limited, rate_limit=1) as sandbox:
        token = sandbox.add_account("busy")
        busy = make_target(sandbox.url, token=lambda: token)
        busy.publish(Post("post", text="first"), "key 1")
        with pytest.raises(RateLimited) as caught:
            busy.publish(Post("post", text="second"), "key 2")
        assert busy.rate_remaining == 0
        assert len(sandbox.accepted) == 1
    assert caught.value.until.tzinfo is UTC
