"""The idle mark: `sync --due` prints the same with it as without, and never trusts it in doubt."""

import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from harness import Bot, items, wait_until
from reblogbot import app
from reblogbot.cli import idle_mark
from reblogbot.cli.idle_mark import IdleMark, StoreStamp, idle_output, settled_stamp
from reblogbot.cli.output import CommandOutput
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import Store
from reblogbot.store.tallies import Tallies
from store_processes import bound_by_modes

HEAVY = {"aiohttp", "asyncio", "dataclasses", "logging", "pydantic", "rich", "sqlalchemy", "ssl", "tomllib"}  # fmt: skip
# of yesterday: other processes have the machine's time, and for them, too, the rounds here are past
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


@pytest.fixture
def traveller():
    """Noon, so that no test runs over midnight, when every mark ends."""
    with time_machine.travel(NOON, tick=True) as traveller:
        yield traveller


@pytest.fixture
def quiet(traveller, bot, feeds, sandbox, clock, cli):
    """A bot with two sources and nothing due."""
    clock.instant = NOON
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure(
        {"hot": {"url": url}, "other": {"url": feeds.show("/o", [])}}, {"news": (sandbox, "")}
    )
    bot.sync()
    return bot


def mark_of(bot: Bot):
    return bot.folder / ".config.toml.idle"


def age(bot: Bot, seconds: float = 60) -> None:
    """Let the store's last change be so long ago."""
    at = time.time() - seconds
    os.utime(bot.store_file, (at, at))


def is_idle(bot: Bot, *names: str) -> bool:
    return idle_output(bot.path, names) is not None


def leave_mark(bot: Bot, cli, *names: str) -> None:
    # the first round may still bring forward what the last one has put off
    for _ in range(2):
        age(bot)
        cli("sync", "--due", *names)
    assert is_idle(bot, *names)


def write_elsewhere(bot: Bot) -> None:
    """Another process changes the store, and has closed it a while ago."""
    assert bot.call("stop").code == 0
    age(bot)


# it is used


