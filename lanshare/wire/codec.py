"""Bytes <-> frames, one at a time. Raises ProtocolError on a peer's bytes, and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from lanshare.domain.errors import LocalMisuse, ProtocolError
from lanshare.wire import frames, limits
from lanshare.wire.frames import NUMBERS, Attached, Data, Frame, HistorySummary, Offer

HEADER: Final = struct.Struct(">IB")
"""Length of the type byte and the body together, then the type byte."""

_encoder = msgspec.msgpack.Encoder()
_decoders: Final = {number: msgspec.msgpack.Decoder(kind) for kind, number in NUMBERS.items() if kind is not Data}
_DATA: Final = NUMBERS[Data]
_CAPS: Final = {
    NUMBERS[frames.Challenge]: limits.PROOF_FRAME,
    NUMBERS[frames.Proof]: limits.PROOF_FRAME,
    NUMBERS[frames.Text]: limits.TEXT_FRAME,
    NUMBERS[frames.Pack]: limits.DATA_FRAME,
    _DATA: limits.DATA_FRAME,
}


def _all_or_nothing(size: int, *fields: bytes) -> None:
    """Ids that may be left out are whole or empty."""
    if any(len(one) not in (0, size) for one in fields):
        raise ValueError("an id that is cut short")


def _rises(ranges: Sequence[tuple[int, int]]) -> None:
    before = -1
    for first, last in ranges:
        if not before < first <= last:
            raise ValueError("ranges that do not rise")
        before = last


def _check_attached(frame: Attached) -> None:
    _rises(frame.confirmed)
    begun = [index for index, _, _ in frame.partials]
    if len(set(begun)) != len(begun) or any(chunks < 1 for _, chunks, _ in frame.partials):
        raise ValueError("a begun file twice, or without a chunk")


def _check_holding(frame: HistorySummary) -> None:
    for one in frame.held:
        _rises(one.ranges)


def _check_offer(frame: Offer) -> None:
    _all_or_nothing(16, frame.after)
    _all_or_nothing(32, frame.conversation)


_WHOLE: Final[dict[type[Frame], Callable[[Any], None]]] = {
    frames.Text: lambda frame: _all_or_nothing(32, frame.about),
    frames.Contents: lambda frame: _all_or_nothing(32, *(content for _, content in frame.files)),
    frames.Offer: _check_offer,
    frames.Attached: _check_attached,
    frames.HistorySummary: _check_holding,
}
"""What a type cannot say of a frame's fields. ValueError where it does not hold."""


def encode(frame: Frame) -> bytes:
    """A frame as it travels; LocalMisuse if it is longer than the peer may accept or holds lone surrogates."""
    number = NUMBERS[type(frame)]
    try:
        body = bytes(frame.payload) if isinstance(frame, Data) else _encoder.encode(frame)
    except UnicodeEncodeError as error:
        raise LocalMisuse(f"text that is not Unicode in {type(frame).__name__}") from error
    if isinstance(frame, frames.Begin) and not frame.private:
        # A field that was added later is left out where it says nothing: nine elements become eight.
        body = bytes([body[0] - 1]) + body[1:-1]
    if len(body) > cap(number):
        raise LocalMisuse(f"{type(frame).__name__} of {len(body)} bytes")
    return HEADER.pack(len(body) + 1, number) + body


def data_header(length: int) -> bytes:
    """The header of a Data frame whose `length` raw bytes the caller sends itself."""
    if not 1 <= length <= limits.DATA_FRAME:
        raise LocalMisuse(f"Data of {length} bytes")
    return HEADER.pack(length + 1, _DATA)


def cap(number: int) -> int:
    """The longest body that a frame type may have, in bytes; unknown types have the control frames' bound."""
    return _CAPS.get(number, limits.CONTROL_FRAME)


def check_header(length: int, number: int) -> int:
    """The body's length that a header announces, checked before anything is allocated for it."""
    if length < 1:
        raise ProtocolError("a frame without a type")
    if length - 1 > cap(number):
        raise ProtocolError(f"a frame of type {number} with {length - 1} bytes")
    if number == _DATA and length == 1:
        raise ProtocolError("an empty Data frame")
    return length - 1


def decode(number: int, body: memoryview) -> Frame | None:
    """The frame in `body`, None if its type is unknown. A Data frame's payload is a view into `body`."""
    if number == _DATA:
        return Data(body)
    decoder = _decoders.get(number)
    if decoder is None:
        return None
    try:
        frame: Frame = decoder.decode(body)
        check = _WHOLE.get(type(frame))
        if check is not None:
            check(frame)
        return frame
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise ProtocolError(f"a malformed frame of type {number}: {error}") from error
