"""What became of the bytes: frames of a data link, from its sink."""

from __future__ import annotations

from lanshare.wire.frames.fields import Count, FrameStruct, Index, Indices, Label, Word


class Have(FrameStruct, frozen=True):
    """From the data's receiver, before Attached: at the place of these entries lie files of their size and time, which
    it reads; tell what yours are (Contents)."""

    files: Indices


class Compare(FrameStruct, frozen=True):
    """From the data's receiver, before Attached: list the next piece of what you will send (Listing), once for each
    time it is said; some of it may be here."""


class Unwanted(FrameStruct, frozen=True):
    """From the data's receiver: do not send this entry, or no more of it, and why."""

    index: Index
    code: Word


class Confirmed(FrameStruct, frozen=True):
    """These entries (an inclusive range of indices) are verified and durable under their final names."""

    first: Index
    last: Index


class Failed(FrameStruct, frozen=True):
    """This entry could not be kept, and why; go on with the others."""

    index: Index
    code: Word


class Halt(FrameStruct, frozen=True):
    """From the data's receiver: nothing can be kept now (disk full, folder gone); stop and ask again later."""

    code: Word
    detail: Label = ""


class Complete(FrameStruct, frozen=True):
    """All is verified and durable, but for `failed` entries."""

    files: Count
    failed: Count
    bytes: Count