def test_with_a_mark_nothing_heavy_is_imported(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    age(bot)
    first = bot.call("sync", "--due")
    command = [sys.executable, "-X", "importtime", "-m", "reblogbot", "sync", "--due"]
    again = subprocess.run(command, check=False, capture_output=True, text=True, cwd=bot.folder)
    imported = {line.rpartition("|")[2].strip() for line in again.stderr.splitlines()}
    assert "reblogbot.cli.idle_mark" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()
    ours = {name for name in imported if name.startswith("reblogbot.")}
    assert not any(name.startswith(("reblogbot.config", "reblogbot.store")) for name in ours)
    assert (first.code, first.out) == (again.returncode, again.stdout) == (0, "0 polled\n")


def test_with_a_mark_the_store_is_not_opened(quiet, cli, monkeypatch):
    leave_mark(quiet, cli)
    opened = []
    really = app.open_for_work
    monkeypatch.setattr(app, "open_for_work", lambda *a, **b: opened.append(a) or really(*a, **b))
    assert cli("sync", "--due").out == "0 polled\n"
    assert opened == []
    cli("-v", "sync", "--due")
    cli("sync", "--due", "hot")
    assert len(opened) == 2


@pytest.mark.parametrize("arguments", [["sync"], ["sync", "--force"]])
def test_a_round_for_what_is_not_due_leaves_no_mark_and_asks_none(quiet, feeds, cli, arguments):
    age(quiet)
    assert cli(*arguments).out == "2 polled, 2 not modified\n"
    assert not mark_of(quiet).exists()
    leave_mark(quiet, cli)
    assert cli(*arguments).out == "2 polled, 2 not modified\n"
    mark_of(quiet).unlink()
    without_sources(quiet, feeds, cli)
    age(quiet)
    assert cli(*arguments).out == "0 polled\n"
    assert not mark_of(quiet).exists()


# it prints the same


def nothing(bot, feeds, cli) -> None:
    return


def stopped(bot, feeds, cli) -> None:
    cli("stop")


def gone(bot, feeds, cli) -> None:
    feeds.fail("/o", 410)
    bot.sync()


def failing(bot, feeds, cli) -> None:
    feeds.fail("/hot.xml", 500)
    feeds.fail("/o", 404)
    bot.sync()


def without_sources(bot, feeds, cli) -> None:
    text = bot.path.read_text(encoding="utf-8")
    bot.path.write_text(text.partition("[sources")[0], encoding="utf-8")


def disabled(bot, feeds, cli) -> None:
    text = bot.path.read_text(encoding="utf-8").replace(
        "[sources.hot]", "[sources.hot]\nenabled = false"
    )
    bot.path.write_text(text, encoding="utf-8")
    change(bot, "UPDATE source SET due = 0 WHERE name = 'hot'")


def held(bot, feeds, cli) -> None:
    text = bot.path.read_text(encoding="utf-8").replace(
        "[sources.hot]", "[sources.hot]\nreview = true"
    )
    bot.path.write_text(text, encoding="utf-8")
    feeds.show("/hot.xml", items(bot.clock, "c", "b", "a"))
    assert bot.sync().counts()["held"] == 2


def queued_for_later(bot, feeds, cli) -> None:
    text = bot.path.read_text(encoding="utf-8").replace(
        "[sources.hot]", '[sources.hot]\ndigest = "18:00"'
    )
    bot.path.write_text(text, encoding="utf-8")
    feeds.show("/hot.xml", items(bot.clock, "c", "b", "a"))
    assert bot.sync().counts()["queued"] == 2


def told_of_trouble(bot, feeds, cli) -> None:
    text = f'[notify]\ncommand = "tee -a told"\n{bot.path.read_text(encoding="utf-8")}'
    bot.path.write_text(text, encoding="utf-8")
    gone(bot, feeds, cli)
    assert (bot.folder / "told").exists()


def with_a_byte_order_mark(bot, feeds, cli) -> None:
    bot.path.write_bytes(b"\xef\xbb\xbf" + bot.path.read_bytes())


SITUATIONS = [
    nothing, stopped, gone, failing, without_sources, disabled, held, queued_for_later,
    told_of_trouble, with_a_byte_order_mark,
]  # fmt: skip


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_the_output_is_the_same_with_a_mark_and_without(quiet, feeds, cli, situation, form):
    situation(quiet, feeds, cli)
    leave_mark(quiet, cli)
    with_mark = cli("sync", "--due", *form)
    mark_of(quiet).unlink()
    assert with_mark == cli("sync", "--due", *form)
    assert with_mark.code == 0


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_the_output_is_the_same_for_named_sources(quiet, feeds, cli, form):
    gone(quiet, feeds, cli)
    leave_mark(quiet, cli, "other")
    with_mark = cli("sync", "--due", *form, "other")
    mark_of(quiet).unlink()
    assert with_mark == cli("sync", "--due", *form, "other")
    # a mark answers for the very sources that were named
    assert not is_idle(quiet)
    assert not is_idle(quiet, "hot")
    assert cli("sync", "--due", "othr").code == 2


# there is none where a round has something to do, or may have


@contextmanager
def store_of(bot: Bot):
    """The store of the bot, by the machine's time."""
    store = app.open_for_work(app.load_config(bot.path))
    yield store
    store.close()


def with_a_daemon(bot, cli) -> None:
    with store_of(bot) as store:
        store.daemons.beat(store.clock.now(), None, store.clock.now())


def with_a_source_due(bot, cli) -> None:
    """Another process of this machine polls them, and may end without a trace."""
    change(bot, "UPDATE source SET due = 0")
    lease = "INSERT INTO source_lease SELECT id, ?, ? FROM source"
    change(bot, lease, new_lease_owner(), soon())


def with_a_delivery_due(bot, cli) -> None:
    change(bot, "UPDATE delivery SET state = 'queued', due = 0")
    change(bot, "UPDATE account SET lease_owner = 'x', lease_until = ?", soon())


def with_a_doubt(bot, cli) -> None:
    change(bot, "UPDATE delivery SET state = 'doubt', due = ?", soon())
    change(bot, "UPDATE account SET lease_owner = 'x', lease_until = ?", soon())


def with_a_delivery_being_sent(bot, cli) -> None:
    change(bot, "UPDATE delivery SET state = 'sending', due = ?", soon())
    change(bot, "UPDATE account SET lease_owner = 'x', lease_until = ?", soon())


def with_a_paused_account(bot, cli) -> None:
    change(bot, "UPDATE account SET paused_until = ?, cause = 'token'", soon())


def with_a_young_store(bot, cli) -> None:
    age(bot, idle_mark.LONGEST_TICK / 2)


def with_a_store_of_tomorrow(bot, cli) -> None:
    age(bot, -86_400)


def poll_no_more(bot: Bot) -> None:
    """Let every source wait for two days, as its server wished."""
    change(bot, "UPDATE source SET due_reason = 'server', due = ?", in_seconds(2 * 86_400))


def in_seconds(seconds: float) -> int:
    """An instant as the store has it."""
    return int((time.time() + seconds) * 1e6)


def soon() -> int:
    return in_seconds(60)


def change(bot: Bot, statement: str, *values: object) -> None:
    connection = sqlite3.connect(bot.store_file)
    connection.execute(statement, values)
    connection.commit()
    connection.close()
    age(bot)


@pytest.mark.parametrize(
    "situation",
    [
        with_a_daemon, with_a_source_due, with_a_delivery_due, with_a_doubt, with_a_delivery_being_sent,
        with_a_paused_account, with_a_young_store, with_a_store_of_tomorrow,
    ],
    ids=lambda situation: situation.__name__,
)  # fmt: skip
def test_no_mark_is_left(quiet, cli, situation):
    age(quiet)
    situation(quiet, cli)
    if situation is with_a_daemon:
        age(quiet)
    cli("sync", "--due")
    assert not mark_of(quiet).exists()


def test_no_mark_is_left_while_a_reader_has_the_store_open(quiet, cli):
    age(quiet)
    connection = sqlite3.connect(quiet.store_file)
    connection.execute("SELECT count(*) FROM source").fetchone()
    cli("sync", "--due")
    assert not mark_of(quiet).exists()
    connection.close()
    leave_mark(quiet, cli)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_store_on_a_server_has_no_mark(bot, feeds, sandbox, clock, cli):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    cli("sync")
    assert cli("sync", "--due").out == "0 polled\n"
    assert not mark_of(bot).exists()


# it ends


def test_the_mark_ends_when_a_source_is_due(quiet, cli, traveller):
    leave_mark(quiet, cli)
    traveller.shift(timedelta(minutes=14))
    assert is_idle(quiet)
    traveller.shift(timedelta(minutes=2))
    assert cli("sync", "--due").out == "2 polled, 2 not modified\n"


def test_the_mark_ends_when_a_waiting_delivery_is_due(quiet, feeds, cli, traveller):
    queued_for_later(quiet, feeds, cli)
    poll_no_more(quiet)
    leave_mark(quiet, cli)
    traveller.move_to(NOON.replace(hour=17, minute=59, second=50))
    assert is_idle(quiet)
    traveller.move_to(NOON.replace(hour=18, minute=0, second=1))
    assert "1 sent" in cli("sync", "--due").out


def with_command(bot, feeds, sandbox, clock, command: str) -> None:
    """A source of one entry whose step is this command."""
    source = {"url": feeds.show("/hot.xml", items(clock, "a")), "steps": ["explain"]}
    step = {"kind": "command", "command": command}
    bot.configure({"hot": source}, {"news": (sandbox, "")}, steps={"explain": step})


def test_the_mark_ends_when_a_step_is_tried_again(traveller, bot, feeds, sandbox, clock, cli):
    clock.instant = NOON
    with_command(bot, feeds, sandbox, clock, "/bin/false")
    assert "1 polled" in cli("sync", "--due").out
    leave_mark(bot, cli)
    traveller.shift(timedelta(seconds=25))
    assert is_idle(bot)
    traveller.shift(timedelta(seconds=10))
    assert not is_idle(bot)


def test_what_is_held_for_a_step_that_failed_makes_no_round_necessary(
    traveller, bot, feeds, sandbox, clock, cli
):
    clock.instant = NOON
    with_command(bot, feeds, sandbox, clock, "/nowhere/explain")
    assert "1 held" in cli("sync", "--due").out
    leave_mark(bot, cli)


def test_the_mark_ends_at_midnight_when_the_store_is_checked_and_the_admin_told_again(
    quiet, feeds, cli, traveller
):
    told_of_trouble(quiet, feeds, cli)
    poll_no_more(quiet)
    leave_mark(quiet, cli)
    told = (quiet.folder / "told").stat().st_size
    traveller.move_to(NOON.replace(hour=23, minute=59, second=58))
    assert is_idle(quiet)
    traveller.move_to(NOON.replace(hour=0) + timedelta(days=1))
    cli("sync", "--due")
    assert (quiet.folder / "told").stat().st_size > told


def test_the_mark_ends_when_a_source_has_failed_for_a_day(quiet, feeds, cli, traveller):
    text = f'[notify]\ncommand = "tee -a told"\n{quiet.path.read_text(encoding="utf-8")}'
    quiet.path.write_text(text, encoding="utf-8")
    failing(quiet, feeds, cli)
    poll_no_more(quiet)
    since = in_seconds(-23 * 3600)
    change(quiet, "UPDATE source SET failing_since = ? WHERE name = 'hot'", since)
    leave_mark(quiet, cli)
    traveller.shift(timedelta(minutes=59))
    assert is_idle(quiet)
    assert not (quiet.folder / "told").exists()
    traveller.shift(timedelta(minutes=2))
    cli("sync", "--due")
    assert "hot" in (quiet.folder / "told").read_text()


def test_the_mark_is_of_no_use_when_the_clock_was_set_back(quiet, cli, traveller):
    leave_mark(quiet, cli)
    traveller.shift(timedelta(seconds=-30))
    assert not is_idle(quiet)


# it is not trusted when anything changed that decides


def restore_a_backup(bot: Bot) -> None:
    """The same bytes, size and time in the same file."""
    status = bot.store_file.stat()
    bot.store_file.write_bytes(bot.store_file.read_bytes())
    os.utime(bot.store_file, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_the_store(bot: Bot) -> None:
    shutil.copy2(bot.store_file, bot.folder / "copy")
    os.replace(bot.folder / "copy", bot.store_file)


def write_the_store_with_its_old_time(bot: Bot) -> None:
    status = bot.store_file.stat()
    change(bot, "UPDATE source SET due = 0")
    os.utime(bot.store_file, ns=(status.st_atime_ns, status.st_mtime_ns))


def append_to_the_config(bot: Bot) -> None:
    bot.path.write_text(f"{bot.path.read_text(encoding='utf-8')}\n# a remark\n", encoding="utf-8")


def spoil(bot: Bot, change: Callable[[dict], object]) -> None:
    mark = json.loads(mark_of(bot).read_text())
    mark_of(bot).write_text(json.dumps(change(mark)))


def link_to_the_mark(bot: Bot) -> None:
    mark_of(bot).rename(bot.folder / "elsewhere")
    mark_of(bot).symlink_to(bot.folder / "elsewhere")


def put_a_pipe_there(bot: Bot) -> None:
    mark_of(bot).unlink()
    os.mkfifo(mark_of(bot), 0o600)


def put_a_folder_there(bot: Bot) -> None:
    mark_of(bot).unlink()
    mark_of(bot).mkdir(0o700)


CHANGES = {
    "the store was written": write_elsewhere,
    "the store was written, with its old time": write_the_store_with_its_old_time,
    "the store was deleted": lambda bot: bot.store_file.unlink(),
    "the store was replaced by a copy": replace_the_store,
    "a backup was restored": restore_a_backup,
    "others may read the store": lambda bot: bot.store_file.chmod(0o640),
    "the store has a log": lambda bot: (bot.folder / "reblogbot.sqlite3-wal").touch(),
    "the config was edited": append_to_the_config,
    "the config is gone": lambda bot: bot.path.unlink(),
    "the mark is empty": lambda bot: mark_of(bot).write_text(""),
    "the mark was cut off": lambda bot: os.truncate(mark_of(bot), 200),
    "the mark is a list": lambda bot: spoil(bot, lambda mark: [mark]),
    "the mark is nested deeply": lambda bot: mark_of(bot).write_text("[" * 100_000),
    "the mark is of another version": lambda bot: spoil(bot, lambda mark: {**mark, "lines": None}),
    "the mark lacks the store": lambda bot: spoil(bot, lambda mark: {**mark, "store": []}),
    "the mark has no end": lambda bot: spoil(bot, lambda mark: {**mark, "until": "never"}),
    "the mark is no text": lambda bot: mark_of(bot).write_bytes(b"\xff\xfe"),
    "others may write the mark": lambda bot: mark_of(bot).chmod(0o620),
    "others may read the mark": lambda bot: mark_of(bot).chmod(0o604),
    "the mark is a link": link_to_the_mark,
    "the mark is a pipe": put_a_pipe_there,
    "the mark is a folder": put_a_folder_there,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_mark_is_not_trusted_when(quiet, cli, change):
    leave_mark(quiet, cli)
    change(quiet)
    assert not is_idle(quiet)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_mark_of_another_user_is_not_trusted(quiet, cli):
    leave_mark(quiet, cli)
    os.chown(mark_of(quiet), 65534, -1)
    assert not is_idle(quiet)


def test_a_mark_that_is_not_trusted_is_replaced(quiet, cli):
    leave_mark(quiet, cli)
    link_to_the_mark(quiet)
    leave_mark(quiet, cli)
    assert not mark_of(quiet).is_symlink()
    assert mark_of(quiet).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value"), [("HOME", "/nowhere"), ("CREDENTIALS_DIRECTORY", "credentials")]
)
def test_the_mark_is_not_trusted_when_the_environment_changed(quiet, cli, monkeypatch, name, value):
    (quiet.folder / "credentials").mkdir()
    (quiet.folder / "credentials" / "news").touch()
    leave_mark(quiet, cli)
    monkeypatch.setenv(name, value)
    assert not is_idle(quiet)


def test_the_mark_is_not_trusted_when_a_package_was_installed(quiet, cli, monkeypatch, tmp_path):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.syspath_prepend("/nowhere/site-packages")
    leave_mark(quiet, cli)
    os.utime(packages, (1, 1))
    assert not is_idle(quiet)


@pytest.mark.parametrize("module", [sys, idle_mark], ids=["Python", "reblogbot"])
def test_the_mark_is_not_trusted_after_an_update(quiet, cli, monkeypatch, module):
    leave_mark(quiet, cli)
    monkeypatch.setattr(module, "version" if module is sys else "__version__", "another")
    assert not is_idle(quiet)


def test_a_copied_folder_does_not_take_the_mark_along(quiet, cli, tmp_path):
    leave_mark(quiet, cli)
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in quiet.folder.glob("*"):
        if file.is_file():
            shutil.copy2(file, copy)
    shutil.copy2(mark_of(quiet), copy)
    assert idle_output(copy / "config.toml", []) is None


def test_a_config_from_a_pipe_is_left_for_the_round(quiet, cli):
    pipe = quiet.folder / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)
    os.write(descriptor, b"left")
    assert idle_output(pipe, []) is None
    assert os.read(descriptor, 4) == b"left"
    os.close(descriptor)


def test_a_store_that_cannot_be_written_is_3_with_a_mark_and_without(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    age(bot)
    bot.call("sync", "--due")
    assert mark_of(bot).exists()
    bot.folder.chmod(0o500)
    try:
        ran = bot.call("sync", "--due", under=bound_by_modes())
    finally:
        bot.folder.chmod(0o700)
    assert ran.code == 3


# races: another process writes between two steps of the round


def after(method: Callable, then: Callable[[], object]) -> Callable:
    """The method, and after it something else."""

    def changed(*arguments, **options):
        result = method(*arguments, **options)
        then()
        return result

    return changed


def before(method: Callable, first: Callable[[], object]) -> Callable:
    def changed(*arguments, **options):
        first()
        return method(*arguments, **options)

    return changed


@pytest.mark.parametrize(
    ("owner", "step", "order"),
    [
        (Store, "enrol", before),
        (Store, "enrol", after),
        (Tallies, "next_failing", before),
        (Tallies, "next_failing", after),
        (Store, "close", before),
        (Store, "close", after),
        (IdleMark, "leave", before),
        (IdleMark, "leave", after),
    ],
)
def test_a_write_by_another_process_at_any_step_is_noticed(
    quiet, cli, monkeypatch, owner, step, order
):
    age(quiet)
    with monkeypatch.context() as patch:
        step_and_write = order(getattr(owner, step), lambda: write_elsewhere(quiet))
        patch.setattr(owner, step, step_and_write)
        cli("sync", "--due")
    assert not is_idle(quiet)
    assert (
        cli("sync", "--due").out == "0 polled\nstopped: nothing is posted until `reblogbot start`\n"
    )


def test_a_config_that_is_edited_during_the_round_is_noticed(quiet, cli, monkeypatch):
    age(quiet)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "enrol", after(Store.enrol, lambda: append_to_the_config(quiet)))
        cli("sync", "--due")
    assert mark_of(quiet).exists()
    assert not is_idle(quiet)


def test_a_second_write_in_the_same_tick_of_the_clock_is_no_danger(quiet, cli):
    """The stamp would be the same, so there is none."""
    age(quiet, idle_mark.LONGEST_TICK / 2)
    assert settled_stamp(quiet.store_file) is None
    age(quiet, idle_mark.LONGEST_TICK * 2)
    assert settled_stamp(quiet.store_file) == StoreStamp.of(str(quiet.store_file))


# writing it


def test_a_process_killed_before_the_rename_leaves_no_mark_and_the_rest_is_cleared(
    bot, feeds, sandbox, clock
):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    age(bot)
    killed = (
        "import os, pathlib, signal, sys; from reblogbot.cli import main\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL); main()"
    )
    process = bot.start("sync", "--due", program=["-c", killed])
    process.communicate()
    part = bot.folder / ".config.toml.idle.part"
    assert process.returncode == -signal.SIGKILL
    assert part.exists()
    assert not mark_of(bot).exists()
    assert bot.call("sync", "--due").code == 0
    assert not part.exists()
    assert bot.call("sync", "--due").code == 0
    assert mark_of(bot).exists()


def output() -> CommandOutput:
    return CommandOutput(["0 polled"], {})


def test_a_full_disk_ends_no_round_and_leaves_nothing(quiet):
    age(quiet)
    mark = IdleMark(quiet.path, quiet.path.read_bytes(), [])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        mark.leave(StoreStamp.of(str(quiet.store_file)), 0, time.time() + 60, output())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(quiet.folder.glob(".config*")) == []


def test_a_folder_that_cannot_be_written_ends_no_round(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "a"))
    store = bot.folder / "store"
    store.mkdir()
    bot.store_url = f"sqlite:///{store}/bot.sqlite3"
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    os.utime(store / "bot.sqlite3", (1, 1))
    bot.folder.chmod(0o500)
    try:
        ran = bot.call("sync", "--due", under=bound_by_modes())
    finally:
        bot.folder.chmod(0o700)
    assert (ran.code, ran.out, ran.err) == (0, "0 polled\n", "")
    assert not mark_of(bot).exists()


