"""The commands that report, status, health and why; and those for the store, prune and backup."""

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from harness import Item, accepted_posts, items, post_text
from reblogbot import __version__
from reblogbot.store import open_store
from store_processes import bound_by_modes

STATES = "queued sending doubt sent held skipped dead retracting retracted".split()


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    """Two sources, one of them broken; the good one's a, b and c, one an hour."""
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    old = [*items(clock, "old", minutes=60 * 24 * 9)]
    sources = {
        "hot": {"url": url},
        "bad": {"url": feeds.fail("/bad.xml", 404)},
        "aged": {"url": feeds.show("/old.xml", old)},
        "off": {"url": feeds.url("/off.xml"), "enabled": False},
    }
    bot.configure(sources, {"news": slow})
    bot.sync()


def test_the_json_is_as_the_contract_has_it(hot, cli, sandbox, clock):
    ran = cli("status", "--json")
    assert ran.code == 0
    document = ran.json
    assert {"sources", "accounts", "queue"} <= set(document)
    keys = ["name", "kind", "url", "state", "last_poll_at", "next_poll_at", "failures", "error"]
    assert [list(source) for source in document["sources"]] == [[*keys, "next_poll_reason"]] * 4
    good, bad, aged, off = document["sources"]
    assert (good["state"], good["failures"], good["error"]) == ("ok", 0, "")
    assert datetime.fromisoformat(good["last_poll_at"]) == clock.now()
    assert datetime.fromisoformat(good["next_poll_at"]) == clock.now() + timedelta(minutes=15)
    assert (bad["state"], bad["failures"]) == ("failed", 1)
    assert "404" in bad["error"]
    assert (aged["state"], off["state"], off["next_poll_at"]) == ("ok", "disabled", None)
    (account,) = document["accounts"]
    assert list(account) == ["name", "server", "state", "reason", "rate_remaining"]
    assert (account["server"], account["state"], account["reason"]) == (sandbox.url, "ok", "")
    assert isinstance(account["rate_remaining"], int)
    assert list(document["queue"]) == STATES
    assert (document["queue"]["queued"], document["queue"]["sent"]) == (2, 1)


def test_a_source_that_is_gone_is_never_due(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.fail("/f", 410)}}, {"news": (sandbox, "")})
    bot.sync()
    (one,) = cli("status", "--json").json["sources"]
    assert (one["state"], one["next_poll_at"]) == ("gone", None)


def test_a_person_reads_what_waits_and_what_was_not_posted(hot, cli):
    ran = cli("status")
    assert ran.code == 0
    assert "news: 2 wait until" in ran.out
    assert "2 queued" in ran.out
    assert "1 max age" in ran.out
    assert "\x1b" not in ran.out


def test_status_shows_why_an_account_is_paused(bot, feeds, sandbox, clock, cli):
    sandbox.add_account("news")
    url = feeds.show("/f", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "wrong")})
    bot.sync()
    (account,) = cli("status", "--json").json["accounts"]
    assert account["state"] == "paused"
    assert "token" in account["reason"]


