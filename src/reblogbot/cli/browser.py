"""Opening the admin's web browser."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from contextlib import suppress

FAILURE_SECONDS = 1.0
"""How long a browser may take to fail. It may run for hours, or hand over to one that runs."""


def open_browser(url: str) -> bool:
    """Open the address in `$BROWSER`, else in the system's browser; False where there is none.

    Browsers that would take over the terminal are used only where `$BROWSER` names them.
    """
    command = os.environ.get("BROWSER", "").strip()
    if command:
        return _start(command, url)
    has_desktop = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if not has_desktop:
        return False
    import webbrowser  # noqa: PLC0415  most logins on servers need none

    try:
        return webbrowser.open(url)
    except (OSError, webbrowser.Error):
        return False


def _start(command: str, url: str) -> bool:
    """Whether `$BROWSER`, in which %s may stand for the address, starts and does not fail then."""
    try:
        words = shlex.split(command)
        words = [word.replace("%s", url) for word in words]
        if "%s" not in command:
            words.append(url)
        # it goes on by itself: its output does not belong here, nor does our Ctrl-C concern it
        process = subprocess.Popen(  # noqa: S603  the admin names the program
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return False
    with suppress(subprocess.TimeoutExpired):
        return process.wait(FAILURE_SECONDS) == 0
    # waited for beside us, or it would remain as a zombie
    threading.Thread(target=process.wait, daemon=True).start()
    return True
