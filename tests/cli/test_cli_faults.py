"""With a faulty config, `stop` and the commands that only read still work."""

import pytest

from harness import items

BROKEN = {
    "a value": 'every = "soon"\n',
    "an unknown key": "evry = 3\n",
    "no TOML": "every = “15m”\n",
}


@pytest.fixture
def waiting(bot, feeds, sandbox, clock):
    """Two deliveries that wait; the fault is added behind the last source."""
    paced = {**bot.account("news", sandbox), "pace": {"quiet": ["00:00-12:00", "12:00-24:00"]}}
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "b", "a"))}}, {"news": paced})
    bot.sync()
    return bot.path


def spoil(path, text):
    good = path.read_text()
    path.write_text(good.replace("[sources.hot]\n", f"[sources.hot]\n{text}"))
    return good


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
def test_stop_and_start_need_the_stores_address_alone(waiting, cli, bot, fault):
    good = spoil(waiting, fault)
    assert cli("check").code == 2
    stopped = cli("stop", "--json")
    assert (stopped.code, stopped.json["queued"]) == (0, 2)
    assert "config.toml:" in stopped.err
    with_faults = waiting.read_text()
    waiting.write_text(good)
    with bot.store() as store:
        assert store.outbox.stopped_at() is not None
    waiting.write_text(with_faults)
    assert cli("start").out == "started: 2 queued\n"


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(
    "command", [["status"], ["queue", "list"], ["queue", "show", "1"], ["why", "Title a"]]
)
def test_commands_that_look_warn_and_go_on(waiting, cli, fault, command):
    spoil(waiting, fault)
    ran = cli(*command, "--json")
    assert ran.code == 0
    assert ran.json
    assert "warning: the config has faults" in ran.err
    assert "config.toml:" in ran.err


@pytest.mark.parametrize("command", [["status"], ["queue", "list"], ["history"]])
def test_a_config_with_faults_and_no_store_shows_an_empty_one(bot, cli, sandbox, feeds, command):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    spoil(bot.path, BROKEN["a value"])
    ran = cli(*command, "--json")
    assert ran.code == 0
    assert "warning: the config has faults" in ran.err
    assert not bot.store_file.exists()


def test_what_waits_is_steered_and_copied(waiting, cli, bot):
    good = spoil(waiting, BROKEN["no TOML"])
    assert cli("queue", "hold", "1").out == "1 is held now\n"
    assert cli("queue", "skip", "2").out == "2 is skipped now\n"
    assert cli("backup", str(bot.folder / "copy.sqlite3")).code == 0
    waiting.write_text(good)
    assert [delivery.state for delivery in bot.deliveries()] == ["held", "skipped"]


def test_nothing_is_rendered_from_a_config_with_faults(waiting, cli):
    """A template at fault would count as not set, and decide what is posted."""
    spoil(waiting, 'template = "{{ title"\n')
    ran = cli("queue", "retry", "1", "--render")
    assert ran.code == 2
    assert "template" in ran.err


@pytest.mark.parametrize(
    "store", ['[stroe]\nurl = "sqlite:///x.sqlite3"\n', '[store]\nurl = "x"\n']
)
def test_another_store_than_the_one_meant_is_never_stopped(waiting, cli, bot, store):
    good = waiting.read_text()
    waiting.write_text(store + good)
    before = sorted(bot.folder.iterdir())
    ran = cli("stop")
    assert ran.code == 2
    assert "reblogbot stop --store" in ran.err
    assert sorted(bot.folder.iterdir()) == before
    assert cli("stop", "--store", f"sqlite:///{bot.store_file}").code == 0
    waiting.write_text(good)
    assert "STOPPED" in cli("status").out


def test_with_a_store_named_no_config_is_read(waiting, cli, bot):
    waiting.unlink()
    assert cli("stop").code == 2
    assert cli("stop", "--store", f"sqlite:///{bot.store_file}").code == 0
    assert cli("start", "--store", f"sqlite:///{bot.store_file}", "--json").json["queued"] == 2


def test_a_missing_store_is_3_and_is_not_created(waiting, cli, bot):
    missing = bot.folder / "missing.sqlite3"
    ran = cli("stop", "--store", f"sqlite:///{missing}", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (3, "store_missing")
    assert not missing.exists()
    for no_address in ("missing.sqlite3", "", "sqlite:///:memory:"):
        ran = cli("stop", "--store", no_address)
        assert ran.code == 2
        assert "is neither sqlite:///FILE nor" in ran.err
    with bot.store() as store:
        assert store.outbox.stopped_at() is None


def test_an_address_of_no_store_cannot_be_copied(cli, bot):
    ran = cli("copy-store", "a", "sqlite:///b.sqlite3", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "usage")
    assert "FROM: is neither" in ran.err
    ran = cli("copy-store", "sqlite:///a.sqlite3", "postgres://me:secret@db/bot")
    assert "TO: is neither" in ran.err
    assert "secret" not in ran.err
