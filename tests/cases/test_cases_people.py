"""What happens to a status, its author or its server between the queue and the boost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from stage import WebServer

from harness import Item, accepted_posts
from reblogbot.model import DeliveryState

ON_404 = {"status": 404, "headers": {"Content-Type": "text/html"}, "body": "<html>no</html>"}
ON_500 = {"status": 500, "headers": {"Content-Type": "text/html"}, "body": "<html>oops</html>"}
RELATIONS = "/api/v1/accounts/relationships"


def in_json(status, body):
    return {
        "status": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }


class Home:
    """A Mastodon API as the account `news` sees it, and the requests it got."""

    def __init__(self, web, clock):
        self.web = web
        self.clock = clock
        self.statuses = {}
        self.relationships = {}
        self.show()

    def add(self, number, **facts):
        """A status of an author of its own; `author` are facts about that one."""
        author = {
            "id": f"9{number}",
            "username": f"user{number}",
            "acct": f"user{number}@far.example",
            "display_name": f"User {number}",
            "url": f"https://far.example/@user{number}",
            "note": "",
            "fields": [],
            "bot": False,
            **facts.pop("author", {}),
        }
        self.statuses[str(number)] = {
            "id": str(number),
            "uri": f"https://far.example/users/user{number}/statuses/{number}",
            "url": f"https://far.example/@user{number}/{number}",
            "content": f"<p>A cat, number {number}</p>",
            "created_at": (self.clock.now() - timedelta(minutes=30)).isoformat(),
            "visibility": "public",
            "language": "en",
            "account": author,
            "reblog": None,
            "reblogged": False,
            **facts,
        }
        self.show()
        return self.statuses[str(number)]

    def change(self, number, **facts):
        status = self.statuses[str(number)]
        status["account"] |= facts.pop("author", {})
        status |= facts
        self.show()

    def show(self):
        timeline = sorted(self.statuses.values(), key=lambda status: status["id"], reverse=True)
        # a copy: later changes must not affect what an earlier step has served
        state = {"timeline": timeline, "relationships": self.relationships}
        self.web.serve_mastodon_api(json.loads(json.dumps(state)))

    @property
    def acts(self):
        return [(act.act, act.uri.rpartition("/")[2] or act.text) for act in self.web.api.acts]

    @property
    def boosted(self):
        assert {act for act, _ in self.acts} <= {"boost"}
        return [target for _, target in self.acts]

    def asked(self, part):
        return [path for path in self.web.requests if part in path]


@pytest.fixture
def home(clock):
    with WebServer().running() as web:
        yield Home(web, clock)


@pytest.fixture
def away(clock):
    """Another server, of the account `reader`."""
    with WebServer().running() as web:
        yield Home(web, clock)


def account(bot, name, home):
    bot.set_token(name, "s3cret-t0ken")
    return {"server": home.web.url, "token_file": f"{name}.token", "allow_http": True}


@pytest.fixture
def cats(bot, home):
    """Follows a hashtag through the account that boosts."""

    def configure(kind="hashtag", **keys):
        keys = {"tag": "cats", **keys} if kind == "hashtag" else keys
        source = {"kind": kind, "via": "news", "first": "all", **keys}
        bot.configure({"c": source}, {"news": account(bot, "news", home)})

    configure()
    return configure


def queue_up(bot):
    """Poll and queue while every delivery is stopped."""
    with bot.store() as store:
        store.outbox.stop(bot.clock.now())
    bot.sync()
    with bot.store() as store:
        store.outbox.start()


def reason(bot, number, *states):
    """Why the delivery of that status stands as it does."""
    states = states or ("skipped",)
    (delivery,) = [
        delivery for delivery in bot.deliveries(*states) if delivery.post.uri.endswith(f"/{number}")
    ]
    return delivery.error


# what changes while a boost waits


@pytest.mark.parametrize(
    ("change", "chosen", "why"),
    [
        ({"visibility": "private"}, {}, "visibility"),
        ({"visibility": "direct"}, {}, "visibility"),
        ({"visibility": "local"}, {}, "visibility"),
        ({"in_reply_to_id": "7"}, {}, "replies"),
        ({"content": "<p>now about WAR</p>"}, {"exclude": ["war"]}, "exclude"),
        ({"content": "<p>now about dogs</p>"}, {"include": ["cat"]}, "include"),
        ({"language": "de"}, {"languages": ["en"]}, "languages"),
        ({"author": {"suspended": True}}, {}, "forbidden"),
        ({"author": {"limited": True}}, {}, "forbidden"),
        ({"author": {"moved": {"id": "5"}}}, {}, "forbidden"),
        ({"author": {"note": "<p>#NoBot</p>"}}, {}, "opt_outs"),
        ({"author": {"display_name": "Ann #noboost"}}, {}, "opt_outs"),
        ({"author": {"fields": [{"name": "x", "value": "#NoTagsPub"}]}}, {}, "opt_outs"),
        ({"author": {"bot": True}}, {"bots": False}, "bots"),
        ({"author": {"indexable": False}}, {"needs_indexable": True}, "needs_indexable"),
        ({"author": {"discoverable": None}}, {"needs_discoverable": True}, "needs_discoverable"),
    ],
)
def test_what_speaks_against_a_boost_by_now_is_heeded(bot, home, cats, change, chosen, why):
    cats(filter=chosen)
    fine = {"indexable": True, "discoverable": True}
    for number in (2, 4):
        home.add(number, author=fine)
    queue_up(bot)
    home.change(2, **change)
    bot.sync_until_settled()
    assert home.boosted == ["4"]
    assert reason(bot, 2).startswith(f"{why}:")


@pytest.mark.parametrize("flag", ["blocking", "blocked_by", "muting", "domain_blocking"])
def test_a_block_that_came_while_a_boost_waited_is_heeded(bot, home, cats, flag):
    home.add(2)
    home.add(4)
    queue_up(bot)
    home.relationships["92"] = {flag: True}
    home.show()
    bot.sync_until_settled()
    assert home.boosted == ["4"]
    assert "block" in reason(bot, 2) or "mute" in reason(bot, 2)


def test_who_follows_no_more_is_boosted_no_more_where_only_followers_are(bot, home, cats):
    cats("mentions")
    status = home.add(2)
    home.relationships["92"] = {"followed_by": True}
    home.show()
    mention = {"id": "31", "type": "mention", "created_at": status["created_at"], "status": status}
    home.web.pages["/api/v1/notifications"] = in_json(200, [mention])
    queue_up(bot)
    assert [delivery.state for delivery in bot.deliveries()] == [DeliveryState.QUEUED]
    home.relationships.clear()
    home.show()
    bot.sync_until_settled()
    assert home.acts == []
    assert "does not follow" in reason(bot, 2)


@pytest.mark.parametrize("answer", [ON_404, in_json(404, {"error": "Record not found"}), None])
def test_a_status_that_is_gone_is_skipped_and_its_words_are_nobody_s(bot, home, cats, answer):
    home.add(2)
    home.add(4)
    queue_up(bot)
    if answer is None:
        del home.statuses["2"]
        home.show()
    else:
        home.web.pages["/api/v1/statuses/2"] = answer
    bot.sync_until_settled()
    assert home.boosted == ["4"]
    assert reason(bot, 2).startswith("not_found:")


def test_what_waits_is_not_judged_by_votes_or_by_a_date_of_its_own(bot, home, cats, clock):
    """A boost of an old status came when it was boosted; another server counts other votes."""
    cats("home", filter={"max_age": "1h", "min_score": 3})
    old = (clock.now() - timedelta(days=400)).isoformat()
    original = home.add(2, created_at=old, favourites_count=5)
    boost = {**original, "id": "77", "created_at": clock.now().isoformat(), "reblog": original}
    home.web.pages["/api/v1/timelines/home"] = in_json(200, [boost])
    queue_up(bot)
    home.change(2, favourites_count=0)
    bot.sync_until_settled()
    assert home.boosted == ["2"]


# by which id


def test_a_status_is_boosted_by_the_id_the_reader_saw_and_never_searched_for(bot, home, cats):
    home.add(2)
    bot.sync_until_settled()
    assert home.boosted == ["2"]
    assert not home.asked("/search")
    # one look at the status, one at how the two stand; the reader has asked for the latter, too
    assert len(home.asked("/api/v1/statuses/2")) == 2
    assert [path.rpartition("/")[2] for path in home.asked("/statuses/2")] == ["2", "reblog"]
    assert len(home.asked(RELATIONS)) == 2


def test_an_id_that_means_another_status_by_now_boosts_nothing(bot, home, cats):
    home.add(2)
    queue_up(bot)
    home.change(2, uri="https://far.example/users/bo/statuses/1", url="https://far.example/@bo/1")
    bot.sync_until_settled()
    assert reason(bot, 2).startswith("not_found:")
    # that other status is another entry, in a list that changed as a whole
    assert home.boosted == []
    assert [delivery.error.partition(":")[0] for delivery in bot.deliveries("held")] == ["storm"]


def test_through_another_account_a_status_is_searched_for_once(bot, home, away):
    """The id of one server is never used on another."""
    status = away.add(2)
    home.add(2, uri="https://far.example/1", url="https://far.example/1")
    home.statuses["55"] = {**status, "id": "55"}
    home.show()
    bot.configure(
        {"c": {"kind": "hashtag", "tag": "cats", "via": "reader", "first": "all", "to": ["news"]}},
        {"news": account(bot, "news", home), "reader": account(bot, "reader", away)},
    )
    bot.sync_until_settled()
    assert home.boosted == ["2"]
    assert len(home.asked("/search")) == 1
    assert home.asked("/reblog") == ["/api/v1/statuses/55/reblog"]
    assert away.acts == []


def test_through_another_account_what_is_not_found_is_skipped(bot, home, away):
    away.add(2)
    bot.configure(
        {"c": {"kind": "hashtag", "tag": "cats", "via": "reader", "first": "all", "to": ["news"]}},
        {"news": account(bot, "news", home), "reader": account(bot, "reader", away)},
    )
    bot.sync_until_settled()
    assert home.acts == []
    assert reason(bot, 2).startswith("not_found:")


def test_a_boost_that_an_older_release_queued_is_searched_for(bot, home, cats):
    home.add(2)
    queue_up(bot)
    with bot.store() as store:
        _forget(store, "status_id", "is_status")
    bot.sync_until_settled()
    assert home.boosted == ["2"]
    assert len(home.asked("/search")) == 1


def _forget(store, *names):
    """Take fields out of the stored posts, as they were before there were such."""
    from sqlalchemy import select, update  # noqa: PLC0415

    from reblogbot.store.schema import delivery  # noqa: PLC0415

    with store.outbox._database.write() as connection:
        for row in connection.execute(select(delivery.c.id, delivery.c.post)).all():
            post = {name: value for name, value in row.post.items() if name not in names}
            assert len(post) < len(row.post)
            connection.execute(update(delivery).where(delivery.c.id == row.id).values(post=post))


def test_a_status_that_was_boosted_by_hand_meanwhile_is_not_boosted_again(bot, home, cats):
    home.add(2)
    queue_up(bot)
    home.change(2, reblogged=True)
    bot.sync_until_settled()
    assert home.acts == []
    assert [delivery.state for delivery in bot.deliveries()] == [DeliveryState.SENT]


# when the server cannot be asked


@pytest.mark.parametrize(
    "path", ["/api/v1/statuses/2", RELATIONS], ids=["the status", "the relationship"]
)
def test_what_cannot_be_judged_waits_and_lets_others_pass(bot, home, cats, clock, path):
    home.add(2)
    queue_up(bot)
    home.web.pages[path] = ON_500
    bot.sync()
    assert home.acts == []
    (waiting,) = bot.deliveries("queued")
    assert waiting.attempts == 1
    assert waiting.due > clock.now()
    del home.web.pages[path]
    bot.sync_until_settled()
    assert home.boosted == ["2"]


def test_what_can_never_be_judged_is_held(bot, home, cats):
    home.add(2)
    home.add(4)
    queue_up(bot)
    home.web.pages["/api/v1/statuses/2"] = ON_500
    bot.sync_until_settled(minutes=70)
    assert home.boosted == ["4"]
    assert "could not be looked at" in reason(bot, 2, "held")


def test_a_server_without_relationships_is_no_obstacle(bot, home, cats):
    home.web.pages[RELATIONS] = ON_404
    home.add(2)
    bot.sync_until_settled()
    assert home.boosted == ["2"]


def test_a_token_that_may_not_ask_how_two_stand_holds_the_boost_alone(bot, home, feeds, clock):
    """A feed's links need no such scope until one of them is a status."""
    home.web.pages[RELATIONS] = in_json(
        403, {"error": "This action is outside the authorized scopes"}
    )
    status = home.add(2)
    feed_items = [
        Item("A status", status["url"], at=clock.now()),
        Item("An article", "https://news.example/a", at=clock.now()),
    ]
    url = feeds.show("/hot.xml", feed_items)
    bot.configure({"hot": {"url": url}}, {"news": account(bot, "news", home)})
    bot.sync_until_settled()
    assert [act for act, _ in home.acts] == ["post"]
    assert "scope" in reason(bot, 2, "held")


