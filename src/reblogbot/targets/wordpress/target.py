"""Publishes for one user of a blog that runs WordPress."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reblogbot.core.articles import article_of_post
from reblogbot.core.mastodon_json import text
from reblogbot.errors import Doubtful, Rejected, TargetError, Unauthorised
from reblogbot.model import Image, Markup, Post, PublishedStatus, Receipt, ServerLimits
from reblogbot.ports import Clock, FoundStatus, Identity
from reblogbot.runtime.clock import uptime
from reblogbot.targets.shared.transport import lease_until
from reblogbot.targets.wordpress.content import (
    content_html,
    figures_html,
    figures_in,
    title_html,
)
from reblogbot.targets.wordpress.media import MAX_IMAGES, images_of, upload
from reblogbot.targets.wordpress.posts import TRASH, named_posts, own_posts, raw, receipt
from reblogbot.targets.wordpress.responses import number
from reblogbot.targets.wordpress.site import Site
from reblogbot.targets.wordpress.slugs import identity_in, post_slug, trashed_slug
from reblogbot.targets.wordpress.terms import Terms
from reblogbot.words import Words

if TYPE_CHECKING:
    from reblogbot.config.settings import AccountSettings

log = logging.getLogger(__name__)

LIMITS = ServerLimits(characters=60_000, per_link=None, media=MAX_IMAGES)
"""WordPress names no limits; these are of this program. What a blog does not take is left out."""
_NOT_THERE = "not_there"


class WordPressTarget:
    """The Target of one user of a blog.

    The name of a post is made of its delivery's identity. So it is looked for by its name before
    it is made, and what stands there is never made again (ADR 0055).
    """

    def __init__(
        self,
        account: AccountSettings,
        password: Callable[[], str],
        *,
        clock: Clock,
        timeout: timedelta,
        user_agent: str,
    ) -> None:
        self._account = account
        self._password = password
        self._site = Site(
            account.server,
            account.user,
            password,
            clock=clock,
            timeout=timeout,
            user_agent=user_agent,
        )
        self._terms = Terms(self._site)
        # the password and its user: another password may belong to another user
        self._user: tuple[str, int] = "", 0

    @property
    def rate_remaining(self) -> int | None:
        return None

    def verify(self) -> Identity:
        """The user that the password belongs to. Raises Unauthorised if he may not post."""
        password = self._password()
        me = self._site.me()
        self._user = password, number(me, "id")
        capabilities = me.get("capabilities")
        capabilities = capabilities if isinstance(capabilities, Mapping) else {}
        # WordPress takes the name off a pending post of a user who may not publish
        needed = "edit_posts" if self._account.status == "draft" else "publish_posts"
        if not capabilities.get(needed):
            raise Unauthorised(
                "not_allowed",
                Words(
                    "{host}: the user {user} may not do what `status` asks for; give the user the "
                    "role of an author",
                    host=self._site.host,
                    user=self._account.user,
                ),
            )
        return Identity(
            acct=text(me, "username") or text(me, "slug"),
            url=text(me, "link"),
            extra=me,
            warnings=self._warnings(capabilities),
        )

    def scopes(self) -> tuple[str, ...]:
        return ()

    def limits(self) -> ServerLimits:
        return LIMITS

    def publish(
        self,
        post: Post,
        key: str,
        *,
        identity: bytes = b"",
        reply_to: str = "",
        images: Sequence[Image] = (),
        markup: Markup = "plain",
        lease_end: float = inf,
    ) -> Receipt:
        with lease_until(lease_end):
            if post.action == "edit":
                return self._edit(post)
            if post.action != "post" or not identity:
                raise Rejected(
                    "rejected",
                    Words(
                        "{host}: a blog has posts of its own alone, no boosts and no quotes.",
                        host=self._site.host,
                    ),
                )
            # images may use the rest of the lease, but for the time that the post itself needs
            spare = lease_end - uptime() - self._site.seconds
            return self._publish_new(post, identity, images, min(spare, self._site.seconds))

    def _publish_new(
        self, post: Post, identity: bytes, images: Sequence[Image], seconds: float
    ) -> Receipt:
        """The receipt of a new post, or of the one that an earlier attempt has made."""
        standing = self._standing(identity)
        if standing is not None:
            return receipt(standing)
        uploaded = upload(self._site, identity, images, LIMITS.alt, seconds)
        article, slug = article_of_post(post), post_slug(identity)
        body: dict[str, Any] = {
            "slug": slug,
            "title": title_html(article.title),
            "content": content_html(post, figures_html(uploaded)),
            "status": self._status(post),
            "categories": self._terms.ids("categories", self._account.categories),
            "tags": self._terms.ids("tags", article.tags),
        }
        if uploaded:
            body["featured_media"] = uploaded[0].id
        try:
            created = self._site.create("posts", "publishing", body=body)
        except Rejected:
            # perhaps for a category that is gone
            self._terms.forget()
            raise
        first = self._without_twins(created, slug)
        return replace(receipt(first), left_out=len(images) - len(uploaded))

    def _standing(self, identity: bytes) -> Mapping[str, Any] | None:
        """The post of this delivery. Raises Rejected where a person has put it into the trash."""
        slug = post_slug(identity)
        posts = named_posts(self._site, [slug, trashed_slug(slug)])
        for post in posts:
            if text(post, "status") != TRASH:
                return post
        if posts:
            raise self._already_there(
                Words(
                    "{host}: the post was made, and somebody has put it into the trash; it is not "
                    "made again. Restore it there, or delete it there for good",
                    host=self._site.host,
                )
            )
        return None

    def _without_twins(self, created: Mapping[str, Any], slug: str) -> Mapping[str, Any]:
        """The first post of this name, after the others were deleted.

        Two attempts may overlap, if the blog was still at work on the first, without an answer,
        when the second was sent. WordPress then appends a number to the name of the later post,
        or, where it looked at the same instant, does not notice. A plugin may give it any name.
        """
        names = list(dict.fromkeys((slug, text(created, "slug"))))
        try:
            posts = named_posts(self._site, names)
        except TargetError as error:
            log.warning("twins not looked for", extra={"slug": error.slug, "error": error.message})
            return created
        posts = [post for post in posts if text(post, "status") != TRASH]
        first = posts[0] if posts else created
        is_hidden = text(created, "slug").startswith(f"{slug}-") and first.get("slug") != slug
        for twin in [created] if is_hidden else posts[1:]:
            log.warning("a second post was made", extra={"url": text(twin, "link")})
            self._delete_twin(number(twin, "id"))
        if is_hidden:
            raise self._already_there(
                Words(
                    "{host}: a post of this name is there, which {user} may not see; it is not "
                    "made again",
                    host=self._site.host,
                    user=self._account.user,
                )
            )
        return first

    def _delete_twin(self, post_id: int) -> None:
        try:
            self._site.delete(f"posts/{post_id}", "deleting a second post")
        except TargetError as error:
            log.warning("a second post stays", extra={"id": post_id, "error": error.message})

    @staticmethod
    def _already_there(message: str) -> Rejected:
        return Rejected("already_there", message)

    def _edit(self, post: Post) -> Receipt:
        """The receipt of a post with another title and text. Its images are kept.

        An edit may be repeated at will. Raises Rejected where the post is gone or in the trash: an
        edit never publishes it again. Nor does it change what another user has
        taken over, by writing in it or by publishing it.
        """
        standing = self._post(post.uri, "reading the post to edit")
        if standing is None or text(standing, "status") == TRASH:
            raise Rejected(
                "edited_is_gone",
                Words("{host}: the post to edit is gone; nothing is posted.", host=self._site.host),
            )
        if self._last_editor(post.uri) not in (0, self._user_id()):
            raise Rejected(
                "edited_by_hand",
                Words(
                    "{host}: another user has changed or published the post; it is not edited, "
                    "since that might undo that user's work.",
                    host=self._site.host,
                ),
            )
        body = {
            "title": title_html(article_of_post(post).title),
            "content": content_html(post, figures_in(raw(standing, "content"))),
        }
        return receipt(self._site.create(_path(post.uri), "editing", body=body))

    def retract(self, post: Post, remote_id: str, *, lease_end: float = inf) -> bool:
        if not remote_id:
            raise Rejected(
                "not_retracted",
                Words(
                    "{host}: the id of this post is not known, and no post has its name; if it is "
                    "there, delete it by hand.",
                    host=self._site.host,
                ),
            )
        with lease_until(lease_end):
            standing = self._post(remote_id, "reading the post to delete")
            if standing is None:
                return False
            # before the post, from which a repeat knows of them
            identity = identity_in(text(standing, "slug").removesuffix(trashed_slug("")))
            for image in images_of(self._site, identity) if identity else ():
                self._delete(f"media/{number(image, 'id')}", "deleting an image")
            was_there = self._delete(_path(remote_id), "deleting")
            return was_there and text(standing, "status") != TRASH

    def existing(self, post: Post, identity: bytes) -> Receipt | None:
        if post.action != "post" or not identity:
            return None
        posts = named_posts(self._site, [post_slug(identity)])
        return receipt(posts[0]) if posts else None

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        return list(own_posts(self._site, self._user_id()))

    def status(self, post: Post) -> FoundStatus | None:
        return None

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        return {}

    def revoke(self) -> None:
        """Make the application password worthless. Raises TargetError."""
        path = "users/me/application-passwords"
        uuid = text(self._site.get(f"{path}/introspect", "looking for the password"), "uuid")
        self._site.delete(f"{path}/{quote(uuid, safe='')}", "revoking the password")

    def _user_id(self) -> int:
        if self._user[0] != self._password():
            self.verify()
        return self._user[1]

    def _last_editor(self, remote_id: str) -> int:
        """The id of the user who last changed the post, 0 where the blog keeps no revisions."""
        try:
            revisions = self._site.get(
                f"{_path(remote_id)}/revisions", "reading revisions", per_page=1, _fields="author"
            )
        except Doubtful as error:
            if error.slug == _NOT_THERE:
                return 0
            raise
        is_any = isinstance(revisions, list) and bool(revisions)
        return number(revisions[0], "author") if is_any else 0

    def _post(self, remote_id: str, doing: str) -> Mapping[str, Any] | None:
        """The post as it now stands, None where there is none."""
        try:
            post = self._site.get(
                _path(remote_id), doing, context="edit", _fields="id,slug,status,link,content"
            )
        except Doubtful as error:
            if error.slug == _NOT_THERE:
                return None
            raise
        return post if isinstance(post, Mapping) else {}

    def _delete(self, path: str, doing: str) -> bool:
        """Whether the blog deleted it; False where it finds nothing there."""
        try:
            self._site.delete(path, doing)
        except Doubtful as error:
            if error.slug == _NOT_THERE:
                return False
            raise
        return True

    def _status(self, post: Post) -> str:
        return "private" if post.visibility in ("private", "direct") else self._account.status

    def _warnings(self, capabilities: Mapping[str, Any]) -> tuple[str, ...]:
        """What the user may not do that a post can do without."""
        user = self._account.user
        warnings = []
        if not capabilities.get("upload_files"):
            warnings.append(Words("{user} may not upload files: posts have no images", user=user))
        if self._account.categories and not capabilities.get("manage_categories"):
            warnings.append(
                Words(
                    "{user} may not make categories: make those of `categories` by hand", user=user
                )
            )
        return tuple(warnings)


def _path(remote_id: str) -> str:
    return f"posts/{quote(remote_id, safe='')}"
