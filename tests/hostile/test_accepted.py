"""What was accepted is all that may come: files, bytes and top-level names, whatever the way, over all tries."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.peer import PeerPolicy, Permission
from lanshare.domain.transfer import CHUNK, TransferId
from lanshare.files.content import content_id, small_id, zero_chunk
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.attacker import Attacker, Gone
from tests.harness.engines import Device
from tests.hostile.conftest import Victim

TWELVE = b"twelve bytes"
DOCUMENTED = ([["a", "folder", 1, 12]], 1, 1, 12, True)
"""An offer of one folder with one file of twelve bytes."""


def whole(data: Attacker, index: int, parts: list[str], content: bytes) -> None:
    """A file in one piece."""
    data.say_raw(f.Begin, index, parts, "file", len(content), 1, 0, "", False)
    if content:
        data.say(f.Data(memoryview(content)))
    data.say(f.End(small_id(content)))


def packed(data: Attacker, folder: list[str], files: list[tuple[int, str, bytes]]) -> None:
    """Small files in one frame."""
    data.say_raw(f.Pack, folder, [[at, name, 1, False, small_id(body), body] for at, name, body in files])


def a_byte_more(data: Attacker) -> None:
    whole(data, 0, ["a", "x"], TWELVE + b"!")


def a_file_more(data: Attacker) -> None:
    whole(data, 0, ["a", "x"], TWELVE)
    whole(data, 1, ["a", "y"], b"")


def another_top(data: Attacker) -> None:
    whole(data, 0, ["b", "x"], TWELVE)


def another_top_as_a_folder(data: Attacker) -> None:
    data.say_raw(f.Begin, 0, ["b"], "folder", 0, 1, 0, "", False)


def another_top_as_a_link(data: Attacker) -> None:
    data.say_raw(f.Begin, 0, ["b"], "link", 0, 1, 0, "a", False)


def a_pack_of_more(data: Attacker) -> None:
    packed(data, ["a"], [(0, "x", b"1234567"), (1, "y", b"1234567")])


def a_pack_elsewhere(data: Attacker) -> None:
    packed(data, ["b"], [(0, "x", b"1")])


def a_pack_at_the_top(data: Attacker) -> None:
    packed(data, [], [(0, "b", b"1")])


def a_hole(data: Attacker) -> None:
    data.say_raw(f.Begin, 0, ["a", "x"], "file", 15 * 1024**4, 1, 0, "", False)
    data.say_raw(f.Hole, 15 * 1024**4)


def many_small_ones(data: Attacker) -> None:
    for number in range(301):
        whole(data, number, ["a", str(number)], b"")


WAYS: list[Callable[[Attacker], None]] = [
    a_byte_more, a_file_more, another_top, another_top_as_a_folder, another_top_as_a_link, a_pack_of_more,
    a_pack_elsewhere, a_pack_at_the_top, a_hole, many_small_ones,
]


def attached_again(port: int, mallory: Identity, transfer: bytes) -> Attacker:
    """A data link after one that broke the protocol: the next ones are turned away for a moment."""
    deadline = time.monotonic() + 20.0
    while True:
        data = Attacker(port, mallory)
        try:
            data.attach(transfer)
            return data
        except Gone:
            data.close()
            assert time.monotonic() < deadline


def names(victim: Victim) -> set[str]:
    """What lies in the receiving folder now, without what was there."""
    return {str(path.relative_to(victim.root)) for path in victim.received()} - {"before.txt"}


def kept(victim: Victim) -> int:
    """Bytes of it."""
    paths = [path for path in victim.received() if path.is_file() and path.name != "before.txt"]
    return sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize("way", WAYS)
def test_no_more_than_was_accepted_is_kept_and_the_sender_is_told(
    victim: Victim, mallory: Identity, alive: Callable[[], None], way: Callable[[Attacker], None]
) -> None:
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer:
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            try:
                way(data)
                data.say(f.AllSent(1000, 0))
            except Gone:
                pass
            assert data.hear_kind(f.Halt).code == "more-than-offered"
        waits = victim.wait_for(e.TransferWaiting, lambda one: one.transfer == transfer.hex())
        assert waits.code == "more-than-offered"
        with Attacker(victim.port, mallory) as again, pytest.raises(Gone):
            again.attach(transfer)  # the yes holds no longer
    assert kept(victim) <= 12
    assert names(victim) <= {"a", "a/x"}


def test_exactly_what_was_accepted_is_kept(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, ["a"], "folder", 0, 1, 0, "", False)
        whole(data, 1, ["a", "x"], TWELVE)
        data.say(f.AllSent(2, 12))
        assert data.hear_kind(f.Complete).files == 1
        data.say(f.Bye())
        victim.wait_for(e.TransferFinished)
    assert names(victim) == {"a", "a/x"}


def test_over_several_tries_it_is_one_allowance(victim: Victim, mallory: Identity) -> None:
    """What an earlier link left counts, and a file that came to nothing does not."""
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer:
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            whole(data, 0, ["a", "x"], TWELVE)
            data.hear_kind(f.Confirmed)
        with Attacker(victim.port, mallory) as data:
            assert data.attach(transfer).confirmed == ((0, 0),)
            data.say_raw(f.Begin, 1, ["a", "y"], "file", 12, 1, 0, "", False)
            assert data.hear_kind(f.Halt).code == "more-than-offered"
    assert names(victim) == {"a", "a/x"}


def test_a_file_that_was_lost_gives_back_what_it_took(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, ["a", "x"], "file", 12, 1, 0, "", False)
        data.say(f.FileAborted(0, "file-changed"))
        whole(data, 1, ["a", "x"], TWELVE)
        data.say(f.AllSent(2, 12))
        assert data.hear_kind(f.Complete).files == 1
        data.say(f.Bye())
    assert kept(victim) == 12


@pytest.mark.parametrize("grown", [(301, 60 * 1024 * 1024), (2, 12), (1, 13)])
def test_an_offer_that_grew_after_the_yes_is_asked_about_again(
    victim: Victim, mallory: Identity, grown: tuple[int, int]
) -> None:
    transfer = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, transfer, *DOCUMENTED)
        victim.wait_for(e.OfferReceived)
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, victim.root))
        assert control.hear_kind(f.Answer).accepted
        files, size = grown
        control.say_raw(f.Offer, transfer, [["a", "folder", files, size]], 1, files, size, True)
        asked = victim.wait_for(e.OfferReceived)
        assert (asked.transfer, asked.files, asked.bytes) == (transfer.hex(), files, size)
        control.keep()
        with Attacker(victim.port, mallory) as data, pytest.raises(Gone):
            data.attach(transfer)
    assert names(victim) == set()


@pytest.mark.parametrize("more", [0, 1])
def test_a_yes_while_it_is_counted_holds_if_it_comes_to_no_more(victim: Victim, mallory: Identity, more: int) -> None:
    transfer = secrets.token_bytes(16)
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, transfer, [["a", "folder", 1, 12]], 1, 1, 12, False)
        victim.wait_for(e.OfferReceived)
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, victim.root))
        victim.wait_for(e.OfferWithdrawn)
        control.say_raw(f.Offer, transfer, [["a", "folder", 1, 12 + more]], 1, 1, 12 + more, True)
        if more:
            assert victim.wait_for(e.OfferReceived).bytes == 13
            victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, victim.root))
        assert control.hear_kind(f.Answer).accepted


@pytest.mark.parametrize("size", [12, 2_000_000_000, 2_000_000_001])
def test_a_rule_accepts_up_to_its_bytes_and_not_one_more(victim: Victim, mallory: Identity, size: int) -> None:
    transfer = secrets.token_bytes(16)
    rules = PeerPolicy(files=Permission.ACCEPT, up_to=2_000_000_000, into=str(victim.root))
    with Attacker(victim.port, mallory) as control:
        control.greet()
        victim.wait_for(e.PeerAppeared)
        victim.say(c.TrustPeer(mallory.id))
        victim.say(c.ChangePeer(mallory.id, "", rules))
        victim.wait_for(e.PeerChanged, lambda one: one.rules == rules)
        control.say_raw(f.Offer, transfer, [["a", "folder", 1, 12]], 1, 1, 12, True)
        assert control.hear_kind(f.Answer).accepted
        control.say_raw(f.Offer, transfer, [["a", "folder", 1, size]], 1, 1, size, True)
        if size > 2_000_000_000:
            assert victim.wait_for(e.OfferReceived).bytes == size
        else:
            assert control.hear_kind(f.Answer).accepted
            asked = [one for one in victim.seen if isinstance(one, e.OfferReceived)]
            assert asked == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_accept_all_binds_to_the_offer_and_a_huge_hole_costs_next_to_nothing(tmp_path: Path) -> None:
    """`receive --accept all --count 1`: what it is offered, and no more; 15 TiB of nothing within memory and time."""
    bob = Device(tmp_path, "Bob")
    engine = bob.receive("--count", "1")
    mallory = Identity.create()
    transfer, big = secrets.token_bytes(16), 15 * 1024**4
    try:
        with Attacker(bob.port, mallory) as control:
            control.greet()
            control.say_raw(f.Offer, transfer, [["a", "file", 1, big]], 1, 1, big, True)
            assert control.hear_kind(f.Answer).accepted
            control.keep()
            base = engine.peak_memory()
            with Attacker(bob.port, mallory) as data:
                data.attach(transfer)
                data.say_raw(f.Begin, 0, ["a"], "file", big, 1, 0, "", False)
                data.say_raw(f.Hole, limits.HOLE + CHUNK)
                assert data.is_cut()
            with attached_again(bob.port, mallory, transfer) as data:
                data.say_raw(f.Begin, 0, ["a"], "file", big, 1, 0, "", False)
                for number in range(15):
                    data.say_raw(f.Hole, limits.HOLE)
                    if number < 14:
                        data.say(f.ChunkEnd(zero_chunk()))
                with Attacker(bob.port) as friend:
                    began = time.monotonic()
                    assert friend.greet().name == "Bob"
                    assert time.monotonic() - began < limits.HANDSHAKE
                data.say_raw(f.Begin, 1, ["b"], "file", 1, 1, 0, "", False)
                assert data.is_cut()
            assert engine.peak_memory() - base < 200 * 1024 * 1024
        assert not (bob.into / "b").exists()
    finally:
        engine.kill()
        bob.close()


def test_the_digest_of_a_hole_is_that_of_its_zeros() -> None:
    assert content_id(CHUNK, [zero_chunk()]) == content_id(CHUNK, [small_zero()])


def small_zero() -> bytes:
    """The digest of a chunk of zeros, counted from its bytes."""
    from blake3 import blake3

    return blake3(bytes(CHUNK)).digest()