def test_a_round_asks_once_how_the_account_stands_to_an_author(bot, home, cats):
    for number in (2, 4, 6):
        home.add(number, author={"id": "9", "username": "ann", "url": "https://far.example/@ann"})
    bot.sync_until_settled()
    assert home.boosted == ["2", "4", "6"]
    # the reader asks once for all it sees
    assert len(home.asked(RELATIONS)) == 2


# quotes


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"quote_approval": {"current_user": "denied"}}, "quote: its author"),
        ({"quote_approval": {"current_user": "unknown"}}, "quote: its author"),
        ({}, 'quote: the server knows no quotes; set action = "boost"'),
        ({"visibility": "private"}, "visibility"),
        ({"author": {"note": "#nobot"}}, "opt_outs"),
    ],
)
def test_a_quote_that_may_not_be_is_skipped_and_nothing_is_copied(bot, home, cats, facts, why):
    cats(action="quote")
    for number in (2, 4):
        home.add(number, quote_approval={"current_user": "automatic"})
    queue_up(bot)
    del home.statuses["2"]["quote_approval"]
    home.change(2, **facts)
    bot.sync_until_settled()
    (quoted,) = home.web.api.acts
    assert (quoted.act, quoted.fields["quoted_status_id"]) == ("quote", "4")
    assert reason(bot, 2).startswith(why)


