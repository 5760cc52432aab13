"""`admin password`: who can log in to the admin's page."""

import io
import os
import sys
import tomllib

import pexpect
import pytest

from reblogbot.admin.password import MAX_ADMINS, MAX_LENGTH, Passwords

PASSWORD = "correct horse battery"


@pytest.fixture
def configured(bot, sandbox):
    bot.configure({}, {"news": (sandbox, "")})
    bot.path.write_text("# mine\n" + bot.path.read_text() + "\n# the end")
    return bot


@pytest.fixture
def file(configured):
    return configured.folder / "page.passwords"


@pytest.fixture
def run(cli, monkeypatch, configured):
    """Runs the command with these lines on standard input."""

    def run(*arguments, given=f"{PASSWORD}\n"):
        stream = io.TextIOWrapper(io.BytesIO(given)) if isinstance(given, bytes) else None
        monkeypatch.setattr("sys.stdin", stream or (None if given is None else io.StringIO(given)))
        return cli("admin", "password", *arguments)

    return run


def is_right(file, name, password):
    return Passwords(file).verify(name, password)


def test_the_first_password_is_stored_as_a_hash_and_the_config_names_the_file(
    run, configured, file
):
    before = configured.path.read_text()
    ran = run()
    assert (ran.code, ran.err) == (0, "")
    assert is_right(file, "admin", PASSWORD)
    assert not is_right(file, "admin", "another password")
    assert PASSWORD not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    text = configured.path.read_text()
    assert text.startswith(before)
    assert tomllib.loads(text)["admin"] == {"password_file": "page.passwords"}
    assert f"admin: has a password in {file}" in ran.out
    assert 'listen = "127.0.0.1:8330"' in ran.out


def test_the_file_that_the_config_names_is_used_and_the_config_stays(run, configured, sandbox):
    configured.configure(
        {}, {"news": (sandbox, "")}, admin={"password_file": "x.txt", "listen": "127.0.0.1:8330"}
    )
    before = configured.path.read_bytes()
    ran = run()
    assert configured.path.read_bytes() == before
    assert is_right(configured.folder / "x.txt", "admin", PASSWORD)
    assert "The daemon serves the page at http://127.0.0.1:8330/" in ran.out


def test_other_names_are_other_admins_and_can_be_removed(run, file):
    file.write_text("# who may come in\n")
    for name in ("admin", "bob", "李雷"):
        assert run(name).code == 0
    assert run("bob", given="another password\n").code == 0
    assert is_right(file, "bob", "another password")
    assert is_right(file, "admin", PASSWORD)
    ran = run("bob", "--remove", "--json")
    assert (ran.json["action"], ran.json["admins"]) == ("removed", ["admin", "李雷"])
    assert not is_right(file, "bob", "another password")
    assert file.read_text().startswith("# who may come in\nadmin:scrypt$")
    assert run("李雷", "--remove").code == 0
    assert "Nobody can log in now" in run("admin", "--remove").out
    assert not Passwords(file).is_any()


def test_the_json_says_what_was_done(run, file, configured):
    ran = run("bob", "--json")
    assert ran.json | {"difference": ""} == {
        "admin": "bob", "action": "set", "password_file": str(file), "admins": ["bob"], "page": "",
        "dry_run": False, "difference": "",
    }  # fmt: skip
    assert '+password_file = "page.passwords"' in ran.json["difference"]


@pytest.mark.parametrize("arguments", [[], ["--json"], ["bob"]])
def test_a_dry_run_asks_for_nothing_and_writes_nothing(run, file, configured, arguments):
    before = configured.path.read_bytes()
    ran = run(*arguments, "--dry-run", given=None)
    assert ran.code == 0
    assert "page.passwords" in ran.out
    assert "password_file" in ran.out
    assert configured.path.read_bytes() == before
    assert not file.exists()


