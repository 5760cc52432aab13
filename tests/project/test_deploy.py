"""The files of deploy/: what systemd and a container engine read, and what an admin types.

No container engine runs here: Dockerfile and compose file are read, not built.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from reblogbot.runtime.lease_owner import BOOT_ID
from reblogbot.runtime.parser_pool import ParserProcessPool

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = ("reblogbot.service", "reblogbot-sync.service")
UNITS = (*SERVICES, "reblogbot-sync.timer")
PROGRAM = "/opt/reblogbot/venv/bin/reblogbot"
MIB = 1024 * 1024

Directive = tuple[str, str, str]


def directives(unit: str) -> list[Directive]:
    """Section, key and value of every line that sets something."""
    section, parsed = "", []
    for line in (DEPLOY / unit).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            parsed.append((section, key, value))
    return parsed


def value(unit: str, key: str) -> str:
    (only,) = [v for _, k, v in directives(unit) if k == key]
    return only


@pytest.fixture
def analyze():
    """Runs systemd-analyze, which needs no running systemd for this."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=60, check=False
        )

    return run


# --- systemd


@pytest.mark.parametrize("unit", SERVICES)
def test_units_expose_at_most_1_3(unit, analyze):
    judged = analyze("security", "--offline=true", "--threshold=13", str(DEPLOY / unit))
    assert "Overall exposure level" in judged.stdout
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


def test_units_are_what_systemd_understands(analyze, tmp_path):
    for unit in UNITS:
        text = (DEPLOY / unit).read_text(encoding="utf-8")
        # the one thing that is not on the machine a test runs on
        (tmp_path / unit).write_text(text.replace(PROGRAM, shutil.which("true")), encoding="utf-8")
    checked = analyze("verify", "--man=no", *(str(tmp_path / unit) for unit in UNITS))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_every_setting_of_a_unit_has_its_reason(unit):
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    body = re.search(r"^\[(?:Service|Timer)\]\n(.*?)(?=^\[|\Z)", text, re.DOTALL | re.MULTILINE)
    paragraphs = [part for part in body[1].split("\n\n") if part.strip()]
    unexplained = [p.splitlines()[0] for p in paragraphs if not p.strip().startswith("#")]
    # the first line says what kind of service it is, which needs a reason like any other
    assert [line for line in unexplained if not line.startswith("#")] == []


def test_both_services_are_locked_up_alike():
    def hardening(unit: str) -> list[Directive]:
        parsed = directives(unit)
        keys = [key for _, key, _ in parsed]
        return [d for d in parsed[keys.index("NoNewPrivileges") :] if d[0] == "Service"]

    assert len(hardening(SERVICES[0])) > 25
    assert hardening(SERVICES[0]) == hardening(SERVICES[1])


@pytest.mark.parametrize("unit", SERVICES)
def test_units_hide_other_processes_and_the_kernel_and_dump_no_memory(unit):
    assert value(unit, "ProtectProc") == "invisible"
    assert value(unit, "ProcSubset") == "pid"
    assert value(unit, "LimitCORE") == "0"
    # what the program cannot read there any more
    assert ("Service", "Environment", f"{BOOT_ID}=%b") in directives(unit)


def test_the_daemon_is_not_started_again_where_that_would_change_nothing():
    assert value("reblogbot.service", "Restart") == "on-failure"
    assert value("reblogbot.service", "RestartPreventExitStatus") == "2 3"


def test_units_ask_for_nothing_but_the_tokens_beside_their_config():
    assert "--config /etc/reblogbot/config.toml run" in value("reblogbot.service", "ExecStart")
    assert "sync --due" in value("reblogbot-sync.service", "ExecStart")
    assert value("reblogbot.service", "StateDirectory") == "reblogbot"


def room_for_parse_workers() -> int:
    """Bytes all parse workers may take together, before the program itself takes any."""
    defaults = {n: p.default for n, p in inspect.signature(ParserProcessPool).parameters.items()}
    return defaults["workers"] * defaults["memory"]


@pytest.mark.parametrize("unit", SERVICES)
def test_a_units_memory_bound_leaves_room_for_every_parse_worker(unit):
    bound = value(unit, "MemoryMax")
    assert bound.endswith("M")
    assert int(bound[:-1]) * MIB >= room_for_parse_workers() + 256 * MIB
    assert value(unit, "OOMPolicy") == "continue"


# --- containers


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined) if word]


def last_stage() -> dict[str, str]:
    lines = instructions()
    starts = [at for at, (word, _) in enumerate(lines) if word == "FROM"]
    return dict(lines[starts[-1] :])


def test_the_image_is_built_from_the_lock_and_keeps_no_cache():
    installs = [
        rest
        for word, rest in instructions()
        if word == "RUN" and re.search(r"\bpip\b.*\binstall\b", rest)
    ]
    assert len(installs) == 2
    assert all("--no-cache-dir" in line for line in installs)
    assert "--require-hashes -r $LOCK" in installs[0]
    assert ("ARG", "LOCK=requirements.lock") in instructions()
    assert {"--no-deps", "--no-build-isolation"} <= set(installs[1].split())