# links that look like statuses


@pytest.fixture
def linked(bot, home, feeds, clock):
    """A feed of links to statuses, with a date or without one."""

    def configure(*statuses, dated=True, **keys):
        at = clock.now() if dated else None
        feed_items = [Item(f"On {status['id']}", status["url"], at=at) for status in statuses]
        url = feeds.show("/hot.xml", feed_items)
        bot.configure({"hot": {"url": url, **keys}}, {"news": account(bot, "news", home)})
        bot.sync_until_settled()

    return configure


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"author": {"note": "#nobot"}}, "opt_outs"),
        ({"author": {"suspended": True}}, "forbidden"),
        ({"in_reply_to_account_id": "7"}, "replies"),
        ({"visibility": "private"}, "visibility"),
    ],
)
def test_a_linked_status_is_judged_like_any_other(home, bot, linked, facts, why):
    linked(home.add(2, **facts), home.add(4))
    assert home.boosted == ["4"]
    (skipped,) = bot.deliveries("skipped")
    assert skipped.error.startswith(f"{why}:")
    assert len(home.asked("/search")) == 2


def test_a_link_to_our_own_post_is_not_boosted(home, bot, linked):
    me = {"username": "bot", "url": f"{home.web.url}/@bot"}
    linked(home.add(2, author=me), home.add(4))
    assert home.boosted == ["4"]
    (skipped,) = bot.deliveries("skipped")
    assert "the account itself" in skipped.error


