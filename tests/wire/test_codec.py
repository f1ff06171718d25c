"""Codec: what we write we read; whatever else comes, only frames or ProtocolError come out."""

from __future__ import annotations

import struct
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanshare.domain.errors import LocalMisuse, ProtocolError
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS, Frame

digests = st.binary(min_size=32, max_size=32)
ids = st.binary(min_size=16, max_size=16)
words = st.text(st.characters(codec="utf-8"), max_size=limits.WORD)
labels = st.text(st.characters(codec="utf-8"), max_size=60)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
counts = st.integers(0, 2**53)
indices = st.integers(0, 999_999)
times = st.integers(-(2**63), 2**63 - 1)
rising = st.lists(indices, max_size=8, unique=True).map(
    lambda found: tuple(zip(sorted(found)[::2], sorted(found)[1::2], strict=False))
)
several = st.lists(indices, max_size=5).map(tuple)
kinds = st.sampled_from(["file", "folder", "link"])
listed = st.builds(
    f.Listed, st.lists(names, min_size=1, max_size=4).map(tuple), kinds, counts, times
)
tops = st.builds(f.Top, names, st.sampled_from(["file", "folder"]), counts, counts)

FRAMES: dict[type[Frame], st.SearchStrategy[Frame]] = {
    f.Challenge: st.builds(f.Challenge, digests, st.integers(0, 65535), st.integers(0, 65535)),
    f.Proof: st.builds(f.Proof, digests, st.binary(max_size=2048), st.binary(max_size=128), st.just(1), st.just(1)),
    f.Hello: st.builds(
        f.Hello, st.just(1), labels, words, labels, st.integers(0, 65535), ids, st.sampled_from(["control", "data"]),
        st.lists(words, max_size=4).map(tuple),
    ),
    f.Refusal: st.builds(f.Refusal, words, labels),
    f.Ping: st.builds(f.Ping, counts),
    f.Pong: st.builds(f.Pong, counts),
    f.Bye: st.builds(f.Bye, words),
    f.Text: st.builds(
        f.Text, st.binary(max_size=256), digests, ids, counts, st.lists(digests, max_size=3).map(tuple), counts,
        times, labels, st.binary(max_size=128), words, st.just(b"") | digests,
    ),
    f.Stored: st.builds(f.Stored, ids),
    f.Seen: st.builds(f.Seen, st.lists(ids, min_size=1, max_size=9).map(tuple)),
    f.SeenKept: st.builds(f.SeenKept, st.lists(ids, min_size=1, max_size=9).map(tuple)),
    f.GroupRecords: st.builds(f.GroupRecords, st.lists(st.binary(max_size=99), min_size=1, max_size=9).map(tuple)),
    f.HistorySummary: st.builds(
        f.HistorySummary, digests,
        st.lists(st.builds(f.AuthorRanges, digests, rising), max_size=5).map(tuple),
    ),
    f.Typing: st.builds(f.Typing, digests),
    f.Sealed: st.builds(
        f.Sealed, st.binary(min_size=65, max_size=65), st.just(bytes(limits.SEALED)),
    ),
    f.TextRefused: st.builds(f.TextRefused, ids, words),
    f.Offer: st.builds(f.Offer, ids, st.lists(tops, max_size=5).map(tuple), counts, counts, counts, st.booleans(), ids),
    f.Answer: st.builds(f.Answer, ids, st.booleans(), words),
    f.Cancel: st.builds(f.Cancel, ids, words),
    f.Fetch: st.builds(f.Fetch, ids),
    f.Finished: st.builds(f.Finished, ids, counts, counts, counts),
    f.Attach: st.builds(f.Attach, ids, st.sampled_from(["push", "pull"])),
    f.Attached: st.builds(
        f.Attached, rising,
        st.lists(st.tuples(indices, st.integers(1, 2**53), digests), max_size=4, unique_by=lambda it: it[0]).map(tuple),
    ),
    f.Begin: st.builds(
        f.Begin, indices, st.lists(names, min_size=1, max_size=8).map(tuple), kinds,
        counts, times, counts, labels, st.booleans(), st.booleans(),
    ),
    f.Hole: st.builds(f.Hole, st.integers(1, 2**40)),
    f.Noted: st.builds(f.Noted, labels, words),
    f.ChunkEnd: st.builds(f.ChunkEnd, digests),
    f.End: st.builds(f.End, digests),
    f.FileAborted: st.builds(f.FileAborted, indices, words),
    f.EntrySkipped: st.builds(f.EntrySkipped, labels, words),
    f.FilePaused: st.builds(f.FilePaused, indices),
    f.Contents: st.builds(f.Contents, st.lists(st.tuples(indices, st.just(b"") | digests), max_size=5).map(tuple)),
    f.Pack: st.builds(
        f.Pack, st.lists(names, max_size=5).map(tuple),
        st.lists(
            st.builds(f.Packed, indices, names, times, st.booleans(), digests, st.binary(max_size=99), st.booleans()),
            min_size=1, max_size=5,
        ).map(tuple),
    ),
    f.Timing: st.builds(f.Timing, counts, counts, counts),
    f.Have: st.builds(f.Have, several),
    f.Compare: st.just(f.Compare()),
    f.Unwanted: st.builds(f.Unwanted, indices, words),
    f.Listing: st.builds(f.Listing, ids, counts, st.lists(listed, max_size=5).map(tuple), st.booleans()),
    f.Pause: st.builds(f.Pause, ids, st.booleans()),
    f.Later: st.builds(f.Later, ids, words),
    f.PairBegin: st.builds(f.PairBegin, digests),
    f.PairAnswer: st.builds(f.PairAnswer, digests),
    f.PairReveal: st.builds(f.PairReveal, digests),
    f.PairVerdict: st.builds(f.PairVerdict, st.booleans()),
    f.PairStop: st.builds(f.PairStop, words),
    f.AllSent: st.builds(f.AllSent, counts, counts),
    f.Confirmed: st.builds(f.Confirmed, indices, indices),
    f.Failed: st.builds(f.Failed, indices, words),
    f.Halt: st.builds(f.Halt, words, labels),
    f.Complete: st.builds(f.Complete, counts, counts, counts),
}
any_frame = st.one_of(*FRAMES.values())