def test_under_systemd_the_mark_is_in_the_state_directory(quiet, cli, monkeypatch):
    state = quiet.folder / "state"
    state.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", f"{state}:/var/lib/other")
    leave_mark(quiet, cli)
    assert not mark_of(quiet).exists()
    assert [file.name for file in state.iterdir()] == [".config.toml.idle"]


def test_two_bots_in_a_folder_have_a_mark_each(quiet, cli, feeds, clock):
    leave_mark(quiet, cli)
    other = quiet.folder / "other.toml"
    text = quiet.path.read_text(encoding="utf-8")
    other.write_text(f'[store]\nurl = "sqlite:///other.sqlite3"\n{text}', encoding="utf-8")
    cli("-c", str(other), "sync")
    store = quiet.folder / "other.sqlite3"
    os.utime(store, (1, 1))
    cli("-c", str(other), "sync", "--due")
    assert is_idle(quiet)
    assert idle_output(other, []) is not None
    os.utime(store, (2, 2))
    assert is_idle(quiet)
    assert idle_output(other, []) is None


def test_a_daemon_that_starts_ends_the_mark(quiet, cli):
    leave_mark(quiet, cli)
    daemon = quiet.start("run")
    try:
        wait_until(lambda: not is_idle(quiet), "the daemon to open the store")
        wait_until(lambda: cli("sync", "--due", "--json").json["daemon"], "the row of the daemon")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate()
    assert daemon.returncode == 0
