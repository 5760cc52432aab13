"""Steps: what is asked about entries, a model or a program, behind `ports.Step` (ADR 0054)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reblogbot.steps.key import mark_of

if TYPE_CHECKING:
    from reblogbot.config.settings import StepSettings
    from reblogbot.ports import Clock, Step

__all__ = ["make_step", "mark_of"]


def make_step(
    settings: StepSettings,
    *,
    clock: Clock,
    folder: Path,
    environ: Mapping[str, str],
    user_agent: str,
) -> Step:
    """The step of a table [steps.NAME].

    `folder` is that of the config, in which programs run; `environ` has the key of a service.
    """
    # aiohttp is imported where a model is asked, and not where steps are only named
    if settings.kind == "command":
        from reblogbot.steps.command import CommandStep  # noqa: PLC0415

        return CommandStep(settings, folder, environ)
    from reblogbot.steps.chat import ChatStep  # noqa: PLC0415

    return ChatStep(settings, clock, environ, user_agent)
