"""Images go along with a post, or the post goes without them, once."""

import logging
import socket

import pytest
from mastodon import Mastodon

from reblogbot.errors import Doubtful, RateLimited, Rejected, TooLong, Unreachable
from reblogbot.model import Image, Post
from reblogbot.sandbox.server import run_in_thread
from sample_images import png, saved

LINK = "https://paper.example/a"
POST = Post("post", text=f"Title\n{LINK}", link=LINK, visibility="unlisted", language="en")
CAT = Image(png(), "image/png", "A cat")
DOG = Image(saved("JPEG"), "image/jpeg", "A dog, running")
UPLOAD = "/api/v2/media"
CREATE = ("POST", "/api/v1/statuses")
PROFILES = ["mastodon", "mastodon-4.6", "gotosocial", "snac", "takahe", "pleroma", "pixelfed"]


class Home:
    """A sandbox with one account and a target for it."""

    def __init__(self, sandbox, make_target):
        self.sandbox = sandbox
        self.faults = sandbox.faults
        self.token = sandbox.add_account("news", bot=True)
        self._make = make_target
        self.target = self.with_token(self.token)

    def with_token(self, token, seconds=5.0):
        return self._make(self.sandbox.url, token=lambda: token, seconds=seconds)

    @property
    def keys(self):
        return [act["key"] for act in self.sandbox.accepted if act["act"] == "post"]

    @property
    def described(self):
        """What each status shows, the oldest first."""
        return [
            [media["description"] for media in status["media_attachments"]]
            for status in self.sandbox.statuses("news")
        ]

    def times(self, method, path):
        return self.sandbox.requests.count((method, path))


@pytest.fixture
def make_home(make_target):
    homes = []

    def made(profile="mastodon"):
        serving = run_in_thread(profile=profile)
        homes.append(serving)
        return Home(serving.__enter__(), make_target)

    yield made
    for serving in homes:
        serving.__exit__(None, None, None)


@pytest.fixture
def home(make_home):
    return make_home()


@pytest.mark.parametrize("profile", PROFILES)
def test_images_are_attached_in_order_with_their_descriptions(make_home, profile):
    home = make_home(profile)
    home.target.publish(POST, "k", images=[CAT, DOG])
    assert home.described == [["A cat", "A dog, running"]]


def test_a_server_that_takes_its_time_is_waited_for(home):
    home.faults.add("processing", looks=2)
    home.target.publish(POST, "k", images=[CAT, DOG])
    assert home.described == [["A cat", "A dog, running"]]
    assert len([path for _, path in home.sandbox.requests if "/media/" in path]) == 3


def test_one_that_never_gets_done_is_not_waited_for_for_ever(home, caplog):
    home.faults.add("processing", looks=-1)
    home.with_token(home.token, seconds=0.5).publish(POST, "k", images=[CAT])
    assert home.described == [[]]
    assert [one.slug for one in caplog.records] == ["image_unready"]


UPLOADS_THAT_FAIL = [
    ("status_before", {"status": 422, "error": "Validation failed: File is invalid"}),
    ("status_before", {"status": 413, "body": "html"}),
    ("status_before", {"status": 500, "body": "html"}),
    ("status_before", {"status": 404, "body": "html"}),
    ("status_before", {"status": 401}),
    ("status_after", {"status": 503}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("reset_after", {}),
    ("html_200_after", {}),
    ("empty_200_after", {}),
    ("no_id_200", {}),
    ("redirect", {}),
]


@pytest.mark.parametrize(("fault", "options"), UPLOADS_THAT_FAIL)
def test_an_upload_that_fails_leaves_that_image_out_alone(home, caplog, fault, options):
    home.faults.add(fault, "POST", UPLOAD, **options)
    home.target.publish(POST, "k", images=[CAT, DOG])
    assert home.described == [["A dog, running"]]
    assert home.keys == ["k"]
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == [
        "image left out"
    ]


@pytest.mark.parametrize("profile", ["mastodon", "gotosocial", "takahe"])
def test_bytes_the_server_refuses_are_left_out(make_home, profile):
    home = make_home(profile)
    home.target.publish(POST, "k", images=[Image(b"no image at all", "image/png", "?"), DOG])
    assert home.described == [["A dog, running"]]


def test_a_token_that_may_not_upload_posts_the_text(home, caplog):
    token = home.sandbox.add_token("news", ["read", "write:statuses"])
    home.with_token(token).publish(POST, "k", images=[CAT])
    assert home.described == [[]]
    assert [one.slug for one in caplog.records] == ["scope_missing"]


def test_a_limit_on_uploads_is_waited_for_and_nothing_is_posted_meanwhile(home):
    home.faults.add("status_before", "POST", UPLOAD, status=429, reset="iso")
    with pytest.raises(RateLimited):
        home.target.publish(POST, "k", images=[CAT])
    assert home.described == []


def test_a_server_out_of_reach_is_told_and_nothing_is_posted(make_target):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable):
        make_target(f"http://127.0.0.1:{port}").publish(POST, "k", images=[CAT])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_post_refused_with_its_images_is_made_once_without_them(make_home, profile, caplog):
    home = make_home(profile)
    # the server says it is done with the image, and then that it is not
    home.faults.add("processing", looks=3)
    home.faults.add("status_before", "GET", "/api/v1/media/*", status=200)
    receipt = home.target.publish(POST, "k", images=[CAT])
    assert home.described == [[]]
    assert home.times(*CREATE) == 2
    assert [status["id"] for status in home.sandbox.statuses("news")] == [receipt.remote_id]
    assert [one.getMessage() for one in caplog.records] == ["posted without images"]


