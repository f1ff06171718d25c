"""What the engine tells its shells: past tense, frozen. Field names are the JSON of the command line: stable.

To add one: its class in the module that it belongs to, then the union and the list below.
"""

from __future__ import annotations

from lanshare.domain.events.devices import (
    AddressFailed,
    AddressReached,
    DuplicateKeyDetected,
    IdentityChanged,
    IdentityRenewed,
    IdentitySettled,
    Me,
    MeChanged,
    PairingCodeReady,
    PairingEnded,
    PeerAppeared,
    PeerChanged,
    PeerForgotten,
    PeerStats,
    PeerVanished,
    PeerVerified,
)
from lanshare.domain.events.messages import (
    ConversationImported,
    ConversationRead,
    ConversationSaved,
    EditRejected,
    GroupAsked,
    GroupChanged,
    GroupDeliveryProgress,
    GroupRefused,
    GroupReversed,
    HistoryErased,
    HistoryLoaded,
    MessageDelivered,
    MessageEdited,
    MessageQueued,
    MessageReacted,
    MessageRead,
    MessageReceived,
    MessageRefused,
    MessageSending,
    MessageUnsent,
    MessageWaiting,
    PeerTyping,
)
from lanshare.domain.events.program import (
    EngineStopped,
    NetworkTroubled,
    NetworkTrustRequested,
    NewerReleaseSeen,
    SettingsChanged,
    SettingsRefused,
    Snapshot,
    WindowRequested,
)
from lanshare.domain.events.transfers import (
    CommandEnded,
    OfferCompared,
    OfferGrew,
    OfferReceived,
    OfferWithdrawn,
    ReceiveUndone,
    TransferFailed,
    TransferFinished,
    TransferJoined,
    TransferPaused,
    TransferProfiled,
    TransferProgressed,
    TransferQueued,
    TransferRead,
    TransferStands,
    TransferStarted,
    TransferVerifying,
    TransferWaiting,
)

Event = (
    Snapshot
    | MeChanged
    | PeerAppeared
    | PeerChanged
    | PeerVanished
    | AddressFailed
    | AddressReached
    | OfferReceived
    | OfferGrew
    | OfferCompared
    | OfferWithdrawn
    | TransferQueued
    | TransferStands
    | TransferStarted
    | TransferProgressed
    | TransferProfiled
    | TransferVerifying
    | TransferWaiting
    | TransferPaused
    | TransferJoined
    | ReceiveUndone
    | TransferFinished
    | TransferRead
    | CommandEnded
    | TransferFailed
    | MessageQueued
    | MessageSending
    | MessageWaiting
    | GroupDeliveryProgress
    | GroupChanged
    | GroupReversed
    | GroupAsked
    | GroupRefused
    | PeerTyping
    | ConversationSaved
    | ConversationImported
    | MessageDelivered
    | MessageRead
    | MessageEdited
    | MessageUnsent
    | EditRejected
    | MessageReacted
    | MessageRefused
    | MessageReceived
    | ConversationRead
    | HistoryLoaded
    | HistoryErased
    | IdentityChanged
    | IdentitySettled
    | DuplicateKeyDetected
    | IdentityRenewed
    | PeerStats
    | PairingCodeReady
    | PairingEnded
    | PeerVerified
    | PeerForgotten
    | SettingsChanged
    | SettingsRefused
    | NetworkTroubled
    | NewerReleaseSeen
    | NetworkTrustRequested
    | WindowRequested
    | EngineStopped
)

__all__ = [
    "AddressFailed",
    "AddressReached",
    "ConversationImported",
    "ConversationRead",
    "ConversationSaved",
    "DuplicateKeyDetected",
    "EditRejected",
    "EngineStopped",
    "Event",
    "GroupAsked",
    "GroupChanged",
    "GroupDeliveryProgress",
    "GroupRefused",
    "GroupReversed",
    "HistoryErased",
    "HistoryLoaded",
    "IdentityChanged",
    "IdentityRenewed",
    "IdentitySettled",
    "Me",
    "MeChanged",
    "MessageDelivered",
    "MessageEdited",
    "MessageQueued",
    "MessageReacted",
    "MessageRead",
    "MessageReceived",
    "MessageRefused",
    "MessageSending",
    "MessageUnsent",
    "MessageWaiting",
    "NetworkTroubled",
    "NewerReleaseSeen",
    "NetworkTrustRequested",
    "OfferCompared",
    "OfferGrew",
    "OfferReceived",
    "OfferWithdrawn",
    "PairingCodeReady",
    "PairingEnded",
    "PeerAppeared",
    "PeerChanged",
    "PeerForgotten",
    "PeerStats",
    "PeerTyping",
    "PeerVanished",
    "PeerVerified",
    "ReceiveUndone",
    "SettingsChanged",
    "SettingsRefused",
    "Snapshot",
    "TransferFailed",
    "TransferFinished",
    "TransferJoined",
    "TransferPaused",
    "TransferProfiled",
    "TransferProgressed",
    "TransferQueued",
    "TransferRead",
    "CommandEnded",
    "TransferStands",
    "TransferStarted",
    "TransferVerifying",
    "TransferWaiting",
    "WindowRequested",
]
