"""What was accepted is all that may come: files, bytes and top-level names, whatever the way, over all tries."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.offer import DEPTH
from lanshare.domain.peer import PeerPolicy, Permission
from lanshare.domain.transfer import CHUNK, TransferId
from lanshare.exchange.sink.budget import UNCOUNTED
from lanshare.files.content import content_id, small_id, zero_chunk
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.attacker import Attacker, Gone
from tests.harness.engines import Device, paths_in
from tests.harness.screen import until
from tests.hostile.conftest import Victim
from tests.hostile.linking import attached_again

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
    data.say_raw(f.Hole, 1024**4)


def many_small_ones(data: Attacker) -> None:
    for number in range(301):
        whole(data, number, ["a", str(number)], b"")


WAYS: list[Callable[[Attacker], None]] = [
    a_byte_more, a_file_more, another_top, another_top_as_a_folder, another_top_as_a_link, a_pack_of_more,
    a_pack_elsewhere, a_pack_at_the_top, a_hole, many_small_ones,
]


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


def many_folders(data: Attacker) -> None:
    """Each of them deep: on the way to one there are others."""
    for number in range(400):
        data.say_raw(f.Begin, number, ["a", str(number), *["d"] * 60], "folder", 0, 1, 0, "", False)


def many_links(data: Attacker) -> None:
    for number in range(UNCOUNTED + DEPTH + 10):
        data.say_raw(f.Begin, number, ["a", str(number)], "link", 0, 1, 0, "x", False)


def many_skipped(data: Attacker) -> None:
    for number in range(UNCOUNTED + DEPTH + 10):
        data.say(f.EntrySkipped(f"a/{number}", "file-gone"))


@pytest.mark.parametrize("way", [many_folders, many_links, many_skipped])
def test_what_no_offer_counts_is_bounded_all_the_same(
    victim: Victim, mallory: Identity, way: Callable[[Attacker], None]
) -> None:
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        with contextlib.suppress(Gone):
            way(data)
        assert data.hear_kind(f.Halt).code == "more-than-offered"
    assert len(names(victim)) <= UNCOUNTED + 3 * DEPTH


def test_files_that_are_begun_and_broken_off_are_bounded_over_all_tries(victim: Victim, mallory: Identity) -> None:
    """Each leaves a note for as long as its transfer lasts."""
    with victim.accepted(mallory, offered=HALF) as transfer:
        for first in (0, UNCOUNTED // 2):
            with attached_again(victim.port, mallory, transfer) as data:
                for number in range(first, first + UNCOUNTED // 2):
                    data.say_raw(f.Begin, number, ["a", str(number)], "file", TWO_CHUNKS, 1, 0, "", False)
                    data.say(f.FileAborted(number, "file-gone"))
                data.say_raw(f.Begin, first + UNCOUNTED, ["a", "x"], "folder", 0, 1, 0, "", False)
                assert data.hear_kind(f.Confirmed, f.Halt) == f.Confirmed(first + UNCOUNTED, first + UNCOUNTED)
        with attached_again(victim.port, mallory, transfer) as data:
            for number in range(2 * UNCOUNTED, 2 * UNCOUNTED + DEPTH + 1):
                data.say_raw(f.Begin, number, ["a", str(number)], "file", TWO_CHUNKS, 1, 0, "", False)
                data.say(f.FileAborted(number, "file-gone"))
            data.say_raw(f.Begin, 3 * UNCOUNTED, ["a", "one more"], "file", TWO_CHUNKS, 1, 0, "", False)
            assert data.hear_kind(f.Halt).code == "more-than-offered"


def test_as_many_folders_as_honest_trees_have_do_come(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, ["a"], "folder", 0, 1, 0, "", False)
        for number in range(1, 3001):
            data.say_raw(f.Begin, number, ["a", str(number)], "folder", 0, 1, 0, "", False)
        data.say_raw(f.Begin, 3001, ["a", *map(str, range(1, 60)), "x"], "file", 12, 1, 0, "", False)
        data.say(f.Data(memoryview(TWELVE)))
        data.say(f.End(small_id(TWELVE)))
        data.say(f.AllSent(3002, 12))
        assert data.hear_kind(f.Complete).files == 1
        data.say(f.Bye())


TWO_CHUNKS = 2 * CHUNK
HALF = ([["a", "folder", 1, TWO_CHUNKS]], 1, 1, TWO_CHUNKS, True)


def begun(victim: Victim, data: Attacker, index: int, by: str) -> bool:
    """The first chunk of a file, then put aside, or cut off by the link's end: whether it is there, or refused."""
    data.say_raw(f.Begin, index, ["a", str(index)], "file", TWO_CHUNKS, 1, 0, "", False)
    data.say(f.Hole(CHUNK))
    data.say(f.ChunkEnd(zero_chunk()))
    if by == "put aside":
        data.say(f.FilePaused(index))
    deadline = time.monotonic() + 20.0
    while not any(path.name == str(index) for path in parts_of(victim)):
        if any(isinstance(frame, f.Halt) for frame in data.drain()):
            return False
        assert time.monotonic() < deadline
        time.sleep(0.01)  # asking again, not synchronising: the condition decides
    return True


def parts_of(victim: Victim, least: int = CHUNK) -> list[Path]:
    """The parts that hold so much, in staging."""
    found = []
    for path in paths_in(victim.root):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_size >= least:
                found.append(path)
    return found


