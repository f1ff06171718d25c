"""Every bound of wire/limits.py over the wire: what is as long as it may be is taken, one more costs the link."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId, MessageKind
from lanshare.domain.peer import PeerId, key_bytes
from lanshare.domain.settings import Visibility
from lanshare.domain.transfer import TransferId
from lanshare.engine.messages.group_records import GroupRecordQueue
from lanshare.exchange import message_records
from lanshare.exchange.sink import receiving
from lanshare.exchange.source import sending
from lanshare.files.content import small_id
from lanshare.trust import proof
from lanshare.trust.identity import Identity
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS, Frame
from lanshare.wire.records import record_digest
from tests.harness.attacker import Attacker, Gone, packed
from tests.hostile.conftest import Victim
from tests.hostile.linking import attached_again
from tests.hostile.talking import Ring, befriend, encoded, record, still

ID = bytes(16)
TESTS = Path(__file__).parent.parent


def padded(fields: list[object], length: int) -> bytes:
    """A frame's body of just so many bytes: elements behind the known ones are passed over."""
    head = packed([*fields, b""])[:-2]
    return head + b"\xc6" + (length - len(head) - 5).to_bytes(4, "big") + bytes(length - len(head) - 5)


# --- on a control link


@dataclass(frozen=True)
class Row:
    """A bound and a frame that holds `count` of what it bounds."""

    bound: int
    kind: type[f.Frame]
    body: Callable[[int], bytes]


def fields(make: Callable[[int], list[object]]) -> Callable[[int], bytes]:
    """A frame with these fields."""
    return lambda count: packed(make(count))


def ids(count: int) -> list[object]:
    """So many different ids."""
    return [secrets.token_bytes(16) for _ in range(count)]


CONTROL = {
    "CONTROL_FRAME": Row(limits.CONTROL_FRAME, f.Ping, lambda n: padded([1], n)),
    "SEEN": Row(limits.SEEN, f.Seen, fields(lambda n: [ids(n)])),
    "HELD": Row(
        limits.HELD, f.HistorySummary, fields(
            lambda n: [bytes(32), [[secrets.token_bytes(32), [[1, 2]]] for _ in range(n)]]
        )
    ),
    "HELD_RANGES": Row(
        limits.HELD_RANGES, f.HistorySummary,
        fields(lambda n: [bytes(32), [[bytes(32), [[3 * one, 3 * one + 1] for one in range(n)]]]]),
    ),
    "TOPS": Row(
        limits.TOPS, f.Offer,
        fields(lambda n: [secrets.token_bytes(16), [[f"{one}", "file", 1, 1] for one in range(n)], n, n, n, True]),
    ),
    "LISTED_AT_ONCE": Row(
        limits.LISTED_AT_ONCE, f.Listing,
        fields(lambda n: [ID, 0, [[[f"{one}"], "file", 1, 0] for one in range(n)], True]),
    ),
    "WORD": Row(limits.WORD, f.Cancel, fields(lambda n: [ID, "x" * n])),
}
"""Frames on a control link; what they say need not make sense, for a peer may be behind its time."""


@pytest.mark.parametrize("name", CONTROL)
def test_a_control_frame_at_its_bound_is_taken_and_beyond_it_costs_the_link(victim: Victim, name: str) -> None:
    row = CONTROL[name]
    with Attacker(victim.port) as link:
        link.greet()
        link.say_body(NUMBERS[row.kind], row.body(row.bound))
        link.say(f.Ping(77))
        while link.hear_kind(f.Pong).number != 77:
            pass
        with_one_more(link, row)


def with_one_more(link: Attacker, row: Row) -> None:
    """One more of what is bounded ends the link: what is said behind it is not answered."""
    try:
        link.say_body(NUMBERS[row.kind], row.body(row.bound + 1))
    except Gone:
        return
    assert not is_answered(link)


def is_answered(link: Attacker) -> bool:
    """Whether the victim is still with us."""
    try:
        link.say(f.Ping(99))
        while link.hear_kind(f.Pong).number != 99:
            pass
    except Gone:
        return False
    return True


GREETING: dict[str, tuple[int, Callable[[int], list[object]]]] = {
    "LABEL": (limits.LABEL, lambda n: [1, "x" * n, "laptop", "Debian", 1, ID, "control", []]),
    "WORD": (limits.WORD, lambda n: [1, "Mallory", "x" * n, "Debian", 1, ID, "control", []]),
    "CAPABILITIES": (limits.CAPABILITIES, lambda n: [1, "Mallory", "laptop", "Debian", 1, ID, "control", ["x"] * n]),
}


