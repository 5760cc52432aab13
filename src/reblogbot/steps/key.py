"""The key of a model's service, from a file, the environment or a systemd credential."""

from __future__ import annotations

from collections.abc import Mapping

from reblogbot.config.secrets import SecretMissing
from reblogbot.config.settings import StepSettings
from reblogbot.config.tokens import read_step_key, token_digest
from reblogbot.errors import StepError
from reblogbot.words import Words


def read_key(settings: StepSettings, environ: Mapping[str, str]) -> str:
    """The key of the step's service, read again at each call; "" where the config names none.

    Raises StepError, final.
    """
    try:
        return read_step_key(settings, environ)
    except SecretMissing as error:
        message = Words(
            "steps.{name}: no key ({reason}); put the key of the service there",
            name=settings.name,
            reason=error.reason,
        )
    raise StepError("step_key_missing", message, is_final=True, is_of_service=True)


def mark_of(settings: StepSettings, environ: Mapping[str, str]) -> str:
    """A digest that changes when the settings or the key do. It does not reveal the key."""
    try:
        key = read_key(settings, environ)
    except StepError:
        key = ""
    return token_digest(f"{settings.model_dump_json()}\n{key}")