@pytest.mark.parametrize("by", ["put aside", "cut off"])
def test_parts_that_rest_are_counted_by_what_lies_on_the_disk(victim: Victim, mallory: Identity, by: str) -> None:
    """Each further one is begun in the same try, or in a further one."""
    with victim.accepted(mallory, offered=HALF) as transfer:
        with attached_again(victim.port, mallory, transfer) as data:
            assert begun(victim, data, 0, by)
            if by == "put aside":
                assert not begun(victim, data, 1, by)
        if by == "cut off":
            with attached_again(victim.port, mallory, transfer) as data:
                assert not begun(victim, data, 1, by)
        assert [path.name for path in parts_of(victim)] == ["0"], "one file was accepted"


def test_what_was_cut_before_its_first_whole_chunk_does_not_stay(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=HALF) as transfer:
        for index in range(4):
            with attached_again(victim.port, mallory, transfer) as data:
                assert len(parts_of(victim, 100_000)) == 0, "what the link before left is gone"
                data.say_raw(f.Begin, index, ["a", str(index)], "file", TWO_CHUNKS, 1, 0, "", False)
                data.say(f.Data(memoryview(bytes(100_000))))
                until(lambda: len(parts_of(victim, 100_000)) == 1, "that it is on the disk")


def test_a_folder_in_the_place_of_a_part_does_not_hide_it(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=HALF) as transfer:
        with attached_again(victim.port, mallory, transfer) as data:
            assert begun(victim, data, 0, "cut off")
        with attached_again(victim.port, mallory, transfer) as data:
            data.say_raw(f.Begin, 0, ["a", "other"], "folder", 0, 1, 0, "", False)
            data.hear_kind(f.Confirmed)
            assert not begun(victim, data, 1, "cut off"), "the part still counts"


def test_a_file_goes_on_though_its_own_part_is_counted(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=HALF) as transfer:
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            begun(victim, data, 0, "cut off")
        with Attacker(victim.port, mallory) as data:
            assert [(index, chunks) for index, chunks, _ in data.attach(transfer).partials] == [(0, 1)]
            data.say_raw(f.Begin, 0, ["a", "0"], "file", TWO_CHUNKS, 1, CHUNK, "", False)
            data.say(f.Hole(CHUNK))
            data.say(f.End(content_id(TWO_CHUNKS, [zero_chunk()] * 2)))
            data.say(f.AllSent(1, TWO_CHUNKS))
            assert data.hear_kind(f.Complete).files == 1
            data.say(f.Bye())


def test_what_it_follows_is_a_place_and_no_leave(victim: Victim, mallory: Identity) -> None:
    """A retry goes where the rest went; it brings what was accepted of it, not what an earlier one was."""
    with victim.accepted(mallory, offered=([["Photos", "folder", 1, 12]], 1, 1, 12, True)) as first:
        with Attacker(victim.port, mallory) as data:
            data.attach(first)
            whole(data, 0, ["Photos", "p"], TWELVE)
            data.say(f.AllSent(1, 12))
            data.hear_kind(f.Complete)
            data.say(f.Bye())
        victim.wait_for(e.TransferFinished)
    offered = victim.accepted(mallory, offered=DOCUMENTED, after=first)
    with offered as second, Attacker(victim.port, mallory) as data:
        data.attach(second)
        data.say_raw(f.Begin, 0, ["Photos", "evil"], "file", 12, 1, 0, "", False)
        assert data.hear_kind(f.Halt).code == "more-than-offered"
    assert "Photos/evil" not in names(victim)


def test_a_file_that_changed_while_it_waited_and_was_listed_again_comes_in_both_versions(
    victim: Victim, mallory: Identity
) -> None:
    """An honest source does so, as its list only grows: a rule of one file for each name would cost people the file."""
    with victim.accepted(mallory, offered=([["doc", "file", 2, 2]], 1, 2, 2, True)) as transfer:
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            whole(data, 0, ["doc"], b"1")
            whole(data, 1, ["doc"], b"2")
            data.say(f.AllSent(2, 2))
            assert data.hear_kind(f.Complete, f.Halt) == f.Complete(2, 0, 2)
            data.say(f.Bye())
        victim.wait_for(e.TransferFinished)
    assert {path.read_bytes() for path in victim.root.glob("doc*")} == {b"1", b"2"}


UNLISTED = ([["a", "file", 1, 1], ["b", "file", 1, 1]], 3, 30, 30, True)
"""An offer of two names that it lists, and a third that it does not."""


def test_further_links_bring_no_further_names(victim: Victim, mallory: Identity) -> None:
    with victim.accepted(mallory, offered=UNLISTED) as transfer:
        for index in range(4):
            data = attached_again(victim.port, mallory, transfer)
            with contextlib.suppress(Gone):
                whole(data, index, [f"other{index}"], b"1")
                data.hear_kind(f.Confirmed, f.Halt)
            data.close()
            if index == 1:
                break
    assert names(victim) == {"other0"}


@pytest.mark.parametrize("listed", [
    [[["tax.pdf"], "file", 6, 1]],
    [[["a"], "folder", 0, 1], [["a", "x"], "file", 6, 1], [["a", "y"], "file", 0, 1]],
    [[["a", "x"], "file", 13, 1]],
], ids=["another name", "a file more", "a byte more"])
def test_a_list_asks_about_nothing_that_was_not_accepted(
    victim: Victim, mallory: Identity, listed: list[list[object]]
) -> None:
    for name in ("tax.pdf", "a/x", "a/y"):
        path = victim.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"secret" if name != "a/y" else b"")
        os.utime(path, ns=(1, 1))
    with victim.accepted(mallory, offered=DOCUMENTED) as transfer, Attacker(victim.port, mallory) as data:
        data.greet("data")
        data.say_raw(f.Attach, transfer, "push")
        data.hear_kind(f.Compare)
        data.say_raw(f.Listing, transfer, 0, listed, True)
        told = data.hear_kind(f.Halt, f.Have)
        assert isinstance(told, f.Halt)
        assert told.code == "more-than-offered"


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
