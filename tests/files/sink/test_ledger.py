"""The ledger: read up to its first bad line, cut there, and never half written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest

from lanshare.files.lines import framed
from lanshare.files.sink.ledger import (
    NAME,
    EntryDone,
    FileBegun,
    FolderBegun,
    FolderDone,
    FolderMade,
    FoldersLeft,
    FoldersPlaced,
    Intended,
    Intentions,
    IntentVoid,
    Ledger,
    Line,
    LinkMade,
    LinkTold,
    MovedAside,
    NewFile,
    NewFiles,
    NotAlike,
    Same,
    Sames,
    TopCame,
    TopPlaced,
    Whole,
    Wholes,
    encoded,
    read,
)
from tests.harness.folders import HERE


def test_what_follows_a_bad_line_is_forgotten_and_cut_off(tmp_path: Path) -> None:
    stage = HERE.root(tmp_path)
    book = Ledger(stage)
    for number in range(4):
        book.add(EntryDone(number))
    book.sync()
    book.close()
    data = bytearray((tmp_path / NAME).read_bytes())
    lines = data.splitlines(keepends=True)
    data[len(lines[0]) + len(lines[1]) + 12] ^= 1
    (tmp_path / NAME).write_bytes(data)
    again = Ledger(stage)
    assert list(again.recover()) == [EntryDone(0), EntryDone(1)]
    again.add(EntryDone(9))
    assert list(again.recover()) == [EntryDone(0), EntryDone(1), EntryDone(9)]
    again.close()
    stage.close()


def test_a_line_that_does_not_fit_on_the_disk_is_not_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = HERE.root(tmp_path)
    book = Ledger(stage)
    book.add(EntryDone(0))
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
    with pytest.raises(OSError, match="space"):
        book.add(EntryDone(1))
    monkeypatch.undo()
    book.add(EntryDone(2))
    assert list(book.recover()) == [EntryDone(0), EntryDone(2)]
    book.close()
    stage.close()


NOTES: list[Line] = [
    TopPlaced("a", "a (1)"), TopPlaced("a", "b", merged=True), TopPlaced("a", "b", followed=True), TopCame("b"),
    FolderMade(("a", "b")), EntryDone(3), FolderDone(3, ("a",), -5), FileBegun(4), NotAlike(5),
    Wholes((Whole(1, 2, ("a", "x"), "00ff", 9), Whole(2, 0, ("y",), "", 0))), Intentions((Intended(1, 2, ("a", "x")),)),
    IntentVoid(1), Sames((Same(1, 2), Same(2, 3))), LinkTold(7, ("a", "l"), "x"), LinkMade(("a", "l"), "x"),
    FolderBegun(3, ("a", "b")), NewFiles(3, ("a", "b", "c"), (NewFile(8, 2, "x", "00ff", 9),)), FoldersPlaced((3, 4)),
    FoldersLeft((3,)), MovedAside(("a", "x"), ("Replaced by lanshare", "now", "a", "x")),
]


def test_every_kind_of_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert {type(one) for one in NOTES} == set(get_args(Line)), "all kinds are here"
    stage = HERE.root(tmp_path)
    book = Ledger(stage)
    for note in NOTES:
        book.add(note)
    several = (Wholes, Intentions, Sames)
    expected = [one for note in NOTES for one in (note.files if isinstance(note, several) else (note,))]
    assert list(book.recover()) == expected
    book.close()
    stage.close()
    assert list(read(tmp_path / NAME)) == expected, "so a receipt is, too"
    assert list(read(tmp_path / "none")) == []


@pytest.mark.parametrize("body", [
    b'{"a":1}', b"[1]", b"junk", b'{"note":"from later"}', b'{"note":"done"}', b'{"note":"done","index":-1}', b"7",
    b'{"note":"made","path":"a"}', b'{"note":"made","path":[1]}', b'{"note":"wholes","files":[[1,2,["a"],"zz",0]]}',
    b'{"note":"top","top":"a","place":7}', b"\xff", b'{"note":"done","x":' + b"[" * 9999 + b"]" * 9999 + b"}",
])
def test_what_is_no_note_is_passed_over(tmp_path: Path, body: bytes) -> None:
    (tmp_path / NAME).write_bytes(framed(body) + encoded(EntryDone(1)))
    assert list(read(tmp_path / NAME)) == [EntryDone(1)]
