"""A config is saved whole, only over the text that was read, and by one process at a time."""

import os
import resource
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from reblogbot import app
from reblogbot.config.load import read_text
from reblogbot.config.saving import difference
from reblogbot.errors import ConfigError


@pytest.fixture
def saved(config_file, plain):
    config_file.write_text(plain)
    return plain


def slug_of_saving(path, before, after):
    try:
        app.save_config(path, before, after)
    except ConfigError as error:
        return error.slug
    return ""


def test_a_saved_config_is_returned_and_keeps_its_mode(config_file, saved):
    config_file.chmod(0o640)
    config = app.save_config(config_file, saved, f"{saved}enabled = false\n")
    assert not config.sources["chouti"].enabled
    assert read_text(config_file) == f"{saved}enabled = false\n"
    assert config_file.stat().st_mode & 0o777 == 0o640
    assert os.listdir(config_file.parent) == [config_file.name]


def test_a_config_that_check_would_refuse_is_not_written(config_file, saved):
    with pytest.raises(ConfigError, match=r"config\.toml:8: sources\.chouti\.evry: unknown key"):
        app.save_config(config_file, saved, f'{saved}evry = "5m"\n')
    assert read_text(config_file) == saved


def test_a_config_that_somebody_else_changed_is_left_and_the_difference_is_told(config_file, saved):
    theirs = f'{saved}every = "5m"\n'
    config_file.write_text(theirs)
    with pytest.raises(ConfigError, match=r'(?s)changed meanwhile.*\n\+every = "5m"') as raised:
        app.save_config(config_file, saved, f"{saved}enabled = false\n")
    assert raised.value.slug == "config_changed"
    assert read_text(config_file) == theirs


def test_a_file_that_was_removed_meanwhile_is_not_made_again(config_file, saved):
    config_file.unlink()
    assert slug_of_saving(config_file, saved, f"{saved}\n") == "config_missing"
    assert not config_file.exists()


def test_a_link_goes_on_leading_to_the_file_with_the_config(config_file, saved, tmp_path):
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "link.toml"
    link.symlink_to("../config.toml")
    app.save_config(link, saved, f"{saved}enabled = false\n")
    assert link.is_symlink()
    assert config_file.read_text() == f"{saved}enabled = false\n"
    assert os.listdir(link.parent) == ["link.toml"]


def test_a_byte_order_mark_and_windows_line_ends_stay(config_file, plain):
    windows = plain.replace("\n", "\r\n")
    config_file.write_bytes(b"\xef\xbb\xbf" + windows.encode())
    app.save_config(config_file, windows, f"{windows}enabled = false\r\n")
    content = config_file.read_bytes()
    assert content == b"\xef\xbb\xbf" + windows.encode() + b"enabled = false\r\n"


def test_a_config_that_cannot_be_written_is_named(saved, config_file):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(
            ConfigError, match=r"config\.toml: cannot be written: File too"
        ) as raised:
            app.save_config(config_file, saved, f"{saved}enabled = false\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert raised.value.slug == "config_unwritable"
    assert read_text(config_file) == saved


def test_of_processes_that_save_at_once_one_does_and_the_others_are_told(config_file, saved):
    texts = [f'{saved}title = "{number}"\n' for number in range(2)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        slugs = list(pool.map(slug_of_saving, [config_file] * 2, [saved] * 2, texts))
    assert sorted(slugs) == ["", "config_changed"]
    assert read_text(config_file) == texts[slugs.index("")]


def test_a_difference_names_the_file_and_only_lines_around_the_change(config_file, plain):
    after = plain.replace("feed", "page", 1)
    lines = difference(config_file, plain, after).splitlines()
    assert lines[:2] == [f"--- {config_file}", f"+++ {config_file}"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ['-kind = "feed"', '+kind = "page"']
    assert difference(config_file, plain, plain) == ""


def test_a_difference_of_very_many_lines_needs_no_more_than_one_look_at_each(config_file):
    lines = [f"n = {number}\nevery = 1\n" for number in range(20_000)]
    before = "".join(lines)
    in_place = difference(
        config_file, before, before.replace("every = 1", "every = 2")
    ).splitlines()
    assert in_place[2:5] == ["@@ -2 +2 @@", "-every = 1", "+every = 2"]
    assert len(in_place) == 2 + 3 * len(lines)
    moved = difference(
        config_file, f"a = 1\n{before}", f"a = 1\n{before}x = 1\n".replace("= 1\n", "= 2\n", 9)
    )
    added = difference(config_file, "a = 1\nz = 1\n", f"a = 1\n{before}z = 1\n").splitlines()
    assert len(added) == 2 + 1 + 2 + 2 * len(lines)
    assert moved.startswith(f"--- {config_file}\n+++ {config_file}\n@@ -1,")


@pytest.mark.parametrize(
    "line",
    [
        'url = "postgresql://bot:hunter2@host/db"',
        'webhook = "https://hooks.example/hunter2"',
        'headers = {Authorization = "Bearer hunter2", "X-Api-Key" = \'hunter2\'}',
        'headers.Cookie = "a=\\"hunter2"',
    ],
)
def test_a_difference_holds_no_secret(config_file, line):
    changes = difference(config_file, f"{line}\n", f"{line}\nevery = 1\n")
    assert "hunter2" not in changes
    assert line.partition(" =")[0] in changes
    assert 'token_file = "news.token"' in difference(config_file, "", 'token_file = "news.token"')
