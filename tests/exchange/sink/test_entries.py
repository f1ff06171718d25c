"""What becomes of each entry: kept, refused with its reason, or passed over; every byte that came is paced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import TIME_BOUND, ConflictPolicy
from lanshare.domain.ranges import Ranges
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.sink.budget import Budget
from lanshare.exchange.sink.entries import Entries
from lanshare.exchange.sink.report import Report
from lanshare.files.content import small_id
from lanshare.files.sink.staging import Kept, Staging
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from tests.harness.wires import TRANSFER


class Said:
    """Where the sink says something to the source."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def say(self, frame: Frame) -> None:
        self.frames.append(frame)


class Setting:
    """A staging folder, and what is said and counted of what comes into it."""

    def __init__(self, folder: Path, clash: ConflictPolicy = ConflictPolicy.KEEP, kept: Kept | None = None) -> None:
        self.stage, self.said, self.report = Staging(folder, TRANSFER), Said(), Report()
        self.paced: list[int] = []
        budget = Budget(None, self.stage.tops.spelled, self.stage.tops.came)
        self.entries = Entries(self.stage, budget, self.report, Ranges, clash, False, self.paced.append)
        self.entries.start(cast(Outlet, self.said), kept or self.stage.kept(), 0)

    def send(self, frame: f.Begin, data: bytes) -> None:
        """A file with these bytes."""
        self.entries.begin(frame)
        self.entries.data(f.Data(memoryview(data)))
        self.entries.end(f.End(small_id(data)))

    def missed(self) -> list[tuple[str, str]]:
        """What is not here, and why."""
        return [(one.path, one.code) for one in self.report.failed]


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    """A fresh one."""
    one = Setting(tmp_path)
    yield one
    one.stage.discard()


def begin(index: int = 0, name: str = "a", size: int = 3, executable: bool = False, mtime_ns: int = 0) -> f.Begin:
    """A file begins."""
    return f.Begin(index, (name,), "file", size, mtime_ns, executable=executable)


def test_a_file_is_kept_and_what_it_lost_on_the_way_is_noted(setting: Setting, tmp_path: Path) -> None:
    setting.send(begin(executable=True), b"abc")
    setting.send(begin(1, "b", mtime_ns=TIME_BOUND), b"xyz")
    assert setting.entries.next == 2
    setting.stage.commit(0.0)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()} == {"a": b"abc", "b": b"xyz"}
    assert setting.missed() == []
    assert setting.paced == [3, 3]
    lost = [(one.path, one.code) for one in setting.report.close({}) if isinstance(one, f.Noted)]
    assert lost == [("a", Code.EXECUTE_DROPPED), ("b", Code.TIME_LOST)]


@pytest.mark.parametrize("small", [True, False])
def test_what_is_there_already_is_passed_over_if_that_was_chosen(tmp_path: Path, small: bool) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    setting = Setting(tmp_path, ConflictPolicy.SKIP)
    if small:
        setting.entries.pack(f.Pack((), (f.Packed(0, "a", 0, False, small_id(b"abc"), b"abc"),)))
    else:
        setting.send(begin(), b"abc")
    assert setting.missed() == [("a", Code.ALREADY_THERE)]
    assert setting.said.frames == [f.Failed(0, Code.ALREADY_THERE)]
    assert setting.paced == [3], "it came all the same"
    setting.stage.discard()
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_a_size_that_no_disk_holds_is_refused_and_its_bytes_are_passed_over(setting: Setting) -> None:
    setting.entries.begin(begin(size=2**50))
    setting.entries.data(f.Data(memoryview(b"abc")))
    setting.entries.lost(f.FileAborted(0, "file-changed"))
    assert setting.missed() == [("a", Code.DISK_FULL)]
    assert setting.said.frames == [f.Failed(0, Code.DISK_FULL)]
    assert setting.entries.meter.moved == 0


def test_what_the_source_was_told_to_be_here_is_confirmed_again_and_not_kept_twice(tmp_path: Path) -> None:
    setting = Setting(tmp_path, kept=Kept(((0, 1),), 2, 6))
    setting.send(begin(), b"abc")
    setting.entries.pack(f.Pack((), (f.Packed(1, "b", 0, False, small_id(b"xyz"), b"xyz"),)))
    assert setting.said.frames == [f.Confirmed(0, 0), f.Confirmed(1, 1)]
    setting.stage.commit(0.0)
    assert [one for one in tmp_path.iterdir() if one.is_file()] == []
    setting.stage.discard()


def test_what_is_put_aside_is_counted_and_what_is_lost_is_missed(setting: Setting) -> None:
    setting.entries.begin(begin(0, "a", 2 * CHUNK))
    setting.entries.put_aside(f.FilePaused(0))
    setting.entries.begin(begin(1, "b"))
    setting.entries.lost(f.FileAborted(1, "file-changed"))
    setting.entries.skip(f.EntrySkipped("c", "no-permission"))
    assert setting.entries.aside == 1
    assert setting.missed() == [("b", "file-changed"), ("c", "no-permission")]
