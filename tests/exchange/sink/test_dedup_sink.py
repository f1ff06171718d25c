"""We are the sink: what we ask for, say and believe before the first byte."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import ConflictPolicy
from lanshare.exchange.sink.dedup_sink import Comparing
from lanshare.files.content import Content, small_id
from lanshare.files.sink.staging import Staging
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.wires import TRANSFER, Ear

ID = bytes(16)


def listed(name: str, size: int, kind: str = "file") -> f.Listed:
    """An entry of a list."""
    return f.Listed(tuple(name.split("/")), "folder" if kind == "folder" else "file", size, 5)


def uncounted(parts: Sequence[str], files: int, size: int) -> None:
    """All of it was accepted."""


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[tuple[Comparing, Ear]]:
    """A folder that holds d/a, and a comparison that has begun."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"a")
    os.utime(tmp_path / "d" / "a", ns=(5, 5))
    stage = Staging(tmp_path, TRANSFER)
    comparing, ear = Comparing(stage, ConflictPolicy.KEEP, uncounted), Ear()
    comparing.begin(ear)
    yield comparing, ear
    comparing.close()
    stage.discard()


def taken(comparing: Comparing) -> list[tuple[str, ...]]:
    """What turned out to be the same, since the last time."""
    same = [have.entry.parts for have in comparing.same]
    comparing.same.clear()
    return same


def test_pieces_are_asked_for_one_by_one_and_what_we_have_is_said(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    asked = len(ear.said)
    assert ear.said == [f.Compare()] * asked
    assert (comparing.done, comparing.waits) == (False, True)
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), False))
    assert (comparing.done, comparing.waits) == (False, False)
    comparing.step(ear, 9.0)
    assert ear.said[asked:] == [f.Compare(), f.Have((1,))]
    comparing.listed(f.Listing(ID, 2, (listed("d/b", 1),), True))
    comparing.step(ear, 9.0)
    assert len(ear.said) == asked + 2, "there is nothing more to ask for or to say"
    assert (comparing.done, comparing.waits, taken(comparing)) == (False, True, [])
    comparing.answered(f.Contents(((1, small_id(b"a")),)))
    assert (comparing.done, comparing.waits, taken(comparing)) == (True, False, [("d", "a")])


@pytest.mark.parametrize("theirs", [b"", bytes(32), small_id(b"A")], ids=["none", "zeros", "another"])
def test_another_content_or_none_is_not_the_same(setting: tuple[Comparing, Ear], theirs: bytes) -> None:
    comparing, ear = setting
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), True))
    comparing.step(ear, 9.0)
    comparing.answered(f.Contents(((1, theirs),)))
    assert (comparing.done, taken(comparing), comparing.unwanted) == (True, [], [])


def test_it_may_be_told_while_ours_is_read(tmp_path: Path) -> None:
    for name in ("large", "small"):
        (tmp_path / name).write_bytes(bytes(2_000_000 if name == "large" else 1))
        os.utime(tmp_path / name, ns=(5, 5))
    stage = Staging(tmp_path, TRANSFER)
    comparing, ear = Comparing(stage, ConflictPolicy.KEEP, uncounted), Ear()
    try:
        comparing.listed(f.Listing(ID, 0, (listed("large", 2_000_000), listed("small", 1)), True))
        comparing.step(ear, 9.0)
        assert ear.said == [f.Have((0,))], "a large one is told at once"
        content = Content()
        content.update(bytes(2_000_000))
        comparing.answered(f.Contents(((0, content.id()),)))
        assert (comparing.waits, taken(comparing)) == (False, [])
        with pytest.raises(ProtocolError):
            comparing.answered(f.Contents(((0, content.id()),)))
        comparing.step(ear, 9.0)
        assert taken(comparing) == [("large",)]
        comparing.answered(f.Contents(((1, small_id(bytes(1))),)))
        assert (comparing.done, taken(comparing)) == (True, [("small",)])
    finally:
        comparing.close()
        stage.discard()


@pytest.mark.parametrize("content", [b"a", b"b"], ids=["proven", "guessed"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_folder_takes_files_in_only_from_whoever_has_a_file_of_it(
    tmp_path: Path, content: bytes, first: int
) -> None:
    """Whatever is answered first: an empty file beside it is no proof, and is the same only if the folder is merged."""
    (tmp_path / "d").mkdir()
    for name, data in (("a", b""), ("b", b"a")):
        (tmp_path / "d" / name).write_bytes(data)
        os.utime(tmp_path / "d" / name, ns=(5, 5))
    stage = Staging(tmp_path, TRANSFER)
    comparing, ear = Comparing(stage, ConflictPolicy.KEEP, uncounted), Ear()
    try:
        comparing.listed(f.Listing(ID, 0, (listed("d/a", 0), listed("d/b", 1), listed("d/new", 1)), True))
        comparing.step(ear, 9.0)
        assert ear.said == [f.Have((0, 1))]
        answers = [(0, small_id(b"")), (1, small_id(content))]
        comparing.answered(f.Contents((answers[first],)))
        comparing.answered(f.Contents((answers[1 - first],)))
        proven = content == b"a"
        assert sorted(taken(comparing)) == ([("d", "a"), ("d", "b")] if proven else [])
        assert stage.tops.places.get("d") == ("d" if proven else None)
        assert comparing.done
    finally:
        comparing.close()
        stage.discard()


def test_skipping_leaves_what_only_seemed_to_be_the_same(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"a")
    os.utime(tmp_path / "d" / "a", ns=(5, 5))
    stage = Staging(tmp_path, TRANSFER, clash=ConflictPolicy.SKIP)
    comparing, ear = Comparing(stage, ConflictPolicy.SKIP, uncounted), Ear()
    try:
        comparing.listed(f.Listing(ID, 0, (listed("d/a", 1),), True))
        comparing.step(ear, 9.0)
        comparing.answered(f.Contents(((0, small_id(b"b")),)))
        assert [one.index for one in comparing.unwanted] == [0]
    finally:
        comparing.close()
        stage.discard()


def test_only_what_we_said_to_have_is_told(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), True))
    told = f.Contents(((1, small_id(b"a")),))
    with pytest.raises(ProtocolError):
        comparing.answered(told)
    comparing.step(ear, 9.0)
    with pytest.raises(ProtocolError):
        comparing.answered(f.Contents(((0, b""),)))
    comparing.answered(told)
    with pytest.raises(ProtocolError):
        comparing.answered(told)


def test_a_list_comes_as_it_was_asked_for(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 7, (), False))
    for first in range(3):
        comparing.listed(f.Listing(ID, first, (listed(f"x{first}", 1),), False))
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 3, (), False))
    comparing.step(ear, 9.0)
    comparing.listed(f.Listing(ID, 3, (), True))
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 3, (), True))


def test_it_waits_when_too_much_is_unanswered(
    setting: tuple[Comparing, Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing, ear = setting
    monkeypatch.setattr(limits, "OUTSTANDING", 2)
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), False))
    comparing.listed(f.Listing(ID, 2, (listed("d/b", 1),), False))
    comparing.step(ear, 9.0)
    assert (comparing.done, comparing.waits) == (False, True)
    comparing.answered(f.Contents(((1, b""),)))
    assert comparing.waits, "now for the list"
