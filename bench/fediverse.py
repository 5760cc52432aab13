"""A server to post to: `reblogbot sandbox` in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench.bot import PROGRAM
from bench.run import running


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An account on a server with the Mastodon API."""

    url: str
    token: str

    def posted(self) -> dict[str, datetime]:
        """The texts of all posts so far, with their dates."""
        posts: dict[str, datetime] = {}
        account = self._get("/api/v1/accounts/verify_credentials")["id"]
        older = ""
        while page := self._get(f"/api/v1/accounts/{account}/statuses?limit=40{older}"):
            posts |= {
                status["content"]: datetime.fromisoformat(status["created_at"]) for status in page
            }
            older = f"&max_id={page[-1]['id']}"
        return posts

    def _get(self, path: str) -> Any:
        request = Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"})  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310  loopback
            return json.load(answer)


@contextmanager
def sandbox_account(folder: Path) -> Iterator[SandboxAccount]:
    """Run a sandbox and yield its account."""
    command = [*PROGRAM, "sandbox", "--port", "0", "--folder", folder / "sandbox"]
    url = ""
    with running(command, folder) as output:
        for line in output:
            if match := re.search(r"server = \"(.*)\"", line):
                url = match[1]
            if match := re.search(r"holding: (\S+)", line):
                yield SandboxAccount(url, match[1])
                return
