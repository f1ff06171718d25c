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
from tests.harness.sessions import ID, NONCE, attached, example, feed, greeted

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
