"""The alert rules and the dashboard of deploy/ are well formed, and ask for what there is.

No Prometheus runs here: expressions are read, not evaluated.
"""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import tomlkit
import yaml

from reblogbot import app
from reblogbot.admin import metrics
from reblogbot.core.round_report import PollReport
from reblogbot.daemon.stats import DaemonStats, Latency
from reblogbot.model import StepAnswer, StepText
from reblogbot.store.steps import StepCall
from steps_of_commands import chat

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\b(?:reblogbot|process)_[a-z0-9_]+")
RULES = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((ROOT / "deploy" / "dashboard.json").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
PANELS = DASHBOARD["panels"]


@pytest.fixture
def exposed(configured, clock):
    """Every sample there can be: its name, and the labels it bears."""
    configured.sync()
    with configured.path.open("a") as file:
        file.write(f"\n{tomlkit.dumps({'steps': {'explain': chat()}})}")
    config = app.load_config(configured.path)
    stats = DaemonStats(config)
    stats.polled(PollReport("hot", "failed", slug="timeout"))
    stats.latencies["news"] = Latency()
    with configured.store() as store:
        store.outbox.release_account("news", rate_remaining=7)
        call = StepCall(b"k" * 32, "explain", None, "", "", 1)
        assert store.steps.begin(call, clock.now(), timedelta(minutes=1), None)
        answer = StepAnswer("Text.", tokens_in=1, tokens_out=1, cost=0.1)
        store.steps.finish(call, answer, StepText("Text."), 1, clock.now())
        facts = metrics.read(store, config, clock.now())
    text = metrics.exposition(stats, facts, clock.now()).decode()
    found = re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE)
    samples = {}
    for name, labels in found:
        samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return samples


EXPRESSIONS = [
    *(rule["expr"] for rule in ALERTS),
    *(target["expr"] for panel in PANELS for target in panel["targets"]),
]


def test_only_metrics_that_exist_are_asked_for(exposed):
    asked = {name for expression in EXPRESSIONS for name in NAME.findall(expression)}
    assert asked - exposed.keys() == set()
    assert all(NAME.search(expression) for expression in EXPRESSIONS)


def test_only_labels_that_exist_are_asked_for(exposed):
    known = set().union(*exposed.values()) | {"instance"}
    for expression in EXPRESSIONS:
        for name, matchers in re.findall(r"(reblogbot_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)(?:=~|!=|=)", matchers)) <= exposed[name], expression
        for listed in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
            assert set(listed.split(", ")) <= known, expression


def test_brackets_and_quotes_are_closed():
    for expression in EXPRESSIONS:
        bare = re.sub(r'"[^"]*"', "", expression)
        assert '"' not in bare, expression
        for opening, closing in ("()", "{}", "[]"):
            assert bare.count(opening) == bare.count(closing), expression


def test_each_alert_names_the_problem_and_the_remedy():
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) >= 8
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))


def test_the_states_and_causes_in_the_rules_are_those_of_the_program():
    text = (ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8")
    states = set(re.findall(r'(?:deliveries|delivery_seconds)\{state="(\w+)"\}', text))
    assert states <= {state.value for state in metrics.COUNTED_STATES}
    assert set(re.findall(r'cause!="(\w+)"', text)) == {"rate_limited"}


def test_every_alert_is_explained_in_the_docs():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in ALERTS if f"`{rule['alert']}`" not in operations] == []


def test_every_metric_is_explained_in_the_docs(exposed):
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    bare = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in exposed}
    ours = {name for name in bare if name.startswith("reblogbot_")}
    assert [name for name in sorted(ours) if f"`{name}" not in operations] == []


def test_the_panels_of_the_dashboard_lie_side_by_side():
    taken = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    (variable,) = DASHBOARD["templating"]["list"]
    assert {panel["datasource"]["uid"] for panel in PANELS} == {f"${{{variable['name']}}}"}
