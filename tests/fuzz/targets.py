"""Every parser of bytes that are not ours, as a function of bytes. Whatever it raises beyond a refusal is a flaw."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from lanshare.domain.errors import LanshareError, ProtocolError
from lanshare.domain.groups import fold
from lanshare.domain.peer import parse_address, peer_id
from lanshare.engine.ipc import codec as ipc_codec
from lanshare.engine.messages import archive
from lanshare.exchange import message_records
from lanshare.files import names
from lanshare.files.lines import framed
from lanshare.files.sink import ledger
from lanshare.files.source import manifest
from lanshare.qt import formatting
from lanshare.store.search_text import folded, query
from lanshare.trust.identity import id_of_certificate, verify
from lanshare.wire import codec, frames
from lanshare.wire.session import Session
from tests.harness.made import ME
from tests.harness.sessions import greeted

Target = Callable[[bytes], None]


def frame(data: bytes) -> None:
    """One frame of a peer."""
    if len(data) < codec.HEADER.size:
        return
    length, number = codec.HEADER.unpack_from(data)
    try:
        size = codec.check_header(length, number)
        codec.decode(number, memoryview(data)[codec.HEADER.size :][:size])
    except ProtocolError:
        pass


def session(data: bytes) -> None:
    """A stream of a peer, before and after the greeting, on either kind of link."""
    kind, data = data[:1], data[1:]
    one: Session = Session(kind < b"\x20") if kind < b"\x40" else greeted("data" if kind < b"\x80" else "control")[1]
    try:
        while data:
            data = data[one.receive_data(data) :]
            while one.next_frame() is not None:
                pass
    except ProtocolError:
        pass


def name(data: bytes) -> None:
    """A peer's path: what comes out stays below the folder, and can be turned back."""
    parts = data.decode("utf-8", "surrogateescape").split("\n")
    for system in names.System:
        try:
            safe = names.safe_path(parts, system)
        except names.NameRefused:
            continue
        assert [names.original(part) for part in safe] == parts, "what was mapped can be turned back"
        for part in safe:
            assert part not in ("", ".", "..")
            assert "/" not in part
            assert "\x00" not in part
            assert len(part.encode("utf-8")) <= 255


def line(data: bytes) -> None:
    """A line of a ledger, damaged or from another version."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal")
        for raw in (data, framed(data)):
            path.write_bytes(raw)
            list(ledger.read(path))


def listed(data: bytes) -> None:
    """A list of what is sent, damaged."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list")
        path.write_bytes(b"".join(framed(one) for one in data.split(b"\n")))
        try:
            list(manifest.read_all(path))
        except LanshareError:
            pass


def said(data: bytes) -> None:
    """What comes through the engine's private door."""
    for decode in (ipc_codec.decode_command, ipc_codec.decode_event):
        try:
            decode(data)
        except ProtocolError:
            pass


def typed(data: bytes) -> None:
    """What a person, or a link, says: addresses, ids, words to look for."""
    text = data.decode("utf-8", "surrogateescape")
    for parse in (parse_address, peer_id):
        try:
            parse(text)
        except ValueError:
            pass
    folded(text)
    query(text)


def certificate(data: bytes) -> None:
    """A peer's certificate, key and signature."""
    try:
        id_of_certificate(data)
    except LanshareError:
        pass
    verify(data[: len(data) // 2], data[len(data) // 2 :], b"said")


def talk(data: bytes) -> None:
    """What changes a group, what a saved conversation holds, what is shown of both."""
    text = data.decode("utf-8", "replace")
    one = frames.Text(bytes(91), bytes(32), bytes(16), 1, (), 1, 0, text, b"", "change")
    records = [msgspec.msgpack.encode(some) for some in (one, msgspec.structs.replace(one, kind="found"))]
    fold(ME, map(message_records.change_of, records))
    formatting.change(text, None, "who", {}, None)
    for read in (lambda: message_records.read_circle([data], ME), lambda: message_records.restored(data, ME)):
        try:
            read()
        except LanshareError:
            pass
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "conversation.jsonl")
        path.write_bytes(b'{"lanshare": 1}\n' + data)
        try:
            list(archive.saved_lines(path))
        except LanshareError:
            pass


TARGETS: dict[str, Target] = {
    one.__name__: one for one in (frame, session, name, line, listed, said, typed, certificate, talk)
}
