"""The tables of the config file as frozen, typed values with their documented defaults."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from reblogbot.config.values import (
    Budget,
    Clocktime,
    Count,
    Cron,
    Domain,
    Duration,
    Encoding,
    FilePath,
    FirstPoll,
    Gap,
    Hashtag,
    Headers,
    HostPort,
    HttpUrl,
    IpAddress,
    Language,
    Many,
    Names,
    Natural,
    PageUrl,
    Pattern,
    PlaceUrl,
    PrivateException,
    ProxyUrl,
    QuietSpan,
    Rewrite,
    Size,
    SpoilerRule,
    StoreUrl,
    Timezone,
)

ConfiguredVisibility = Literal["public", "unlisted", "private"]
# the form of a post that 抽屉新热榜 is known for has no hashtags
HASHTAGS_OF_KIND = {"chouti": 0}
BUILT_IN_TEMPLATES = ("link", "headline", "reblog-via", "paper", "reblog-of", "article")
ARTICLE_KINDS = ("wordpress", "files")
"""The kinds of account whose posts have a title."""
NEEDS_OF_ACCOUNT: Mapping[str, Sequence[str]] = {
    "fediverse": ("server",),
    "wordpress": ("server", "user"),
    "files": ("folder",),
}
NEEDS_OF_STEP: Mapping[str, Sequence[str]] = {
    "chat": ("url", "model", "prompt"),
    "command": ("command",),
}
"""The keys that a kind cannot do without, although other kinds can."""
INCOMPLETE = "incomplete"
"""The type of pydantic's error for a table without such a key."""


