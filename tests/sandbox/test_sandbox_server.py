"""The server of `reblogbot sandbox` as it is shipped, without the additions of the tests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import requests

from reblogbot.sandbox.profiles import PROFILES
from reblogbot.sandbox.server import Sandbox, serve
from sample_images import png

IGNORE_KEYS = {"gotosocial", "snac", "takahe", "plain"}


class Client:
    """Requests with the token of the account "news"."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.url
        self._headers = {"Authorization": f"Bearer {sandbox.add_account('news', bot=True)}"}

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self._headers | options.pop("headers", {})
        url = self._url + path
        return requests.request(method, url, headers=headers, timeout=20, **options)

    def post(self, text: str, key: str = "", **fields: Any) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        json = {"status": text, **fields}
        return self.send("POST", "/api/v1/statuses", json=json, headers=headers)


@pytest.fixture(params=PROFILES)
def profile(request):
    return request.param


async def test_posts_edits_boosts_and_deletes_on_every_profile(tmp_path, profile):
    async with serve(tmp_path, profile=profile) as sandbox:
        client = Client(sandbox)
        neighbour = sandbox.add_status("alice", "boost me", language="zh")

        def rehearse() -> str:
            files = {"file": ("x.png", png())}
            media = client.send("POST", "/api/v2/media", files=files).json()["id"]
            posted = client.post("first", visibility="unlisted", media_ids=[media]).json()
            edited = client.send(
                "PUT", f"/api/v1/statuses/{posted['id']}", json={"status": "second"}
            )
            assert edited.json()["id"] == posted["id"]
            boost = client.send("POST", f"/api/v1/statuses/{neighbour['id']}/reblog").json()
            assert boost["reblog"]["uri"] == neighbour["uri"]
            deleted = client.post("deleted").json()["id"]
            assert client.send("DELETE", f"/api/v1/statuses/{deleted}").status_code == 200
            return client.send("GET", "/").text

        page = await asyncio.to_thread(rehearse)
        assert [bool(status["reblog"]) for status in sandbox.statuses("news")] == [False, True]
        assert "second" in page
        assert "boost me" in page
        assert "deleted" not in page


async def test_a_repeated_key_posts_again_only_where_the_server_ignores_keys(tmp_path, profile):
    async with serve(tmp_path, profile=profile) as sandbox:
        client = Client(sandbox)

        def repeat() -> set[str]:
            return {client.post("once", "key").json()["id"] for _ in range(2)}

        ids = await asyncio.to_thread(repeat)
        assert len(ids) == (2 if profile in IGNORE_KEYS else 1)


async def test_a_repeated_key_of_a_deleted_status_is_answered_404(tmp_path):
    async with serve(tmp_path) as sandbox:
        client = Client(sandbox)

        def repeat() -> int:
            status = client.post("once", "key").json()["id"]
            client.send("DELETE", f"/api/v1/statuses/{status}")
            return client.post("once", "key").status_code

        assert await asyncio.to_thread(repeat) == 404


async def test_the_length_that_a_profile_announces_is_enforced_where_the_server_does(
    tmp_path, profile
):
    async with serve(tmp_path, profile=profile) as sandbox:
        client = Client(sandbox)
        limit = PROFILES[profile].max_characters
        answers = [await asyncio.to_thread(client.post, "x" * (limit + more)) for more in (0, 1)]
        expected = [200, 422] if PROFILES[profile].enforces_length else [200, 200]
        assert [answer.status_code for answer in answers] == expected


async def test_a_restart_keeps_accounts_and_statuses(tmp_path):
    async with serve(tmp_path) as sandbox:
        token = sandbox.add_account("news")
        await asyncio.to_thread(Client(sandbox).post, "kept")
    async with serve(tmp_path) as sandbox:
        assert sandbox.add_account("news") == token
        assert [status["content"] for status in sandbox.statuses("news")] == ["<p>kept</p>"]


async def test_facts_of_other_releases_in_the_journal_are_skipped(tmp_path):
    async with serve(tmp_path) as sandbox:
        sandbox.add_status("news", "kept")
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(
            '{"seq": 99, "at": "2026-01-01T00:00:00+00:00", "kind": "schedule", "what": {}}\n'
        )
    async with serve(tmp_path) as sandbox:
        assert len(sandbox.statuses("news")) == 1