def test_a_dry_run_removes_nobody(run, file):
    run()
    assert "would be removed" in run("--remove", "--dry-run").out
    assert is_right(file, "admin", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "given", "slug", "message"),
    [
        ([], None, "password_invalid", "no password: write it as one line"),
        ([], "", "password_invalid", "no password: write it as one line"),
        ([], "\n", "password_invalid", "no password: write it as one line"),
        ([], b"\xff\xfe\xfd password", "password_invalid", "nothing was changed"),
        ([], "short\n", "password_invalid", "8 to 1000 characters"),
        ([], "a" * (MAX_LENGTH + 1) + "\n", "password_invalid", "8 to 1000 characters"),
        ([], "a" * 100_000 + "\n", "password_invalid", "8 to 1000 characters"),
        ([], "with a \x07 bell\n", "password_invalid", "characters that can be typed"),
        (["a b"], f"{PASSWORD}\n", "usage", "the name of an admin"),
        (["a:b"], f"{PASSWORD}\n", "usage", "the name of an admin"),
        (["a" * 51], f"{PASSWORD}\n", "usage", "the name of an admin"),
        (["bbo", "--remove"], "", "admin_unknown", 'did you mean "bob"?'),
    ],
)
def test_what_cannot_be_used_is_2_and_changes_nothing(
    run, file, configured, arguments, given, slug, message
):
    assert run("bob").code == 0
    before = configured.path.read_bytes(), file.read_bytes()
    ran = run(*arguments, "--json", given=given)
    assert (ran.code, ran.json["error"]["slug"]) == (2, slug)
    assert message in ran.err
    assert (configured.path.read_bytes(), file.read_bytes()) == before


def test_a_windows_line_ends_the_password(run, file):
    assert run(given=f"{PASSWORD}\r\nmore\n").code == 0
    assert is_right(file, "admin", PASSWORD)


def test_there_are_so_many_admins_and_no_more(run, file):
    assert run().code == 0
    line = file.read_text().partition(":")[2]
    file.write_text("".join(f"admin{number}:{line}" for number in range(MAX_ADMINS)))
    ran = run("one.more")
    assert (ran.code, f"has {MAX_ADMINS} admins already" in ran.err) == (2, True)
    assert run("admin7", given="another password\n").code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(run, configured):
    configured.folder.chmod(0o500)
    try:
        ran = run()
    finally:
        configured.folder.chmod(0o700)
    assert (ran.code, "cannot be written: Permission denied" in ran.err) == (2, True)


def test_a_place_where_no_file_can_be_is_told_and_the_config_stays(run, configured, sandbox):
    for place in ("none/page.passwords", "."):
        configured.configure({}, {"news": (sandbox, "")}, admin={"password_file": place})
        ran = run("--json")
        assert (ran.code, ran.json["error"]["slug"]) == (2, "password_unwritable")


def test_where_the_config_cannot_be_changed_no_file_is_left(run, configured, file):
    text = configured.path.read_text()
    configured.path.write_text(text + "\noops")
    assert run().code == 2
    assert not file.exists()


def test_the_file_keeps_its_owner_and_loses_the_rights_of_others(run, file):
    run()
    file.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)
    owner = file.stat().st_uid
    run("bob")
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (owner, 0o600)


@pytest.fixture
def terminal(configured):
    """Runs the command on a terminal."""
    command = ["-m", "reblogbot", "-c", str(configured.path), "admin", "password"]
    child = pexpect.spawn(
        sys.executable, command, cwd=str(configured.folder), encoding="utf-8", timeout=60
    )
    yield child
    child.close(force=True)


def test_a_person_types_it_twice_and_sees_nothing_of_it(terminal, file):
    for question in ("New password of admin: ", "The same again: "):
        terminal.expect_exact(question)
        terminal.waitnoecho()
        terminal.send(f"{PASSWORD}\r")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "admin: has a password" in terminal.before
    assert PASSWORD not in terminal.before
    assert is_right(file, "admin", PASSWORD)


@pytest.mark.parametrize(
    ("answers", "code", "message"),
    [
        ([f"{PASSWORD}\r", "another password\r"], 2, "two different passwords"),
        (["short\r"], 2, "8 to 1000 characters"),
        (["\x04"], 2, "no password was given"),
        ([f"{PASSWORD}\r", "\x03"], 130, ""),
    ],
)
def test_a_person_who_does_not_finish_changes_nothing(
    terminal, file, configured, answers, code, message
):
    before = configured.path.read_bytes()
    for question, answer in zip(("New password", "The same again"), answers, strict=False):
        terminal.expect_exact(question)
        terminal.waitnoecho()
        terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus, message in terminal.before) == (code, True)
    assert not file.exists()
    assert configured.path.read_bytes() == before
