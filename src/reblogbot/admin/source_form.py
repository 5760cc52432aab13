"""A source's keys as the fields of a form, and what was typed there as a change of the config.

A field holds the value as it is in the file. Only what was typed otherwise is written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reblogbot.config.diagnostics import dotted, keys_of
from reblogbot.config.editing import EditableToml, Keys
from reblogbot.config.key_help import KeyHelp, key_help
from reblogbot.config.settings import HASHTAGS_OF_KIND, SourceSettings
from reblogbot.config.toml_values import toml_value
from reblogbot.config.urls import without_user
from reblogbot.config.values import span_text
from reblogbot.errors import ConfigError, ConfigFault, unknown_name_message
from reblogbot.sources import registry
from reblogbot.words import Words

Input = Literal["text", "area", "lines", "choice", "switch", "toml", "secret"]
"""How a value is typed: on a line, on several, a value a line, chosen, as TOML, or unseen."""
Changes = dict[Keys, Any]
"""New values by the keys below the source's table; None where a key is removed."""

NOT_TOML = Words("this is no value of TOML; write a text in quotes, a list in brackets")
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FormField:
    """A key of a source. `text` is its value in the file, "" for none; it is never a secret."""

    keys: Keys
    """The path of the key below the source's table."""
    input: Input
    text: str = ""
    is_set: bool = False
    is_known: bool = True
    """Whether a source of this kind may have the key."""
    help: KeyHelp = field(default_factory=lambda: KeyHelp(""))
    choices: tuple[str, ...] = ()
    inherited: str = ""
    """The value in [defaults], "" for none."""
    default: str = ""
    """What holds where neither the source nor [defaults] has a value, "" for none."""
    is_required: bool = False
    number: Literal["", "integer", "decimal"] = ""

    @property
    def name(self) -> str:
        """The key as the config writes it, below the source's table."""
        return dotted(self.keys)

    @property
    def example(self) -> str:
        """An example as it would be typed, "" where a default or the choices show enough."""
        if self.input in ("switch", "choice") or self.default or not self.help.example:
            return ""
        if self.input == "toml":
            return self.help.example
        value = _toml(self.help.example)
        return ", ".join(value) if isinstance(value, list) else str(value)

    def value(self, text: str) -> Any:
        """The typed text as a value of TOML, None for no value. Raises ValueError."""
        if not text.strip():
            return None
        match self.input:
            case "area":
                return text
            case "switch":
                return {"true": True, "false": False}.get(text)
            case "lines" if text.strip() != "[]":
                return [line.strip() for line in text.split("\n") if line.strip()]
            case "lines" | "toml":
                return _toml(text)
            case _:
                return self._number_or_text(text.strip())

    def _number_or_text(self, text: str) -> int | float | str:
        """A number where the key takes one; the check of the config refuses any other text."""
        if self.number and _INTEGER.fullmatch(text):
            return int(text)
        if self.number == "decimal" and _DECIMAL.fullmatch(text):
            return float(text)
        return text


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields of one subject; `more` are those that few sources need."""

    title: str
    fields: Sequence[FormField]
    more: Sequence[FormField] = ()


@dataclass(frozen=True, slots=True)
class SourceForm:
    """The form of a source."""

    name: str
    kind: str
    groups: Sequence[FieldGroup]

    @property
    def fields(self) -> dict[str, FormField]:
        """All fields by their names."""
        return {
            form_field.name: form_field
            for group in self.groups
            for form_field in (*group.fields, *group.more)
        }


@dataclass(frozen=True, slots=True)
class TypedForm:
    """What was typed into a form: texts by the names of fields, and the fields to be emptied.

    `header` is a header to be added, its name and its value.
    """

    texts: Mapping[str, str]
    removed: Collection[str] = ()
    header: tuple[str, str] = ("", "")

    def changes(self, form: SourceForm) -> tuple[Changes, dict[str, str]]:
        """The changes that were typed; and the faults of texts that are no values, by field."""
        changes: Changes = {}
        faults: dict[str, str] = {}
        for name, form_field in form.fields.items():
            if name in self.removed and form_field.is_set:
                changes[form_field.keys] = None
            elif self.is_changed(form_field):
                try:
                    changes[form_field.keys] = form_field.value(self.texts[name])
                except ValueError:
                    faults[name] = NOT_TOML
        header, value = self.header
        if header:
            changes["headers", header] = value
        return changes, faults

    def is_changed(self, form_field: FormField) -> bool:
        """Whether the field has another text than the file."""
        text = self.texts.get(form_field.name, form_field.text)
        if form_field.input == "secret":
            return text != ""
        return text != form_field.text


def source_form(toml: str, name: str, kind: str = "") -> SourceForm:
    """The form of a source in a config; `kind` replaces the kind that the file says.

    Raises ConfigError where the text is no TOML, or has no such source.
    """
    document = _document(toml)
    sources = document.get("sources")
    sources = sources if isinstance(sources, dict) else {}
    if not isinstance(sources.get(name), dict):
        raise ConfigError("source_unknown", unknown_name_message("source", name, sources))
    defaults = document.get("defaults")
    table = sources[name]
    written_kind = table.get("kind")
    kind = kind or (written_kind if isinstance(written_kind, str) else "")
    accounts = document.get("accounts")
    builder = _FormBuilder(
        table,
        defaults if isinstance(defaults, dict) else {},
        kind,
        tuple(accounts) if isinstance(accounts, dict) else (),
    )
    return SourceForm(name, kind, tuple(builder.groups()))


def edited_text(toml: str, name: str, changes: Changes) -> str:
    """The config with these changes of a source. Raises ConfigError where it cannot be edited."""
    document = EditableToml(toml)
    for keys, value in changes.items():
        path = ("sources", name, *keys)
        if value is not None:
            document.set_value(path, value)
        elif path in document:
            document.unset(path)
    return document.text


def place_faults(
    form: SourceForm, faults: Sequence[ConfigFault]
) -> tuple[dict[str, list[str]], list[ConfigFault]]:
    """The messages of faults by the names of their fields, and the faults of other keys."""
    placed: dict[str, list[str]] = {}
    others = []
    names = form.fields
    start = f"{dotted(('sources', form.name))}."
    for fault in faults:
        key = fault.path.removeprefix(start) if fault.path.startswith(start) else ""
        while key and key not in names:
            # the fault may be in an element of the value, such as to[0]
            key = re.sub(r"(^|\.)[^.]*$|\[\d+\]$", "", key, count=1)
        if key:
            placed.setdefault(key, []).append(fault.message)
        else:
            others.append(fault)
    return placed, others


@lru_cache(maxsize=1)
def _document(toml: str) -> dict[str, Any]:
    try:
        return tomllib.loads(toml)
    except (ValueError, RecursionError) as error:
        message = f"the config is not valid TOML; correct it first: {error}"
        raise ConfigError("config_invalid", message) from None


def _toml(text: str) -> Any:
    """The value that a text of TOML is. Raises ValueError if it is none, or more than that."""
    try:
        document = tomllib.loads(f"value = {text.strip()}")
    except RecursionError:
        raise ValueError(NOT_TOML) from None
    if document.keys() != {"value"}:
        raise ValueError(NOT_TOML)
    return document["value"]


# which keys a form shows together: those that most sources need, and the others
_GROUPS: tuple[tuple[Words, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        Words("What it reads"),
        ("kind", "url"),
        ("fallbacks", "encoding", "timezone", "proxy", "headers"),
    ),
    (Words("How often"), ("enabled", "every"), ("every_max", "cron")),
    (
        Words("What is posted"),
        ("to", "action", "first"),
        ("order", "updates", "digest"),
    ),
    (
        Words("How it looks"),
        ("template", "visibility", "hashtags", "media"),
        ("title", "language", "tags", "spoiler", "spoiler_rules", "replace", "boilerplate"),
    ),
    (
        Words("Models and programs"),
        ("steps", "page_text"),
        ("on_step_failure", "follow_up", "ai_label"),
    ),
    (Words("Pace and review"), ("review", "budget"), ("max_per_poll",)),
)
_NO_KEYS = {"name", "options", "review_generated"}
"""Fields of a source that are no keys of its table."""
_COMMON_FILTERS = ("include", "exclude", "max_age", "min_score")


class _FormBuilder:
    """Makes the fields of one source."""

    def __init__(
        self,
        table: Mapping[str, Any],
        defaults: Mapping[str, Any],
        kind: str,
        accounts: tuple[str, ...],
    ) -> None:
        self.table = table
        self.defaults = defaults
        self.kind = kind
        self.accounts = accounts
        try:
            self.options = registry.options_of(kind)
            self.needs = registry.needs_of(kind)
        except ConfigError:
            self.options, self.needs = None, ()

    def groups(self) -> Iterator[FieldGroup]:
        unknown = list(self.unknown())
        if unknown:
            yield FieldGroup(Words("Keys that a source of this kind cannot have"), unknown)
        for title, common, others in _GROUPS:
            yield FieldGroup(title, list(self.fields(common)), list(self.fields(others)))
            if "kind" in common and self.options and self.option_keys():
                fields = [
                    form_field
                    for key in self.option_keys()
                    for form_field in self.field_or_table(self.options, key)
                ]
                yield FieldGroup(Words("Keys of this kind"), fields)
        filters = list(self.field_or_table(SourceSettings, "filter"))
        yield FieldGroup(
            Words("Filters"),
            [each for each in filters if each.keys[-1] in _COMMON_FILTERS],
            [each for each in filters if each.keys[-1] not in _COMMON_FILTERS],
        )

    def option_keys(self) -> list[str]:
        """The keys that the kind adds."""
        keys = keys_of(self.options) if self.options else []
        return [key for key in keys if key not in SourceSettings.model_fields]

    def fields(self, keys: Sequence[str]) -> Iterator[FormField]:
        for key in keys:
            yield from self.field_or_table(SourceSettings, key)

    def field_or_table(self, model: type[BaseModel], key: str) -> Iterator[FormField]:
        """The field of a key, or those of the keys in its table."""
        value = self.table.get(key)
        inner = _model_of(_info(model, key))
        if key == "headers" and (value is None or isinstance(value, dict)):
            yield from self.headers(value or {})
        elif inner is None or (value is not None and not isinstance(value, dict)):
            yield self.field(model, (key,), value, self.defaults.get(key))
        else:
            defaults = self.defaults.get(key)
            for inner_key in keys_of(inner):
                inherited = defaults.get(inner_key) if isinstance(defaults, dict) else None
                yield self.field(inner, (key, inner_key), (value or {}).get(inner_key), inherited)
            for inner_key in (value or {}).keys() - set(keys_of(inner)):
                yield FormField((key, inner_key), "secret", is_set=True, is_known=False)

    def headers(self, own: Mapping[str, Any]) -> Iterator[FormField]:
        inherited = self.defaults.get("headers")
        names = dict.fromkeys([*own, *(inherited if isinstance(inherited, dict) else ())])
        for name in names:
            yield FormField(
                ("headers", name),
                "secret",
                is_set=name in own,
                help=key_help(SourceSettings, "headers"),
                inherited="…" if isinstance(inherited, dict) and name in inherited else "",
            )

    def unknown(self) -> Iterator[FormField]:
        known = {*SourceSettings.model_fields, *self.option_keys()} - _NO_KEYS
        for key in self.table:
            if key not in known:
                # it may be a misspelt secret
                yield FormField((key,), "secret", is_set=True, is_known=False)

    def field(self, model: type[BaseModel], keys: Keys, value: Any, inherited: Any) -> FormField:
        """The field of a key with its value in the file, and the one in [defaults]."""
        key = keys[-1]
        info = _info(model, key)
        default = info.get_default(call_default_factory=True)
        is_required = default is PydanticUndefined or key in self.needs
        if key == "hashtags":
            default = HASHTAGS_OF_KIND.get(self.kind, default)
        input_kind, choices, number = _input_of(info.annotation)
        if key in ("kind", "via"):
            input_kind, choices = "choice", registry.kinds() if key == "kind" else self.accounts
        if key in ("template", "follow_up"):
            input_kind = "area"
        empty = FormField(
            keys,
            input_kind,
            help=key_help(model, key),
            choices=tuple(choices),
            inherited=without_user(_default_text(inherited)),
            default="" if default is PydanticUndefined else _default_text(default),
            is_required=is_required,
            number=number,
        )
        return empty if value is None else _with_value(empty, value)


def _with_value(empty: FormField, value: Any) -> FormField:
    """The field with its value; as TOML where it could not be typed otherwise."""
    written = toml_value(value)
    if empty.keys == ("proxy",) or without_user(written) != written:
        public = value if isinstance(value, str) else written
        return replace(empty, input="secret", text=without_user(public), is_set=True)
    if isinstance(value, list):
        text = "\n".join(map(str, value)) if value else "[]"
    else:
        text = value if isinstance(value, str) else written
    is_line = text.isprintable() or empty.input not in ("text", "choice")
    filled = replace(empty, text=text, is_set=True, input=empty.input if is_line else "area")
    is_typed_so = is_line or not (empty.number or empty.choices)
    if value == "" or (is_typed_so and _is_same(filled.value(text), value)):
        return filled
    return replace(empty, text=written, is_set=True, input="toml")


def _is_same(typed: Any, value: Any) -> bool:
    return type(typed) is type(value) and typed == value


def _input_of(
    annotation: Any,
) -> tuple[Input, Sequence[str], Literal["", "integer", "decimal"]]:
    """How values of a type are typed, the values to choose from, and whether they are numbers."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is bool or bool in arguments:
        return "switch", (), ""
    if origin is Literal:
        return "choice", [choice for choice in arguments if choice], ""
    if annotation is float:
        return "text", (), "decimal"
    if annotation is int or int in arguments:
        return "text", (), "integer"
    if origin is tuple:
        # Annotated[tuple[Pattern, str], …] is a pair
        is_pair = any(get_origin(inner) is tuple for inner in get_args(arguments[0]))
        return "toml" if is_pair else "lines", (), ""
    return ("toml" if origin in (list, dict) else "text"), (), ""


def _info(model: type[BaseModel], key: str) -> FieldInfo:
    return next(
        info for name, info in model.model_fields.items() if key == (info.validation_alias or name)
    )


def _model_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model of the table that a key takes, None for any other value."""
    annotation = info.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _default_text(value: Any) -> str:
    """A default as the config would write it, without quotes; "" for nothing."""
    match value:
        case None | "" | () | [] | dict() | BaseModel():
            return ""
        case timedelta():
            return span_text(value)
        case str():
            return value
        case list() | tuple() if all(isinstance(each, str) for each in value):
            return ", ".join(value)
        case bool() | int() | float():
            return f"{value:g}" if isinstance(value, float) else toml_value(value)
        case _:
            return toml_value(value)
