"""What people read when something does not go as wished: what happened, what was kept, what to do.

English; shells may translate by code. Names come from peers and are shown as plain text only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.offer import ENTRIES

_ENDED: Final[dict[Code | None, str]] = {
    Code.PEER_AWAY: "{peer} went offline.",
    Code.PEER_SILENT: "{peer} did not answer any more.",
    Code.PEER_UNKNOWN: "{peer} is not known here. Check the name, or add the device by its address.",
    Code.PEER_UNREACHABLE: "{peer} cannot be reached. Is it on, and on the same network? Does its firewall allow"
    " lanshare?",
    Code.IDENTITY_CHANGED: "Another device answers in the place of {peer}. Nothing was sent to it. If {peer} was set"
    " up anew, remove it here first; if not, somebody may be pretending.",
    Code.VERSION: "{peer} runs another version of lanshare that this one cannot talk to ({detail}). Update both.",
    Code.PROTOCOL: "{peer} sent something that could not be understood, so the connection was closed. Nothing broken"
    " was kept.",
    Code.DECLINED: "{peer} declined.",
    Code.CANCELLED: "You cancelled it. What was already verified stays.",
    Code.CANCELLED_BY_PEER: "{peer} cancelled it. What was already verified stays.",
    Code.NO_ANSWER: "{peer} did not answer.",
    Code.PEER_BUSY: "{peer} has too many open requests. Try again later.",
    Code.MORE_THAN_OFFERED: "{peer} sent more than it had offered. What was accepted and verified stays; nothing more"
    " was kept. It can be offered again.",
    Code.NOT_ANSWERED: "{peer} does not know this device yet. What is written waits here and goes by itself, in its"
    " order.",
    Code.DISK_FULL: "There is not enough room on the receiving disk. What has arrived is kept.",
    Code.READ_ONLY: "The receiving folder cannot be written: its disk is read-only. Choose another folder.",
    Code.NO_FOLDER: "The receiving folder is not there, or something else has its name. Was its disk unplugged?"
    " Bring it back, or choose another one.",
    Code.DISK_ERROR: "The receiving disk reported an error ({detail}). What has arrived is kept.",
    Code.NOT_PERMITTED: "The receiving folder may not be written by lanshare. Choose another folder.",
    Code.NAME_REFUSED: "Its name cannot be kept on the receiving computer.",
    Code.NAME_NOT_TEXT: "Its name is not valid text, so it cannot be sent. Rename it and send it again.",
    Code.FILE_GREW: "It grew while it was sent: it went as far as it was when its turn came.",
    Code.FILE_VANISHED: "It was no longer there when its turn came.",
    Code.FILE_CHANGED: "It changed while it was being sent. Send it again when it is at rest.",
    Code.FILE_UNREADABLE: "It could not be read.",
    Code.FILE_SPECIAL: "It is a socket, pipe or device, not a file.",
    Code.FILE_LINK: "It is a link that leads out of what was sent, and links are not followed.",
    Code.ALREADY_THERE: "Another file of its name is there already, and was left as it is.",
    Code.NAME_MAPPED: (
        "It has another name on the receiving computer: some characters cannot be kept there, or would hide it."
    ),
    Code.LINK_DOUBLED: "It has several names (hard links) on the sending computer; on the receiving one each is a file"
    " of its own.",
    Code.ATTRIBUTES_LOST: "Its extended attributes (tags, comments, access lists) were not sent.",
    Code.TIME_LOST: "Its time of modification could not be kept.",
    Code.EXECUTE_DROPPED: "It may not be executed on the receiving computer.",
    Code.LIST_DAMAGED: "The list of what was to be sent was damaged on this computer's disk. What has arrived stays;"
    " send it again.",
    Code.LIST_TOO_LONG: f"There are more than {ENTRIES:,} files and folders in it, which is more than one transfer can"
    " hold. What has arrived stays; send the folders in it one by one.",
    Code.PAUSED: "It is paused.",
    Code.HIDDEN: "{peer} does not show itself to this device now. Its visibility can be changed there.",
    Code.BLOCKED: "{peer} is blocked here. Unblock it first.",
    Code.PAIR_DIFFERS: "The digits were not the same on both screens. Somebody may be between you and {peer}: do not"
    " send it anything secret on this network.",
    Code.PAIR_BROKEN: "The comparison with {peer} did not go as it must, so it was broken off. Somebody may be between"
    " you: do not send anything secret on this network.",
    Code.PAIR_TIMEOUT: "The comparison took longer than a minute, so it ended. Nothing has changed; begin again.",
    Code.PAIR_TOO_OFTEN: "{peer} cannot compare digits just now: another comparison is open, or there were three within"
    " a minute. Try again in a moment.",
    Code.PAIR_ENDED: "The comparison was ended on the other side, or here. Nothing has changed.",
    Code.NOT_IN_GROUP: "You and {peer} are not both in that group any more. Nothing was sent.",
    Code.LEFT_OUT: "It was left out by hand.",
    Code.PUT_ASIDE: "It was put aside; what arrived of it is kept.",
    Code.TURN: "Something else is sent first.",
    Code.UNDONE: "It was undone: what had been received was moved aside.",
    Code.CONTENT_DIFFERS: "It did not arrive as it was sent, so it was not kept. Send it again.",
    Code.NOTHING_TO_SEND: "There was nothing that could be sent.",
    Code.TEXT_TOO_LONG: "The message is too long ({detail}). Send it as a file.",
    Code.STOPPING: "lanshare is closing.",
    Code.NOT_SAVED: "This is no conversation that lanshare saved: choose its conversation.jsonl. Nothing was changed.",
    Code.NOT_A_MEMBER: "This device is not in the group any more. What was said before stays.",
    Code.MORE_SENIOR: (
        "Whoever was in a group before you can be removed only by those who were in it even earlier; the founder by"
        " nobody. Nothing was changed. You can leave the group, and found another one."
    ),
    Code.GROUP_EMPTY: "A group needs a name, and between two and 256 members.",
    Code.GROUP_SPENT: (
        "This group was changed so often that no more changes of yours count. Nothing was changed. You can write in it"
        " as before; to change who is in it, found another group."
    ),
    Code.BLOCKED_MEMBER: "A blocked device cannot be in a group. Unblock it first.",
    Code.PROFILE_BUSY: "Another lanshare is using this profile and does not answer. End it, then try again.",
    Code.PROFILE_UNWRITABLE: "The profile folder cannot be written ({detail}). Check its permissions and free space.",
    Code.DATABASE_NEWER: "The history was written by a newer lanshare ({detail}). It was left untouched: update"
    " lanshare, or choose another profile with --profile.",
    Code.COMMAND_MISSING: "The command could not be run ({detail}). What was received is kept.",
    Code.COMMAND_FAILED: "The command did not end well ({detail}). What was received is kept.",
    Code.COMMAND_HUNG: "The command did not come to an end and was stopped ({detail}). What was received is kept.",
}

_TROUBLE: Final[dict[Code | None, str]] = {
    Code.PORT_TAKEN: "Port {detail} is in use, so another one was taken. Devices find you all the same; a firewall"
    " that allows only {detail} may not let them in.",
    Code.NO_NETWORK: "There is no network. Devices appear as soon as there is one.",
    Code.MDNS_BLOCKED: "Another program keeps mDNS to itself, so new devices are not found by themselves. Known"
    " devices are tried at their last addresses; others can be added by address.",
    Code.DATABASE_DAMAGED: "The history was damaged. It was moved aside, with all its content, to {detail}; a new one"
    " was begun.",
    Code.SETTINGS_DAMAGED: "The settings could not be read. They were moved aside; the defaults are in force.",
    Code.PEER_UNREACHABLE: "{peer} shows itself on the network but does not answer ({detail}). Its firewall may block"
    " lanshare, or the network keeps devices apart.",
    Code.VERSION: "{peer} runs another version of lanshare ({detail}). Update both to exchange with it.",
    Code.DISK_ERROR: "Something could not be kept in the history ({detail}). Is the disk full?",
    Code.IDENTITY_CHANGED: "{peer} answers with another key than before. Nothing was sent to it.",
}


def decimal(size: float) -> str:
    """A size in decimal units, as people read it: 915 MB, 1.4 GB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def _fill(text: str, peer: str, detail: str) -> str:
    return text.replace("{peer}", peer or "The device").replace("{detail}", detail or "no details")