def test_status_shows_what_waits_for_a_digest_and_which_source_had_a_storm(
    bot, feeds, sandbox, clock, cli
):
    sources = {
        "daily": {"url": feeds.show("/d", items(clock, "d")), "digest": "18:00"},
        "stormy": {"url": feeds.show("/s", items(clock, "s")), "max_per_poll": 2},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/s", items(clock, "w", "v", "u", "s"))
    bot.sync()
    rows = {row["source"]: row for row in cli("status", "--json").json["waits"]}
    digest, storm = rows["daily"], rows["stormy"]
    assert (digest["account"], digest["count"], digest["reason"]) == ("news", 1, "digest")
    assert datetime.fromisoformat(digest["waits_until"]).hour == 18
    assert (storm["count"], storm["reason"], storm["waits_until"]) == (3, "held", None)
    assert storm["cause"] == "held: storm, 3 new entries in one poll, max_per_poll = 2"
    text = cli("status").out
    assert "news: 1 of daily waits until" in text
    assert "news: 3 of stormy wait: held: storm" in text


def test_status_reports_a_missing_token_file(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    (bot.folder / "news.token").unlink()
    (account,) = cli("status", "--json").json["accounts"]
    assert account["state"] == "no_token"
    assert "news.token: No such file or directory" in account["reason"]
    (bot.folder / "news.token").write_text(" ")
    (account,) = cli("status", "--json").json["accounts"]
    assert "is empty" in account["reason"]


def test_status_shows_until_when_an_account_is_paused(bot, feeds, sandbox, clock, cli):
    sandbox.faults.add("status_before", status=429)
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": (sandbox, "")})
    bot.sync()
    document = cli("status", "--json").json
    assert document["accounts"][0]["state"] == "paused"
    (row,) = document["waits"]
    assert row["reason"] == "account_paused"
    assert row["cause"] in f"the account is paused: {document['accounts'][0]['reason']}"
    assert row["waits_until"]


def test_without_a_daemon_status_reports_none_and_health_is_1(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    document = cli("status", "--json").json
    assert (document["daemon"], document["daemons"]) == (None, [])
    assert "daemon: none is running on this store" in cli("status").out
    ran = cli("health")
    assert (ran.code, ran.out) == (1, "daemon: none is running on this machine\n")
    assert cli("health", "--json").json == {"healthy": False, "daemons": []}


@pytest.mark.both_databases
def test_a_daemon_that_hangs_is_told_by_status_and_health(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    with bot.store() as store:
        now = store.clock.now()
        store.daemons.beat(now - timedelta(hours=1), now - timedelta(minutes=14), now)
        assert cli("health").code == 0
        (one,) = cli("health", "--json").json["daemons"]
        assert (one["state"], one["version"]) == ("ok", __version__)
        store.daemons.beat(now - timedelta(hours=1), now - timedelta(minutes=16), now)
        ran = cli("health")
        assert ran.code == 1
        assert "IT HANGS" in ran.out
        assert cli("status", "--json").json["daemon"]["state"] == "hangs"


def test_health_is_of_this_machine_alone(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    with bot.store() as store:
        now = store.clock.now()
        elsewhere, _ = open_store(f"sqlite:///{bot.store_file}", "another boot/1/2/3", now)
        elsewhere.daemons.beat(now, now, now)
        elsewhere.close()
    assert cli("health").code == 1
    assert cli("status", "--json").json["daemon"]["state"] == "ok"


def test_status_lists_deliveries_that_will_be_too_old(bot, feeds, sandbox, clock, cli):
    slow = {**bot.account("news", sandbox), "pace": {"per_day": 1}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url, "filter": {"max_age": "3h"}}}, {"news": slow})
    bot.sync()
    assert "will be too old by then: https://news.example/b" in cli("status").out


def test_before_the_first_round_all_is_new_and_nothing_is_written(bot, feeds, sandbox, clock, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    document = cli("status", "--json").json
    assert [source["state"] for source in document["sources"]] == ["new"]
    assert [source["last_poll_at"] for source in document["sources"]] == [None]
    assert set(document["queue"].values()) == {0}
    assert not bot.store_file.exists()


@pytest.mark.parametrize(
    "meant",
    [
        "https://news.example/a",
        "http://NEWS.example/a?utm_source=mail#top",
        "1",
    ],
)
def test_why_shows_the_history_by_link_or_number(hot, cli, sandbox, meant):
    ran = cli("why", meant, "--json")
    assert ran.code == 0
    (story,) = ran.json["entries"]
    assert (story["source"], story["title"]) == ("hot", "Title a")
    (delivery,) = story["deliveries"]
    assert [item["state"] for item in delivery["events"]] == ["queued", "sending", "sent"]
    assert delivery["url"] == sandbox.statuses("news")[0]["url"]
    text = cli("why", meant).out
    assert "seen in hot" in text
    assert delivery["url"] in text


def test_why_knows_the_posted_address(hot, cli, sandbox):
    url = sandbox.statuses("news")[0]["url"]
    assert "Title a" in cli("why", url).out
    assert "Title a" in cli("why", url.partition("://")[2]).out


@pytest.mark.parametrize("meant", ["title A", "news.example/a", "example/a", "Title a"])
def test_why_finds_by_a_part_of_title_or_link(hot, cli, meant):
    (story,) = cli("why", meant, "--json").json["entries"]
    assert story["link"] == "https://news.example/a"
    assert "seen in hot" in cli("why", meant).out


@pytest.mark.both_databases
def test_why_lists_several_entries_with_the_same_words(hot, cli):
    ran = cli("why", "title")
    assert ran.code == 0
    assert [line.strip() for line in ran.out.splitlines() if "https://" in line] == [
        f"https://news.example/{name}" for name in ("old", "c", "b", "a")
    ]
    assert "4 entries: `reblogbot why LINK`" in ran.out
    assert len(cli("why", "title", "--json").json["entries"]) == 4


@pytest.mark.both_databases
@pytest.mark.parametrize("meant", ["ÜBER Ёлка", "Ёлка und", "抽屉 ÜBER"])
def test_why_finds_a_title_with_capital_letters_of_any_alphabet(
    bot, feeds, sandbox, clock, cli, meant
):
    item = Item("ÜBER Ёлка und 抽屉", "https://news.example/ue", at=clock.now())
    bot.configure({"hot": {"url": feeds.show("/ue", [item])}}, {"news": (sandbox, "")})
    bot.sync()
    assert [story["link"] for story in cli("why", meant, "--json").json["entries"]] == [item.link]


def test_why_finds_by_words_in_any_order(hot, cli):
    assert "Title c" in cli("why", "example/c", "title").out
    assert len(cli("why", "example", "TITLE", "--json").json["entries"]) == 4
    assert cli("why", "title", "nosuch").code == 1


@pytest.mark.parametrize("words", ["q" * 200_000, "q " * 100_000, " ", ""])
def test_why_of_very_many_words_or_none_is_1(hot, cli, words):
    ran = cli("why", words)
    assert (ran.code, "never seen in any source" in ran.out) == (1, True)


def test_why_takes_no_word_for_a_pattern(hot, cli):
    assert cli("why", "%").code == 1
    assert cli("why", "T_tle").code == 1


def test_times_are_local_and_relative(hot, cli, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        seen = cli("why", "Title a").out.splitlines()[2]
        (row,) = cli("why", "Title a", "--json").json["entries"]
    finally:
        monkeypatch.undo()
        time.tzset()
    local = datetime.fromisoformat(row["seen_at"]).astimezone(ZoneInfo("Asia/Kolkata"))
    assert f"{local:%H:%M} (" in seen
    assert "ago)" in seen


def test_status_fits_into_80_columns(hot, cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    ran = cli("status")
    assert [line for line in ran.out.splitlines() if cell_len(line.rstrip()) > 80] == []
    assert "  bad: " in ran.out


def test_why_shows_which_filter_refused_the_entry(hot, cli):
    (story,) = cli("why", "https://news.example/old", "--json").json["entries"]
    assert story["deliveries"] == []
    (refusal,) = story["refusals"]
    assert refusal["account"] == "news"
    assert refusal["reason"].startswith("max_age")
    assert "max_age" in cli("why", "https://news.example/old").out


def test_why_shows_the_answer_of_the_server(bot, feeds, sandbox, clock, cli):
    sandbox.faults.add("status_before", status=403, error="Sorry, no")
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": (sandbox, "")})
    bot.sync()
    assert "Sorry, no" in cli("why", "https://news.example/a").out


def test_why_shows_what_was_learnt_about_the_source(bot, feeds, sandbox, clock, cli):
    at = clock.now()
    for poll in range(3):
        link = f"https://news.example/view?sid=x{poll}&t="
        feed_items = [Item(f"Thread {number}", f"{link}{number}", at=at) for number in range(2)]
        bot.configure({"hot": {"url": feeds.show("/f", feed_items)}}, {"news": (sandbox, "")})
        bot.sync()
        clock.advance(minutes=20)
    assert len(accepted_posts(sandbox)) == 2
    (story,) = cli("why", "1", "--json").json["entries"]
    assert story["source_habits"] == ["links carry changing parameters, which are ignored: sid"]
    assert "hot: its links carry changing parameters" in cli("why", "1").out


def test_why_of_an_unknown_entry_is_1_with_a_message(hot, cli):
    ran = cli("why", "https://news.example/never")
    assert ran.code == 1
    assert "never seen" in ran.out
    assert cli("why", "nonsense \x1b[31m", "--json").json == {"entries": []}


# the store


def test_prune_keeps_old_entries_that_a_source_still_shows(bot, feeds, sandbox, clock, cli):
    clock.advance(days=-400)
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    ran = cli("prune")
    assert ran.code == 0
    clock.advance(days=400)
    feeds.show("/f", items(clock, "c", "b", "a"))
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


def test_a_backup_is_a_whole_store_and_is_never_written_over(hot, bot, cli, clock):
    copy = bot.folder / "copy.sqlite3"
    ran = cli("backup", str(copy), "--json")
    assert (ran.code, ran.json) == (0, {"from": str(bot.store_file), "to": str(copy)})
    store, _ = open_store(f"sqlite:///{copy}", "nobody", clock.now())
    assert (store.outbox.count()["sent"], store.outbox.count()["queued"]) == (1, 2)
    store.close()
    before = copy.read_bytes()
    ran = cli("backup", str(copy))
    assert ran.code == 2
    assert "exists already" in ran.err
    assert copy.read_bytes() == before


def test_a_backup_of_no_store_is_3_and_makes_none(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    ran = cli("backup", str(bot.folder / "copy"))
    assert ran.code == 3
    assert not bot.store_file.exists()
    assert not (bot.folder / "copy").exists()
    assert cli("backup", "/nowhere/at/all").code == 3


def test_of_very_many_sources_the_failing_ones_are_listed_and_the_others_counted(
    hot, cli, monkeypatch
):
    whole = cli("status", "--json").json
    monkeypatch.setattr("reblogbot.cli.commands.status.MAX_SOURCES", 3)
    ran = cli("status")
    first = [line.split(" ")[0] for line in ran.out.splitlines()]
    rows = first[first.index("source") : first.index("account")]
    assert [item for item in rows if item] == ["source", "bad", "…"]
    assert "… and 3 more: 2 ok, 1 paused; `sources list` lists them all" in ran.out
    assert cli("status", "--json").json == whole
    monkeypatch.setattr("reblogbot.cli.commands.status.MAX_SOURCES", 4)
    assert "…" not in cli("status").out


def test_what_needs_attention_is_first_and_only_if_there_is_any(bot, feeds, sandbox, clock, cli):
    good = {"url": feeds.show("/f", items(clock, "a"))}
    bad = {"url": feeds.fail("/bad", 404)}
    bot.configure({"good": good, "bad": bad}, {"news": (sandbox, "")})
    bot.sync()
    heading, trouble, *_ = cli("status").out.splitlines()
    assert (heading, trouble.startswith("  bad: ")) == ("Needs attention:", True)
    # a source that the admin has paused does not look broken
    bot.configure({"good": good, "bad": {**bad, "enabled": False}}, {"news": (sandbox, "")})
    text = cli("status").out
    assert "Needs attention" not in text
    assert "404" not in text
    assert re.search(r"^bad .* paused ", text, re.MULTILINE)
    (bot.folder / "news.token").unlink()
    assert cli("status").out.startswith("Needs attention:\n  news: no token")


def test_an_account_needs_attention_if_its_token_is_refused_and_not_if_it_rests(
    bot, feeds, sandbox, clock, cli
):
    sources = {"hot": {"url": feeds.show("/f", items(clock, "a"))}}
    sandbox.faults.add("status_before", status=429)
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    text = cli("status").out
    assert "Needs attention" not in text
    assert re.search(r"^news .* paused$", text, re.MULTILINE)
    assert re.search(r"^  news: .* until ", text, re.MULTILINE)
    bot.configure(sources, {"other": (sandbox, "")})
    bot.set_token("other", "worthless")
    bot.sync()
    assert cli("status").out.startswith("Needs attention:\n  other: ")


LOOKS = {
    "status": ["status", "--json"],
    "queue": ["queue", "list", "--json"],
    "preview": ["preview", "hot", "--json"],
    "why": ["why", "https://news.example/a", "--json"],
}


@pytest.mark.parametrize("command", LOOKS)
def test_who_may_write_nowhere_may_look(hot, bot, command):
    bot.folder.chmod(0o555)
    try:
        ran = bot.call(*LOOKS[command], under=bound_by_modes())
    finally:
        bot.folder.chmod(0o755)
    assert (ran.code, ran.err) == (0, "")
    assert "hot" in ran.out
    assert ran.json
