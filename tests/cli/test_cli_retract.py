"""`history` and `retract`: what was published, and taking it back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.cells import cell_len

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, visible_texts


@pytest.fixture
def posted(bot, feeds, sandbox, clock):
    """Three posts of one source, one minute apart."""
    feed = items(clock, "c", "b", "a")
    bot.configure({"hot": {"url": feeds.show("/hot.xml", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    return feed


def rows(ran):
    return ran.json["posts"]


def flat(text):
    """The text without the line breaks that fit it to the terminal."""
    return " ".join(text.split())


def names(ran):
    return [row["title"] for row in rows(ran)]


def requests(server, method):
    return [path for verb, path in server.requests if verb == method]


# history


@pytest.mark.both_databases
def test_history_has_what_was_posted_newest_first(posted, cli):
    ran = cli("history", "--json")
    assert (ran.code, list(ran.json)) == (0, ["posts"])
    keys = ["id", "title", "link", "url", "account", "source", "action", "state", "at"]
    assert [list(row)[:9] for row in rows(ran)] == [keys] * 3
    assert names(ran) == ["Title c", "Title b", "Title a"]
    first = rows(ran)[-1]
    assert first["link"] == "https://news.example/a"
    assert first["url"].startswith("http://127.0.0.1:")
    assert (first["account"], first["source"], first["action"]) == ("news", "hot", "post")
    assert (first["state"], first["at"][-1], first["retracted_at"]) == ("sent", "Z", None)


@pytest.mark.both_databases
def test_history_can_be_narrowed(posted, bot, cli, clock, feeds, sandbox):
    clock.advance(days=3)
    sources = {
        "hot": {"url": feeds.url("/hot.xml")},
        "café": {
            "url": feeds.show("/d", [Item("Ünï 抽屉 News", "https://d.example/", at=clock.now())])
        },
    }
    bot.configure(sources, {"news": (sandbox, ""), "other": (sandbox, "")})
    bot.sync()
    assert names(cli("history", "--limit", "2", "--json")) == ["Ünï 抽屉 News", "Title c"]
    assert names(cli("history", "--source", "café", "--json")) == ["Ünï 抽屉 News"]
    assert len(names(cli("history", "--account", "news", "--json"))) == 4
    assert names(cli("history", "--account", "other", "--json")) == []
    assert names(cli("history", "--search", "ünï 抽屉", "--json")) == ["Ünï 抽屉 News"]
    assert names(cli("history", "--search", "NEWS.example B", "--json")) == ["Title b"]
    assert names(cli("history", "--search", "%", "--json")) == []
    assert names(cli("history", "--limit", "0", "--json")) == []


def test_history_goes_by_spans_and_local_dates(posted, cli, bot, clock, monkeypatch):
    everything = ["Title c", "Title b", "Title a"]
    assert names(cli("history", "--since", "7d", "--json")) == everything
    assert names(cli("history", "--since", "2000-01-01", "--json")) == everything
    assert names(cli("history", "--until", "1h", "--json")) == []
    assert names(cli("history", "--until", "2000-01-01 17:30", "--json")) == []
    for written in ("yesterday", "", "2026-13-01", "7"):
        ran = cli("history", "--since", written, "--json")
        assert (ran.code, ran.json["error"]["slug"]) == (2, "usage")
    assert cli("history", "--since", "1h", "--until", "2h").code == 2


@pytest.mark.parametrize("command", ["history", "retract"])
def test_an_unknown_account_or_source_is_2_with_a_suggestion(posted, cli, command):
    options = ["--since", "1d", *(["--yes"] if command == "retract" else [])]
    assert 'did you mean "hot"?' in cli(command, "--source", "hott", *options).err
    assert 'did you mean "news"?' in cli(command, "--account", "newss", *options).err


def test_history_is_a_line_for_each_post_where_it_is_piped(posted, cli):
    lines = cli("history").out.splitlines()
    assert len(lines) == 3
    urls = [row["url"] for row in rows(cli("history", "--json"))]
    for line, name, url in zip(lines, "cba", urls, strict=True):
        assert f"posted  hot → news  Title {name}  https://news.example/{name}  {url}" in line
        assert "s ago)" in line


def test_history_fits_a_terminal_and_keeps_links_whole(
    bot, feeds, sandbox, clock, cli, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    link = f"https://news.example/{'long/' * 30}"
    feed = [Item("抽屉新热榜" * 12, link, at=clock.now())]
    bot.configure({"热榜": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    bot.sync()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    lines = cli("history").out.splitlines()
    assert f"    {link}" in lines
    assert all(cell_len(line) <= 80 for line in lines if "://" not in line)
    assert lines[0].endswith("posted  热榜 → news")


def test_history_names_edits_boosts_and_what_was_found(bot, feeds, sandbox, clock, cli):
    status = sandbox.add_status("ann@remote.example", "a status")
    b, a = items(clock, "b", "a")
    sources = {
        "hot": {"url": feeds.show("/hot.xml", [b, a]), "updates": "edit"},
        "boosts": {
            "url": feeds.show("/boosts.xml", [Item("Boosted", status["url"], at=clock.now())]),
            "action": "boost",
        },
    }
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/hot.xml", [b, replace(a, title="Corrected")])
    bot.sync()
    text = cli("history").out
    assert [word for word in ("edited", "boosted", "posted") if word in text] == [
        "edited",
        "boosted",
        "posted",
    ]
    bot.delete_store()
    bot.sync()
    assert "found  hot → news" in cli("history").out
    assert {row["state"] for row in rows(cli("history", "--json"))} == {"sent"}


def test_history_works_on_a_config_with_faults(posted, bot, cli):
    bot.path.write_text(bot.path.read_text() + "\n[nonsense]\nx = 1\n")
    ran = cli("history", "--json")
    assert (ran.code, len(rows(ran))) == (0, 3)
    assert "the config has faults" in ran.err


def test_an_empty_history_says_so(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    assert cli("history").out == "nothing was posted\n"
    assert cli("history", "--json").json == {"posts": []}
    assert cli("retract", "--since", "1d", "--yes").out == "nothing to retract\n"


# retract


@pytest.mark.both_databases
@pytest.mark.parametrize("named_by", ["id", "link", "url", "schemeless link", "schemeless url"])
def test_a_post_is_deleted_by_its_number_link_or_address(
    posted, cli, sandbox, bot, clock, named_by
):
    row = rows(cli("history", "--search", "b", "--json"))[0]
    name = str(row[named_by.removeprefix("schemeless ")])
    if named_by.startswith("schemeless"):
        name = name.partition("://")[2]
    ran = cli("retract", name, "--yes", "--json")
    assert ran.code == 0
    assert [(each["id"], each["state"], each["error"]) for each in rows(ran)] == [
        (row["id"], "retracted", "")
    ]
    assert ran.json["problems"] == []
    assert [text.split()[1] for text in visible_texts(sandbox)] == ["a", "c"]
    history = rows(cli("history", "--json"))
    assert [each["state"] for each in history] == ["sent", "retracted", "sent"]
    assert history[1]["at"] == row["at"]
    assert history[1]["retracted_at"].endswith("Z")
    clock.advance(minutes=20)
    bot.sync(which="all")
    assert len(accepted_posts(sandbox)) == 3


def test_what_was_retracted_is_never_posted_again(posted, bot, feeds, sandbox, clock, cli):
    """Not by another source, an entry that changed, or `queue retry`."""
    c, b, a = posted
    assert cli("retract", b.link, "--yes").code == 0
    number = rows(cli("history", "--search", "b", "--json"))[0]["id"]
    clock.advance(minutes=20)
    feeds.show("/hot.xml", [c, replace(b, title="Corrected"), a])
    feeds.show("/again.xml", [replace(b, title="Corrected")])
    sources = {
        "hot": {"url": feeds.url("/hot.xml"), "updates": "edit"},
        "again": {"url": feeds.url("/again.xml")},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    for verb in ("retry", "release", "skip", "hold"):
        ran = cli("queue", verb, str(number))
        assert (ran.code, ran.out) == (1, f"{number} is retracted and stays so\n")
    assert cli("queue", "retry", str(number), "--render").code == 1
    ran = cli("queue", "post", b.link, "--source", "hot")
    assert ran.code == 1
    assert f"delivery {number} is retracted" in ran.out
    bot.sync()
    assert len(accepted_posts(sandbox)) == 3
    assert len(visible_texts(sandbox)) == 2


def test_a_selection_is_shown_and_deleted(posted, cli, sandbox):
    ran = cli("retract", "--source", "hot", "--since", "2h", "--dry-run", "--json")
    assert (ran.code, ran.json["dry_run"], names(ran)) == (
        0,
        True,
        ["Title c", "Title b", "Title a"],
    )
    assert cli("retract", "--since", "2h", "--dry-run").out.endswith("3 posts would be retracted\n")
    assert len(visible_texts(sandbox)) == 3
    assert cli("retract", "--account", "news", "--since", "2h", "--yes").code == 0
    assert visible_texts(sandbox) == []
    again = cli("retract", "--account", "news", "--since", "2h", "--yes")
    assert (again.code, again.out) == (0, "nothing to retract\n")


def test_without_a_terminal_nothing_is_deleted_unless_yes_is_said(posted, cli, sandbox):
    ran = cli("retract", "1", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "usage")
    assert "--yes" in ran.json["error"]["message"]
    assert cli("retract", "--yes").code == 2
    assert cli("retract", "--source", "hot", "--yes").code == 2
    assert len(visible_texts(sandbox)) == 3


@pytest.mark.parametrize(("answer", "left"), [("y\n", 2), ("\n", 3), ("no\n", 3), ("", 3)])
def test_a_person_is_asked_first(posted, cli, sandbox, monkeypatch, answer, left):
    def reply(question):
        assert question == "Delete 1 post at the server? [y/N] "
        if not answer:
            raise EOFError
        return answer.strip()

    monkeypatch.setattr("builtins.input", reply)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    ran = cli("retract", "https://news.example/b")
    assert ran.code == 0
    assert "Title b" in ran.out
    assert len(visible_texts(sandbox)) == left
    assert ("nothing was retracted" in ran.out) == (left == 3)


def test_control_c_at_the_question_deletes_nothing(posted, cli, sandbox, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert cli("retract", "1").code == 130
    assert len(visible_texts(sandbox)) == 3


def test_an_unknown_name_is_told_and_the_rest_is_done(posted, cli, sandbox):
    ran = cli("retract", "999", "https://news.example/a", "\x1b[31m", " ", "--yes")
    assert ran.code == 1
    assert "999: no such post" in ran.out
    assert "\x1b" not in ran.out
    assert len(visible_texts(sandbox)) == 2


def test_what_waits_is_told_and_not_retracted(bot, feeds, sandbox, clock, cli):
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": quiet})
    bot.sync()
    ran = cli("retract", "https://news.example/a", "--yes")
    assert ran.code == 1
    assert "not posted: it is queued; `queue skip 1` keeps it from being posted" in flat(ran.out)


def test_a_second_retraction_is_harmless(posted, cli, sandbox):
    assert cli("retract", "1", "--yes").code == 0
    deletions = len(requests(sandbox, "DELETE"))
    ran = cli("retract", "1", "--yes")
    assert (ran.code, ran.out) == (0, "1: was retracted before\n")
    assert len(requests(sandbox, "DELETE")) == deletions


def test_a_post_that_is_gone_already_counts_as_retracted(posted, cli, sandbox):
    sandbox.faults.add("status_after", "DELETE", "/api/v1/statuses/*", status=500)
    cli("retract", "1", "--yes")
    ran = cli("retract", "1", "--yes")
    assert ran.code == 0
    assert "1: it was gone at the server already" in ran.out


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncate_after"])
def test_a_deletion_without_an_answer_goes_on_at_the_next_call(posted, cli, sandbox, fault):
    sandbox.faults.add(fault, "DELETE", "/api/v1/statuses/*")
    first = cli("retract", "1", "2", "--yes", "--json")
    expected = {"truncate_after": 0}.get(fault, 1)
    assert first.code == expected
    states = {row["id"]: row["state"] for row in rows(first)}
    assert states == {1: "retracted" if expected == 0 else "retracting", 2: "retracted"}
    again = cli("retract", "1", "--yes", "--json")
    assert again.code == 0
    assert [row["state"] for row in rows(again)] == ["retracted"]
    assert len(visible_texts(sandbox)) == 1


def test_a_rate_limit_is_waited_out_and_said(posted, cli, sandbox, bot, clock):
    sandbox.faults.add("status_before", "DELETE", "/api/v1/statuses/*", status=429)
    ran = cli("retract", "1", "2", "--yes")
    assert ran.code == 1
    assert "1: not retracted yet" in ran.out
    assert "too many requests" in flat(ran.out)
    assert len(visible_texts(sandbox)) == 3
    listed = cli("queue", "list", "--json").json["deliveries"]
    assert [(row["id"], row["state"], row["reason"]) for row in listed] == [
        (1, "retracting", "account_paused"),
        (2, "retracting", "account_paused"),
    ]
    again = cli("retract", "1", "--yes", "--json")
    assert again.code == 1
    assert ["too many requests" in row["error"] for row in rows(again)] == [True, True]
    clock.advance(hours=7)
    report = bot.sync()
    assert report.counts()["retracted"] == 2
    assert len(visible_texts(sandbox)) == 1


def test_a_sync_goes_on_with_a_retraction_though_everything_is_stopped(
    posted, cli, sandbox, bot, clock
):
    sandbox.faults.add("status_before", "DELETE", "/api/v1/statuses/*", status=503)
    assert cli("retract", "1", "--yes").code == 1
    cli("stop")
    clock.advance(minutes=2)
    assert bot.sync().counts()["retracted"] == 1
    assert len(visible_texts(sandbox)) == 2
    assert cli("retract", "2", "--yes").code == 0
    assert len(visible_texts(sandbox)) == 1


def test_a_refused_token_keeps_it_retracting(posted, cli, sandbox, bot):
    token = (bot.folder / "news.token").read_text()
    bot.set_token("news", "wrong-token-of-no-account")
    ran = cli("retract", "1", "--yes")
    assert ran.code == 1
    assert "1: not retracted yet" in ran.out
    assert "the account is paused" in flat(ran.out)
    bot.set_token("news", token)
    assert cli("retract", "1", "--yes").code == 0
    assert len(visible_texts(sandbox)) == 2


def test_a_post_of_another_account_is_told_and_stays_sent(posted, cli, sandbox, bot):
    bot.set_token("news", sandbox.add_account("stranger", bot=True))
    ran = cli("retract", "1", "--yes")
    assert ran.code == 1
    assert "1: not retracted: " in ran.out
    assert "may not delete it" in flat(ran.out)
    assert rows(cli("history", "--json"))[-1]["state"] == "sent"


def test_an_account_that_left_the_config_is_told(posted, cli, sandbox, bot, feeds):
    sources = {"hot": {"url": feeds.url("/hot.xml")}}
    bot.configure(sources, {"other": (sandbox, "")})
    ran = cli("retract", "1", "--yes")
    assert ran.code == 1
    assert "its account news is not in the config any more" in flat(ran.out)
    assert rows(cli("history", "--account", "news", "--json"))[-1]["state"] == "sent"


def test_a_disabled_account_can_take_back_what_it_posted(posted, cli, sandbox, bot, feeds):
    account = {**bot.account("news", sandbox, (bot.folder / "news.token").read_text())}
    sources = {"hot": {"url": feeds.url("/hot.xml")}}
    bot.configure(sources, {"news": {**account, "enabled": False}})
    assert cli("retract", "1", "--yes").code == 0
    assert len(visible_texts(sandbox)) == 2


def test_retract_works_on_a_config_with_faults_elsewhere(posted, cli, sandbox, bot):
    bot.path.write_text(bot.path.read_text() + "\n[nonsense]\nx = 1\n")
    assert cli("retract", "1", "--yes").code == 0
    assert len(visible_texts(sandbox)) == 2


def test_the_edits_of_a_post_go_with_it(bot, feeds, sandbox, clock, cli):
    b, a = items(clock, "b", "a")
    source = {"url": feeds.show("/f", [b, a]), "updates": "edit"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/f", [b, replace(a, title="Corrected")])
    bot.sync()
    quiet = {**bot.account("news", sandbox, (bot.folder / "news.token").read_text())}
    quiet["pace"] = {"quiet": ["00:00-12:00", "12:00-24:00"]}
    bot.configure({"hot": source}, {"news": quiet})
    clock.advance(minutes=20)
    feeds.show("/f", [b, replace(a, title="Corrected again")])
    bot.sync()
    (waiting,) = cli("queue", "list", "--json").json["deliveries"]
    assert waiting["action"] == "edit"
    # named by the edit that was sent
    edit = next(row for row in rows(cli("history", "--json")) if row["action"] == "edit")
    ran = cli("retract", str(edit["id"]), "--yes", "--json")
    assert [(row["action"], row["state"]) for row in rows(ran)] == [
        ("edit", "retracted"),
        ("post", "retracted"),
    ]
    assert len(requests(sandbox, "DELETE")) == 1
    assert cli("queue", "show", str(waiting["id"]), "--json").json["state"] == "skipped"
    assert [text.split()[1] for text in visible_texts(sandbox)] == ["b"]


def test_a_thread_of_a_digest_is_retracted_as_a_whole(bot, feeds, sandbox, clock, cli):
    clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
    feed = items(clock, *[f"{number}{'x' * 150}" for number in range(4)])
    source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}, "digest": "18:00"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=6)
    bot.sync()
    parts = len(visible_texts(sandbox))
    assert parts > 1
    # named by an entry that is in the last part
    ran = cli("retract", feed[0].link, "--yes", "--json")
    assert (ran.code, len(rows(ran))) == (0, parts)
    assert visible_texts(sandbox) == []


@pytest.mark.parametrize("profile", ["mastodon", "gotosocial", "snac", "takahe", "pleroma"])
def test_posts_and_boosts_are_taken_back_on_every_kind_of_server(bot, feeds, clock, cli, profile):
    with run_in_thread(profile=profile, clock=clock) as server:
        server.add_account("ann@remote.example")
        server.add_status("ann@remote.example", "a status")
        sources = {
            "hot": {"url": feeds.show("/f", items(clock, "a"))},
            "ann": {"kind": "account", "via": "news", "acct": "@ann@remote.example"},
        }
        bot.configure(sources, {"news": (server, "")})
        bot.sync_until_settled()
        assert len(visible_texts(server)) == 2
        ran = cli("retract", "--since", "1d", "--yes", "--json")
        assert (ran.code, [row["state"] for row in rows(ran)]) == (0, ["retracted"] * 2)
        assert [row["error"] for row in rows(ran)] == ["", ""]
        assert visible_texts(server) == []


def test_a_retracted_post_counts_for_the_pace(bot, feeds, sandbox, clock, cli):
    def configure(*entries):
        account = {**bot.account("news", sandbox, token), "pace": {"per_hour": 1}}
        bot.configure({"hot": {"url": feeds.show("/f", items(clock, *entries))}}, {"news": account})

    token = sandbox.add_account("news", bot=True)
    configure("a")
    bot.sync()
    assert cli("retract", "1", "--yes").code == 0
    clock.advance(minutes=20)
    configure("b", "a")
    bot.sync()
    assert visible_texts(sandbox) == []
    clock.advance(minutes=50)
    bot.sync()
    assert len(visible_texts(sandbox)) == 1


def test_why_tells_of_a_retraction(posted, cli):
    cli("retract", "1", "--yes")
    lines = cli("why", "https://news.example/a").out.splitlines()
    states = [line.split()[-1] for line in lines if "delivery 1 for news" in line]
    assert states == ["queued", "sending", "sent", "retracting", "retracted"]
    assert json.loads(cli("status", "--json").out)["queue"]["retracted"] == 1


def test_an_account_in_use_by_another_process_is_left_to_it(posted, cli, bot, monkeypatch, sandbox):
    monkeypatch.setattr("reblogbot.admin.retraction.LEASE_WAIT", 1.0)
    with bot.store() as store:
        store.outbox.claim_account("news", bot.clock.now(), timedelta(hours=1))
        ran = cli("retract", "1", "--yes")
    assert ran.code == 1
    assert "1: not retracted yet: to be deleted at the server" in ran.out
    assert len(visible_texts(sandbox)) == 3
