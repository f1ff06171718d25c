"""How a transfer may change: the steps between its states, and what it is beside its state.

A transfer is several things at once that change for reasons of their own. One list of phases would have to name their
product (a sending may be counted again while its receiver has paused it and its old link is still ending), so each has
a small type of its own here, which owns its fields:

- its state (`TransferState`): what a person sees. It moves by a Step; STEPS says from where to where. ARCHITECTURE.md's
  picture of it is made from this table;
- `Walk`: how far the sender's tree is counted (sendings);
- `Consent`: what the receiving person said yes to. Of a sending: whether the receiver said yes;
- `DataLink`: who moves it now. At most one holder, told apart by its epoch; before another one may hold it, the old
  one was told to end and has reported back;
- `Rest`: which side's person wants it to rest, and which files were put aside;
- `Turn`: its place among the sendings to one device, `Retry`: when it is tried again, `ListingProgress`: what was
  listed of its offer while the question is open.

Nothing here, and nothing in the tables that use it (table, incoming, outgoing, send_queue, service), touches a disk, a
queue, a thread or a clock: these return effects. A step that STEPS does not have is an error of ours (LocalMisuse).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from lanshare.domain.commands import AnswerOffer
from lanshare.domain.errors import LocalMisuse
from lanshare.domain.offer import Allowance, Destination
from lanshare.domain.transfer import FINAL, Transfer, TransferId, TransferState
from lanshare.engine.inbox import AttachAsked, Compared
from lanshare.exchange.bottleneck import NOTHING_YET, TimeShares

_log: Final = logging.getLogger(__name__)

LIVE: Final = frozenset(TransferState) - FINAL


class Step(StrEnum):
    """What moves a transfer from one state to another."""

    ASK = "ask"
    """It is put before the receiving device, or its person."""

    AGREE = "agree"
    """Yes was said, or holds still: a data link is to come, or has come."""

    MOVE = "move"
    """The first bytes of a data link."""

    CHECK = "check"
    """All bytes are over."""

    WAIT = "wait"
    """The peer, a disk or its turn is waited for; it goes on by itself."""

    REST = "rest"
    """A person of either side wants it to rest."""

    FINISH = "finish"
    FINISH_PARTLY = "finish partly"
    """Some files could not be sent or kept."""

    DECLINE = "decline"
    CANCEL = "cancel"
    FAIL = "fail"


_STARTED: Final = LIVE - {TransferState.QUEUED}

STEPS: Final[Mapping[Step, tuple[frozenset[TransferState], TransferState]]] = {
    Step.ASK: (frozenset({TransferState.QUEUED, TransferState.WAITING}), TransferState.OFFERED),
    Step.AGREE: (frozenset({TransferState.OFFERED, TransferState.WAITING}), TransferState.CONNECTING),
    # WAITING: it rested and goes on before its old link has reported back.
    Step.MOVE: (frozenset({TransferState.CONNECTING, TransferState.WAITING}), TransferState.MOVING),
    Step.CHECK: (frozenset({TransferState.MOVING}), TransferState.VERIFYING),
    Step.WAIT: (LIVE - {TransferState.WAITING}, TransferState.WAITING),
    Step.REST: (LIVE - {TransferState.PAUSED}, TransferState.PAUSED),
    # From any state in which it was offered once: the other side may have seen the end that we missed.
    Step.FINISH: (_STARTED, TransferState.DONE),
    Step.FINISH_PARTLY: (_STARTED, TransferState.PARTIAL),
    Step.DECLINE: (_STARTED - {TransferState.MOVING, TransferState.VERIFYING}, TransferState.DECLINED),
    Step.CANCEL: (LIVE, TransferState.CANCELLED),
    Step.FAIL: (LIVE, TransferState.FAILED),
}
"""Each step: the states that it may be taken from, and the one that it leads to."""

ENDS: Final = {TransferState.DECLINED: Step.DECLINE, TransferState.CANCELLED: Step.CANCEL,
               TransferState.FAILED: Step.FAIL, TransferState.DONE: Step.FINISH,
               TransferState.PARTIAL: Step.FINISH_PARTLY}
"""The step that leads to each end."""


def led_to(state: TransferState, step: Step) -> TransferState:
    """The state that a step leads to from this one; LocalMisuse if it may not be taken there."""
    allowed, target = STEPS[step]
    if state not in allowed:
        raise LocalMisuse(f"a transfer that is {state} cannot {step}")
    return target


def diagram() -> Iterator[str]:
    """The table as the lines of a picture: from each state, the steps and where they lead."""
    for state in TransferState:
        if state in FINAL:
            continue
        told = [f"{step} -> {target}" for step, (allowed, target) in STEPS.items() if state in allowed]
        yield f"{state:<11} " + ", ".join(told)
    yield f"{', '.join(state for state in TransferState if state in FINAL)}: the end"


class Walk(Enum):
    """How far the tree of a sending is counted."""

    BEGUN = "begun"
    """Nothing is told yet: it cannot be offered."""

    COUNTING = "counting"
    WHOLE = "whole"
    AGAIN = "again"
    """More came than was offered: it is counted anew before it is offered again."""


@dataclass(slots=True)
class Consent:
    """What the receiving person said. Of a sending only `given` is used: the receiver said yes."""

    given: bool = False
    """Yes, and it holds: a data link may come."""

    allowed: Allowance | None = None
    """What the last yes was to: all that may come."""

    wish: AnswerOffer | None = None
    """A yes to what was counted when it was said: it holds if the whole comes to no more."""

    exceeded: bool = False
    """More came than was offered: only an offer that says so is asked about again."""

    def hold(self, allowed: Allowance) -> None:
        """The yes holds for so much."""
        self.given, self.allowed, self.wish, self.exceeded = True, allowed, None, False


@dataclass(slots=True)
class DataLink:
    """Who moves a transfer's bytes, and what was moved. Times in seconds."""

    epoch: int = 0
    held: bool = False
    """A job of ours, or a link that we serve, holds it."""

    ending: bool = False
    """Its holder was told to end because the transfer is over: what is partial goes when it has reported back."""

    next: AttachAsked | None = None
    """A link of the peer that gets it when the holder has reported back."""

    since: float | None = None
    """When its first bytes moved."""

    seconds: float = 0.0
    """Time in which it moved, without the holder of now."""

    moved: int = 0
    """Bytes that crossed the network since the engine started."""

    def take(self) -> int:
        """A new holder; its epoch."""
        self.epoch += 1
        self.held = True
        return self.epoch

    def release(self, now: float, moved: int) -> None:
        """The holder has reported back."""
        self.held = False
        self.moved += moved
        if self.since is not None:
            self.seconds += now - self.since
            self.since = None


