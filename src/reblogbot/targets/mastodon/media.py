"""Uploads the images of a post, and waits until the server has processed them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from reblogbot.core.mastodon_json import id_of
from reblogbot.errors import Doubtful, RateLimited, TargetError, Unreachable
from reblogbot.model import Image
from reblogbot.targets.shared.answers import Purpose, ServerAnswer
from reblogbot.words import Words

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
    ) -> ServerAnswer:
        """The answer, good for its purpose, within `seconds`. Raises TargetError."""
        ...


def upload(ask: Ask, images: Sequence[Image], max_alt: int, seconds: float) -> list[str]:
    """The ids of the images that the server accepted and processed, all within `seconds`.

    Any other image is left out and logged. Raises Unreachable and RateLimited: then no part of
    the post exists, and the images can come with the next attempt.
    """
    deadline = time.monotonic() + seconds
    ids = []
    for image in images:
        try:
            ids.append(_upload(ask, image, image.alt[:max_alt], deadline))
        except (Unreachable, RateLimited):
            raise
        except TargetError as error:
            log.warning("image left out", extra={"slug": error.slug, "error": error.message})
    return ids


def _upload(ask: Ask, image: Image, alt: str, deadline: float) -> str:
    answer = ask(
        lambda client: client.media_post(
            image.content, mime_type=image.mime, description=alt or None
        ),
        "create",
        "uploading an image",
        _seconds_left(deadline),
    )
    media_id = id_of(answer.json())
    if answer.status == 202:
        _wait_until_processed(ask, media_id, deadline)
    return media_id


def _wait_until_processed(ask: Ask, media_id: str, deadline: float) -> None:
    """Return once the server has processed the image; it answers 206 until then."""
    path_id = quote(media_id, safe="")
    for attempt in count():
        time.sleep(min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE, _seconds_left(deadline)))
        answer = ask(
            lambda client: client.media(path_id),
            "read",
            "waiting for an image",
            _seconds_left(deadline),
        )
        if answer.status != 206:
            return


def _seconds_left(deadline: float) -> float:
    """The seconds left. Raises Doubtful when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise Doubtful(
            "image_unready",
            Words(
                "no time left for another image; raise delivery.timeout if the connection is slow"
            ),
        )
    return left
