"""Feeds as the web has them, the same for the same seed: formats, sizes, languages, and news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

# entries are recent, or programs leave them aside: the one thing that differs from day to day
EPOCH = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
Write = Callable[[Random, int, int], str]
"""Makes so many words."""

# how often each stands among feeds: RSS 2.0 with and without whole texts, Atom, RSS 1.0 (RDF)
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
    """One feed of the corpus; `number` and `seed` decide all there is to it."""

    number: int
    seed: int
    is_short: bool = False
    """Whether it shows but one entry: where thousands of feeds are needed, and not their texts."""

    @property
    def form(self) -> str:
        """Of which format it is."""
        return FORMATS[self.number % len(FORMATS)]

    def size(self) -> int:
        """How many entries it shows: 10 to 100, the most some 30."""
        if self.is_short:
            return 1
        return max(10, min(100, round(self._dice(0).lognormvariate(3.4, 0.6))))

    def body(self, news: int = 0) -> bytes:
        """The document, with so many entries added at its top since the first one."""
        size = self.size()
        shown = range(size + news, news, -1)
        entries = "\n".join(self._entry(number) for number in shown)
        return _document(self.form, f"Feed {self.number}", entries).encode()

    def _entry(self, number: int) -> str:
        dice = self._dice(number)
        write = _cjk if self.number % 5 == 0 else _latin
        text = _html(dice, write, 12 if self.form in ("full", "atom") else 4)
        told = _Told(
            link=f"https://site{self.number}.example/{number}/{dice.getrandbits(32):x}",
            title=write(dice, 5, 14),
            text=text,
            at=EPOCH + timedelta(minutes=15 * number + dice.randrange(15)),
            author=write(dice, 2, 3),
            tags=tuple(write(dice, 1, 1) for _ in range(dice.randrange(4))),
        )
        return _ENTRIES[self.form](told)

    def _dice(self, number: int) -> Random:
        # a text as seed: the same on every Python
        return Random(f"{self.seed}/{self.number}/{number}")  # noqa: S311  no secret


@dataclass(frozen=True, slots=True)
class _Told:
    link: str
    title: str
    text: str
    at: datetime
    author: str
    tags: tuple[str, ...]


def _latin(dice: Random, least: int, most: int) -> str:
    return " ".join(dice.choices(LATIN, k=dice.randint(least, most))).capitalize()


def _cjk(dice: Random, least: int, most: int) -> str:
    return "".join(dice.choices(CJK, k=dice.randint(least * 2, most * 2)))


def _html(dice: Random, write: Write, most: int) -> str:
    """What stands in a post: paragraphs as editors write them, pictures, lists."""
    made = []
    for number in range(dice.randint(1, most)):
        link = (
            f'<a href="https://more.example/{number}?a=1&amp;b=2" target="_blank" '
            f'rel="noopener noreferrer">{write(dice, 2, 5)}</a>'
        )
        made.append(f"<p>{write(dice, 15, 45)}. <em>{write(dice, 3, 8)}</em> {link} &#8230;</p>\n")
    if dice.random() < 0.4:
        picture = f"https://img.example/{dice.getrandbits(24):x}"
        made.append(
            f'<figure class="wp-block-image size-large"><img loading="lazy" width="1024" '
            f'height="683" src="{picture}-1024x683.jpg" alt="{write(dice, 2, 5)}" '
            f'srcset="{picture}-1024x683.jpg 1024w, {picture}-300x200.jpg 300w" /></figure>\n'
        )
    if dice.random() < 0.2:
        points = "".join(f"<li>{write(dice, 4, 12)}</li>" for _ in range(dice.randint(2, 6)))
        made.append(f"<ul>{points}</ul>\n")
    return "".join(made)


def _rss(told: _Told) -> str:
    tags = "".join(f"<category>{escape(tag)}</category>" for tag in told.tags)
    return (
        f"<item><title>{escape(told.title)}</title><link>{told.link}</link>"
        f'<guid isPermaLink="true">{told.link}</guid><pubDate>{format_datetime(told.at)}</pubDate>'
        f"<dc:creator>{escape(told.author)}</dc:creator>{tags}"
        f"<description>{escape(told.text)}</description></item>"
    )


def _full(told: _Told) -> str:
    whole = f"<content:encoded><![CDATA[{told.text}]]></content:encoded>"
    return (
        f"<item><title><![CDATA[{told.title}]]></title><link>{told.link}</link>"
        f'<guid isPermaLink="false">{told.link}</guid><pubDate>{format_datetime(told.at)}</pubDate>'
        f"<dc:creator>{escape(told.author)}</dc:creator>"
        f"<description>{escape(told.text[:200])}</description>{whole}</item>"
    )


def _atom(told: _Told) -> str:
    at = told.at.isoformat()
    tags = "".join(f'<category term="{escape(tag)}"/>' for tag in told.tags)
    return (
        f'<entry><id>{told.link}</id><title>{escape(told.title)}</title><link href="{told.link}"/>'
        f"<updated>{at}</updated><published>{at}</published>"
        f"<author><name>{escape(told.author)}</name></author>{tags}"
        f'<content type="html">{escape(told.text)}</content></entry>'
    )


def _rdf(told: _Told) -> str:
    return (
        f'<item rdf:about="{told.link}"><title>{escape(told.title)}</title>'
        f"<link>{told.link}</link><dc:date>{told.at.isoformat()}</dc:date>"
        f"<dc:creator>{escape(told.author)}</dc:creator>"
        f"<description>{escape(told.text)}</description></item>"
    )


_ENTRIES = {"rss": _rss, "full": _full, "atom": _atom, "rdf": _rdf}


def _document(form: str, title: str, entries: str) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?>\n'
    modules = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    if form == "atom":
        return (
            f'{head}<feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title>'
            f"<id>urn:feed:{title}</id><updated>{EPOCH.isoformat()}</updated>\n{entries}</feed>"
        )
    if form == "rdf":
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
