"""A real browser for the admin's page: Debian's Chromium, steered by Playwright.

Chromium starts once for all tests of a process; each test has a context of its own. The pages are
served by this process, so a test needs no daemon of its own.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from admin_page_browser import HEIGHTS, WIDE, Scheme, Visit
from admin_page_client import PASSWORD, PageClient
from npm import install_packages


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which a running Chromium is steered."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed: the admin's page is not tried in a browser")
    profile = tmp_path_factory.mktemp("chromium")
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        # they would narrow a full picture, as they do not on a phone
        "--hide-scrollbars",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "about:blank",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        match = re.search(r"DevTools listening on (ws://\S+)", line)
        if match:
            return match[1]
    pytest.fail("chromium ended before it could be steered")


OpenVisit = Callable[..., Awaitable[Visit]]


@pytest.fixture
async def visit(chromium: str, page: PageClient) -> AsyncIterator[OpenVisit]:
    """Begins a visit of the page; the admin is logged in, unless `logged_in` is false.

    At the end of the test nothing was asked of other hosts and no script has failed, apart from
    what the test took out of `errors` and `requests`.
    """
    visits: list[Visit] = []
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        browser = await playwright.chromium.connect_over_cdp(chromium)

        async def begin(
            width: int = WIDE,
            scheme: Scheme = "light",
            language: str = "en",
            *,
            script: bool = True,
            logged_in: bool = True,
            **options: Any,
        ) -> Visit:
            context = await browser.new_context(
                viewport={"width": width, "height": HEIGHTS.get(width, 900)},
                color_scheme=scheme,
                locale={"en": "en-GB", "zh": "zh-CN"}.get(language, language),
                timezone_id="Europe/Berlin",
                java_script_enabled=script,
                **options,
            )
            stack.push_async_callback(context.close)
            visit = Visit(context, page.address)
            visits.append(visit)
            if logged_in:
                tab = await visit.open("/login")
                await tab.fill("input[name=password]", PASSWORD)
                await tab.press("input[name=password]", "Enter")
                await tab.wait_for_url(f"http://{page.address}/")
                await tab.close()
            return visit

        yield begin
    assert [visit.errors for visit in visits if visit.errors] == []
    assert [visit.requests for visit in visits if visit.requests] == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which finds what people with disabilities cannot use."""
    folder = install_packages("the accessibility of the admin's page is not tried")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture
def violations(axe: str) -> Callable[[Page], Awaitable[list[str]]]:
    """Lists what axe-core finds wrong with a page by WCAG 2.2 AA and its best practices."""

    async def violations(page: Page) -> list[str]:
        # in a world of its own, which the page's policy does not reach
        session = await page.context.new_cdp_session(page)
        tree = await session.send("Page.getFrameTree")
        world = await session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]}
        )
        expression = f"{axe};axe.run().then(r => JSON.stringify(r.violations))"
        result = await session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "awaitPromise": True,
                "returnByValue": True,
            },
        )
        return _described(result)

    return violations


def _described(result: dict[str, Any]) -> list[str]:
    assert "exceptionDetails" not in result, result
    return [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['html'][:200]}"
        for violation in json.loads(result["result"]["value"])
        for node in violation["nodes"]
    ]
