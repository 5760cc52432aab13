"""Feeds of what accounts have posted: only what everybody may see at their servers too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reblogbot.admin.documents.history import link_of, title_of
from reblogbot.config.settings import Config
from reblogbot.core.article_markup import text_blocks, to_html, web_link
from reblogbot.core.outgoing_feeds import (
    MOST_ENTRIES,
    FeedEntry,
    OutgoingFeed,
    urn,
)
from reblogbot.model import Block, Delivery, DeliveryState, Post, Span
from reblogbot.store import Store
from reblogbot.store.posted import PostedFilter, PostedPost
from reblogbot.store.schema import EPOCH

LOOKED_AT = 3 * MOST_ENTRIES
"""How many of the newest posts and edits a feed is made of."""
_PUBLIC = ("public", "unlisted")


def posted_feed(
    config: Config, names: Sequence[str], posts: Iterable[PostedPost], url: str = ""
) -> OutgoingFeed:
    """The feed of these accounts, whose own address is `url`.

    `posts` are theirs, newest first, with the edits of these. What is not public, or was retracted,
    is left out.
    """
    entries = [
        _entry(config, post, edit)
        for post, edit in _with_edits(posts)
        if _is_public(config, (edit or post).delivery)
    ]
    title = ", ".join(names)
    places = [f"{name} {_place(config, name)}" for name in names]
    return OutgoingFeed(
        urn("feed", *places), title or "reblogbot", EPOCH, entries[:MOST_ENTRIES], url
    )


def read_posted_feed(config: Config, store: Store, name: str, url: str = "") -> OutgoingFeed:
    """The feed of an account from the store. Raises StoreError."""
    page = store.posted.page(PostedFilter(account=name), None, LOOKED_AT)
    return posted_feed(config, [name], page.posts, url)


def _is_public(config: Config, delivery: Delivery) -> bool:
    account = config.accounts.get(delivery.account)
    # a draft is not public until the admin publishes it by hand, which the bot does not learn
    is_draft = account is not None and account.kind == "wordpress" and account.status != "publish"
    return not is_draft and delivery.post.visibility in _PUBLIC


def _with_edits(posts: Iterable[PostedPost]) -> list[tuple[PostedPost, PostedPost | None]]:
    """The posts that stand at their servers, each with its newest edit."""
    edits: dict[tuple[str, str], PostedPost] = {}
    standing = []
    for post in posts:
        delivery = post.delivery
        if delivery.state != DeliveryState.SENT:
            continue
        if delivery.post.action == "edit":
            edits.setdefault((delivery.account, delivery.post.uri), post)
        else:
            remote_id = delivery.receipt.remote_id if delivery.receipt else ""
            standing.append((post, edits.get((delivery.account, remote_id))))
    return standing


def _entry(config: Config, posted: PostedPost, edit: PostedPost | None) -> FeedEntry:
    delivery = posted.delivery
    post = edit.delivery.post if edit else delivery.post
    published = delivery.settled_at or delivery.queued_at
    title, blocks = _title_and_blocks(posted, post)
    return FeedEntry(
        id=urn("post", delivery.account, _place(config, delivery.account), delivery.identity.hex()),
        title=title,
        html=to_html(blocks),
        published=published,
        updated=edit.delivery.settled_at or published if edit else published,
        url=web_link(delivery.receipt.url if delivery.receipt else ""),
        via=web_link(link_of(posted)),
        author=delivery.account,
        tags=post.article.tags if post.article else (),
        language=post.language,
    )


def _title_and_blocks(posted: PostedPost, post: Post) -> tuple[str, Sequence[Block]]:
    """The title, and the text behind its content warning; nothing of a status that is boosted."""
    if post.action == "boost":
        return f"Boosted {post.uri}", (_line(Span("Boosted "), Span(post.uri, post.uri)),)
    blocks = list(post.article.body if post.article else text_blocks(post.text))
    if post.spoiler:
        blocks.insert(0, _line(Span(post.spoiler)))
    if post.action == "quote":
        blocks.append(_line(Span(post.uri, post.uri)))
    title = post.article.title if post.article else post.spoiler or title_of(posted)
    return title, blocks


def _line(*spans: Span) -> Block:
    return Block("paragraph", spans)


def _place(config: Config, name: str) -> str:
    """Where an account publishes, "" for one that is no longer in the config."""
    account = config.accounts.get(name)
    return account.place if account else ""
