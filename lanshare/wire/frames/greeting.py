"""Who we are, whether we are still there, and that we go: frames of every link."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from lanshare.wire import limits
from lanshare.wire.frames.fields import Count, FrameStruct, Id128, Label, Nonce, Small, Word


class Challenge(FrameStruct, frozen=True):
    """Acceptor, first: prove who you are; I speak versions lowest..highest."""

    nonce: Nonce
    lowest: Small
    highest: Small


class Proof(FrameStruct, frozen=True):
    """Dialler: my certificate, and my signature over the transcript (trust/proof.py). Also from an acceptor that hides,
    once it knows the dialler."""

    nonce: Nonce
    certificate: Annotated[bytes, Meta(max_length=limits.CERTIFICATE)]
    signature: Annotated[bytes, Meta(max_length=128)]
    lowest: Small
    highest: Small


class Sealed(FrameStruct, frozen=True):
    """Dialler, to an acceptor that hides: its Proof, readable only by the device it wants (trust/sealing.py)."""

    point: Annotated[bytes, Meta(min_length=65, max_length=65)]
    body: Annotated[bytes, Meta(min_length=limits.SEALED, max_length=limits.SEALED)]


class Hello(FrameStruct, frozen=True):
    """Both, acceptor first, once identities are proven: what we are and can do."""

    version: Small
    name: Label
    kind: Word
    system: Label
    port: Small
    instance: Id128
    purpose: Literal["control", "data"]
    capabilities: Annotated[tuple[Word, ...], Meta(max_length=limits.CAPABILITIES)] = ()
    note: Label = ""


class Refusal(FrameStruct, frozen=True):
    """Either, at any time before data: no, and why; the link closes. Version trouble names both ranges in `detail`."""

    code: Word
    detail: Label = ""


class Ping(FrameStruct, frozen=True):
    """Are you there?"""

    number: Count


class Pong(FrameStruct, frozen=True):
    """I am."""

    number: Count


class Bye(FrameStruct, frozen=True):
    """I go, in good order."""

    code: Word = ""
