"""However long a source stands still, and however often it is pruned: nothing is posted twice."""

from datetime import timedelta

import pytest

from harness import Item

KEEP = timedelta(days=180)


def undated(*names):
    # what has a date is kept back by max_age anyway
    return [Item(f"Title {name}", f"https://news.example/{name}") for name in names]


def queued(report):
    return [delivery.post.link for poll in report.polls for delivery in poll.queued]


@pytest.fixture
def months(bot, feeds, sandbox, clock):
    """Lets 210 days go by after `meanwhile`, with a round and a sweep now and then."""
    accounts = {"news": (sandbox, "")}
    still = feeds.show("/still.xml", undated("still"))

    def configure(**hot):
        sources = {"hot": {"url": feeds.url("/hot.xml"), **hot}, "still": {"url": still}}
        bot.configure({name: keys for name, keys in sources.items() if keys}, accounts)

    def pass_by(each=lambda _: None):
        for number in range(3):
            clock.advance(days=70)
            each(number)
            bot.sync()
            with bot.store() as store:
                store.history.prune(KEEP, clock.now())

    pass_by.configure = configure
    return pass_by


def quiet_304(feeds, months):
    months()


def quiet_same_body(feeds, months):
    feeds.show("/hot.xml", undated("b", "a"), etag=False)
    months()


def out_of_reach(feeds, months):
    feeds.fail("/hot.xml", 503)
    months()


def not_found(feeds, months):
    feeds.fail("/hot.xml", 404)
    months()


def gone(feeds, months):
    feeds.fail("/hot.xml", 410)
    months()


def disabled(feeds, months):
    months.configure(enabled=False)
    months()
    months.configure()


def renewed_but_for_two(feeds, months):
    months(lambda number: feeds.show("/hot.xml", undated(f"n{number}", "b", "a")))


@pytest.mark.parametrize(
    "meanwhile",
    [quiet_304, quiet_same_body, out_of_reach, not_found, gone, disabled, renewed_but_for_two],
)
def test_what_a_source_shows_after_210_days_as_before_is_not_posted_again(
    bot, feeds, months, meanwhile
):
    feeds.show("/hot.xml", undated("b", "a"))
    months.configure()
    bot.sync()
    meanwhile(feeds, months)
    feeds.show("/hot.xml", undated("c", "b", "a"))
    # what was queued, not what was posted: what still stands on the server is recognised there
    assert queued(bot.sync(which="all")) == ["https://news.example/c"]


def test_a_source_that_was_removed_for_210_days_does_not_post_again_what_it_still_shows(
    bot, feeds, sandbox, months
):
    feeds.show("/hot.xml", undated("b", "a"))
    months.configure()
    bot.sync()
    bot.configure({"still": {"url": feeds.url("/still.xml")}}, {"news": (sandbox, "")})
    months()
    months.configure()
    feeds.show("/hot.xml", undated("c", "b", "a"))
    assert queued(bot.sync()) == ["https://news.example/c"]


def test_prune_keeps_a_store_as_small_as_what_is_kept(bot, feeds, months):
    months.configure()
    counts = []

    def renew(number):
        feeds.show("/hot.xml", undated(*(f"n{number}-{part}" for part in range(6))))

    for _ in range(3):
        months(renew)
        with bot.store() as store, store._database.read() as connection:
            counts.append(
                {
                    table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
                    for table in ("seen", "entry", "delivery", "published", "event")
                }
            )
    assert counts[1] == counts[2]
