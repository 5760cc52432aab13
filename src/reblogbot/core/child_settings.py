"""Settings for the parser child, which gets no secret of the config."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from reblogbot.config.settings import Table

T = TypeVar("T", bound=Table)


def without_secrets(table: T, others: Collection[str]) -> T:
    """The table with defaults in place of secrets, which `repr` hides too, and of `others`."""
    fields = type(table).model_fields
    hidden = [name for name, field in fields.items() if not field.repr or name in others]
    return table.model_copy(
        update={name: fields[name].get_default(call_default_factory=True) for name in hidden}
    )
