"""Runs the program through many rounds of faults and kills on every kind of server.

Run it by `make soak`, or as a program: `python tests/support/soak.py --rounds 2000`. Each pair of
profile and seed has chapters of a few rounds. Every fifth chapter runs real processes, which are
killed with SIGKILL; the others run in this process. Results are written to the folder's
`chapters.jsonl`, so that an interrupted run continues. A chapter that fails leaves its files in
the folder, and the next run repeats it.
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

from fediverse.profiles import PROFILES
from harness import SharedResources
from soak_blogs import PLACES, PlaceChapter
from soak_round import Chapter, Tally

REAL_PROCESSES_EVERY = 5
ALL_PROFILES = [*PROFILES, *PLACES]
COLUMNS = (
    "rounds entries posts lost doubled out_of_order kills faults edits images answers repaid"
).split()


@dataclass(frozen=True)
class ChapterId:
    """Names a chapter. All random choices in it follow from these fields."""

    profile: str
    seed: int
    number: int
    rounds: int

    @property
    def has_real_processes(self) -> bool:
        return self.number % REAL_PROCESSES_EVERY == REAL_PROCESSES_EVERY - 1

    def run(self, folder: Path, shared: SharedResources) -> Tally:
        """Run the chapter and return its tally. Its files stay in `folder` if anything is wrong."""
        files = folder / f"{self.profile}-{self.seed}-{self.number}"
        shutil.rmtree(files, ignore_errors=True)
        kind = PlaceChapter if self.profile in PLACES else Chapter
        chapter = kind(self.profile, files.name, files, shared)
        try:
            tally = chapter.run(self.rounds, real_processes=self.has_real_processes)
        except Exception as error:  # noqa: BLE001 - a failed chapter must not end the whole soak
            traceback.print_exc()
            tally = replace(chapter.tally, complaints=[f"broke with {error!r}"])
        if tally.is_clean:
            shutil.rmtree(files)
        return tally


class Results:
    """The tallies of finished chapters, kept in a file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "chapters.jsonl"
        self.tallies: dict[ChapterId, Tally] = dict(self._read())

    def _read(self) -> Iterator[tuple[ChapterId, Tally]]:
        lines = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        for line in lines:
            record = json.loads(line)
            tally = Tally(**_pick_fields(Tally, record["tally"]))
            yield ChapterId(**_pick_fields(ChapterId, record)), tally

    def add(self, chapter: ChapterId, tally: Tally) -> None:
        self.tallies[chapter] = tally
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(chapter), "tally": asdict(tally)}) + "\n")

    def table(self, profiles: Sequence[str]) -> str:
        """One line per profile, with the sums of all its seeds."""
        lines = [["profile", *(name.replace("_", " ") for name in COLUMNS)]]
        sums = [0] * len(COLUMNS)
        for profile in profiles:
            tallies = [
                tally for chapter, tally in self.tallies.items() if chapter.profile == profile
            ]
            counts = [sum(getattr(tally, name) for tally in tallies) for name in COLUMNS]
            sums = [total + count for total, count in zip(sums, counts, strict=True)]
            lines.append([profile, *map(str, counts)])
        lines.append(["all", *map(str, sums)])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
            )
            for row in lines
        )  # fmt: skip


def _pick_fields(kind: Any, record: dict[str, Any]) -> dict[str, Any]:
    return {field.name: record[field.name] for field in fields(kind)}


def requested_chapters(options: argparse.Namespace) -> list[ChapterId]:
    """The chapters that the options ask for, in an order that advances all profiles together."""
    pairs = list(product(options.seed, options.profile))
    count = -(-options.rounds // (len(pairs) * options.length))
    numbers = range(count) if options.chapter is None else [options.chapter]
    return [
        ChapterId(profile, seed, number, options.length)
        for number in numbers
        for seed, profile in pairs
    ]


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--rounds",
        type=int,
        default=2000,
        metavar="N",
        help="rounds in all, rounded up to chapters (%(default)s)",
    )
    parser.add_argument(
        "--length", type=int, default=10, metavar="N", help="rounds of a chapter (%(default)s)"
    )
    parser.add_argument("--seed", type=int, action="append", metavar="N", help="repeatable (1 2 3)")
    parser.add_argument(
        "--profile", action="append", choices=ALL_PROFILES, help="repeatable (all profiles)"
    )
    parser.add_argument(
        "--chapter", type=int, metavar="N", help="run only the chapters of this number, again"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("build/soak"), help="for results (%(default)s)"
    )
    options = parser.parse_args(arguments)
    options.seed = options.seed or [1, 2, 3]
    options.profile = options.profile or ALL_PROFILES
    return options


def soak(options: argparse.Namespace, shared: SharedResources) -> Results:
    """Run the chapters without a clean result and return the results of all."""
    results = Results(options.folder)
    chapters = requested_chapters(options)
    for number, chapter in enumerate(chapters, 1):
        earlier = results.tallies.get(chapter)
        if earlier is not None and earlier.is_clean and options.chapter is None:
            continue
        tally = chapter.run(options.folder, shared)
        results.add(chapter, tally)
        text = "ok" if tally.is_clean else "; ".join(tally.complaints)
        name = f"{chapter.profile} {chapter.seed} {chapter.number}"
        print(f"{number}/{len(chapters)} {name}: {text}", file=sys.stderr, flush=True)
    return results


def main(arguments: Sequence[str]) -> int:
    """Run the soak and return its exit code: 1 when a chapter was not clean, 130 when stopped."""
    options = read_options(arguments)
    for name in ("reblogbot", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    shared = SharedResources()
    try:
        soak(options, shared)
        was_stopped = False
    except KeyboardInterrupt:
        print("stopped; the same command continues from here", file=sys.stderr)
        was_stopped = True
    finally:
        shared.close()
    results = Results(options.folder)
    print(results.table(options.profile))
    is_clean = all(tally.is_clean for tally in results.tallies.values())
    return 130 if was_stopped else int(not is_clean)


if __name__ == "__main__":
    # a soak takes an hour: other programs on this machine have priority
    os.nice(10)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
