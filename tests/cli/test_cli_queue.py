"""The commands that list and change deliveries: queue, stop, start."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from rich.cells import cell_len

from fediverse.server import run_in_thread
from harness import PROGRAM, Item, accepted_posts, items, post_text


@pytest.fixture
def waiting(bot, feeds, sandbox, clock):
    """Three deliveries, all queued: the account is quiet all day."""

    def configure(**keys):
        quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
        url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
        bot.configure({"hot": {"url": url, **keys}}, {"news": quiet})

    configure()
    bot.sync()
    return configure


@pytest.fixture
def awake(bot, sandbox, feeds, clock):
    """Ends the quiet: the next round sends what may go out."""

    def go_on(**keys):
        sources = {"hot": {"url": feeds.url("/hot.xml"), **keys}}
        bot.configure(sources, {"news": (sandbox, "")})
        clock.advance(minutes=5)
        return bot.sync()

    return go_on


def ids(ran):
    return [delivery["id"] for delivery in ran.json["deliveries"]]


def test_list_shows_what_is_open_in_order(waiting, cli):
    ran = cli("queue", "list", "--json")
    keys = ["id", "account", "source", "link", "state", "url", "error"]
    assert (ran.code, list(ran.json)) == (0, ["deliveries", "omitted"])
    assert [list(delivery)[:7] for delivery in ran.json["deliveries"]] == [keys] * 3
    assert [delivery["link"][-1] for delivery in ran.json["deliveries"]] == list("abc")
    text = cli("queue", "list").out
    assert "https://news.example/a" in text
    assert text.index("/a") < text.index("/b") < text.index("/c")


def test_list_can_be_narrowed(waiting, cli):
    assert len(ids(cli("queue", "list", "--account", "news", "--json"))) == 3
    assert len(ids(cli("queue", "list", "--source", "hot", "--json"))) == 3
    assert ids(cli("queue", "list", "--state", "held", "--json")) == []
    assert len(ids(cli("queue", "list", "--state", "held", "--state", "queued", "--json"))) == 3


@pytest.mark.parametrize("verb", ["list", "hold", "release", "skip", "retry"])
def test_an_unknown_source_or_account_is_2_with_a_suggestion(waiting, cli, verb):
    """It ended with exit code 0, and silence."""
    for option, meant in (("--source", "hot"), ("--account", "news")):
        ran = cli("queue", verb, option, f"{meant}t")
        assert ran.code == 2
        assert f'did you mean "{meant}"?' in ran.err
        assert cli("queue", verb, option, "nosuch", "--json").json["error"]["slug"] in {
            "source_unknown",
            "account_unknown",
        }


def test_what_is_held_of_a_removed_source_can_be_named(waiting, cli, bot, feeds, sandbox):
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    bot.configure({"other": {"url": feeds.show("/o", [])}}, {"news": quiet})
    bot.sync()
    assert len(ids(cli("queue", "list", "--source", "hot", "--json"))) == 3
    assert len(ids(cli("queue", "skip", "--source", "hot", "--json"))) == 3


@pytest.mark.both_databases
def test_a_long_queue_is_listed_in_pages(bot, feeds, sandbox, clock, cli):
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    names = [f"{number:03}" for number in range(120, 0, -1)]
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, *names))}}, {"news": quiet})
    bot.sync()
    text = cli("queue", "list").out
    assert "https://news.example/100" in text
    assert "https://news.example/101" not in text
    assert text.endswith("… and 20 more: `--after 100` lists the next ones, `--limit 0` all\n")
    assert "… and" not in cli("queue", "list", "--limit", "0").out
    whole = cli("queue", "list", "--json")
    assert (len(ids(whole)), whole.json["omitted"]) == (120, 0)
    page = cli("queue", "list", "--json", "--limit", "7", "--after", "50", "--source", "hot")
    assert (ids(page), page.json["omitted"]) == ([*range(51, 58)], 63)
    assert ids(cli("queue", "list", "--json", "--after", "9" * 40)) == []
    assert cli("queue", "list", "--limit", "x").code == 2


def test_an_unknown_state_is_2(waiting, cli):
    ran = cli("queue", "list", "--state", "xyz")
    assert ran.code == 2
    assert "there are queued, sending" in ran.err
    assert 'did you mean "queued"?' in cli("queue", "list", "--state", "queud").err


@pytest.mark.both_databases
def test_list_has_titles_and_causes_within_80_columns(bot, feeds, sandbox, clock, cli, monkeypatch):
    """It had no titles, and took links apart at the edge of the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    link = f"https://news.example/{'long/' * 30}"
    titles = ["抽屉新热榜" * 12, "Short"]
    feed = [Item(title, link + title[:2], at=clock.now()) for title in titles]
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    bot.configure({"热榜": {"url": feeds.show("/f", feed)}}, {"news": quiet})
    bot.sync()
    lines = cli("queue", "list").out.splitlines()
    assert all(cell_len(line) <= 80 for line in lines if "https://" not in line)
    assert [line.strip() for line in lines if "https://" in line] == [
        f"{link}Sh",
        f"{link}{titles[0][:2]}",
    ]
    assert "".join(line.strip() for line in lines).count(titles[0]) == 1
    assert lines[0].startswith("1  queued  post  热榜 → news  ")
    assert lines[0].endswith("ago)")
    assert "    quiet hours without an end" in lines
    keys = {"title": "Short", "action": "post", "cause": "quiet hours without an end"}
    (first, _) = cli("queue", "list", "--json").json["deliveries"]
    assert {name: first[name] for name in keys} == keys


