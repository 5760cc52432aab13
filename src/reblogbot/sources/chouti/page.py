"""抽屉新热榜 in HTML: the two generations of its pages, and fragments of them."""

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
# what a link to an entry's comments says
_COUNT = re.compile(r"\W*\d*\W*(?:条?评论|comments?)?\W*\d*\W*", re.IGNORECASE)
# the older pages say everything in attributes of one element, for sharing
_SHARED = "[share-linkid]"
_ENTRY = ".link-item, .link-con [data-id], .content-list .item, #content-list .item"
_TITLE = "a.link-title, .link-title, a.show-content, .show-content, h1 a, h2 a, h3 a"


def records(html: str) -> list[Record]:
    """The entries of a page, in its order, with the names the JSON has for their fields."""
    page = LexborHTMLParser(html)
    for read in (_newer, _older, _linked):
        found: dict[str, Record] = {}
        for record in read(page):
            found.setdefault(record["id"], record)
        if found:
            return list(found.values())
    return []


def _newer(page: LexborHTMLParser) -> Iterator[Record]:
    for node in page.css(_ENTRY):
        titled = node.css_first(_TITLE)
        id_ = _id_of(node) or (_id_of(titled) if titled else "")
        if titled is None or not id_ or node.css_first(_SHARED) is not None:
            continue
        yield {
            "id": id_,
            "title": _plain(titled),
            "nick": _text(node, ".author-name, .user-name, .user-a b"),
            "ups": _text(node, ".recommend-number, .digg-a b"),
            "comments_count": _text(node, ".comment-number, .discus-a b"),
            "section_name": _text(node, ".link-subject, .section-name, .left.time-into-pool + a"),
            "img_url": _image(node),
            "time_into_pool": _time(node),
        }


def _older(page: LexborHTMLParser) -> Iterator[Record]:
    for node in page.css(_SHARED):
        id_ = node.attrs.sget("share-linkid").strip()
        whole = _enclosing(node)
        if _ID.fullmatch(id_):
            yield {
                "id": id_,
                "title": node.attrs.sget("share-title") or _text(whole, _TITLE),
                "summary": node.attrs.sget("share-summary"),
                "nick": _text(whole, ".user-a b"),
                "ups": _text(whole, ".digg-a b"),
                "comments_count": _text(whole, ".discus-a b"),
                "section_name": node.attrs.sget("share-subject") or _text(whole, ".content-kind"),
                "img_url": node.attrs.sget("share-pic") or _image(whole),
                "time_into_pool": _time(whole),
            }


def _linked(page: LexborHTMLParser) -> Iterator[Record]:
    """Of any other page what it links to by permalink, under the longest name it has there."""
    titles: dict[str, str] = {}
    for node in page.css("a[href*='/link/']"):
        found = _PERMALINK.fullmatch(node.attrs.sget("href").strip())
        title = (node.attrs.sget("title") or _plain(node)).strip()
        if found and not _COUNT.fullmatch(title) and len(title) > len(titles.get(found[1], "")):
            titles[found[1]] = title
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
    return next((found[1] for found in permalinks if found), "")


def _enclosing(node: LexborNode) -> LexborNode:
    """The element an older page puts all of one entry in."""
    around: LexborNode | None = node
    for _ in range(4):
        around = around.parent if around is not None else None
        if around is None or not around.is_element_node:
            break
        if "item" in around.attrs.sget("class").split():
            return around
    return node


def _text(node: LexborNode, selector: str) -> str:
    found = node.css_first(selector)
    return _plain(found) if found is not None else ""


def _plain(node: LexborNode) -> str:
    return html_to_text(node.inner_html or "")


def _time(node: LexborNode) -> str:
    """When the entry came into the list: an epoch number, or a span such as `14分钟前入热榜`."""
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