@pytest.mark.parametrize("name", GREETING)
def test_a_greeting_at_its_bound_is_taken_and_beyond_it_costs_the_link(victim: Victim, name: str) -> None:
    bound, make = GREETING[name]
    with Attacker(victim.port) as link:
        link.prove()
        link.hear_kind(f.Hello)
        link.say_raw(f.Hello, *make(bound))
        assert is_answered(link)
    with Attacker(victim.port) as link:
        link.prove()
        link.hear_kind(f.Hello)
        link.say_raw(f.Hello, *make(bound + 1))
        assert not is_answered(link)


def test_a_proof_at_its_bound_is_taken_and_beyond_it_refused(victim: Victim, mallory: Identity) -> None:
    for size in (limits.PROOF_FRAME, limits.PROOF_FRAME + 1):
        with Attacker(victim.port, mallory) as link:
            challenge = link.hear_kind(f.Challenge)
            nonce = secrets.token_bytes(32)
            certificate = link.sock.getpeercert(True)
            assert certificate is not None
            signature = proof.prove(mallory, certificate, challenge.nonce, nonce)
            link.say_body(NUMBERS[f.Proof], padded([nonce, mallory.certificate, signature, 1, 1], size))
            try:
                is_known = isinstance(link.hear(), f.Hello)
            except Gone:
                is_known = False
            assert is_known == (size <= limits.PROOF_FRAME)


@pytest.mark.parametrize("name", ["TEXT", "TEXT_FRAME"])
def test_a_text_at_its_bound_is_answered_and_beyond_it_costs_the_link(
    victim: Victim, mallory: Identity, name: str
) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        longest = record(mallory, victim.wait_id(), "x" * limits.TEXT, 1, group=False)
        values = msgspec.structs.astuple(longest)
        at, beyond = packed(values), packed([*values[:7], "x" * (limits.TEXT + 1), *values[8:]])
        if name == "TEXT_FRAME":
            at, beyond = padded(list(values), limits.TEXT_FRAME), bytes(limits.TEXT_FRAME + 1)
        link.say_body(NUMBERS[f.Text], at)
        assert link.hear_kind(f.TextRefused, f.Refusal) == f.TextRefused(longest.id, "text-too-long")
        with_one_more(link, Row(0, f.Text, lambda n: beyond))


def test_records_of_a_group_are_bounded_each_and_together(victim: Victim, mallory: Identity) -> None:
    ring = Ring(victim, mallory)
    founding = encoded(ring.founding)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        link.say_raw(f.GroupRecords, [founding] * limits.CIRCLE)
        victim.wait_for(e.GroupAsked)
        with_one_more(link, Row(limits.CIRCLE, f.GroupRecords, fields(lambda n: [[founding] * n])))
    with Attacker(victim.port, mallory) as link:
        link.greet()
        with_one_more(link, Row(limits.CIRCLE_RECORD, f.GroupRecords, fields(lambda n: [[bytes(n)]])))


def test_no_more_than_so_many_entries_of_an_offer_are_listed(victim: Victim, mallory: Identity) -> None:
    """The rest is not shown before it is accepted; the link lives."""
    transfer = secrets.token_bytes(16)
    total = limits.LISTED + limits.LISTED_AT_ONCE
    with Attacker(victim.port, mallory) as link:
        link.greet()
        link.say_raw(f.Offer, transfer, [["many", "folder", total, total]], 1, total, total, False)
        victim.wait_for(e.OfferReceived)
        for first in range(0, total, limits.LISTED_AT_ONCE):
            entries = [[["many", f"{first + one}"], "file", 1, 0] for one in range(limits.LISTED_AT_ONCE)]
            link.say_raw(f.Listing, transfer, first, entries, first + limits.LISTED_AT_ONCE >= total)
            link.say(f.Ping(first))
            while link.hear_kind(f.Pong).number != first:
                pass
        for _ in range(3):  # one that was under way before may come first
            victim.say(c.CompareOffer(TransferId(transfer.hex()), victim.root))
            victim.wait_for(e.OfferCompared, lambda one: one.new >= limits.LISTED - limits.LISTED_AT_ONCE)
        told = [one for one in victim.seen if isinstance(one, e.OfferCompared)]
        assert max(one.new + one.same + one.differs for one in told) <= limits.LISTED


