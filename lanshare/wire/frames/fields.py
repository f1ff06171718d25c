"""What the fields of frames are made of: each type with its bounds."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from lanshare.domain.offer import ENTRIES, NAME_BYTES
from lanshare.wire import limits

VERSION: Final = 1
ALPN: Final = "lanshare/1"

Nonce = Annotated[bytes, Meta(min_length=32, max_length=32)]
Digest = Annotated[bytes, Meta(min_length=32, max_length=32)]
DigestOrNone = Annotated[bytes, Meta(max_length=32)]
Id128 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Id128OrNone = Annotated[bytes, Meta(max_length=16)]
Word = Annotated[str, Meta(max_length=limits.WORD)]
Label = Annotated[str, Meta(max_length=limits.LABEL)]
Name = Annotated[str, Meta(max_length=NAME_BYTES)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Index = Annotated[int, Meta(ge=0, lt=ENTRIES)]
Signed64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Indices = Annotated[tuple[Index, ...], Meta(max_length=limits.LISTED_AT_ONCE)]
Small = Annotated[int, Meta(ge=0, le=65535)]


class FrameStruct(Struct, array_like=True, frozen=True, gc=False):
    """Encoded as a MessagePack array of the fields in order; further elements are ignored."""
