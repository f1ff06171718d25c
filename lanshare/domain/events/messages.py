"""Events about messages, conversations and groups."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from lanshare.domain.message import Conversation, MessageId, Quote, TimelineItem
from lanshare.domain.peer import PeerId


class MessageQueued(Struct, frozen=True):
    """A message of ours is stored here and will be delivered."""

    message: MessageId
    peer: PeerId
    text: str
    sent_at: datetime
    position: int
    quote: Quote | None = None
    state: str = "queued"
    order: str = ""
    kind: str = "text"


class MessageSending(Struct, frozen=True):
    """A message of ours is on its way; it can be changed no longer."""

    message: MessageId
    peer: PeerId


class MessageWaiting(Struct, frozen=True):
    """A message of ours waits although its device is there, and goes by itself; `explanation` says for what."""

    message: MessageId
    peer: PeerId
    code: str
    explanation: str


class GroupDeliveryProgress(Struct, frozen=True):
    """So many of the other members of a group have our message by now."""

    message: MessageId
    peer: PeerId
    have: int
    of: int


class GroupChanged(Struct, frozen=True):
    """A group is new, or has other members or another name. `mine`: this device is in it. `added`: it just came in.

    `members`: the most senior first; each may remove those behind it.
    """

    group: PeerId
    name: str
    members: tuple[PeerId, ...]
    mine: bool
    added: bool = False


class GroupReversed(Struct, frozen=True):
    """Changes of a group that counted do no more, as whoever made them had been removed without knowing it. `out` is no
    longer in it, `back` is again."""

    group: PeerId
    out: tuple[PeerId, ...]
    back: tuple[PeerId, ...]
    message: str


class GroupAsked(Struct, frozen=True):
    """Somebody who is not known here would have us in a group."""

    group: PeerId
    name: str
    peer: PeerId
    by: str
    members: int


class GroupRefused(Struct, frozen=True):
    """A group was not founded or changed, and why."""

    group: PeerId
    code: str
    message: str


class ConversationSaved(Struct, frozen=True):
    """A conversation was written to a folder, or not: then `code` says why."""

    peer: PeerId
    folder: str
    moments: int
    files: int
    missing: int
    code: str = ""
    message: str = ""


class ConversationImported(Struct, frozen=True):
    """Of a saved conversation so many messages are new here, and so many were refused: `strangers` of them as they
    belong to nobody who is known here. `transfers`: entries about files, which are passed over."""

    path: str
    messages: int
    refused: int
    code: str = ""
    message: str = ""
    strangers: int = 0
    transfers: int = 0


class PeerTyping(Struct, frozen=True):
    """Somebody writes to us; `peer` is the conversation. Holds for a few seconds."""

    peer: PeerId
    author: PeerId


class MessageRead(Struct, frozen=True):
    """The other person has seen our message."""

    message: MessageId
    peer: PeerId


class MessageEdited(Struct, frozen=True):
    """A queued message says something else now."""

    message: MessageId
    peer: PeerId
    text: str


class MessageUnsent(Struct, frozen=True):
    """A message is gone from this device: taken back before it was sent, or deleted here."""

    message: MessageId
    peer: PeerId


class EditRejected(Struct, frozen=True):
    """A message could not be changed or taken back, as it is on its way or there already."""

    message: MessageId
    peer: PeerId
    message_text: str


class MessageReacted(Struct, frozen=True):
    """Somebody put a sign to a message, or took theirs away (""). `message`: the one that it stands at."""

    message: MessageId
    peer: PeerId
    author: PeerId
    sign: str


class MessageDelivered(Struct, frozen=True):
    """The peer stored our message durably."""

    message: MessageId
    peer: PeerId


class MessageRefused(Struct, frozen=True):
    """The message cannot be delivered as it is."""

    message: MessageId
    peer: PeerId
    code: str
    message_text: str = ""


class MessageReceived(Struct, frozen=True):
    """Somebody's message is stored here. `peer`: the conversation, a device or a group. `author`: who wrote it, in a
    group; ourselves too, as others hand our own words back. `kind`: a MessageKind, so not only texts."""

    message: MessageId
    peer: PeerId
    name: str
    text: str
    sent_at: datetime
    position: int
    quote: Quote | None = None
    author: PeerId | None = None
    order: str = ""
    late: bool = False
    kind: str = "text"


class ConversationRead(Struct, frozen=True):
    """Something of this conversation was seen: so much of it is unread now."""

    peer: PeerId
    unread: int = 0


class HistoryLoaded(Struct, frozen=True):
    """A page, oldest first; `more` if there is something before it."""

    request: int
    peer: PeerId | None
    moments: tuple[TimelineItem, ...]
    more: bool
    found: bool = False
    """It is what a search found, not a page."""


class HistoryErased(Struct, frozen=True):
    """What was said and sent with a device (all of them if None) is gone. `whole`: from the file on disk, too.

    `gone`: only these messages, whose time was over, and `left` is what the list says of the conversation now.
    """

    peer: PeerId | None
    whole: bool
    gone: tuple[str, ...] | None = None
    left: Conversation | None = None
