"""Documents of our own making, as sources really send them: formats, encodings, oddities, ruins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

# so many entries has each document that can be read
ENTRIES = 3


@dataclass(frozen=True)
class Document:
    """A document as it is served; `entries` is how many it shows, 0 where none can be read."""

    name: str
    body: bytes
    kind: str = "application/xml"
    entries: int = ENTRIES


def link(name: str, number: int) -> str:
    """The address of an entry; no two documents share one."""
    return f"https://{name}.example/story/{number}?id={number}"


def title(name: str, number: int) -> str:
    """The title of an entry, in letters that all the encodings have."""
    return f"Story {number} of {name} 第{number}回"


# formats

Make = Callable[[str, str], str]


def _rss(
    name: str, encoding: str, *, version: str = "2.0", extra: str = "", date: bool = True
) -> str:
    dated = "<pubDate>Mon, 02 Mar 2026 08:0{n}:00 GMT</pubDate>" if date else ""
    items = "".join(
        f"<item><title>{title(name, n)}</title><link>{link(name, n)}</link>"
        f"<description>Words of {n}</description>{dated.format(n=n)}{extra.format(n=n)}</item>\n"
        for n in range(ENTRIES)
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="{version}" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/"><channel>'
        f"<title>{name}</title><link>https://{name}.example/</link>{items}</channel></rss>"
    )


def _rss_091(name: str, encoding: str) -> str:
    return _rss(name, encoding, version="0.91", date=False)


def _rss_rich(name: str, encoding: str) -> str:
    extra = (
        '<guid isPermaLink="false">urn:{n}</guid><dc:creator>Ann</dc:creator>'
        "<content:encoded><![CDATA[<p>Rich &amp; <b>bold</b> {n}</p>]]></content:encoded>"
        '<media:thumbnail url="https://img.example/{n}.png"/><category>news</category>'
    )
    return _rss(name, encoding, extra=extra)


def _rdf(name: str, encoding: str) -> str:
    items = "".join(
        f'<item rdf:about="{link(name, n)}"><title>{title(name, n)}</title>'
        f"<link>{link(name, n)}</link></item>"
        for n in range(ENTRIES)
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/"><channel rdf:about="https://{name}.example/">'
        f"<title>{name}</title></channel>{items}</rdf:RDF>"
    )


def _atom(name: str, encoding: str) -> str:
    entries = "".join(
        f'<entry><title>{title(name, n)}</title><link href="{link(name, n)}"/>'
        f"<id>tag:{name}.example,2026:{n}</id><updated>2026-03-02T08:0{n}:00Z</updated>"
        f'<summary type="html">&lt;p&gt;Words of {n}&lt;/p&gt;</summary></entry>'
        for n in range(ENTRIES)
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xml:lang="zh"><title>{name}</title><id>urn:{name}</id>{entries}</feed>'
    )


def _json(name: str, encoding: str) -> str:
    items = [
        {"id": str(n), "url": link(name, n), "title": title(name, n), "content_text": "Words"}
        for n in range(ENTRIES)
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": name}
    return json.dumps({**head, "items": items}, ensure_ascii=False)


FORMATS: dict[str, Make] = {
    "rss": _rss,
    "rss091": _rss_091,
    "rssrich": _rss_rich,
    "rdf": _rdf,
    "atom": _atom,
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5", "shift_jis"]


def _encoded() -> Iterator[Document]:
    for form, encoding in product(FORMATS, ENCODINGS):
        name = f"{form}-{encoding.replace('_', '-')}"
        declared = encoding.removesuffix("-sig")
        yield Document(name, FORMATS[form](name, declared).encode(encoding))
    for encoding in ("utf-8", "utf-8-sig"):
        name = f"json-{encoding}"
        body = _json(name, encoding).encode(encoding)
        yield Document(name, body, "application/feed+json")


# oddities: what every reader must take, and does

ODD: dict[str, Callable[[str], str]] = {
    "as-text": lambda name: _rss(name, "utf-8"),
    "no-dates": lambda name: _rss(name, "utf-8", date=False),
    "mad-dates": lambda name: _rss(name, "utf-8").replace("GMT", "Mars time"),
    "no-declaration": lambda name: _rss(name, "utf-8").partition("\n")[2],
    "wrong-declaration": lambda name: _rss(name, "us-ascii"),
    "blank-first": lambda name: "\n\n  " + _rss(name, "utf-8"),
    "comment-first": lambda name: "<!-- made by hand -->" + _rss(name, "utf-8").partition("\n")[2],
    "doctype": lambda name: _rss(name, "utf-8").replace("\n", "\n<!DOCTYPE rss>\n", 1),
    "bare-ampersand": lambda name: _rss(name, "utf-8").replace("Words", "Salt & pepper &nbsp;"),
    "controls": lambda name: _rss(name, "utf-8").replace("Words", "Wo\x0brds\x01 \x00"),
    "bad-reference": lambda name: _rss(name, "utf-8").replace("Words", "W&#xD800;&#x110000;&#0;"),
    "html-titles": lambda name: _rss(name, "utf-8").replace("Story", "&lt;b&gt;Story&lt;/b&gt;"),
    "upper-case": lambda name: _rss(name, "utf-8").replace("item>", "ITEM>"),
    "no-end": lambda name: _rss(name, "utf-8").removesuffix("</channel></rss>"),
    "trailing-page": lambda name: _rss(name, "utf-8") + "<script>alert(1)</script>",
    "unknown-space": lambda name: _rss(name, "utf-8").replace("<item>", "<item><x:y>z</x:y>"),
    "deep": lambda name: _rss(name, "utf-8").replace("Words", "&lt;div&gt;" * 3000 + "Words"),
    "long": lambda name: _rss(name, "utf-8").replace("Words", "长文 " * 40_000),
    "many-lines": lambda name: _rss(name, "utf-8").replace("><", ">\r\n\t<"),
    "mentions": lambda name: _rss(name, "utf-8").replace("Story", "@admin@social.example ＠you"),
}
TWICE = "twice"
KINDS = [
    "text/html",
    "text/plain",
    "application/octet-stream",
    "",
    "application/rss+xml; charset=x",
]


def _odd() -> Iterator[Document]:
    for name, make in ODD.items():
        yield Document(name, make(name).encode(), "application/rss+xml")
    for number, kind in enumerate(KINDS):
        name = f"kind-{number}"
        yield Document(name, _atom(name, "utf-8").encode(), kind)
    twice = _rss(TWICE, "utf-8").replace("</channel>", "")
    body = twice.replace("</rss>", _rss(TWICE, "utf-8").partition("</link>")[2])
    yield Document(TWICE, body.replace("?id=", "?utm_source=again&amp;id=", 1).encode())


# ruins: a clear error, and nothing else


def _entity_bomb() -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 8))
    head = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "boom">{levels}]>'
    return f"{head}<rss><channel><item><title>&e7;</title></item></channel></rss>".encode()


RUINS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "application/xml"),
    "white": (b" \n\t ", "application/xml"),
    "page": (b"<!DOCTYPE html><html><title>Home</title><p>hello", "text/html"),
    "login": (b"<html><head><title>Log in</title></head><form></form></html>", "application/xml"),
    "words": (b"Not found.", "text/plain"),
    "json": (b'{"error": "rate limited"}', "application/json"),
    "json-list": (b"[1, 2, 3]", "application/json"),
    "json-cut": (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{',
        "application/json",
    ),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "application/xml"),
    "random": (bytes((n * 73 + 41) % 256 for n in range(5000)), "application/rss+xml"),
    "bomb": (_entity_bomb(), "application/xml"),
    "external": (
        (
            b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel><item>'
            b"<title>&f;</title></item></channel></rss>"
        ),
        "application/xml",
    ),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><title>x</title></svg>', "image/svg+xml"),
    "opml": (b'<opml version="2.0"><body><outline text="x"/></body></opml>', "text/xml"),
}


def documents() -> list[Document]:
    """All of them."""
    ruins = [Document(name, body, kind, 0) for name, (body, kind) in RUINS.items()]
    return [*_encoded(), *_odd(), *ruins]
