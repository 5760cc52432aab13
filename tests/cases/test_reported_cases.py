"""Cases that users of programs like this one reported, each played through the command line.

The inputs stand beside a checkout in `../shared/cases`, with a README that describes their format
and the kinds. A case is an example of its kind: further examples stand in the tests of the module
that a kind concerns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from stage import Outcome, play

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
INPUTS = sorted(CASES.glob("*.json"))
Check = Callable[[Outcome], None]
RIGHT: dict[str, Check] = {}


def right(*ids: str) -> Callable[[Check], Check]:
    """Register a check as what is right for these cases."""

    def register(check: Check) -> Check:
        RIGHT.update(dict.fromkeys(ids, check))
        return check

    return register


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
def test_a_reported_case_comes_out_right(path, bot, cli):
    case = json.loads(path.read_text("utf-8"))
    RIGHT[case["id"]](play(case, bot.folder, cli))


def test_there_are_cases_to_play():
    if not INPUTS:
        pytest.skip("NOT TESTED: no ../shared/cases beside this checkout")
    assert {path.stem.partition("-")[0] for path in INPUTS} == set(RIGHT)


# what was posted


def numbers(outcome: Outcome) -> list[int]:
    """The numbers of the headlines posted, in order."""
    return [int(match[1]) for text in outcome.texts if (match := re.search(r"number (\d+)", text))]


def only(outcome: Outcome) -> str:
    """The text of the only thing that was posted."""
    (text,) = outcome.texts
    assert [act.act for act in outcome.acts] == ["post"]
    return text


def nothing(outcome: Outcome) -> None:
    assert outcome.acts == []
    assert outcome.queue == []


@right("A1")
def _(outcome):
    assert [len(outcome.during(step)) for step in range(4)] == [0, 1, 1, 1]
    assert numbers(outcome) == [2, 3, 4]
    assert outcome.queue == []


@right("B1")
def _(outcome):
    assert numbers(outcome) == [6, 7, 8]
    assert [len(outcome.during(step)) for step in range(4)] == [0, 1, 1, 1]


@right("B3")
def _(outcome):
    assert [text.partition(":")[0] for text in outcome.texts] == ["Open day 2026", "Open day 2027"]


@right("J1")
def _(outcome):
    assert len(outcome.texts) == 1
    assert outcome.runs[2].json["entries_new"] == 0
    assert outcome.queue == []


@right("J3", "J4", "J5")
def _(outcome):
    nothing(outcome)


@right("Y1")
def _(outcome):
    assert numbers(outcome) == [2]


@right("H1")
def _(outcome):
    assert outcome.acts == []
    assert len(outcome.held()) == 4
    assert outcome.runs[1].json["sources"][0]["outcome"] == "held"


# transport


@right("D1", "E1", "E3", "F1", "F3")
def _(outcome):
    (run,) = outcome.runs
    assert run.code == 0
    assert run.json["entries_new"] == 1


@right("S1")
def _(outcome):
    assert [run.code for run in outcome.runs] == [0, 0, 0]
    assert outcome.runs[0].json["entries_new"] == 1
    assert [run.json["failed"] for run in outcome.runs] == [0, 0, 0]


@right("AC1")
def _(outcome):
    (run,) = outcome.runs
    assert run.code == 1
    (source,) = run.json["sources"]
    assert source["outcome"] == "failed"
    assert "48" in source["error"]
    assert "via" in source["error"]


# text


@right("AA1")
def _(outcome):
    text = only(outcome)
    assert text.count("今天天气真好") == 1
    assert "孩子玩得很开心，下次还来。" in text
    assert text.endswith("https://site.example/2")


@right("C1")
def _(outcome):
    assert only(outcome).endswith("\nhttps://blog.example.org/2026/b")


@right("I1")
def _(outcome):
    headline = "【Headline number 2 on subject 74】"
    words = "The council voted nine to two for the new tram."
    assert only(outcome) == f"{headline}{words}\nhttps://site.example/2"


@right("I3")
def _(outcome):
    headline = "【Headline number 2 on subject 74】"
    assert only(outcome) == f"{headline}About glaciers.\nhttps://site.example/2"


@right("V1")
def _(outcome):
    title = only(outcome).partition("\n")[0]
    assert title in ("About 10⁹ stars and H₂O", "About 10^9 stars and H2O")


@right("W1")
def _(outcome):
    headline = "【Headline number 2 on subject 74】"
    assert only(outcome) == f"{headline}We did it 🎉 today\nhttps://site.example/2"


@right("X1")
def _(outcome):
    assert only(outcome).partition("\n")[0] == "AT&T ’s new plan 2"


@right("X2")
def _(outcome):
    assert only(outcome).endswith("\nhttps://h.example/d?id=2&tab=hot")


@right("U1")
def _(outcome):
    only(outcome)
    assert outcome.acts[0].language == "zh"


@right("U3")
def _(outcome):
    only(outcome)
    # the sandbox keeps the account's default, English, where none is sent
    assert outcome.acts[0].language in ("bg", "", "en")


@right("U4")
def _(outcome):
    only(outcome)
    assert outcome.acts[0].language in ("kk", "", "en")


@right("Z1")
def _(outcome):
    text = "__init__ is 5 * 3 * 2 and `x` > _y_\nhttps://site.example/2"
    assert only(outcome) == text
    assert outcome.acts[0].fields.get("content_type") == "text/plain"


# images


@right("G1")
def _(outcome):
    only(outcome)
    assert len(outcome.acts[0].images) == 1
    assert outcome.images == ["/i3.png"]


@right("G3")
def _(outcome):
    only(outcome)
    assert len(outcome.acts[0].images) == 1
    assert "/real.png" in outcome.images
    assert not any("avatar" in path for path in outcome.requests)


@right("G4")
def _(outcome):
    only(outcome)
    assert len(outcome.acts[0].images) == 1
    assert outcome.images == ["/a.png"]


# people


def boosts(outcome: Outcome) -> list[str]:
    return [act.uri.rpartition("/")[2] for act in outcome.acts if act.act == "boost"]


@right("K1", "K3", "M1", "M3")
def _(outcome):
    assert outcome.texts == []
    assert boosts(outcome) == ["104"]


@right("K4")
def _(outcome):
    assert outcome.texts == []
    assert boosts(outcome) == ["102"] or outcome.held()


@right("K5")
def _(outcome):
    quoted = [str(act.fields["quoted_status_id"]) for act in outcome.acts if act.act == "quote"]
    assert quoted == ["103"]
    assert outcome.texts == []
    assert set(boosts(outcome)) <= {"102"}


@right("L1")
def _(outcome):
    assert "102" in boosts(outcome)


# edits and the queue


@right("N1")
def _(outcome):
    assert [act.act for act in outcome.acts] == ["post"]
    assert [delivery["error"].partition(":")[0] for delivery in outcome.held()] == ["review"]


@right("N3")
def _(outcome):
    assert [act.act for act in outcome.acts] == ["post"] * 12


@right("N4")
def _(outcome):
    assert outcome.texts[-1].startswith("Headline number 3")
    assert outcome.queue == []


@right("Q1")
def _(outcome):
    assert [act.act for act in outcome.acts] == ["post", "edit"]
    link = "https://site.example/minister-resigns"
    assert outcome.acts[1].text.startswith("Minister resigns over budget")
    assert link in outcome.acts[1].text


@right("Q3")
def _(outcome):
    text = only(outcome)
    assert "Right title" in text
    assert "Wrnog" not in text


@right("Q4")
def _(outcome):
    titles = [text.partition("\n")[0] for text in outcome.texts]
    assert titles == [f"Corrected {n} words {3 * n}" for n in range(1, 7)]
    assert {act.act for act in outcome.acts} == {"post"}


@right("T1")
def _(outcome):
    assert [act for act in outcome.acts if act.account == "bot"] == []
    assert [delivery["account"] for delivery in outcome.held()] == ["bot"]
    assert outcome.held()[0]["error"]
