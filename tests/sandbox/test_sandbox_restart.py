"""What was accepted survives restarts and kill -9; damaged journals are reported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from sandbox_samples import call, client, send, texts

from fediverse.server import run_in_thread, serve
from reblogbot.errors import ReblogbotError
from reblogbot.sandbox import server as product
from sample_images import png

SERVER = """
import asyncio, sys
from pathlib import Path
from reblogbot.sandbox.server import serve

async def main():
    async with serve(Path(sys.argv[1])) as sandbox:
        print(sandbox.url, sandbox.add_account("news"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_a_restart_shows_the_same_posts_and_accepts_the_same_token(tmp_path: Path):
    with run_in_thread(tmp_path) as server:
        news = client(server)
        original = server.add_status("alice@remote.example", "boost me")
        media = news.media_post(png(), mime_type="image/png", description="dots")
        status = news.status_post("one #tag", media_ids=[media], language="zh", idempotency_key="k")
        news.status_reblog(original["id"])
        news.status_update(status.id, "edited", media_ids=[media])
        news.status_favourite(status.id)
        gone = news.status_post("gone")
        news.status_delete(gone.id)
        news.account_follow(news.account_lookup("alice@remote.example"))
        token, before, acts = server.add_account("news"), server.statuses("news"), server.accepted
        old_url = server.url
    with run_in_thread(tmp_path) as server:
        assert server.add_account("news") == token
        assert server.accepted == acts
        assert str(server.statuses("news")).replace(server.url, old_url) == str(before)
        news = client(server)
        assert news.status_post("again", idempotency_key="k").id == status.id
        assert call(server, "GET", f"/media/{media.url.rsplit('/', 1)[1]}").content == png()
        assert news.status_post("new").id > status.id
        assert [act["seq"] for act in server.accepted] == sorted(
            act["seq"] for act in server.accepted
        )


def test_every_accepted_act_has_its_account_text_and_key(sandbox, news):
    original = sandbox.add_status("alice", "boost me")
    status = news.status_post("one", idempotency_key="k")
    news.status_update(status.id, "two")
    news.status_reblog(original["id"])
    news.status_unreblog(original["id"])
    news.status_delete(status.id)
    acts = [(a["act"], a["account"], a.get("text", ""), a["key"]) for a in sandbox.accepted]
    assert acts == [
        ("post", "news", "one", "k"),
        ("edit", "news", "two", ""),
        ("boost", "news", "", ""),
        ("unboost", "news", "", ""),
        ("delete", "news", "two", ""),
    ]


def test_what_was_answered_survives_kill_9(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url, token = process.stdout.readline().split()
    headers = {"Authorization": f"Bearer {token}"}
    for n in range(5):
        form = {"status": f"number {n}"}
        answer = requests.post(f"{url}/api/v1/statuses", data=form, headers=headers, timeout=20)
        assert answer.status_code == 200
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with run_in_thread(tmp_path) as server:
        assert texts(server) == [f"number {n}" for n in range(5)]
        assert server.add_account("news") == token


def test_an_incomplete_last_line_is_removed(tmp_path: Path):
    with run_in_thread(tmp_path) as server:
        send(server, "whole")
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"seq": 99, "kind": "po')
    with run_in_thread(tmp_path) as server:
        assert texts(server) == ["whole"]
        send(server, "after")
    with run_in_thread(tmp_path) as server:
        assert texts(server) == ["whole", "after"]


def test_a_damaged_journal_is_reported_with_its_line(tmp_path: Path):
    with run_in_thread(tmp_path) as server:
        send(server, "one")
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b"garbage\n" + b"".join(lines[1:]))
    with (
        pytest.raises(ReblogbotError, match=r"journal\.jsonl:2: not a line") as caught,
        run_in_thread(tmp_path),
    ):
        pass
    assert caught.value.slug == "sandbox_journal_unreadable"


def test_a_folder_belongs_to_one_server_at_a_time(tmp_path: Path):
    with run_in_thread(tmp_path):
        with pytest.raises(ReblogbotError) as caught, run_in_thread(tmp_path):
            pass
        assert caught.value.slug == "sandbox_folder_busy"


def test_the_journal_is_readable_by_its_owner_alone(tmp_path: Path):
    with run_in_thread(tmp_path) as server:
        server.add_account("news")
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0


async def test_a_busy_port_is_named(tmp_path: Path):
    async with serve() as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(ReblogbotError, match=str(port)) as caught:
            async with serve(port=port):
                pass
    assert caught.value.slug == "sandbox_port_busy"


async def test_an_unknown_profile_is_refused_with_the_known_ones(tmp_path: Path):
    with pytest.raises(ReblogbotError, match="gotosocial") as caught:
        async with product.serve(tmp_path, profile="friendica"):
            pass
    assert caught.value.slug == "sandbox_profile_unknown"


def test_many_threads_may_add_statuses_at_once(sandbox, news):

    def arrange(name: str) -> None:
        for n in range(20):
            sandbox.add_status(name, str(n))

    threads = [threading.Thread(target=arrange, args=(f"user{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for n in range(20):
        news.status_post(str(n))
    for thread in threads:
        thread.join()
    assert [len(sandbox.statuses(f"user{n}")) for n in range(4)] == [20] * 4
    assert texts(sandbox) == [str(n) for n in range(20)]
