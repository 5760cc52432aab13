"""The tables of one config document, read one by one; what is wrong goes to the findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from reblogbot.config import rules
from reblogbot.config.faults import (
    Findings,
    Keys,
    Locate,
    dotted,
    keys_of,
    shown,
    stranger,
)
from reblogbot.config.lines import Key
from reblogbot.config.settings import (
    AccountSettings,
    AdminSettings,
    DeliverySettings,
    FilterSettings,
    HttpSettings,
    NotifySettings,
    PaceSettings,
    SourceSettings,
    StoreSettings,
)
from reblogbot.errors import ConfigError, did_you_mean

M = TypeVar("M", bound=BaseModel)
Toml = dict[str, Any]

_SECTIONS: dict[str, type[BaseModel]] = {
    "store": StoreSettings,
    "http": HttpSettings,
    "delivery": DeliverySettings,
    "notify": NotifySettings,
    "admin": AdminSettings,
}
TABLES = (*_SECTIONS, "defaults", "accounts", "sources")
_ACCOUNT_KEYS = [key for key in keys_of(AccountSettings) if key != "name"]
_SOURCE_KEYS = [key for key in keys_of(SourceSettings) if key not in {"name", "options"}]
_DEFAULT_KEYS = [key for key in _SOURCE_KEYS if key not in {"kind", "url"}]
_NAMED = (("accounts",), ("sources",))
# shared by all sources, of which there may be very many; nobody asks what was given
_NOT_NOTED: set[str] = set()
# tables whose keys are inherited one by one
_MERGED = ("filter", "headers")


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is known of the kinds of source, without their code."""

    options_of: Callable[[str], type[BaseModel] | None]
    needs_of: Callable[[str], Sequence[str]]
    known: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """One pass over a document.

    What it returns is whole only while the findings are empty; else keys at fault are left out,
    and None stands for what cannot be without them.
    """

    document: Toml
    findings: Findings
    kinds: Kinds
    check_template: Callable[[str], str] | None
    environ: Mapping[str, str]

    def sections(self) -> dict[str, Any]:
        """The fields of a Config, by name."""
        rules.no_nul(self.document, self.findings)
        # a key "account" at the top is rather a misspelt [accounts.*] than one of [notify]
        homes = {name: keys_of(_SECTIONS[name]) for name in ("store", "http", "delivery")}
        self._strangers(self.document, TABLES, (), homes | {"defaults": _DEFAULT_KEYS})
        sections: dict[str, Any] = {
            name: self._model(model, self.table(name), _under(name))
            for name, model in _SECTIONS.items()
        }
        accounts = dict(self._accounts())
        rules.notify(self.table("notify"), self._names(), self.findings)
        return {**sections, "accounts": accounts, "sources": dict(self._sources())}

    def table(self, *keys: str) -> Toml:
        """The table at a path, {} where there is none."""
        table = self.document
        for key in keys:
            inner = table.get(key, {})
            if not isinstance(inner, dict):
                hint = f"[{key}.NAME]" if keys in _NAMED else f"[{dotted(keys)}]"
                self.findings.add(keys, f"must be a table, written {hint}")
                return {}
            table = inner
        return table

    def _names(self) -> Collection[str]:
        return self.table("accounts")

    def _named(self, kind: str) -> Iterator[tuple[str, Toml]]:
        """Each table of [accounts.*] or [sources.*], with its name."""
        for name in self.table(kind):
            rules.name((kind, name), self.findings)
            yield name, self.table(kind, name)

    def _accounts(self) -> Iterator[tuple[str, AccountSettings | None]]:
        for name, table in self._named("accounts"):
            at = ("accounts", name)
            homes = {dotted((*at, "pace")): keys_of(PaceSettings)}
            self._strangers(table, _ACCOUNT_KEYS, at, homes)
            rules.account(name, table, self.environ, self.findings)
            given = _only(table, _ACCOUNT_KEYS) | {"name": name}
            yield name, self._model(AccountSettings, given, _under(*at))

    def _sources(self) -> Iterator[tuple[str, SourceSettings | None]]:
        defaults = self._defaults()
        for name, table in self._named("sources"):
            yield name, self._source(name, table, defaults)

    def _defaults(self) -> Toml:
        """What every source inherits; its faults are told here, at their own lines."""
        table = self.table("defaults")
        homes = {"defaults.filter": keys_of(FilterSettings), "sources.NAME": ["kind", "url"]}
        self._strangers(table, _DEFAULT_KEYS, ("defaults",), homes)
        defaults = _only(table, _DEFAULT_KEYS)
        placeholders = {"name": "-", "kind": "-", "to": ["-"]}
        self._model(SourceSettings, placeholders | defaults, _under("defaults"))
        rules.schedule(table, ("defaults",), self.findings)
        self._rules(defaults, _under("defaults"))
        return defaults

    def _rules(self, table: Toml, locate: Locate) -> None:
        rules.accounts_known(table.get("to"), self._names(), locate(("to",)), self.findings)
        rules.template(table.get("template"), self.check_template, locate, self.findings)

    def _source(self, name: str, table: Toml, defaults: Toml) -> SourceSettings | None:
        def locate(loc: Keys) -> Keys:
            mine = ("sources", name, *loc)
            return mine if _sets(table, loc) or not _sets(defaults, loc) else ("defaults", *loc)

        rules.schedule(table, ("sources", name), self.findings)
        merged = _merged(defaults, table)
        self._rules(merged, locate)
        model = self._kind(merged, table, ("sources", name))
        options = None
        if model is not None:
            chosen = _only(merged, keys_of(model))
            via = [merged["via"]] if "via" in chosen else None
            rules.accounts_known(via, self._names(), locate(("via",)), self.findings)
            options = self._model(model, chosen, locate)
        given = _only(merged, _SOURCE_KEYS) | {"name": name, "options": options}
        return _lean(self._model(SourceSettings, given, locate))

    def _kind(self, merged: Toml, table: Toml, at: Keys) -> type[BaseModel] | None:
        """The model of the keys its kind adds, all keys of the table being known to either."""
        homes = {dotted((*at, "filter")): keys_of(FilterSettings)}
        kind = merged.get("kind", "")
        if not isinstance(kind, str) or kind not in self.kinds.known:
            self._unknown_kind(kind, at)
            # which other keys it would have, nobody can tell
            near = {key: table[key] for key in table if did_you_mean(key, _SOURCE_KEYS)}
            self._strangers(near, _SOURCE_KEYS, at, homes)
            return None
        try:
            model, needs = self.kinds.options_of(kind), self.kinds.needs_of(kind)
        except ConfigError as error:
            self.findings.add((*at, "kind"), error.message)
            return None
        for key in needs:
            if key not in merged:
                message = f'missing; the kind "{kind}" needs it'
                self.findings.add((*at, key), message, slug="key_missing")
        known = [*_SOURCE_KEYS, *(keys_of(model) if model else ())]
        self._strangers(table, known, at, homes)
        return model

    def _unknown_kind(self, kind: object, at: Keys) -> None:
        if isinstance(kind, str) and kind:
            near = did_you_mean(kind, self.kinds.known) or ";"
            kinds = ", ".join(self.kinds.known)
            self.findings.add((*at, "kind"), f"unknown kind {shown(kind)}{near} there are: {kinds}")

    def _strangers(
        self, table: Toml, known: Collection[str], at: Keys, homes: Mapping[str, Collection[str]]
    ) -> None:
        for key in table:
            if key not in known:
                message = stranger(key, known, homes)
                self.findings.add((*at, key), message, slug="key_unknown")

    def _model(self, model: type[M], table: Toml, locate: Locate) -> M | None:
        try:
            return model.model_validate(table)
        except ValidationError as invalid:
            self.findings.add_invalid(invalid, model, locate)
            return _without_faults(model, table, invalid)


