"""One round as an admin sees it: what is learnt, what is posted, what is held, and what is said."""

from datetime import timedelta

import pytest

from harness import Item, accepted_posts, items, post_text, rss
from reblogbot.admin.documents.sync import round_json
from reblogbot.errors import Exit

pytestmark = pytest.mark.both_databases

COUNTS = "polled not_modified failed entries_new queued sent held retry doubt skipped dead".split()


@pytest.fixture
def token(sandbox):
    return sandbox.add_account("news", bot=True)


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    """Configures one source `hot` that shows a, b and c, with these keys."""

    def configure(**keys):
        url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
        bot.configure({"hot": {"url": url, **keys}}, {"news": (sandbox, "")})

    return configure


@pytest.fixture
def reconfigured(bot, feeds, sandbox):
    """Gives the source `hot`, which goes on showing what it shows, other keys."""

    def configure(**keys):
        bot.configure({"hot": {"url": feeds.url("/hot.xml"), **keys}}, {"news": (sandbox, "")})

    return configure


def outcomes(report):
    return {poll.name: poll.outcome for poll in report.polls}


# first sight


def test_first_poll_learns_but_posts_nothing(hot, bot, sandbox):
    hot(first="none")
    report = bot.sync()
    assert (report.counts()["entries_new"], report.counts()["queued"]) == (3, 0)
    assert outcomes(report) == {"hot": "new"}
    assert accepted_posts(sandbox) == []


def test_what_comes_after_first_sight_is_posted(hot, bot, feeds, sandbox, clock):
    hot(first="none")
    bot.sync()
    feeds.show("/hot.xml", items(clock, "d", "c", "b", "a"))
    assert bot.sync().counts()["sent"] == 1
    assert accepted_posts(sandbox) == [post_text("d")]


def test_first_all_posts_everything_oldest_first(hot, bot, sandbox):
    hot(first="all")
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b"), post_text("c")]


def test_first_with_a_number_posts_the_newest_n(hot, bot, sandbox):
    hot(first=2)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("b"), post_text("c")]


def test_what_first_held_back_is_never_posted_later(hot, bot, feeds, sandbox, clock):
    hot(first=1)
    bot.sync()
    feeds.show("/hot.xml", items(clock, "a", "c", "b"))
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("c")]


