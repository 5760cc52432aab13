"""The commands that list the sources of the config and change them."""

import sqlite3
import sys
import tomllib
from contextlib import closing
from datetime import timedelta

import pexpect
import pytest

from harness import accepted_posts, items, post_text
from killed_process import ProcessKilled, ProcessKiller
from reblogbot import app
from reblogbot.admin.source_actions import ConfigChange, rename_source, save_rename
from reblogbot.daemon.daemon import start
from reblogbot.errors import ConfigError
from reblogbot.store.source_renames import SourceRenames

LEASE = timedelta(minutes=5)
LIST_KEYS = "name kind url to enabled state last_poll_at next_poll_at new_7d sent_7d failures error"
# what was added to them since
MORE_KEYS = "failing_since new_30d sent_30d filtered_7d filtered_30d failed_7d failed_30d"


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    """A bot with a source that shows three entries."""
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.configure(
        {"hot": {"url": url}, "cold": {"url": url, "enabled": False}}, {"news": (sandbox, "")}
    )
    return bot


@pytest.fixture
def quiet(bot, feeds, sandbox, clock):
    """A bot with three queued deliveries, which wait because the account is quiet all day."""
    quiet = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": quiet})
    bot.sync()
    return bot


def end_quiet(bot):
    toml = bot.path.read_text()
    bot.path.write_text(toml.replace('"00:00-12:00", "12:00-24:00"', ""))


def table(bot, name="hot"):
    return tomllib.loads(bot.path.read_text())["sources"][name]


# list


def test_list_has_the_keys_of_the_contract_and_the_numbers_of_a_month(hot, cli, feeds):
    hot.sync()
    (first, second) = cli("sources", "list", "--json").json["sources"]
    assert [list(first), list(second)] == [f"{LIST_KEYS} {MORE_KEYS}".split()] * 2
    assert (first["name"], first["kind"], first["to"], first["enabled"]) == (
        "hot",
        "feed",
        ["news"],
        True,
    )
    assert (first["new_7d"], first["sent_7d"], first["failures"], first["state"]) == (3, 3, 0, "ok")
    assert (first["new_30d"], first["sent_30d"], first["failed_30d"]) == (3, 3, 0)
    assert (second["enabled"], second["state"], second["next_poll_at"]) == (False, "disabled", None)


def test_list_shows_a_person_what_each_source_brought_and_why_it_fails(hot, cli, feeds):
    hot.sync()
    feeds.fail("/hot.xml", 500)
    hot.sync()
    lines = cli("sources", "list").out.splitlines()
    assert lines[0].split() == ["source", "kind", "to", "state", "last", "poll", "new", "sent"]
    assert lines[1].split()[-2:] == ["3", "3"]
    assert "paused" in lines[2]
    assert any("500" in line for line in lines[3:])


def test_list_without_sources_says_how_to_add_one(bot, cli, sandbox):
    bot.configure({}, {"news": (sandbox, "")})
    assert "sources add" in cli("sources", "list").out
    assert cli("sources", "list", "--json").json == {"sources": []}


# set, unset, pause, resume


