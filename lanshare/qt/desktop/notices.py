"""What the desktop is told of an event, and when that is over."""

from __future__ import annotations

from lanshare.domain.events import ConversationRead, MessageReceived, OfferReceived, OfferWithdrawn, TransferFailed
from lanshare.domain.message import MessageKind
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import formatting
from lanshare.qt.desktop.notifications import Notice
from lanshare.qt.formatting import tr


def over(event: object) -> str | None:
    """How the keys of the notices begin that nobody needs any more."""
    match event:
        case OfferWithdrawn() | TransferFailed():
            return f"offer:{event.transfer}"
        case ConversationRead() if event.unread == 0:
            return f"said:{event.peer}"
    return None


def notice_of(event: object, settings: Settings, me: PeerId | None = None) -> Notice | None:
    """What the desktop is to tell of an event, if the person wants it to. `me`: this device.

    It is told of texts and of questions, not of what has come. Its key is `said:CONVERSATION`, or
    `offer:TRANSFER:CONVERSATION`: pressing it opens the conversation, and over() takes it down.
    """
    if not settings.notices:
        return None
    if isinstance(event, MessageReceived) and event.kind == MessageKind.TEXT and event.peer not in settings.muted:
        if me is not None and event.author == me:
            return None  # our own words, which a member of a group hands back
        text = escaped(event.text[:200]) if settings.notice_text else tr("A message")
        return Notice(f"said:{event.peer}", escaped(event.name), text, (), tr("Reply"), settings.sound)
    if isinstance(event, OfferReceived) and not {event.peer, event.offer.room}.intersection(settings.muted):
        text = tr("wants to send you {0}").format(formatting.files(event.files))
        if settings.notice_text and event.offer.tops:
            text += ": " + ", ".join(escaped(top.name) for top in event.offer.tops[:3])
        actions = (("accept", tr("Accept")), ("decline", tr("Decline")))
        key = f"offer:{event.transfer}:{event.offer.room or event.peer}"
        return Notice(key, escaped(event.name), text, actions, "", settings.sound)
    return None
