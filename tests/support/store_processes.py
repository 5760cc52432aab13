"""Other processes that touch a store: under other rights, from another release, killed midway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import forked_program
import reblogbot
from reblogbot.store.schema import REVISION

OPEN = """
import json, sys
from datetime import UTC, datetime
from reblogbot.errors import StoreError
from reblogbot.store import open_store, read_store

try:
    if sys.argv[2:] == ["read"]:
        store, message = read_store(sys.argv[1], "child"), ""
    else:
        store, message = open_store(sys.argv[1], "child", datetime.now(UTC), busy_ms=50)
    store.close()
except StoreError as error:
    outcome = {"slug": error.slug, "message": error.message, "exit": int(error.exit_code)}
else:
    outcome = {"slug": "", "message": message, "exit": 0}
print(json.dumps(outcome))
"""


def run(script: str, *args: object, under: Sequence[object] = (), path: Path | None = None) -> Any:
    """The JSON in the last line that the script prints, run by another interpreter.

    `under` is a command that starts it under other circumstances, `path` a folder with
    another release of reblogbot.
    """
    if not under and path is None and forked_program.may_fork(os.environ):
        return _run_forked(script, list(map(str, args)))
    child = subprocess.run(
        [*map(str, under), sys.executable, "-c", script, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=_environment(path),
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


def _run_forked(script: str, arguments: list[str]) -> Any:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        child = forked_program.fork(arguments, os.environ, errors, script=script)
        try:
            output, _ = child.communicate(timeout=120)
        finally:
            child.kill()
            child.wait()
        errors.seek(0)
        assert child.returncode == 0, errors.read()
    return json.loads(output.splitlines()[-1])


def start(script: str, *args: object, path: Path | None = None) -> subprocess.Popen[str]:
    """The script, running, with pipes for its lines of input and output."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(path),
    )


def bound_by_modes() -> list[str]:
    """The command that starts a process which cannot write read-only files even as root."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("NOT TESTED: root writes where it may not, and there is no setpriv here")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def on_a_small_disk(folder: Path, size: str) -> list[object]:
    """The command that starts a process with a disk of this size at `folder`."""
    here = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]
    mounted = 'mount -t tmpfs -o size="$1" none "$0" && shift 1 && exec "$@"'
    wanted: list[object] = [*here, "sh", "-c", mounted, folder, size]
    try:
        subprocess.run([*map(str, wanted), "true"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("NOT TESTED: no disk can be mounted here, so none can run full")
    return wanted


def next_release(folder: Path, migration: str) -> Path:
    """A folder with the release after this one, whose tables have changed by `migration`."""
    package = folder / "reblogbot"
    ours = Path(reblogbot.__file__).parent
    shutil.copytree(ours, package)
    (package / "store" / "migrations" / "versions" / "9999_next.py").write_text(
        migration, encoding="utf-8"
    )
    schema = package / "store" / "schema.py"
    text = schema.read_text(encoding="utf-8")
    ours = f'REVISION = "{REVISION}"'
    assert ours in text
    schema.write_text(text.replace(ours, 'REVISION = "9999"'), encoding="utf-8")
    return folder


def _environment(path: Path | None) -> dict[str, str]:
    changes = {"PYTHONPATH": str(path)} if path else {}
    return {**os.environ, **changes}
