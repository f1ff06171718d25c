"""What a link has said and is not dealt with yet is counted, and given back once the store is done with it."""

from __future__ import annotations

from lanshare.domain.control_messages import Seen, SignedMessage
from lanshare.engine import inbox as n
from lanshare.engine.backlog import Backlog, dealt_with
from lanshare.engine.effects import CloseLink, DbRead, DbWrite, Effect, behind_reads, behind_writes
from lanshare.wire import limits
from tests.harness.made import message

SAID = Seen(())


def signed(record: bytes) -> SignedMessage:
    """A message of this size."""
    return SignedMessage(message(1, "x"), 1, record, bytes(32))


def test_it_is_full_at_its_bound_and_has_room_again_below_it() -> None:
    backlog = Backlog()
    ends = [backlog.add(SAID) for _ in range(limits.BACKLOG_ITEMS)]
    assert backlog.full
    ends[0]()
    assert not backlog.full


def test_bytes_count_as_well_as_messages() -> None:
    backlog = Backlog()
    text = signed(b"x" * (limits.BACKLOG_BYTES // 2))
    seen = []
    for _ in range(2):
        end = backlog.add(text)
        seen.append(backlog.full)
    end()
    assert [*seen, backlog.full] == [False, True, False]


def test_what_asks_the_store_is_over_when_the_last_answer_is_there() -> None:
    backlog = Backlog()
    ends = [backlog.add(SAID) for _ in range(limits.BACKLOG_ITEMS)]
    effects: list[Effect] = [
        behind_writes(n.Stop()), behind_reads(n.Stop()), CloseLink(None),  # type: ignore[arg-type]
    ]
    first, last, _ = dealt_with(effects, ends[0])
    assert backlog.full
    assert isinstance(first, DbWrite)
    assert first.over is None
    assert isinstance(last, DbRead)
    assert last.over is not None
    last.over()
    assert not backlog.full


def test_what_asks_nothing_is_over_at_once() -> None:
    backlog = Backlog()
    ends = [backlog.add(SAID) for _ in range(limits.BACKLOG_ITEMS)]
    assert dealt_with([], ends[0]) == []
    assert not backlog.full
