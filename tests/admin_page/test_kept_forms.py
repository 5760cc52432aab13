"""A form that comes after the session has ended: it is kept for the log-in, and only one of ours."""

import json
import re
from html import unescape

from admin_page_client import PASSWORD
from reblogbot.admin_page.kept_forms import read_kept
from reblogbot.admin_page.request import MAX_BODY


def kept(answer):
    """The form that the log-in page carries."""
    match = re.search(r'name="kept" value="([^"]*)"', answer.text)
    return unescape(match[1]) if match else ""


async def log_in(page, form, password=PASSWORD):
    """The page behind the log-in with a form that is kept."""
    fields = {"name": "admin", "password": password, "kept": form}
    await page.get("/login")
    return await page.post("/login/again", fields)


async def sent_late(page, path="/queue/1?a=b", fields=None, **headers):
    """What a form gets that is sent when the session has ended."""
    page.site.sessions.end_all()
    origin = {"Origin": f"http://{page.address}"}
    return await page.post(
        path, {"text": "wörds"} if fields is None else fields, **(headers or origin)
    )


async def test_the_form_is_shown_after_the_login_with_a_new_token(page):
    old_token = page.csrf_token
    answer = await sent_late(page, fields={"text": "</textarea><b>", "do": ["1", "2"]})
    assert answer.status == 403
    assert "What you sent is kept" in answer.messages[0]
    answer = await log_in(page, kept(answer), "a wrong password")
    answer = await log_in(page, kept(answer))
    assert answer.path == "/login/again"
    assert '<form method="post" action="/queue/1?a=b"' in answer.text
    assert '<input type="hidden" name="do" value="2">' in answer.text
    assert "&lt;/textarea&gt;&lt;b&gt;</textarea>" in answer.text
    assert old_token not in answer.text


async def test_a_whole_config_is_kept(page):
    text = "# 注释\n" * 5000
    answer = await sent_late(page, "/config", {"text": text})
    assert read_kept(kept(answer)).fields == {"text": [text]}
    answer = await log_in(page, kept(answer))
    assert text in answer.text


async def test_what_may_be_of_another_site_or_is_too_large_is_not_kept(page):
    for headers in (
        {"Accept": "*/*"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await sent_late(page, **headers)
        assert (answer.status, kept(answer)) == (403, ""), headers
        assert answer.messages[0].endswith("Log in and try again.")
    for length in (MAX_BODY // 2, MAX_BODY + 1):
        assert kept(await sent_late(page, fields={"text": '"' * length})) == ""
    answer = await sent_late(page, fields={"text": "x"})
    assert kept(answer)


async def test_a_file_is_not_kept(page):
    page.site.sessions.end_all()
    page.headers["Origin"] = f"http://{page.address}"
    answer = await page.upload("/sources/import", "file", b"<opml/>")
    assert (answer.status, kept(answer)) == (403, "")
    answer = await page.upload("/sources/import", "file", b"", {"text": "<opml/>"})
    assert read_kept(kept(answer)).fields == {"text": ["<opml/>"]}


async def test_garbage_is_no_form_and_leads_nowhere_else(page):
    for text in (
        "",
        "[",
        "[" * 100_000,
        "{}",
        '{"path": 1, "fields": {}}',
        '{"path": "/", "fields": {"a": 1}}',
    ):
        assert read_kept(text) is None, text[:50]
        page.site.sessions.end_all()
        assert (await log_in(page, text)).path == "/"
    page.site.sessions.end_all()
    form = json.dumps({"path": "//evil.example/", "fields": {}})
    assert 'action="/" class="panel stack"' in (await log_in(page, form)).text