def _known(code: str) -> Code | None:
    """One of our codes, or None for a peer's own word."""
    return Code(code) if code in set(Code) else None


def ended(code: str, peer: str = "", detail: str = "") -> str:
    """Why something ended."""
    return _fill(_ENDED.get(_known(code), "It did not work ({detail}).") if code else "", peer, detail or code)


def transfer_ended(code: str, peer: str, detail: str, sending: bool) -> str:
    """Why a transfer ended, as whoever sent it or whoever received it sees it."""
    if code == Code.DECLINED and not sending:
        return "You declined. Nothing was written."
    if code == Code.MORE_THAN_OFFERED and sending:
        sentence = "It came to more than {peer} said yes to. What was verified stays there. Send it again to ask anew."
        return _fill(sentence, peer, detail)
    return ended(code, peer, detail)


def trouble(code: str, detail: str = "", peer: str = "") -> str:
    """What is wrong with the network or the profile."""
    return _fill(_TROUBLE.get(_known(code), "Something is wrong ({detail})."), peer, detail or code)


def cloned(name: str, ours: bool) -> str:
    """One key on two devices."""
    if ours:
        return (
            "Another device on this network uses this computer's key: was its disk or profile copied? Messages and"
            " files may reach the wrong one. Make this one a new device."
        )
    return (
        f"Two devices use the key of {name}: was one a copy of the other? What you send may reach either. One of them"
        " must be made a new device."
    )


