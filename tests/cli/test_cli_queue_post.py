"""`queue post`: entries posted after all."""

import sqlite3
from dataclasses import replace

import pytest

from harness import Item, accepted_posts, items, post_text

QUIET = {"quiet": ["00:00-12:00", "12:00-24:00"]}


@pytest.fixture
def configure(bot, feeds, sandbox, clock):
    """Writes a config with the source `hot` and serves its feed of the entries c, b and a."""
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))

    def configured(accounts=("news",), *, quiet=False, **keys):
        tables = {name: bot.account(name, sandbox) for name in accounts}
        if quiet:
            tables = {name: {**table, "pace": QUIET} for name, table in tables.items()}
        source = {"url": feeds.url("/hot.xml"), "to": list(accounts), **keys}
        bot.configure({"hot": source}, tables)

    return configured


def texts(sandbox):
    return accepted_posts(sandbox)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "keys", [{"first": "none"}, {"filter": {"exclude": ["Title"]}}, {"filter": {"max_age": "1s"}}]
)
def test_what_was_filtered_is_posted_after_all_and_once(configure, bot, cli, sandbox, clock, keys):
    configure(**keys)
    bot.sync()
    assert texts(sandbox) == []
    ran = cli("queue", "post", "https://news.example/b", "news.example/a", "--json")
    assert (ran.code, [each["state"] for each in ran.json["deliveries"]]) == (0, ["queued"] * 2)
    assert [post["text"] for post in ran.json["posts"]] == [post_text("b"), post_text("a")]
    again = cli("queue", "post", "https://news.example/b")
    assert (again.code, "delivery 1 is queued already" in again.out) == (1, True)
    clock.advance(minutes=10)
    bot.sync()
    assert sorted(texts(sandbox)) == [post_text("a"), post_text("b")]
    sent = cli("queue", "post", "https://news.example/b", "--json")
    assert (sent.code, sent.json["deliveries"]) == (1, [])
    assert "delivery 1 is sent: http" in sent.json["failed"][0]["reason"]
    bot.sync()
    assert len(texts(sandbox)) == 2


def test_the_story_tells_that_it_was_posted_after_all(configure, bot, cli):
    configure(first="none")
    bot.sync()
    cli("queue", "post", "https://news.example/b")
    story = cli("why", "https://news.example/b").out
    assert "first_sight" in story
    assert "queued later, as the admin wanted" in story
    assert "queued: posted after all, as the admin wanted" in story


def test_a_dry_run_shows_the_post_and_queues_nothing(configure, bot, cli):
    configure(first="none")
    bot.sync()
    ran = cli("queue", "post", "--dry-run", "https://news.example/b")
    assert (ran.code, "Title b" in ran.out) == (0, True)
    assert "would be queued for news; nothing was changed" in ran.out
    assert bot.deliveries() == []


def test_skipped_and_dead_ones_are_queued_again_whatever_the_filters_say(
    configure, bot, cli, sandbox, clock
):
    configure(quiet=True)
    bot.sync()
    cli("queue", "skip", "2")
    configure(filter={"exclude": ["Title"]})
    ran = cli("queue", "post", "2", "--json")
    assert [each["id"] for each in ran.json["deliveries"]] == [2]
    clock.advance(minutes=10)
    bot.sync()
    assert texts(sandbox) == [post_text("b")]
    assert [delivery.state for delivery in bot.deliveries()] == ["skipped", "sent", "skipped"]


def test_each_account_gets_it_where_it_does_not_stand_yet(configure, bot, cli, clock, sandbox):
    configure()
    bot.sync()
    configure(("news", "more"), first="none")
    bot.sync()
    ran = cli("queue", "post", "https://news.example/a", "--json")
    assert [each["account"] for each in ran.json["deliveries"]] == ["more"]
    assert [each["account"] for each in ran.json["failed"]] == ["news"]
    narrowed = cli("queue", "post", "https://news.example/b", "--account", "more", "--json")
    assert (narrowed.code, narrowed.json["failed"]) == (0, [])


def test_what_the_source_shows_no_more_is_composed_of_title_and_link(
    configure, bot, cli, feeds, clock
):
    configure(first="none", template="headline")
    bot.sync()
    feeds.show("/hot.xml", items(clock, "d"))
    ran = cli("queue", "post", "https://news.example/b")
    assert (ran.code, "【Title b】\n" in ran.out or "Title b" in ran.out) == (0, True)
    assert "hot does not show the entry any more; it is composed of its title and link" in ran.out
    feeds.fail("/hot.xml", 500)
    assert "hot cannot be read now" in cli("queue", "post", "https://news.example/a").out