@pytest.mark.parametrize(
    ("written", "keys", "value"),
    [
        ("every=5m", ["every"], "5m"),
        ('every="5m"', ["every"], "5m"),
        ("filter.max_age=2d", ["filter", "max_age"], "2d"),
        ("hashtags=0", ["hashtags"], 0),
        ('tags=["a", "b"]', ["tags"], ["a", "b"]),
        ("first=all", ["first"], "all"),
        ("first=5", ["first"], 5),
        ("review=true", ["review"], True),
        ("filter.similar=0.5", ["filter", "similar"], 0.5),
        ("template={{ title }} = {{ link }}", ["template"], "{{ title }} = {{ link }}"),
        ("title=a\nenabled = false", ["title"], "a\nenabled = false"),
        ("title=", ["title"], ""),
        ("headers.X-Key=a.b", ["headers", "X-Key"], "a.b"),
        ("spoiler_rules=[['/x/', 'y']]", ["spoiler_rules"], [["/x/", "y"]]),
    ],
)  # fmt: skip
def test_a_key_is_set_and_unset_without_a_trace(hot, cli, written, keys, value):
    before = hot.path.read_bytes()
    ran = cli("sources", "set", "hot", written)
    assert (ran.code, ran.err) == (0, "")
    found = table(hot)
    for key in keys:
        found = found[key]
    assert found == value
    if keys != ["first"]:
        assert cli("sources", "unset", "hot", ".".join(keys)).code == 0
        assert hot.path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["set", "hott", "every=5m"], 'no source "hott"; did you mean "hot"?'),
        (["set", "hot", "evry=5m"], 'sources.hot.evry: unknown key; did you mean "every"?'),
        (["set", "hot", "every=5 parsecs"], "sources.hot.every: a duration is a number and one of"),
        (["set", "hot", "filter.max_agee=2d"], 'did you mean "max_age"?'),
        (["set", "hot", "every=5m", "to=[]"], "sources.hot.to: must not be empty"),
        (["set", "hot", "every"], "write KEY=VALUE"),
        (["set", "hot", "=5m"], "is not a key"),
        (["set", "hot", "url.x=5"], "sources.hot.url.x: is inside an array or a value"),
        (["set", "hot"], "required: KEY=VALUE"),
        (["set", "", "every=5m"], 'no source ""'),
        (["set", "hot", "title=" + "x" * 100 + "\x1b[31m\0"], "NUL"),
        (["unset", "hot", "evry"], 'sources.hot.evry: unknown key; did you mean "every"?'),
        (["unset", "hot", "kind"], "sources.hot.kind: missing"),
        (["pause", "hot", "nosuch"], 'no source "nosuch"'),
        (["resume", "a\x1b[31m"], "no source"),
        (["rename", "hot", "cold"], 'there is a source "cold" already'),
        (["rename", "hot", "hot"], 'there is a source "hot" already'),
        (["rename", "hot", " "], "a name is 1 to 100 printable characters"),
        (["rename", "warm", "hot2"], 'no source "warm"'),
        (["remove", "hot"], "add --yes"),
        (["remove", "nosuch", "--yes"], 'no source "nosuch"'),
        (["remove", "nosuch", "--yes", "--forget"], 'no source "nosuch"'),
    ],
)
def test_what_cannot_be_is_2_with_a_reason_and_changes_nothing(hot, cli, arguments, message):
    before = hot.path.read_bytes()
    ran = cli("sources", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert "\x1b" not in ran.err
    as_json = cli("sources", *arguments, "--json")
    assert (as_json.code, list(as_json.json)) == (2, ["error"])
    assert hot.path.read_bytes() == before


def test_a_key_that_is_not_set_needs_no_unsetting(hot, cli):
    before = hot.path.read_bytes()
    ran = cli("sources", "unset", "hot", "filter.max_age", "every")
    assert (ran.code, ran.out) == (0, "hot: nothing to change\n")
    assert hot.path.read_bytes() == before


def test_pause_and_resume_switch_sources_and_keep_comments(hot, cli):
    hot.path.write_text("# mine\n" + hot.path.read_text())
    assert cli("sources", "pause", "hot", "cold").out == "hot: paused\ncold: paused\n"
    assert not table(hot)["enabled"]
    assert [source["enabled"] for source in cli("sources", "list", "--json").json["sources"]] == [
        False,
        False,
    ]
    ran = cli("sources", "resume", "hot", "cold", "--json")
    assert ran.json == {
        "action": "resume", "sources": ["hot", "cold"], "changed": True, "dry_run": False,
        "difference": "",
    }  # fmt: skip
    assert hot.path.read_text().startswith("# mine\n")
    assert table(hot)["enabled"]
    assert table(hot, "cold")["enabled"]


@pytest.mark.parametrize(
    "arguments",
    [["set", "hot", "every=5m"], ["pause", "hot"], ["rename", "hot", "warm"], ["remove", "hot"]],
)
def test_a_dry_run_shows_the_difference_and_writes_nothing(hot, cli, arguments):
    before = hot.path.read_bytes()
    ran = cli("sources", *arguments, "--dry-run")
    assert ran.code == 0
    assert f"--- {hot.path}\n+++ {hot.path}\n@@" in ran.out
    as_json = cli("sources", *arguments, "--dry-run", "--json").json
    assert (as_json["changed"], as_json["dry_run"]) == (True, True)
    assert as_json["difference"] in ran.out
    assert hot.path.read_bytes() == before


def test_a_config_with_a_fault_elsewhere_is_not_changed(hot, cli):
    hot.path.write_text(f"{hot.path.read_text()}\n[htp]\n")
    ran = cli("sources", "pause", "hot")
    assert ran.code == 2
    assert "htp: unknown key" in ran.err
    assert "enabled = true" not in hot.path.read_text()


# rename


@pytest.mark.both_databases
def test_a_renamed_source_keeps_what_was_seen_queued_and_posted(quiet, cli, sandbox, feeds, clock):
    assert cli("sources", "rename", "hot", "热榜 1").code == 0
    assert {item.source for item in quiet.deliveries()} == {"热榜 1"}
    end_quiet(quiet)
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    report = quiet.sync()
    assert [poll.name for poll in report.polls] == ["热榜 1"]
    assert report.polls[0].new == 0
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]
    (source,) = cli("sources", "list", "--json").json["sources"]
    assert (source["name"], source["new_7d"], source["sent_7d"]) == ("热榜 1", 3, 3)