def _without_faults(model: type[M], table: Toml, invalid: ValidationError) -> M | None:
    """What is left of a table without its keys at fault; None where it cannot do without them."""
    faulty = {error["loc"][0] for error in invalid.errors(include_url=False) if error["loc"]}
    try:
        return model.model_validate({k: v for k, v in table.items() if k not in faulty})
    except ValidationError:
        return None


def _lean(source: SourceSettings | None) -> SourceSettings | None:
    """The same without pydantic's note of the keys that were given, a third of its memory."""
    if source is not None:
        object.__setattr__(source, "__pydantic_fields_set__", _NOT_NOTED)
    return source


def _under(*at: Key) -> Locate:
    return lambda loc: (*at, *loc)


def _only(table: Toml, known: Collection[str]) -> Toml:
    """The keys of a table that are known, and set."""
    return {key: value for key, value in table.items() if key in known and value != ""}


def _sets(table: Toml, loc: Keys) -> bool:
    """Whether a table sets the key at `loc` itself."""
    depth = 2 if loc and loc[0] in _MERGED and isinstance(table.get(str(loc[0])), dict) else 1
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
    for key in _MERGED:
        inherited, mine = defaults.get(key), own.get(key)
        if isinstance(inherited, dict) and isinstance(mine, dict):
            set_here = {inner: value for inner, value in mine.items() if value != ""}
            merged[key] = inherited | set_here
    return merged
