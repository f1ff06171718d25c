"""Staging: nothing is overwritten, nothing unverified gets a name, what was kept is found again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.faults import DiskFault
from lanshare.files.names import NameRefused
from lanshare.files.sink.staging import Staging
from tests.harness.folders import POSIX
from tests.harness.stages import TRANSFER, content_of, put


def write_all(stage: Staging, data: memoryview) -> None:
    """Bytes of the open file, as they come over a link."""
    for at in range(0, len(data), 256 * 1024):
        stage.write(data[at : at + 256 * 1024])


def test_content_that_differs_is_not_kept(tmp_path: Path, kind: str) -> None:
    stage = Staging(tmp_path, TRANSFER)
    with pytest.raises(DiskFault) as fault:
        put(stage, 0, ("a",), b"hello", claimed=content_of(b"other"))
    assert fault.value.code is Code.CONTENT_DIFFERS
    assert stage.commit(1.0) == []
    stage.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("parts", [("..", "x"), ("a", "..", "..", "x"), ("/etc", "x"), ("a/../../x",), ("",), (".",)])
def test_no_path_leaves_the_folder(tmp_path: Path, parts: tuple[str, ...]) -> None:
    root = tmp_path / "in"
    root.mkdir()
    stage = Staging(root, TRANSFER)
    with pytest.raises(NameRefused):
        stage.begin(0, parts, 1, 0)
    with pytest.raises(NameRefused):
        stage.folder(0, parts)
    stage.discard()
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def test_whole_chunks_survive_and_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    data = os.urandom(3 * CHUNK + 100)
    stage = Staging(tmp_path, TRANSFER)
    stage.begin(0, ("big",), len(data), 0)
    stage.write(memoryview(data)[: 2 * CHUNK + 50])
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert [(index, chunks) for index, (chunks, _) in again.kept().partials.items()] == [(0, 2)]
    again.close()
    part = tmp_path / ".lanshare-incoming" / TRANSFER / "0"
    with part.open("r+b") as file:
        file.seek(CHUNK + 7)
        file.write(b"!" if data[CHUNK + 7 : CHUNK + 8] != b"!" else b"?")
    flipped = Staging(tmp_path, TRANSFER)
    assert flipped.kept().partials[0][0] == 1
    flipped.begin(0, ("big",), len(data), 1)
    flipped.write(memoryview(data)[CHUNK:])
    flipped.end(content_of(data), 0)
    flipped.commit(1.0)
    flipped.discard()
    assert (tmp_path / "big").read_bytes() == data


def crashed(tmp_path: Path, count: int = 3) -> Path:
    """A staging whose process was killed after the last byte and before the barrier; its folder."""
    stage = Staging(tmp_path, TRANSFER)
    for index in range(count):
        put(stage, index, (f"f{index}",), bytes([index]) * 5)
    stage.close()
    return tmp_path / ".lanshare-incoming" / TRANSFER


def test_what_was_whole_when_the_process_was_killed_is_not_sent_again(tmp_path: Path) -> None:
    crashed(tmp_path)
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 2),)
    again.discard()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {f"f{n}": bytes([n]) * 5 for n in range(3)}


@pytest.mark.parametrize("damage", ["bit", "short", "gone"])
def test_what_was_whole_but_is_not_true_any_more_is_sent_again(tmp_path: Path, damage: str) -> None:
    part = crashed(tmp_path) / "1"
    if damage == "bit":
        part.write_bytes(b"\x01\x01\x03\x01\x01")
    elif damage == "short":
        part.write_bytes(b"\x01")
    else:
        part.unlink()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0), (2, 2))
    put(again, 1, ("f1",), b"\x01" * 5)
    again.commit(1.0)
    again.discard()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {f"f{n}": bytes([n]) * 5 for n in range(3)}


def test_a_torn_journal_is_read_up_to_its_tear(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.folder(0, ("d",))
    stage.folder(1, ("d", "e"))
    stage.close()
    journal = tmp_path / ".lanshare-incoming" / TRANSFER / "journal"
    journal.write_bytes(journal.read_bytes()[:-4])
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    again.discard()


def test_no_folder_is_a_disk_fault_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(DiskFault) as fault:
        Staging(tmp_path / "unplugged", TRANSFER)
    assert fault.value.code is Code.NO_FOLDER


def test_a_hole_that_no_disk_can_have_costs_nothing(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.begin(0, ("a",), 2**62, 0)
    with pytest.raises(DiskFault):
        stage.hole(2**62)
    stage.discard()


@POSIX
def test_the_last_room_of_a_disk_is_left_by_what_is_large_and_taken_by_what_is_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(40 * 1024 * 1024)
    stage = Staging(tmp_path, TRANSFER)
    monkeypatch.setattr("lanshare.files.folder.HandleFolder.room", lambda self: 0)
    put(stage, 0, ("small",), b"fits")
    stage.begin(1, ("large",), len(data), 0)
    with pytest.raises(DiskFault) as caught:
        write_all(stage, memoryview(data))
    assert caught.value.code is Code.DISK_FULL
    stage.put_aside()
    stage.commit(1.0)
    stage.close()
    assert (tmp_path / "small").read_bytes() == b"fits"
    monkeypatch.undo()
    again = Staging(tmp_path, TRANSFER)
    chunks, _ = again.kept().partials[1]
    assert chunks * CHUNK == 28 * 1024 * 1024, "what arrived is kept"
    again.begin(1, ("large",), len(data), chunks)
    write_all(again, memoryview(data)[chunks * CHUNK :])
    again.end(content_of(data), 5)
    again.commit(2.0)
    again.discard()
    assert (tmp_path / "large").read_bytes() == data
