"""Documents of our own making as they come in from the wild: every format, many encodings, broken ones."""

from __future__ import annotations

import json

_TITLES = ("一颗没人要的彗星", "Straße & Café", "Why <b>cats</b> win", "日本語の見出し")


def documents() -> dict[str, tuple[bytes, str]]:
    """The documents by name, each with its content type."""
    found: dict[str, tuple[bytes, str]] = {}
    for number, title in enumerate(_TITLES):
        for version in ("0.91", "0.92", "2.0"):
            name = f"rss-{version}-{number}"
            found[name] = (_rss(name, title, version).encode(), "application/rss+xml")
        found[f"rdf-{number}"] = (_rdf(f"rdf-{number}", title).encode(), "application/rdf+xml")
        found[f"atom-{number}"] = (_atom(f"atom-{number}", title).encode(), "application/atom+xml")
        found[f"json-{number}"] = (_json(f"json-{number}", title), "application/feed+json")
    found |= _encoded() | _odd() | _broken()
    return found


def _items(name: str, title: str, extra: str = "") -> str:
    return "".join(
        f"<item><title><![CDATA[{title} {n}]]></title><link>https://{name}.example/{n}</link>{extra}"
        f"<description>text {n}</description></item>"
        for n in range(3)
    )


def _rss(name: str, title: str, version: str = "2.0", items: str = "") -> str:
    return (
        f'<?xml version="1.0"?><rss version="{version}"><channel><title>{name}</title>'
        f"<link>https://{name}.example/</link><description>d</description>"
        f"{items or _items(name, title)}</channel></rss>"
    )


def _rdf(name: str, title: str) -> str:
    items = "".join(
        f'<item rdf:about="https://{name}.example/{n}"><title><![CDATA[{title}]]></title>'
        f"<link>https://{name}.example/{n}</link></item>"
        for n in range(3)
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://{name}.example/">'
        f"<title>{name}</title></channel>{items}</rdf:RDF>"
    )


def _atom(name: str, title: str) -> str:
    entries = "".join(
        f"<entry><id>urn:{name}:{n}</id><title><![CDATA[{title}]]></title>"
        f'<link href="https://{name}.example/{n}"/><updated>2026-11-2{n}T10:00:00Z</updated></entry>'
        for n in range(3)
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{name}</title>{entries}</feed>'


def _json(name: str, title: str) -> bytes:
    items = [
        {"id": f"{name}-{n}", "url": f"https://{name}.example/{n}", "title": title}
        for n in range(3)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": name, "items": items}
    return json.dumps(feed, ensure_ascii=False).encode()


def _encoded() -> dict[str, tuple[bytes, str]]:
    found = {}
    for encoding, title in (
        ("gb18030", "新热榜"), ("gbk", "新热榜"), ("big5", "新聞"), ("shift_jis", "見出し"),
        ("euc-jp", "見出し"), ("euc-kr", "소식"), ("koi8-r", "Новости"), ("iso-8859-1", "Café"),
        ("windows-1251", "Новости"), ("utf-16", "新热榜"),
    ):  # fmt: skip
        name = f"in-{encoding}"
        text = _rss(name, title).replace("?>", f' encoding="{encoding}"?>', 1)
        found[name] = (text.encode(encoding), "application/rss+xml")
    bare = _rss("in-bom", "标题")
    found["in-bom"] = (b"\xef\xbb\xbf" + bare.encode(), "text/plain")
    return found


def _odd() -> dict[str, tuple[bytes, str]]:
    def items(*bodies: str) -> str:
        return "".join(f"<item>{body}</item>" for body in bodies)

    odd = {
        "no-titles": items(
            "<description>a note</description><link>https://no-titles.example/1</link>"
        ),
        "no-links": items("<title>no link</title><guid isPermaLink='false'>no-links-1</guid>"),
        "no-ids-no-links": items("<title>only a title of no-ids</title>"),
        "same-link-twice": items(
            "<title>t</title><link>https://twice.example/1?utm_source=a</link>",
            "<title>t</title><link>https://twice.example/1?utm_source=b</link>",
        ),
        "relative": items("<title>rel</title><link>/relative/1</link>"),
        "script-link": items(
            "<title>bad link</title><link>javascript:alert(1)</link><guid>s1</guid>"
        ),
        "markup": items(
            "<title>&lt;b&gt;bold&lt;/b&gt; &amp;amp; co</title><link>https://m.example/1</link>"
        ),
        "nonsense-date": items(
            "<title>nd</title><link>https://nd.example/1</link><pubDate>soon</pubDate>"
        ),
        "far-future": items(
            "<title>ff</title><link>https://ff.example/1</link><pubDate>Fri, 01 Jan 2100 00:00:00 GMT</pubDate>"
        ),
        "mention": items(
            "<title>thanks @alice@social.example</title><link>https://me.example/1</link>"
        ),
        "template": items("<title>{{ 7 * 7 }} {% raw %}</title><link>https://te.example/1</link>"),
        "huge-title": items(f"<title>{'long ' * 2000}</title><link>https://hu.example/1</link>"),
        "controls": items("<title>a\u202eb\u200bc</title><link>https://co.example/1</link>"),
    }
    found = {
        name: (_rss(name, "", items=text).encode(), "application/rss+xml")
        for name, text in odd.items()
    }
    found["empty-feed"] = (_rss("empty-feed", "", items=" ").encode(), "application/rss+xml")
    return found


def _broken() -> dict[str, tuple[bytes, str]]:
    whole = _rss("cut", "cut").encode()
    bomb = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel>&b;</channel></rss>'
    return {
        "cut-in-the-middle": (whole[: len(whole) * 2 // 3], "application/rss+xml"),
        "cut-at-the-start": (whole[:40], "application/rss+xml"),
        "a-page": (b"<!doctype html><html><title>Log in</title><body>hello</body></html>", "text/html"),
        "nothing": (b"", "application/rss+xml"),
        "blanks": (b" \n\t ", "application/rss+xml"),
        "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png"),
        "plain-json": (b'{"error": "no such feed"}', "application/json"),
        "bad-json": (b'{"version": "https://jsonfeed.org/version/1", "items": [', "application/json"),
        "entity-bomb": (bomb, "application/xml"),
        "surrogate": (_rss("surrogate", "&#xD800;&#x110000;").encode(), "application/rss+xml"),
        "path": (b"/etc/passwd", "text/plain"),
        "nul": (b"\x00" * 300, "application/rss+xml"),
    }  # fmt: skip
