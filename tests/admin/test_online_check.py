"""`check --online` tries every token and source, and warns of too many public posts."""

import hashlib
import json
from datetime import timedelta

import pytest

from fediverse.server import run_in_thread
from harness import Item, items
from reblogbot.admin.online_check import check_all
from reblogbot.config.scopes import POSTING
from reblogbot.errors import Exit


@pytest.fixture
def tried(bot):
    """What is said of the account and of the source."""

    def run():
        with bot.open_worker() as worker:
            trials = {item.path: item for item in worker.run(check_all(worker.engine))}
        return trials["accounts.news"], trials["sources.hot"]

    return run


@pytest.fixture
def polite(bot, feeds, sandbox, clock):
    """A bot as it should be, but for what is said."""

    def configured(account=None, scopes=POSTING, *, is_bot=True, feed_items=None, **source):
        sandbox.add_account("news", scopes=scopes, bot=is_bot)
        keys = {
            **bot.account("news", sandbox, sandbox.add_token("news", scopes)),
            **(account or {}),
        }
        url = feeds.show("/f", items(clock, "a") if feed_items is None else feed_items)
        bot.configure({"hot": {"url": url, **source}}, {"news": keys})

    return configured


def test_what_is_as_it_should_be_is_found_to_work(polite, tried):
    polite()
    account, source = tried()
    assert account.finding.startswith("works, as @news; 500 characters")
    assert source.finding == "works, 1 entry"
    assert (account.warnings, source.warnings) == ((), ())
    assert (account.error, source.error) == ("", "")


def test_an_account_without_the_bot_flag_is_warned_of(polite, tried):
    polite(is_bot=False)
    account, _ = tried()
    assert account.warnings == (
        "@news is not marked as a bot; set the flag in the account's profile",
    )


def test_a_token_with_excess_scopes_is_warned_of(polite, tried):
    polite(scopes=["read", "write", "follow"])
    account, _ = tried()
    assert [warning.partition(";")[0] for warning in account.warnings] == [
        "its token may do more than it needs (read write follow)"
    ]


def test_a_token_that_lacks_a_scope_is_an_error(polite, tried):
    polite(scopes=["read:accounts", "read:statuses", "read:search", "write:statuses"], media=1)
    account, _ = tried()
    assert account.error.startswith("its token lacks write:media; create one with only: ")


@pytest.fixture
def elsewhere(bot, feeds, clock):
    """Configures an account on a server of another kind, with a token of these scopes."""
    running = []

    def configured(profile, scopes):
        running.append(run_in_thread(profile=profile, clock=clock))
        server = running[-1].__enter__()
        server.add_account("news", bot=True)
        token = server.add_token("news", scopes)
        url = feeds.show("/f", items(clock, "a"))
        bot.configure({"hot": {"url": url, "media": 1}}, {"news": (server, token)})
        return token

    yield configured
    for server in running:
        server.__exit__(None, None, None)


def keep(bot, token, scope):
    """Keep scopes beside the token file, as the answer to a login response them."""
    digest = hashlib.sha256(token.encode()).hexdigest()[:16]
    kept = json.dumps({"token": digest, "scope": scope})
    (bot.folder / "news.token.json").write_text(kept)


LESS = "read:accounts read:statuses read:search write:statuses"


def test_a_lacking_scope_known_only_from_the_token_response_is_an_error(elsewhere, tried, bot):
    keep(bot, elsewhere("snac", LESS.split()), LESS)
    account, _ = tried()
    assert account.error.startswith("its token lacks write:media;")
    assert bot.call("check", "--online").code == Exit.FAILED


def test_unknown_scopes_are_no_error_and_are_mentioned(elsewhere, tried):
    elsewhere("snac", LESS.split())
    account, _ = tried()
    assert account.error == ""
    assert "its server does not report the scopes of the token" in account.finding


def test_scopes_kept_for_another_token_say_nothing_of_this_one(elsewhere, tried, bot):
    elsewhere("snac", POSTING)
    keep(bot, "an older token", LESS)
    account, _ = tried()
    assert account.error == ""
    assert "its server does not report the scopes of the token" in account.finding


def test_a_token_too_narrow_for_takahe_is_told_which_scopes_will_do(elsewhere, tried):
    elsewhere("takahe", POSTING)
    account, _ = tried()
    assert "the token lacks a scope" in account.error
    assert "read write:statuses write:media" in account.error


def test_a_token_broad_enough_for_takahe_works(elsewhere, tried):
    elsewhere("takahe", ["read", "write:statuses", "write:media"])
    account, _ = tried()
    assert account.error == ""


def test_a_token_that_does_not_work_is_an_error(polite, tried, bot):
    polite()
    bot.set_token("news", "wrong")
    account, _ = tried()
    assert "token" in account.error


PUBLIC = {"visibility": "public"}


def many(clock, count, **span):
    return [
        Item(
            f"t{n}", f"https://n.example/{n}", at=clock.now() - timedelta(**span) * (n + 1) / count
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("account", "source"),
    [
        (PUBLIC, {}),
        ({}, PUBLIC),
        (PUBLIC, {"every": "6h"}),
        (PUBLIC, {"budget": "100/1d"}),
    ],
)
def test_many_public_posts_a_day_are_warned_of(polite, tried, clock, account, source):
    polite(account, feed_items=many(clock, 40, hours=23), **source)
    _, check = tried()
    assert [warning.partition(":")[0] for warning in check.warnings] == [
        "about 40 posts a day, public on news"
    ]


@pytest.mark.parametrize(
    ("account", "source", "days"),
    [
        ({}, {}, 1),
        (PUBLIC, {"visibility": "unlisted"}, 1),
        (PUBLIC, {"budget": "10/1d"}, 1),
        (PUBLIC, {"budget": "1/2h"}, 1),
        (PUBLIC, {"digest": "18:00"}, 1),
        ({**PUBLIC, "pace": {"per_day": 20}}, {}, 1),
        (PUBLIC, {}, 30),
    ],
)
def test_few_or_unlisted_posts_are_not_warned_of(polite, tried, clock, account, source, days):
    polite(account, feed_items=many(clock, 40, days=days), **source)
    _, check = tried()
    assert check.warnings == ()


def test_a_list_without_dates_counts_in_full(polite, tried):
    polite(PUBLIC, feed_items=[Item(f"t{n}", f"https://n.example/{n}") for n in range(40)])
    _, check = tried()
    assert "about 40 posts a day" in check.warnings[0]


def test_a_source_that_was_polled_before_is_judged_all_the_same(polite, tried, bot, clock):
    polite(PUBLIC, feed_items=many(clock, 40, hours=23), first="none")
    bot.sync()
    _, check = tried()
    assert check.finding == "works, 40 entries"
    assert "about 40 posts a day" in check.warnings[0]


def test_a_source_without_entries_is_warned_of(polite, tried):
    polite(feed_items=[])
    _, check = tried()
    assert check.warnings == ("it shows no entries at the moment",)


def test_trying_writes_and_posts_nothing(polite, tried, bot, sandbox):
    polite()
    tried()
    assert sandbox.accepted == []
    assert bot.deliveries() == []