STEPS = [(step, mode) for step in ("begin", "save", "settle") for mode in ("before", "after")]


def killed_rename(cli, monkeypatch, step, mode):
    owner = ConfigChange if step == "save" else SourceRenames
    # the first call of `settle` completes earlier renames, of which there are none
    killer = ProcessKiller(2 if step == "settle" else 1, mode)
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, killer.wrap(step, getattr(owner, step)))
        with pytest.raises(ProcessKilled):
            cli("sources", "rename", "hot", "warm")
    assert killer.has_killed


@pytest.mark.both_databases
@pytest.mark.parametrize("following", [None, ["status"], ["queue", "release", "--all"]])
@pytest.mark.parametrize(("step", "mode"), STEPS)
def test_a_rename_that_is_killed_is_completed_or_never_was(
    quiet, cli, sandbox, feeds, monkeypatch, step, mode, following
):
    killed_rename(cli, monkeypatch, step, mode)
    name = "hot" if (step, mode) in STEPS[:3] else "warm"
    assert name in tomllib.loads(quiet.path.read_text())["sources"]
    if following:
        assert cli(*following, "--json").code == 0
        assert {item.source for item in quiet.deliveries()} == {name}
    end_quiet(quiet)
    report = quiet.sync()
    assert [(poll.name, poll.new) for poll in report.polls] == [(name, 0)]
    assert quiet.deliveries("held") == []
    assert accepted_posts(sandbox) == [post_text(letter) for letter in "abc"]
    assert {item.source for item in quiet.deliveries()} == {name}


@pytest.mark.both_databases
def test_a_process_with_the_config_of_before_a_rename_does_no_harm(
    quiet, cli, sandbox, feeds, clock
):
    with quiet.open_worker() as worker:
        assert cli("sources", "rename", "hot", "warm").code == 0
        report = worker.sync("hot", which="all")
        assert [(outcome.name, outcome.outcome) for outcome in report.polls] == [("hot", "not_due")]
    assert [item.source for item in quiet.deliveries("queued")] == ["warm"] * 3
    end_quiet(quiet)
    assert [poll.name for poll in quiet.sync().polls] == ["warm"]
    assert accepted_posts(sandbox) == [post_text(letter) for letter in "abc"]
    with quiet.store() as store:
        assert [record.name for record in store.sources.all()] == ["warm"]


