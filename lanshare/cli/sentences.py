"""What a person reads of an event in the terminal: one table, from the type to its sentence.

Every string that a peer controls is shown with its control and direction characters escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from lanshare.domain.events import (
    AddressFailed,
    CommandEnded,
    ConversationImported,
    ConversationSaved,
    DuplicateKeyDetected,
    Event,
    GroupAsked,
    GroupChanged,
    GroupDeliveryProgress,
    GroupRefused,
    GroupReversed,
    HistoryErased,
    IdentityChanged,
    IdentityRenewed,
    MessageReceived,
    MessageRefused,
    MessageWaiting,
    NetworkTroubled,
    OfferReceived,
    PairingCodeReady,
    PairingEnded,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerVanished,
    PeerVerified,
    TransferFailed,
    TransferFinished,
    TransferJoined,
    TransferPaused,
    TransferWaiting,
)
from lanshare.domain.message import MessageKind
from lanshare.domain.offer import Skipped
from lanshare.domain.peer import short_id
from lanshare.engine.presentation.display_text import escaped, shown_text
from lanshare.engine.presentation.user_messages import decimal, ended, taken

_LISTED: Final = 20
_TOPS: Final = 8
_WORTH: Final = 1_000_000
"""Bytes from which it is worth telling how fast they came."""

Name = Callable[[str], str]
"""What a device or group is called, by its id."""


def sentence(event: Event, name: Name) -> str:
    """What is to be read of an event; empty if there is nothing to say."""
    make = _SENTENCES.get(type(event))
    return make(event, name) if make is not None else ""


def _appeared(event: PeerAppeared, name: Name) -> str:
    where = event.addresses[0] if event.addresses else ""
    return escaped(f"{event.name}  {short_id(event.id)}  {event.kind}  {where}  {event.trust}")


def _digits(event: PairingCodeReady, name: Name) -> str:
    asks = "" if event.ours else f"{escaped(event.name)} wants to compare digits. "
    return f"{asks}Both screens must show: {escaped(event.code)}"


def _erased(event: HistoryErased, name: Name) -> str:
    done = "It is erased. Received files stay where they are; what still waits to be sent stays until it is cancelled."
    return done if event.whole else "It is erased, but traces of it are still in the file. Try again."


def _other_key(event: IdentityChanged, name: Name) -> str:
    return (
        f"{escaped(event.name)} answers with another key than before (known {short_id(event.known)}, seen"
        f" {short_id(event.seen)}). Nothing was sent to it."
    )


def _offered(event: OfferReceived, name: Name) -> str:
    tops = ", ".join(escaped(top.name) for top in event.offer.tops[:_TOPS])
    more = " and more" if event.offer.names > _TOPS else ""
    return f"{escaped(event.name)} wants to send {tops}{more}: {_files(event.files)}, {decimal(event.bytes)}."


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _finished(event: TransferFinished, name: Name) -> str:
    whole = event.files + event.files_failed
    count = f"{event.files} of {_files(whole)}" if event.files_failed else _files(whole)
    speed = f", {decimal(event.moved / event.seconds)}/s" if event.seconds > 0 and event.moved >= _WORTH else ""
    way = "sent and verified" if event.direction == "out" else "received and verified"
    text = f"{count} {way}: {decimal(event.bytes)}{speed}."
    text += _left_out(event.skipped, max(event.files_failed, len(event.skipped)))
    for one in event.notes[:20]:
        text += f"\n  not quite as it was: {escaped(one.path)}: {escaped(ended(one.code))}"
    if event.direction == "in":
        text += "".join(f"\n  {escaped(path)}" for path in event.paths[:20])
    return text


def _failed(event: TransferFailed, name: Name) -> str:
    return escaped(event.message) + _left_out(event.skipped, max(event.files_failed, len(event.skipped)))


def _left_out(skipped: Sequence[Skipped], count: int) -> str:
    lines = "".join(f"\n  not kept: {escaped(one.path)}: {escaped(ended(one.code))}" for one in skipped[:_LISTED])
    return lines + (f"\n  and {count - _LISTED:,} more" if count > _LISTED else "")


def _grouped(event: GroupChanged, name: Name) -> str:
    if not event.mine:
        return f"You are not in the group {escaped(event.name)} any more. What was said stays."
    return f"{escaped(event.name)}: {len(event.members)} members."


def _spread(event: GroupDeliveryProgress, name: Name) -> str:
    if event.have >= event.of:
        return ""
    return f"{event.have} of {event.of} have it. The others get it when they come; Ctrl+C ends the waiting."


def _said(event: MessageReceived, name: Name) -> str:
    if event.kind != MessageKind.TEXT:
        return ""
    where = f" ({name(event.peer)})" if event.author not in (None, event.peer) else ""
    return f"{escaped(event.name)}{where}: {shown_text(event.text)}"


def _kept(event: ConversationSaved | ConversationImported, name: Name) -> str:
    if event.code:
        return escaped(event.message)
    if isinstance(event, ConversationImported):
        return " ".join(taken(event.messages, event.refused, event.strangers, event.transfers))
    gone = f", {event.missing} were not there any more" if event.missing else ""
    return f"{event.moments} messages and files are in {escaped(event.folder)} ({event.files} files copied{gone})."


def _as_told(event: Any, name: Name) -> str:
    return escaped(event.message)


_SENTENCES: Final[dict[type[Any], Callable[[Any, Name], str]]] = {
    PeerAppeared: _appeared,
    PeerVanished: lambda event, name: f"{escaped(event.name)} went away.",
    PeerVerified: lambda event, name: f"{name(event.peer)} is verified now.",
    PeerChanged: lambda event, name: escaped(f"{event.alias or event.name}: {event.trust}."),
    PeerForgotten: lambda event, name: f"{name(event.peer)} is forgotten. What was exchanged stays in the history.",
    PairingCodeReady: _digits,
    PairingEnded: _as_told,
    IdentityChanged: _other_key,
    IdentityRenewed: lambda event, name: f"This device has a new key. The old one lies at {escaped(event.old)}.",
    DuplicateKeyDetected: _as_told,
    NetworkTroubled: _as_told,
    AddressFailed: _as_told,
    OfferReceived: _offered,
    TransferJoined: lambda event, name: "The same is under way already: that one goes on.",
    TransferWaiting: _as_told,
    TransferPaused: _as_told,
    TransferFinished: _finished,
    TransferFailed: _failed,
    CommandEnded: _as_told,
    MessageReceived: _said,
    MessageWaiting: lambda event, name: escaped(event.explanation),
    MessageRefused: lambda event, name: escaped(event.message_text),
    GroupChanged: _grouped,
    GroupAsked: lambda event, name: (
        f"{escaped(event.by)} would have you in the group {escaped(event.name)} of {event.members}."
    ),
    GroupRefused: _as_told,
    GroupReversed: _as_told,
    GroupDeliveryProgress: _spread,
    HistoryErased: _erased,
    ConversationSaved: _kept,
    ConversationImported: _kept,
}
