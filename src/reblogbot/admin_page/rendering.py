"""Pages from templates, in the language and the time zone of the admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from reblogbot.admin.queue_actions import STATES
from reblogbot.admin_page.languages import LANGUAGES, translations
from reblogbot.admin_page.localization import Localization
from reblogbot.admin_page.request import PageRequest
from reblogbot.core.text.links import LINK
from reblogbot.store.schema import EPOCH
from reblogbot.words import Words

RESERVED_NAMES = frozenset({"add", "import", "export", "remove"})
"""Names of sources whose pages would have the paths of others."""
VISIBILITIES = {
    "public": Words("public"),
    "unlisted": Words("unlisted"),
    "private": Words("followers only"),
    "direct": Words("direct"),
}
SHOWN_OF_LINK = 45
"""Characters of a link that a post shows."""
_FOLDER = Path(__file__).parent


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
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        translations(language), newstyle=True
    )
    environment.filters["number"] = lambda number: format_decimal(number, locale=language)
    environment.filters["percent"] = lambda share: format_percent(share, locale=language)
    environment.filters["cut"] = _cut
    environment.filters["safe_link"] = safe_link
    environment.filters["words"] = _words
    environment.filters["segment"] = lambda text: quote(text, safe="")

    environment.filters["link_parts"] = link_parts
    environment.filters["host"] = lambda url: urlsplit(url).netloc
    environment.filters["file_name"] = _file_name
    environment.filters["micros"] = lambda at: (at - EPOCH) // timedelta(microseconds=1)
    environment.globals["states"] = {state.value: name for state, name in STATES.items()}
    environment.globals["visibilities"] = VISIBILITIES
    return environment


@pass_context
def _words(context: Context, text: str) -> str:
    """A text of ours in the admin's language."""
    local: Localization = context["local"]
    return local.text(text)


def _cut(text: str, longest: int) -> str:
    """The text, or so many characters of it and an ellipsis."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def safe_link(url: str) -> str:
    """A link of a source if it leads to the web; "" for any other, also for one without a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def source_path(name: str, below: str = "") -> str:
    """The path of a source's page, or of the page of this name below it."""
    if name in RESERVED_NAMES:
        below = below or "overview"
    return f"/sources/{quote(name, safe='')}" + (f"/{below}" if below else "")


def link_parts(text: str, longest: int = 0) -> list[tuple[str, str]]:
    """The parts of a post's text, each with the address that it leads to, "" for plain text.

    Links are shortened as servers shorten them. Of a text of more than `longest` characters (0 for
    any number) the beginning is returned; it ends before a link that does not fit.
    """
    parts, end, length = [], 0, min(longest or len(text), len(text))
    for match in LINK.finditer(text):
        url = match[0]
        if match.end() > length:
            length = min(match.start(), length)
            break
        if not safe_link(url):
            continue
        parts.append((text[end : match.start()], ""))
        label = url.partition("://")[2].removeprefix("www.")
        parts.append((label if len(label) <= SHOWN_OF_LINK else f"{label[:SHOWN_OF_LINK]}…", url))
        end = match.end()
    return [*parts, (text[end:length] + "…" * (length < len(text)), "")]


def _file_name(url: str) -> str:
    """The last part of a link's path; the link itself where it has none."""
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2][:80] or url
    except ValueError:
        return url


def render(template: str, values: Mapping[str, Any], request: PageRequest, prefix: str) -> str:
    """The HTML of a page. `prefix` is the path under which a proxy serves it, without a slash."""
    local = Localization(request.language, request.zone, request.tools.now())

    def link(path: str, **query: object) -> str:
        """The address of a page of ours."""
        given = {name: str(value) for name, value in query.items() if value not in ("", None)}
        return f"{prefix}{path}" + (f"?{urlencode(given)}" if given else "")

    def static(name: str) -> str:
        return f"{prefix}/static/{asset(name)[1]}/{name}"

    def csrf() -> Markup:
        """The field that tells a form of ours from one of another site."""
        return Markup('<input type="hidden" name="csrf" value="{}">').format(
            request.session.csrf_token
        )

    common: dict[str, Callable[..., str] | Any] = {
        "ago": local.ago,
        "clock": local.clock,
        "csrf": csrf,
        "exact": local.exact,
        "is_config_broken": request.tools.is_config_broken and request.admin != "",
        "language": local.language,
        "languages": LANGUAGES,
        "link": link,
        "local": local,
        "now": local.now,
        "path": request.path,
        "request": request,
        "source_path": source_path,
        "span": local.span,
        "static": static,
        "stopped_at": request.tools.stopped_at if request.admin else None,
        "until": local.until,
        "zone": local.zone,
    }
    return _environment(local.language).get_template(template).render(common | dict(values))
