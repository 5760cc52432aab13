"""The picture of what programs cost in a day."""

from xml.etree import ElementTree as ET

from bench.line import Day
from bench.picture import svg

SVG = "{http://www.w3.org/2000/svg}"
DAYS = [
    Day("a bot, `daemon`", 20, 60, 80_000_000, 5_000_000),
    Day("a bot, `daemon`", 1000, 120, 90_000_000, 50_000_000),
    Day("<peer>", 20, 600, 40_000_000, 0),
    Day("<peer>", 1000, 30_000),
]


def points(line):
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def test_each_panel_has_a_line_for_each_program_through_what_was_measured():
    panels = list(ET.fromstring(svg(DAYS)).iter(f"{SVG}g"))
    lines = [[points(line) for line in panel.iter(f"{SVG}polyline")] for panel in panels]
    assert [[len(line) for line in panel] for panel in lines] == [[2, 2], [2, 1], [2, 0]]


def test_more_is_drawn_higher_and_further_right_and_inside_of_the_panel():
    panel = next(ET.fromstring(svg(DAYS)).iter(f"{SVG}g"))
    (bot, more_of_bot), (peer, more_of_peer) = map(points, panel.iter(f"{SVG}polyline"))
    assert bot[0] == peer[0] < more_of_bot[0] == more_of_peer[0]
    assert bot[1] > more_of_bot[1] > peer[1] > more_of_peer[1] >= 0


def test_programs_are_named_once():
    texts = [text.text for text in ET.fromstring(svg(DAYS)).iter(f"{SVG}text")]
    assert [texts.count(name) for name in ("a bot, daemon", "<peer>")] == [1, 1]


def test_a_run_without_days_gives_an_empty_picture():
    assert not list(ET.fromstring(svg([])).iter(f"{SVG}polyline"))
