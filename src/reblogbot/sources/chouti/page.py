"""抽屉新热榜 in HTML: the entries of its pages of both designs, and of fragments of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import html_to_text

Record = dict[str, str]
_ID = re.compile(r"\d{1,15}")
_PERMALINK = re.compile(
    r"(?:https?:)?(?://(?:dig|m)\.i?chouti\.(?:com|cn))?/link/(\d{1,15})/?(?:[?#].*)?"
)
# The text of a link to the comments of an entry.
_COUNT = re.compile(r"\W*\d*\W*(?:条?评论|comments?)?\W*\d*\W*", re.IGNORECASE)
# Pages of the old design have everything in the attributes of a sharing element.
_SHARED = "[share-linkid]"
_ENTRY = ".link-item, .link-con [data-id], .content-list .item, #content-list .item"
_TITLE = "a.link-title, .link-title, a.show-content, .show-content, h1 a, h2 a, h3 a"


def records(html: str) -> list[Record]:
    """The entries of a page in its order, as records with the field names of the JSON."""
    page = LexborHTMLParser(html)
    for read in (_new_design, _old_design, _permalinks):
        by_id: dict[str, Record] = {}
        for record in read(page):
            by_id.setdefault(record["id"], record)
        if by_id:
            return list(by_id.values())
    return []


def _new_design(page: LexborHTMLParser) -> Iterator[Record]:
    for node in page.css(_ENTRY):
        title = node.css_first(_TITLE)
        id_ = _id_of(node) or (_id_of(title) if title else "")
        if title is None or not id_ or node.css_first(_SHARED) is not None:
            continue
        yield {
            "id": id_,
            "title": _plain(title),
            "nick": _text(node, ".author-name, .user-name, .user-a b"),
            "ups": _text(node, ".recommend-number, .digg-a b"),
            "comments_count": _text(node, ".comment-number, .discus-a b"),
            "section_name": _text(node, ".link-subject, .section-name, .left.time-into-pool + a"),
            "img_url": _image(node),
            "time_into_pool": _time(node),
        }


def _old_design(page: LexborHTMLParser) -> Iterator[Record]:
    for node in page.css(_SHARED):
        id_ = node.attrs.sget("share-linkid").strip()
        container = _enclosing(node)
        if _ID.fullmatch(id_):
            yield {
                "id": id_,
                "title": node.attrs.sget("share-title") or _text(container, _TITLE),
                "summary": node.attrs.sget("share-summary"),
                "nick": _text(container, ".user-a b"),
                "ups": _text(container, ".digg-a b"),
                "comments_count": _text(container, ".discus-a b"),
                "section_name": node.attrs.sget("share-subject")
                or _text(container, ".content-kind"),
                "img_url": node.attrs.sget("share-pic") or _image(container),
                "time_into_pool": _time(container),
            }


def _permalinks(page: LexborHTMLParser) -> Iterator[Record]:
    """The entries that any page links to by permalink; the longest link text is the title."""
    titles: dict[str, str] = {}
    for node in page.css("a[href*='/link/']"):
        permalink = _PERMALINK.fullmatch(node.attrs.sget("href").strip())
        title = (node.attrs.sget("title") or _plain(node)).strip()
        if permalink is None or _COUNT.fullmatch(title):
            continue
        if len(title) > len(titles.get(permalink[1], "")):
            titles[permalink[1]] = title
    yield from ({"id": id_, "title": title} for id_, title in titles.items())


def _id_of(node: LexborNode) -> str:
    id_ = node.attrs.sget("data-id").strip()
    if _ID.fullmatch(id_):
        return id_
    inner = node.css_first("[data-id]")
    id_ = inner.attrs.sget("data-id").strip() if inner is not None else ""
    if _ID.fullmatch(id_):
        return id_
    links = [node, *node.css("a")]
    permalinks = (_PERMALINK.fullmatch(link.attrs.sget("href").strip()) for link in links)
    return next((permalink[1] for permalink in permalinks if permalink), "")


def _enclosing(node: LexborNode) -> LexborNode:
    """The element around all of one entry on a page of the old design."""
    parent: LexborNode | None = node
    for _ in range(4):
        parent = parent.parent if parent is not None else None
        if parent is None or not parent.is_element_node:
            break
        if "item" in parent.attrs.sget("class").split():
            return parent
    return node


def _text(node: LexborNode, selector: str) -> str:
    match = node.css_first(selector)
    return _plain(match) if match is not None else ""


def _plain(node: LexborNode) -> str:
    return html_to_text(node.inner_html or "")


def _time(node: LexborNode) -> str:
    """When the entry entered the list: an epoch number, or words such as `14分钟前入热榜`."""
    stamped = node.css_first("[data-time]")
    if stamped is not None:
        return stamped.attrs.sget("data-time").strip()
    return _text(node, ".time-a") or _text(node, ".time-into-pool, .time-update")


def _image(node: LexborNode) -> str:
    for image in node.css(".news-pic img, .image-item img, img.image-scale, .image-con img"):
        for name in ("original", "data-original", "data-src", "src"):
            written = image.attrs.sget(name).strip()
            if written and not written.startswith("data:"):
                return written
    return ""