@dataclass(slots=True)
class Rest:
    """Whether a transfer rests: a person of either side wants it."""

    here: bool = False
    there: bool = False
    aside: bool = False
    """A person here put a file of it aside: it is paused when the others are over."""

    files: frozenset[str] = frozenset()
    """The files that were put aside, while the others are not over yet."""

    @property
    def wanted(self) -> bool:
        """Whether a person of either side wants it."""
        return self.here or self.there


@dataclass(slots=True)
class Turn:
    """A sending's place among those to one device."""

    waits: bool = False
    """It waits for its turn, or is to give way: another large one goes first. Of a receiving: its sender said so."""

    rank: int = 0
    """The lowest goes first, of equals the oldest."""


@dataclass(slots=True)
class Retry:
    """When a transfer that waits is tried again. Times in seconds of the engine's clock."""

    at: float | None = None
    tries: int = 0
    most: int = 0
    """Bytes done when it got furthest: only who gets further is tried at once again."""

    shy_until: float = 0.0
    """A link of it broke the protocol: until then what the peer asks for does not hurry the next try."""

    busy: int = 0
    """How often the receiver was asked and was busy."""


@dataclass(slots=True)
class ListingProgress:
    """What was listed of an offer while its question is open."""

    count: int = 0
    ever: int = 0
    """Entries in all its listings together, and one more for each listing."""

    folder: Path | None = None
    """The folder that it is compared with, if the person chose another one than usual."""

    asked: int = 0
    """How often a disk was asked for its room, each time for a question that was about to be put."""

    put: int = 0
    """Up to which of those its question was put."""

    compared: Compared | None = None
    """What was found before the question was put: told behind it."""


@dataclass(slots=True)
class TrackedTransfer:
    """A transfer that is not over, or was over in this run of the engine."""

    transfer: Transfer
    """As it is shown; its state moves by step() alone."""

    sources: tuple[Path, ...] = ()
    landing: Destination | None = None
    only: frozenset[str] = frozenset()
    """Of its sources, only these entries are sent (a retry of what failed); empty: all."""

    after: TransferId | None = None
    """It is what did not arrive of this earlier transfer."""

    skipped: int = 0
    """Entries that cannot be sent."""

    walk: Walk = Walk.BEGUN
    consent: Consent = field(default_factory=Consent)
    link: DataLink = field(default_factory=DataLink)
    rest: Rest = field(default_factory=Rest)
    turn: Turn = field(default_factory=Turn)
    retry: Retry = field(default_factory=Retry)
    listing: ListingProgress = field(default_factory=ListingProgress)
    split: TimeShares = NOTHING_YET

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.transfer.state in FINAL

    def step(self, step: Step, **changes: Any) -> Transfer:
        """Take a step, and change what is shown of it. LocalMisuse if that step may not be taken now."""
        before = self.transfer
        self.transfer = replace(before, state=led_to(before.state, step), **changes)
        _log.debug("transfer %s: %s, from %s to %s", before.id[:8], step, before.state, self.transfer.state)
        return self.transfer

    def show(self, **changes: Any) -> Transfer:
        """Change what is shown of it, without a step."""
        assert "state" not in changes
        self.transfer = replace(self.transfer, **changes)
        return self.transfer
