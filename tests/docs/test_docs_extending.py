"""The plug-in of docs/extending.md: copied from the page, installed, and run by the program."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from harness import FeedServer, Page

TEXT = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
MODULE, TEST = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PYPROJECT, CONFIG = re.findall(r"^```toml fragment\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
LIST = b"12\thttps://x.example/1\tNight trains return\n7\thttps://x.example/2\tOld carriages\n"


@pytest.fixture
def installed(tmp_path):
    """A folder for PYTHONPATH that contains the plug-in as pip would install it."""
    project = tomllib.loads(PYPROJECT)["project"]
    folder = tmp_path / "site"
    record = folder / "reblogbot_lobby-1.0.dist-info"
    record.mkdir(parents=True)
    (folder / "reblogbot_lobby.py").write_text(MODULE, encoding="utf-8")
    (record / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["reblogbot.sources"].items()
    lines = "".join(f"{kind} = {target}\n" for kind, target in points)
    (record / "entry_points.txt").write_text(f"[reblogbot.sources]\n{lines}")
    return folder


def run(folder, *command, cwd):
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_plug_in_passes_its_own_test(installed, tmp_path):
    (tmp_path / "test_lobby.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    result = run(installed, "-m", "pytest", "-q", "test_lobby.py", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "8 passed" in result.stdout


def test_the_program_polls_the_plug_in_like_any_kind(installed, tmp_path):
    server = FeedServer()
    with server.running():
        server.pages["/trains.tsv"] = Page(LIST)
        (tmp_path / "config.toml").write_text(
            f'[http]\nallow_private = ["{server.address}"]\n[accounts.news]\n'
            'server = "http://127.0.0.1:9"\nallow_http = true\ntoken_env = "T"\n'
            + CONFIG.replace("https://lobby.example", f"http://{server.address}")
            + 'first = "all"\n',
            encoding="utf-8",
        )
        result = run(installed, "-m", "reblogbot", "preview", "--json", cwd=tmp_path)
    preview = json.loads(result.stdout)
    texts = [post["text"] for post in preview["posts"]]
    assert texts == ["Night trains return\nhttps://x.example/1"], result.stderr
    assert [entry["title"] for entry in preview["filtered"]] == ["Old carriages"]


def test_an_unknown_key_of_the_plug_in_is_a_fault_with_its_line(installed, tmp_path):
    (tmp_path / "config.toml").write_text(
        '[accounts.news]\nserver = "https://s.example"\ntoken_env = "T"\n'
        + CONFIG.replace("board", "bord"),
        encoding="utf-8",
    )
    result = run(installed, "-m", "reblogbot", "check", cwd=tmp_path)
    assert result.returncode == 2
    assert (
        'config.toml:7: sources.lobby.bord: unknown key; did you mean "board"?'
        in result.stdout + result.stderr
    )