def test_an_account_added_later_starts_at_first(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    accounts = {"news": (sandbox, ""), "more": (sandbox, "")}
    bot.configure({"hot": {"url": url}}, accounts)
    bot.sync()
    bot.configure({"hot": {"url": url, "to": ["news", "more"], "first": 1}}, accounts)
    report = bot.sync()
    assert accepted_posts(sandbox, "more") == [post_text("c")]
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b"), post_text("c")]
    assert report.counts()["entries_new"] == 0


def test_an_account_added_later_with_first_none_gets_only_what_is_new(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    accounts = {"news": (sandbox, ""), "more": (sandbox, "")}
    bot.configure({"hot": {"url": url}}, accounts)
    bot.sync()
    bot.configure({"hot": {"url": url, "to": ["news", "more"], "first": "none"}}, accounts)
    bot.sync()
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.sync()
    assert accepted_posts(sandbox, "more") == [post_text("c")]


# the second round


def test_a_second_run_posts_nothing(hot, bot, sandbox):
    hot()
    bot.sync()
    report = bot.sync()
    assert outcomes(report) == {"hot": "not_modified"}
    assert report.deliveries == {}
    assert len(accepted_posts(sandbox)) == 3


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (lambda now: items(now, "a", "c", "b"), "re-ordered"),
        (lambda now: items(now, "c", "b", "a", minutes=1), "bumped"),
        (lambda now: [Item("Edited", "https://news.example/b", "new words")], "edited and cut"),
        (lambda now: [Item("Title b", "http://NEWS.example:80/b?utm_source=x#top")], "respelt"),
        (lambda now: [], "emptied"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_seen_is_not_posted_again(hot, bot, feeds, sandbox, clock, second, why):
    hot()
    bot.sync()
    feeds.show("/hot.xml", second(clock))
    report = bot.sync()
    assert outcomes(report) == {"hot": "nothing_new"}, why
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.sync()
    assert len(accepted_posts(sandbox)) == 3


def test_what_was_posted_under_a_redirector_is_not_posted_again(bot, feeds, sandbox):
    head = (
        '<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>'
    )
    counted = "<title>One</title><link>https://count.example/1</link>"
    original_link = "<feedburner:origLink>https://news.example/1</feedburner:origLink>"
    late = counted.replace("/1", "/2").replace("One", "Two") + original_link.replace("/1<", "/2<")

    def show(*rendered):
        body = "".join(f"<item>{item}</item>" for item in rendered)
        return feeds.show("/f", f"{head}{body}</channel></rss>".encode())

    bot.configure({"hot": {"url": show(counted)}}, {"news": (sandbox, "")})
    bot.sync()
    show(counted + original_link, late)
    assert outcomes(bot.sync()) == {"hot": "new"}
    show(counted, late)
    assert outcomes(bot.sync()) == {"hot": "nothing_new"}
    assert accepted_posts(sandbox) == [
        "One\nhttps://count.example/1",
        "Two\nhttps://news.example/2",
    ]


def test_an_entry_with_a_known_guid_and_another_link_is_not_new(bot, feeds, sandbox):
    first = [Item("One", "https://news.example/1", guid="g1")]
    bot.configure({"hot": {"url": feeds.show("/f", first)}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", [Item("One", "https://news.example/moved", guid="g1")])
    bot.sync()
    # all keys are remembered: what has the new link is known now, too
    feeds.show("/f", [Item("One", "https://news.example/moved", guid="another")])
    bot.sync()
    assert accepted_posts(sandbox) == ["One\nhttps://news.example/1"]


# the summary


def test_the_summary_has_the_keys_of_the_contract_and_counts_right(hot, bot, clock):
    hot()
    report = round_json(bot.sync(), None, 0, clock.now())
    assert list(report) == [*COUNTS, "retracted", "sources", "deliveries", "accounts", "daemon"]
    assert {name: report[name] for name in COUNTS if report[name]} == {
        "polled": 1,
        "entries_new": 3,
        "queued": 3,
        "sent": 3,
    }
    assert report["sources"] == [{"name": "hot", "outcome": "new", "new": 3, "error": ""}]
    keys = ["id", "account", "source", "link", "state", "url", "error", "action"]
    assert [list(delivery) for delivery in report["deliveries"]] == [keys] * 3
    assert [delivery["link"] for delivery in report["deliveries"]] == [
        f"https://news.example/{name}" for name in "abc"
    ]
    assert {delivery["state"] for delivery in report["deliveries"]} == {"sent"}
    assert all(delivery["url"].startswith("http") for delivery in report["deliveries"])


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "code"),
    [
        (404, {}, "failed", Exit.FAILED),
        (403, {}, "failed", Exit.FAILED),
        (410, {}, "gone", Exit.FAILED),
        (429, {"Retry_After": "600"}, "retry_later", Exit.OK),
        (503, {"Retry_After": "600"}, "retry_later", Exit.OK),
        (503, {}, "retry_later", Exit.FAILED),
        (500, {}, "retry_later", Exit.FAILED),
        (429, {}, "retry_later", Exit.FAILED),
        (408, {}, "retry_later", Exit.FAILED),
        (302, {"Location": "http://169.254.169.254/"}, "refused", Exit.FAILED),
    ],
)
def test_each_way_to_fail_has_its_outcome(
    bot, feeds, sandbox, clock, status, headers, outcome, code
):
    sources = {
        "bad": {"url": feeds.fail("/bad.xml", status, **headers)},
        "good": {"url": feeds.show("/good.xml", items(clock, "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report) == {"bad": outcome, "good": "new"}
    assert report.polls[0].error
    assert report.exit_code() == code
    assert report.counts()["failed"] == 1
    assert accepted_posts(sandbox) == [post_text("a")]


def test_a_page_in_place_of_a_feed_is_a_failure_that_names_what_it_is(bot, feeds, sandbox):
    page = b"<!DOCTYPE html><html><title>Log in</title><p>please"
    url = feeds.show("/f", page, kind="text/html")
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report) == {"hot": "failed"}
    assert "HTML" in report.polls[0].error
    assert report.exit_code() == Exit.FAILED


def test_a_failure_forgets_nothing(hot, bot, feeds, sandbox, clock):
    hot()
    bot.sync()
    feeds.fail("/hot.xml", 500)
    bot.sync()
    feeds.show("/hot.xml", b"<!DOCTYPE html><html><title>Maintenance</title>")
    bot.sync()
    feeds.show("/hot.xml", items(clock, "d", "c", "b", "a"))
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abcd"]


def test_a_source_that_is_gone_is_said_once_and_not_asked_again(bot, feeds, sandbox):
    bot.configure({"hot": {"url": feeds.fail("/f", 410)}}, {"news": (sandbox, "")})
    assert bot.sync().exit_code() == Exit.FAILED
    again = bot.sync()
    assert (outcomes(again), again.exit_code()) == ({"hot": "gone"}, Exit.OK)
    assert feeds.request_count("/f") == 1
    bot.sync(which="all")
    assert feeds.request_count("/f") == 2


# which sources


def test_only_the_named_sources_are_polled(bot, feeds, sandbox, clock):
    sources = {name: {"url": feeds.show(f"/{name}", items(clock, name))} for name in "pqr"}
    bot.configure(sources, {"news": (sandbox, "")})
    report = bot.sync("q")
    assert [poll.name for poll in report.polls] == ["q"]
    assert (feeds.request_count("/p"), feeds.request_count("/q")) == (0, 1)


def test_due_polls_only_those_whose_time_has_come(bot, feeds, sandbox, clock):
    sources = {
        "often": {"url": feeds.show("/often", items(clock, "a")), "every": "10m"},
        "seldom": {"url": feeds.show("/seldom", items(clock, "b")), "every": "10h"},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    assert outcomes(bot.sync(which="due")) == {"often": "new", "seldom": "new"}
    assert outcomes(bot.sync(which="due")) == {"often": "not_due", "seldom": "not_due"}
    clock.advance(minutes=11)
    report = bot.sync(which="due")
    assert outcomes(report) == {"often": "not_modified", "seldom": "not_due"}
    assert report.counts()["polled"] == 1


def test_a_source_that_does_not_change_is_asked_less_often_until_it_does(hot, bot, feeds, clock):
    hot(every="15m", every_max="2h")
    bot.sync()
    for _ in range(24 * 4):
        clock.advance(minutes=15)
        bot.sync(which="due")
    first_day = feeds.request_count("/hot.xml")
    assert 30 < first_day < 70
    clock.advance(days=30)
    bot.sync()
    clock.advance(minutes=119)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}
    clock.advance(minutes=2)
    feeds.show("/hot.xml", items(clock, "z"))
    assert outcomes(bot.sync(which="due")) == {"hot": "new"}
    clock.advance(minutes=16)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_modified"}


def test_a_servers_wish_stretches_the_interval_to_every_max_at_most(
    hot, reconfigured, bot, feeds, clock
):
    hot(every_max="1h")
    feeds.pages["/hot.xml"].headers["Cache-Control"] = "max-age=864000"
    bot.sync()
    clock.advance(minutes=59)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}
    clock.advance(minutes=2)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_modified"}
    reconfigured(every_max="5d")
    clock.advance(hours=2)
    bot.sync(which="due")
    clock.advance(days=4)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}


def test_a_shorter_interval_counts_at_once(hot, reconfigured, bot, clock):
    hot(every="1d")
    bot.sync()
    clock.advance(minutes=10)
    reconfigured(every="15m")
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}
    clock.advance(minutes=6)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_modified"}


def test_a_wish_stands_where_an_interval_got_shorter(hot, reconfigured, bot, feeds, clock):
    hot(every="30m")
    feeds.pages["/hot.xml"].headers["Cache-Control"] = "max-age=7200"
    bot.sync()
    reconfigured(every="5m")
    clock.advance(minutes=100)
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}


def test_hours_that_a_feed_skips_are_passed_over_also_while_it_does_not_change(
    reconfigured, bot, feeds, clock, cli
):
    soon = {(clock.now() + timedelta(hours=ahead)).hour for ahead in range(6)}
    hours = "".join(f"<hour>{hour}</hour>" for hour in soon)
    feed = rss(items(clock, "a")).replace(
        b"<item>", f"<skipHours>{hours}</skipHours><item>".encode(), 1
    )
    feeds.show("/hot.xml", feed)
    reconfigured()
    bot.sync()
    opens = (clock.now() + timedelta(hours=6)).replace(minute=0, second=0)
    for _ in range(2):
        (source,) = cli("status", "--json").json["sources"]
        assert (source["next_poll_at"], source["next_poll_reason"]) == (
            opens.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "skipped_hours",
        )
        # the cell may be wrapped: the time of another day is longer
        assert "its feed names hours to skip" in " ".join(cli("status").out.split())
        clock.advance(minutes=20)
        assert outcomes(bot.sync()) == {"hot": "not_modified"}


def test_a_sync_without_due_polls_what_is_not_due(hot, bot, feeds):
    hot(every="10h")
    bot.sync()
    bot.sync()
    assert feeds.request_count("/hot.xml") == 2


def test_retry_after_is_respected_by_sync_but_not_by_force(bot, feeds, sandbox, clock):
    url = feeds.fail("/f", 429, Retry_After="3600")
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    assert outcomes(bot.sync()) == {"hot": "retry_later"}
    assert outcomes(bot.sync()) == {"hot": "not_due"}
    assert outcomes(bot.sync(which="due")) == {"hot": "not_due"}
    assert feeds.request_count("/f") == 1
    assert outcomes(bot.sync(which="all")) == {"hot": "retry_later"}
    clock.advance(minutes=61)
    feeds.show("/f", items(clock, "a"))
    assert outcomes(bot.sync()) == {"hot": "new"}


def test_a_failure_without_a_named_time_is_tried_again_by_the_next_sync(bot, feeds, sandbox):
    bot.configure({"hot": {"url": feeds.fail("/f", 503)}}, {"news": (sandbox, "")})
    bot.sync()
    assert outcomes(bot.sync()) == {"hot": "retry_later"}
    assert feeds.request_count("/f") == 2


def test_a_disabled_source_is_not_polled_and_its_queue_waits(hot, bot, feeds, sandbox):
    hot(review=True)
    bot.sync()
    hot(enabled=False)
    report = bot.sync()
    assert outcomes(report) == {"hot": "not_due"}
    assert feeds.request_count("/hot.xml") == 1
    assert len(bot.deliveries("held")) == 3


# storms and other holds


def test_more_than_max_per_poll_is_held_whole(hot, bot, feeds, sandbox, clock):
    hot(max_per_poll=3)
    bot.sync()
    feeds.show("/hot.xml", items(clock, "g", "f", "e", "d", "c", "b", "a"))
    report = bot.sync()
    assert outcomes(report) == {"hot": "held"}
    assert "max_per_poll" in report.polls[0].error
    assert (report.counts()["held"], report.counts()["queued"], report.counts()["sent"]) == (
        4,
        0,
        0,
    )
    assert report.exit_code() == Exit.OK
    assert len(accepted_posts(sandbox)) == 3
    feeds.show("/hot.xml", items(clock, "h", "g", "f", "e", "d", "c", "b", "a"))
    assert outcomes(bot.sync()) == {"hot": "new"}
    assert accepted_posts(sandbox)[3:] == [post_text("h")]


def test_first_sight_is_no_storm(bot, feeds, sandbox, clock):
    many = items(clock, *[f"n{number}" for number in range(40)])
    bot.configure({"hot": {"url": feeds.show("/f", many)}}, {"news": (sandbox, "")})
    assert bot.sync().counts()["sent"] == 40


def test_a_changed_url_keeps_the_seen_set(hot, bot, feeds, sandbox, clock):
    hot()
    bot.sync()
    url = feeds.show("/elsewhere.xml", items(clock, "d", "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report) == {"hot": "new"}
    assert accepted_posts(sandbox)[3:] == [post_text("d")]


def test_a_changed_url_with_wholly_other_entries_is_a_storm(hot, bot, feeds, sandbox, clock):
    hot()
    bot.sync()
    clock.advance(days=1)
    fresh = items(clock, "z", "y", "x", "w", "v", minutes=20)
    url = feeds.show("/elsewhere.xml", fresh)
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report) == {"hot": "held"}
    assert len(accepted_posts(sandbox)) == 3
    assert len(bot.deliveries("held")) == 5


def test_news_that_replace_all_entries_of_the_same_url_are_just_news(
    hot, bot, feeds, sandbox, clock
):
    hot()
    bot.sync()
    clock.advance(days=1)
    feeds.show("/hot.xml", items(clock, "z", "y", "x", "w", "v", minutes=20))
    assert outcomes(bot.sync()) == {"hot": "new"}
    assert len(accepted_posts(sandbox)) == 8


def test_old_entries_under_new_ids_and_links_are_a_storm(hot, bot, feeds, sandbox, clock):
    hot()
    bot.sync()
    clock.advance(days=1)
    churned = items(clock, "z", "y", "x", "w", "v", minutes=60 * 30)
    feeds.show("/hot.xml", churned)
    assert outcomes(bot.sync()) == {"hot": "held"}
    assert len(accepted_posts(sandbox)) == 3


def test_review_holds_every_entry_until_it_is_released(hot, bot, sandbox):
    hot(review=True)
    report = bot.sync()
    assert (report.counts()["held"], report.exit_code()) == (3, Exit.OK)
    assert outcomes(report) == {"hot": "new"}
    assert accepted_posts(sandbox) == []
    assert {delivery.error for delivery in bot.deliveries()} == {"review"}


def test_what_is_queued_for_a_removed_source_is_held_not_lost(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    bot.configure({"hot": {"url": url}}, {"news": slow})
    bot.sync()
    other = feeds.show("/g", items(clock, "q"))
    bot.configure({"other": {"url": other, "first": "none"}}, {"news": slow})
    clock.advance(hours=2)
    report = bot.sync()
    assert (report.counts()["held"], report.exit_code()) == (1, Exit.OK)
    (held,) = bot.deliveries("held")
    assert "hot" in held.error
    assert accepted_posts(sandbox) == [post_text("a")]


def test_what_is_queued_for_a_removed_account_is_held_not_lost(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    more = bot.account("more", sandbox)
    bot.configure({"hot": {"url": url}}, {"news": slow, "more": more})
    bot.sync()
    bot.configure({"hot": {"url": url, "first": "none"}}, {"more": more})
    clock.advance(hours=2)
    bot.sync()
    (held,) = bot.deliveries("held")
    assert "news" in held.error


# odd entries and filters


def test_an_entry_with_neither_date_nor_link_nor_title_nor_id_is_posted_once(bot, feeds, sandbox):
    feed = [Item(text="只有正文的一条。")]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", [Item("Another", "https://news.example/x"), *feed])
    bot.sync()
    assert accepted_posts(sandbox) == ["只有正文的一条。", "Another\nhttps://news.example/x"]


def test_an_entry_of_nothing_at_all_is_filtered(bot, feeds, sandbox):
    feed = [Item(), Item(link="https://news.example/bare"), Item("t", "https://news.example/t")]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    report = bot.sync()
    assert accepted_posts(sandbox) == ["t\nhttps://news.example/t"]
    assert report.exit_code() == Exit.OK


def test_an_unsafe_link_is_left_out_and_the_text_stays(bot, feeds, sandbox):
    feed = [Item("Click me", "javascript:alert(1)", guid="x")]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == ["Click me"]


def test_one_link_with_different_tracking_is_posted_once_without_it(bot, feeds, sandbox):
    feed = [
        Item("One", "https://news.example/1?id=3&utm_source=a"),
        Item("One", "https://news.example/1?id=3&fbclid=b", guid="other"),
        Item("Two", "https://news.example/1?id=4"),
    ]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    assert sorted(accepted_posts(sandbox)) == [
        "One\nhttps://news.example/1?id=3",
        "Two\nhttps://news.example/1?id=4",
    ]


def test_one_link_from_two_sources_is_published_once_per_account(bot, feeds, sandbox, clock):
    sources = {
        "one": {"url": feeds.show("/1", items(clock, "a")), "to": ["news", "more"]},
        "two": {"url": feeds.show("/2", items(clock, "a")), "to": ["news", "more"]},
    }
    bot.configure(sources, {"news": (sandbox, ""), "more": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report) == {"one": "new", "two": "new"}
    assert accepted_posts(sandbox) == accepted_posts(sandbox, "more") == [post_text("a")]
    with bot.store() as store:
        assert store.history.refused(clock.now() - timedelta(days=1)) == {"duplicate": 2}


def test_two_accounts_of_one_source_are_independent(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    broken = {**bot.account("broken", sandbox), "server": "http://127.0.0.1:9"}
    accounts = {"broken": broken, "news": bot.account("news", sandbox)}
    bot.configure({"hot": {"url": url, "to": ["broken", "news"]}}, accounts)
    report = bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
    assert report.exit_code() == Exit.FAILED
    assert [delivery.account for delivery in bot.deliveries("queued")] == ["broken", "broken"]


def test_an_entry_older_than_max_age_is_refused_and_a_dateless_one_is_new(bot, feeds, sandbox):
    old = bot.clock.now() - timedelta(days=8)
    feed = [Item("Old", "https://news.example/old", at=old), Item("No date", "https://n.example/")]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == ["No date\nhttps://n.example/"]


def test_what_has_become_too_old_when_its_turn_comes_is_skipped(bot, feeds, sandbox, clock):
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url, "filter": {"max_age": "3h"}}}, {"news": slow})
    bot.sync()
    clock.advance(hours=4)
    report = bot.sync()
    assert (report.counts()["skipped"], report.exit_code()) == (1, Exit.OK)
    (skipped,) = bot.deliveries("skipped")
    assert skipped.error.startswith("max_age")
    assert accepted_posts(sandbox) == [post_text("a")]


def test_filters_of_the_config_are_at_work(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "apple", "pear", "plum"))
    filters = {"include": ["/ea|pl/"], "exclude": ["plum"]}
    bot.configure({"hot": {"url": url, "filter": filters}}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("pear"), post_text("apple")]


def test_entries_without_dates_keep_the_order_of_the_feed_last_first(bot, feeds, sandbox):
    feed = [Item(f"T{n}", f"https://news.example/{n}") for n in range(5)]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    assert [text[1] for text in accepted_posts(sandbox)] == list("43210")


def test_a_template_that_fails_on_one_entry_costs_that_entry_alone(bot, feeds, sandbox, clock):
    feed = [
        Item("bad", "https://news.example/bad"),
        Item("good", "https://news.example/good"),
    ]
    sources = {
        # what no check can foresee: it depends on the entry
        "odd": {
            "url": feeds.show("/f", feed),
            "template": "{{ 1 // (title|length - 3) }} {{ link }}",
        },
        "other": {"url": feeds.show("/g", items(clock, "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    report = bot.sync()
    assert outcomes(report)["other"] == "new"
    assert accepted_posts(sandbox) == ["1 https://news.example/good", post_text("a")]


# pace


@pytest.mark.parametrize(
    ("pace", "now", "later"),
    [
        ({"per_hour": 2}, 2, {"minutes": 61}),
        ({"per_day": 1}, 1, {"hours": 25}),
        ({"gap": "10m"}, 1, {"minutes": 11}),
    ],
)
def test_pace_leaves_the_rest_queued_and_all_is_well(bot, feeds, sandbox, clock, pace, now, later):
    account = {**bot.account("news", sandbox), "pace": pace}
    url = feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": account})
    report = bot.sync()
    assert (report.counts()["queued"], report.counts()["sent"]) == (3, now)
    assert report.exit_code() == Exit.OK
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")][:now]
    assert len(bot.deliveries("queued")) == 3 - now
    bot.sync()
    assert len(accepted_posts(sandbox)) == now
    bot.sync_until_settled(**later)
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


def test_in_quiet_hours_the_queue_waits_and_nothing_expires(bot, feeds, sandbox, clock):
    clock.instant = clock.instant.replace(hour=1, minute=0)
    night = {**bot.account("news", sandbox), "pace": {"quiet": ["23:00-07:00"]}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url, "filter": {"max_age": "2h"}}}, {"news": night})
    report = bot.sync()
    assert (report.counts()["queued"], report.counts()["sent"], report.exit_code()) == (
        2,
        0,
        Exit.OK,
    )
    clock.instant = clock.instant.replace(hour=7, minute=30)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


def test_a_budget_lets_a_source_post_so_much_and_the_rest_waits(bot, feeds, sandbox, clock):
    sources = {
        "hot": {"url": feeds.show("/f", items(clock, "c", "b", "a")), "budget": "1/2h"},
        "other": {"url": feeds.show("/g", items(clock, "y", "x"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    assert bot.sync().exit_code() == Exit.OK
    assert sorted(accepted_posts(sandbox)) == sorted(
        [post_text("a"), post_text("x"), post_text("y")]
    )
    bot.sync_until_settled(hours=3)
    assert accepted_posts(sandbox)[3:] == [post_text("b"), post_text("c")]


def test_order_score_sends_the_oldest_of_equals_and_nothing_twice(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url, "order": "score"}}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


# the switch


def test_while_stopped_entries_are_queued_and_nothing_is_sent(hot, bot, sandbox, clock):
    hot()
    with bot.store() as store:
        store.outbox.enrol({})
        store.outbox.stop(clock.now())
    report = bot.sync()
    assert (report.counts()["queued"], report.counts()["sent"], report.exit_code()) == (
        3,
        0,
        Exit.OK,
    )
    with bot.store() as store:
        store.outbox.start()
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


def test_an_edit_that_breaks_the_template_leaves_the_post_and_the_others_alone(
    bot, feeds, sandbox, clock
):
    sources = {
        "odd": {
            "url": feeds.show("/f", [Item("four", "https://news.example/1")]),
            "template": "{{ 1 // (title|length - 3) }} {{ link }}",
            "updates": "edit",
        },
        "other": {"url": feeds.show("/g", items(clock, "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", [Item("six", "https://news.example/1")])
    feeds.show("/g", items(clock, "b", "a"))
    report = bot.sync()
    assert outcomes(report) == {"odd": "nothing_new", "other": "new"}
    assert [act["act"] for act in sandbox.accepted] == ["post"] * 3


def test_a_source_empty_at_first_sight_is_no_storm_when_it_fills(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", [])
    bot.configure({"hot": {"url": url, "first": "none"}}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/hot.xml", items(clock, *"fedcba", minutes=120))
    assert outcomes(bot.sync()) == {"hot": "new"}
    assert len(accepted_posts(sandbox)) == 6


def test_a_kind_of_source_that_breaks_stops_no_other(bot, feeds, sandbox, clock):
    """Kinds come from other packages, too."""
    sources = {
        "odd": {"url": feeds.show("/f", items(clock, "x"))},
        "other": {"url": feeds.show("/g", items(clock, "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})

    class Broken:
        async def poll(self, known):
            raise KeyError("no such thing")

    def with_a_broken_kind(edges, config, store):
        runtime = edges.runtime(config, store)
        poller = runtime.engine._poller
        sound = poller._make_source
        poller._make_source = lambda source: Broken() if source.name == "odd" else sound(source)
        return runtime

    with bot.open_worker(with_a_broken_kind) as worker:
        report = worker.sync()
    assert outcomes(report) == {"odd": "failed", "other": "new"}
    assert "KeyError" in report.polls[0].error
    assert accepted_posts(sandbox) == [post_text("a")]
    assert bot.sync().counts()["sent"] == 1
