"""The password file of the admin's page."""

import os

from reblogbot.admin.password import Passwords, write_password


def test_a_pipe_is_no_password_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "passwords")
    assert not Passwords(tmp_path / "passwords").is_any()


def test_a_password_that_was_written_is_right_and_no_other_is(tmp_path):
    write_password(tmp_path / "passwords", "admin", "a long password")
    passwords = Passwords(tmp_path / "passwords")
    assert passwords.verify("admin", "a long password")
    assert not passwords.verify("admin", "another password")
    assert not passwords.verify("other", "a long password")
