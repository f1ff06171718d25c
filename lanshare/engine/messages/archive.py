"""A conversation as files: HTML to read, JSON lines to take in again, and what was received and sent beside them."""

from __future__ import annotations

import base64
import datetime
import errno
import html
import inspect
import itertools
import json
import os
import sqlite3
import urllib.parse
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.events import ConversationImported
from lanshare.domain.message import CONTROL, ChatMessage, Delivery, MessageKind, TimelineItem
from lanshare.domain.peer import PeerId, short_id
from lanshare.engine.messages.export_folder import ExportFolder
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.presentation.openable import may_open_by_name
from lanshare.exchange import message_records
from lanshare.files.names import numbered
from lanshare.store import history, outbox

_PAGE: Final = 500
_AT_ONCE: Final = 256
"""Records that are taken in by one write: some 50 ms for which a message that comes in meanwhile waits."""

_COPIED: Final = 4 * 1024**3
"""Bytes of files that are copied at most; what is larger is named with where it lies."""

_NUMBERS: Final = 100
"""So far it is looked for the number that a name got because it was taken."""

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #12151c; }
.day { text-align: center; color: #566074; margin: 1.5em 0 .5em; font-weight: 600; }
.told { text-align: center; color: #566074; margin: .4em 0; }
.m { max-width: 75%; margin: .35em 0; padding: .5em .8em; border-radius: 12px; background: #eef1f6;
  width: fit-content; }
.m.out { margin-left: auto; background: #4355e0; color: #fff; }
.m p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.m blockquote { margin: 0 0 .3em; padding-left: .6em; border-left: 3px solid; opacity: .75; }
.m small { opacity: .7; } .m a { color: inherit; } img { max-width: 100%; border-radius: 8px; }
"""


class ExportResult(Struct, frozen=True):
    """What was written: where, how many moments, how many files were copied, which were not there any more."""

    folder: Path
    moments: int
    files: int
    missing: int


def moments(db: sqlite3.Connection, peer: PeerId) -> Iterator[TimelineItem]:
    """All of a conversation, oldest first."""
    pages: list[list[TimelineItem]] = []
    before, more = None, True
    while more:
        page, more = history.page(db, peer, before, _PAGE)
        if page:
            pages.append(page)
            before = page[0].position
        else:
            break
    for page in reversed(pages):
        yield from page


def save(db: sqlite3.Connection, peer: PeerId, folder: Path, names: Callable[[PeerId], str]) -> ExportResult:
    """Write a conversation into a new folder. LanshareError NO_FOLDER or DISK_FULL if that cannot be."""
    place = ExportFolder(folder, names(peer) or short_id(peer))
    try:
        return _save(db, peer, place, names)
    except OSError as error:
        code = Code.DISK_FULL if error.errno == errno.ENOSPC else Code.NO_FOLDER
        raise LanshareError(code, error.strerror or str(folder)) from error
    finally:
        place.close()


def _save(db: sqlite3.Connection, peer: PeerId, place: ExportFolder, names: Callable[[PeerId], str]) -> ExportResult:
    count = copied = missing = size = 0
    day: datetime.date | None = None
    title = html.escape(escaped(names(peer) or short_id(peer)))
    with place.text("conversation.html") as page, place.text("conversation.jsonl") as lines:
        page.write(f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>\n")
        page.write(f"<h1>{title}</h1>\n")
        lines.write(json.dumps({"lanshare": 1, "conversation": peer}) + "\n")
        for one in moments(db, peer):
            count += 1
            local = one.at.astimezone()
            if local.date() != day:
                day = local.date()
                page.write(f"<div class=day>{day.isoformat()}</div>\n")
            if one.message is not None:
                lines.write(json.dumps(_line(db, one), ensure_ascii=False) + "\n")
                page.write(_message(one, names, local))
                continue
            transfer = one.transfer
            assert transfer is not None
            tops = [top.name for top in transfer.offer.tops]
            kept = [""] * len(tops)
            for at, path in enumerate(_by_names(tops, transfer.paths)):
                count_of, size_of = _extent(path)
                if path is None or not count_of or size + size_of > _COPIED:
                    missing += 1
                    continue
                kept[at] = place.copy(path)
                size += size_of
                copied += count_of
            lines.write(json.dumps({
                "at": one.at.isoformat(), "transfer": transfer.id, "direction": transfer.direction,
                "state": transfer.state, "names": tops, "files": kept,
            }, ensure_ascii=False) + "\n")
            page.write(_files(tops, kept, transfer.direction == "out", local))
    return ExportResult(place.path, count, copied, missing)


def _line(db: sqlite3.Connection, one: TimelineItem) -> dict[str, Any]:
    message = one.message
    assert message is not None
    record = outbox.record_of(db, message.author, message.id)
    return {
        "at": one.at.isoformat(), "author": message.author, "id": message.id, "kind": message.kind,
        "text": message.text, "delivery": message.delivery, "record": base64.b64encode(record or b"").decode("ascii"),
    }


def _message(one: TimelineItem, names: Callable[[PeerId], str], local: datetime.datetime) -> str:
    message = one.message
    assert message is not None
    who = html.escape(escaped(names(message.author)))
    text = "\n".join(html.escape(escaped(line)) for line in message.text.split("\n"))
    if message.kind in CONTROL:
        return f"<div class=told>{who}: {text}</div>\n"
    side = " out" if message.direction == "out" else ""
    quote = f"<blockquote>{html.escape(escaped(message.quote.text[:200]))}</blockquote>" if message.quote else ""
    signs = " ".join(html.escape(escaped(sign)) for _, sign in message.reactions)
    return (f'<div class="m{side}">{quote}<p dir=auto>{text}</p><small>{who} · {local:%H:%M} {signs}</small></div>\n')


def _by_names(tops: list[str], paths: Sequence[str]) -> list[Path | None]:
    """For each name that was offered the path that it has here, as they are not told in the same order.

    A name that was taken here got a number; one that could not be kept is matched only if no other is in question.
    """
    left = [Path(path) for path in paths]
    found: list[Path | None] = []
    for top in tops:
        match = next((path for number in range(_NUMBERS) for path in left if path.name == numbered(top, number)), None)
        found.append(match)
        if match is not None:
            left.remove(match)
    if len(left) == 1 and found.count(None) == 1:
        found[found.index(None)] = left[0]
    return found


def _extent(path: Path | None) -> tuple[int, int]:
    """How many files lie at a path, and their bytes; links count as nothing."""
    if path is None or path.is_symlink():
        return 0, 0
    files = [path] if path.is_file() else [
        Path(folder, name) for folder, _, names in os.walk(path) for name in names
    ]
    sizes = [one.lstat().st_size for one in files if one.is_file() and not one.is_symlink()]
    return len(sizes), sum(sizes)


def _files(tops: list[str], kept: list[str], out: bool, local: datetime.datetime) -> str:
    parts = []
    for at, name in enumerate(tops):
        text = html.escape(escaped(name))
        file = kept[at] if at < len(kept) else ""
        target = html.escape("files/" + urllib.parse.quote(file), quote=True)
        if file and file.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp")):
            parts.append(f'<a href="{target}"><img src="{target}" alt="{text}"></a>')
        else:
            # What a click must not open in the window is no link in a browser either.
            parts.append(f'<a href="{target}">{text}</a>' if file and may_open_by_name(file) else text)
    side = " out" if out else ""
    return f'<div class="m{side}"><p>{"<br>".join(parts)}</p><small>{local:%H:%M}</small></div>\n'


def saved_lines(path: Path) -> Generator[tuple[bytes, str]]:
    """Of a saved conversation each record, with how far it got; empty for what is no message. ProtocolError if it is
    none; OSError."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        try:
            head = json.loads(lines.readline())
            if head.get("lanshare") != 1:
                raise ProtocolError("no saved conversation")
            for line in lines:
                one = json.loads(line)
                yield base64.b64decode(one.get("record") or b""), str(one.get("delivery", ""))
        except (ValueError, AttributeError, TypeError, RecursionError) as error:
            raise ProtocolError("no saved conversation") from error


class ArchiveImport:
    """A saved conversation on its way into the history, some records at a time: other writes come in between.

    `some` runs on the store's thread, perhaps again if its write failed; `kept` on the engine's, once they are durable.
    """

    def __init__(self, path: Path, me: PeerId, peers: list[PeerId], ours: set[PeerId]) -> None:
        """`ours`: the conversations whose messages are taken in."""
        self._path = path
        self._me = me
        self._peers = peers
        self._ours = ours
        self._lines = saved_lines(path)
        self._some: list[tuple[SignedMessage, ChatMessage]] = []
        self._fresh = self._refused = self._strangers = self._transfers = 0
        self._code: Code | None = None
        self._over = False

    def some(self, db: sqlite3.Connection) -> int:
        """Take in the next records; how many of them were not here."""
        if not self._some:
            self._read()
        added = [
            outbox.add(db, message, texted.sequence, texted.record, texted.digest, again=True)
            for texted, message in self._some
        ]
        return len(added) - added.count(None)

    def rest(self, db: sqlite3.Connection) -> None:
        """All of it in one write, from its beginning, as what is here already is passed over: the engine ends."""
        whole = ArchiveImport(self._path, self._me, self._peers, self._ours)
        while whole.kept(whole.some(db)) is None:
            pass

    def given_up(self) -> ConversationImported:
        """A write was not kept; what is to be told."""
        self._code = Code.DISK_ERROR
        return self._told(user_messages.not_taken(self._fresh, True))

    def kept(self, fresh: int) -> ConversationImported | None:
        """They are durable; what is to be told if they were the last ones."""
        self._some = []
        self._fresh += fresh
        return self._told(user_messages.not_taken(self._fresh, False)) if self._over else None

    def _told(self, sentence: str) -> ConversationImported:
        if self._code is None:
            sentence = ""
        counted = (self._strangers, self._transfers)
        return ConversationImported(str(self._path), self._fresh, self._refused, self._code or "", sentence, *counted)

    def _read(self) -> None:
        try:
            for record, delivery in itertools.islice(self._lines, _AT_ONCE):
                self._check(record, delivery)
            self._over = inspect.getgeneratorstate(self._lines) == inspect.GEN_CLOSED
        except (OSError, LanshareError) as error:
            self._code = error.code if isinstance(error, LanshareError) else Code.FILE_UNREADABLE
            self._over = True

    def _check(self, record: bytes, delivery: str) -> None:
        if not record:
            self._transfers += 1
            return
        try:
            texted, state = taken_in(record, delivery, self._me, self._peers)
        except LanshareError:
            self._refused += 1
            return
        if texted.message.kind in CONTROL:
            return
        if texted.message.peer not in self._ours:
            self._refused += 1
            self._strangers += 1
            return
        self._some.append((texted, replace(texted.message, delivery=Delivery(state))))


def taken_in(record: bytes, delivery: str, me: PeerId, peers: list[PeerId]) -> tuple[SignedMessage, str]:
    """A saved record, checked as if it were said now. ProtocolError if it is not what its author signed."""
    texted = message_records.restored(record, me, peers)
    ours = texted.message.author == me and texted.message.kind in (MessageKind.TEXT, MessageKind.REACTION)
    return texted, delivery if ours and delivery in ("delivered", "read") else "delivered" if ours else "received"
