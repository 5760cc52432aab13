"""Posting and what can be done with a post, through Mastodon.py."""

from __future__ import annotations

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError
from sandbox_samples import call, client, send, texts

from fediverse.server import FediverseServer
from sample_images import png


def test_a_post_keeps_all_its_fields(mastodon, sandbox: FediverseServer):
    status = mastodon.status_post(
        "你好 https://news.example/a?b=1&c=2 #新闻",
        visibility="unlisted",
        language="zh",
        spoiler_text="小心",
    )
    fetched = mastodon.status(status.id)
    assert (fetched.visibility, fetched.language, fetched.spoiler_text) == (
        "unlisted",
        "zh",
        "小心",
    )
    assert fetched.sensitive
    assert 'href="https://news.example/a?b=1&amp;c=2"' in fetched.content
    assert [tag.name for tag in fetched.tags] == ["新闻"]
    assert fetched.url == f"{sandbox.url}/@news/{status.id}"
    assert fetched.account.acct == "news"


def test_the_instance_announces_its_limits(mastodon):
    limits = mastodon.instance_v2().configuration.statuses
    assert (limits.max_characters, limits.characters_reserved_per_url) == (500, 23)
    assert mastodon.instance_v1().configuration.statuses.max_characters == 500
    assert mastodon.instance_v2().configuration.media_attachments.description_limit == 1500


def test_an_empty_post_is_refused(news):
    with pytest.raises(MastodonAPIError) as caught:
        news.status_post("  ")
    assert caught.value.args[1] == 422


@pytest.mark.parametrize(
    "text",
    [
        "x" * 500,
        "👨‍👩‍👧‍👦" * 500,
        "x" * 476 + " https://example.com/" + "y" * 900,
        "x" * 488 + " @elsewhere@" + "long." * 30 + "example",
    ],
)
def test_500_characters_as_mastodon_counts_are_accepted(sandbox, text):
    assert send(sandbox, text).status_code == 200


@pytest.mark.parametrize(
    ("text", "spoiler"),
    [("x" * 501, ""), ("x" * 500, "y"), ("x" * 477 + " https://example.com/", "")],
)
def test_more_than_500_is_refused(sandbox, text, spoiler):
    answer = send(sandbox, text, spoiler_text=spoiler)
    assert answer.status_code == 422
    assert "limit of 500 exceeded" in answer.json()["error"]
    assert sandbox.accepted == []


def test_a_link_to_a_bare_address_counts_in_full(sandbox):
    link = " http://127.0.0.1:8000/" + "y" * 40
    assert send(sandbox, "x" * (501 - len(link)) + link).status_code == 422


def test_an_edit_keeps_the_id_and_the_language(mastodon):
    status = mastodon.status_post("first", language="zh")
    edited = mastodon.status_update(status.id, "second #tag")
    assert edited.id == status.id
    assert edited.edited_at is not None
    assert edited.language == "zh"
    assert mastodon.status(status.id).content.startswith("<p>second")
    assert [tag.name for tag in mastodon.status(status.id).tags] == ["tag"]


def test_a_deletion_returns_the_text_and_removes_the_post(mastodon):
    status = mastodon.status_post("oops")
    assert mastodon.status_delete(status.id)["text"] == "oops"
    with pytest.raises(MastodonNotFoundError):
        mastodon.status(status.id)
    with pytest.raises(MastodonNotFoundError):
        mastodon.status_delete(status.id)


def test_only_its_author_deletes_a_post(sandbox, news):
    other = sandbox.add_status("alice", "mine")
    with pytest.raises(MastodonNotFoundError):
        news.status_delete(other["id"])
    assert len(sandbox.statuses("alice")) == 1


def test_a_boost_wraps_the_original_and_is_made_once(mastodon, sandbox):
    original = sandbox.add_status("alice@remote.example", "boost me")
    assert not mastodon.status(original["id"]).reblogged
    first = mastodon.status_reblog(original["id"], visibility="unlisted")
    assert first.reblog.uri == original["uri"]
    assert first.visibility == "unlisted"
    assert mastodon.status(original["id"]).reblogged
    assert mastodon.status_reblog(original["id"]).id == first.id
    assert mastodon.status_reblog(first.id).id == first.id
    assert [act["act"] for act in sandbox.accepted] == ["boost"]
    assert sandbox.accepted[0]["uri"] == original["uri"]


def test_an_undone_boost_leaves_the_original(mastodon, sandbox):
    original = sandbox.add_status("alice", "boost me")
    mastodon.status_reblog(original["id"])
    assert not mastodon.status_unreblog(original["id"]).reblogged
    assert not mastodon.status_unreblog(original["id"]).reblogged
    assert sandbox.statuses("news") == []
    assert [act["act"] for act in sandbox.accepted] == ["boost", "unboost"]


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_private_and_direct_posts_cannot_be_boosted(sandbox, news, visibility):
    sandbox.follow("news", "alice")
    hidden = sandbox.add_status("alice", "@news psst", visibility=visibility)
    assert news.status(hidden["id"]).content
    with pytest.raises(MastodonNotFoundError):
        news.status_reblog(hidden["id"])
    assert sandbox.accepted == []


