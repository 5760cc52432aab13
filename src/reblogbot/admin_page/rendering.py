"""Pages from templates, in the language and the time zone of the admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from babel.dates import format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reblogbot.admin_page.request import PageRequest
from reblogbot.words import Words

RESERVED_NAMES = frozenset({"add", "import", "export", "remove"})
"""Names of sources whose pages would have the paths of others."""
LANGUAGES = {"en": "English", "zh": "中文"}
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
    catalogue = translations(language)
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["words"] = lambda text: translated(text, language)
    environment.filters["number"] = lambda number: format_decimal(number, locale=language)
    environment.filters["safe_link"] = _safe_link
    return environment


def translated(text: str, language: str) -> str:
    """A text in the language: words are translated, anything else stays as it is."""
    if isinstance(text, Words):
        return text.translated(translations(language).gettext)
    return text


def _safe_link(url: str) -> str:
    """A link of a source if it leads to the web; "" for any other scheme."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def source_path(name: str, below: str = "") -> str:
    """The path of a source's page, or of the page of this name below it."""
    if name in RESERVED_NAMES:
        below = below or "overview"
    return f"/sources/{quote(name, safe='')}" + (f"/{below}" if below else "")


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

    def exact(at: datetime) -> str:
        return format_datetime(at, "medium", tzinfo=zone, locale=language)

    def csrf() -> Markup:
        """The field that tells a form of ours from one of another site."""
        return Markup('<input type="hidden" name="csrf" value="{}">').format(
            request.session.csrf_token
        )

    common: dict[str, Callable[..., str] | Any] = {
        "ago": ago,
        "csrf": csrf,
        "exact": exact,
        "language": language,
        "languages": LANGUAGES,
        "link": link,
        "now": now,
        "path": request.path,
        "request": request,
        "source_path": source_path,
        "static": static,
        "zone": zone,
    }
    return _environment(language).get_template(template).render(common | dict(values))
