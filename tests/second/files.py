"""Files over the data link: a source that sends a tree and a sink that receives one; both can go on later."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from .peer import PATIENCE, Gone, Link, Peer, Refused
from .words import (
    CHUNK,
    PACKED,
    Broken,
    Frame,
    Value,
    content_id,
    content_of,
    framed,
    in_ranges,
    number,
    ranges,
    raw,
    several,
    text,
)

PIECE = 256 * 1024
ZEROS = bytes(CHUNK)
ZERO = blake3(ZEROS).digest()
PACK_BYTES = 512 * 1024
LISTED = 512


@dataclass
class Entry:
    """One thing in a transfer."""

    index: int
    parts: list[str]
    kind: str
    path: Path
    size: int
    mtime_ns: int
    executable: bool
    target: str = ""


class Source:
    """A transfer that this side sends: files and folders, each with its fixed number."""

    def __init__(self, *tops: Path) -> None:
        self.transfer = os.urandom(16)
        self.entries: list[Entry] = []
        self.tops = tops
        for top in tops:
            self._add(top, [top.name])
        self.confirmed: set[int] = set()
        self.failed: dict[int, str] = {}
        self.offsets: dict[int, int] = {}  # what the sink kept, by the last Attached
        self.complete: Frame | None = None
        self.content_bytes = 0  # in Data and Pack, since the link opened
        self.unwanted: dict[int, str] = {}
        self._listed = 0

    def _add(self, path: Path, parts: list[str]) -> None:
        about = path.lstat()
        kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
        size = about.st_size if kind == "file" else 0
        target = str(path.readlink()) if kind == "link" else ""
        executable = kind == "file" and bool(about.st_mode & stat.S_IXUSR)
        self.entries.append(
            Entry(len(self.entries), parts, kind, path, size, about.st_mtime_ns, executable, target),
        )
        if kind == "folder":
            for below in sorted(path.iterdir()):
                self._add(below, [*parts, below.name])

    # --- the control link ---

    def offer(self, link: Link) -> None:
        """Ask the other side whether it wants this."""
        files = [entry for entry in self.entries if entry.kind != "folder"]
        tops = []
        for top in self.tops:
            below = [entry for entry in files if entry.parts[0] == top.name]
            kind = "folder" if top.is_dir() else "file"
            tops.append([top.name, kind, len(below), sum(entry.size for entry in below)])
        total = sum(entry.size for entry in files)
        link.say("Offer", self.transfer, tops, len(tops), len(files), total, True, b"", b"")

    def accepted(self, peer: Peer, link: Link, within: float = PATIENCE) -> None:
        """Wait for yes."""
        answer = peer.take(link, "Answer", within=within)
        if answer.raw("transfer") != self.transfer or not answer.flag("accepted"):
            raise Refused(answer.text("code"), "the offer")

    # --- the data link ---

    def attach(self, peer: Peer, link: Link) -> None:
        """Say what this link is for, as the source that dialled; then as below."""
        link.say("Attach", self.transfer, "push")
        self.attached(peer, link)

    def attached(self, peer: Peer, link: Link) -> None:
        """Wait until the sink says what it has; answer its questions about the tree."""
        self.content_bytes = self._listed = 0
        while True:
            heard = peer.take(link, "Attached", "Refusal", "Halt", "Compare", "Have", "Unwanted", within=PATIENCE)
            if heard.name == "Compare":
                self._list(link)
            elif heard.name == "Unwanted":
                self.unwanted[heard.number("index")] = heard.text("code")
            elif heard.name == "Have":
                self._compare(link, heard)
            elif heard.name == "Attached":
                break
            else:
                raise Refused(heard.text("code"), heard.text("detail"))
        self.confirmed |= ranges(heard.fields["confirmed"])
        self.offsets = {}
        for partial in heard.list("partials"):
            index, chunks, prefix = several(partial)[:3]
            entry = self.entries[number(index)]
            if number(chunks) * CHUNK > entry.size:
                raise Broken("more is kept than there is")
            digests = [digest for _, digest in zip(range(number(chunks)), self._digests(entry), strict=False)]
            same = blake3(b"".join(digests)).digest() == raw(prefix)
            self.offsets[entry.index] = number(chunks) * CHUNK if same else 0

    def _list(self, link: Link) -> None:
        if self._listed == len(self.entries):
            return  # asked ahead; the last one was said
        some = self.entries[self._listed : self._listed + LISTED]
        rows = [[entry.parts, entry.kind, entry.size, entry.mtime_ns] for entry in some]
        last = self._listed + len(some) == len(self.entries)
        link.say("Listing", self.transfer, self._listed, rows, last)
        self._listed += len(some)

    def _compare(self, link: Link, have: Frame) -> None:
        asked = [self.entries[number(one)] for one in have.list("files")]
        link.say("Contents", [[entry.index, content_id(entry.size, self._digests(entry))] for entry in asked])

    @staticmethod
    def _digests(entry: Entry) -> Iterator[bytes]:
        with entry.path.open("rb") as file:
            while piece := file.read(CHUNK):
                yield blake3(piece).digest()

    def send(self, peer: Peer, link: Link, cut_after: int | None = None) -> bool:
        """Send what is not confirmed; false if the link was cut, on purpose, after so many bytes of content."""
        small: list[Entry] = []
        for entry in self.entries:
            if entry.index in self.confirmed or entry.index in self.unwanted:
                continue
            if small and (not self._small(entry) or small[0].parts[:-1] != entry.parts[:-1]):
                self._pack(link, small)
            if self._small(entry):
                small.append(entry)
                if sum(one.size for one in small) > PACK_BYTES:
                    self._pack(link, small)
            elif not self._send_one(peer, link, entry, cut_after):
                link.finish_sending()
                return False
        if small:
            self._pack(link, small)
        link.say("AllSent", len(self.entries), sum(entry.size for entry in self.entries))
        self.complete = peer.take(link, "Complete", "Halt", within=PATIENCE)
        if self.complete.name == "Halt":
            raise Refused(self.complete.text("code"), self.complete.text("detail"))
        self._take_in(link)
        link.say("Bye", "done")
        link.close()
        return True

    @staticmethod
    def _small(entry: Entry) -> bool:
        return entry.kind == "file" and entry.size <= PACKED

    def _pack(self, link: Link, small: list[Entry]) -> None:
        rows = []
        for entry in small:
            data = entry.path.read_bytes()
            content = content_id(len(data), [blake3(data).digest()] if data else [])
            rows.append([entry.index, entry.parts[-1], entry.mtime_ns, entry.executable, content, data])
            self.content_bytes += len(data)
        link.say("Pack", small[0].parts[:-1], rows)
        small.clear()

    def _hear(self, peer: Peer, link: Link) -> None:
        peer.pump(0)
        self._take_in(link)
        if link.ended:
            raise Gone("the data link ended")

    def _take_in(self, link: Link) -> None:
        while link.inbox:
            heard = link.inbox.popleft()
            if heard.name == "Confirmed":
                self.confirmed.update(range(heard.number("first"), heard.number("last") + 1))
            elif heard.name == "Unwanted":
                self.unwanted[heard.number("index")] = heard.text("code")
            elif heard.name == "Failed":
                self.failed[heard.number("index")] = heard.text("code")
            elif heard.name == "Halt":
                raise Refused(heard.text("code"), heard.text("detail"))
            elif heard.name not in ("Timing", "Pong"):
                raise Broken(f"{heard.name} while files are sent")

    def _send_one(self, peer: Peer, link: Link, entry: Entry, cut_after: int | None) -> bool:
        offset = self.offsets.get(entry.index, 0)
        link.say(
            "Begin", entry.index, entry.parts, entry.kind, entry.size, entry.mtime_ns, offset, entry.target,
            entry.executable,
        )  # fmt: skip
        if entry.kind != "file":
            return True
        digests: list[bytes] = []
        hole = 0  # zeros in whole chunks that are not said yet
        with entry.path.open("rb") as file:
            for at in range(0, entry.size, CHUNK):
                chunk = file.read(CHUNK)
                digests.append(ZERO if chunk == ZEROS else blake3(chunk).digest())
                if at < offset:
                    continue
                if chunk == ZEROS:
                    hole += CHUNK
                    if at + CHUNK == entry.size:
                        link.say("Hole", hole)
                    continue
                if hole:
                    link.say("Hole", hole)
                    link.say("ChunkEnd", ZERO)
                    hole = 0
                for start in range(0, len(chunk), PIECE):
                    self._hear(peer, link)
                    if entry.index in self.unwanted:
                        link.say("FileAborted", entry.index, "left-out")
                        return True
                    self._piece(link, chunk[start : start + PIECE])
                    if cut_after is not None and self.content_bytes >= cut_after:
                        return False
                if at + CHUNK < entry.size:
                    link.say("ChunkEnd", digests[-1])
        link.say("End", content_id(entry.size, digests))
        return True

    def _piece(self, link: Link, data: bytes) -> None:
        if data.count(0) == len(data):
            link.say("Hole", len(data))
        else:
            link.send(framed("Data", data))
            self.content_bytes += len(data)


@dataclass
class Kept:
    """A file that was begun: its part on disk and the digests of its whole chunks."""

    part: Path
    digests: list[bytes]


class Sink:
    """A transfer that this side receives, below one folder."""

    def __init__(self, into: Path) -> None:
        self.into = into
        into.mkdir(parents=True, exist_ok=True)
        self.confirmed: set[int] = set()
        self.kept: dict[int, Kept] = {}
        self.files = self.bytes = 0
        self.content_bytes = 0  # in Data and Pack, since the link opened
        self.begun: dict[int, int] = {}  # the offset of each Begin, since the link opened
        self.names: list[str] = []  # all frames, since the link opened
        self.all_sent: Frame | None = None
        self._links: list[tuple[Path, str]] = []

    def attach(self, peer: Peer, link: Link, transfer: bytes, compare: bool = False) -> None:
        """On a link that the source dialled: hear what it is for, and say what is here."""
        heard = peer.take(link, "Attach")
        if heard.raw("transfer") != transfer or heard.text("direction") != "push":
            raise Broken("another transfer or direction")
        if compare:
            self.compare(peer, link)
        self.attached(link)

    def compare(self, peer: Peer, link: Link) -> None:
        """Before Attached: hear what will come, and name what is at its place already."""
        asked: dict[int, Path] = {}
        while True:
            link.say("Compare")
            listing = peer.take(link, "Listing")
            for index, row in enumerate(listing.list("entries"), listing.number("first")):
                parts, kind, size, mtime_ns = several(row)[:4]
                place = self._place(several(parts))
                if kind != "file" or not place.is_file():
                    continue
                about = place.stat()
                if (about.st_size, about.st_mtime_ns) == (size, mtime_ns):
                    link.say("Have", [index])
                    asked[index] = place
            if listing.flag("last"):
                break
        while asked:
            for one in peer.take(link, "Contents").list("files"):
                at, theirs = several(one)[:2]
                content = asked.pop(number(at)).read_bytes()
                if content_of(content) == theirs:
                    self.confirmed.add(number(at))
                    self.files, self.bytes = self.files + 1, self.bytes + len(content)

    def attached(self, link: Link) -> None:
        """Say what is here."""
        partials = []
        for index, kept in self.kept.items():
            if kept.digests:
                partials.append([index, len(kept.digests), blake3(b"".join(kept.digests)).digest()])
        link.say("Attached", in_ranges(self.confirmed), partials)

    def receive(self, peer: Peer, link: Link, cut_after: int | None = None) -> bool:
        """Take everything in; false if the link was cut, on purpose, after so many bytes of content."""
        self.content_bytes, self.begun, self.names = 0, {}, []
        current: _Moving | None = None
        try:
            while True:
                heard = peer.until(lambda: self._next(link), 5)
                self.names.append(heard.name)
                if current is not None and heard.name in ("Data", "Hole", "ChunkEnd", "End"):
                    self.content_bytes += len(heard.data)
                    current.take(heard)
                    if heard.name == "End":
                        current.close()
                        self._keep(link, current.index, current.kept.part, current.parts, current.about)
                        del self.kept[current.index]
                        current = None
                elif current is not None and heard.name not in ("Timing", "Ping"):
                    raise Broken(f"{heard.name} in the middle of a file")
                elif heard.name == "Begin":
                    current = self._begin(link, heard)
                elif heard.name == "Pack":
                    self._unpack(link, heard)
                elif heard.name == "AllSent":
                    self.all_sent = heard
                    for place, target in self._links:
                        place.symlink_to(target)
                    link.say("Complete", self.files, 0, self.bytes)
                    return True
                elif heard.name not in ("Timing", "Ping", "EntrySkipped"):
                    raise Broken(f"{heard.name} out of place")
                if cut_after is not None and self.content_bytes >= cut_after:
                    return False
        finally:
            if current is not None:
                current.close()
            if not self.all_sent:
                link.close()

    @staticmethod
    def _next(link: Link) -> Frame | None:
        if link.inbox:
            return link.inbox.popleft()
        if link.ended:
            raise Gone("the data link ended")
        return None

    def _place(self, parts: list[Value]) -> Path:
        names = [text(part) for part in parts]
        wrong = [name for name in names if not name or name in (".", "..") or set(name) & set("/\0")]
        if wrong or not 1 <= len(names) <= 64:
            raise Broken(f"the path {names}")
        return self.into.joinpath(*names)

    def _begin(self, link: Link, heard: Frame) -> _Moving | None:
        index, place, offset = heard.number("index"), self._place(heard.list("parts")), heard.number("offset")
        self.begun[index] = offset
        if heard.text("kind") == "folder":
            place.mkdir(parents=True, exist_ok=True)
        elif heard.text("kind") == "link":
            self._links.append((place, heard.text("target")))
        else:
            return _Moving(heard, self._kept(index, offset))
        self._confirm(link, index)
        return None

    def _kept(self, index: int, offset: int) -> Kept:
        kept = self.kept.setdefault(index, Kept(self.into / f".part-{index}", []))
        if offset not in (0, len(kept.digests) * CHUNK):
            raise Broken(f"a beginning at {offset}")
        del kept.digests[offset // CHUNK :]
        with kept.part.open("ab") as file:
            file.truncate(offset)
        return kept

    def _unpack(self, link: Link, heard: Frame) -> None:
        for row in heard.list("files"):
            index, name, mtime_ns, executable, content, data = several(row)[:6]
            body = raw(data)
            if len(body) > PACKED or content_id(len(body), [blake3(body).digest()] if body else []) != content:
                raise Broken("a packed file is not what its content id says")
            part = self.into / ".part-packed"
            part.write_bytes(body)
            self.content_bytes += len(body)
            about = len(body), number(mtime_ns), executable is True
            self._keep(link, number(index), part, [*heard.list("folder"), name], about)

    def _keep(self, link: Link, index: int, part: Path, parts: list[Value], about: tuple[int, int, bool]) -> None:
        size, mtime_ns, executable = about
        place = self._place(parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        part.chmod(0o755 if executable else 0o644)
        os.utime(part, ns=(mtime_ns, mtime_ns))
        part.rename(place)
        self.files, self.bytes = self.files + 1, self.bytes + size
        self._confirm(link, index)

    def _confirm(self, link: Link, index: int) -> None:
        if index in self.confirmed:
            raise Broken(f"the entry {index} again")
        self.confirmed.add(index)
        link.say("Confirmed", index, index)


class _Moving:
    """The file that comes just now."""

    def __init__(self, begin: Frame, kept: Kept) -> None:
        self.index, self.parts, self.kept = begin.number("index"), begin.list("parts"), kept
        self.size = begin.number("size")
        self.about = self.size, begin.number("mtime_ns"), begin.flag("executable")
        self.at = begin.number("offset")
        self.due = False  # a ChunkEnd has to come
        self.hasher = blake3()
        self.file = kept.part.open("r+b")
        self.file.seek(self.at)

    def take(self, heard: Frame) -> None:
        """Data, Hole, ChunkEnd or End."""
        if (heard.name == "ChunkEnd") != self.due:
            raise Broken(f"{heard.name} at {self.at} of {self.size}")
        if heard.name == "Data":
            if self.at // CHUNK != (self.at + len(heard.data) - 1) // CHUNK:
                raise Broken("Data across a chunk's end")
            self.file.write(heard.data)
            self._on(heard.data)
            self.due = self.at % CHUNK == 0 and self.at < self.size
        elif heard.name == "Hole":
            left = heard.number("length")
            while left:
                if self.due:
                    self._chunk()
                zeros = min(left, CHUNK - self.at % CHUNK)
                self._on(ZEROS[:zeros])
                left -= zeros
                self.due = self.at % CHUNK == 0 and self.at < self.size
            self.file.seek(self.at)
        elif heard.name == "ChunkEnd":
            if self.hasher.digest() != heard.raw("digest"):
                raise Broken("a chunk is not what its digest says")
            self._chunk()
        else:
            self._end(heard.raw("content"))

    def _on(self, data: bytes) -> None:
        self.hasher.update(data)
        self.at += len(data)
        if self.at > self.size:
            raise Broken("more than the file's size")

    def _chunk(self) -> None:
        self.kept.digests.append(self.hasher.digest())
        self.hasher = blake3()
        self.due = False

    def _end(self, content: bytes) -> None:
        if self.at != self.size:
            raise Broken(f"the file ends at {self.at} of {self.size}")
        digests = [*self.kept.digests, *([self.hasher.digest()] if self.size else [])]
        if content_id(self.size, digests) != content:
            raise Broken("the file is not what its content id says")
        self.file.truncate(self.size)

    def close(self) -> None:
        """Make what came durable."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
