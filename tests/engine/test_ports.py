"""Where a served link waits for its lease: no lease is given to somebody who left."""

from __future__ import annotations

import threading

from lanshare.engine.ports import DataLinkSpec, LeaseReply


def test_a_lease_put_in_time_is_taken() -> None:
    reply = LeaseReply()
    assert reply.put(DataLinkSpec(epoch=1))
    assert reply.take(0.0) == DataLinkSpec(epoch=1)


def test_a_lease_put_after_the_wait_was_given_up_is_not_taken() -> None:
    reply = LeaseReply()
    assert reply.take(0.0) is None
    assert not reply.put(DataLinkSpec(epoch=1)), "whoever grants must know that nobody runs it"


def test_of_a_grant_and_a_giving_up_at_the_same_moment_both_sides_hold_the_same() -> None:
    for _ in range(300):
        reply = LeaseReply()
        put: list[bool] = []
        thread = threading.Thread(target=lambda reply=reply, put=put: put.append(reply.put(DataLinkSpec(epoch=1))))
        thread.start()
        taken = reply.take(0.00005)
        thread.join()
        assert put == [taken is not None]