def undone(files: int, restored: int, left: int, folder: str) -> str:
    """What undoing a receiving came to."""
    if not files and not restored:
        return "Nothing could be undone: what was received has been moved or changed since."
    parts = [f"{files} files were moved to {folder}."] if files else []
    parts += [f"{restored} files that had been replaced are back."] if restored else []
    parts += [f"{left} files were changed or moved since, and stayed."] if left else []
    return " ".join(parts)


def paused(by: str, peer: str, done: int, total: int) -> str:
    """Who let it rest, and what is kept."""
    kept = f" {decimal(done)} of {decimal(total)} are kept." if done and total else ""
    return f"You paused it.{kept}" if by == "us" else f"{peer} paused it.{kept}"


def waiting(code: str, peer: str, done: int, total: int, detail: str = "") -> str:
    """Why a transfer stands, what is kept, and that it goes on."""
    it = f"{decimal(done)} of {decimal(total)} are kept; it" if done and total else "It"
    if code == Code.DISK_FULL:
        more = f": {decimal(total - done)} are still to come" if total > done else ""
        return f"There is not enough room on the receiving disk{more}. {it} goes on when there is room."
    if code == Code.NO_FOLDER:
        return (
            f"{detail or 'The receiving folder'} is not there as a folder. Was its disk unplugged, or is a file in its"
            f" place? {it} goes on when it is back. To receive it elsewhere, cancel it and let it be sent again."
        )
    if code == Code.DISK_ERROR:
        return f"The receiving disk reported an error ({detail or 'no details'}). {it} is tried again."
    if code == Code.TURN:
        return f"It waits for its turn: another transfer goes first. {it} {'goes on' if done else 'starts'} by itself."
    if code == Code.PEER_BUSY:
        return f"{peer} is asked about something else first. This is offered again by itself."
    if code == Code.MORE_THAN_OFFERED:
        return f"It came to more than was offered, so {peer} is asked again. {it} goes on after a yes."
    if code == Code.PROTOCOL:
        return f"The connection to {peer} was closed: something was not understood. {it} is tried again."
    if code == Code.PEER_UNREACHABLE:
        return f"{peer} cannot be reached just now. {it} is tried again."
    return f"{peer} went offline. {it} goes on when it is back." if done else (
        f"{peer} is away. It starts when it is back."
    )


def no_room(size: int, free: int, folder: str) -> str:
    """An offer is larger than the disk it would go to."""
    where = f" in {folder}" if folder else ""
    return (
        f"It may not fit: {decimal(size)} are offered, {decimal(free)} are free{where}. What fits is received; the rest"
        " waits until there is room."
    )


def no_history(code: int) -> str:
    """The database did not do what was asked; `code`: of SQLite."""
    if code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "The disk that holds the history is full, or reports errors. Make room, then try again. Nothing is lost."
    if code & 0xFF in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "The history cannot be opened for writing. Check the profile folder's permissions and free space."
    if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program holds the history. End it, then try again."
    return "The history cannot be read. Start lanshare once: it sets a damaged history aside."


def taken(messages: int, refused: int, strangers: int, transfers: int) -> list[str]:
    """What came of taking a saved conversation in. `strangers`: those of `refused` that belong to nobody known here."""
    told = [f"{messages} messages were taken in."]
    if refused > strangers:
        told.append(f"{refused - strangers} were refused: they are not what their authors signed.")
    if strangers:
        told.append(f"{strangers} were refused: they belong to a conversation with nobody who is known here.")
    if transfers:
        told.append(f"{transfers} entries about files were passed over: only the files themselves can be brought back.")
    return told


def not_taken(kept: int, by_us: bool) -> str:
    """Why a saved conversation was not taken in as a whole. `kept`: messages that were; `by_us`: our disk refused."""
    if by_us:
        return f"The history could not be written: is the disk full? {kept} messages were taken in. Try it again."
    if not kept:
        return ended(Code.NOT_SAVED)
    return f"{kept} messages were taken in; what follows in the file is damaged and was left out."


def not_exported(code: str, folder: str) -> str:
    """Why a conversation could not be written to a folder."""
    if code == Code.DISK_FULL:
        return f"There is not enough room in {folder}. Choose another folder, or make room."
    return f"It cannot be written to {folder}. Is the folder there, and may you write in it?"


def reversed_changes(group: str, out: Sequence[str], back: Sequence[str]) -> str:
    """Changes of a group that count no more, and what that means for whom. Names are as their devices say them."""
    parts = [
        f"In {group} a change no longer counts: whoever made it had been removed without knowing it yet."
    ]
    if out:
        parts.append(f"No longer in the group: {', '.join(out)}.")
    if back:
        parts.append(f"In it again: {', '.join(back)}.")
    return " ".join(parts)
