"""Hostile texts in every place of every page: they are shown, and nothing in them is obeyed."""

import asyncio
import logging
import re
from html import escape
from urllib.parse import quote, urlencode

import pytest

from admin_page_hostile import (
    ACCOUNT,
    CANARY,
    ODD,
    SOURCE,
    Canaries,
    change_error,
    fill_store,
    rename,
)
from admin_page_scene import make_busy
from harness import Item
from reblogbot.admin_page.rendering import source_path
from reblogbot.admin_page.views.accounts import account_path

NAMES = {"chouti": SOURCE, "science": ACCOUNT, "world": "<!-- {x} %s", "lost": "b&lt;/title>"}
"""New names of sources and accounts."""
SHOWN = 60
"""So many characters of a hostile text are shown at least, with its first attacks in them."""
_QUERY = "q text source account state since until address kind post code error line at".split()
_CONTENT = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const written = "href src action formaction data poster srcset ping xlink:href".split(" ")
    .flatMap((name) => all("*").map((element) => element.getAttribute(name)))
    .filter((address) => address !== null);
  const isOfWeb = (address) => URL.canParse(address, document.baseURI)
    && ["http:", "https:"].includes(new URL(address, document.baseURI).protocol);
  const isForeign = (script) => script.text || !script.getAttribute("src").startsWith("/static/");
  const isOdd = (name) => /^on|^style$|^srcdoc$|["'<>=]/.test(name);
  return {
    text: [document.title, document.body.textContent,
      ...all("input, textarea, option, button").map((field) => field.value)].join("\\n"),
    faults: [
      ...all("iframe, object, embed, base, img, template, body style, math, audio, video"),
      ...all("script").filter(isForeign),
      ...all("*").filter((element) => element.getAttributeNames().some(isOdd)),
      ...all("a").filter((link) => link.host !== location.host && !link.rel.includes("noreferrer")),
    ].map((element) => element.outerHTML).concat(written.filter((address) => !isOfWeb(address))),
  };
}"""
# a form of ours, with other values
_SEND = """([path, fields]) => {
  const form = document.createElement("form");
  const csrf = document.querySelector("[name=csrf]").value;
  Object.assign(form, { method: "post", action: path });
  for (const [name, value] of Object.entries({ csrf, ...fields })) {
    const field = document.createElement("textarea");
    Object.assign(field, { name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
_ATTACK = (
    """document.body.insertAdjacentHTML("beforeend", "<img src=data:, onerror=canary('test')>")"""
)
SITE = (
    '<title>A site</title><link rel="alternate" type="application/rss+xml" href="/{}" title="{}">'
)
OPML = '<opml version="2.0"><body><outline text="{0}"><outline text="{1}" xmlUrl="{2}"/>{3}</outline></body></opml>'


@pytest.fixture
def canaries():
    return Canaries()


@pytest.fixture
def configured(bot, feeds, sandbox, clock, canaries):
    """A bot in the middle of its work, whose sources, accounts and servers are hostile."""
    make_busy(bot, feeds, sandbox, clock)
    rename(bot, NAMES)
    fill_store(bot, canaries)
    return bot


class Reader:
    """Looks at pages in one tab. After each, nothing hostile is in it but text."""

    def __init__(self, page, visitor, canaries, tab):
        self.page, self.visitor, self.canaries, self.tab = page, visitor, canaries, tab

    async def get(self, path, *places):
        """Open a page that shows the texts of these places."""
        await self.tab.goto(f"http://{self.page.address}{path}")
        assert self.tab.url == f"http://{self.page.address}{path}" or not places
        await self.look(path, places)

    async def post(self, path, fields, *places):
        """Send a form whose answer shows the texts of these places."""
        async with self.tab.expect_navigation():
            await self.tab.evaluate(_SEND, [path, fields])
        await self.look(f"POST {path}", places)

    async def look(self, path, places):
        content = await self.tab.evaluate(_CONTENT)
        text = _words(content["text"])
        wanted = {place: self.canaries.texts.get(place, place) for place in places}
        hidden = [place for place in places if _words(wanted[place])[:SHOWN] not in text]
        assert (hidden, content["faults"]) == ([], []), path
        assert [error for error in self.visitor.errors if not _is_status(error)] == [], path
        assert self.visitor.requests == [], path


def _words(text):
    return " ".join(text.split())


def _is_status(error):
    """Whether this is the browser's remark on a page that is an error."""
    return re.search(r"responded with a status of (400|403|404|409)", error)


@pytest.fixture
async def reader(visit, page, canaries, request):
    """A reader, by the page's policy or, to try what we write ourselves, without it."""
    visitor = await visit(bypass_csp=request.param)
    await visitor.context.add_init_script(CANARY)
    tab = await visitor.open("/")
    tab.on("dialog", lambda dialog: visitor.errors.append(dialog.message))
    yield Reader(page, visitor, canaries, tab)
    visitor.errors[:] = [error for error in visitor.errors if not _is_status(error)]


@pytest.mark.parametrize("reader", [True, False], indirect=True, ids=["unprotected", "by policy"])
async def test_what_is_stored_logged_and_configured(reader, page, canaries):
    log = logging.getLogger("reblogbot.tests")
    error = ValueError(canaries.text("exception"))
    log.error(
        canaries.text("event"), extra={canaries.text("key"): 1, "source": canaries.text("of")}
    )
    log.error("failed", exc_info=error, extra={"account": ACCOUNT})
    log.warning("poll failed", extra={"source": SOURCE, "error": canaries.text("poll")})
    await reader.get("/", "title", "event", "failure", "poll", ACCOUNT)
    await reader.get("/log", "event", "exception", "of", "poll", SOURCE, ACCOUNT)
    await reader.get(
        "/queue", "post", "status", "author", "address", "warning", "error", "picture 1"
    )
    await reader.get("/queue?state=held", "title", "post", ACCOUNT)
    await reader.get("/queue?state=dead", "error", "post")
    await reader.get("/history", "title", SOURCE, ACCOUNT)
    await reader.get("/history/retract?since=7d", "title", SOURCE)
    await reader.get("/entries?q=title", "title")
    await reader.get("/entries/1", "title", "guid", "post", "warning", "picture 1", SOURCE)
    await reader.get("/entries/8", "title", "status", "author", ACCOUNT)
    first = {each.post.action: each.id for each in page.bot.deliveries("held", "queued")}
    await reader.get(f"/queue/{first['post']}", "post", "warning")
    await reader.get(f"/queue/{first['quote']}", "post", "status", "author")
    await reader.get("/sources", "failure", SOURCE)
    await reader.get(source_path(SOURCE), "feed", SOURCE)
    for below in ("edit", "toml"):
        await reader.get(source_path(SOURCE, below), SOURCE)
    await reader.get("/accounts", ACCOUNT)
    await reader.get(account_path(ACCOUNT), ACCOUNT)
    await reader.get(account_path(ACCOUNT, "logout"), ACCOUNT)
    await reader.get("/config", "s\\\"'><img src=x onerror=canary(901)>")


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["unprotected"])
async def test_what_a_browser_sends(reader, page, canaries, feeds, clock, sandbox):
    async with reader.tab.expect_console_message(lambda message: "canary test" in message.text):
        await reader.tab.evaluate(_ATTACK)
    reader.visitor.errors.clear()
    written = canaries.text("query")
    query = urlencode(dict.fromkeys(_QUERY, written))
    for path in ("/sources", "/queue", "/history", "/log", "/entries", "/sources/add", "/config"):
        await reader.get(f"{path}?{query}")
    await reader.get(f"/history/retract?{urlencode({'post': written})}", "query")
    await reader.get(f"/sources/{quote(written, safe='')}")
    source, account = source_path(SOURCE), account_path(ACCOUNT)
    version = page.site.tools.config_file().version
    given = {"version": version}
    await reader.post(
        f"{source}/edit", {**given, "key:url": written, "key:nonsense": written}, "query"
    )
    await reader.post(f"{source}/edit", {"version": "old", "key:url": written}, "query")
    await reader.post(f"{source}/toml", {**given, "text": f'url = "{written}"'}, SOURCE)
    await reader.post(f"{source}/toml", {**given, "text": written}, "query")
    await reader.post(f"{source}/rename", {"new": written + "\0"})
    await reader.post("/sources", {"action": "remove", "name": SOURCE}, SOURCE)
    await reader.post(
        "/sources",
        {"pause": written},
    )
    await reader.post("/sources", {"pause": SOURCE, "back": "1"}, SOURCE)
    await reader.post("/config", {"version": "old", "text": f"# {written}"}, "query")
    text = page.bot.path.read_text("utf-8") + f"# {written}\n[{canaries.text('table')}]\n"
    version = page.site.tools.config_file().version
    await reader.post("/config/check", {"version": version, "text": text}, "query", "table")
    await reader.post(f"{account}/pause", {"version": version}, ACCOUNT)
    first = {each.post.action: each for each in page.bot.deliveries("held", "queued")}
    seen = {"state": first["post"].state.value, "version": str(first["post"].key_version)}
    await reader.post(f"/queue/{first['post'].id}", {"text": written, "state": written}, "query")
    await reader.post(f"/queue/{first['post'].id}", {"text": written, **seen})
    await reader.post("/queue", {"do": f"skip {written}"})
    await reader.post("/entries/8/post", {"account": written})
    await reader.post("/language", {"language": "zh", "next": "/history"}, "title")
    await reader.get("/queue?state=dead", "error")
    await reader.get("/log")
    await reader.post("/language", {"language": "en", "next": f"//{written}"})
    await reader.post("/logout", {})
    await reader.get(f"/login?{urlencode({'next': written})}", "query")
    await reader.post("/login", {"name": written, "password": written, "next": written})


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["unprotected"])
async def test_what_other_servers_send(reader, page, canaries, feeds, clock, sandbox):
    title, page_title, text = canaries.text("entry"), canaries.text("site"), canaries.text("text")
    item = Item(
        escape(escape(title)), "https://news.example/<b>\"'x", escape(text), "guid<b>", clock.now()
    )
    feeds.show("/hostile.xml", [item], title=escape(escape(canaries.text("feed title"))))
    await reader.post(
        "/sources/add",
        {"address": feeds.url("/hostile.xml"), "to": ACCOUNT},
        "&lt;script&gt;canary(",
    )
    links = "".join(SITE.format(path, escape(page_title)) for path in ("hostile.xml", "other.xml"))
    feeds.show("/site", links.encode(), kind="text/html")
    await reader.post("/sources/add", {"address": feeds.url("/site"), "to": ACCOUNT})
    for address in (canaries.text("typed address"), feeds.url("/nowhere<b>")):
        await reader.post("/sources/add", {"address": address, "to": ACCOUNT})
    outline, folder = canaries.text("outline"), canaries.text("folder")
    bad = f'<outline text="{escape(canaries.text("bad"))}" xmlUrl="javascript:canary(910)"/>'
    opml = OPML.format(escape(folder), escape(outline), "https://one.example/", bad)
    await reader.post(
        "/sources/import", {"text": opml, "to": ACCOUNT, "tags": "1"}, "outline", "bad"
    )
    await reader.post("/sources/import", {"text": canaries.text("no opml"), "to": ACCOUNT})
    feeds.show("/chouti.xml", [item])
    version = page.site.tools.config_file().version
    await reader.post(f"{source_path(SOURCE)}/preview", {"version": version})
    sandbox.faults.add(
        "status_before", "GET", "*", times=1, status=422, error=canaries.text("refusal")
    )
    await reader.post(f"{account_path(ACCOUNT)}/check", {})
    sandbox.faults.clear()
    sandbox.adjust(software=canaries.text("software"), version=canaries.text("version"))
    sandbox.add_account("papers", bot=True)
    new = {"name": "\"'><i>{x}%s", "server": sandbox.url}
    await reader.post("/accounts/login/new", {**new, "server": canaries.text("server")}, "server")
    await reader.post("/accounts/login/new", new, new["name"])
    await reader.post("/accounts/login/code", {"code": canaries.text("code")})
    denied = {"error": canaries.text("denial"), "state": "x", "error_description": "<script>"}
    await reader.get(f"/accounts/login/callback?{urlencode(denied)}")


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["unprotected"])
async def test_what_comes_while_a_page_is_open(reader, page, canaries):
    page.site.streams.interval = 0.05
    await reader.get("/queue?state=dead", "error")
    await asyncio.to_thread(change_error, page.bot, canaries.text("news") + ODD)
    await reader.tab.get_by_text("news \"'><script>").first.wait_for()
    await reader.look("the queue", ["news", "post"])
    await reader.get("/log")
    logging.getLogger("reblogbot.tests").error(canaries.text("line"), extra={"source": SOURCE})
    await reader.tab.get_by_text("line \"'><script>").wait_for()
    await reader.look("the log", ["line", SOURCE])


@pytest.mark.parametrize("reader", [True], indirect=True, ids=["unprotected"])
async def test_a_config_that_is_broken(reader, page, canaries):
    page.bot.path.write_text(f"[accounts]\n{canaries.text('broken')}\n", "utf-8")
    await reader.get("/config", "broken")
    for path in (
        "/",
        "/queue",
        "/history",
        "/sources",
        source_path(SOURCE),
        "/accounts",
        "/entries/1",
    ):
        await reader.get(path)
