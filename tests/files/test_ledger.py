"""The ledger: read up to its first bad line, cut there, and never half written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.files.folder import HandleFolder
from lanshare.files.ledger import NAME, Ledger, parsed
from lanshare.files.lines import framed


def test_what_follows_a_bad_line_is_forgotten_and_cut_off(tmp_path: Path) -> None:
    stage = HandleFolder.root(tmp_path)
    book = Ledger(stage)
    for number in range(4):
        book.add({"done": number})
    book.sync()
    book.close()
    data = bytearray((tmp_path / NAME).read_bytes())
    lines = data.splitlines(keepends=True)
    data[len(lines[0]) + len(lines[1]) + 12] ^= 1
    (tmp_path / NAME).write_bytes(data)
    again = Ledger(stage)
    assert list(again.recover()) == [{"done": 0}, {"done": 1}]
    again.add({"done": 9})
    assert list(again.recover()) == [{"done": 0}, {"done": 1}, {"done": 9}]
    again.close()
    stage.close()


def test_a_line_that_does_not_fit_on_the_disk_is_not_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = HandleFolder.root(tmp_path)
    book = Ledger(stage)
    book.add({"done": 0})
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
    with pytest.raises(OSError, match="space"):
        book.add({"done": 1})
    monkeypatch.undo()
    book.add({"done": 2})
    assert list(book.recover()) == [{"done": 0}, {"done": 2}]
    book.close()
    stage.close()


def test_only_objects_are_notes() -> None:
    assert parsed(framed(b'{"a":1}')) == {"a": 1}
    assert parsed(framed(b"[1]")) is None
    assert parsed(framed(b"junk")) is None
