"""`reblogbot sources import` and `export` of OPML."""

import io
import json
import os
import stat
import sys
from types import SimpleNamespace

import pytest

from reblogbot.cli import run
from reblogbot.errors import Exit

OPML = """<?xml version="1.0"?><opml version="2.0"><body>
<outline text="Night\x1b trains & co" xmlUrl="https://trains.example/f"/>
<outline text="News"><outline text="Harbour" xmlUrl="https://harbour.example/f"/></outline>
<outline text="Harbour again" xmlUrl="http://harbour.example/f"/>
<outline text="Old" xmlUrl="https://old.example/f"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


@pytest.fixture
def listed(bot):
    """The file with the list, beside a config with one of its feeds."""
    bot.configure(
        {"old": {"url": "https://old.example/f"}},
        {"news": {"server": "https://social.example", "token_file": "t"}},
    )
    file = bot.folder / "list.opml"
    file.write_text(OPML)
    return file


def test_an_import_adds_the_feeds_and_tells_what_it_left_out(bot, cli, listed):
    before = bot.path.read_text()
    done = cli("sources", "import", str(listed))
    assert (done.code, done.err) == (Exit.OK, "")
    assert done.out.splitlines()[-1] == "2 added, 1 there already, 1 listed twice, 1 no feed"
    assert "Script javascript:alert(1): a URL must begin with" in done.out
    assert "Harbour again http://harbour.example/f: source Harbour" in done.out
    assert "Old https://old.example/f: source old" in done.out
    assert bot.path.read_text().startswith(before)
    again = cli("sources", "import", str(listed))
    assert again.code == Exit.OK
    assert again.out.splitlines()[-1].startswith("0 added, 4 there already")
    assert cli("check").code == Exit.OK


def test_json_is_one_document_and_a_dry_run_writes_nothing(bot, cli, listed):
    before = bot.path.read_bytes()
    done = cli("sources", "import", str(listed), "--json", "--dry-run", "--pause", "--tags")
    assert bot.path.read_bytes() == before
    document = done.json
    assert document["added"] == [
        {"name": "Night trains & co", "url": "https://trains.example/f", "to": ["news"],
         "enabled": False, "tags": []},
        {"name": "Harbour", "url": "https://harbour.example/f", "to": ["news"],
         "enabled": False, "tags": ["News"]},
    ]  # fmt: skip
    assert (document["bot"], document["dry_run"], document["failed"]) == ("", True, [])
    assert "+[sources.Harbour]" in document["difference"].splitlines()
    text = cli("sources", "import", str(listed), "--dry-run").out
    assert '+url = "https://harbour.example/f"' in text.splitlines()
    assert text.splitlines()[-1].startswith("2 would be added")


def test_a_list_is_read_from_standard_input(cli, listed, monkeypatch):
    piped = SimpleNamespace(buffer=io.BytesIO(OPML.encode("utf-16")))
    monkeypatch.setattr(sys, "stdin", piped)
    assert len(cli("sources", "import", "-", "--json").json["added"]) == 2
    monkeypatch.setattr(sys, "stdin", None)
    closed = cli("sources", "import", "-")
    assert (closed.code, "cannot be read" in closed.err) == (Exit.CONFIG, True)


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "opml_unreadable"),
        (b"  \n", "opml_unreadable"),
        (b"<html></html>", "opml_invalid"),
        (b"\0\1\2", "opml_invalid"),
        (b"<opml><body><outline</body>", "opml_invalid"),
        (b"<!DOCTYPE opml [<!ENTITY a 'b'>]><opml>&a;</opml>", "entity_declared"),
        (b"<opml>" + b"<outline>" * 99, "opml_too_large"),
    ],
)
def test_what_is_no_list_is_2_with_a_message_and_changes_nothing(bot, cli, listed, content, slug):
    listed.write_bytes(content)
    before = bot.path.read_bytes()
    done = cli("sources", "import", str(listed), "--json")
    assert done.code == Exit.CONFIG
    assert done.json["error"]["slug"] == slug
    assert str(listed) in done.json["error"]["message"]
    assert bot.path.read_bytes() == before


def test_a_list_without_feeds_is_1(cli, listed):
    listed.write_text("<opml><body><outline text='a'/></body></opml>")
    done = cli("sources", "import", str(listed), "--json")
    assert (done.code, len(done.json["refused"])) == (Exit.FAILED, 1)


def test_a_missing_file_a_folder_and_an_unknown_account_are_2(bot, cli, listed):
    for arguments in (["no.opml"], [str(bot.folder)], [str(listed), "--to", "newz"]):
        done = cli("sources", "import", *arguments, "--json")
        assert done.code == Exit.CONFIG
        assert done.json["error"]["message"]
    assert 'did you mean "news"' in done.json["error"]["message"]


def test_an_export_goes_to_standard_output(cli, listed):
    document = cli("sources", "export", "--json").json
    assert (document["file"], document["feeds"]) == ("", 1)
    assert 'xmlUrl="https://old.example/f"' in document["opml"]
    assert cli("sources", "export").out.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<opml')


def test_an_export_to_a_dash_is_one_to_standard_output(bot, cli, listed):
    assert cli("sources", "export", "-").out == cli("sources", "export").out
    assert cli("sources", "export", "-", "--json").json["opml"].startswith("<?xml")
    assert not (bot.folder / "-").exists()


def test_an_export_to_a_closed_standard_output_is_no_bug(bot, cli, listed, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", None)
        assert run(["-c", str(bot.path), "sources", "export"]) == Exit.OK


def test_an_export_replaces_no_file_without_yes(bot, cli, listed):
    file = bot.folder / "out.opml"
    done = cli("sources", "export", str(file))
    assert (done.code, done.out) == (Exit.OK, f"{file}: 1 feed\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    file.write_text("mine")
    refused = cli("sources", "export", str(file))
    assert (refused.code, "--yes" in refused.err, file.read_text()) == (Exit.CONFIG, True, "mine")
    assert cli("sources", "export", str(file), "--yes", "--json").json == {
        "file": str(file), "feeds": 1, "opml": "",
    }  # fmt: skip
    assert "old.example" in file.read_text()
    nowhere = cli("sources", "export", str(bot.folder / "no" / "x.opml"))
    assert nowhere.code == Exit.CONFIG
    assert "cannot be written" in nowhere.err
    assert not [name for name in os.listdir(bot.folder) if name.endswith(".part")]


def test_the_export_of_an_import_is_the_same_list(bot, cli, listed):
    cli("sources", "import", str(listed), "--tags")
    document = cli("sources", "export", "--json").json["opml"]
    config = bot.path.read_text()
    (bot.folder / "again.opml").write_text(document)
    done = cli("sources", "import", str(bot.folder / "again.opml"), "--tags", "--json")
    assert done.json["added"] == []
    assert len(done.json["existing"]) == 3
    assert bot.path.read_text() == config
    assert json.loads(done.out)
