"""The posts of a blog: by their names, and the user's own latest ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reblogbot.core.mastodon_json import instant, text
from reblogbot.core.text import html_to_text
from reblogbot.errors import Doubtful
from reblogbot.model import PublishedStatus, Receipt
from reblogbot.targets.shared.html_links import links_in
from reblogbot.targets.wordpress.responses import number
from reblogbot.targets.wordpress.site import Site
from reblogbot.targets.wordpress.slugs import identity_in
from reblogbot.words import Words

STANDING = "publish,future,draft,pending,private"
"""The statuses of posts that nobody has deleted."""
TRASH = "trash"
PAGE_SIZE = 20
MAX_PAGES = 5
_FIELDS = "id,slug,status,link,date_gmt,title,content"


def named_posts(site: Site, slugs: Sequence[str]) -> list[Mapping[str, Any]]:
    """The posts with these names, also those in the trash, the first made first."""
    posts = site.get(
        "posts",
        "looking for the post",
        slug=",".join(slugs),
        status=f"{STANDING},{TRASH}",
        context="edit",
        per_page=100,
        _fields="id,slug,status,link",
    )
    return sorted(_entities(posts, site), key=lambda post: number(post, "id"))


def own_posts(site: Site, user_id: int) -> Iterator[PublishedStatus]:
    """The user's latest posts of any status, without those in the trash."""
    for page in range(1, MAX_PAGES + 1):
        posts = site.get(
            "posts",
            "reading its posts",
            author=user_id,
            status=STANDING,
            context="edit",
            orderby="id",
            per_page=PAGE_SIZE,
            page=page,
            _fields=_FIELDS,
        )
        yield from map(published_post, _entities(posts, site))
        if len(posts) < PAGE_SIZE:
            return


def published_post(post: Mapping[str, Any]) -> PublishedStatus:
    """A post as it was read with `context=edit`."""
    content = raw(post, "content")
    return PublishedStatus(
        receipt(post),
        f"{html_to_text(raw(post, 'title'))}\n{html_to_text(content)}",
        links_in(content),
        created_at=instant(post, "date_gmt"),
        identity=identity_in(text(post, "slug")),
    )


def receipt(post: Mapping[str, Any]) -> Receipt:
    """The receipt of a post: its id and its page, which visitors of a draft do not see."""
    return Receipt(str(number(post, "id")), text(post, "link"))


def raw(entity: Mapping[str, Any], name: str) -> str:
    """A text of a post as it was written, "" where there is none."""
    field = entity.get(name)
    # not by `text`, which cuts long texts
    written = field.get("raw") if isinstance(field, Mapping) else ""
    return written if isinstance(written, str) else ""


def _entities(posts: object, site: Site) -> list[Mapping[str, Any]]:
    """The posts of a list. Raises Doubtful for anything else."""
    if not isinstance(posts, list) or not all(number(post, "id") for post in posts):
        raise Doubtful(
            "unreadable_answer", Words("{host}: the answer is no list of posts.", host=site.host)
        )
    return posts
