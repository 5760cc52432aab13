"""Pages from templates, in the language and the time zone of the admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from gettext import GNUTranslations, NullTranslations
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from babel.dates import format_datetime, format_skeleton, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reblogbot.admin.queue_actions import STATES
from reblogbot.admin_page.request import PageRequest
from reblogbot.core.text.links import LINK
from reblogbot.store.schema import EPOCH
from reblogbot.words import Words

LANGUAGES = {"en": "English", "zh": "中文"}
VISIBILITIES = {
    "public": Words("public"),
    "unlisted": Words("unlisted"),
    "private": Words("followers only"),
    "direct": Words("direct"),
}
SHOWN_OF_LINK = 45
"""Characters of a link that a post shows."""
_FOLDER = Path(__file__).parent
_HEADER_PART = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*q=([0-9.]{1,5}))?\s*"
)


def language_of(header: str) -> str:
    """The language that an Accept-Language header prefers among ours; English for none."""
    best = ("en", 0.0)
    for part in header[:500].split(","):
        match = _HEADER_PART.fullmatch(part)
        if match is None or match[1].lower() not in LANGUAGES:
            continue
        try:
            weight = float(match[2] or 1)
        except ValueError:
            continue
        if weight > best[1]:
            best = (match[1].lower(), weight)
    return best[0]


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; English needs none."""
    file = _FOLDER / "locales" / language / "LC_MESSAGES" / "reblogbot.po"
    if not file.is_file():
        return NullTranslations()
    with file.open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def asset(name: str) -> tuple[bytes, str]:
    """The content of a static file, and a digest of it for its address."""
    content = (_FOLDER / "static" / name).read_bytes()
    return content, blake2b(content, digest_size=6).hexdigest()


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("reblogbot.admin_page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    catalogue = translations(language)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["words"] = lambda text: translated(text, language)
    environment.filters["number"] = lambda number: format_decimal(number, locale=language)
    environment.filters["safe_link"] = _safe_link
    environment.filters["span"] = lambda span: _span(span, language)
    environment.filters["segment"] = lambda text: quote(text, safe="")

    environment.filters["link_parts"] = link_parts
    environment.filters["host"] = lambda url: urlsplit(url).netloc
    environment.filters["file_name"] = _file_name
    environment.filters["micros"] = lambda at: (at - EPOCH) // timedelta(microseconds=1)
    environment.globals["states"] = {state.value: name for state, name in STATES.items()}
    environment.globals["visibilities"] = VISIBILITIES
    return environment


def translated(text: str, language: str) -> str:
    """A text in the language: words are translated, anything else stays as it is."""
    if isinstance(text, Words):
        return text.translated(translations(language))
    return text


def _rounded_span(duration: timedelta, language: str) -> str:
    """A duration in its two largest units: `3 hr 12 min`."""
    parts: list[tuple[int, str]] = []
    seconds = max(0, int(duration.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if (number or parts or size == 1) and len(parts) < 2:
            parts.append((number, f"duration-{unit}"))
    return " ".join(
        format_unit(number, unit, "short", locale=language)
        for number, unit in parts
        if number or len(parts) == 1
    )


def _span(span: timedelta, language: str) -> str:
    """A span of time, exactly, in the largest unit that it is a whole number of."""
    seconds = span / timedelta(seconds=1)
    units = (("day", 86_400), ("hour", 3600), ("minute", 60))
    for unit, size in units:
        if seconds and seconds % size == 0:
            return format_unit(int(seconds // size), f"duration-{unit}", locale=language)
    return format_unit(seconds, "duration-second", locale=language)


def _safe_link(url: str) -> str:
    """A link of a source if it leads to the web; "" for any other scheme."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def link_parts(text: str) -> list[tuple[str, str]]:
    """The parts of a post's text, each with the address that it leads to, "" for plain text.

    Links are shortened as servers shorten them.
    """
    parts, end = [], 0
    for match in LINK.finditer(text):
        url = match[0]
        if not _safe_link(url):
            continue
        parts.append((text[end : match.start()], ""))
        shown = url.partition("://")[2].removeprefix("www.")
        parts.append((shown if len(shown) <= SHOWN_OF_LINK else f"{shown[:SHOWN_OF_LINK]}…", url))
        end = match.end()
    return [*parts, (text[end:], "")]


def _file_name(url: str) -> str:
    """The last part of a link's path; the link itself where it has none."""
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2][:80] or url
    except ValueError:
        return url


def render(template: str, values: Mapping[str, Any], request: PageRequest, prefix: str) -> str:
    """The HTML of a page. `prefix` is the path under which a proxy serves it, without a slash."""
    now = request.tools.now()
    language, zone = request.language, request.zone

    def link(path: str, **query: object) -> str:
        """The address of a page of ours."""
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        return f"{prefix}{path}" + (f"?{urlencode(given)}" if given else "")

    def static(name: str) -> str:
        return f"{prefix}/static/{asset(name)[1]}/{name}"

    def ago(at: datetime | None) -> str:
        """The time since, or until, an instant."""
        if at is None:
            return translations(language).gettext("never")
        return format_timedelta(at - now, add_direction=True, locale=language, format="short")

    def span(duration: timedelta) -> str:
        """A duration in its two largest units: `3 hr 12 min`."""
        return _rounded_span(duration, language)

    def exact(at: datetime) -> str:
        return format_datetime(at, "medium", tzinfo=zone, locale=language)

    def clock(at: datetime, pattern: str = "HH:mm") -> str:
        """The time of an instant, with its date if that is not today."""
        local = at.astimezone(zone)
        time = format_time(local, pattern, tzinfo=zone, locale=language)
        if local.date() == now.astimezone(zone).date():
            return time
        return f"{format_skeleton('MMMd', local, tzinfo=zone, locale=language)} {time}"

    def csrf() -> Markup:
        """The field that tells a form of ours from one of another site."""
        return Markup('<input type="hidden" name="csrf" value="{}">').format(
            request.session.csrf_token
        )

    common: dict[str, Callable[..., str] | Any] = {
        "ago": ago,
        "clock": clock,
        "csrf": csrf,
        "exact": exact,
        "is_config_broken": request.tools.is_config_broken and request.admin != "",
        "language": language,
        "languages": LANGUAGES,
        "link": link,
        "now": now,
        "path": request.path,
        "request": request,
        "span": span,
        "static": static,
        "stopped_at": request.tools.stopped_at if request.admin else None,
        "zone": zone,
    }
    return _environment(language).get_template(template).render(common | dict(values))
