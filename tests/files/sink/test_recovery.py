"""What an earlier try left: several begun files, lines about many files, and lines of another version."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content, small_id
from lanshare.files.lines import framed
from lanshare.files.sink.staging import Staging
from tests.harness.folders import LINKS, POSIX
from tests.harness.stages import put
from tests.harness.wires import TRANSFER


def begun(stage: Staging, index: int, chunks: int) -> None:
    """A file of which so many chunks arrive, and which is put aside."""
    stage.begin(index, ("d", f"f{index}"), 5 * CHUNK, 0)
    for _ in range(chunks):
        stage.write(memoryview(os.urandom(CHUNK)))
    stage.put_aside()


def test_every_file_that_was_begun_keeps_its_whole_chunks(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    begun(stage, 0, 2)
    stage.small(1, ("d", "small"), b"x", small_id(b"x"), 0)
    begun(stage, 2, 1)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    kept = again.kept()
    assert {index: chunks for index, (chunks, _) in kept.partials.items()} == {0: 2, 2: 1}
    assert kept.confirmed == ((1, 1),)
    again.discard()


def test_a_file_that_comes_again_before_a_begun_one_does_not_cost_what_is_kept_of_that(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    begun(stage, 5, 2)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().partials[5][0] == 2
    data = os.urandom(100_000)
    again.begin(1, ("d", "middling"), len(data), 0)
    again.write(memoryview(data))
    content = Content()
    content.update(data)
    again.end(content.id(), 0)
    again.begin(5, ("d", "f5"), 5 * CHUNK, 2)
    assert again.room == 3 * CHUNK
    again.discard()


def test_what_was_whole_in_one_line_with_others_is_kept_each(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    for index in range(200):
        stage.small(index, ("d", f"f{index}"), b"%d" % index, small_id(b"%d" % index), 7)
    stage.close()
    lines = (tmp_path / ".lanshare-incoming" / TRANSFER / "journal").read_bytes().count(b"\n")
    assert lines < 20, "noting each by itself costs as much as receiving it again"
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 199),)
    again.discard()
    assert {one.read_bytes() for one in (tmp_path / "d").iterdir()} == {b"%d" % index for index in range(200)}


def test_lines_of_another_version_are_passed_over(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    stage.small(0, ("a",), b"x", small_id(b"x"), 0)
    stage.close()
    journal = tmp_path / ".lanshare-incoming" / TRANSFER / "journal"
    strange = [
        {"note": "wholes", "files": [[1], ["x", 2, 3], 7]}, {"note": "files", "files": [[1, 2]]},
        {"note": "later", "index": 1}, {"note": "begun", "index": "x"}, {"note": "wholes", "files": 3}, {"done": 7},
        {"note": "wholes", "files": [[7, 1, ["b"], "not hexadecimal", 0]]}, {"note": "done", "index": -1},
        "done", 7, [1],
    ]
    with journal.open("ab") as file:
        file.writelines(framed(msgspec.json.encode(one)) for one in strange)
    again = Staging(tmp_path, TRANSFER)
    assert again.kept().confirmed == ((0, 0),)
    again.discard()
    assert (tmp_path / "a").read_bytes() == b"x"


@LINKS
def test_a_link_that_each_try_sends_again_counts_once_and_is_made_once(tmp_path: Path) -> None:
    for _ in range(3):
        stage = Staging(tmp_path, TRANSFER)
        for index in range(5):
            stage.link(index, ("d", f"to{index}"), "x")
        stage.link(0, ("d", "to0"), "y")
        assert stage.uncounted == 6, "five links, and the folder they lie in"
        stage.close()
    stage = Staging(tmp_path, TRANSFER)
    assert stage.finish() == [(0, 4)]
    stage.discard()
    made = {path.name: path.readlink().name for path in (tmp_path / "d").iterdir()}
    assert made == {"to0": "y", "to1": "x", "to2": "x", "to3": "x", "to4": "x"}


@pytest.mark.parametrize("damage", [b"\x01\x01\x03\x01\x01", b"\x01"])
@POSIX
def test_a_part_that_is_not_true_is_closed_before_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    """Windows removes nothing that is open: the transfer could not go on there."""
    stage = Staging(tmp_path, TRANSFER)
    put(stage, 0, ("f",), b"hello")
    stage.close()
    (tmp_path / ".lanshare-incoming" / TRANSFER / "0").write_bytes(damage)
    again = Staging(tmp_path, TRANSFER)
    removed: list[str] = []
    remove = again.stage.folder.remove

    def checked(name: str) -> None:
        held = [os.readlink(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd") if fd_is_there(one)]
        assert not [path for path in held if path.endswith(f"{TRANSFER}/{name}")]
        removed.append(name)
        remove(name)

    monkeypatch.setattr(again.stage.folder, "remove", checked)
    assert again.kept().confirmed == ()
    assert "0" in removed
    again.discard()


def fd_is_there(number: str) -> bool:
    """Whether a descriptor of a listing still is: that of the listing itself is not."""
    return os.path.lexists(f"/proc/self/fd/{number}")
