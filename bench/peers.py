"""The programs reblogbot is timed beside: how each is installed, told of feeds, and run.

Each one polls all feeds and finds nothing to post, so none needs a server of the fediverse:
feed2toot has the entries in its cache (made large enough for all of them), feediverse and
feed2fedi take nothing older than now, reader only stores.
"""

from __future__ import annotations

import json
import subprocess
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.bench import Bench
from bench.run import Run, run

REQUIREMENTS = Path(__file__).with_name("peers.txt")
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program in an environment of its own; `poll` and `learn` are arguments of `bin/<name>`."""

    name: str
    place: Path
    configure: Callable[[Path, Sequence[str]], None]
    poll: tuple[str, ...]
    learn: tuple[str, ...]
    program: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.place / "bin" / "python"

    def run(self, folder: Path, *arguments: str) -> Run:
        """One run of the program. Raises Failed when it does not end well."""
        return run([self.place / "bin" / self.program, *arguments], folder)

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Tell it of these feeds."""
        self.configure(folder, urls)
        if self.name == "reader":
            run([self.python, "-c", _ADD, "feeds.txt"], folder)


def install(bench: Bench, name: str) -> Peer | None:
    """The peer of this name, installed; None where it cannot be, which is said."""
    place = bench.root / "peers" / name
    requirement = next(line for line in _requirements() if line.startswith(name))
    mark = place / "installed.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != requirement:
        bench.say(f"installing {requirement}")
        venv.create(place, with_pip=True, clear=True)
        command = [place / "bin" / "python", "-m", "pip", "install", "--quiet", requirement]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            bench.say(f"{name}: cannot be installed here: {done.stderr.strip()[-500:]}")
            return None
        mark.write_text(requirement, encoding="utf-8")
    configure, poll, learn, program = _KINDS[name]
    return Peer(name, place, configure, poll, learn, program)


def versions() -> list[str]:
    """The requirements, as far as they are installed."""
    return _requirements()


def _requirements() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _feed2toot(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds.txt").write_text("\n".join(urls), encoding="utf-8")
    (folder / "config.ini").write_text(
        f"[mastodon]\ninstance_url={NOWHERE}\nuser_credentials=none\nclient_credentials=none\n"
        f"[cache]\ncachefile={folder}/cache\ncache_limit=1000000\n"
        f"[lock]\nlock_file={folder}/lock\n"
        f"[rss]\nuri_list={folder}/feeds.txt\ntoot={{title}} {{link}}\n",
        encoding="utf-8",
    )


def _feediverse(folder: Path, urls: Sequence[str]) -> None:
    told = {
        "name": "news",
        "url": NOWHERE,
        "client_id": "none",
        "client_secret": "none",
        "access_token": "none",
        "updated": datetime.now(UTC).isoformat(),
        "feeds": [{"url": url, "template": "{title} {url}"} for url in urls],
    }
    # JSON is YAML
    (folder / "config.yml").write_text(json.dumps(told), encoding="utf-8")


def _feed2fedi(folder: Path, urls: Sequence[str]) -> None:
    told = {
        "feeds": [{"url": url, "max_age": "PT1S"} for url in urls],
        "fedi_instance": NOWHERE,
        "fedi_access_token": "none",
        "cache_max_age": 30,
        "cache_db_path": str(folder / "cache.sqlite"),
        "bot_post_media": False,
        "bot_post_visibility": "unlisted",
        "bot_post_template": "{title}\n\n{link}",
    }
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")


def _reader(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds.txt").write_text("\n".join(urls), encoding="utf-8")


_ADD = """\
import sys
from reader import make_reader
reader = make_reader("db.sqlite")
for url in open(sys.argv[1]):
    reader.add_feed(url.strip())
"""

_Kind = tuple[Callable[[Path, Sequence[str]], None], tuple[str, ...], tuple[str, ...], str]
_KINDS: dict[str, _Kind] = {
    "feed2toot": (
        _feed2toot,
        ("-c", "config.ini"),
        ("-c", "config.ini", "--populate-cache", "--limit", "100"),
        "feed2toot",
    ),
    "feediverse": (_feediverse, ("-c", "config.yml"), ("-c", "config.yml"), "feediverse"),
    "feed2fedi": (_feed2fedi, ("-c", "config.json"), ("-c", "config.json"), "feed2fedi"),
    "reader": (
        _reader,
        ("-m", "reader", "--db", "db.sqlite", "update", "--no-scheduled"),
        ("-m", "reader", "--db", "db.sqlite", "update", "--no-scheduled"),
        "python",
    ),
}