@pytest.mark.both_databases
def test_an_entry_without_a_title_is_named_by_how_it_begins(bot, feeds, sandbox, clock, cli):
    feed = [Item(text=f"A text without a title, {'and on ' * 40}", link="https://news.example/t")]
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": quiet})
    bot.sync()
    (delivery,) = cli("queue", "list", "--json").json["deliveries"]
    assert delivery["title"].startswith("A text without a title, and on")
    assert delivery["title"].endswith("…")
    assert len(delivery["title"]) <= 120
    assert cli("why", "1").out.startswith("A text without a title")


def test_release_lets_out_what_is_held_and_nothing_else(waiting, cli, bot):
    """By id it revived what had been skipped; by source it did not."""
    assert cli("queue", "skip", "1").code == 0
    ran = cli("queue", "release", "1")
    assert (ran.code, "`queue retry 1` brings it back" in ran.out) == (1, True)
    (failed,) = cli("queue", "release", "1", "--json").json["failed"]
    assert (failed["id"], "brings it back" in failed["reason"]) == (1, True)
    assert ids(cli("queue", "release", "--all", "--json")) == []
    assert [delivery.state for delivery in bot.deliveries()] == ["skipped", "queued", "queued"]


def test_queue_show_prints_the_whole_delivery(waiting, cli):
    (number, *_) = ids(cli("queue", "list", "--json"))
    listed = cli("queue", "show", str(number), "--json").json
    assert listed["post"]["text"] == post_text("a")
    assert listed["state"] == "queued"
    assert post_text("a") in cli("queue", "show", str(number)).out


def test_show_of_no_delivery_is_2(waiting, cli):
    ran = cli("queue", "show", "99", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "delivery_unknown")
    assert cli("queue", "show", "first").code == 2


def test_what_is_held_does_not_go_out_until_it_is_released(waiting, awake, cli, bot, sandbox):
    _, middle, _ = ids(cli("queue", "list", "--json"))
    held = cli("queue", "hold", str(middle), "--json")
    assert [delivery["state"] for delivery in held.json["deliveries"]] == ["held"]
    awake()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("c")]
    assert "queued now" in cli("queue", "release", str(middle)).out
    bot.clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("c"), post_text("b")]


def test_what_is_skipped_never_goes_out_unless_it_is_retried(waiting, awake, cli, bot, sandbox):
    first, *_ = ids(cli("queue", "list", "--json"))
    assert cli("queue", "skip", str(first)).code == 0
    awake()
    assert accepted_posts(sandbox) == [post_text("b"), post_text("c")]
    assert cli("queue", "retry", str(first)).code == 0
    bot.clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox)[2:] == [post_text("a")]


