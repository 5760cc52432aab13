"""A config file in a folder of its own, and a few kinds of source to load it with."""

from typing import Literal

import pytest
from pydantic import Field

from reblogbot.config.load import load
from reblogbot.config.settings import Table
from reblogbot.config.tables import SourceKinds
from reblogbot.config.values import Many
from reblogbot.errors import ConfigError


class Select(Table):
    item: str
    title: str = ""


class PageOptions(Table):
    select: Select


class MentionsOptions(Table):
    via: str
    who: Literal["followers", "anyone"] = Field("followers", alias="from")
    words: Many[str] = ()


OPTIONS = {"feed": None, "page": PageOptions, "mentions": MentionsOptions}
NEEDS = {"feed": ("url",), "page": ("url",), "mentions": ()}


def broken(kind):
    raise ConfigError("kind_broken", f"the kind {kind} cannot be loaded")


KINDS = SourceKinds(
    names=[*OPTIONS, "broken"],
    options_of=lambda kind: broken(kind) if kind == "broken" else OPTIONS[kind],
    needs_of=NEEDS.__getitem__,
)


@pytest.fixture
def config_file(tmp_path):
    return tmp_path / "config.toml"


@pytest.fixture
def load_toml(config_file):
    """Writes a config and loads it."""

    def write_and_load(toml, **given):
        config_file.write_bytes(toml.encode() if isinstance(toml, str) else toml)
        return load(config_file, **({"kinds": KINDS, "environ": {}} | given))

    return write_and_load


@pytest.fixture
def faults_of(load_toml, config_file):
    """All faults of a config, as {path: message}, and as the lines an admin reads."""

    def faults(toml, **given):
        with pytest.raises(ConfigError) as raised:
            load_toml(toml, **given)
        lines = [line.removeprefix(f"{config_file}") for line in str(raised.value).split("\n")]
        assert len(lines) == len(raised.value.faults)
        assert int(raised.value.exit_code) == 2
        return {fault.path: fault.message for fault in raised.value.faults}, lines

    return faults


ACCOUNT = '[accounts.news]\nserver = "https://social.example"\ntoken_file = "news.token"\n'
SOURCE = '[sources.chouti]\nkind = "feed"\nurl = "https://example.org/feed"\nto = ["news"]\n'


@pytest.fixture
def plain():
    """The least config that does anything: four lines of account, four of source."""
    return ACCOUNT + SOURCE
