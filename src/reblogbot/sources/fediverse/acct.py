"""The address of an account in the config: "@user@host"."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_ACCT = re.compile(r"@?([^@\s/]+)@([^@\s/]+)")


def read_acct(written: str) -> str:
    """The full address of an account without the first @: "user@host". Raises ValueError."""
    match = _ACCT.fullmatch(written.strip())
    if match is None:
        raise ValueError('must be a full fediverse address: "@user@social.example"')
    return f"{match[1]}@{match[2]}"


Acct = Annotated[str, AfterValidator(read_acct)]
