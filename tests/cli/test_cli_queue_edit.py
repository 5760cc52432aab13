"""`queue edit`: another text for a delivery that waits."""

import io
import os
import stat
import sys
from dataclasses import replace

import pytest

from harness import Item, accepted_posts, items, post_text

QUIET = {"quiet": ["00:00-12:00", "12:00-24:00"]}
NEW = "Read this!\nhttps://news.example/b"


@pytest.fixture
def configure(bot, feeds, sandbox, clock):
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))

    def configured(*, quiet=True, **keys):
        table = bot.account("news", sandbox)
        if quiet:
            table["pace"] = QUIET
        bot.configure({"hot": {"url": feeds.url("/hot.xml"), **keys}}, {"news": table})

    return configured


@pytest.fixture
def waiting(configure, bot):
    """Three deliveries, all queued: the account is quiet all day."""
    configure()
    bot.sync()


@pytest.fixture
def editor(tmp_path, monkeypatch):
    """Sets $EDITOR to a shell script, with an argument before the file's name."""

    def set_editor(script):
        path = tmp_path / "my editor"
        path.write_text(f"#!/bin/sh\nshift\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"'{path}' --wait")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return set_editor


@pytest.mark.both_databases
def test_the_text_that_was_written_is_posted(configure, bot, cli, sandbox, clock):
    configure()
    bot.sync()
    ran = cli("queue", "edit", "2", "--text", NEW, "--json")
    assert (ran.code, [each["id"] for each in ran.json["deliveries"]]) == (0, [2])
    assert cli("queue", "show", "2", "--json").json["post"]["text"] == NEW
    configure(quiet=False)
    clock.advance(minutes=10)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), NEW, post_text("c")]
    assert "queued: edited by the admin" in cli("why", "2").out


def test_a_held_one_stays_held(waiting, bot, cli):
    cli("queue", "hold", "2")
    ran = cli("queue", "edit", "2", "--text", NEW)
    assert "2 is edited and held: " in ran.out
    assert bot.deliveries("held")[0].post.text == NEW


def test_a_changed_entry_does_not_replace_what_the_admin_wrote(
    waiting, bot, cli, feeds, clock, sandbox, configure
):
    cli("queue", "edit", "2", "--text", NEW)
    newest, middle, oldest = items(clock, "c", "b", "a")
    changed = [newest, replace(middle, title="Corrected"), replace(oldest, title="Corrected, too")]
    feeds.show("/hot.xml", changed)
    clock.advance(minutes=20)
    bot.sync()
    texts = [delivery.post.text for delivery in bot.deliveries("queued")]
    assert texts == ["Corrected, too\nhttps://news.example/a", NEW, post_text("c")]
    assert "its entry changed; the text stays as the admin wanted it" in cli("why", "2").out
    rendered = cli("queue", "retry", "--render", "2")
    assert "is rendered again, without the text that an admin wrote, and queued" in rendered.out
    assert bot.deliveries("queued")[1].post.text == "Corrected\nhttps://news.example/b"


def test_a_post_that_the_admin_wrote_is_not_edited_when_its_entry_changes(
    configure, bot, cli, feeds, clock, sandbox
):
    configure(updates="edit")
    bot.sync()
    cli("queue", "edit", "2", "--text", NEW)
    configure(quiet=False, updates="edit")
    clock.advance(minutes=20)
    bot.sync()
    newest, middle, oldest = items(clock, "c", "b", "a", minutes=80)
    feeds.show("/hot.xml", [newest, replace(middle, title="Corrected"), oldest])
    clock.advance(minutes=20)
    bot.sync()
    assert [act["act"] for act in sandbox.accepted] == ["post"] * 3
    assert "not edited: its entry changed" in cli("why", "2").out


def test_a_text_over_the_servers_limit_is_refused_with_its_length(waiting, bot, cli):
    ran = cli("queue", "edit", "2", "--text", f"{'字' * 477} https://news.example/b")
    assert (ran.code, "2 is not changed: the text has 501 characters" in ran.out) == (1, True)
    fits = cli("queue", "edit", "2", "--text", f"{'字' * 476} https://news.example/b")
    assert (fits.code, "500 of 500 characters" in fits.out) == (0, True)


def test_a_lost_link_and_mentions_are_told(waiting, bot, cli):
    ran = cli("queue", "edit", "2", "--text", "Look, @bob@far.example and @amy: me@home.example")
    assert ran.code == 0
    assert "WITHOUT its link https://news.example/b" in ran.out
    assert "mentions @bob@far.example, @amy, who may be notified" in ran.out
    assert cli("queue", "show", "2", "--json").json["post"]["link"] == ""


@pytest.mark.parametrize("text", ["", " \n ", "\x00\u200b"])
def test_an_empty_text_is_refused(waiting, cli, text):
    ran = cli("queue", "edit", "2", "--text", text)
    assert (ran.code, "the text is empty; `queue skip 2` drops" in ran.out) == (1, True)


def test_control_characters_are_left_out(waiting, bot, cli):
    cli("queue", "edit", "2", "--text", "A\x1b[31m \x00line\r\nhttps://news.example/b")
    assert bot.deliveries()[1].post.text == "A[31m line\nhttps://news.example/b"


def test_what_is_sent_or_skipped_cannot_be_edited(configure, bot, cli):
    configure(quiet=False)
    bot.sync()
    ran = cli("queue", "edit", "1", "--text", NEW, "--json")
    assert (ran.code, ran.json["deliveries"]) == (1, [])
    assert "is sent; only what is queued or held" in ran.json["failed"][0]["reason"]


