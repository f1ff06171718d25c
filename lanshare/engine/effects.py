"""Effects that services return; the engine executes them in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, Final, Literal, ParamSpec, get_args

from msgspec import Struct

from lanshare.domain.commands import SkipFile
from lanshare.domain.control_messages import ControlMessage, Listing
from lanshare.domain.errors import Code
from lanshare.domain.events import Event
from lanshare.domain.message import Delivery, MessageId, MessageKind
from lanshare.domain.offer import Allowance
from lanshare.domain.peer import Address, PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.ports import DataLinkSpec, LeaseReply, LinkHandle

_Args = ParamSpec("_Args")


class Publish(Struct, frozen=True):
    """Publish to the shells."""

    event: Event


class SendControl(Struct, frozen=True):
    """Say to a peer, if it is online."""

    peer: PeerId
    said: ControlMessage


class DbWrite(Struct, frozen=True):
    """Have the store's thread call `work(connection, *args)` in a transaction. Made by write(), which checks the types.

    `work` is a function with a name and everything else is data, so that two effects can be compared. What it returns
    is an InboxItem, which goes into the inbox once the transaction is durable; if it returns None, `then` does.
    """

    work: Callable[..., Any]
    args: tuple[Any, ...] = ()
    then: Any = None
    """An InboxItem, or None for nothing."""

    over: Callable[[], None] | None = None
    """Called when it is durable, or found, or could not be: a link's backlog counts by it."""

    lost: Any = None
    """An InboxItem for when it could not be, or None for nothing."""

    is_early: bool = False
    """Whether the item is put into the inbox just before it is durable: see Store.write."""


class DbRead(Struct, frozen=True):
    """The same on the store's read-only connection, beside the writes. Made by read()."""

    work: Callable[..., Any]
    args: tuple[Any, ...] = ()
    then: Any = None
    over: Callable[[], None] | None = None
    lost: Any = None


class FlushStore(Struct, frozen=True):
    """Behind the writes before: what was deleted leaves the journal beside the database."""


class CompactStore(Struct, frozen=True):
    """Behind the writes before: what was deleted leaves the database and its journal. HistoryErased of `peer` (None: of
    all) follows."""

    peer: PeerId | None


class Compose(Struct, frozen=True):
    """Sign and keep a message of ours, then TextStored. `about`: the message that it answers or reacts to.

    `delivery`: how far it is at once. `group`: `peer` is one, and with kind FOUND not even that yet.
    """

    peer: PeerId
    message: MessageId
    text: str
    delivery: Delivery = Delivery.QUEUED
    kind: MessageKind = MessageKind.TEXT
    about: MessageId | None = None
    group: bool = False


class Rewrite(Struct, frozen=True):
    """Sign a queued message of ours anew, with another text; then TextChanged."""

    peer: PeerId
    message: MessageId
    text: str


class Save(Struct, frozen=True):
    """Write a conversation into a new folder in this one; `names` of all who may have said something in it."""

    peer: PeerId
    folder: Path
    names: dict[PeerId, str]


class ReadHere(Struct, frozen=True):
    """The person has seen a conversation."""

    peer: PeerId


class Resend(Struct, frozen=True):
    """Say a stored record to a peer. `conversation`: where it belongs, the peer itself if none is given."""

    peer: PeerId
    record: bytes
    conversation: PeerId | None = None


class Dial(Struct, frozen=True):
    """Open a control link to whoever `expect` (an id or its beginning; None: anybody) is, at these addresses.

    `glance`: only look whose key answers, tell nothing of ourselves, and hang up; Glanced follows. `by_itself`: no
    person wants it, it was only announced: nothing is told where we hide from that device by then.
    """

    target: str
    addresses: tuple[Address, ...]
    expect: str | None
    glance: bool = False
    by_itself: bool = False


class Scan(Struct, frozen=True):
    """Walk the paths of a sending and write its list. `only`: these entries of them. `again`: a finished list grows by
    what is new."""

    transfer: TransferId
    paths: tuple[Path, ...]
    only: frozenset[str] = frozenset()
    again: bool = False


class Run(Struct, frozen=True):
    """Dial a data link for a transfer: push it if its `spec` has sources, else pull it; RunEnded follows."""

    transfer: TransferId
    peer: PeerId
    addresses: tuple[Address, ...]
    spec: DataLinkSpec


class GrantLease(Struct, frozen=True):
    """A link that the peer dialled may move a transfer; RunEnded follows, also if it has left meanwhile."""

    transfer: TransferId
    link: LinkHandle
    reply: LeaseReply
    spec: DataLinkSpec


