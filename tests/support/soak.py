"""Many rounds of everything going wrong, on every kind of server: is anything lost or doubled?

Run it as a program, or by `make soak`: `python tests/support/soak.py --rounds 2000`. Each pair of profile
and seed goes through chapters of a few rounds; every fifth is lived by real processes that are
killed with SIGKILL, the others in this process. What is done stands in the folder's
`chapters.jsonl`, so a run that was ended goes on where it was. A chapter that fails leaves its
world in the folder, and is lived again by the next run.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from harness import Workshop
from reblogbot.sandbox.profiles import PROFILES
from soak_round import Chapter, Tally

REAL_EVERY = 5
COLUMNS = "rounds entries posts lost doubled out_of_order kills faults edits images".split()


@dataclass(frozen=True)
class Place:
    """Which chapter: all that is drawn in it follows from this."""

    profile: str
    seed: int
    number: int
    rounds: int

    @property
    def is_real(self) -> bool:
        """Whether it is lived by real processes."""
        return self.number % REAL_EVERY == REAL_EVERY - 1

    def lived(self, folder: Path, workshop: Workshop) -> Tally:
        """What it comes to; its world is left in the folder when something is wrong."""
        world = folder / f"{self.profile}-{self.seed}-{self.number}"
        shutil.rmtree(world, ignore_errors=True)
        chapter = Chapter(self.profile, world.name, world, workshop)
        try:
            tally = chapter.run(self.rounds, real=self.is_real)
        except Exception as error:  # noqa: BLE001 - the other chapters may tell more
            traceback.print_exc()
            tally = replace(chapter.tally, complaints=[f"broke with {error!r}"])
        if tally.is_clean:
            shutil.rmtree(world)
        return tally


class Ledger:
    """The chapters that are done, kept in a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "chapters.jsonl"
        self.done: dict[Place, Tally] = dict(self._read())

    def _read(self) -> Iterator[tuple[Place, Tally]]:
        lines = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        for line in lines:
            told = json.loads(line)
            yield Place(**_of(Place, told)), Tally(**_of(Tally, told["tally"]))

    def enter(self, place: Place, tally: Tally) -> None:
        self.done[place] = tally
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(place), "tally": asdict(tally)}) + "\n")

    def table(self, profiles: Sequence[str]) -> str:
        """One line per profile, all seeds together."""
        lines = [["profile", *(name.replace("_", " ") for name in COLUMNS)]]
        sums = [0] * len(COLUMNS)
        for profile in profiles:
            tallies = [tally for place, tally in self.done.items() if place.profile == profile]
            counts = [sum(getattr(tally, name) for tally in tallies) for name in COLUMNS]
            sums = [one + other for one, other in zip(sums, counts, strict=True)]
            lines.append([profile, *map(str, counts)])
        lines.append(["all", *map(str, sums)])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
            )
            for row in lines
        )  # fmt: skip


def _of(kind: Any, told: dict[str, Any]) -> dict[str, Any]:
    return {one.name: told[one.name] for one in fields(kind)}


def places(options: argparse.Namespace) -> list[Place]:
    """The chapters asked for, in an order in which all profiles come on alike."""
    pairs = list(product(options.seed, options.profile))
    count = -(-options.rounds // (len(pairs) * options.length))
    numbers = range(count) if options.chapter is None else [options.chapter]
    return [
        Place(profile, seed, number, options.length)
        for number in numbers
        for seed, profile in pairs
    ]


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=2000, help="rounds in all")
    parser.add_argument("--length", type=int, default=10, help="rounds of a chapter")
    parser.add_argument("--seed", type=int, action="append", help="may be given again; 1 2 3")
    parser.add_argument(
        "--profile", action="append", choices=[*PROFILES], help="may be given again; all"
    )
    parser.add_argument("--chapter", type=int, help="only the chapter of this number, once more")
    parser.add_argument("--folder", type=Path, default=Path("build/soak"))
    options = parser.parse_args(arguments)
    options.seed = options.seed or [1, 2, 3]
    options.profile = options.profile or [*PROFILES]
    return options


def soak(options: argparse.Namespace, workshop: Workshop) -> Ledger:
    """Live the chapters that are not done yet; the ledger of all that are."""
    ledger = Ledger(options.folder)
    asked = places(options)
    for number, place in enumerate(asked, 1):
        done = ledger.done.get(place)
        if done is not None and done.is_clean and options.chapter is None:
            continue
        tally = place.lived(options.folder, workshop)
        ledger.enter(place, tally)
        _say(f"{number}/{len(asked)} {place.profile} {place.seed} {place.number}", tally)
    return ledger


def main(arguments: Sequence[str]) -> int:
    """1 when anything was lost, doubled or out of order, or the program broke; 130 when ended."""
    options = read_options(arguments)
    for name in ("reblogbot", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    workshop = Workshop()
    try:
        soak(options, workshop)
        was_ended = False
    except KeyboardInterrupt:
        print("ended; the same command goes on from here", file=sys.stderr)
        was_ended = True
    finally:
        workshop.close()
    ledger = Ledger(options.folder)
    print(ledger.table(options.profile))
    clean = all(tally.is_clean for tally in ledger.done.values())
    return 130 if was_ended else int(not clean)


def _say(where: str, tally: Tally) -> None:
    told = "ok" if tally.is_clean else "; ".join(tally.complaints)
    print(f"{where}: {told}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # whoever works on this machine goes first
    os.nice(10)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
