"""Six digits compared on two screens: frames of the control link."""

from __future__ import annotations

from lanshare.wire.frames.fields import Digest, FrameStruct, Nonce, Word


class PairBegin(FrameStruct, frozen=True):
    """Let us compare six digits: SHA-256 that fixes my nonce without telling it."""

    commitment: Digest


class PairAnswer(FrameStruct, frozen=True):
    """My nonce, now that yours is fixed."""

    nonce: Nonce


class PairReveal(FrameStruct, frozen=True):
    """The nonce that PairBegin fixed."""

    nonce: Nonce


class PairVerdict(FrameStruct, frozen=True):
    """My person sees the same digits on both screens, or does not."""

    same: bool


class PairStop(FrameStruct, frozen=True):
    """The comparison ends here, and why."""

    code: Word