@pytest.mark.parametrize(("known", "bound"), [(False, "GROUP_COLLECTED"), (True, "GROUP_LARGEST")])
def test_a_group_in_pieces_is_collected_up_to_its_bound(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch, known: bool, bound: str
) -> None:
    """What is beyond it is not kept; the group that is whole within it is joined, or asked about."""
    assert limits.GROUP_LARGEST > 12 * limits.GROUP_COLLECTED
    monkeypatch.setattr(limits, "GROUP_LARGEST", 12 * 2**16)
    monkeypatch.setattr(limits, "GROUP_COLLECTED", 6 * 2**16)
    most = getattr(limits, bound)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        if known:
            befriend(victim, link)
        founding, group = founded_by(mallory)
        changes = renames(mallory, group, 2 * most)
        link.say_raw(f.GroupRecords, [encoded(founding)])
        for at in range(0, len(changes), 4):
            link.say_raw(f.GroupRecords, [encoded(one) for one in changes[at : at + 4]])
        still(victim, link)
        (kept,) = parts(victim)
        assert most * 3 // 4 < kept <= most
        added = record(
            mallory, group, message_records.change_body("", [victim.wait_id()], ()), 2, kind=MessageKind.CHANGE
        )
        link.say_raw(f.GroupRecords, [encoded(founding), encoded(added)])
        asked = victim.wait_for(e.GroupChanged) if known else victim.wait_for(e.GroupAsked)
        assert asked.group == group


def test_a_group_in_pieces_is_collected_up_to_so_many_records(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "GROUP_RECORDS", 50)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        founding, group = founded_by(mallory)
        for number in range(2, 120):
            made = record(mallory, group, message_records.change_body("x", (), ()), number, kind=MessageKind.CHANGE)
            link.say_raw(f.GroupRecords, [encoded(founding), encoded(made)] if number == 2 else [encoded(made)])
        still(victim, link)
        engine = victim.host._engine
        assert engine is not None
        assert [len(kept.records) for kept in engine.node._groups._queue._parts.values()] == [50]


