"""The limits that servers announce, and which servers count links as announced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.model import ServerLimits
from reblogbot.targets.mastodon.limits import is_mastodon, limits

STATUSES = {"max_characters": 500, "characters_reserved_per_url": 23, "max_media_attachments": 4}
MASTODON = "https://github.com/mastodon/mastodon"


def instance(version, **more):
    return {"version": version, "configuration": {"statuses": STATUSES}, **more}


@pytest.mark.parametrize(
    ("version", "source"),
    [
        ("4.5.4", MASTODON),
        ("4.6.0", MASTODON + "/tree/v4.6.0"),
        ("4.4.0-rc.1", MASTODON),
        ("4.4.0-alpha.5+glitch", "https://github.com/glitch-soc/mastodon"),
        ("4.3.0-nightly.2024-07-01", MASTODON),
        ("4.3.8+glitch", "https://git.example/our/mastodon.git"),
        ("4.2.10+hometown-1.1.1", "https://github.com/hometown-fork/hometown"),
        ("4.0.2rc1", None),
        ("3.5.19", None),
    ],
)
def test_mastodon_and_its_forks_count_a_link_as_announced(version, source):
    instance_json = instance(version, **({"source_url": source} if source else {}))
    assert limits(instance_json).per_link == 23


@pytest.mark.parametrize(
    "instance_json",
    [
        instance("2.7.2 (compatible; Pleroma 2.9.1)"),
        instance("2.7.2 (compatible; Akkoma 3.15.1)"),
        instance("3.5.3 (compatible; Pixelfed 0.12.5)"),
        instance("2.8.0 (compatible; Friendica 2024.12)"),
        instance("4.2.1 (compatible; Iceshrimp.NET/2024.1)"),
        instance("4.0.0 (not true; really snac/2.94)"),
        instance("takahe/0.11.0"),
        instance("0.20.0-rc1+g57cb4fe"),
        instance("0.6.1", source_url="https://github.com/fedify-dev/hollo"),
        instance(
            "4.6.0",
            source_url="https://github.com/someone/mastodon_mock",
            api_versions={"mastodon": 10},
        ),
        instance("4.2.0", source_url="https://git.example/other"),
        instance(""),
        instance(None),
        instance(4),
        {"configuration": {"statuses": STATUSES}},
    ],
)
def test_all_other_servers_count_links_in_full(instance_json):
    read = limits(instance_json)
    assert (read.characters, read.per_link) == (500, None)


@pytest.mark.parametrize(
    ("instance_json", "kind"),
    [
        (instance("4.0.0 (not true; really snac/2.94)"), "snac"),
        (instance("0.9.13", source_url="https://github.com/fedify-dev/hollo"), "hollo"),
        (instance("4.3.0 (compatible; Hollo/0.9.13)"), "hollo"),
        (instance("0.20.0-rc1+g57cb4fe"), "gotosocial"),
        (
            instance("0.19.1", source_url="https://codeberg.org/superseriousbusiness/gotosocial"),
            "gotosocial",
        ),
        (instance("4.5.4"), "plain"),
        (instance("4.5.4", source_url="https://github.com/someone/hollow"), "plain"),
        (instance("takahe/0.11.0"), "plain"),
        (instance(None), "plain"),
        (instance("snac " * 100_000, source_url=7), "snac"),
    ],
)
def test_the_markup_is_chosen_by_the_servers_software(instance_json, kind):
    assert limits(instance_json).markup == kind


def test_announced_limits_are_used():
    instance_json = {
        "version": "4.5.0",
        "configuration": {
            "statuses": {
                "max_characters": 11_000,
                "characters_reserved_per_url": 25,
                "max_media_attachments": 16,
            },
            "media_attachments": {
                "description_limit": 2000,
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 2**31 - 1,
            },
        },
    }
    assert limits(instance_json) == ServerLimits(
        characters=11_000,
        per_link=25,
        media=16,
        alt=2000,
        image_bytes=16_777_216,
        image_pixels=2**31 - 1,
    )


def test_the_older_key_for_characters_is_known():
    assert (
        limits({"version": "2.7.2 (compatible; Pleroma)", "max_toot_chars": 5000}).characters
        == 5000
    )


@pytest.mark.parametrize("nonsense", [None, 0, -1, "500", 2.5, True, [], 10**9])
def test_nonsense_for_characters_means_500(nonsense):
    instance_json = {
        "version": "4.5.0",
        "configuration": {"statuses": {"max_characters": nonsense}},
    }
    assert limits(instance_json) == ServerLimits(characters=500, per_link=None)


@pytest.mark.parametrize("nonsense", [None, 3, "no", [], {"statuses": 3}, {"statuses": None}])
def test_a_configuration_that_is_none_gives_the_defaults(nonsense):
    assert limits({"version": "4.5.0", "configuration": nonsense}) == ServerLimits()


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(version=json, configuration=json, source_url=json)
def test_no_answer_breaks_the_limits(version, configuration, source_url):
    instance_json = {"version": version, "configuration": configuration, "source_url": source_url}
    assert limits(instance_json).characters >= 1
    assert is_mastodon(instance_json) in {True, False}
