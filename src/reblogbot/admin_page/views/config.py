"""The page "Config": the whole file in an editor, also where it has faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reblogbot.admin.config_text import shortened, with_line_ends_of
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reply, Route
from reblogbot.admin_page.tools import version_of
from reblogbot.config.lint import find_warnings
from reblogbot.config.load import read_text
from reblogbot.config.saving import difference, without_secrets
from reblogbot.core.step_warnings import step_warnings
from reblogbot.errors import ConfigError, ConfigFault
from reblogbot.words import Words

CHANGED_MEANWHILE = Words(
    "The file was changed meanwhile, so nothing was saved. Below is what was changed; your text is"
    " still in the editor, without that. Saving again replaces the file by your text."
)
NOT_CHANGED = Words("Nothing was changed.")
NOT_VALID = Words("Nothing was saved: this text has faults.")
IN_ORDER = Words("No faults. Nothing is saved yet.")
MAX_FAULTS = 50


def show(request: PageRequest) -> Reply:
    """The file as it is, its faults first."""
    return _Editor(request, read_text(request.tools.path), faults=_file_faults(request)).page()


def check(request: PageRequest) -> Reply:
    """The faults or warnings of the typed text, and how it differs from the file."""

    def report(editor: _Editor, change: ConfigChange) -> Reply:
        config = change.check()
        warnings = find_warnings(config, toml=change.after, others=step_warnings(config))
        return replace(editor, message=IN_ORDER, warnings=warnings).page()

    return _with_change(request, report)


def save(request: PageRequest) -> Reply:
    """Write the typed text, if it is valid and nobody else has changed the file."""

    def write(_: _Editor, change: ConfigChange) -> Reply:
        if change.is_empty:
            return Redirect("/config", NOT_CHANGED)
        change.save()
        lines = shortened(change.difference)
        message = Words("The config was saved.\n{difference}", difference=lines)
        return Redirect("/config", message)

    return _with_change(request, write)


@dataclass(frozen=True)
class _Editor:
    """The page with a text. `file` is the text of the file that it was made from.

    `masked` is what was typed, None for the file; `typed` is the same with the secrets that are
    hidden there.
    """

    request: PageRequest
    file: str
    typed: str | None = None
    masked: str | None = None
    message: str = ""
    is_error: bool = False
    faults: Sequence[ConfigFault] = ()
    warnings: Sequence[ConfigFault] = ()
    changed: str = ""
    """How the file was changed by others."""

    def page(self) -> Page:
        path = self.request.tools.path
        text = self.file if self.typed is None else self.typed
        values = {
            "config_path": str(path),
            "text": self.request.tools.hide_secrets(self.file)
            if self.masked is None
            else self.masked,
            "version": self.request.tools.remember_text(self.file),
            "message": self.message,
            "is_error": self.is_error,
            "faults": _with_lines(self.faults, text),
            "warnings": _with_lines(self.warnings, text),
            "omitted": max(0, len(self.faults) - MAX_FAULTS),
            "changed": self.changed,
            "difference": "" if text is self.file else difference(path, self.file, text),
        }
        return Page("config.html", values)


def _with_change(request: PageRequest, act: Callable[[_Editor, ConfigChange], Reply]) -> Reply:
    """What an action makes of the typed text; the editor again where it cannot be done."""
    path = request.tools.path
    file = read_text(path)
    masked = with_line_ends_of(file, request.value("text"))
    past = request.tools.past_text(request.value("version")) or ""
    try:
        typed = request.tools.restore_secrets(masked, f"{file}\n{past}")
    except ConfigError as error:
        return _Editor(request, file, masked, masked, error.message, is_error=True).page()
    editor = _Editor(request, file, typed, masked, is_error=True)
    if version_of(file) != request.value("version"):
        return _conflict(editor)
    try:
        return act(replace(editor, is_error=False), ConfigChange(path, file, typed))
    except ConfigError as error:
        if error.slug == "config_changed":
            return _conflict(replace(editor, file=read_text(path)))
        message = NOT_VALID if error.faults else error.message
        return replace(editor, message=message, faults=error.faults).page()


def _conflict(editor: _Editor) -> Reply:
    """The editor with what was typed, and what others have changed meanwhile."""
    tools = editor.request.tools
    before = tools.past_text(editor.request.value("version"))
    changed = "" if before is None else difference(tools.path, before, editor.file)
    return replace(editor, message=CHANGED_MEANWHILE, changed=changed).page()


def _with_lines(faults: Sequence[ConfigFault], text: str) -> list[tuple[ConfigFault, str]]:
    """The first faults, each with the line that it is on, without secrets."""
    lines = text.split("\n")
    return [
        (
            fault,
            without_secrets(lines[fault.line - 1])[:200] if 0 < fault.line <= len(lines) else "",
        )
        for fault in faults[:MAX_FAULTS]
    ]


def _file_faults(request: PageRequest) -> Sequence[ConfigFault]:
    """The faults of the file as it is; a daemon goes on with the config that it had before."""
    try:
        return request.tools.config_file().partial.faults
    except ConfigError as error:
        return error.faults


ROUTES = (
    Route("GET", "/config", show),
    # files: a form in parts is not longer than what it holds, as a config in CJK would be
    Route("POST", "/config", save, takes_files=True),
    Route("POST", "/config/check", check, takes_files=True),
    # the address that stays in the browser when a check is shown
    Route("GET", "/config/check", lambda _: Redirect("/config")),
)