@pytest.fixture
def registry(tmp_path):
    """A docker command that knows the digest of each image, as `make pin-images` asks for it."""

    def knowing(digests):
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        cases = "".join(f"{name}) echo {digest};;" for name, digest in digests.items())
        program.write_text(f'#!/bin/sh\ncase "$4" in {cases} *) exit 1;; esac\n')
        program.chmod(0o755)
        (tmp_path / "deploy").mkdir(exist_ok=True)
        return subprocess.run(
            ["make", "--file", ROOT / "Makefile", "pin-images"],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return knowing


DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def test_every_image_can_be_pinned_by_digest_and_compose_reads_the_pins(registry, tmp_path):
    named = {
        match[1]: match[2]
        for name in ("compose.yaml", "compose.cluster.yaml")
        for match in re.finditer(
            r"\$\{(\w+_IMAGE):-([^}]+)\}", (DEPLOY / name).read_text(encoding="utf-8")
        )
    }
    assert set(named) == {"PYTHON_IMAGE", "POSTGRES_IMAGE"}
    process = registry(dict.fromkeys(named.values(), DIGEST))
    assert process.returncode == 0, process.stderr
    pins = (tmp_path / "deploy" / ".env").read_text(encoding="utf-8").splitlines()
    assert pins == [f"{key}={image}@{DIGEST}" for key, image in named.items()]
    froms = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert froms == ["${PYTHON_IMAGE}"] * 2
    assert ("ARG", f"PYTHON_IMAGE={named['PYTHON_IMAGE']}") in instructions()


def test_pins_that_cannot_be_looked_up_leave_the_old_ones(registry, tmp_path):
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / ".env").write_text("old")
    assert registry({}).returncode != 0
    assert registry({"python:3.13-slim-bookworm": ""}).returncode != 0
    assert (tmp_path / "deploy" / ".env").read_text() == "old"


def test_the_image_runs_as_nobody_in_particular_and_says_how_to_stop_it():
    stage = last_stage()
    assert stage["USER"] == "10001:10001"
    assert stage["VOLUME"] == "/data"
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert stage["ENTRYPOINT"] == '["reblogbot"]'
    assert stage["CMD"] == '["run"]'
    assert stage["HEALTHCHECK"].endswith('CMD ["reblogbot", "health"]')


def test_all_the_image_copies_is_there_and_nothing_else_reaches_the_engine():
    copied = {
        name
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for name in rest.split()[:-1]
    }
    written = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in written
    assert {line[1:] for line in written if line.startswith("!")} == copied
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_compose_file_takes_every_privilege_away():
    (service,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == last_stage()["USER"]
    assert service["init"] is True
    assert service["ulimits"] == {"core": 0}
    assert service["volumes"] == ["./data:/data"]
    assert int(service["mem_limit"].removesuffix("m")) * MIB >= room_for_parse_workers() + 256 * MIB
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert "privileged" not in service
    assert "network_mode" not in service


def test_the_cluster_has_several_daemons_as_confined_as_one_alone():
    services = yaml.safe_load((DEPLOY / "compose.cluster.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    (alone,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ].values()
    daemons = [services[name] for name in services if name.startswith("reblogbot")]
    assert len(daemons) >= 3
    free = {"build", "image", "volumes", "depends_on", "environment"}
    for daemon in daemons:
        assert {key: daemon[key] for key in alone.keys() - free} == {
            key: alone[key] for key in alone.keys() - free
        }
        assert daemon["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert daemon["volumes"] == ["./data:/data:ro"]
        lock = daemon["build"]["args"]["LOCK"]
        assert (ROOT / lock).is_file()
        assert "psycopg" in (ROOT / lock).read_text(encoding="utf-8")
        assert (DEPLOY / daemon["build"]["context"] / daemon["build"]["dockerfile"]).is_file()


def test_the_clusters_database_is_reached_by_its_daemons_alone_and_keeps_its_rows():
    cluster = yaml.safe_load((DEPLOY / "compose.cluster.yaml").read_text(encoding="utf-8"))
    postgres = cluster["services"]["postgres"]
    assert "ports" not in postgres
    assert postgres["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    assert postgres["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert set(cluster["volumes"]) == {"postgres"}
    # no password stands in the file, nor in anybody's environment
    assert "POSTGRES_PASSWORD" not in postgres["environment"]
    assert set(postgres["secrets"]) == set(cluster["secrets"])


# --- what an admin types


@cache
def help_of(*command: str) -> str:
    process = subprocess.run(
        [sys.executable, "-m", "reblogbot", *command, "--help"],
        env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, f"reblogbot {' '.join(command)}: {process.stderr}"
    return process.stdout


CALL = re.compile(
    rf"^(?:{PROGRAM}|(?:docker compose .* (?:run --rm|exec reblogbot(?:-1)?) )?reblogbot) (.+)$",
    re.MULTILINE,
)


def shown_commands() -> list[list[str]]:
    """The arguments of every call of reblogbot in the guide, the wrapper and the units."""
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`(reblogbot [^`]+)`", guide)
    starts = [value(unit, "ExecStart") for unit in SERVICES]
    return [
        shlex.split(call, comments=True)
        for call in CALL.findall("\n".join([*blocks, *inline, *starts]))
    ]


def test_every_command_in_the_deploy_guide_exists():
    verbs = set()
    for call in shown_commands():
        words = list(takewhile(re.compile("[a-z]+").fullmatch, after_global_options(call)))
        help_text = help_of() + help_of(*words)
        options = [word.partition("=")[0] for word in call if word.startswith("-")]
        assert [o for o in options if not re.search(rf"(?<![\w-]){o}(?![\w-])", help_text)] == [], (
            call
        )
        verbs.update(words[:1])
    assert {"init", "check", "sandbox", "preview", "sync", "status", "backup", "run"} <= verbs


def after_global_options(call: list[str]) -> list[str]:
    if call[:1] == ["--config"]:
        return call[2:]
    return call[1:] if call[:1] == ["--version"] else call


def test_the_deploy_guide_asks_for_the_scopes_that_posting_needs_and_no_more():
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\b(?:read|write|follow|push|admin)(?::\w+)+", readme)) == {
        "read:accounts",
        "read:statuses",
        "read:search",
        "write:statuses",
        "write:media",
    }