def test_a_quote_shows_the_quoted_and_links_to_it(sandbox, news):
    original = sandbox.add_status("alice", "quote me")
    status = news.status_post("so true", quoted_status_id=original["id"])
    assert status.quote.quoted_status.id == original["id"]
    assert f'href="{original["url"]}"' in status.content
    assert news.status(original["id"]).quotes_count == 1


def test_replies_name_their_parent_and_are_counted(sandbox, news):
    root = sandbox.add_status("alice", "root")
    reply = news.status_reply(news.status(root["id"]), "reply")
    assert reply.in_reply_to_id == root["id"]
    assert [m.acct for m in reply.mentions] == ["alice"]
    leaf = news.status_post("leaf", in_reply_to_id=reply.id)
    assert leaf.in_reply_to_account_id == reply.account.id
    assert news.status(reply.id).replies_count == 1
    assert news.status(root["id"]).replies_count == 1


def test_favourites_and_bookmarks_are_listed_last_marked_first(mastodon, sandbox):
    first, second = (sandbox.add_status("alice", text)["id"] for text in ("one", "two"))
    for status_id in (second, first):
        assert mastodon.status_favourite(status_id).favourited
        assert mastodon.status_bookmark(status_id).bookmarked
    assert [s.id for s in mastodon.favourites()] == [first, second]
    assert [s.id for s in mastodon.fetch_next(mastodon.bookmarks(limit=1))] == [second]
    assert not mastodon.status_unfavourite(first).favourited
    assert not mastodon.status_unbookmark(first).bookmarked
    assert [s.id for s in mastodon.favourites()] == [second]


def test_an_image_keeps_its_description(mastodon, sandbox):
    media = mastodon.media_post(png(), mime_type="image/png", description="two grey dots")
    status = mastodon.status_post("look", media_ids=[media])
    attachment = status.media_attachments[0]
    assert (attachment.type, attachment.description) == ("image", "two grey dots")
    answer = call(sandbox, "GET", attachment.url.removeprefix(sandbox.url), token=None)
    assert answer.content == png()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_description_can_follow_the_upload(mastodon):
    media = mastodon.media_post(png(), mime_type="image/png")
    assert mastodon.media_update(media, description="later told").description == "later told"
    assert mastodon.media(media).description == "later told"


@pytest.mark.parametrize(
    ("content", "alt"), [(b"<html>not a picture</html>", ""), (png(), "x" * 1501), (b"", "")]
)
def test_bad_uploads_are_refused(news, content, alt):
    with pytest.raises(MastodonAPIError) as caught:
        news.media_post(content, mime_type="image/png", description=alt)
    assert caught.value.args[1] == 422


def test_media_is_attached_once(news, sandbox):
    media = news.media_post(png(), mime_type="image/png")
    news.status_post("one", media_ids=[media])
    with pytest.raises(MastodonAPIError):
        news.status_post("two", media_ids=[media])
    with pytest.raises(MastodonAPIError):
        news.status_post("three", media_ids=["12345"])
    assert texts(sandbox) == ["one"]


def test_a_mention_that_is_not_allowed_is_refused(sandbox):
    sandbox.add_account("alice")
    answer = send(sandbox, "hi @alice", **{"allowed_mentions[]": ["0"]})
    assert answer.status_code == 422
    assert answer.json()["unexpected_accounts"][0]["acct"] == "alice"


@pytest.mark.parametrize("body", [b"{not json", b"[1]"])
def test_a_body_that_is_no_json_object_is_refused(sandbox, body):
    headers = {"Content-Type": "application/json"}
    assert call(sandbox, "POST", "/api/v1/statuses", data=body, headers=headers).status_code == 400


def test_json_is_accepted_like_a_form(sandbox):
    body = {"status": "json", "visibility": "unlisted", "media_ids": []}
    answer = call(sandbox, "POST", "/api/v1/statuses", json=body)
    assert (answer.json()["visibility"], texts(sandbox)) == ("unlisted", ["json"])


def test_private_and_direct_posts_are_shown_to_followers_and_mentioned_alone(sandbox, news):
    hidden = [
        sandbox.add_status("alice", "for followers", visibility="private")["id"],
        sandbox.add_status("alice", "@carol psst", visibility="direct")["id"],
    ]
    for status_id in hidden:
        with pytest.raises(MastodonNotFoundError):
            news.status(status_id)
    sandbox.follow("news", "alice")
    assert news.status(hidden[0]).id == hidden[0]
    with pytest.raises(MastodonNotFoundError):
        news.status(hidden[1])
    sandbox.add_account("carol")
    mentioning = sandbox.add_status("alice", "@carol again", visibility="direct")["id"]
    assert client(sandbox, "carol").status(mentioning).id == mentioning


def test_a_private_boost_is_shown_to_followers_alone(sandbox, news):
    original = sandbox.add_status("alice", "boost me")
    boost = news.status_reblog(original["id"], visibility="private")
    other = client(sandbox, "other")
    assert other.account_statuses(other.account_lookup("news")) == []
    sandbox.follow("other", "news")
    assert [s.id for s in other.account_statuses(other.account_lookup("news"))] == [boost.id]
