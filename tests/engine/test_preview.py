"""What `preview` shows is, byte for byte, what `sync` then posts; and it leaves no trace."""

import json
from datetime import timedelta

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text
from reblogbot.admin.documents.preview import preview_json

LONG = "一段很长的中文摘要，" * 120
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}"
SHAPES = {
    "plain": Item("A title", "https://news.example/1", "and a summary"),
    "no title": Item(link="https://news.example/2", text="问：为什么？ 答：因为。"),
    "no link": Item("Only a title", guid="g3"),
    "headline": Item("【标题】摘要已经在这里", "https://news.example/4", "另一段摘要"),
    "same text": Item("Twice", "https://news.example/5", "Twice"),
    "long": Item("长标题" * 30, "https://news.example/6", LONG),
    "longer": Item("Word " * 200, "https://news.example/7?" + "x=1&" * 60, LONG),
    "one word": Item("x" * 900, "https://news.example/8"),
    "emoji": Item(FAMILY * 300, "https://news.example/9"),
    "markup": Item("<b>Bold</b> &amp; <i>low</i>", "https://news.example/10", "<p>a</p><p>b</p>"),
    "mentions": Item("@admin@social.example ＠you #tag", "https://news.example/11", "/cc @all"),
    "tracking": Item("Tracked", "https://news.example/12?id=3&utm_source=x&fbclid=y#top"),
    "odd link": Item("Odd", "https://news.example/路径/(a)?q=“x”&b=[1]"),
    "unsafe link": Item("Unsafe", "javascript:alert(1)", guid="g14"),
    "template syntax": Item("{{ 7*7 }} {% raw %}", "https://news.example/15"),
    "controls": Item("a\u202eb\u200bc\u0085d", "https://news.example/16", "x\u2028y"),
    "tags": Item("Tagged", "https://news.example/17", categories=("人工 智能", "C++", "go", "x y")),
    "rtl": Item("שלום עולם", "https://news.example/18", "مرحبا"),
    "lines": Item("First\nsecond", "https://news.example/19", "a\n\n\n\n\nb\n c"),
    "white": Item("\u3000wide\u00a0space ", "https://news.example/20"),
}


@pytest.fixture(scope="module", params=["mastodon", "gotosocial", "takahe"])
def server(request):
    with run_in_thread(profile=request.param) as running:
        yield running


def texts_for(result, account):
    return [
        post["text"] or post["link"]
        for post in preview_json(result)["posts"]
        if post["account"] == account
    ]


@pytest.mark.parametrize(
    ("number", "keys"),
    list(
        enumerate(
            [
                {},
                {"template": "headline"},
                {"template": "reblog-via", "hashtags": 0, "visibility": "public"},
                {"template": "paper", "spoiler": "a warning of some length", "language": "zh"},
                {"template": "{{ title }} — {{ summary }} {{ link }} {{ tags }}", "tags": ["news"]},
                {"spoiler_rules": [["/长|Bold/", "long ones"]], "replace": [["/title/", "TITLE"]]},
            ]
        )
    ),
)
def test_posts_are_byte_for_byte_as_previewed(bot, feeds, server, number, keys):
    account = f"news{number}"
    url = feeds.show("/f", list(SHAPES.values()))
    bot.configure({"hot": {"url": url, **keys}}, {account: (server, "")})
    preview = bot.preview()
    assert accepted_posts(server, account) == []
    report = bot.sync()
    assert texts_for(preview, account) == accepted_posts(server, account)
    assert len(accepted_posts(server, account)) == len(SHAPES)
    queued = [delivery.post for delivery in bot.deliveries("sent")]
    assert [post.text for post in queued] == accepted_posts(server, account)
    posts = preview_json(preview)["posts"]
    assert all(post["length"] <= post["limit"] for post in posts)
    stood = server.statuses(account)
    assert [post["spoiler"] for post in posts] == [status["spoiler_text"] for status in stood]
    assert [post["visibility"] for post in posts] == [status["visibility"] for status in stood]
    assert report.counts()["sent"] == len(SHAPES)


