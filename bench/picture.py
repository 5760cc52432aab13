"""Draws the diagram of docs/performance.md: what programs cost a day, by the number of feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, log10
from xml.sax.saxutils import escape

from bench.line import Day

# readable on a white and on a black page
GREY = "#848d97"
COLOURS = ("#2f81f7", "#3fb950", "#db6d28", "#bc8cff", "#d4a72c", "#e5534b")
WIDTH, HEIGHT, LEFT, TOP, GAP = 230, 220, 58, 64, 76
"""Of a panel: its size, the space at its left and top, and the space between two."""
LEGEND_STEP = 175

Amount = Callable[[Day], float | None]
PANELS: tuple[tuple[str, Amount], ...] = (
    ("seconds of CPU a day", lambda day: day.cpu),
    ("MB of memory", lambda day: day.memory and day.memory / 1e6),
    ("MB written a day", lambda day: day.written and day.written / 1e6),
)


def svg(days: Sequence[Day]) -> str:
    """The picture: three panels with logarithmic axes, and a line for each program."""
    programs = dict(zip(dict.fromkeys(day.program for day in days), COLOURS, strict=False))
    width = LEFT + len(PANELS) * (WIDTH + GAP) - GAP + 16
    box = f'viewBox="0 0 {width} {TOP + HEIGHT + 46}" font-family="sans-serif" font-size="12"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {box}>', *_legend(programs)]
    for number, (title, amount) in enumerate(PANELS):
        points = {
            program: sorted(
                (day.feeds, value)
                for day in days
                if day.program == program and (value := amount(day))
            )
            for program in programs
        }
        parts.append(f'<g transform="translate({LEFT + number * (WIDTH + GAP)} {TOP})">')
        parts += _panel(title, points, programs)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _legend(programs: dict[str, str]) -> Iterator[str]:
    for number, (program, colour) in enumerate(programs.items()):
        x, y = LEFT + number % 3 * LEGEND_STEP, 16 + number // 3 * 18
        yield f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{colour}"/>'
        yield _text(x + 10, y, program.replace("`", ""), "start")


def _panel(
    title: str, points: dict[str, list[tuple[int, float]]], programs: dict[str, str]
) -> Iterator[str]:
    """A panel with its axes, at the origin."""
    every = [point for line in points.values() for point in line]
    if not every:
        return
    counts = sorted({count for count, _ in every})
    x = _scale(counts[0] / 1.3, counts[-1] * 1.3, 0, WIDTH)
    least, most = (
        10.0 ** round_(log10(edge(value for _, value in every))) for round_, edge in _EDGES
    )
    y = _scale(least, max(most, least * 10), HEIGHT, 0)
    yield _text(0, -8, title, "start")
    for count in counts:
        yield f'<path d="M{x(count):.1f} 0V{HEIGHT}" stroke="{GREY}" stroke-opacity=".25"/>'
        yield _text(x(count), HEIGHT + 16, str(count), "middle")
    yield _text(WIDTH / 2, HEIGHT + 34, "feeds", "middle")
    for power in range(round(log10(least)), round(log10(max(most, least * 10))) + 1):
        height = y(10.0**power)
        yield f'<path d="M0 {height:.1f}H{WIDTH}" stroke="{GREY}" stroke-opacity=".25"/>'
        yield _text(-6, height + 4, f"{10**power:,}", "end")
    for program, line in points.items():
        places = [(x(count), y(value)) for count, value in line]
        colour = programs[program]
        path = " ".join(f"{place[0]:.1f},{place[1]:.1f}" for place in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for place in places:
            yield f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="3" fill="{colour}"/>'


_EDGES = ((floor, min), (ceil, max))


def _scale(least: float, most: float, start: float, end: float) -> Callable[[float], float]:
    """A logarithmic scale from `least` at `start` to `most` at `end`."""
    factor = (end - start) / log10(most / least)
    return lambda value: start + factor * log10(value / least)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{GREY}">{escape(text)}</text>'
    )