def test_a_daemon_that_reads_the_config_again_completes_a_killed_rename(quiet, cli, monkeypatch):
    with quiet.open_worker() as worker:
        killed_rename(cli, monkeypatch, "save", "after")
        runtime = worker.run(start(app.load_config(quiet.path), worker.store))
        worker.run(runtime.close())
        assert [item.source for item in worker.store.outbox.find()] == ["warm"] * 3
        assert quiet.deliveries("held") == []


@pytest.mark.both_databases
def test_what_a_poll_found_during_a_rename_is_found_again(quiet, cli, sandbox, feeds, clock):
    end_quiet(quiet)
    feeds.show("/hot.xml", items(clock, "d", "c", "b", "a"))
    clock.advance(hours=1)
    with quiet.open_worker() as worker:
        (record,), _ = worker.run(worker.engine.claim_due(1))
        assert cli("sources", "rename", "hot", "warm").code == 0
        assert worker.run(worker.engine.poll(record)).new == 0
    quiet.sync()
    assert accepted_posts(sandbox) == [post_text(letter) for letter in "abcd"]
    assert {item.source for item in quiet.deliveries()} == {"warm"}


def test_a_name_that_the_store_remembers_is_refused_until_it_is_forgotten(
    quiet, cli, feeds, sandbox
):
    toml = quiet.path.read_text()
    quiet.path.write_text(toml.replace("[sources.hot]", "[sources.other]"))
    quiet.sync()
    ran = cli("sources", "rename", "other", "hot")
    assert ran.code == 2
    assert 'the store still remembers a source "hot"' in ran.err
    assert "other" in tomllib.loads(quiet.path.read_text())["sources"]
    assert cli("sources", "remove", "hot", "--forget", "--yes").code == 0
    assert quiet.deliveries("held") == []
    assert cli("sources", "rename", "other", "hot").code == 0


def test_names_can_go_round_in_a_circle(hot, cli):
    hot.sync()
    for old, new in (("hot", "x"), ("cold", "hot"), ("x", "cold"), ("hot", "y")):
        assert cli("sources", "rename", old, new).code == 0
        report = hot.sync()
        assert sum(poll.new for poll in report.polls) == 0
    assert set(tomllib.loads(hot.path.read_text())["sources"]) == {"cold", "y"}
    with hot.store() as store:
        assert [record.name for record in store.sources.all()] == ["cold", "y"]


def test_of_two_renames_at_once_the_second_is_told(quiet, cli, clock):
    before = quiet.path.read_bytes()
    with quiet.store() as store:
        assert store.renames.begin("hot", "first", clock.now()) == "begun"
        ran = cli("sources", "rename", "hot", "second")
        assert (ran.code, 'another process is renaming "hot"' in ran.err) == (2, True)
        assert quiet.path.read_bytes() == before
        quiet.path.write_text(quiet.path.read_text().replace("sources.hot", "sources.first"))
        assert store.renames.is_incomplete(["first"])
    assert cli("sources", "rename", "first", "third").code == 0
    assert {item.source for item in quiet.deliveries()} == {"third"}


def test_a_rename_of_a_config_that_changed_meanwhile_is_no_rename(quiet, monkeypatch):
    change = rename_source(quiet.path, "hot", "warm")
    quiet.path.write_text(f"# mine\n{change.before}")
    with pytest.raises(ConfigError, match="# mine"):
        save_rename(change, "hot", "warm")
    with quiet.store() as store:
        assert not store.renames.is_incomplete(["warm"])
    quiet.sync()
    assert {item.source for item in quiet.deliveries("queued")} == {"hot"}


def test_a_rename_without_a_store_changes_the_config_alone(hot, cli):
    assert cli("sources", "rename", "hot", "warm").code == 0
    assert "warm" in tomllib.loads(hot.path.read_text())["sources"]
    assert not hot.store_file.exists()