def test_records_of_a_group_of_ours_wait_up_to_a_bound_and_what_is_beyond_it_is_told_again(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while none of it has its turn."""
    monkeypatch.setattr(limits, "GROUP_WAITING", 2**18)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        befriend(victim, link)
        founding, group = founded_by(mallory, victim.wait_id())
        link.say_raw(f.GroupRecords, [encoded(founding)])
        victim.wait_for(e.GroupChanged)
        changes = renames(mallory, group, 2**19)
        engine = victim.host._engine
        assert engine is not None
        queue = engine.node._groups._queue
        monkeypatch.setattr(queue, "due", lambda now: [])
        most = 0
        for at, one in enumerate(changes):
            link.say_raw(f.GroupRecords, [encoded(one)])
            link.say(f.Ping(at))
            while link.hear_kind(f.Pong).number != at:
                pass
            most = max(most, sum(parts(victim, "_waiting"), 0))
        assert 2**18 * 3 // 4 < most <= 2**18
        monkeypatch.setattr(queue, "due", functools.partial(GroupRecordQueue.due, queue))
        heard = [*still(victim, link), *still(victim, link)]
        summaries = [one for one in heard if isinstance(one, f.HistorySummary)]
        ((told, ranges),) = [(one.author, one.ranges) for one in summaries[-1].held]
        assert told == key_bytes(mallory.id)
        assert 3 < ranges[-1][-1] < len(changes), "it says what it has, so that it is told what it has not"
        for one in changes:
            # One after the other is merged: however slow the machine is, nothing is passed over again.
            link.say_raw(f.GroupRecords, [encoded(one)])
            still(victim, link)
        names = [one.name for one in victim.seen if isinstance(one, e.GroupChanged)]
        assert names[-1] == f"name {len(changes) + 1}"


def founded_by(who: Identity, *members: PeerId) -> tuple[f.Text, PeerId]:
    """The record of a new group of this one, Carl and others, and the group."""
    founding = secrets.token_hex(16)
    group = message_records.group_of(who, MessageId(founding))
    body = message_records.change_body("big", [*members, Identity.create().id], ())
    return record(who, group, body, 1, kind=MessageKind.FOUND, ident=founding), group


def renames(who: Identity, group: PeerId, most: int) -> list[f.Text]:
    """So many bytes of records that change the group, long ones."""
    others = [Identity.create().id for _ in range(200)]
    made: list[f.Text] = []
    seen = b""
    for number in itertools.count(2):
        some = (others, ()) if number % 2 else ((), others)
        body = message_records.change_body(f"name {number}", *some)
        parents = (seen,) if seen else ()
        made.append(record(who, group, body, number, kind=MessageKind.CHANGE, parents=parents))
        seen = record_digest(made[-1])
        most -= len(encoded(made[-1]))
        if most <= 0:
            break
    return made


def parts(victim: Victim, what: str = "_parts") -> list[int]:
    """Bytes that the engine holds of groups that are not whole, or that wait."""
    engine = victim.host._engine
    assert engine is not None
    kept = list(getattr(engine.node._groups._queue, what).values())
    return [sum(len(one.record) for one in list(some.records.values())) for some in kept]


# --- on a data link


def packs(count: int) -> bytes:
    """A Pack of so many files without a byte."""
    empty = small_id(b"")
    return packed([[], [[one, f"{one}", 0, False, empty, b""] for one in range(count)]])


DATA = {
    "DATA_FRAME": Row(limits.DATA_FRAME, f.Data, bytes),
    "PACKED": Row(
        limits.PACKED, f.Pack, lambda n: packed([[], [[0, "one", 0, False, small_id(bytes(n)), bytes(n)]]])
    ),
    "PACK_FILES": Row(limits.PACK_FILES, f.Pack, packs),
    "HOLE": Row(limits.HOLE, f.Hole, lambda n: packed([n])),
}


@pytest.mark.parametrize("name", DATA)
def test_a_data_frame_beyond_its_bound_costs_the_link_and_at_it_it_is_taken(
    victim: Victim, mallory: Identity, name: str
) -> None:
    row = DATA[name]
    with victim.accepted(mallory) as transfer:
        for size in (row.bound + 1, row.bound):
            with contextlib.closing(attached_again(victim.port, mallory, transfer)) as link:
                if row.kind is not f.Pack:
                    link.say_raw(f.Begin, 5000, [f"begun {size}"], "file", 2**52, 0, 0, "", False)
                try:
                    link.say_body(NUMBERS[row.kind], row.body(size))
                    if row.kind is not f.Pack:
                        link.say(f.FileAborted(5000, "file-changed"))
                    link.say(f.AllSent(9999, 0))
                    frame = link.hear_kind(f.Halt, f.Refusal, f.Complete)
                except Gone:
                    frame = None
                assert isinstance(frame, f.Complete) == (size <= row.bound), frame


@pytest.mark.parametrize("size", [limits.SEALED - 1, limits.SEALED, limits.SEALED + 1])
def test_a_sealed_proof_has_one_length(victim: Victim, mallory: Identity, size: int) -> None:
    victim.say(c.SetTemporaryVisibility(Visibility.NOBODY, 600.0))
    victim.wait_for(e.MeChanged, lambda one: one.me.visibility == "nobody")
    with Attacker(victim.port, mallory) as link:
        link.hear_kind(f.Challenge)
        link.say_raw(f.Sealed, bytes(65), bytes(size))
        try:
            said = link.hear()
        except Gone:
            said = None
        assert said == (f.Refusal("hidden") if size == limits.SEALED else None)


@pytest.fixture
def asked(victim: Victim, mallory: Identity, tmp_path: Path) -> Iterator[Callable[[], Attacker]]:
    """Opens data links on which the victim is to send us what it offered; we have not said yet what we have."""
    shared = tmp_path / "shared"
    shared.mkdir()
    for number in range(limits.OUTSTANDING + limits.OUTSTANDING // 2):
        (shared / f"{number}").touch()
    links = [Attacker(victim.port, mallory)]
    links[0].greet()
    victim.wait_for(e.PeerAppeared)
    transfer = TransferId(secrets.token_hex(16))
    victim.say(c.SendFiles(transfer, mallory.id, (shared,)))
    links[0].hear_kind(f.Offer)
    links[0].say(f.Answer(bytes.fromhex(transfer), True))
    links[0].keep()

    def make() -> Attacker:
        link = Attacker(victim.port, mallory)
        links.append(link)
        link.greet("data")
        link.say(f.Attach(bytes.fromhex(transfer), "pull"))
        return link

    yield make
    for one in links:
        one.close()


SINK = {
    "RANGES": Row(limits.RANGES, f.Attached, lambda n: packed([[[5 * one, 5 * one + 1] for one in range(n)], []])),
    "PARTIALS": Row(limits.PARTIALS, f.Attached, lambda n: packed([[], [[one, 1, bytes(32)] for one in range(n)]])),
    "LISTED_AT_ONCE": Row(limits.LISTED_AT_ONCE, f.Have, lambda n: packed([[*range(n)]])),
}


@pytest.mark.parametrize("name", SINK)
def test_what_a_receiver_says_it_has_is_bounded(asked: Callable[[], Attacker], name: str) -> None:
    row = SINK[name]
    for size in (row.bound, row.bound + 1):
        link = asked()
        for _ in range(2):
            link.say(f.Compare())  # it may only have what was listed
            link.hear_kind(f.Listing)
        try:
            link.say_body(NUMBERS[row.kind], row.body(size))
            if row.kind is f.Have:
                link.say(f.Compare())  # which is answered while it waits for what it was told of
            frame = link.hear_kind(f.Refusal, f.Listing, f.Begin, f.Pack, f.AllSent)
        except Gone:
            frame = None
        is_refused = frame is None or isinstance(frame, f.Refusal)
        assert is_refused == (size > row.bound), frame
        link.close()


@pytest.mark.parametrize(("count", "is_cut"), [(limits.OUTSTANDING, False), (3 * limits.OUTSTANDING // 2, True)])
def test_no_more_is_remembered_than_was_asked_and_not_answered(
    asked: Callable[[], Attacker], count: int, is_cut: bool
) -> None:
    """All at once, so that little is answered in between: the half more is beyond it."""
    link = asked()
    listed = 0
    while listed < count:
        link.say(f.Compare())
        listed += len(link.hear_kind(f.Listing).entries)
    parts = (tuple(range(at, min(at + limits.LISTED_AT_ONCE, count))) for at in range(0, count, limits.LISTED_AT_ONCE))
    link.say_together(*(f.Have(part) for part in parts))
    link.say(f.Compare())
    link.say(f.Compare())  # the end of the list, if it was not told yet
    try:
        heard: Frame | None = link.hear_kind(f.Contents, f.Refusal)
        while isinstance(heard, f.Contents) and heard.files[-1][0] < count - 1:
            heard = link.hear_kind(f.Contents, f.Refusal)
    except Gone:
        heard = None
    assert isinstance(heard, f.Contents) is not is_cut, heard


# --- what comes before a person


def answers(link: Attacker, victim: Victim, who: Identity, texts: list[str]) -> list[str]:
    """What becomes of first texts: "" for each that is kept, else the code."""
    said = []
    for number, text in enumerate(texts):
        link.say(record(who, victim.wait_id(), text, number + 1, group=False))
        answer = link.hear_kind(f.Stored, f.TextRefused)
        said.append("" if isinstance(answer, f.Stored) else answer.code)
    return said


def test_a_strangers_first_text_is_bounded(victim: Victim) -> None:
    for size, code in ((limits.STRANGER_TEXT, ""), (limits.STRANGER_TEXT + 1, "text-too-long")):
        who = Identity.create()
        with Attacker(victim.port, who) as link:
            link.greet()
            assert answers(link, victim, who, ["x" * size]) == [code]


def test_strangers_come_before_the_person_so_often_in_a_minute_each_and_together(victim: Victim) -> None:
    kept = 0
    for _ in range(limits.STRANGERS_PROMPTS // limits.STRANGER_PROMPTS + 2):
        who = Identity.create()
        with Attacker(victim.port, who) as link:
            link.greet()
            said = answers(link, victim, who, ["one", "two", "three", "four"])
        fits = min(limits.STRANGER_PROMPTS, limits.STRANGERS_PROMPTS - kept)
        assert said == [""] * fits + ["peer-busy"] * (4 - fits)
        kept += fits
    assert kept == limits.STRANGERS_PROMPTS


def trusted(victim: Victim, mallory: Identity) -> None:
    """Bob's person verified her; she is gone again."""
    with Attacker(victim.port, mallory) as link:
        link.greet()
        victim.wait_for(e.PeerAppeared, lambda one: one.id == mallory.id)
        victim.say(c.TrustPeer(mallory.id))
        victim.wait_for(e.PeerChanged, lambda one: one.trust == "verified")


def test_a_friend_has_so_many_open_questions(victim: Victim, mallory: Identity) -> None:
    trusted(victim, mallory)
    with Attacker(victim.port, mallory) as link:
        link.greet()
        for _ in range(limits.OFFERS_PER_PEER):
            link.say_raw(f.Offer, secrets.token_bytes(16), [["a", "file", 1, 1]], 1, 1, 1, True)
            victim.wait_for(e.OfferReceived)
        one_more = secrets.token_bytes(16)
        link.say_raw(f.Offer, one_more, [["a", "file", 1, 1]], 1, 1, 1, True)
        answer = link.hear_kind(f.Answer)
        assert (answer.transfer, answer.accepted, answer.code) == (one_more, False, "peer-busy")


# --- what waits, in bytes and in time


def unread(link: Attacker, most: int) -> int:
    """How many bytes of questions it takes, none of whose answers is read, until the link is cut."""
    question = f.Ping(2**53)
    batch = b"".join([codec.encode(question)] * 4096)
    said = 0
    try:
        while said < most:
            link.write(batch)
            said += len(batch)
    except Gone:
        return said
    return most


def test_less_waits_for_a_stranger_that_does_not_read_than_for_a_friend(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UNSENT", 3 * limits.UNSENT_STRANGER)
    room = 16 * 1024 * 1024  # what the system itself keeps for us, more than it does here
    with Attacker(victim.port) as stranger:
        stranger.greet()
        first = unread(stranger, limits.UNSENT_STRANGER + room)
        assert limits.UNSENT_STRANGER < first < limits.UNSENT_STRANGER + room
    trusted(victim, mallory)
    with Attacker(victim.port, mallory) as friend:
        friend.greet()
        second = unread(friend, limits.UNSENT + room)
        assert limits.UNSENT < second < limits.UNSENT + room
        assert second > first + limits.UNSENT_STRANGER


@pytest.mark.parametrize("said", ["nothing", "half a proof", "no greeting", "no attach"])
def test_whoever_does_not_come_to_the_point_is_cut(victim: Victim, said: str) -> None:
    """HANDSHAKE bounds it all; our own patience is four times as long."""
    with Attacker(victim.port) as link:
        if said == "half a proof":
            link.say_body(NUMBERS[f.Proof], b"x", length=1000)
        elif said == "no greeting":
            link.prove()
        elif said == "no attach":
            link.greet("data")
        assert link.is_cut()


def test_whoever_falls_silent_counts_as_away(victim: Victim) -> None:
    """AWAY_AFTER."""
    with Attacker(victim.port) as link:
        link.greet()
        gone = victim.wait_for(e.PeerAppeared).id
        assert victim.wait_for(e.PeerVanished).id == gone
        assert link.is_cut()


def test_a_sender_that_stalls_is_cut_and_the_transfer_waits(
    victim: Victim, mallory: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receiving.Receiving.patience == 2 * limits.STALL
    monkeypatch.setattr(receiving.Receiving, "patience", 1.0)
    with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as link:
        link.attach(transfer)
        link.say_raw(f.Begin, 0, ["begun"], "file", 100, 0, 0, "", False)
        assert link.is_cut()
        assert victim.wait_for(e.TransferWaiting).transfer == transfer.hex()


def test_a_receiver_that_never_completes_is_cut_and_the_transfer_waits(
    victim: Victim, asked: Callable[[], Attacker], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sending.Sending.patience == limits.BARRIER_STALL
    monkeypatch.setattr(sending.Sending, "patience", 1.0)
    link = asked()
    link.say(f.Attached())
    link.hear_kind(f.AllSent)
    assert link.is_cut()
    victim.wait_for(e.TransferWaiting)


# --- the table as a whole

HERE = "hostile/test_bounds.py::test_"
HIT = {
    "TEXT": HERE + "a_text_at_its_bound_is_answered_and_beyond_it_costs_the_link",
    "TEXT_FRAME": HERE + "a_text_at_its_bound_is_answered_and_beyond_it_costs_the_link",
    "HANDSHAKE": HERE + "whoever_does_not_come_to_the_point_is_cut",
    "PROOF_FRAME": HERE + "a_proof_at_its_bound_is_taken_and_beyond_it_refused",
    "SEALED": HERE + "a_sealed_proof_has_one_length",
    "CERTIFICATE": "hostile/test_identity.py::test_a_proof_that_is_not_ones_own_is_refused",
    "CIRCLE": HERE + "records_of_a_group_are_bounded_each_and_together",
    "CIRCLE_RECORD": HERE + "records_of_a_group_are_bounded_each_and_together",
    "UNSENT": HERE + "less_waits_for_a_stranger_that_does_not_read_than_for_a_friend",
    "UNSENT_STRANGER": HERE + "less_waits_for_a_stranger_that_does_not_read_than_for_a_friend",
    "OUTSTANDING": HERE + "no_more_is_remembered_than_was_asked_and_not_answered",
    "BACKLOG_ITEMS": "hostile/test_yes.py::test_one_link_fills_neither_memory_nor_the_queue_that_others_wait_in",
    "BACKLOG_BYTES": "engine/test_backlog.py::test_bytes_count_as_well_as_messages",
    "LISTED": HERE + "no_more_than_so_many_entries_of_an_offer_are_listed",
    "AWAY_AFTER": HERE + "whoever_falls_silent_counts_as_away",
    "STALL": HERE + "a_sender_that_stalls_is_cut_and_the_transfer_waits",
    "BARRIER_STALL": HERE + "a_receiver_that_never_completes_is_cut_and_the_transfer_waits",
    "GROUP_COLLECTED": HERE + "a_group_in_pieces_is_collected_up_to_its_bound",
    "GROUP_LARGEST": HERE + "a_group_in_pieces_is_collected_up_to_its_bound",
    "GROUP_RECORDS": HERE + "a_group_in_pieces_is_collected_up_to_so_many_records",
    "GROUP_WAITING": HERE + "records_of_a_group_of_ours_wait_up_to_a_bound_and_what_is_beyond_it_is_told_again",
    "UNPROVEN_PER_HOST": "net/test_listener.py::"
    "test_unproven_connections_of_one_host_are_few_and_whoever_comes_gets_in",
    "UNPROVEN": "hostile/test_crowd.py::test_a_friend_gets_in_while_hundreds_say_nothing_or_nonsense_slowly",
    "LINKS": "net/test_shares.py::test_no_bound_is_ever_exceeded",
    "LINKS_PER_PEER": "hostile/test_limits.py::test_one_device_holds_so_many_links_and_no_more",
    "LINKS_PER_STRANGER": "hostile/test_limits.py::test_one_device_holds_so_many_links_and_no_more",
    "STRANGERS_LINKS": "hostile/test_limits.py::test_all_strangers_together_hold_so_many_links_and_a_friend_gets_in",
    "STRANGERS_KEPT": "hostile/test_limits.py::test_strangers_that_went_are_forgotten_the_longest_away_first",
    "GROUPS_FOUNDED": "hostile/test_limits.py::test_a_known_device_founds_so_many_groups_in_a_minute",
    "OFFERS_PER_PEER": HERE + "a_friend_has_so_many_open_questions",
    "OFFERS_STRANGER": "hostile/test_consent.py::test_a_flood_of_questions_shows_one_and_lets_the_person_block",
    "STRANGERS_OPEN": "hostile/test_consent.py::test_new_keys_all_the_time_do_not_fill_the_screen",
    "STRANGER_PROMPTS": HERE + "strangers_come_before_the_person_so_often_in_a_minute_each_and_together",
    "STRANGERS_PROMPTS": HERE + "strangers_come_before_the_person_so_often_in_a_minute_each_and_together",
    "PROMPTS_WITHIN": "engine/transfers/test_pending_offers.py"
    "::test_a_stranger_comes_before_the_person_three_times_a_minute",
    "STRANGER_TEXT": HERE + "a_strangers_first_text_is_bounded",
    "SIGHTINGS": "net/test_mdns.py::test_whoever_was_seen_longest_ago_makes_room",
    "QUEUE": "net/test_link.py::test_a_link_that_does_not_drain_is_cut_instead_of_growing",
}
"""Where each bound on others is hit that no table above has."""

OURS = {"CONNECT", "DATA_SENT", "CIRCLE_BYTES", "HANDED", "PING_EVERY"}
"""What we keep to ourselves: nobody else can exceed it."""


def test_every_bound_is_hit_by_a_test_that_exists() -> None:
    bounds = set(re.findall(r"^([A-Z_]+): Final", Path(limits.__file__).read_text(encoding="utf-8"), re.MULTILINE))
    assert len(bounds) > 50
    assert bounds == {*CONTROL, *GREETING, *DATA, *SINK, *HIT, *OURS}
    for name, where in HIT.items():
        file, test = where.split("::")
        assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8"), f"{name}: {where}"
