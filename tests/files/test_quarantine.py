"""Where a file came from, as Windows and macOS write it down. What they make of it was not verified."""

from __future__ import annotations

import os
from pathlib import Path

from lanshare.files import quarantine
from tests.harness.folders import POSIX


def test_windows_reads_an_ini_that_says_internet() -> None:
    assert quarantine.zone().decode("ascii").splitlines() == ["[ZoneTransfer]", "ZoneId=3"]
    assert quarantine.marked_path(Path("folder") / "a.exe") == os.path.join("folder", "a.exe:Zone.Identifier")


def test_macos_reads_flags_time_and_agent() -> None:
    flags, when, agent, ident = quarantine.quarantine(1_700_000_000.9).decode("ascii").split(";")
    assert int(flags, 16) & 0x80, "ask before it is opened for the first time"
    assert (int(when, 16), agent, ident) == (1_700_000_000, "lanshare", "")


@POSIX
def test_linux_needs_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    fd = os.open(path, os.O_RDONLY)
    quarantine.mark(fd, path)
    os.close(fd)
    assert os.listxattr(path) == []
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