def test_a_rename_of_a_store_that_cannot_be_opened_changes_nothing(quiet, cli):
    before = quiet.path.read_bytes()
    quiet.store_file.write_bytes(b"no store at all" * 100)
    assert cli("sources", "rename", "hot", "warm").code == 3
    assert quiet.path.read_bytes() == before


# remove


@pytest.mark.both_databases
def test_what_waits_of_a_removed_source_is_held(quiet, cli):
    ran = cli("sources", "remove", "hot", "--yes", "--json")
    assert (ran.code, ran.json["sources"], ran.json["changed"]) == (0, ["hot"], True)
    quiet.sync()
    assert len(quiet.deliveries("held")) == 3
    with quiet.store() as store:
        assert store.sources.of(["hot"])


@pytest.mark.both_databases
def test_a_forgotten_source_leaves_its_posts_alone(quiet, cli, sandbox, feeds, clock):
    end_quiet(quiet)
    quiet.sync()
    assert cli("sources", "remove", "hot", "--forget", "--yes").code == 0
    with quiet.store() as store:
        assert store.sources.all() == []
    assert [item.state for item in quiet.deliveries()] == ["sent"] * 3
    quiet.configure({"again": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    quiet.sync()
    assert len(accepted_posts(sandbox)) == 3


def test_a_removal_that_could_not_forget_says_so_and_goes_on_when_run_again(quiet, cli):
    command = ("sources", "remove", "hot", "--forget", "--yes")
    with closing(sqlite3.connect(quiet.store_file)) as store:
        # the disk has no room for what deleting takes
        store.execute("CREATE TRIGGER full BEFORE DELETE ON source BEGIN SELECT no_room(); END")
    ran = cli(*command)
    assert (ran.code, "removed from the config, but not forgotten yet" in ran.err) == (3, True)
    with closing(sqlite3.connect(quiet.store_file)) as store:
        store.execute("DROP TRIGGER full")
    assert cli(*command).code == 0
    with quiet.store() as store:
        assert store.sources.all() == []


def test_a_header_that_is_set_is_named_without_its_value(hot, cli):
    ran = cli("sources", "set", "hot", "headers.Authorization=Bearer secret", "every=5m")
    assert ran.out == "hot: set headers.Authorization, every=5m\n"
    ran = cli("sources", "set", "hot", "proxy=http://bot:secret@proxy.example:8080")
    assert ran.out == "hot: set proxy=http://…@proxy.example:8080\n"


@pytest.mark.parametrize("state", ["sending", "doubt"])
def test_a_source_whose_post_is_on_the_wire_is_not_forgotten(quiet, cli, clock, state):
    with quiet.store() as store:
        store.outbox.claim_account("news", clock.now(), LEASE)
        claimed = store.outbox.claim(store.outbox.find()[0], clock.now(), LEASE)
        assert claimed is not None
        if state == "doubt":
            store.outbox.recover_interrupted("news", clock.now(), clock.now())
    before = quiet.path.read_bytes()
    ran = cli("sources", "remove", "hot", "--forget", "--yes")
    assert ran.code == 1
    assert "being sent or in doubt" in ran.err
    assert quiet.path.read_bytes() == before
    with quiet.store() as store:
        assert not store.sources.forget("hot")


# a terminal


@pytest.fixture
def terminal(hot):
    """Runs the command line on a terminal of 80 columns."""
    children = []

    def spawn(*arguments):
        command = ["-m", "reblogbot", "-c", str(hot.path), *arguments]
        child = pexpect.spawn(
            sys.executable, command, cwd=str(hot.folder), encoding="utf-8", timeout=60
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


@pytest.mark.parametrize(
    ("answer", "code", "is_removed"),
    [("y\r", 0, True), ("\r", 0, False), ("\x04", 0, False), ("\x03", 130, False)],
)
def test_a_person_is_asked_before_a_source_is_removed(hot, terminal, answer, code, is_removed):
    child = terminal("sources", "remove", "hot")
    child.expect_exact("Remove hot? [y/N] ")
    child.send(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert ("hot" not in tomllib.loads(hot.path.read_text())["sources"]) == is_removed
