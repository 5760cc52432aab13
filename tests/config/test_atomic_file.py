"""Files that are replaced as a whole."""

import errno
import os
import resource
import signal

import pytest

from reblogbot.config.atomic_file import write_atomically


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    return path


def test_a_file_keeps_its_mode_and_owner(file):
    file.chmod(0o640)
    before = file.stat()
    write_atomically(file, b"new")
    after = file.stat()
    assert file.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_somebody_else_stays_theirs(file):
    os.chown(file, 1234, 2345)
    write_atomically(file, b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 2345)


def test_a_new_file_is_private(tmp_path):
    write_atomically(tmp_path / "token", b"secret")
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_given_mode_counts_more_than_that_of_the_old_file(file):
    file.chmod(0o644)
    write_atomically(file, b"secret", mode=0o600)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_and_what_it_names_stays(file, tmp_path):
    link = tmp_path / "token"
    link.symlink_to(file)
    write_atomically(link, b"secret", mode=0o600)
    assert file.read_bytes() == b"old"
    assert not link.is_symlink()


def test_a_full_disk_leaves_the_old_file_and_nothing_else(file):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old_handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            write_atomically(file, bytes(101))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old_handler)
    assert file.read_bytes() == b"old"
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]