@pytest.mark.parametrize("number", ["77", "9" * 30])
def test_no_delivery_of_that_number_is_2(waiting, cli, number):
    ran = cli("queue", "edit", number, "--text", NEW)
    assert (ran.code, "there is no delivery" in ran.err) == (2, True)


def test_a_boost_has_no_text(bot, feeds, clock, sandbox, cli):
    uri = "https://far.example/@amy/1"
    feeds.show("/hot.xml", [Item("A status", uri, at=clock.now())])
    bot.configure(
        {"hot": {"url": feeds.url("/hot.xml"), "action": "boost", "review": True}},
        {"news": (sandbox, "")},
    )
    bot.sync()
    ran = cli("queue", "edit", "1", "--text", "x")
    assert (ran.code, "is a boost, which has no text" in ran.out) == (1, True)


def test_standard_input_is_read_for_a_dash(waiting, bot, cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NEW}\n"))
    assert cli("queue", "edit", "2", "--text", "-").code == 0
    assert bot.deliveries()[1].post.text == NEW
    monkeypatch.setattr(sys, "stdin", None)
    assert cli("queue", "edit", "2", "--text", "-").code == 2
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * 1_000_001))
    assert cli("queue", "edit", "2", "--text", "-").code == 2


# the editor


def test_the_editor_gets_the_text_and_its_arguments(waiting, bot, cli, editor, tmp_path):
    editor('cp "$1" seen.txt; echo chatter; printf "Edited\\nhttps://news.example/b\\n" > "$1"')
    ran = cli("queue", "edit", "2", "--json")
    assert (ran.code, bot.deliveries()[1].post.text) == (0, "Edited\nhttps://news.example/b")
    assert (bot.folder / "seen.txt").read_text() == f"{post_text('b')}\n"
    assert ran.json["failed"] == []
    assert list(tmp_path.glob("reblogbot-*")) == []


def test_an_editor_that_changes_nothing_changes_nothing(waiting, bot, cli, editor):
    editor("true")
    ran = cli("queue", "edit", "2")
    assert (ran.code, "2 is not changed" in ran.out) == (0, True)
    assert "edited" not in cli("why", "2").out


def test_an_editor_that_fails_changes_nothing(waiting, bot, cli, editor, tmp_path):
    editor('echo lost > "$1"; exit 3')
    ran = cli("queue", "edit", "2")
    assert (ran.code, "nothing was changed: the editor" in ran.err) == (1, True)
    assert "ended with 3" in ran.err
    assert bot.deliveries()[1].post.text == post_text("b")
    assert list(tmp_path.glob("reblogbot-*")) == []


def test_a_text_that_was_refused_is_kept_in_its_file(waiting, cli, editor, tmp_path):
    editor('printf "%0600d" 0 > "$1"')
    ran = cli("queue", "edit", "2")
    (kept,) = tmp_path.glob("reblogbot-*")
    assert (ran.code, f"your text is still in {kept}" in ran.out) == (1, True)
    assert kept.read_text() == "0" * 600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_what_changed_while_the_editor_was_open_is_not_overwritten(
    waiting, bot, cli, editor, tmp_path
):
    editor(
        f'"{sys.executable}" -m reblogbot -c "{bot.path}" queue edit 2 --text "First" >&2;'
        ' echo Second > "$1"'
    )
    ran = cli("queue", "edit", "2")
    assert (ran.code, "was changed meanwhile" in ran.out) == (1, True)
    assert bot.deliveries()[1].post.text == "First"


@pytest.mark.parametrize("line", ["", "'", "/no/such/editor", "\0"])
def test_a_missing_editor_is_told(waiting, cli, monkeypatch, line):
    monkeypatch.delenv("VISUAL", raising=False)
    if "\0" in line:
        monkeypatch.delenv("EDITOR", raising=False)
    else:
        monkeypatch.setenv("EDITOR", line)
    ran = cli("queue", "edit", "2")
    assert ran.code == (1 if line.startswith("/") else 2)
    assert "EDITOR" in ran.err or "cannot be started" in ran.err


def test_what_the_editor_saves_must_be_text(waiting, cli, editor):
    editor('printf "\\377" > "$1"')
    assert "is not UTF-8 text" in cli("queue", "edit", "2").err
    editor('rm "$1"')
    assert "cannot be read" in cli("queue", "edit", "2").err
    editor('head -c 1000001 /dev/zero > "$1"')
    assert "is larger than" in cli("queue", "edit", "2").err


def test_visual_goes_before_editor(waiting, bot, cli, editor, monkeypatch):
    editor("exit 9")
    monkeypatch.setenv("VISUAL", os.environ["EDITOR"])
    monkeypatch.setenv("EDITOR", "true")
    assert "ended with 9" in cli("queue", "edit", "2").err


def test_another_link_takes_the_place_of_the_entrys_own(waiting, bot, cli):
    other = "https://other.example/x"
    ran = cli("queue", "edit", "2", "--text", f"See {other}")
    assert "WITHOUT its link https://news.example/b" in ran.out
    assert bot.deliveries()[1].post.link == other
    assert "written by the admin" in cli("queue", "show", "2").out
    assert cli("queue", "edit", "2", "--text", NEW).code == 0
    assert bot.deliveries()[1].post.link == "https://news.example/b"