def test_a_linked_status_need_not_repeat_the_words_its_feed_was_chosen_for(home, linked):
    linked(home.add(2), filter={"include": ["On 2"], "domains": ["far.example"], "min_score": 9})
    assert home.boosted == ["2"]


def test_a_link_without_a_date_is_as_old_as_its_status(home, bot, linked, clock):
    old = (clock.now() - timedelta(days=400)).isoformat()
    linked(home.add(2, created_at=old), home.add(4), dated=False)
    assert home.boosted == ["4"]
    (skipped,) = bot.deliveries("skipped")
    assert skipped.error.startswith("max_age:")


# accounts of one config


def both(bot, sandbox, **source):
    bot.configure(
        {"c": {"via": "news", "first": "all", "to": ["news"], **source}},
        {"news": (sandbox, ""), "cats": (sandbox, "")},
    )


def test_a_hashtag_does_not_boost_another_account_of_the_config(bot, sandbox):
    both(bot, sandbox, kind="hashtag", tag="cats")
    ours = sandbox.add_status("cats", "ours #cats")
    theirs = sandbox.add_status("ann@remote.example", "theirs #cats")
    refused = {refusal["link"]: refusal["reason"] for refusal in bot.preview().refused}
    assert "the account cats of this config" in refused[ours["url"]]
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [theirs["uri"]]


def test_a_source_that_names_another_account_of_the_config_boosts_it(bot, sandbox):
    host = sandbox.url.removeprefix("http://")
    both(bot, sandbox, kind="account", acct=f"@cats@{host}")
    ours = sandbox.add_status("cats", "ours")
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [ours["uri"]]


@pytest.mark.both_databases
def test_an_author_has_so_many_boosts_a_day(bot, sandbox, clock):
    both(bot, sandbox, kind="hashtag", tag="cats", filter={"max_per_author": 2})
    ann = [sandbox.add_status("ann@remote.example", f"{number} #cats") for number in range(3)]
    bo = sandbox.add_status("bo@remote.example", "mine #cats")
    bot.sync_until_settled()
    assert sorted(accepted_posts(sandbox)) == sorted([ann[0]["uri"], ann[1]["uri"], bo["uri"]])
    # the next poll remembers the first, and the next day starts anew
    sandbox.add_status("ann@remote.example", "more #cats")
    bot.sync_until_settled()
    assert len(accepted_posts(sandbox)) == 3
    clock.advance(hours=25)
    again = sandbox.add_status("ann@remote.example", "tomorrow #cats")
    bot.sync_until_settled()
    assert accepted_posts(sandbox)[3:] == [again["uri"]]


def test_another_account_of_the_config_is_asked_once_who_it_is(bot, sandbox):
    both(bot, sandbox, kind="hashtag", tag="cats")
    sandbox.add_status("ann@remote.example", "one #cats")
    bot.sync()
    verified = [path for _, path in sandbox.requests if path.endswith("verify_credentials")]
    assert len(verified) == 2
