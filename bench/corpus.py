"""Generated feeds in the formats, sizes and languages of real ones, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

# programs ignore old entries, so dates are relative to today; nothing else differs between days
EPOCH = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
Write = Callable[[Random, int, int], str]
"""Returns random words: between a least and a most number of them."""

# formats in their proportions: RSS 2.0 with and without full texts, Atom, RSS 1.0 (RDF)
FORMATS = ("rss", "full", "atom", "rss", "full", "atom", "rss", "rdf")
LATIN = (
    "server release city council opens bridge after winter study finds light new engine small "
    "museum library train delayed market code patch kernel garden river school music night over "
    "under between report says first second open source people water energy price road"
).split()
CJK = (
    "今日新闻报道城市图书馆开放桥梁研究发现光明小型引擎列车延误市场代码更新花园"
    "河流学校音乐夜晚人们水能源价格道路日本語東京記事"
)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of the corpus. All its content follows from `number` and `seed`."""

    number: int
    seed: int
    is_short: bool = False
    """Whether it has a single entry, for measures that need thousands of feeds but no texts."""

    @property
    def format(self) -> str:
        """Its format."""
        return FORMATS[self.number % len(FORMATS)]

    def size(self) -> int:
        """The number of its entries: 10 to 100, mostly about 30."""
        if self.is_short:
            return 1
        return max(10, min(100, round(self._rng(0).lognormvariate(3.4, 0.6))))

    def body(self, news: int = 0) -> bytes:
        """The document, with that many new entries at its top."""
        size = self.size()
        numbers = range(size + news, news, -1)
        entries = "\n".join(self._entry(number) for number in numbers)
        return _document(self.format, f"Feed {self.number}", entries).encode()

    def _entry(self, number: int) -> str:
        rng = self._rng(number)
        write = _cjk if self.number % 5 == 0 else _latin
        text = _html(rng, write, 12 if self.format in ("full", "atom") else 4)
        entry = _Entry(
            link=f"https://site{self.number}.example/{number}/{rng.getrandbits(32):x}",
            title=write(rng, 5, 14),
            text=text,
            at=EPOCH + timedelta(minutes=15 * number + rng.randrange(15)),
            author=write(rng, 2, 3),
            tags=tuple(write(rng, 1, 1) for _ in range(rng.randrange(4))),
        )
        return _ENTRIES[self.format](entry)

    def _rng(self, number: int) -> Random:
        # a string as seed gives the same numbers on every Python
        return Random(f"{self.seed}/{self.number}/{number}")  # noqa: S311  no secret


@dataclass(frozen=True, slots=True)
class _Entry:
    link: str
    title: str
    text: str
    at: datetime
    author: str
    tags: tuple[str, ...]


def _latin(rng: Random, least: int, most: int) -> str:
    return " ".join(rng.choices(LATIN, k=rng.randint(least, most))).capitalize()


def _cjk(rng: Random, least: int, most: int) -> str:
    return "".join(rng.choices(CJK, k=rng.randint(least * 2, most * 2)))


def _html(rng: Random, write: Write, most: int) -> str:
    """The HTML of an entry: paragraphs with links, sometimes a picture or a list."""
    parts = []
    for number in range(rng.randint(1, most)):
        link = (
            f'<a href="https://more.example/{number}?a=1&amp;b=2" target="_blank" '
            f'rel="noopener noreferrer">{write(rng, 2, 5)}</a>'
        )
        parts.append(f"<p>{write(rng, 15, 45)}. <em>{write(rng, 3, 8)}</em> {link} &#8230;</p>\n")
    if rng.random() < 0.4:
        picture = f"https://img.example/{rng.getrandbits(24):x}"
        parts.append(
            f'<figure class="wp-block-image size-large"><img loading="lazy" width="1024" '
            f'height="683" src="{picture}-1024x683.jpg" alt="{write(rng, 2, 5)}" '
            f'srcset="{picture}-1024x683.jpg 1024w, {picture}-300x200.jpg 300w" /></figure>\n'
        )
    if rng.random() < 0.2:
        points = "".join(f"<li>{write(rng, 4, 12)}</li>" for _ in range(rng.randint(2, 6)))
        parts.append(f"<ul>{points}</ul>\n")
    return "".join(parts)


def _rss(entry: _Entry) -> str:
    tags = "".join(f"<category>{escape(tag)}</category>" for tag in entry.tags)
    return (
        f"<item><title>{escape(entry.title)}</title><link>{entry.link}</link>"
        f'<guid isPermaLink="true">{entry.link}</guid>'
        f"<pubDate>{format_datetime(entry.at)}</pubDate>"
        f"<dc:creator>{escape(entry.author)}</dc:creator>{tags}"
        f"<description>{escape(entry.text)}</description></item>"
    )


def _full(entry: _Entry) -> str:
    content = f"<content:encoded><![CDATA[{entry.text}]]></content:encoded>"
    return (
        f"<item><title><![CDATA[{entry.title}]]></title><link>{entry.link}</link>"
        f'<guid isPermaLink="false">{entry.link}</guid>'
        f"<pubDate>{format_datetime(entry.at)}</pubDate>"
        f"<dc:creator>{escape(entry.author)}</dc:creator>"
        f"<description>{escape(entry.text[:200])}</description>{content}</item>"
    )


def _atom(entry: _Entry) -> str:
    at = entry.at.isoformat()
    tags = "".join(f'<category term="{escape(tag)}"/>' for tag in entry.tags)
    return (
        f"<entry><id>{entry.link}</id><title>{escape(entry.title)}</title>"
        f'<link href="{entry.link}"/>'
        f"<updated>{at}</updated><published>{at}</published>"
        f"<author><name>{escape(entry.author)}</name></author>{tags}"
        f'<content type="html">{escape(entry.text)}</content></entry>'
    )


def _rdf(entry: _Entry) -> str:
    return (
        f'<item rdf:about="{entry.link}"><title>{escape(entry.title)}</title>'
        f"<link>{entry.link}</link><dc:date>{entry.at.isoformat()}</dc:date>"
        f"<dc:creator>{escape(entry.author)}</dc:creator>"
        f"<description>{escape(entry.text)}</description></item>"
    )


_ENTRIES = {"rss": _rss, "full": _full, "atom": _atom, "rdf": _rdf}


def _document(format_: str, title: str, entries: str) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    modules = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    if format_ == "atom":
        return (
            f'{head}<feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title>'
            f"<id>urn:feed:{title}</id><updated>{EPOCH.isoformat()}</updated>\n{entries}</feed>"
        )
    if format_ == "rdf":
        return (
            f'{head}<rdf:RDF xmlns="http://purl.org/rss/1.0/" {modules} '
            'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            f'<channel rdf:about="https://rdf.example/"><title>{title}</title>'
            f"<link>https://rdf.example/</link></channel>\n{entries}</rdf:RDF>"
        )
    return (
        f'{head}<rss version="2.0" {modules}><channel><title>{title}</title>'
        f"<link>https://rss.example/</link><description>{title}</description>\n"
        f"{entries}</channel></rss>"
    )
