"""The page for people with disabilities, by axe-core, at two widths, in two themes and languages."""

import pytest

from admin_page_browser import PHONE, WIDE

PATHS = [
    "/",
    "/queue",
    "/history",
    "/sources",
    "/accounts",
    "/accounts/news",
    "/accounts/news/logout",
    "/accounts/login/new",
    "/config",
    "/log",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
async def test_no_page_shuts_anybody_out(visit, violations, width, scheme):
    visitor = await visit(width, scheme)
    for path in PATHS:
        tab = await visitor.open(path)
        assert await violations(tab) == [], path
        await tab.close()
