"""Session and phases: a conversation whole and byte by byte, and every word said out of turn."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanshare.domain.errors import LocalMisuse, ProtocolError
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS, Frame
from lanshare.wire.phases import TABLE, Phase
from lanshare.wire.session import Session

NONCE, ID = bytes(32), bytes(16)


def hello(purpose: str = "control") -> f.Hello:
    """A greeting."""
    return f.Hello(1, "n", "laptop", "s", 1, ID, "data" if purpose == "data" else "control")


def feed(session: Session, data: bytes, step: int = 1 << 30) -> list[Frame]:
    """Give bytes in steps; the frames that came out (payloads copied)."""
    found: list[Frame] = []
    for at in range(0, len(data), step):
        piece = data[at : at + step]
        while piece:
            piece = piece[session.receive_data(piece) :]
            while (frame := session.next_frame()) is not None:
                found.append(f.Data(memoryview(bytes(frame.payload))) if isinstance(frame, f.Data) else frame)
    return found


def greeted(purpose: str = "control") -> tuple[Session, Session]:
    """Dialler and acceptor after their greeting."""
    dialler, acceptor = Session(True), Session(False)
    assert feed(dialler, acceptor.send(f.Challenge(NONCE, 1, 1)))
    assert feed(acceptor, dialler.send(f.Proof(NONCE, b"c", b"s", 1, 1)))
    assert feed(dialler, acceptor.send(hello()))
    assert feed(acceptor, dialler.send(hello(purpose)))
    return dialler, acceptor


def attached(direction: str = "push") -> tuple[Session, Session]:
    """Source and sink of a data link."""
    dialler, acceptor = greeted("data")
    feed(acceptor, dialler.send(f.Attach(ID, "push" if direction == "push" else "pull")))
    source, sink = (dialler, acceptor) if direction == "push" else (acceptor, dialler)
    feed(source, sink.send(f.Attached()))
    return source, sink


STREAM: list[Frame] = [
    f.Begin(0, ("a",), "file", 11, 5),
    f.Data(memoryview(b"hello world")),
    f.End(NONCE),
    f.Begin(1, ("b",), "file", 2**40, 5),
    f.Hole(2**40),
    f.ChunkEnd(NONCE),
    f.FileAborted(1, "file-changed"),
    f.EntrySkipped("c", "file-link"),
    f.AllSent(2, 11),
]


@pytest.mark.parametrize("direction", ["push", "pull"])
@pytest.mark.parametrize("step", [1, 2, 7, 1000, 1 << 30])
def test_a_data_link_reads_the_same_in_pieces_of_any_size(direction: str, step: int) -> None:
    source, sink = attached(direction)
    assert feed(sink, b"".join(source.send(frame) for frame in STREAM), step) == STREAM
    said: list[Frame] = [f.Confirmed(0, 0), f.Failed(1, "file-changed"), f.Complete(1, 1, 11)]
    assert feed(source, b"".join(sink.send(frame) for frame in said), step) == said
    assert sink.phase == Phase.OVER


@settings(max_examples=60)
@given(st.lists(st.integers(1, limits.DATA_FRAME), min_size=1, max_size=4), st.integers(500, 300_000))
def test_data_of_any_length_comes_out_as_it_went_in(sizes: list[int], step: int) -> None:
    source, sink = attached()
    feed(sink, source.send(f.Begin(0, ("x",), "file", sum(sizes), 0)))
    payloads = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    data = b"".join(source.send_data_header(len(one)) + one for one in payloads)
    got = feed(sink, data, step)
    assert [bytes(one.payload) for one in got if isinstance(one, f.Data)] == payloads


def test_an_unknown_frame_is_skipped() -> None:
    dialler, acceptor = greeted()
    unknown = codec.HEADER.pack(4, 200) + b"abc"
    assert feed(acceptor, unknown + dialler.send(f.Ping(3))) == [f.Ping(3)]


def test_nothing_but_the_proof_is_read_before_the_proof() -> None:
    for number in set(NUMBERS.values()) - {NUMBERS[f.Proof], NUMBERS[f.Refusal], NUMBERS[f.Bye]}:
        acceptor = Session(False)
        acceptor.send(f.Challenge(NONCE, 1, 1))
        with pytest.raises(ProtocolError):
            feed(acceptor, codec.HEADER.pack(2, number) + b"\x90")


def test_a_long_frame_before_the_proof_is_refused_at_its_header() -> None:
    acceptor = Session(False)
    acceptor.send(f.Challenge(NONCE, 1, 1))
    with pytest.raises(ProtocolError):
        feed(acceptor, codec.HEADER.pack(2**30, 200))
    assert len(acceptor.buffer()) <= 16 * 1024


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_data_and_all_else_out_of_turn_is_refused_on_both_sides(kind: type[Frame]) -> None:
    """In each state that two honest sides reach, what the table does not list is an error of whoever says it."""
    states = [greeted(), attached("push"), attached("pull")]
    for (one, other), (speaker, listener) in itertools.product(states, [(0, 1), (1, 0)]):
        pair = (one, other)
        if pair[speaker].may_send(kind):
            continue
        with pytest.raises(LocalMisuse):
            pair[speaker].send(example(kind))
        data = codec.encode(example(kind))
        with pytest.raises(ProtocolError):
            feed(_copy_state(pair[listener]), data)


def _copy_state(session: Session) -> Session:
    twin = Session(True)
    twin.phase, twin._us, twin._them = session.phase, session._us, session._them
    return twin


def example(kind: type[Frame]) -> Frame:
    """A sound frame of this kind."""
    examples: dict[type[Frame], Frame] = {
        f.Challenge: f.Challenge(NONCE, 1, 1), f.Proof: f.Proof(NONCE, b"", b"", 1, 1), f.Hello: hello(),
        f.Sealed: f.Sealed(bytes(65), bytes(limits.SEALED)),
        f.Refusal: f.Refusal("x"), f.Ping: f.Ping(1), f.Pong: f.Pong(1), f.Bye: f.Bye(),
        f.Text: f.Text(b"", NONCE, ID, 1, (), 1, 1, "", b""), f.Stored: f.Stored(ID),
        f.TextRefused: f.TextRefused(ID, "x"), f.Offer: f.Offer(ID, (), 0, 0, 0, True),
        f.Answer: f.Answer(ID, True), f.Cancel: f.Cancel(ID, "x"), f.Fetch: f.Fetch(ID),
        f.Finished: f.Finished(ID, 0, 0, 0), f.Attach: f.Attach(ID, "push"), f.Attached: f.Attached(),
        f.Begin: f.Begin(0, ("a",), "file", 1, 1), f.Data: f.Data(memoryview(b"x")), f.Hole: f.Hole(1),
        f.ChunkEnd: f.ChunkEnd(NONCE), f.End: f.End(NONCE), f.FileAborted: f.FileAborted(0, "x"),
        f.EntrySkipped: f.EntrySkipped("x", "y"), f.FilePaused: f.FilePaused(0),
        f.AllSent: f.AllSent(0, 0), f.Confirmed: f.Confirmed(0, 0), f.Failed: f.Failed(0, "x"),
        f.Halt: f.Halt("x"), f.Complete: f.Complete(0, 0, 0), f.Timing: f.Timing(0, 0, 0),
        f.Have: f.Have((0,)), f.Contents: f.Contents(((0, NONCE),)),
        f.Pack: f.Pack((), (f.Packed(0, "a", 1, False, NONCE, b""),)),
        f.Compare: f.Compare(), f.Noted: f.Noted("x", "y"), f.Unwanted: f.Unwanted(0, "x"), f.Pause: f.Pause(ID, True),
        f.Listing: f.Listing(ID, 0, (), True), f.Later: f.Later(ID, "turn"),
        f.PairBegin: f.PairBegin(NONCE), f.PairAnswer: f.PairAnswer(NONCE), f.PairReveal: f.PairReveal(NONCE),
        f.PairVerdict: f.PairVerdict(True), f.PairStop: f.PairStop("x"),
        f.Seen: f.Seen((ID,)), f.SeenKept: f.SeenKept((ID,)), f.GroupRecords: f.GroupRecords((b"x",)),
        f.HistorySummary: f.HistorySummary(NONCE, (f.AuthorRanges(NONCE, ((1, 2),)),)), f.Typing: f.Typing(NONCE),
    }
    return examples[kind]


def test_every_phase_of_the_table_leads_to_a_phase_of_the_table_or_the_end() -> None:
    reachable = {phase for moves in TABLE.values() for phase in moves.values()} | {Phase.START}
    assert {phase for phase, _ in TABLE} <= reachable | {Phase.DATA}


def test_the_longest_text_that_may_be_sent_can_be_received() -> None:
    one, other = greeted()
    text = f.Text(b"k" * 256, NONCE, ID, 1, (NONCE,) * 16, 1, 1, "x" * limits.TEXT, b"s" * 128, "reaction", NONCE)
    data = one.send(text)
    frames = []
    while data:
        data = data[other.receive_data(data) :]
        while (frame := other.next_frame()) is not None:
            frames.append(frame)
    assert frames == [text]
