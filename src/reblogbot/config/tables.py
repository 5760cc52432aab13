"""The tables of a config document read into settings; their faults go to the diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reblogbot.config import rules
from reblogbot.config.diagnostics import (
    Diagnostics,
    Keys,
    Locate,
    dotted,
    keys_of,
    quoted,
    unknown_key_message,
)
from reblogbot.config.settings import (
    AccountSettings,
    AdminSettings,
    DeliverySettings,
    FilterSettings,
    HttpSettings,
    NotifySettings,
    PaceSettings,
    SourceSettings,
    StepSettings,
    StoreSettings,
)
from reblogbot.config.toml_positions import Key
from reblogbot.errors import ConfigError, did_you_mean

M = TypeVar("M", bound=BaseModel)
TemplateCheck = rules.TemplateCheck
Toml = dict[str, Any]

_SECTIONS: dict[str, type[BaseModel]] = {
    "store": StoreSettings,
    "http": HttpSettings,
    "delivery": DeliverySettings,
    "notify": NotifySettings,
    "admin": AdminSettings,
}
TABLES = (*_SECTIONS, "defaults", "steps", "accounts", "sources")
_STEP_KEYS = [key for key in keys_of(StepSettings) if key != "name"]
_ACCOUNT_KEYS = [key for key in keys_of(AccountSettings) if key != "name"]
_NO_SOURCE_KEYS = {"name", "options", "review_generated"}
_SOURCE_KEYS = [key for key in keys_of(SourceSettings) if key not in _NO_SOURCE_KEYS]
_DEFAULT_KEYS = [key for key in _SOURCE_KEYS if key not in {"kind", "url"}]
# tables whose keys are inherited one by one
_MERGED_TABLES = ("filter", "headers")


@dataclass(frozen=True, slots=True)
class SourceKinds:
    """The kinds of source, without their code."""

    names: Sequence[str]
    options_of: Callable[[str], type[BaseModel] | None]
    """The model of the keys that a kind adds, None if it adds none. May raise ConfigError."""
    needs_of: Callable[[str], Sequence[str]] = lambda _kind: ()
    """The keys of every source that are optional in general, but not for this kind."""


@dataclass(frozen=True, slots=True)
class ConfigReader:
    """Reads one document.

    The result is complete only if there are no diagnostics. Otherwise faulty keys are left out,
    and None stands for a table that cannot do without them.
    """

    document: Toml
    diagnostics: Diagnostics
    kinds: SourceKinds
    check_template: TemplateCheck | None
    environ: Mapping[str, str]

    def sections(self) -> dict[str, Any]:
        """The fields of a Config, by name."""
        rules.check_no_nul(self.document, self.diagnostics)
        # not [notify] and [admin]: an "account" at the top is rather a misspelt [accounts.*]
        other_tables = {name: keys_of(_SECTIONS[name]) for name in ("store", "http", "delivery")}
        other_tables["defaults"] = _DEFAULT_KEYS
        self._check_keys(self.document, TABLES, (), other_tables)
        sections: dict[str, Any] = {
            name: self._validated(model, self._table(name), _below(name))
            for name, model in _SECTIONS.items()
        }
        steps = dict(self._steps())
        accounts = dict(self._accounts())
        rules.check_notify(self._table("notify"), self._table("accounts"), self.diagnostics)
        return {
            **sections,
            "steps": steps,
            "accounts": accounts,
            "sources": dict(self._sources()),
        }

    def _table(self, *keys: str) -> Toml:
        """The table at a path, {} if there is none."""
        table = self.document
        for key in keys:
            inner = table.get(key, {})
            if not isinstance(inner, dict):
                is_of_names = keys in {("accounts",), ("sources",), ("steps",)}
                header = f"{key}.NAME" if is_of_names else dotted(keys)
                self.diagnostics.add(keys, f"must be a table, written [{header}]")
                return {}
            table = inner
        return table

    def _named_tables(self, section: str) -> Iterator[tuple[str, Toml]]:
        """Each table of [accounts.*], [sources.*] or [steps.*] with its name."""
        for name in self._table(section):
            rules.check_name((section, name), self.diagnostics)
            yield name, self._table(section, name)

    def _steps(self) -> Iterator[tuple[str, StepSettings | None]]:
        for name, table in self._named_tables("steps"):
            at = ("steps", name)
            self._check_keys(table, _STEP_KEYS, at, {})
            steps = self._table("steps")
            rules.check_step(name, table, steps, self.check_template, self.diagnostics)
            yield (
                name,
                self._validated(
                    StepSettings, _only(table, _STEP_KEYS) | {"name": name}, _below(*at)
                ),
            )

    def _accounts(self) -> Iterator[tuple[str, AccountSettings | None]]:
        for name, table in self._named_tables("accounts"):
            at = ("accounts", name)
            self._check_keys(
                table, _ACCOUNT_KEYS, at, {dotted((*at, "pace")): keys_of(PaceSettings)}
            )
            rules.check_account(name, table, self.environ, self.diagnostics)
            rules.check_template(
                table, "template", (), self.check_template, _below(*at), self.diagnostics
            )
            values = _only(table, _ACCOUNT_KEYS) | {"name": name}
            yield name, self._validated(AccountSettings, values, _below(*at))

    def _sources(self) -> Iterator[tuple[str, SourceSettings | None]]:
        defaults = self._defaults()
        for name, table in self._named_tables("sources"):
            yield name, self._source(name, table, defaults)
            # read for good: a document of very many sources takes as much memory as they do
            table.clear()

    def _defaults(self) -> Toml:
        """The keys that every source inherits. Their faults are reported at their own lines."""
        table, locate = self._table("defaults"), _below("defaults")
        other_tables = {"defaults.filter": keys_of(FilterSettings), "sources.NAME": ["kind", "url"]}
        self._check_keys(table, _DEFAULT_KEYS, ("defaults",), other_tables)
        defaults = _only(table, _DEFAULT_KEYS)
        placeholders = {"name": "-", "kind": "-", "to": ["-"]}
        self._validated(SourceSettings, placeholders | defaults, locate)
        rules.check_schedule(table, ("defaults",), self.diagnostics)
        self._check_values(defaults, locate)
        return defaults

    def _source(self, name: str, table: Toml, defaults: Toml) -> SourceSettings | None:
        at = ("sources", name)

        def locate(loc: Keys) -> Keys:
            """The key in the source's table, or in [defaults] if only that sets it."""
            is_inherited = not _is_set(table, loc) and _is_set(defaults, loc)
            return ("defaults", *loc) if is_inherited else (*at, *loc)

        rules.check_schedule(table, at, self.diagnostics)
        merged = _merged(defaults, table)
        self._check_values(merged, locate)
        options = None
        options_model = self._options_model(merged, table, at)
        if options_model is not None:
            values = _only(merged, keys_of(options_model))
            via = [merged["via"]] if "via" in values else None
            self._check_accounts(via, locate(("via",)))
            tables, at_via = self._table("accounts"), locate(("via",))
            rules.check_is_fediverse(merged.get("via"), tables, at_via, self.diagnostics)
            options = None if values else _without_keys(options_model)
            options = options or self._validated(options_model, values, locate)
        rules.check_steps(merged, self._table("accounts"), locate, self.diagnostics)
        values = _only(merged, _SOURCE_KEYS) | {"name": name, "options": options}
        values["review_generated"] = self._reviews_generated(merged)
        source = self._validated(SourceSettings, values, locate)
        if source is not None:
            # pydantic notes which keys were set: a quarter of a source's memory, and unused
            source.model_fields_set.clear()
        return source

    def _options_model(self, merged: Toml, table: Toml, at: Keys) -> type[BaseModel] | None:
        """The model of the keys that the source's kind adds, after checking the source's keys."""
        other_tables = {dotted((*at, "filter")): keys_of(FilterSettings)}
        kind = merged.get("kind", "")
        if not isinstance(kind, str) or kind not in self.kinds.names:
            if isinstance(kind, str) and kind:
                suggestion = did_you_mean(kind, self.kinds.names) or ";"
                names = ", ".join(self.kinds.names)
                message = f"unknown kind {quoted(kind)}{suggestion} there are: {names}"
                self.diagnostics.add((*at, "kind"), message)
            # which other keys the source may have is unknown, so only misspelt ones are reported
            misspelt = {key: table[key] for key in table if did_you_mean(key, _SOURCE_KEYS)}
            self._check_keys(misspelt, _SOURCE_KEYS, at, other_tables)
            return None
        try:
            model, needs = self.kinds.options_of(kind), self.kinds.needs_of(kind)
        except ConfigError as error:
            self.diagnostics.add((*at, "kind"), error.message)
            return None
        for key in needs:
            if key not in merged:
                message = f'missing; a source of kind "{kind}" needs it'
                self.diagnostics.add((*at, key), message, slug="key_missing")
        valid_keys = [*_SOURCE_KEYS, *(keys_of(model) if model else ())]
        self._check_keys(table, valid_keys, at, other_tables)
        return model

    def _reviews_generated(self, merged: Toml) -> bool:
        """Whether posts with generated text are held: where a model writes, unless it is off."""
        if merged.get("review") is not None:
            return merged["review"] is True
        tables = self._table("steps")
        steps = (tables.get(name) for name in rules.texts_of(merged.get("steps")))
        return any(isinstance(step, dict) and step.get("kind") == "chat" for step in steps)

    def _check_values(self, table: Toml, locate: Locate) -> None:
        self._check_accounts(table.get("to"), locate(("to",)))
        steps = rules.texts_of(table.get("steps"))
        rules.check_steps_exist(steps, self._table("steps"), locate(("steps",)), self.diagnostics)
        for key in ("template", "follow_up"):
            rules.check_template(table, key, steps, self.check_template, locate, self.diagnostics)

    def _check_accounts(self, names: object, at: Keys) -> None:
        rules.check_accounts_exist(names, self._table("accounts"), at, self.diagnostics)

    def _check_keys(
        self,
        table: Toml,
        valid_keys: Collection[str],
        at: Keys,
        other_tables: Mapping[str, Collection[str]],
    ) -> None:
        for key in table:
            if key not in valid_keys:
                message = unknown_key_message(key, valid_keys, other_tables)
                self.diagnostics.add((*at, key), message, slug="key_unknown")

    def _validated(self, model: type[M], table: Toml, locate: Locate) -> M | None:
        """The table as a value. Without its faulty keys if it has any, None if it needs them."""
        try:
            return model.model_validate(table)
        except ValidationError as error:
            self.diagnostics.add_invalid(error, model, locate)
            details = error.errors(include_url=False)
        faulty = {fault["loc"][0] for fault in details if fault["loc"]}
        try:
            return model.model_validate({k: v for k, v in table.items() if k not in faulty})
        except ValidationError:
            return None