def test_a_held_storm_is_released_whole_and_in_order(bot, feeds, sandbox, clock, cli):
    url = feeds.show("/f", items(clock, "a"))
    bot.configure({"hot": {"url": url, "max_per_poll": 2}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", items(clock, "e", "d", "c", "b", "a"))
    bot.sync()
    ran = cli("queue", "release", "--source", "hot", "--json")
    assert len(ids(ran)) == 4
    clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abcde"]


@pytest.fixture
def storm(bot, feeds, sandbox, clock):
    """Four entries of one source held as a storm; the account may post twice an hour."""
    url = feeds.show("/f", items(clock, "a"))
    account = {**bot.account("news", sandbox), "pace": {"per_hour": 2}}
    bot.configure({"hot": {"url": url, "first": "none", "max_per_poll": 2}}, {"news": account})
    bot.sync()
    feeds.show("/f", items(clock, "e", "d", "c", "b", "a"))
    bot.sync()


def dues(cli):
    """When each open delivery is due, in their order."""
    listed = [
        cli("queue", "show", str(number), "--json").json["due"]
        for number in ids(cli("queue", "list", "--json"))
    ]
    return [datetime.fromisoformat(due) for due in listed]


def test_what_is_released_at_the_accounts_pace_goes_out_spread(storm, bot, sandbox, clock, cli):
    assert cli("queue", "release", "--all", "--paced").code == 0
    assert {later - due for due, later in pairwise(dues(cli))} == {timedelta(minutes=30)}
    counts = []
    for _ in range(5):
        # the command line goes by the machine's clock, which is a little ahead
        clock.advance(minutes=1)
        bot.sync()
        counts.append(len(accepted_posts(sandbox)))
        clock.advance(minutes=29)
    assert counts == [1, 2, 3, 4, 4]
    assert accepted_posts(sandbox) == [post_text(name) for name in "bcde"]


def test_only_the_newest_of_a_storm_are_released(storm, bot, cli):
    ran = cli("queue", "release", "--all", "--newest", "2", "--json")
    assert ids(ran) == ids(cli("queue", "list", "--state", "queued", "--json"))
    assert [delivery.post.link[-1] for delivery in bot.deliveries("queued")] == ["d", "e"]
    assert cli("queue", "release", "--newest", "2", "1").code == 2
    assert cli("queue", "release", "--newest", "2").code == 2
    assert ids(cli("queue", "release", "--all", "--newest", "0", "--json")) == []


def test_what_is_released_later_queues_up_behind_what_waits_at_its_pace(storm, cli):
    first, *others = ids(cli("queue", "list", "--json"))
    cli("queue", "release", *map(str, others), "--paced")
    cli("queue", "release", str(first), "--paced")
    due = dues(cli)
    assert due[0] == max(due) == due[-1] + timedelta(minutes=30)


def test_a_storm_released_by_a_person_at_a_terminal_is_spread(storm, bot, cli):
    ours, theirs = os.openpty()
    command = [sys.executable, *PROGRAM, "-c", str(bot.path), "queue", "release", "--all"]
    subprocess.run(command, stdin=theirs, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert {later - due for due, later in pairwise(dues(cli))} == {timedelta(minutes=30)}


def test_a_storm_released_at_once_is_due_at_once(storm, cli):
    cli("queue", "release", "--all", "--no-paced")
    assert len(set(dues(cli))) == 1


def test_what_is_sent_can_be_neither_skipped_nor_sent_again(bot, feeds, sandbox, clock, cli):
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": (sandbox, "")})
    bot.sync()
    for verb in ("hold", "release", "skip", "retry"):
        ran = cli("queue", verb, "1")
        assert ran.code == 1, verb
        assert "sent" in ran.out, verb
    assert cli("queue", "retry", "1", "--render").code == 1
    clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a")]


def test_no_delivery_named_is_2_and_one_that_is_none_is_1(waiting, cli):
    assert cli("queue", "hold").code == 2
    ran = cli("queue", "hold", "77")
    assert (ran.code, ran.out) == (1, "77 is not the number of a delivery\n")
    ran = cli("queue", "hold", "77", "--json")
    assert (ran.code, ids(ran)) == (1, [])


@pytest.mark.parametrize("verb", ["hold", "release", "skip", "retry"])
def test_a_number_that_no_delivery_can_have_changes_none(waiting, cli, verb):
    assert cli("queue", "hold", "1").code == 0
    before = cli("queue", "list", "--json").out
    number = str(10**20)
    ran = cli("queue", verb, number)
    assert (ran.code, ran.out) == (1, f"{number} is not the number of a delivery\n")
    assert cli("queue", "list", "--json").out == before
    assert cli("queue", "show", number).code == 2


def test_an_action_that_concerns_nothing_says_so(waiting, cli):
    ran = cli("queue", "release", "--source", "hot")
    assert (ran.code, ran.out) == (0, "no such deliveries\n")


def test_retry_render_renders_a_waiting_one_anew(waiting, awake, cli, sandbox):
    waiting(template="new: {{ title }} {{ link }}")
    numbers = ids(cli("queue", "list", "--json"))
    assert cli("queue", "retry", str(numbers[1]), "--render").code == 0
    awake()
    assert accepted_posts(sandbox) == [
        post_text("a"),
        "new: Title b https://news.example/b",
        post_text("c"),
    ]


def test_retry_render_of_all_renders_what_waits_and_leaves_what_was_skipped(
    waiting, awake, cli, sandbox
):
    waiting(template="new: {{ title }} {{ link }}")
    first, *_ = ids(cli("queue", "list", "--json"))
    cli("queue", "skip", str(first))
    assert len(ids(cli("queue", "retry", "--all", "--render", "--json"))) == 2
    awake()
    assert accepted_posts(sandbox) == [f"new: Title {n} https://news.example/{n}" for n in "bc"]


def test_a_delivery_in_a_sent_digest_is_not_queued_again(bot, feeds, sandbox, clock, cli):
    clock.instant = clock.instant.replace(hour=12)
    source = {"url": feeds.show("/f", items(clock, "c", "b", "a")), "digest": "18:00"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=7)
    sandbox.faults.add("status_before", status=422)
    bot.sync()
    digest_delivery, *members = bot.deliveries("queued", "skipped")
    assert [item.state for item in members] == ["skipped", "skipped"]
    ran = cli("queue", "retry", str(digest_delivery.id), "--render")
    assert (ran.code, "a digest" in ran.out) == (1, True)
    assert cli("queue", "retry", str(members[0].id)).code == 1
    assert ids(cli("queue", "retry", "--all", "--json")) == []
    clock.advance(hours=1)
    bot.sync()
    (text,) = accepted_posts(sandbox)
    assert [text.count(f"https://news.example/{name}") for name in "abc"] == [1, 1, 1]


def test_a_template_that_fails_on_one_does_not_keep_the_others_from_being_rendered(
    bot, feeds, sandbox, clock, cli
):
    feed = [Item(title, f"https://news.example/{title}") for title in ("four", "six", "seven")]
    source = {"url": feeds.show("/f", feed), "review": True}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    source["template"] = "{{ 1 // (title|length - 3) }} {{ link }}"
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    ran = cli("queue", "retry", "--source", "hot", "--render")
    assert ran.code == 1
    assert "template" in ran.out
    assert "Traceback" not in ran.err
    (failed,) = [delivery.id for delivery in bot.deliveries() if not delivery.key_version]
    assert cli("queue", "skip", str(failed)).code == 0
    assert cli("queue", "release", "--all").code == 0
    clock.advance(minutes=5)
    bot.sync()
    assert sorted(accepted_posts(sandbox)) == [
        "0 https://news.example/seven",
        "1 https://news.example/four",
    ]


@pytest.mark.parametrize("reason", ["review", "storm"])
def test_retry_never_releases_what_is_held_and_renders_it_where_it_is_asked_to(
    bot, feeds, sandbox, clock, cli, reason
):
    url = feeds.show("/f", items(clock, "a"))
    source = {"url": url, "first": "none"}
    source |= {"review": True} if reason == "review" else {"max_per_poll": 1}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", items(clock, "c", "b", "a"))
    bot.sync()
    numbers = [str(delivery.id) for delivery in bot.deliveries("held")]
    ran = cli("queue", "retry", *numbers)
    assert (ran.code, ran.out.count("stays held: " + reason)) == (1, 2)
    assert cli("queue", "retry", "--source", "hot").code == 0
    bot.configure(
        {"hot": {**source, "template": "new: {{ title }} {{ link }}"}}, {"news": (sandbox, "")}
    )
    ran = cli("queue", "retry", "--render", "--source", "hot", "--json")
    assert [delivery["state"] for delivery in ran.json["deliveries"]] == ["held", "held"]
    clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox) == []
    assert [delivery.post.text for delivery in bot.deliveries("held")] == [
        f"new: Title {name} https://news.example/{name}" for name in "bc"
    ]


def test_stop_holds_everything_and_start_goes_on(waiting, awake, cli, bot, sandbox):
    assert cli("stop").code == 0
    assert cli("stop").code == 0
    done = awake()
    assert (done.counts()["sent"], accepted_posts(sandbox)) == (0, [])
    assert "STOPPED" in cli("status").out
    # whoever wonders why a sync posts nothing is document
    assert "stopped: nothing is posted" in cli("sync").out
    ran = cli("start")
    assert (ran.code, ran.out) == (0, "started: 3 queued\n")
    bot.sync()
    assert len(accepted_posts(sandbox)) == 3
    assert "STOPPED" not in cli("status").out


def test_stop_and_start_print_json(waiting, cli):
    ran = cli("stop", "--json")
    assert (ran.code, ran.json["queued"]) == (0, 3)
    assert ran.json["stopped_at"].endswith("Z")
    assert cli("start", "--json").json == {"stopped_at": None, "queued": 3}


def test_list_and_show_tell_what_a_delivery_waits_for(waiting, cli):
    (delivery, *_) = cli("queue", "list", "--json").json["deliveries"]
    document = {"reason": "quiet_hours", "cause": "quiet hours without an end", "waits_until": None}
    assert {name: delivery[name] for name in document} == document
    assert "quiet hours" in cli("queue", "list").out
    cli("stop")
    assert cli("queue", "show", "1", "--json").json["reason"] == "stopped"
    assert "waits     everything is stopped" in cli("queue", "show", "1").out


# a link that is longer than the server takes


@pytest.fixture
def long_link(bot, feeds, clock):
    """A server that counts links in full, and an entry whose link is over its limit."""
    link = "https://news.example/" + "x" * 998
    with run_in_thread(profile="gotosocial", clock=clock) as server:
        server.adjust(max_characters=500)
        url = feeds.show("/f", [Item("A title", link), *items(clock, "b")])
        bot.configure({"hot": {"url": url}}, {"news": (server, "")})
        yield server, link


def test_a_link_longer_than_the_server_takes_is_held_and_never_posted_without(
    bot, cli, clock, long_link
):
    """The post went out without its link."""
    server, link = long_link
    held = bot.sync()
    assert held.exit_code() == 0
    assert accepted_posts(server) == [post_text("b")]
    (delivery,) = bot.deliveries("held")
    assert delivery.error.startswith("the link is longer than the server takes (")
    assert delivery.post.link == link
    assert link in cli("queue", "show", str(delivery.id)).out
    cause = cli("queue", "list", "--json").json["deliveries"][0]["cause"]
    assert cause.startswith("held: the link is longer than the server takes")
    for verb in (["release"], ["retry"], ["retry", "--render"]):
        ran = cli("queue", *verb, str(delivery.id))
        assert ran.code == 1
        assert "stays held: the link is longer than the server takes" in ran.out
    bot.sync()
    assert accepted_posts(server) == [post_text("b")]


def test_once_the_server_takes_the_link_what_was_held_is_released_with_it(
    bot, cli, clock, long_link
):
    server, link = long_link
    bot.sync()
    (delivery,) = bot.deliveries("held")
    server.adjust(max_characters=5000)
    clock.advance(hours=2)
    # the next post asks the server for its limits anew
    bot.feeds.show("/f", [Item("A title", link), *items(clock, "c", "b")])
    bot.sync()
    ran = cli("queue", "release", str(delivery.id))
    assert (ran.code, ran.out) == (0, f"{delivery.id} is queued now\n")
    clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(server)[-1] == f"A title\n{link}"


def test_a_skipped_one_is_not_posted_without_its_link_either(bot, cli, long_link):
    bot.sync()
    (delivery,) = bot.deliveries("held")
    assert cli("queue", "skip", str(delivery.id)).code == 0
    ran = cli("queue", "retry", str(delivery.id))
    assert ran.code == 1
    assert "stays skipped: the link is longer than the server takes" in ran.out
