"""Kinds of source, built in and third-party, each in an interpreter with its own packages."""

import os
import subprocess
import sys
import textwrap

import pytest

from reblogbot.errors import ConfigError
from reblogbot.sources import registry


def install(folder, package, points, code=""):
    """Writes the metadata of an installed package with these entry points to `folder`."""
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    record = folder / f"{module}-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = "".join(f"{kind} = {target}\n" for kind, target in points.items())
    (record / "entry_points.txt").write_text(f"[reblogbot.sources]\n{lines}")


def run(folder, code):
    """The line that `code` prints, with the packages in `folder` installed."""
    script = "from reblogbot.sources import registry\nfrom reblogbot.errors import ConfigError\n"
    process = subprocess.run(
        [sys.executable, "-c", script + textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_the_kind_feed_is_registered_and_needs_a_url():
    assert "feed" in registry.kinds()
    assert registry.factory("feed").__name__ == "FeedSource"
    assert registry.needs_of("feed") == ("url",)
    assert registry.options_of("feed")().model_dump() == {}


def test_the_error_for_an_unknown_kind_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"feeed.*feed") as caught:
        registry.factory("feeed")
    assert caught.value.slug == "kind_unknown"


def test_a_third_party_kind_is_used_like_our_own(tmp_path):
    install(tmp_path, "more-sources", {"moon": "more_sources:Moon"}, "class Moon: pass")
    assert run(
        tmp_path, 'print("moon" in registry.kinds(), registry.factory("moon").__name__)'
    ) == ("True Moon")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("bad_plugin:Moon", "1 / 0"),
        ("bad_plugin:Moon", ""),
        ("bad_plugin:Moon", "Moon = 3"),
        ("missing:Moon", ""),
        ("bad_plugin:Moon", "raise SystemError('x\\ny')"),
    ],
)
def test_a_broken_third_party_kind_is_named_and_stops_no_other(tmp_path, target, code):
    install(tmp_path, "bad-plugin", {"moon": target}, code)
    printed = run(
        tmp_path,
        """
        try:
            registry.factory("moon")
        except ConfigError as error:
            print(error.slug, error.message, registry.factory("feed").__name__)
        """,
    )
    assert printed.startswith("kind_broken")
    assert "bad-plugin" in printed
    assert printed.endswith("FeedSource")
    assert "\n" not in printed


def test_a_built_in_name_cannot_be_taken_over(tmp_path):
    install(tmp_path, "a-thief", {"feed": "a_thief:Feed"}, "class Feed: pass")
    install(tmp_path, "z-thief", {"feed": "z_thief:Feed"}, "class Feed: pass")
    assert run(tmp_path, 'print(registry.factory("feed").__name__)') == "FeedSource"


def test_naming_the_kinds_imports_none_of_them(tmp_path):
    install(tmp_path, "bad-plugin", {"moon": "bad_plugin:Moon"}, "1 / 0")
    code = """
        import sys
        registry.kinds()
        print("moon" in registry.kinds(), {"aiohttp", "feedparser", "pydantic"} & sys.modules.keys())
        """
    assert run(tmp_path, code) == "True set()"
