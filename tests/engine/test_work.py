"""What a round does, counted: time is no test, but a request, a statement or an import too many is."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from fediverse.server import run_in_thread
from harness import items, rss
from reblogbot.runtime import parser_pool
from reblogbot.sources.shared.response_body import read_bounded
from walk import walk_boost, walk_entry

FEEDS = 12
HEAVY = {
    "aiohttp", "alembic", "apscheduler", "feedparser", "jinja2", "jmespath", "mastodon",
    "prometheus_client", "regex", "requests", "rich", "selectolax", "sqlalchemy.dialects.postgresql",
    "tomlkit",
}  # fmt: skip
ALSO_AT_REST = {"asyncio", "pydantic", "sqlalchemy", "ssl"}
OURS_AT_WORK = {
    "reblogbot.core.compose", "reblogbot.core.filters", "reblogbot.core.identity", "reblogbot.notices.messenger",
    "reblogbot.core.planning", "reblogbot.engine.plan", "reblogbot.engine.deliver", "reblogbot.sources.feed.parse",
    "reblogbot.targets.mastodon.target", "reblogbot.core.templates", "reblogbot.core.text",
}  # fmt: skip


@pytest.fixture
def follow(bot, feeds, clock, sandbox):
    """Lets the bot follow feeds, each with two entries; their paths."""

    def following(count: int = FEEDS, *, etag: bool = True, steps=None, **keys) -> list[str]:
        paths = [f"/{number}.xml" for number in range(count)]
        for path in paths:
            feeds.show(path, items(clock, f"b{path}", f"a{path}"), etag=etag)
        sources = {f"s{number}": {"url": feeds.url(path)} for number, path in enumerate(paths)}
        keys = {"first": "none", "review": True, "steps": list(steps or ()), **keys}
        bot.configure({name: {**source, **keys} for name, source in sources.items()},
                      {"news": (sandbox, "")}, steps=steps or {})  # fmt: skip
        return paths

    return following


@contextmanager
def statements(worker) -> Iterator[list[str]]:
    """What the store is told meanwhile: one word for each statement, "many X" for one of many rows."""
    executed: list[str] = []
    engine = worker.store._database.engine

    def on_execute(connection, cursor, statement, parameters, context, is_many):
        word = statement.partition(" ")[0].lower()
        if word != "begin":
            executed.append(("many " if is_many else "") + f"{word} {_table(statement)}")

    event.listen(engine, "before_cursor_execute", on_execute)
    try:
        yield executed
    finally:
        event.remove(engine, "before_cursor_execute", on_execute)


def _table(statement: str) -> str:
    match = re.search(r"(?:FROM|INTO|UPDATE) (\w+)", statement)
    return match[1] if match else ""


@pytest.fixture
def parsed(monkeypatch):
    """The bodies handed to the parse workers."""
    handed = []
    really = parser_pool.ParserProcessPool.__call__

    async def counted(pool, function, *args, **options):
        if function is read_bounded:
            handed.append(function)
        return await really(pool, function, *args, **options)

    monkeypatch.setattr(parser_pool.ParserProcessPool, "__call__", counted)
    return handed


# the store


@pytest.mark.parametrize("count", [3, FEEDS])
def test_a_quiet_round_takes_no_more_statements_for_more_feeds(bot, follow, count):
    follow(count)
    bot.sync()
    with bot.open_worker() as worker, statements(worker) as executed:
        assert worker.sync().counts()["not_modified"] == count
    assert executed.count("many update source") == 1
    assert len(executed) <= 12


@pytest.fixture
def due(bot, follow, clock):
    """Feeds that are due again and have nothing new, all on a host that takes as many requests."""
    follow()
    config = bot.path.read_text(encoding="utf-8")
    bot.path.write_text(config.replace("[http]", "[http]\nper_host = 64"), encoding="utf-8")
    bot.sync()
    clock.advance(minutes=30)


def test_quiet_polls_of_a_daemon_are_recorded_together(bot, due):
    with bot.open_worker() as worker, statements(worker) as executed:
        records, _ = worker.run(worker.engine.claim_due(2 * FEEDS))
        assert len(records) == FEEDS
        for record in records:
            assert executed.count("many update source") == 0
            worker.run(worker.engine.poll(record))
    assert executed.count("many update source") == 1


def test_a_quiet_poll_is_recorded_soon_though_another_takes_long(bot, due, clock):
    with bot.open_worker() as worker, statements(worker) as executed:
        (_, first, second, *_), _ = worker.run(worker.engine.claim_due(2 * FEEDS))
        worker.run(worker.engine.poll(first))
        clock.advance(seconds=20)
        worker.run(worker.engine.poll(second))
        assert executed.count("many update source") == 1


def test_a_killed_daemon_has_polled_in_vain_what_it_had_not_recorded(bot, feeds, due, clock):
    with bot.open_worker() as worker:
        records, _ = worker.run(worker.engine.claim_due(2 * FEEDS))
        worker.run(worker.engine.poll(records[0]))
        # what it knows it would have recorded later; its lease ends by itself
        worker.engine._recorder._unchanged.clear()
    clock.advance(minutes=2)
    before = len(feeds.requests)
    assert bot.sync(which="due").counts()["not_modified"] == FEEDS
    assert len(feeds.requests) - before == FEEDS


def test_quiet_polls_are_recorded_where_their_hosts_have_no_more_room(bot, follow, clock):
    follow()
    bot.sync()
    clock.advance(minutes=30)
    polled = []
    with bot.open_worker() as worker:
        while len(polled) < FEEDS:
            records, _ = worker.run(worker.engine.claim_due(2 * FEEDS))
            assert 1 <= len(records) <= 2  # the default of `per_host`
            for record in records:
                worker.run(worker.engine.poll(record))
            polled += [record.name for record in records]
    assert sorted(polled) == sorted(set(polled))


def test_a_changed_feed_takes_few_statements_whatever_it_shows(bot, feeds, follow, clock):
    (path,) = follow(1)
    costs = []
    for count in (2, 40):
        names = [f"{number}{path}" for number in range(count)]
        feeds.show(path, items(clock, *names))
        bot.sync()
        clock.advance(minutes=30)
        feeds.show(path, items(clock, f"new{count}{path}", *names, minutes=0))
        with bot.open_worker() as worker, statements(worker) as executed:
            assert worker.sync().counts()["entries_new"] == 1
        costs.append(len(executed))
    assert costs[1] <= costs[0] <= 27


# the network and the parser


def test_each_source_is_asked_once_a_round(bot, feeds, follow):
    paths = follow()
    for rounds in (1, 2, 3):
        bot.sync()
        assert [feeds.request_count(path) for path in paths] == [rounds] * FEEDS


def test_a_known_source_is_asked_for_no_more_than_what_changed(bot, feeds, follow):
    follow()
    bot.sync()
    bot.sync()
    assert ["if-none-match" in sent for _, sent in feeds.requests] == [False] * FEEDS + [
        True
    ] * FEEDS


def test_what_is_not_modified_is_not_parsed(bot, follow, parsed):
    follow()
    bot.sync()
    assert len(parsed) == FEEDS
    assert bot.sync().counts()["not_modified"] == FEEDS
    assert len(parsed) == FEEDS


def test_a_body_that_came_again_is_not_parsed(bot, follow, parsed):
    follow(etag=False)
    bot.sync()
    assert bot.sync().counts()["not_modified"] == FEEDS
    assert len(parsed) == FEEDS


def test_only_what_changed_is_parsed(bot, feeds, follow, clock, parsed):
    paths = follow()
    bot.sync()
    feeds.show(paths[3], rss(items(clock, "c", "b", "a")))
    bot.sync()
    assert len(parsed) == FEEDS + 1


def test_a_queue_that_waits_for_its_pace_is_not_read_again_and_again(follow, bot, sandbox, clock):
    follow(1)
    config = bot.path.read_text(encoding="utf-8").replace("review = true", "")
    config = config.replace('first = "none"', 'first = "all"').replace(
        "per_hour = 100000", "per_hour = 1"
    )
    bot.path.write_text(config, encoding="utf-8")
    with bot.open_worker() as worker:
        assert worker.sync().counts()["sent"] == 1
        with statements(worker) as executed:
            assert worker.run(worker.engine.busy_accounts()) == ["news"]
            assert worker.run(worker.engine.deliver("news")).changed == {}
    # what a dead process left, what is in doubt, when something was sent: not what waits
    assert executed.count("select delivery") == 3, executed


# the accounts' servers


ME = ("GET", "/api/v1/accounts/verify_credentials")
INSTANCE = [("GET", "/api/v2/instance"), ("GET", "/api/v1/instance")]


@pytest.fixture(params=["mastodon", "gotosocial", "snac", "takahe", "hollo"])
def server(request, clock):
    """A server of each kind."""
    with run_in_thread(profile=request.param, clock=clock) as running:
        yield running


@pytest.fixture
def follow_people(bot, server):
    """Lets the bot follow three people, a hashtag and its home timeline through one account."""

    def following(**options) -> None:
        people = ["ann@a.example", "bob@b.example", "cid@c.example"]
        for acct in people:
            server.follow("news", acct)
            server.add_status(acct, "hello #tag")
        shared = {"via": "news", "url": "", **options}
        by_name = {acct[:3]: {"kind": "account", "acct": f"@{acct}"} for acct in people}
        by_name |= {"tag": {"kind": "hashtag", "tag": "tag"}, "home": {"kind": "home"}}
        sources = {name: {**shared, **keys} for name, keys in by_name.items()}
        for keys in sources.values():
            del keys["url"]
        bot.configure(sources, {"news": (server, "")})

    return following


def test_a_server_is_asked_who_we_are_once_a_round_whatever_reads_through_it(
    bot, server, follow_people, clock
):
    follow_people()
    for rounds in (1, 2):
        bot.sync()
        assert server.requests.count(ME) == rounds
        clock.advance(minutes=30)
        server.add_status("ann@a.example", "again #tag")


def test_a_server_is_asked_what_it_takes_once_a_round(bot, server, follow_people):
    follow_people()
    bot.sync()
    asked = [request for request in server.requests if "instance" in request[1]]
    has_newer_page = server.requests.count(INSTANCE[1]) == 0
    assert asked == INSTANCE[:1] if has_newer_page else INSTANCE


def test_a_server_is_asked_nothing_while_no_new_entry_passes_the_filters(bot, server, feeds, clock):
    feeds.show("/f", items(clock, "a"))
    bot.configure(
        {"s": {"url": feeds.url("/f"), "filter": {"exclude": ["Title b"]}, "first": "none"}},
        {"news": (server, "")},
    )
    for entries in ("a", "ba"):
        feeds.show("/f", items(clock, *entries))
        report = bot.sync()
        assert report.counts()["entries_new"] == 1
        clock.advance(minutes=30)
    assert server.requests == []
    feeds.show("/f", items(clock, "c", "b", "a"))
    assert bot.sync().counts()["sent"] == 1
    assert server.requests[0] == INSTANCE[0]


def test_a_server_is_not_asked_what_it_takes_for_an_entry_that_was_posted_before(
    bot, sandbox, feeds, clock
):
    for path in ("/f", "/g"):
        feeds.show(path, items(clock, "a"))
    sources = {"f": {"url": feeds.url("/f")}, "g": {"url": feeds.url("/g")}}
    bot.configure(sources, {"news": (sandbox, "")})
    assert bot.sync("f").counts()["sent"] == 1
    asked = len(sandbox.requests)
    assert bot.sync("g").counts()["entries_new"] == 1
    assert sandbox.requests[asked:] == []


def test_a_first_poll_reads_no_page_after_a_short_one(bot, server, follow_people):
    follow_people(first="none")
    bot.sync()
    read = [path for _, path in server.requests if path.endswith(("/statuses", "/tag", "/home"))]
    assert len(read) == len(set(read)) == 5


def test_a_post_costs_one_request_beside_the_questions_of_its_round(bot, server, feeds, clock):
    feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"s": {"url": feeds.url("/f")}}, {"news": (server, "")})
    bot.sync()
    asked = [request for request in server.requests if request not in INSTANCE]
    assert [method for method, _ in asked] == ["GET", "GET", "POST", "POST", "POST"]
    assert asked[0] == ME
    assert asked[1][1].endswith("/statuses")


# the walk of an entry through the whole program


def paths(walked):
    return [path for _, path in walked.requests]


def test_one_new_entry_takes_at_most_14_transactions(bot, feeds, sandbox):
    walked = walk_entry(bot, feeds, sandbox)
    assert walked.transactions <= 14
    assert len(walked.requests) == 4, walked.requests
    assert walked.requests[-1] == ("POST", "/api/v1/statuses")


def test_one_boost_takes_at_most_14_transactions_and_one_search(bot, feeds, sandbox):
    walked = walk_boost(bot, feeds, sandbox)
    assert walked.transactions <= 14
    assert len(walked.requests) == 7, walked.requests
    assert paths(walked).count("/api/v2/search") == 1
    assert paths(walked)[-1].endswith("/reblog")


def test_one_new_entry_goes_through_few_modules(bot, feeds, sandbox):
    # a feed's own words against its use by models are read, and two readers are made when needed
    assert len(walk_entry(bot, feeds, sandbox).places) <= 121


# modules


def imported(bot, *arguments: str) -> set[str]:
    """All modules the program imports when it is run so."""
    show = (
        "import json, sys\nfrom reblogbot.cli import run\n"
        "code = run(sys.argv[1:])\nprint(json.dumps([code, *sys.modules]), file=sys.stderr)"
    )
    command = [sys.executable, "-c", show, "-c", str(bot.path), *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, cwd=bot.folder)
    code, *names = json.loads(ran.stderr.splitlines()[-1])
    assert code == 0, ran.stderr
    return set(names)


def test_a_round_with_nothing_due_imports_neither_the_web_nor_what_composes_and_sends(bot, follow):
    follow()
    assert bot.call("sync").code == 0
    names = imported(bot, "sync", "--due", "--json")
    assert names & HEAVY == set()
    assert names & OURS_AT_WORK == set()


def test_a_round_with_nothing_new_imports_only_the_web(bot, follow):
    follow()
    assert bot.call("sync").code == 0
    names = imported(bot, "sync", "--json")
    assert names & HEAVY == {"aiohttp"}
    assert names & OURS_AT_WORK == set()


def test_a_round_in_which_nothing_waits_for_a_step_imports_nothing_that_runs_it(bot, follow):
    follow(steps={"explain": {"kind": "command", "command": "/bin/cat"}})
    assert bot.call("sync").code == 0
    names = imported(bot, "sync", "--json")
    assert names & HEAVY == {"aiohttp"}
    assert "reblogbot.engine.steps" not in names


def test_a_new_entry_that_the_filters_refuse_imports_nothing_that_sends(bot, feeds, follow, clock):
    (path,) = follow(1, filter={"exclude": ["Title c"]})
    assert bot.call("sync").code == 0
    feeds.show(path, items(clock, "c", f"b{path}", f"a{path}"))
    names = imported(bot, "sync", "--json")
    assert "reblogbot.engine.plan" in names
    assert names & {"mastodon", "requests", "reblogbot.targets.mastodon.target"} == set()


def test_arguments_are_read_without_any_library(bot):
    show = "import sys\nfrom reblogbot.cli.parser import parse\nprint(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", show], check=True, capture_output=True, text=True)
    assert set(names.stdout.split()) & (HEAVY | ALSO_AT_REST) == set()
