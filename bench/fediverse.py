"""`reblogbot sandbox` in a process of its own: a server to post to, for whoever needs one."""

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
from bench.run import speaking


@dataclass(frozen=True, slots=True)
class Fediverse:
    """A server that speaks the Mastodon API, and the token of an account there."""

    url: str
    token: str

    def posted(self) -> dict[str, datetime]:
        """The texts of all posts so far, and when each was made."""
        found: dict[str, datetime] = {}
        account = self._ask("/api/v1/accounts/verify_credentials")["id"]
        older = ""
        while page := self._ask(f"/api/v1/accounts/{account}/statuses?limit=40{older}"):
            found |= {one["content"]: datetime.fromisoformat(one["created_at"]) for one in page}
            older = f"&max_id={page[-1]['id']}"
        return found

    def _ask(self, path: str) -> Any:
        request = Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"})  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310  loopback
            return json.load(answer)


@contextmanager
def fediverse(folder: Path) -> Iterator[Fediverse]:
    """The server, ended at the end."""
    command = [*PROGRAM, "sandbox", "--port", "0", "--folder", folder / "sandbox"]
    url = ""
    with speaking(command, folder) as (said, _):
        for line in said:
            if found := re.search(r"server = \"(.*)\"", line):
                url = found[1]
            if found := re.search(r"holding: (\S+)", line):
                yield Fediverse(url, found[1])
                return
