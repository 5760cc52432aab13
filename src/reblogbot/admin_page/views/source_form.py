"""The pages on which a source is edited: its keys in a form, or its table as TOML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from reblogbot.admin.config_text import shortened, source_texts, with_source_text
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin.source_form import (
    SourceForm,
    TypedForm,
    edited_text,
    place_faults,
    source_form,
)
from reblogbot.admin.source_preview import SourcePreview, preview_source
from reblogbot.admin_page.other_servers import finished
from reblogbot.admin_page.request import NotThere, Page, PageRequest, Redirect, Reply, Route
from reblogbot.admin_page.tools import version_of
from reblogbot.config.load import read_text
from reblogbot.config.saving import difference
from reblogbot.errors import ConfigError, ConfigFault, ReblogbotError
from reblogbot.words import Words

CHANGED_MEANWHILE = Words(
    "The config was changed meanwhile, so nothing was saved. Below is what was changed, and what"
    " you typed. Save again to write it on top of that."
)
NOT_CHANGED = Words("Nothing was changed.")
NOT_VALID = Words("Nothing was saved: the config would not be valid. See the faults below.")
_FIELD = "key:"


def show_form(request: PageRequest) -> Reply:
    """The form with the values of the file, and its faults."""
    text = read_text(request.tools.path)
    return _FormPage(request, text, _existing_form(text, request.parts["name"])).reply()


def save_form(request: PageRequest) -> Reply:
    """Write what was changed in the form, if the config is valid then."""
    return _with_change(request, lambda page, change: _saved(page.request, change, "edit"))


def preview_form(request: PageRequest) -> Reply:
    """The form as it was typed, and what the source would post with that."""

    def preview(page: _FormPage, change: ConfigChange) -> Reply:
        config = change.check()
        run = preview_source(config, request.tools.store, page.form.name)
        page = replace(page, difference=change.difference)
        try:
            return replace(page, preview=finished(run)).reply()
        except ReblogbotError as error:
            return replace(page, message=error.message).reply()

    return _with_change(request, preview)


def show_text(request: PageRequest) -> Reply:
    """The table of the source as it is in the file."""
    text, name = read_text(request.tools.path), request.parts["name"]
    _existing_form(text, name)
    table = source_texts(text).get(name, "")
    return _text_page(request, text, request.tools.hide_secrets(table))


def save_text(request: PageRequest) -> Reply:
    """Write another text for the table of the source, if the config is valid then."""
    path, name = request.tools.path, request.parts["name"]
    text, typed = read_text(path), request.value("text")
    try:
        if version_of(text) != request.value("version"):
            raise ConfigError("config_changed", CHANGED_MEANWHILE)
        table = request.tools.restore_secrets(typed, text)
        change = ConfigChange(path, text, with_source_text(text, name, table))
        return _saved(request, change, "toml")
    except ConfigError as error:
        if error.slug == "config_changed":
            return _text_page(request, read_text(path), typed, message=CHANGED_MEANWHILE)
        message = NOT_VALID if error.faults else error.message
        return _text_page(request, text, typed, message=message, faults=error.faults)


@dataclass(frozen=True)
class _FormPage:
    """The page with a form that was made from a text of the config."""

    request: PageRequest
    text: str
    form: SourceForm
    typed: TypedForm = field(default_factory=lambda: TypedForm({}))
    message: str = ""
    faults: Sequence[ConfigFault] | None = None
    """Those of the config as it would be with what was typed; None for those of the file."""
    field_faults: Mapping[str, str] = field(default_factory=dict)
    difference: str = ""
    preview: SourcePreview | None = None

    def reply(self) -> Page:
        faults = _file_faults(self.request) if self.faults is None else self.faults
        placed, others = place_faults(self.form, faults)
        for name, message in self.field_faults.items():
            placed.setdefault(name, []).append(message)
        values = {
            "name": self.form.name,
            "base": _base(self.form.name),
            "form": self.form,
            "texts": self.typed.texts,
            "removed": self.typed.removed,
            "header_name": self.typed.header[0],
            "faults": placed,
            "other_faults": others,
            "version": self.request.tools.remember_text(self.text),
            "message": self.message,
            "difference": self.difference,
            "preview": self.preview,
        }
        return Page("source_form.html", values)


def _with_change(request: PageRequest, act: Callable[[_FormPage, ConfigChange], Reply]) -> Reply:
    """What an action makes of the typed change; the form again where that cannot be made."""
    path, typed = request.tools.path, _typed(request)
    text = read_text(path)
    if version_of(text) != request.value("version"):
        return _conflict(request, text, typed)
    form = source_form(text, request.parts["name"], typed.texts.get("kind", ""))
    page = _FormPage(request, text, form, typed)
    changes, faults = typed.changes(form)
    if faults:
        return replace(page, message=NOT_VALID, field_faults=faults).reply()
    try:
        return act(page, ConfigChange(path, text, edited_text(text, form.name, changes)))
    except ConfigError as error:
        if error.slug == "config_changed":
            return _conflict(request, read_text(path), typed)
        message = NOT_VALID if error.faults else error.message
        return replace(page, message=message, faults=error.faults).reply()


def _conflict(request: PageRequest, text: str, typed: TypedForm) -> Reply:
    """The form on the new text, with only what was typed otherwise than in the text before."""
    name = request.parts["name"]
    before = request.tools.past_text(request.value("version"))
    if before is not None:
        fields = source_form(before, name, typed.texts.get("kind", "")).fields
        changed = {
            key: value
            for key, value in typed.texts.items()
            if key in fields and typed.is_changed(fields[key])
        }
        typed = replace(typed, texts=changed)
    form = source_form(text, name, typed.texts.get("kind", ""))
    page = _FormPage(request, text, form, typed, message=CHANGED_MEANWHILE)
    return replace(page, difference=_since(request, text)).reply()


def _text_page(
    request: PageRequest,
    text: str,
    typed: str,
    message: str = "",
    faults: Sequence[ConfigFault] = (),
) -> Page:
    name = request.parts["name"]
    is_changed = message is CHANGED_MEANWHILE
    values = {
        "name": name,
        "base": _base(name),
        "typed": typed,
        "faults": faults,
        "version": request.tools.remember_text(text),
        "message": message,
        "difference": _since(request, text) if is_changed else "",
    }
    return Page("source_toml.html", values)


def _saved(request: PageRequest, change: ConfigChange, page: str) -> Reply:
    """Save a change, and tell it. Raises ConfigError."""
    name = request.parts["name"]
    path = f"{_base(name)}/{page}"
    if change.is_empty:
        return Redirect(path, NOT_CHANGED)
    change.save()
    lines = shortened(change.difference)
    message = Words("{source} was saved.\n{difference}", source=name, difference=lines)
    return Redirect(path, message)


def _since(request: PageRequest, text: str) -> str:
    """What was changed in the config since the form was made, "" if that is not known."""
    before = request.tools.past_text(request.value("version"))
    return "" if before is None else difference(request.tools.path, before, text)


def _typed(request: PageRequest) -> TypedForm:
    texts = {
        name.removeprefix(_FIELD): values[0].replace("\r\n", "\n")
        for name, values in request.form.items()
        if name.startswith(_FIELD)
    }
    header = (request.value("header_name").strip(), request.value("header_value"))
    return TypedForm(texts, frozenset(request.values("remove")), header)


def _existing_form(text: str, name: str) -> SourceForm:
    """The form of a source. Raises NotThere if there is none of that name."""
    try:
        return source_form(text, name)
    except ConfigError as error:
        if error.slug == "source_unknown":
            raise NotThere from None
        raise


def _file_faults(request: PageRequest) -> Sequence[ConfigFault]:
    """The faults of the file as it is."""
    try:
        return request.tools.config_file().partial.faults
    except ConfigError as error:
        return error.faults


def _form_of(request: PageRequest) -> Reply:
    return Redirect(f"{_base(request.parts['name'])}/edit")


def _base(name: str) -> str:
    """The path of the source's page."""
    return f"/sources/{quote(name, safe='')}"


ROUTES = (
    Route("GET", "/sources/{name}/edit", show_form),
    Route("POST", "/sources/{name}/edit", save_form),
    Route("POST", "/sources/{name}/preview", preview_form, is_slow=True),
    # the address that stays in the browser when a preview is shown
    Route("GET", "/sources/{name}/preview", _form_of),
    Route("GET", "/sources/{name}/toml", show_text),
    Route("POST", "/sources/{name}/toml", save_text),
)
