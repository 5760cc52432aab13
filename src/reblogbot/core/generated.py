"""Text that a step returned, made safe: what a model or a program writes is foreign text."""

from __future__ import annotations

from collections.abc import Collection

from reblogbot.core.text import clean
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.sentences import cut


def cleaned(
    text: str,
    *,
    own_links: Collection[str],
    own_tags: Collection[str],
    keep_links: bool,
    most: int,
) -> str:
    """The text as it may be posted, in at most `most` graphemes."""
    del own_links, own_tags, keep_links
    return cut(clean(defuse(text)), most)