def test_the_json_has_the_keys_of_the_contract(bot, feeds, sandbox, clock):
    sources = {
        "hot": {"url": feeds.show("/f", items(clock, "a")), "title": "The list"},
        "bad": {"url": feeds.fail("/g", 404)},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    preview = preview_json(bot.preview())
    assert list(preview) == ["posts", "filtered", "errors"]
    keys = "account source action text visibility language spoiler link length limit media".split()
    (post,) = preview["posts"]
    assert set(keys) <= post.keys()
    assert (post["title"], post["waits_for"], post["held"], post["reply"]) == ("", [], "", False)
    assert preview["posts"][0]["limit"] == 500
    assert [error["source"] for error in preview["errors"]] == ["bad"]
    assert "404" in preview["errors"][0]["error"]


def test_what_is_queued_is_shown_first_and_posted_as_it_was_rendered(bot, feeds, sandbox, clock):
    account = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": account})
    bot.sync()
    feeds.show("/f", items(clock, "c", "b", "a"))
    fast = bot.account("news", sandbox)
    bot.configure({"hot": {"url": url, "template": "x {{ title }} {{ link }}"}}, {"news": fast})
    preview = bot.preview()
    assert texts_for(preview, "news") == [post_text("b"), "x Title c https://news.example/c"]
    bot.sync()
    assert accepted_posts(sandbox)[1:] == texts_for(preview, "news")


def test_what_first_holds_back_stands_under_filtered(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url, "first": 1}}, {"news": (sandbox, "")})
    preview = preview_json(bot.preview())
    assert [post["text"] for post in preview["posts"]] == [post_text("c")]
    assert [(refusal["title"], refusal["reason"]) for refusal in preview["filtered"]] == [
        ("Title a", "first_sight"),
        ("Title b", "first_sight"),
    ]
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("c")]


@pytest.mark.parametrize("is_known", [False, True])
def test_every_filter_says_no_to_the_same_entries(bot, feeds, sandbox, clock, is_known):
    if is_known:
        first = feeds.show("/f", items(clock, "before"))
        bot.configure({"hot": {"url": first}}, {"news": (sandbox, "")})
        bot.sync()
    old = clock.now() - timedelta(days=9)
    feed = [
        Item("plum", "https://bad.example/1"),
        Item("pear", "https://news.example/2"),
        Item("pear again", "https://news.example/2?utm_source=y"),
        Item("old pear", "https://news.example/4", at=old),
        Item("no fruit", "https://news.example/5"),
    ]
    # a list of nothing but unknown entries would be a storm
    feed += items(clock, "before") if is_known else []
    filters = {"not_domains": ["bad.example"], "include": ["pear", "plum"]}
    url = feeds.show("/f", feed)
    bot.configure({"hot": {"url": url, "filter": filters}}, {"news": (sandbox, "")})
    preview = bot.preview()
    before = len(accepted_posts(sandbox))
    bot.sync()
    assert texts_for(preview, "news") == accepted_posts(sandbox)[before:]
    # two entries with titles of their own are two, though they share a link
    link = "https://news.example/2"
    assert texts_for(preview, "news") == [f"pear again\n{link}", f"pear\n{link}"]
    assert len(preview.refused) == 3