def test_the_post_without_images_goes_under_a_key_of_its_own_and_always_the_same(home):
    for _ in range(2):
        home.faults.add("status_before", status=422)
        home.target.publish(POST, "k", images=[CAT])
    assert home.described == [[]]
    assert len(home.keys) == 1
    assert home.keys[0] != "k"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 422, "error": "Text character limit of 500 exceeded"}, TooLong),
        ({"status": 500}, Doubtful),
        ({"status": 404}, Doubtful),
        ({"status": 429}, RateLimited),
    ],
)
def test_what_has_nothing_to_do_with_images_is_not_tried_without_them(home, answer, error):
    home.faults.add("status_before", **answer)
    with pytest.raises(error):
        home.target.publish(POST, "k", images=[CAT])
    assert home.times(*CREATE) == 1


@pytest.mark.parametrize(
    "fault", ["drop_after", "status_after", "truncate_after", "html_200_after"]
)
def test_a_lost_answer_leaves_one_post_with_its_images_in_doubt(home, fault):
    home.faults.add(fault)
    with pytest.raises(Doubtful):
        home.target.publish(POST, "k", images=[CAT])
    assert home.described == [["A cat"]]


def test_a_post_refused_for_itself_is_refused_without_images_too(home):
    home.faults.add("status_before", status=422, times=2)
    with pytest.raises(Rejected):
        home.target.publish(POST, "k", images=[CAT])
    assert home.times(*CREATE) == 2
    assert home.described == []


def test_a_post_without_images_is_refused_once(home):
    home.faults.add("status_before", status=422, times=2)
    with pytest.raises(Rejected):
        home.target.publish(POST, "k")
    assert home.times(*CREATE) == 1


@pytest.mark.parametrize("profile", ["mastodon", "gotosocial"])
def test_each_attempt_uploads_anew_for_no_image_is_taken_twice(make_home, profile):
    home = make_home(profile)
    home.target.publish(POST, "k-1", images=[CAT])
    home.target.publish(POST, "k-2", images=[CAT])
    assert home.described == [["A cat"], ["A cat"]]


def test_a_description_over_the_limit_is_cut_before_the_server_refuses_it(make_home):
    home = make_home("gotosocial")
    home.target.limits()
    home.target.publish(POST, "k", images=[Image(png(), "image/png", "猫" * 2000)])
    assert home.described == [["猫" * 1500]]


def test_an_image_without_a_description_is_attached_all_the_same(home):
    home.target.publish(POST, "k", images=[Image(png(), "image/png")])
    assert len(home.described[0]) == 1


def test_an_edit_keeps_the_images_that_stand_there(home):
    receipt = home.target.publish(POST, "k", images=[CAT])
    edit = Post("edit", text=f"Another title\n{LINK}", link=LINK, uri=receipt.remote_id)
    home.target.publish(edit, "k-2", images=[DOG])
    assert home.described == [["A cat"]]


def test_a_quote_has_its_images(home):
    original = home.sandbox.add_status("ann@remote.example", "to be quoted")
    quote = Post(
        "quote",
        text=f"Look\n{original['uri']}",
        link=original["uri"],
        uri=original["uri"],
        status_id=original["id"],
    )
    home.target.publish(quote, "k", images=[CAT])
    assert home.described == [["A cat"]]


def test_the_library_sees_what_was_attached(home):
    home.target.publish(POST, "k", images=[CAT])
    client = Mastodon(api_base_url=home.sandbox.url, access_token=home.token)
    (status,) = client.account_statuses(client.me())
    assert [(one.type, one.description) for one in status.media_attachments] == [("image", "A cat")]
