"""The error tree, with stable codes. Sentences for people live in the shells, never here."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Why something did not happen: stable once published (scripts and the wire rely on the values)."""

    PEER_AWAY = "peer-away"
    PEER_UNKNOWN = "peer-unknown"
    PEER_SILENT = "peer-silent"
    PEER_UNREACHABLE = "peer-unreachable"
    PEER_BUSY = "peer-busy"
    IDENTITY_CHANGED = "identity-changed"
    VERSION = "version-differs"
    PROTOCOL = "protocol-error"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CANCELLED_BY_PEER = "cancelled-by-peer"
    NO_ANSWER = "no-answer"
    MORE_THAN_OFFERED = "more-than-offered"
    NOT_ANSWERED = "not-answered"
    DISK_FULL = "disk-full"
    READ_ONLY = "read-only"
    NO_FOLDER = "no-folder"
    DISK_ERROR = "disk-error"
    NOT_PERMITTED = "not-permitted"
    NAME_REFUSED = "name-refused"
    NAME_NOT_TEXT = "name-not-text"
    FILE_GREW = "file-grew"
    FILE_VANISHED = "file-vanished"
    FILE_CHANGED = "file-changed"
    FILE_UNREADABLE = "file-unreadable"
    FILE_SPECIAL = "file-special"
    FILE_LINK = "file-link"
    ALREADY_THERE = "already-there"
    NAME_MAPPED = "name-mapped"
    LINK_DOUBLED = "link-doubled"
    ATTRIBUTES_LOST = "attributes-lost"
    TIME_LOST = "time-lost"
    EXECUTE_DROPPED = "execute-dropped"
    LIST_DAMAGED = "list-damaged"
    LIST_TOO_LONG = "list-too-long"
    PAUSED = "paused"
    TURN = "turn"
    LEFT_OUT = "left-out"
    PUT_ASIDE = "put-aside"
    BLOCKED = "blocked"
    HIDDEN = "hidden"
    PAIR_DIFFERS = "pair-differs"
    PAIR_BROKEN = "pair-broken"
    PAIR_TIMEOUT = "pair-timeout"
    PAIR_TOO_OFTEN = "pair-too-often"
    PAIR_ENDED = "pair-ended"
    UNDONE = "undone"
    CONTENT_DIFFERS = "content-differs"
    NOTHING_TO_SEND = "nothing-to-send"
    TEXT_TOO_LONG = "text-too-long"
    PORT_TAKEN = "port-taken"
    NO_NETWORK = "no-network"
    MDNS_BLOCKED = "mdns-blocked"
    DATABASE_DAMAGED = "database-damaged"
    DATABASE_NEWER = "database-newer"
    PROFILE_UNWRITABLE = "profile-unwritable"
    PROFILE_BUSY = "profile-busy"
    SETTINGS_DAMAGED = "settings-damaged"
    STOPPING = "stopping"
    NOT_SAVED = "not-saved"
    NOT_A_MEMBER = "not-a-member"
    MORE_SENIOR = "more-senior"
    GROUP_EMPTY = "group-empty"
    GROUP_SPENT = "group-spent"
    NOT_IN_GROUP = "not-in-group"
    BLOCKED_MEMBER = "blocked-member"
    COMMAND_MISSING = "command-missing"
    COMMAND_FAILED = "command-failed"
    COMMAND_HUNG = "command-hung"


class LanshareError(Exception):
    """Anything foreseen that stops what was asked. `code` is stable, `detail` is data for a sentence, not one."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail


class ProtocolError(LanshareError):
    """The peer broke the protocol: it costs the peer this one link and nothing else."""

    def __init__(self, detail: str) -> None:
        super().__init__(Code.PROTOCOL, detail)


class VersionDiffers(LanshareError):
    """The peer speaks no version of ours. `detail` names both ranges."""

    def __init__(self, ours: str, theirs: str) -> None:
        super().__init__(Code.VERSION, f"ours {ours}, theirs {theirs}")


class IdentityDiffers(LanshareError):
    """Whoever answered holds another key than the device that was asked for."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(Code.IDENTITY_CHANGED, f"expected {expected}, seen {seen}")
        self.expected = expected
        self.seen = seen


class LocalMisuse(Exception):
    """Our own code broke its own rules: a bug of ours, allowed to crash a test."""
