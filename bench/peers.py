"""The programs that reblogbot is compared with: how each is installed, configured and run.

Each polls all its feeds and finds nothing to post, so only feed2fedi sends requests to a fediverse
server. feed2toot has all entries in its cache, feediverse and feed2fedi ignore entries older than
now, and reader only stores them; it is a library, used as a program of two lines.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bench.bench import BUILD, Bench
from bench.bot import UNUSED_SERVER
from bench.run import Run, run

REQUIREMENTS = Path(__file__).with_name("peers.txt")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program in a virtual environment of its own.

    `help` are its arguments for help, `poll` for a poll, `learn` for the first one if they differ.
    """

    name: str
    environment: Path
    configure: Callable[[Path, Sequence[str]], None]
    program: str
    help: tuple[str, ...]
    poll: tuple[str, ...]
    learn: tuple[str, ...] = ()

    def run(self, folder: Path, *arguments: str) -> Run:
        """Run the program once. Raises Failed if its exit code is not 0."""
        return run([self.environment / "bin" / self.program, *arguments], folder)

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """Configure these feeds, all of them new to the program."""
        self.configure(folder, urls)
        if self.name == "reader":
            run([self.environment / "bin" / "python", "-c", _ADD, "feeds.txt"], folder)


def installed(bench: Bench) -> Iterator[Peer]:
    """Install the peers and yield them; report and omit those that cannot be installed."""
    for name in _KINDS:
        peer = installed_peer(name)
        if peer is not None:
            yield peer
        else:
            bench.say(f"  {name} cannot be installed on this Python and is left out")


def installed_peer(name: str) -> Peer | None:
    """The peer of that name, installed at the first call; None where it cannot be installed."""
    environment = BUILD / "peers" / name
    is_installed = _install(environment, _requirements(name))
    return Peer(name, environment, *_KINDS[name]) if is_installed else None


def comparable(bench: Bench) -> list[Peer]:
    """The peers that poll without asking an account's server."""
    return [peer for peer in installed(bench) if peer.name != "feed2fedi"]


def versions(bench: Bench) -> list[str]:
    """The installed peers, as "name version"."""
    return [" ".join(_requirements(peer.name)).replace("==", " ") for peer in installed(bench)]


@cache
def _install(environment: Path, requirements: tuple[str, ...]) -> bool:
    """Install a program; return whether it starts."""
    installed_file, python = environment / "installed.txt", environment / "bin" / "python"
    if installed_file.exists() and installed_file.read_text(encoding="utf-8") == "\n".join(
        requirements
    ):
        return True
    print(f"  installing {' '.join(requirements)}")
    venv.create(environment, clear=True, symlinks=True)
    name = requirements[0].partition("=")[0].partition("[")[0]
    steps: tuple[Sequence[object], ...] = (
        # our own pip: to install another one takes longer than all else
        (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *requirements),
        # feed2toot 0.17 installs on Python 3.12, but needs a module that 3.12 removed
        (environment / "bin" / _KINDS[name][1], *_KINDS[name][2]),
    )
    for step in steps:
        process = subprocess.run(list(map(str, step)), check=False, capture_output=True, text=True)
        if process.returncode:
            print(process.stderr.strip()[-500:])
            return False
    installed_file.write_text("\n".join(requirements), encoding="utf-8")
    return True


def _requirements(name: str) -> tuple[str, ...]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    package = {"reader": "sgmllib3k"}.get(name, name)
    return tuple(line for line in lines if line.startswith((name, package)))


def _feed2toot(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds.txt").write_text("\n".join(urls), encoding="utf-8")
    (folder / "config.ini").write_text(
        f"[mastodon]\ninstance_url={UNUSED_SERVER}\nuser_credentials=none\nclient_credentials=none\n"
        f"[cache]\ncachefile={folder}/cache\ncache_limit=1000000\n"
        f"[lock]\nlock_file={folder}/lock\n"
        f"[rss]\nuri_list={folder}/feeds.txt\ntoot={{title}} {{link}}\n",
        encoding="utf-8",
    )


def _feediverse(folder: Path, urls: Sequence[str]) -> None:
    config = {
        "name": "news",
        "url": UNUSED_SERVER,
        "client_id": "none",
        "client_secret": "none",
        "access_token": "none",
        "updated": datetime.now(UTC).isoformat(),
        "feeds": [{"url": url, "template": "{title} {url}"} for url in urls],
    }
    # every JSON document is a YAML document
    (folder / "config.yml").write_text(json.dumps(config), encoding="utf-8")


def _feed2fedi(folder: Path, urls: Sequence[str]) -> None:
    config = {
        "feeds": [{"url": url, "max_age": "PT1S"} for url in urls],
        "fedi_instance": UNUSED_SERVER,
        "fedi_access_token": "none",
        "cache_max_age": 30,
        "cache_db_path": str(folder / "cache.sqlite"),
        "bot_post_media": False,
        "bot_post_visibility": "unlisted",
        "bot_post_template": "{title}\n\n{link}",
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def set_server(folder: Path, url: str, token: str) -> None:
    """Set feed2fedi's server, which it asks for its limits at each feed."""
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config |= {"fedi_instance": url, "fedi_access_token": token}
    file.write_text(json.dumps(config), encoding="utf-8")


def _reader(folder: Path, urls: Sequence[str]) -> None:
    (folder / "feeds.txt").write_text("\n".join(urls), encoding="utf-8")


_ADD = """\
import sys
from reader import make_reader
reader = make_reader("db.sqlite")
for url in open(sys.argv[1]):
    reader.add_feed(url.strip())
"""
# all feeds, not only those that reader would ask now
_UPDATE = """\
from reader import make_reader
make_reader("db.sqlite").update_feeds(workers=10, scheduled=False)
"""
_Kind = tuple[
    Callable[[Path, Sequence[str]], None], str, tuple[str, ...], tuple[str, ...], tuple[str, ...]
]
_KINDS: dict[str, _Kind] = {
    "feed2toot": (
        _feed2toot,
        "feed2toot",
        ("--help",),
        ("-c", "config.ini"),
        ("-c", "config.ini", "--populate-cache", "--limit", "100"),
    ),
    "feediverse": (_feediverse, "feediverse", ("--help",), ("-c", "config.yml"), ()),
    "feed2fedi": (_feed2fedi, "feed2fedi", ("--help",), ("-c", "config.json"), ()),
    "reader": (_reader, "python", ("-m", "reader", "--help"), ("-c", _UPDATE), ()),
}
