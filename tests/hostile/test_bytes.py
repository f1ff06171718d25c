"""Bytes that nobody meant: a million mutated frames, twenty thousand talks out of order; nothing but a refusal."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanshare.domain.errors import ProtocolError
from lanshare.wire import codec, limits
from lanshare.wire.frames import NUMBERS, Data, Frame
from tests.harness.sessions import example, greeted

MUTATIONS = 1_000_000
SAMPLES = [codec.encode(example(kind)) for kind in NUMBERS]
INTERESTING = (0, 1, 0x7F, 0x80, 0xC0, 0xC1, 0xCC, 0xD3, 0xD9, 0xDB, 0xDC, 0xDD, 0xDF, 0xFF)


def mutated(chance: random.Random) -> bytearray:
    """A sound frame with one to six faults."""
    data = bytearray(chance.choice(SAMPLES))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                data[at] = chance.choice(INTERESTING)
            case 2:
                del data[at:]
                data = data or bytearray(1)
            case 3:
                data[at:at] = bytes([chance.choice(INTERESTING)]) * chance.randint(1, 20)
            case 4:
                data += chance.choice(SAMPLES)[5:]
    return data


def test_a_million_mutated_frames_are_taken_or_refused_and_nothing_else() -> None:
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    refused = taken = 0
    for _ in range(MUTATIONS):
        data = mutated(chance)
        if len(data) < codec.HEADER.size:
            continue
        length, number = codec.HEADER.unpack_from(data)
        try:
            size = codec.check_header(length, number)
            body = memoryview(data)[codec.HEADER.size :][:size]
            if len(body) == size:
                codec.decode(number, body)
            taken += 1
        except ProtocolError:
            refused += 1
    assert refused > MUTATIONS // 20
    assert taken > MUTATIONS // 20


@pytest.mark.parametrize("dialler", [True, False])
def test_no_stream_of_bytes_makes_a_session_hold_more_than_a_frame(dialler: bool) -> None:
    chance = random.Random(7)
    tracemalloc.start()
    try:
        for _ in range(300):
            session = greeted("data" if chance.random() < 0.5 else "control")[0 if dialler else 1]
            try:
                for _ in range(200):
                    data = bytes(mutated(chance))
                    while data:
                        data = data[session.receive_data(data) :]
                        while session.next_frame() is not None:
                            pass
            except ProtocolError:
                continue
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * (limits.DATA_FRAME + 64 * 1024)


frames = st.sampled_from(sorted(NUMBERS, key=lambda kind: NUMBERS[kind]))


@settings(max_examples=20_000)
@given(st.booleans(), st.sampled_from(["control", "data"]), st.lists(frames, min_size=1, max_size=12))
def test_whatever_is_said_in_whatever_order_ends_in_a_refusal_or_a_phase(
    dialler: bool, purpose: str, said: list[type[Frame]]
) -> None:
    session = greeted(purpose)[0 if dialler else 1]
    for kind in said:
        before = session.phase
        session.receive_data(codec.encode(example(kind)))
        try:
            frame = session.next_frame()
        except ProtocolError:
            assert session.phase == before, "a refused frame changes nothing"
            return
        assert isinstance(frame, kind)
        if kind is Data:
            assert "moving" in str(before).lower() or "over" in str(before).lower(), "data before consent"
