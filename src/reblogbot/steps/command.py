"""A step that runs a program of this machine."""

from __future__ import annotations

import errno
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reblogbot.config.settings import StepSettings
from reblogbot.core.json_values import object_of, without_surrogates
from reblogbot.core.text import clean, one_line
from reblogbot.errors import StepError
from reblogbot.model import StepAnswer, StepRequest
from reblogbot.runtime.program import EndedProgram, OutputTooLong, run_program
from reblogbot.steps.bounds import max_bytes
from reblogbot.words import Words

PASSED_VARIABLES = frozenset(
    {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"}
)
"""Variables that a program gets, beside LC_*. Ours may hold tokens of accounts and keys."""
_NOT_STARTED = frozenset({126, 127})
"""Exit codes by which a shell or env says that it cannot start a program (POSIX, XCU 2.8.2)."""
_NO_PROGRAM = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENOEXEC, errno.ELOOP})
_MAX_QUOTE = 200


class CommandStep:
    """Runs the program of a table [steps.NAME]; implements `ports.Step`.

    The program reads a JSON object and writes a text, or a JSON object with `text` and perhaps
    `title`. It runs without a shell, in `folder`, with PASSED_VARIABLES alone.
    """

    def __init__(self, settings: StepSettings, folder: Path, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._folder = folder
        self._words = shlex.split(settings.command)
        self._environ = environ
        # without the arguments, which may hold a secret
        self._where = f"steps.{settings.name} ({self._words[0]})"

    async def run(self, request: StepRequest) -> StepAnswer:
        """The program's answer; see `ports.Step`.

        Its failures are of the entry and tried again, unless the program cannot be started.
        """
        program = await self._ended(request)
        if program.code in _NOT_STARTED:
            raise self._not_found(f"ended with {program.code}: {_last_line(program.errors)}")
        if program.code:
            message = Words(
                "{where}: ended with {code}: {words}",
                where=self._where,
                code=program.code,
                words=_last_line(program.errors),
            )
            raise StepError("step_failed", message)
        return self._read(program.output)

    async def _ended(self, request: StepRequest) -> EndedProgram:
        seconds = self._settings.timeout.total_seconds()
        try:
            return await run_program(
                self._words,
                request.prompt.encode("utf-8", "replace"),
                folder=self._folder,
                env=_passed(self._environ),
                seconds=seconds,
                most_output=max_bytes(self._settings),
            )
        except TimeoutError:
            message = Words(
                "{where}: has not ended within {seconds} s, and was killed",
                where=self._where,
                seconds=f"{seconds:g}",
            )
            raise StepError("step_timeout", message) from None
        except OutputTooLong:
            message = Words(
                "{where}: wrote more than {limit} bytes, and was killed",
                where=self._where,
                limit=max_bytes(self._settings),
            )
            raise StepError("step_bad_answer", message) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            if isinstance(error, ValueError) or error.errno in _NO_PROGRAM:
                raise self._not_found(reason) from None
            message = Words(
                "{where}: cannot be started: {reason}", where=self._where, reason=reason
            )
            raise StepError("step_unreachable", message, is_of_service=True) from None

    def _not_found(self, reason: str) -> StepError:
        message = Words(
            "{where}: there is no program that can be started ({reason}); correct command",
            where=self._where,
            reason=reason,
        )
        return StepError("step_not_found", message, is_final=True, is_of_service=True)

    def _read(self, output: bytes) -> StepAnswer:
        try:
            text = output.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            message = Words("{where}: wrote text that is not UTF-8", where=self._where)
            raise StepError("step_bad_answer", message) from None
        document = object_of(text) if text.startswith("{") else None
        if document is not None and not isinstance(document.get("text"), str):
            # such as {"error": …}, which must not be posted as a text
            message = Words('{where}: wrote a JSON object without a "text"', where=self._where)
            raise StepError("step_bad_answer", message)
        answer = _answer(text, document)
        if not clean(answer.text):
            raise StepError("step_empty", Words("{where}: wrote nothing", where=self._where))
        return answer


def _answer(text: str, document: Mapping[str, Any] | None) -> StepAnswer:
    if document is None:
        return StepAnswer(text)
    title = document.get("title")
    return StepAnswer(
        without_surrogates(document["text"]).strip(),
        without_surrogates(title).strip() if isinstance(title, str) else "",
    )


def _passed(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environ.items()
        if name in PASSED_VARIABLES or name.startswith("LC_")
    }


def _last_line(errors: bytes) -> str:
    lines = [one_line(line) for line in errors.decode(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")[-_MAX_QUOTE:]