def test_the_same_page_of_another_source_is_not_posted_twice(bot, cli, feeds, sandbox, clock):
    one = {"url": feeds.show("/one.xml", items(clock, "a"))}
    two = {"url": feeds.show("/two.xml", items(clock, "a"))}
    bot.configure({"one": one, "two": two}, {"news": (sandbox, "")})
    bot.sync()
    several = cli("queue", "post", "https://news.example/a")
    assert several.code == 2
    assert "one: Title a" in several.err
    assert "two: Title a" in several.err
    ran = cli("queue", "post", "https://news.example/a", "--source", "two", "--json")
    assert (ran.code, ran.json["deliveries"]) == (1, [])
    assert "delivery 1 is sent" in ran.json["failed"][0]["reason"]
    assert len(texts(sandbox)) == 1


def test_held_ones_and_parts_of_a_digest_stand(configure, bot, cli, clock):
    configure(review=True)
    bot.sync()
    held = cli("queue", "post", "1")
    assert (held.code, "`queue release 1` lets it go out" in held.out) == (1, True)


def test_a_part_of_a_sent_digest_is_not_posted_by_itself(configure, bot, cli, clock, sandbox):
    configure(digest="12:00", timezone="UTC")
    bot.sync()
    clock.advance(hours=25)
    bot.sync()
    assert len(texts(sandbox)) == 1
    ran = cli("queue", "post", "https://news.example/b")
    assert (ran.code, "is part of the digest 1, which is sent" in ran.out) == (1, True)


def test_what_was_asked_for_is_a_post_of_its_own_beside_a_digest(
    configure, bot, cli, clock, sandbox
):
    configure(digest="12:00", timezone="UTC", first="none")
    bot.sync()
    assert cli("queue", "post", "https://news.example/b").code == 0
    clock.advance(minutes=5)
    bot.sync()
    assert texts(sandbox) == [post_text("b")]


@pytest.mark.parametrize("argument", ["https://nosuch.example/", "77", "  ", "\x1b[31m", "9" * 40])
def test_an_unknown_entry_is_1(configure, bot, cli, argument):
    configure()
    bot.sync()
    ran = cli("queue", "post", argument)
    assert (ran.code, "never seen in any source" in ran.out) == (1, True)
    assert "\x1b" not in ran.out


def test_unknown_names_are_2_with_a_suggestion(configure, cli):
    configure()
    for option, meant in (("--source", "hot"), ("--account", "news")):
        ran = cli("queue", "post", "x", option, f"{meant}t")
        assert (ran.code, f'did you mean "{meant}"?' in ran.err) == (2, True)


def test_an_entry_of_a_removed_source_cannot_be_posted(configure, bot, cli, feeds, sandbox):
    configure(first="none")
    bot.sync()
    bot.configure({"other": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    ran = cli("queue", "post", "https://news.example/b")
    assert (ran.code, "its source hot is not in the config any more" in ran.out) == (1, True)


def test_a_later_change_of_the_entry_does_not_take_back_what_was_asked_for(
    configure, bot, cli, feeds, clock, sandbox
):
    configure(quiet=True, filter={"exclude": ["Title"]})
    bot.sync()
    cli("queue", "post", "https://news.example/b")
    newest, middle, oldest = items(clock, "c", "b", "a")
    feeds.show("/hot.xml", [newest, replace(middle, title="Title B again"), oldest])
    clock.advance(minutes=20)
    bot.sync()
    (delivery,) = bot.deliveries()
    assert (delivery.state, delivery.post.text) == ("queued", post_text("b"))


def test_the_store_is_only_read_by_a_dry_run(configure, bot, cli):
    configure(first="none")
    bot.sync()
    cli("queue", "post", "--dry-run", "https://news.example/b", "--json")
    with sqlite3.connect(bot.store_file) as connection:
        assert connection.execute("select count(*) from delivery").fetchone() == (0,)


def test_a_filtered_status_is_boosted_after_all_but_not_one_whose_author_opted_out(
    bot, cli, feeds, sandbox, clock
):
    status = sandbox.add_status("alice", "hello")
    sandbox.add_account("bob", note="<p>no bots here: #nobot</p>")
    other = sandbox.add_status("bob", "hello")
    feeds.show("/hot.xml", [Item("A", status["url"], at=clock.now()), Item("B", other["url"])])
    keys = {"url": feeds.url("/hot.xml"), "filter": {"exclude": ["hello"], "max_age": "1s"}}
    bot.configure({"hot": {**keys, "first": "none"}}, {"news": (sandbox, "")})
    bot.sync()
    ran = cli("queue", "post", status["url"], other["url"], "--json")
    assert [post["action"] for post in ran.json["posts"]] == ["boost", "boost"]
    clock.advance(minutes=10)
    bot.sync()
    assert accepted_posts(sandbox) == [status["uri"]]
    (skipped,) = bot.deliveries("skipped")
    assert skipped.error.startswith("opt_outs:")


def test_what_was_retracted_is_never_posted_again(configure, bot, cli, sandbox, clock):
    configure()
    bot.sync()
    assert cli("retract", "2", "--yes").code == 0
    ran = cli("queue", "post", "https://news.example/b")
    assert (ran.code, "delivery 2 is retracted" in ran.out) == (1, True)
