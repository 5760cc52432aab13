"""reblogbot as a user runs it, by the command line in a folder with a config."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.run import Run, run

PROGRAM = (sys.executable, "-m", "reblogbot")
# no server listens there: what is measured must work without one
UNUSED_SERVER = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Bot:
    """A folder with a config. The account's server is reached only if `server` is given."""

    folder: Path

    @property
    def store(self) -> Path:
        """Its store."""
        return self.folder / "reblogbot.sqlite3"

    def configure(
        self,
        urls: Sequence[str],
        *,
        server: str = UNUSED_SERVER,
        token: str = "none",  # noqa: S107  no secret
        every: str = "15m",
        source: str = "",
        account: str = "",
    ) -> None:
        """Write a config with these feeds. `source` and `account` are further TOML lines."""
        hosts = sorted({urlsplit(url).netloc for url in urls})
        (self.folder / "news.token").write_text(token, encoding="utf-8")
        (self.folder / "news.token").chmod(0o600)
        lines = [
            "[http]",
            f"allow_private = {hosts!r}",
            # unlike real feeds, all of these are on one host
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

    def run(self, *arguments: str) -> Run:
        """Run the program once. Raises Failed if its exit code is not 0."""
        return run([*PROGRAM, *arguments], self.folder)
