"""Files are written whole or not at all, and stay what they were: mode, owner, link, pipe."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from graphgrad.core.errors import UsageError
from graphgrad.core.files import check_writable, write_whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and pipes are those of POSIX")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_any_program_would_give_it(tmp_path, umask) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "a", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444 | 0o200])
def test_a_file_keeps_its_mode(tmp_path, mode) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(mode)
    write_whole(tmp_path / "a", b"new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    os.chown(tmp_path / "a", 12, 34)
    write_whole(tmp_path / "a", b"new")
    assert ((tmp_path / "a").stat().st_uid, (tmp_path / "a").stat().st_gid) == (12, 34)


def test_a_link_stays_one_and_its_target_is_written(tmp_path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("there/a")
    (tmp_path / "dangling").symlink_to("there/b")
    for name in ("link", "dangling"):
        check_writable(tmp_path / name)
        write_whole(tmp_path / name, name.encode())
        assert (tmp_path / name).is_symlink()
    assert {p.name: p.read_text() for p in (tmp_path / "there").iterdir()} == {"a": "link", "b": "dangling"}


def test_links_in_a_circle_are_refused(tmp_path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises((UsageError, OSError)):
        write_whole(tmp_path / "a", b"1")


def test_a_pipe_is_written_to(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    check_writable(tmp_path / "pipe")
    write_whole(tmp_path / "pipe", b"content")
    reader.join(10)
    assert got == [b"content"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_device_is_written_to() -> None:
    check_writable(Path(os.devnull))
    write_whole(Path(os.devnull), b"content")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_name_as_long_as_the_system_has_them(tmp_path) -> None:
    write_whole(tmp_path / ("n" * 251 + ".svg"), b"1")
    with pytest.raises((UsageError, OSError)):
        write_whole(tmp_path / ("n" * 300), b"1")
    assert len([*tmp_path.iterdir()]) == 1


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device.*a'"):
        write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_the_umask_is_not_touched(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask is the whole process's"))
    write_whole(tmp_path / "a", b"1")
