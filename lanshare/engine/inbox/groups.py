"""Answers of the store about groups."""

from __future__ import annotations

from msgspec import Struct

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.groups import Group
from lanshare.domain.message import ChatMessage, MessageId
from lanshare.domain.peer import PeerId
from lanshare.store.outbox import Kept


class Handed(Struct, frozen=True):
    """Records of a group that a member has not, to be said to it, and which of ours were queued until now."""

    group: PeerId
    peer: PeerId
    records: tuple[bytes, ...]
    fresh: tuple[MessageId, ...]
    news: tuple[SpreadStored, ...]


class SpreadStored(Struct, frozen=True):
    """A member has (or read) a message of ours: so many of so many do."""

    group: PeerId
    message: MessageId
    have: int
    of: int
    read: bool = False
    whole: bool = False


class Spreads(Struct, frozen=True):
    """Several of these."""

    notes: tuple[SpreadStored, ...]


class GroupMerged(Struct, frozen=True):
    """Records about a group (`conversation`) came from a peer. `group` None: it is none of ours."""

    speaker: PeerId
    conversation: PeerId
    group: Group | None
    arrived: tuple[tuple[ChatMessage, Kept], ...]
    delivered: tuple[MessageId, ...] = ()
    """Messages of ours that all have by now, as somebody who had not is no member any more."""

    gone: tuple[MessageId, ...] = ()
    """Records that counted and do no more."""

    kept: tuple[SignedMessage, ...] = ()
    """Those that were new."""

    weight: int = 0
    """What all that were looked at weigh: what it took."""

    asks: tuple[SignedMessage, ...] = ()
    """These would have us in a group by a stranger's word: nothing is kept until the person is asked."""


class CircleLoaded(Struct, frozen=True):
    """What is to be said about a group, and to whom."""

    group: PeerId
    peers: tuple[PeerId, ...]
    records: tuple[bytes, ...]
    held: tuple[tuple[PeerId, tuple[tuple[int, int], ...]], ...]