class RefuseLease(Struct, frozen=True):
    """A link that the peer dialled may not move anything now."""

    reply: LeaseReply
    code: Code


class ListOffer(Struct, frozen=True):
    """Read a sending's list and say it, so that the peer can see what is new."""

    transfer: TransferId


class Compare(Struct, frozen=True):
    """Compare what a peer listed with what is in a folder."""

    said: Listing
    folder: Path


class CompareAgain(Struct, frozen=True):
    """Compare all that a peer listed of an offer so far with what is in another folder."""

    transfer: TransferId
    folder: Path


class Undo(Struct, frozen=True):
    """Move what a finished transfer put into a folder aside."""

    transfer: TransferId
    peer: PeerId
    folder: Path


class PostRun(Struct, frozen=True):
    """Post something to the link that runs a transfer."""

    transfer: TransferId
    item: SkipFile | Allowance


class EndRun(Struct, frozen=True):
    """Abort the job or the link that runs a transfer; RunEnded follows."""

    transfer: TransferId


class Discard(Struct, frozen=True):
    """Remove what is kept of an unfinished transfer: its list, or its staging folder."""

    transfer: TransferId
    destination: Path | None


class CloseLink(Struct, frozen=True):
    """End a link."""

    link: LinkHandle


class Online(Struct, frozen=True):
    """A peer is there: what waits for it may go. `again`: its link was lost for a moment, and with it the path."""

    peer: PeerId
    again: bool = False


class Offline(Struct, frozen=True):
    """A peer is gone."""

    peer: PeerId


class Verify(Struct, frozen=True):
    """Two persons compared six digits: this device is who it says."""

    peer: PeerId


class MarkKnown(Struct, frozen=True):
    """The person dealt with this device of their own will: a stranger becomes known."""

    peer: PeerId


class AskRoom(Struct, frozen=True):
    """Ask how much room the disk of a folder has: DiskRoom tells. `why`: what the answer is for."""

    transfer: TransferId
    folder: Path
    why: Literal["question", "retry"]
    number: int = 0
    """Told again by DiskRoom: of several that are under way for a question, the newest counts."""


class RunCommand(Struct, frozen=True):
    """Run a person's own command with the paths of what has arrived; CommandEnded is told."""

    transfer: TransferId
    peer: PeerId
    name: str
    command: str
    paths: tuple[str, ...]


JobEffect = (
    Dial | Scan | Run | GrantLease | RefuseLease | ListOffer | Compare | CompareAgain | AskRoom | Undo | Save | PostRun
    | EndRun | Discard | RunCommand
)
"""What the job runner carries out."""

JOB_EFFECTS: Final[tuple[type[JobEffect], ...]] = get_args(JobEffect)

Effect = (
    Publish
    | SendControl
    | DbWrite
    | DbRead
    | FlushStore
    | CompactStore
    | Compose
    | Rewrite
    | ReadHere
    | Resend
    | JobEffect
    | CloseLink
    | Online
    | Offline
    | MarkKnown
    | Verify
)


def write(
    work: Callable[Concatenate[sqlite3.Connection, _Args], Struct | None], *args: _Args.args, **_: _Args.kwargs
) -> DbWrite:
    """A DbWrite of this work with these arguments."""
    return DbWrite(work, args)


def write_early(
    work: Callable[Concatenate[sqlite3.Connection, _Args], Struct | None], *args: _Args.args, **_: _Args.kwargs
) -> DbWrite:
    """The same, of work whose item need not wait for the disk: it stays true even if it is not kept."""
    return DbWrite(work, args, is_early=True)


def write_then(
    then: Struct,
    work: Callable[Concatenate[sqlite3.Connection, _Args], None],
    *args: _Args.args,
    **_: _Args.kwargs,
) -> DbWrite:
    """The same, of work that finds nothing; `then` is the InboxItem that follows."""
    return DbWrite(work, args, then)


def read(
    work: Callable[Concatenate[sqlite3.Connection, _Args], Struct | None], *args: _Args.args, **_: _Args.kwargs
) -> DbRead:
    """A DbRead of this work with these arguments."""
    return DbRead(work, args)


def behind_writes(then: Struct) -> DbWrite:
    """Put an InboxItem into the inbox once all is durable that was to be written before."""
    return DbWrite(_nothing, (), then)


def behind_reads(then: Struct) -> DbRead:
    """Put an InboxItem into the inbox once all is read that was to be read before."""
    return DbRead(_nothing, (), then)


def _nothing(db: sqlite3.Connection) -> None:
    """No work: only its place in the queue counts."""
