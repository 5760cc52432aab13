"""A source that has moved for good: believed once it has said so several times."""

import pytest

from harness import Page, accepted_posts, items, post_text


@pytest.fixture
def moved(bot, feeds, sandbox, clock):
    """A source whose url redirects to /new.xml; a function that polls it again."""
    feeds.show("/new.xml", items(clock, "a"), etag=False)

    def redirect(status=301):
        target = {"Location": feeds.url("/new.xml")}
        feeds.pages["/old.xml"] = Page(b"", status, target, "text/plain", etag=False)

    redirect()
    bot.configure({"hot": {"url": feeds.url("/old.xml")}}, {"news": (sandbox, "")})

    def poll(times=1, status=301):
        redirect(status)
        for _ in range(times):
            bot.sync()
            clock.advance(minutes=20)

    return poll


def test_a_permanent_redirect_is_believed_after_the_third_time(moved, feeds, sandbox):
    moved(3)
    assert feeds.request_count("/old.xml") == 3
    moved(2)
    assert feeds.request_count("/old.xml") == 3
    assert feeds.request_count("/new.xml") == 5
    assert accepted_posts(sandbox) == [post_text("a")]


def test_a_temporary_redirect_is_followed_for_ever(moved, feeds):
    moved(5, status=302)
    assert feeds.request_count("/old.xml") == 5


def test_when_the_new_address_fails_the_old_one_is_asked_again(moved, feeds, bot, clock, sandbox):
    moved(4)
    assert feeds.request_count("/old.xml") == 3
    feeds.fail("/new.xml", 404)
    moved()
    feeds.show("/old.xml", items(clock, "b", "a"), etag=False)
    clock.advance(minutes=30)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


def test_a_changed_url_in_the_config_forgets_where_the_old_one_led(
    moved, feeds, bot, clock, sandbox
):
    moved(4)
    other = feeds.show("/other.xml", items(clock, "b", "a"), etag=False)
    bot.configure({"hot": {"url": other}}, {"news": (sandbox, "")})
    bot.sync()
    assert feeds.request_count("/other.xml") == 1
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
