"""Pages from templates, in the language and the time zone of the admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from reblogbot.admin_page.languages import LANGUAGES, translations
from reblogbot.admin_page.localization import Localization
from reblogbot.admin_page.request import PageRequest

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
    environment.filters["safe_link"] = _safe_link
    environment.filters["words"] = _words
    environment.filters["segment"] = lambda text: quote(text, safe="")
    return environment


@pass_context
def _words(context: Context, text: str) -> str:
    """A text of ours in the admin's language."""
    local: Localization = context["local"]
    return local.text(text)


def _safe_link(url: str) -> str:
    """A link of a source if it leads to the web; "" for any other scheme."""
    try:
        return url if urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


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
        "language": local.language,
        "languages": LANGUAGES,
        "link": link,
        "local": local,
        "now": local.now,
        "path": request.path,
        "request": request,
        "span": local.span,
        "static": static,
        "until": local.until,
        "zone": local.zone,
    }
    return _environment(local.language).get_template(template).render(common | dict(values))
