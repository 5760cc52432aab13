"""Every page at two widths, in two themes and languages: nothing sticks out or is cut off.

With PICTURES set to a folder (`make pictures`) the pages are saved there to be looked at.
"""

import os
from pathlib import Path

import pytest

from admin_page_browser import PHONE, WIDE
from admin_page_scene import make_busy

PAGES = {
    "home": "/",
    "queue": "/queue",
    "queue-held": "/queue?state=held",
    "delivery": "/queue/9",
    "history": "/history",
    "retract": "/history/retract?since=7d",
    "entry": "/entries/1",
    "entries": "/entries?q=article",
    "sources": "/sources",
    "source": "/sources/chouti",
    "source-failing": "/sources/old-news",
    "source-add": "/sources/add",
    "source-import": "/sources/import",
    "accounts": "/accounts",
    "account": "/accounts/science",
    "account-lost": "/accounts/lost",
    "account-new": "/accounts/login/new",
    "account-logout": "/accounts/science/logout",
    "config": "/config",
    "log": "/log",
}
# elements wider than the page, unless something around them scrolls; and texts that are cut off
_STICKING_OUT = """() => {
  const scrolls = (e) => e && (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)
    || scrolls(e.parentElement));
  return [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && (box.right > document.documentElement.clientWidth + 1 || box.left < -1)
      && !scrolls(e.parentElement) && getComputedStyle(e).position !== "absolute";
  }).map((e) => e.outerHTML.slice(0, 200));
}"""


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """A bot in the middle of its work."""
    make_busy(bot, feeds, sandbox, clock)
    return bot


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
async def test_nothing_sticks_out(visit, width, scheme, language):
    visitor = await visit(width, scheme, language)
    folder = os.environ.get("PICTURES")
    for name, path in PAGES.items():
        tab = await visitor.open(path)
        assert await tab.evaluate(_STICKING_OUT) == [], path
        assert await tab.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        if folder:
            file = Path(folder) / f"{name}-{width}-{scheme}-{language}.png"
            await tab.screenshot(path=file, full_page=True)
        await tab.close()
