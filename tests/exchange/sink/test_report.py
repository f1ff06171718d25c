"""What did not come, counted whole and listed as far as a list may grow; each loss is told by whoever saw it."""

from __future__ import annotations

from lanshare.domain.errors import Code
from lanshare.domain.offer import Skipped
from lanshare.exchange.sink.report import Report
from lanshare.files.sink.destination import LOSSES
from lanshare.wire import frames as f


def test_the_count_is_whole_and_the_list_is_bounded() -> None:
    report = Report()
    for number in range(LOSSES + 5):
        report.missed(str(number), "x")
        report.lose(str(number), "y")
    assert report.failed_count == LOSSES + 5
    assert [len(report.failed), len(report.losses)] == [LOSSES, LOSSES]
    assert report.failed[0] == Skipped("0", "x"), "the first ones"


def test_the_source_is_told_what_it_did_not_tell_us() -> None:
    report = Report()
    report.lose("top/a", Code.LINK_DOUBLED)  # it said so
    report.lose("top/b", Code.EXECUTE_DROPPED)
    report.lose("top/c", Code.TIME_LOST)
    told = report.close([("top/a", Code.LINK_DOUBLED), ("top/d?", Code.NAME_MAPPED)])
    assert told == [
        f.Noted("top/b", Code.EXECUTE_DROPPED), f.Noted("top/c", Code.TIME_LOST), f.Noted("top/d?", Code.NAME_MAPPED)
    ]


def test_a_long_path_is_told_by_its_end() -> None:
    (told,) = Report().close([("x" * 5000 + "/end", Code.NAME_MAPPED)])
    assert len(told.path) <= 1000
    assert told.path.endswith("/end")
