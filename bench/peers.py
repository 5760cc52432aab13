"""The programs reblogbot is timed beside: how each is installed, told of feeds, and run.

Each polls all its feeds and finds nothing to post, so none but feed2fedi speaks to a server of
the fediverse: feed2toot has the entries in its cache (made large enough for all of them),
feediverse and feed2fedi take nothing older than now, reader only stores.
"""

from __future__ import annotations

import json
import subprocess
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bench.bench import Bench
from bench.bot import NOWHERE
from bench.run import Run, run

REQUIREMENTS = Path(__file__).with_name("peers.txt")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program in an environment of its own; `poll` and `learn` are its arguments.

    `learn` is its first sight of the feeds, "" where that is a poll like all others.
    """

    name: str
    place: Path
    configure: Callable[[Path, Sequence[str]], None]
    program: tuple[str, ...]
    poll: tuple[str, ...]
    learn: tuple[str, ...] = ()

    def run(self, folder: Path, *arguments: str) -> Run:
        """One run of the program. Raises Failed when it does not end well."""
        return run([self.place / "bin" / self.program[0], *self.program[1:], *arguments], folder)

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Tell it of these feeds; it has seen none of them."""
        self.configure(folder, urls)
        if self.name == "reader":
            run([self.place / "bin" / "python", "-c", _ADD, "feeds.txt"], folder)


def installed(bench: Bench) -> Iterator[Peer]:
    """The peers, installed; those that cannot be are left out, which is said."""
    for name, kind in _KINDS.items():
        place = bench.root / "peers" / name
        if _install(place, _wanted(name)):
            yield Peer(name, place, *kind)
        else:
            bench.say(f"  {name} cannot be installed on this Python: left out")


def versions(bench: Bench) -> list[str]:
    """What is installed, as "name version"."""
    return [" ".join(_wanted(peer.name)).replace("==", " ") for peer in installed(bench)]


@cache
def _install(place: Path, wanted: tuple[str, ...]) -> bool:
    """Whether the environment holds what is wanted, and starts."""
    mark, python = place / "installed.txt", place / "bin" / "python"
    if mark.exists() and mark.read_text(encoding="utf-8") == "\n".join(wanted):
        return True
    print(f"  installing {' '.join(wanted)}")
    venv.create(place, with_pip=True, clear=True)
    name = wanted[0].partition("=")[0].partition("[")[0]
    steps: tuple[Sequence[object], ...] = (
        (python, "-m", "pip", "install", "--quiet", *wanted),
        # feed2toot 0.17 can be installed on Python 3.12, but wants a module that is gone there
        (place / "bin" / _KINDS[name][1][0], *_KINDS[name][1][1:], "--help"),
    )
    for step in steps:
        done = subprocess.run(list(map(str, step)), check=False, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr.strip()[-500:])
            return False
    mark.write_text("\n".join(wanted), encoding="utf-8")
    return True


def _wanted(name: str) -> tuple[str, ...]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    also = {"reader": "sgmllib3k"}.get(name, name)
    return tuple(line for line in lines if line.startswith((name, also)))


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


def with_server(folder: Path, url: str, token: str) -> None:
    """Tell feed2fedi of a server, which it asks for its limits at each feed."""
    file = folder / "config.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    told |= {"fedi_instance": url, "fedi_access_token": token}
    file.write_text(json.dumps(told), encoding="utf-8")


def _reader(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds.txt").write_text("\n".join(urls), encoding="utf-8")


_ADD = """\
import sys
from reader import make_reader
reader = make_reader("db.sqlite")
for url in open(sys.argv[1]):
    reader.add_feed(url.strip())
"""
_UPDATE = ("--db", "db.sqlite", "update", "--no-scheduled")
_Kind = tuple[
    Callable[[Path, Sequence[str]], None], tuple[str, ...], tuple[str, ...], tuple[str, ...]
]
_KINDS: dict[str, _Kind] = {
    "feed2toot": (
        _feed2toot,
        ("feed2toot",),
        ("-c", "config.ini"),
        ("-c", "config.ini", "--populate-cache", "--limit", "100"),
    ),
    "feediverse": (_feediverse, ("feediverse",), ("-c", "config.yml"), ()),
    "feed2fedi": (_feed2fedi, ("feed2fedi",), ("-c", "config.json"), ()),
    "reader": (_reader, ("python", "-m", "reader"), _UPDATE, _UPDATE),
}
