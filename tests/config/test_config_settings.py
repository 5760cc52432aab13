"""The tables of a config can also be made in code, and have the documented defaults."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from reblogbot.config.settings import (
    AccountSettings,
    DeliverySettings,
    HttpSettings,
    PaceSettings,
    SourceSettings,
)


def test_an_empty_string_is_the_default_in_code_too():
    source = SourceSettings(name="a", kind="feed", to=["news"], budget="", digest="", every="")
    assert (source.budget, source.digest, source.every) == (None, None, timedelta(minutes=15))


def test_values_that_are_already_read_are_taken_as_they_are():
    first = SourceSettings(name="a", kind="feed", to=("news",), every=timedelta(hours=1))
    pace = PaceSettings(quiet=["23:00-07:00"], gap=timedelta(0))
    assert first.every == timedelta(hours=1)
    assert PaceSettings(quiet=pace.quiet).quiet == pace.quiet
    assert HttpSettings(max_body=1000).max_body == 1000


def test_settings_never_change():
    settings = HttpSettings()
    with pytest.raises(ValidationError):
        settings.timeout = timedelta(1)
    assert settings.timeout == timedelta(seconds=30)


def test_two_readings_of_one_config_are_equal():
    def read():
        return SourceSettings(name="a", kind="f", to=["n"], filter={"include": ["x", "/y/i"]})

    assert read() == read()
    assert read() != SourceSettings(name="a", kind="f", to=["n"], filter={"include": ["z"]})


@pytest.mark.parametrize("lease", ["30s", "29s"])
def test_a_lease_outlasts_a_call(lease):
    with pytest.raises(ValidationError, match="longer than timeout"):
        DeliverySettings(lease=lease)
    assert DeliverySettings(lease="31s").lease == timedelta(seconds=31)


def test_a_long_timeout_is_held_against_the_default_lease():
    with pytest.raises(ValidationError, match="longer than timeout"):
        DeliverySettings(timeout="5m")


@pytest.mark.parametrize("given", [{"enabled": 1}, {"visibility": "direct"}, {"other": 1}])
def test_no_value_is_bent_into_shape(given):
    with pytest.raises(ValidationError):
        AccountSettings(name="a", server="https://x.example", **given)
