"""Images on their way to an account's server: uploaded, and waited for until they are ready."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from reblogbot.errors import Doubtful, RateLimited, TargetError, Unreachable
from reblogbot.model import Image
from reblogbot.targets.mastodon.responses import Answer, Purpose, remote_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from mastodon import Mastodon

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class Ask(Protocol):
    """One call to the server; see `MastodonTarget`."""

    def __call__(
        self,
        call: Callable[[Mastodon], object],
        purpose: Purpose,
        doing: str,
        seconds: float | None = None,
    ) -> Answer:
        """The answer, good for its purpose, within `seconds`. Raises TargetError."""
        ...


def uploaded(ask: Ask, images: Sequence[Image], longest_alt: int, seconds: float) -> list[str]:
    """The ids of those images the server has taken and is done with, all within `seconds`.

    Any other is left out and logged. Raises Unreachable and RateLimited: then nothing of the
    post was made, and the images may come along another time.
    """
    ends = time.monotonic() + seconds
    ids = []
    for image in images:
        try:
            ids.append(_uploaded(ask, image, image.alt[:longest_alt], ends))
        except (Unreachable, RateLimited):
            raise
        except TargetError as error:
            log.warning("image left out", extra={"slug": error.slug, "error": error.message})
    return ids


def _uploaded(ask: Ask, image: Image, alt: str, ends: float) -> str:
    answer = ask(
        lambda client: client.media_post(
            image.content, mime_type=image.mime, description=alt or None
        ),
        "create",
        "uploading an image",
        _left(ends),
    )
    named = remote_id(answer.json())
    if answer.status == 202:
        _await(ask, named, ends)
    return named


def _await(ask: Ask, named: str, ends: float) -> None:
    """Return once the server is done with it; it says 206 until then."""
    in_path = quote(named, safe="")
    for turn in count():
        time.sleep(min(_FIRST_PAUSE * 2**turn, _LONGEST_PAUSE, _left(ends)))
        answer = ask(
            lambda client: client.media(in_path), "read", "waiting for an image", _left(ends)
        )
        if answer.status != 206:
            return


def _left(ends: float) -> float:
    """The seconds left. Raises Doubtful when there are none."""
    left = ends - time.monotonic()
    if left <= 0:
        raise Doubtful(
            "image_unready",
            "no time left for another image; raise delivery.timeout if the line is slow",
        )
    return left