@cache
def _without_keys(model: type[BaseModel]) -> BaseModel | None:
    """The options of all sources of a kind that set none; None where the kind needs some."""
    try:
        return model.model_validate({})
    except ValidationError:
        return None


def _below(*at: Key) -> Locate:
    return lambda loc: (*at, *loc)


def _only(table: Toml, keys: Collection[str]) -> Toml:
    """The keys of a table that are among `keys` and set."""
    return {key: value for key, value in table.items() if key in keys and value != ""}


def _is_set(table: Toml, loc: Keys) -> bool:
    """Whether a table itself sets the key at `loc`."""
    is_merged = bool(loc) and loc[0] in _MERGED_TABLES
    depth = 2 if is_merged and isinstance(table.get(str(loc[0])), dict) else 1
    value: Any = table
    for key in loc[:depth]:
        value = value.get(key, "") if isinstance(value, dict) else ""
    return bool(value != "")


def _merged(defaults: Toml, table: Toml) -> Toml:
    """A source's table over the defaults."""
    own = {key: value for key, value in table.items() if value != ""}
    merged = defaults | own
    if "every" in own and "cron" not in own:
        merged.pop("cron", None)
    for key in _MERGED_TABLES:
        inherited, inner = defaults.get(key), own.get(key)
        if isinstance(inherited, dict) and isinstance(inner, dict):
            merged[key] = inherited | {name: value for name, value in inner.items() if value != ""}
    return merged
