"""What was ever put before a receiver: kept over kills, and a line that was cut short costs nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.files.source.sent import SentLog, sent_path


def known(path: Path) -> list[tuple[int, int]]:
    """What a new start reads."""
    log = SentLog(path)
    log.close()
    return log.known.ranges


def test_it_is_read_again_as_it_was(tmp_path: Path) -> None:
    path = sent_path(tmp_path / "list")
    log = SentLog(path)
    for first, last in ((0, 4), (5, 5), (9, 12)):
        log.add(first, last)
    log.close()
    assert known(path) == [(0, 5), (9, 12)]


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_line_that_was_cut_short_is_not_believed(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log"
    log = SentLog(path)
    log.add(0, 3)
    log.add(10, 1234)
    log.close()
    path.write_bytes(path.read_bytes()[:-cut])
    assert known(path) == [(0, 3)]
    again = SentLog(path)
    again.add(4, 6)
    again.close()
    assert known(path) == [(0, 6)]


def test_what_is_not_one_of_our_lines_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"0 1\n-3 4\nx y\n5\n7 6\n8 9\n")
    assert known(path) == [(0, 1), (8, 9)]
