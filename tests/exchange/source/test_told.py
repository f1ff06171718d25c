"""What the receiver is believed to have: only what was put before it."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain.offer import EntryKind, FileEntry
from lanshare.exchange.source.told import Told
from lanshare.files.source.sent import SentLog


def entry(name: str, size: int = 1, time: int = 1) -> FileEntry:
    """A file of a list."""
    return FileEntry(("top", name), EntryKind.FILE, size, time)


def test_it_has_what_it_confirms_of_what_was_sent_before(tmp_path: Path) -> None:
    log = SentLog(tmp_path / "sent")
    log.add(0, 2)
    log.add(7, 7)
    told = Told(log)
    told.attached(((1, 4), (7, 9)))
    assert [index for index in range(10) if told.had(index, entry(str(index)))] == [1, 2, 7]
    told.close()


def test_without_a_log_its_word_is_taken(tmp_path: Path) -> None:
    told = Told(None)
    told.attached(((1, 2),))
    assert [index for index in range(4) if told.had(index, entry(str(index)))] == [1, 2]


def test_what_is_said_or_told_now_counts_at_the_next_try(tmp_path: Path) -> None:
    told = Told(SentLog(tmp_path / "sent"))
    told.until(1)
    told.until(0)
    told.content(5)
    told.close()
    again = Told(SentLog(tmp_path / "sent"))
    again.attached(((0, 9),))
    assert [index for index in range(10) if again.had(index, entry(str(index)))] == [0, 1, 5]
    again.close()


def test_whose_content_was_told_is_believed_at_once(tmp_path: Path) -> None:
    told = Told(SentLog(tmp_path / "sent"))
    told.content(3)
    told.attached(((2, 3),))
    assert [told.had(2, entry("2")), told.had(3, entry("3"))] == [False, True]
    told.close()


def test_a_file_that_is_listed_in_two_versions_goes_once(tmp_path: Path) -> None:
    """Also if the try that sent it was another one."""
    told = Told(SentLog(tmp_path / "sent"))
    assert not told.went(entry("a", 2, 2))
    told.version(0, entry("a"), 2, 2)
    told.until(0)
    assert told.went(entry("a", 2, 2))
    assert not told.went(entry("a", 3, 3))
    told.close()
    again = Told(SentLog(tmp_path / "sent"))
    again.attached(((0, 0),))
    assert again.had(0, entry("a"))
    assert again.went(entry("a", 2, 2))
    again.forget(entry("a"))
    assert not again.went(entry("a", 2, 2))
    again.close()