def split(data: bytes) -> tuple[int, memoryview]:
    """Type and body of one encoded frame."""
    length, number = codec.HEADER.unpack_from(data)
    assert length + 4 == len(data)
    return number, memoryview(data)[codec.HEADER.size :]


def test_every_frame_has_a_strategy_and_a_number_of_its_own() -> None:
    assert set(FRAMES) | {f.Data} == set(get_args(Frame)) == set(NUMBERS)
    assert len(set(NUMBERS.values())) == len(NUMBERS)


@settings(max_examples=400)
@given(any_frame)
def test_what_is_written_is_read(frame: Frame) -> None:
    assert codec.decode(*split(codec.encode(frame))) == frame


@settings(max_examples=1500)
@given(st.sampled_from(sorted({*NUMBERS.values(), 0, 80, 200, 255})), st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_a_protocol_error(number: int, body: bytes) -> None:
    try:
        frame = codec.decode(number, memoryview(body))
    except ProtocolError:
        return
    assert frame is None or type(frame) in NUMBERS


@settings(max_examples=600)
@given(any_frame, st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_a_frame_or_a_protocol_error(frame: Frame, place: int, mask: int) -> None:
    data = bytearray(codec.encode(frame))
    data[codec.HEADER.size + place % max(1, len(data) - codec.HEADER.size) - (len(data) == codec.HEADER.size)] ^= mask
    number = data[4]
    try:
        codec.decode(number, memoryview(data)[codec.HEADER.size :])
    except ProtocolError:
        return


@pytest.mark.parametrize("length", [0, 2**31, 2**32 - 1, limits.CONTROL_FRAME + 2])
def test_a_length_that_no_frame_may_have_is_refused_before_anything_is_allocated(length: int) -> None:
    with pytest.raises(ProtocolError):
        codec.check_header(length, NUMBERS[f.Ping])


def test_deep_nesting_is_a_protocol_error() -> None:
    body = b"\x91" * 5000 + b"\xc0"
    with pytest.raises(ProtocolError):
        codec.decode(NUMBERS[f.Offer], memoryview(body))


def test_a_lone_surrogate_never_leaves() -> None:
    with pytest.raises(LocalMisuse):
        codec.encode(f.Refusal("x", "\ud800"))


def test_a_lone_surrogate_never_comes_in() -> None:
    body = codec.encode(f.Refusal("ab", ""))[codec.HEADER.size :].replace(b"\xa2ab", b"\xa3\xed\xa0\x80")
    with pytest.raises(ProtocolError):
        codec.decode(NUMBERS[f.Refusal], memoryview(body))


def test_our_own_frame_beyond_the_bound_is_our_misuse() -> None:
    with pytest.raises(LocalMisuse):
        codec.encode(f.Refusal("x", "y" * limits.CONTROL_FRAME))
    with pytest.raises(LocalMisuse):
        codec.data_header(limits.DATA_FRAME + 1)


def test_further_fields_of_a_later_version_are_ignored() -> None:
    body = b"\x92\x07\xa5later"
    assert codec.decode(NUMBERS[f.Ping], memoryview(body)) == f.Ping(7)


def test_the_header_is_four_bytes_of_length_and_one_of_type() -> None:
    assert codec.encode(f.Ping(1)) == struct.pack(">IB", 3, 5) + b"\x91\x01"
