"""Who may say what, and when. Two speakers take turns until a link is open; then each has its own words.

A link's dialler and acceptor greet; a control link then knows two equals, a data link a source and a sink.
What the table does not list is an error: ours (LocalMisuse) or the peer's (ProtocolError).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from lanshare.wire import frames as f
from lanshare.wire.frames import Frame


class Phase(StrEnum):
    """Where a link's conversation stands."""

    START = "start"
    CHALLENGED = "challenged"
    PROVEN = "proven"
    GREETED = "greeted"
    CONTROL = "control"
    DATA = "data"
    ATTACHING = "attaching"
    MOVING = "moving"
    SENT = "sent"
    OVER = "over"


class Speaker(StrEnum):
    """A side of a link, named by its role in the phase at hand."""

    DIALLER = "dialler"
    ACCEPTOR = "acceptor"
    EQUAL = "equal"
    SOURCE = "source"
    SINK = "sink"


Moves = dict[type[Frame], Phase]

_ENDS: Moves = {f.Refusal: Phase.OVER, f.Bye: Phase.OVER}
_ALIVE = (f.Ping, f.Pong)
_SOURCE = (
    *_ALIVE, f.Begin, f.Data, f.Hole, f.ChunkEnd, f.End, f.FileAborted, f.FilePaused, f.EntrySkipped, f.Pack, f.Timing,
    f.Noted,
)
_EQUAL: Moves = dict.fromkeys(
    (f.Hello, f.Ping, f.Pong, f.Text, f.Stored, f.TextRefused, f.Seen, f.SeenKept, f.GroupRecords, f.HistorySummary,
     f.Typing, f.Offer, f.Answer, f.Cancel, f.Fetch, f.Finished, f.Listing, f.Pause, f.Later,
     f.PairBegin, f.PairAnswer, f.PairReveal, f.PairVerdict, f.PairStop),
    Phase.CONTROL,
)

TABLE: Final[dict[tuple[Phase, Speaker], Moves]] = {
    (Phase.START, Speaker.ACCEPTOR): {f.Challenge: Phase.CHALLENGED, **_ENDS},
    (Phase.CHALLENGED, Speaker.DIALLER): {f.Proof: Phase.PROVEN, f.Sealed: Phase.PROVEN, **_ENDS},
    # An acceptor that hides proves itself here, and not by TLS.
    (Phase.PROVEN, Speaker.ACCEPTOR): {f.Proof: Phase.PROVEN, f.Hello: Phase.GREETED, **_ENDS},
    # The dialler's Hello leads to CONTROL or DATA by its purpose: see Session.
    (Phase.GREETED, Speaker.DIALLER): {f.Hello: Phase.CONTROL, **_ENDS},
    (Phase.CONTROL, Speaker.EQUAL): {**_EQUAL, **_ENDS},
    # On a control link a further Hello tells a new name.
    (Phase.DATA, Speaker.DIALLER): {f.Attach: Phase.ATTACHING, **_ENDS},
    (Phase.DATA, Speaker.ACCEPTOR): _ENDS,
    (Phase.ATTACHING, Speaker.SINK): {
        **dict.fromkeys((*_ALIVE, f.Compare, f.Have, f.Unwanted), Phase.ATTACHING),
        f.Attached: Phase.MOVING,
        f.Halt: Phase.OVER,
        **_ENDS,
    },
    (Phase.ATTACHING, Speaker.SOURCE): {
        **dict.fromkeys((*_ALIVE, f.Listing, f.Contents), Phase.ATTACHING),
        **_ENDS,
    },
    (Phase.MOVING, Speaker.SOURCE): {
        **dict.fromkeys(_SOURCE, Phase.MOVING),
        f.AllSent: Phase.SENT,
        **_ENDS,
    },
    (Phase.MOVING, Speaker.SINK): {
        **dict.fromkeys((*_ALIVE, f.Confirmed, f.Failed, f.Timing, f.Unwanted, f.Noted), Phase.MOVING),
        f.Halt: Phase.OVER,
        **_ENDS,
    },
    (Phase.SENT, Speaker.SINK): {
        **dict.fromkeys((*_ALIVE, f.Confirmed, f.Failed, f.Timing, f.Unwanted, f.Noted), Phase.SENT),
        f.Halt: Phase.OVER,
        f.Complete: Phase.OVER,
        **_ENDS,
    },
    (Phase.SENT, Speaker.SOURCE): {**dict.fromkeys((*_ALIVE, f.Timing), Phase.SENT), **_ENDS},
    # A source that has not read the sink's Halt yet still speaks; the sink drains it so that its Halt arrives.
    (Phase.OVER, Speaker.SOURCE): {
        **dict.fromkeys((*_SOURCE, f.AllSent, f.Listing, f.Contents), Phase.OVER),
        **_ENDS,
    },
    (Phase.OVER, Speaker.SINK): dict.fromkeys((*_ALIVE, f.Bye), Phase.OVER),
}


def next_phase(phase: Phase, speakers: tuple[Speaker, ...], kind: type[Frame]) -> Phase | None:
    """Where `kind`, said now by a side that has these roles, leads; None if it may not be said."""
    for speaker in speakers:
        moves = TABLE.get((phase, speaker))
        if moves is not None and kind in moves:
            return moves[kind]
    return None
