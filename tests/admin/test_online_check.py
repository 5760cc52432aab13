"""`check --online` tries everything, and says what an admin, or the neighbours, may regret."""

import hashlib
import json
from datetime import timedelta

import pytest

from harness import Item, items
from reblogbot.admin.online_check import check_all
from reblogbot.config.scopes import POSTING
from reblogbot.errors import Exit
from reblogbot.sandbox.server import run_in_thread


@pytest.fixture
def tried(bot):
    """What is said of the account and of the source."""

    def run():
        with bot.at_work() as worker:
            trials = {one.path: one for one in worker.run(check_all(worker.pipeline))}
        return trials["accounts.news"], trials["sources.hot"]

    return run


@pytest.fixture
def polite(bot, feeds, sandbox, clock):
    """A bot as it should be, but for what is said."""

    def configured(account=None, scopes=POSTING, *, is_bot=True, shown=None, **source):
        sandbox.add_account("news", scopes=scopes, bot=is_bot)
        made = {
            **bot.account("news", sandbox, sandbox.add_token("news", scopes)),
            **(account or {}),
        }
        url = feeds.show("/f", items(clock, "a") if shown is None else shown)
        bot.configure({"hot": {"url": url, **source}}, {"news": made})

    return configured


def test_what_is_as_it_should_be_is_found_to_work(polite, tried):
    polite()
    account, source = tried()
    assert account.finding.startswith("works, as @news; 500 characters")
    assert source.finding == "works, 1 entries"
    assert (account.warnings, source.warnings) == ((), ())
    assert (account.error, source.error) == ("", "")


def test_an_account_without_the_flag_of_a_bot_is_told(polite, tried):
    polite(is_bot=False)
    account, _ = tried()
    assert account.warnings == ("@news does not say that it is a bot; set the flag in its profile",)


def test_a_token_that_may_do_too_much_is_told(polite, tried):
    polite(scopes=["read", "write", "follow"])
    account, _ = tried()
    assert [one.partition(";")[0] for one in account.warnings] == [
        "its token may do more than it needs (read write follow)"
    ]


def test_a_token_that_may_do_too_little_is_told(polite, tried):
    polite(scopes=["read:accounts", "read:statuses", "read:search", "write:statuses"], media=1)
    account, _ = tried()
    assert account.error.startswith("its token lacks write:media; make one with just: ")


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
    """Keep scopes beside the token file, as the answer to a login told them."""
    digest = hashlib.sha256(token.encode()).hexdigest()[:16]
    kept = json.dumps({"token": digest, "scope": scope})
    (bot.folder / "news.token.json").write_text(kept)


LESS = "read:accounts read:statuses read:search write:statuses"


def test_a_lacking_scope_that_only_the_token_answer_told_is_an_error(elsewhere, tried, bot):
    keep(bot, elsewhere("snac", LESS.split()), LESS)
    account, _ = tried()
    assert account.error.startswith("its token lacks write:media;")
    assert bot.call("check", "--online").code == Exit.FAILED


def test_scopes_that_nobody_told_are_no_error_and_are_said_to_be_unknown(elsewhere, tried):
    elsewhere("snac", LESS.split())
    account, _ = tried()
    assert account.error == ""
    assert "its server does not say what the token may do" in account.finding


def test_scopes_kept_for_another_token_say_nothing_of_this_one(elsewhere, tried, bot):
    elsewhere("snac", POSTING)
    keep(bot, "an older token", LESS)
    account, _ = tried()
    assert account.error == ""
    assert "its server does not say what the token may do" in account.finding


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
def test_a_chatty_source_in_public_is_told(polite, tried, clock, account, source):
    polite(account, shown=many(clock, 40, hours=23), **source)
    _, told = tried()
    assert [one.partition(":")[0] for one in told.warnings] == [
        "about 40 posts a day, and public on news"
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
def test_a_source_that_is_not_chatty_or_not_public_is_no_worry(
    polite, tried, clock, account, source, days
):
    polite(account, shown=many(clock, 40, days=days), **source)
    _, told = tried()
    assert told.warnings == ()


def test_a_list_without_dates_counts_in_full(polite, tried):
    polite(PUBLIC, shown=[Item(f"t{n}", f"https://n.example/{n}") for n in range(40)])
    _, told = tried()
    assert "about 40 posts a day" in told.warnings[0]


def test_a_source_that_was_polled_before_is_judged_all_the_same(polite, tried, bot, clock):
    polite(PUBLIC, shown=many(clock, 40, hours=23), first="none")
    bot.sync()
    _, told = tried()
    assert told.finding == "works, 40 entries"
    assert "about 40 posts a day" in told.warnings[0]


def test_a_source_that_shows_nothing_is_told(polite, tried):
    polite(shown=[])
    _, told = tried()
    assert told.warnings == ("it shows no entries at the moment",)


def test_trying_writes_and_posts_nothing(polite, tried, bot, sandbox):
    polite()
    tried()
    assert sandbox.accepted == []
    assert bot.deliveries() == []
