"""What will not be there as it is here is noted once, and the receiver is told what it cannot see."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from lanshare.domain.errors import Code
from lanshare.domain.offer import TIME_BOUND, EntryKind, FileEntry, Skipped
from lanshare.exchange.source.fidelity import Fidelity
from lanshare.wire import frames as f

FOLDER = FileEntry(("top",), EntryKind.FOLDER, 0, 5)


def test_a_second_name_and_attributes_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    os.link(tmp_path / "a", tmp_path / "b")
    fidelity = Fidelity()
    fidelity.look_at((tmp_path / "a").stat(), ("top", "a"), True)
    wanted = [Skipped("top/a", Code.LINK_DOUBLED), Skipped("top/a", Code.ATTRIBUTES_LOST)]
    assert fidelity.notes == wanted
    assert fidelity.take() == [f.Noted(one.path, one.code) for one in wanted]
    assert fidelity.take() == []


def test_a_time_that_no_disk_holds_is_noted_here_as_the_receiver_sees_it_by_itself(tmp_path: Path) -> None:
    fidelity = Fidelity()
    fidelity.look_at_folder(replace(FOLDER, mtime_ns=TIME_BOUND), str(tmp_path))
    assert fidelity.notes == [Skipped("top", Code.TIME_LOST)]
    assert fidelity.take() == []


def test_a_plain_file_and_folder_are_nothing_to_speak_of(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    fidelity = Fidelity()
    fidelity.look_at((tmp_path / "a").stat(), ("top", "a"), False)
    fidelity.look_at_folder(FOLDER, str(tmp_path))
    assert fidelity.notes == []


def test_the_same_is_not_said_twice_and_the_list_does_not_grow_for_ever() -> None:
    fidelity = Fidelity()
    for number in range(3000):
        for _ in range(2):
            fidelity.note(Skipped(str(number), "x"))
    assert len(fidelity.notes) == 1000
    assert len({one.path for one in fidelity.notes}) == 1000