class Table(BaseModel):
    """A TOML table. Unknown keys are errors, and "" is the same as no value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, table: Any) -> Any:
        if not isinstance(table, dict):
            return table
        return {k: v for k, v in table.items() if v != "" or k not in cls.model_fields}


class StoreSettings(Table):
    url: StoreUrl = Field("sqlite:///reblogbot.sqlite3", repr=False)
    keep: Duration = timedelta(days=180)


class HttpSettings(Table):
    timeout: Duration = timedelta(seconds=30)
    concurrency: int = Field(64, ge=1, le=1024)
    per_host: int = Field(2, ge=1, le=64)
    max_body: Size = 10_000_000
    allow_private: Many[PrivateException] = ()
    contact: str = ""
    proxy: ProxyUrl = Field("", repr=False)


class DeliverySettings(Table):
    timeout: Duration = timedelta(seconds=30)
    read_back_after: Duration = timedelta(seconds=90)
    lease: Duration = Field(timedelta(minutes=5), validate_default=True)
    max_attempts: Count = 8

    @field_validator("lease")
    @classmethod
    def _check_lease(cls, lease: timedelta, info: ValidationInfo) -> timedelta:
        if lease <= info.data.get("timeout", timedelta(0)):
            raise ValueError("must be longer than timeout, or two processes could send one post")
        return lease


class NotifySettings(Table):
    command: str = ""
    webhook: HttpUrl = Field("", repr=False)
    account: str = ""
    to: str = ""


class AdminSettings(Table):
    listen: HostPort = ""
    password_file: FilePath | None = None
    url: PageUrl = ""
    proxies: Many[IpAddress] = ("127.0.0.1", "::1")
    public_status: bool = False
    feeds: bool = False


class PaceSettings(Table):
    gap: Gap = timedelta(0)
    per_hour: Count = 30
    per_day: Count = 200
    quiet: Many[QuietSpan] = ()
    timezone: Timezone = "UTC"


class AccountSettings(Table):
    """A table [accounts.NAME]: an account of a server, or a folder."""

    name: str
    kind: Literal["fediverse", "wordpress", "files"] = "fediverse"
    server: PlaceUrl = ""
    token_file: FilePath | None = None
    token_env: str = ""
    enabled: bool = True
    visibility: ConfiguredVisibility = "unlisted"
    language: Language = ""
    tags: Many[Hashtag] = ()
    allow_http: bool = False
    template: str = ""
    ai_share: float | None = Field(None, ge=0, le=1)
    user: str = ""
    status: Literal["draft", "publish", "private", "pending"] = "draft"
    categories: Many[str] = ()
    folder: FilePath | None = None
    format: Literal["markdown", "html"] = "markdown"
    front_matter: Literal["yaml", "toml"] = "yaml"
    feed: FilePath | None = None
    pace: PaceSettings = PaceSettings()

    @model_validator(mode="after")
    def _check_needs(self) -> Self:
        # what is missing is told by `rules`, at the key itself
        if not all(getattr(self, key) for key in NEEDS_OF_ACCOUNT[self.kind]):
            raise PydanticCustomError(INCOMPLETE, "incomplete")
        return self

    @property
    def has_titles(self) -> bool:
        """Whether its posts are articles, which have a title."""
        return self.kind in ARTICLE_KINDS

    @property
    def place(self) -> str:
        """Where it publishes: the address of its server, or its folder."""
        return self.server or str(self.folder or "")

    @property
    def most_generated(self) -> float:
        """The greatest share of its posts of a day that may contain generated text.

        Servers of the fediverse object to accounts that post nothing else; a blog is the admin's.
        """
        if self.ai_share is not None:
            return self.ai_share
        return 1.0 if self.has_titles else 0.5


class StepSettings(Table):
    """A table [steps.NAME]: a model or a program that is asked about entries."""

    name: str
    kind: Literal["chat", "command"]
    url: HttpUrl = ""
    model: str = ""
    key_file: FilePath | None = None
    key_env: str = ""
    system: str = ""
    prompt: str = ""
    command: str = ""
    max_input: Count = 24_000
    max_output: Count = 4_000
    temperature: float = Field(0.3, ge=0, le=2)
    timeout: Duration = timedelta(minutes=2)
    per_day: Count = 200
    links: Literal["drop", "keep"] = "drop"

    @model_validator(mode="after")
    def _check_needs(self) -> Self:
        if not all(getattr(self, key) for key in NEEDS_OF_STEP[self.kind]):
            raise PydanticCustomError(INCOMPLETE, "incomplete")
        return self

    @property
    def program(self) -> str:
        """The program that its command starts, "" without one; its arguments may be secret."""
        return next(iter(shlex.split(self.command)), "")


class FilterSettings(Table):
    include: Many[Pattern] = ()
    exclude: Many[Pattern] = ()
    languages: Many[Language] = ()
    domains: Many[Domain] = ()
    not_domains: Many[Domain] = ()
    links: Many[Pattern] = ()
    not_links: Many[Pattern] = ()
    min_score: float = 0
    max_age: Duration = timedelta(days=7)
    similar: float = Field(0.0, ge=0, le=1)
    max_per_domain: Natural = 0
    max_per_author: Natural = 0
    replies: bool = False
    bots: bool = True
    opt_outs: bool = True
    opt_out_tags: Many[Hashtag] = ("nobot", "noboost", "noautoboost", "NoTagsPub")
    needs_indexable: bool = False
    needs_discoverable: bool = False


class SourceSettings(Table):
    """A table [sources.NAME] over [defaults]; `options` holds the keys that the kind adds."""

    name: str
    kind: str
    url: HttpUrl = ""
    fallbacks: Many[HttpUrl] = ()
    to: Names = Field(min_length=1)
    enabled: bool = True
    every: Duration = timedelta(minutes=15)
    every_max: Duration = timedelta(days=1)
    cron: Cron = ""
    action: Literal["auto", "post", "boost", "quote"] = "auto"
    first: FirstPoll = "none"
    max_per_poll: Count = 20
    budget: Budget | None = None
    order: Literal["oldest", "score"] = "oldest"
    review: bool | None = None
    title: str = ""
    template: str = "link"
    visibility: Literal["public", "unlisted", "private", ""] = ""
    language: Language = ""
    timezone: Timezone = "UTC"
    encoding: Encoding = ""
    proxy: ProxyUrl = Field("", repr=False)
    spoiler: str = ""
    spoiler_rules: Many[SpoilerRule] = ()
    hashtags: Natural = 3
    tags: Many[Hashtag] = ()
    replace: Many[Rewrite] = ()
    media: Natural = 0
    boilerplate: Literal["drop", "keep"] = "drop"
    updates: Literal["ignore", "edit"] = "ignore"
    digest: Clocktime | None = None
    page_text: bool = False
    steps: Names = ()
    on_step_failure: Literal["hold", "post", "drop"] = "hold"
    follow_up: str = ""
    ai_label: bool = True
    review_generated: bool = False
    """Whether posts with generated text are held. No key: `review` and the steps decide it."""
    filter: FilterSettings = FilterSettings()
    headers: Headers = Field(default_factory=dict, repr=False)
    options: Any = None

    @property
    def via(self) -> str:
        """The account that the source reads through, "" for none."""
        return str(getattr(self.options, "via", ""))

    @property
    def reads_statuses(self) -> bool:
        """Whether its entries are statuses, whose authors have accounts."""
        return bool(self.via) or self.kind == "actor"

    @model_validator(mode="before")
    @classmethod
    def _add_defaults_of_kind(cls, table: Any) -> Any:
        kind = str(table.get("kind")) if isinstance(table, dict) else ""
        if kind not in HASHTAGS_OF_KIND:
            return table
        return {"hashtags": HASHTAGS_OF_KIND[kind], **table}


class Config(Table):
    """A whole config file; `path` is its own, and every path in it is absolute."""

    path: Path
    store: StoreSettings = StoreSettings()
    http: HttpSettings = HttpSettings()
    delivery: DeliverySettings = DeliverySettings()
    notify: NotifySettings = NotifySettings()
    admin: AdminSettings = AdminSettings()
    steps: dict[str, StepSettings] = Field(default_factory=dict)
    accounts: dict[str, AccountSettings] = Field(default_factory=dict)
    sources: dict[str, SourceSettings] = Field(default_factory=dict)

    @property
    def chat_steps(self) -> frozenset[str]:
        """The names of the steps that ask a model."""
        return frozenset(name for name, step in self.steps.items() if step.kind == "chat")
