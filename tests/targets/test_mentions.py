"""Mastodon is asked to notify nobody whom the admin did not name."""

import pytest
from samples import POST, STATUSES, status

from fediverse.server import run_in_thread
from reblogbot.errors import Rejected
from reblogbot.model import Image, Post
from sample_images import png
from scripted_server import says

HELLO = Post("post", text="Hello @ann", visibility="unlisted")


@pytest.fixture
def account(make_target, request):
    with run_in_thread(profile=getattr(request, "param", "mastodon")) as sandbox:
        sandbox.add_account("ann")
        token = sandbox.add_account("news", bot=True)
        target = make_target(sandbox.url, token=lambda: token)
        target.limits()
        yield target


def sent(server, target, version, post=POST):
    """The fields of a post to a server that announces this version."""
    server.on("GET", "/api/v2/instance", says(200, {"version": version}))
    server.on("POST", STATUSES, says(200, status()))
    target.limits()
    target.publish(post, "k")
    return server.seen[-1].fields


def test_mastodon_is_asked_to_allow_no_mentions(server, target):
    fields = sent(server, target, "4.5.4")
    assert fields["allowed_mentions"] == [""]
    assert fields["status"] == POST.text


@pytest.mark.parametrize(
    ("version", "post"),
    [
        ("0.20.0-rc1+g57cb4fe", POST),
        ("2.7.2 (compatible; Pleroma 2.9.1)", POST),
        ("4.5.4", Post("post", text="via @ann", may_mention=True)),
        ("4.5.4", Post("post", text="@ann look", visibility="direct")),
    ],
)
def test_other_servers_and_intended_mentions_get_no_such_request(server, target, version, post):
    assert "allowed_mentions" not in sent(server, target, version, post)


def test_while_the_server_is_unknown_no_such_request_is_sent(server, target):
    server.on("POST", STATUSES, says(200, status()))
    target.publish(POST, "k")
    assert "allowed_mentions" not in server.seen[0].fields


def test_a_text_that_would_notify_somebody_is_refused_with_clear_words(account):
    with pytest.raises(Rejected) as caught:
        account.publish(HELLO, "k")
    assert caught.value.slug == "would_notify"
    assert "mentions people" in caught.value.message


def test_it_is_refused_with_images_as_well(account):
    with pytest.raises(Rejected) as caught:
        account.publish(HELLO, "k", images=[Image(png(), "image/png")])
    assert caught.value.slug == "would_notify"


def test_a_text_without_mentions_is_posted(account):
    assert account.publish(POST, "k").remote_id


def test_a_mention_of_the_admins_own_is_posted(account):
    meant = Post("post", text="Hello @ann", visibility="unlisted", may_mention=True)
    assert account.publish(meant, "k").remote_id


@pytest.mark.parametrize("account", ["gotosocial", "takahe"], indirect=True)
def test_other_servers_post_such_a_text(account):
    assert account.publish(HELLO, "k").remote_id
