"""reblogbot as a user runs it: a folder with a config, and the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.run import Run, run

PROGRAM = (sys.executable, "-m", "reblogbot")
# no server listens there: whatever is timed must come about without one
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Bot:
    """A config in a folder; its account is never reached unless `server` is given."""

    folder: Path

    def configure(
        self,
        urls: Sequence[str],
        *,
        server: str = NOWHERE,
        token: str = "none",  # noqa: S107  no secret
        every: str = "15m",
        source: str = "",
        account: str = "",
    ) -> None:
        """Follow these feeds; `source` and `account` are more lines for each."""
        hosts = sorted({urlsplit(url).netloc for url in urls})
        (self.folder / "news.token").write_text(token, encoding="utf-8")
        (self.folder / "news.token").chmod(0o600)
        lines = [
            "[http]",
            f"allow_private = {hosts!r}",
            # all feeds stand on one host here, which they do not in life
            "per_host = 64",
            "[accounts.news]",
            f'server = "{server}"',
            'token_file = "news.token"',
            "allow_http = true",
            account,
            "[defaults]",
            f'every = "{every}"',
            'to = ["news"]',
            source,
        ]
        for number, url in enumerate(urls):
            lines += [f"[sources.feed{number}]", 'kind = "feed"', f'url = "{url}"']
        (self.folder / "config.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run_for(self, seconds: float) -> Run:
        """The daemon, told to end after so many seconds. Raises Failed."""
        return run([*PROGRAM, "run"], self.folder, seconds=seconds)

    def run(self, *arguments: str) -> Run:
        """One run of the program. Raises Failed when it does not end well."""
        return run([*PROGRAM, *arguments], self.folder)