def test_a_storm_is_shown_as_held(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "a"))
    bot.configure({"hot": {"url": url, "max_per_poll": 2}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", items(clock, "d", "c", "b", "a"))
    preview = bot.preview()
    assert preview.posts == []
    assert {refusal["reason"].partition(":")[0] for refusal in preview.refused} == {"held"}
    assert bot.sync().counts()["held"] == 3


def test_one_link_from_two_sources_is_shown_once(bot, feeds, sandbox, clock):
    sources = {n: {"url": feeds.show(f"/{n}", items(clock, "b", "a"))} for n in "pq"}
    bot.configure(sources, {"news": (sandbox, "")})
    preview = bot.preview()
    bot.sync()
    assert texts_for(preview, "news") == accepted_posts(sandbox) == [post_text("a"), post_text("b")]
    assert {refusal["source"] for refusal in preview.refused} == {"q"}


@pytest.mark.parametrize(
    "filters", [{"similar": 0.8}, {"max_per_domain": 1}, {"similar": 0.8, "max_per_domain": 2}]
)
def test_what_one_source_brings_counts_for_the_next(bot, feeds, sandbox, filters):
    same = "老城区的修表匠开了夜校，每周三晚八点"
    sources = {
        "p": {"url": feeds.show("/p", [Item(same, "https://one.example/1")]), "filter": filters},
        "q": {"url": feeds.show("/q", [Item(f"{same}开课", "https://one.example/2")])},
        "r": {"url": feeds.show("/r", [Item(f"{same}！", "https://one.example/3")])},
    }
    for keys in sources.values():
        keys["filter"] = filters
    bot.configure(sources, {"news": (sandbox, "")})
    preview = bot.preview()
    bot.sync()
    assert texts_for(preview, "news") == accepted_posts(sandbox)
    assert len(accepted_posts(sandbox)) == 1


def test_boosts_and_what_only_looks_like_one(bot, feeds, sandbox):
    status = sandbox.add_status("ann@remote.example", "to be boosted")
    feed = [Item("s", status["url"]), Item("page", "https://nowhere.example/@x/1")]
    sources = {"hot": {"url": feeds.show("/f", feed), "action": "auto"}}
    bot.configure(sources, {"news": (sandbox, "")})
    preview = bot.preview()
    bot.sync()
    # the account's server tells which is one, when their turn comes
    assert accepted_posts(sandbox) == [status["uri"]]
    assert len(bot.deliveries("held")) == 1
    assert [
        (post["action"], post["text"] or post["link"]) for post in preview_json(preview)["posts"]
    ] == [
        ("boost", "https://nowhere.example/@x/1"),
        ("boost", status["url"]),
    ]


def test_only_the_named_sources_are_shown(bot, feeds, sandbox, clock):
    sources = {n: {"url": feeds.show(f"/{n}", items(clock, n))} for n in "pq"}
    bot.configure(sources, {"news": (sandbox, "")})
    assert texts_for(bot.preview("q"), "news") == [post_text("q")]
    assert feeds.request_count("/p") == 0


def test_it_polls_what_is_not_due_and_what_asked_to_be_left_alone(bot, feeds, sandbox, clock):
    url = feeds.fail("/f", 429, Retry_After="3600")
    bot.configure({"hot": {"url": url, "every": "10h"}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", items(clock, "a"))
    assert texts_for(bot.preview(), "news") == [post_text("a")]


def test_the_best_of_a_hot_list_stands_first_as_it_is_posted(bot, feeds, sandbox):
    scores = [5, 50, 20, 1, 30]
    data = [{"t": f"S{n}", "u": f"https://news.example/{n}"} for n in scores]
    listed = [{**item, "h": n} for item, n in zip(data, scores, strict=True)]
    source = {
        "kind": "json",
        "url": feeds.show("/f", json.dumps(listed).encode()),
        "path": "@",
        "fields": {"title": "t", "link": "u", "score": "h"},
        "order": "score",
    }
    for budget in ("2/1d", ""):
        bot.configure({"hot": {**source, "budget": budget}}, {"news": (sandbox, "")})
        preview = texts_for(bot.preview(), "news")
        bot.sync()
        fresh = accepted_posts(sandbox)[-len(preview) :]
        assert [text.partition("\n")[0] for text in preview] == (
            ["S50", "S30", "S20", "S5", "S1"] if budget else ["S20", "S5", "S1"]
        )
        assert fresh == preview[: len(fresh)]
    assert len(accepted_posts(sandbox)) == 5


def test_what_a_disabled_source_has_queued_is_not_shown_as_to_be_posted(bot, feeds, sandbox, clock):
    account = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": account})
    bot.sync()
    bot.configure({"hot": {"url": url, "enabled": False}}, {"news": (sandbox, "")})
    assert texts_for(bot.preview(), "news") == []
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a")]


def test_what_has_grown_too_old_in_the_queue_is_shown_as_filtered(bot, feeds, sandbox, clock):
    account = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url, "filter": {"max_age": "2d"}}}, {"news": account})
    bot.sync()
    clock.advance(days=3)
    preview = bot.preview()
    assert preview.posts == []
    assert [(refusal["link"], refusal["reason"][:7]) for refusal in preview.refused] == [
        ("https://news.example/b", "max_age")
    ]
    assert bot.sync().counts()["skipped"] == 1


# no trace


def listing(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_without_a_store_none_is_made(cli, bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    before = listing(bot.folder)
    ran = cli("preview", "--json")
    assert [post["text"] for post in ran.json["posts"]] == [post_text("a"), post_text("b")]
    assert listing(bot.folder) == before
    assert sandbox.accepted == []
    assert cli("sync").code == 0
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


def test_an_existing_store_stays_as_it_is(cli, bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/f", items(clock, "c", "b", "a"))
    before = listing(bot.folder)
    first = cli("preview", "--json").json
    again = cli("preview", "--json").json
    assert first == again
    assert [post["text"] for post in first["posts"]] == [post_text("c")]
    assert listing(bot.folder) == before


def test_a_preview_of_a_lost_server_shows_what_would_be_queued(bot, feeds, clock, sandbox):
    account = {**bot.account("news", sandbox), "server": "http://127.0.0.1:9"}
    url = feeds.show("/f", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": account})
    assert texts_for(bot.preview(), "news") == [post_text("a")]


def test_a_person_reads_how_the_boosted_status_begins(cli, bot, feeds, sandbox):
    status = sandbox.add_status("alice", "今天的晚霞像一封没有写地址的信。")
    feed = [Item("晚霞，一封信", status["url"], "今天的晚霞" * 40)]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    ran = cli("preview")
    assert f"boost of {status['url']}" in ran.out
    (line,) = [line for line in ran.out.splitlines() if "晚霞，一封信" in line]
    assert line.startswith("  “晚霞，一封信 今天的晚霞")
    assert line.endswith("…”")
    assert cli("preview", "--json").json["posts"][0]["text"] == ""


def test_limit_shows_so_many_posts_and_all_else(cli, bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    assert len(cli("preview", "--json", "--limit", "2").json["posts"]) == 2
    text = cli("preview", "--limit", "1").out
    assert "Title a" in text
    assert "Title b" not in text
    assert "2 more" in text
    assert cli("preview", "--limit", "-1").code == 2


def test_an_entry_of_which_nothing_is_left_is_not_posted_empty(bot, feeds, sandbox):
    url = feeds.show("/hot.xml", [Item("@", guid="1"), Item("Title | Site", guid="2")])
    rules = [["/^Title.*/", ""]]
    bot.configure({"hot": {"url": url, "replace": rules}}, {"news": (sandbox, "")})
    preview = bot.preview()
    assert [refusal["reason"].partition(":")[0] for refusal in preview.refused] == [
        "empty",
        "empty",
    ]
    assert bot.sync().counts()["queued"] == 0
    assert accepted_posts(sandbox) == []


# `preview --again`


def test_again_shows_all_that_a_source_shows_posted_or_not(bot, feeds, sandbox, clock, cli):
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    keys = {"url": feeds.url("/hot.xml"), "review": True, "max_per_poll": 1}
    bot.configure({"hot": keys}, {"news": (sandbox, "")})
    bot.sync()
    assert texts_for(bot.preview(), "news") == []
    bot.configure(
        {"hot": {**keys, "template": "headline", "filter": {"exclude": ["b"]}}},
        {"news": (sandbox, "")},
    )
    before = bot.deliveries()
    ran = cli("preview", "--again", "--json")
    assert [post["text"] for post in ran.json["posts"]] == [post_text("c"), post_text("a")]
    assert [(row["link"][-1], row["reason"][:8]) for row in ran.json["filtered"]] == [
        ("b", "exclude:")
    ]
    assert bot.deliveries() == before


def test_again_shows_the_newest_first_within_the_limit(bot, feeds, sandbox, clock, cli):
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    text = cli("preview", "--again", "--limit", "1", "hot").out
    assert "Title c" in text
    assert "Title a" not in text
    assert "… and 2 more" in text


def test_again_tells_of_a_source_that_fails(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.fail("/hot.xml", 500)}}, {"news": (sandbox, "")})
    ran = cli("preview", "--again", "--json")
    assert (ran.code, ran.json["errors"][0]["source"]) == (1, "hot")
