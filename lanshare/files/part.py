"""PartFile: a file while it arrives: a number in the staging folder, hashed as it is written.

Beside a file of several chunks lies its list of chunk digests, so that after a crash what is kept can be checked
against it and the rest forgotten: nothing is ever spliced on trust.
"""

from __future__ import annotations

import os
import time
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content
from lanshare.files.faults import DiskFault, disk_fault
from lanshare.files.folder import Folder, start_writing

_DIGEST: Final = 32
_WRITE_BACK: Final = 8 * 1024 * 1024
_READ: Final = 256 * 1024


def digests_name(number: int) -> str:
    """The name of the list of digests beside the part of this number."""
    return f"{number}.chunks"


class PartFile:
    """One arriving file. Every OSError becomes a DiskFault; the part stays as it was."""

    def __init__(self, staging: Folder, number: int, size: int, keep_chunks: int = 0) -> None:
        """Open the part; its first `keep_chunks` chunks were checked by kept() and stay, the rest is cut off."""
        self.number = number
        self.size = size
        self._staging = staging
        self._list = -1
        self._fd = -1
        try:
            if not keep_chunks:
                # Never written over: after a crash between link and unlink it is also the file under its final name.
                staging.remove(str(number))
            self._fd = staging.open_file(str(number), os.O_RDWR | os.O_CREAT)
            digests: list[bytes] = []
            if size > CHUNK:
                self._list = staging.open_file(digests_name(number), os.O_RDWR | os.O_CREAT)
                digests = _split(os.pread(self._list, keep_chunks * _DIGEST, 0))[:keep_chunks]
                os.ftruncate(self._list, len(digests) * _DIGEST)
                os.lseek(self._list, 0, os.SEEK_END)
            self.content = Content(digests)
            self.offset = self.content.size
            os.ftruncate(self._fd, self.offset)
            os.lseek(self._fd, self.offset, os.SEEK_SET)
        except OSError as error:
            self.close()
            raise disk_fault(error) from error
        self._written_back = self.offset

    def write(self, data: memoryview) -> None:
        """Append bytes."""
        at = 0
        content = self.content
        try:
            while at < len(data):
                piece = data[at : at + content.to_boundary]
                done = 0
                while done < len(piece):
                    done += os.write(self._fd, piece[done:])
                chunks = len(content.digests)
                content.update(piece)
                at += len(piece)
                if len(content.digests) > chunks:
                    self._keep_digests(chunks)
        except OSError as error:
            raise disk_fault(error) from error
        self.offset += len(data)
        if self.offset - self._written_back >= _WRITE_BACK:
            start_writing(self._fd, self._written_back, self.offset - self._written_back)
            self._written_back = self.offset

    def hole(self, count: int) -> None:
        """Append zeros that are not stored."""
        chunks = len(self.content.digests)
        try:
            # First, so that a size that no disk can have costs nothing.
            os.ftruncate(self._fd, self.offset + count)
        except (OSError, OverflowError) as error:
            raise DiskFault(Code.DISK_FULL, "too large") from error
        self.content.zeros(count)
        self.offset += count
        try:
            os.lseek(self._fd, self.offset, os.SEEK_SET)
            self._keep_digests(chunks)
        except OSError as error:
            raise disk_fault(error) from error

    def finish(self, mtime_ns: int, each_durable: bool) -> bytes:
        """Set length, time and final mode; returns the content id. `each_durable`: sync now, no barrier follows."""
        try:
            os.ftruncate(self._fd, self.offset)
            if hasattr(os, "fchmod"):
                os.fchmod(self._fd, 0o666 & ~_umask())
            _set_time(self._fd, mtime_ns)
            if each_durable:
                os.fsync(self._fd)
        except OSError as error:
            raise disk_fault(error) from error
        return self.content.id()

    def close(self) -> None:
        """Give the descriptors back; the part stays."""
        for fd in (self._fd, self._list):
            if fd >= 0:
                os.close(fd)
        self._fd = self._list = -1

    def drop_list(self) -> None:
        """Remove the list of digests: the file is whole."""
        if self.size > CHUNK:
            self._staging.remove(digests_name(self.number))

    def _keep_digests(self, since: int) -> None:
        if self._list >= 0 and since < len(self.content.digests):
            os.write(self._list, b"".join(self.content.digests[since:]))


def kept(staging: Folder, number: int, seconds: float = 10.0) -> list[bytes]:
    """The digests of the whole chunks of a part that are on disk and true; empty if there is nothing to keep.

    Stops after some seconds with what was checked by then: the other side waits, and has to check the same.
    """
    until = time.monotonic() + seconds
    try:
        listed = staging.open_file(digests_name(number), os.O_RDONLY)
    except OSError:
        return []
    try:
        fd = staging.open_file(str(number), os.O_RDONLY)
    except OSError:
        os.close(listed)
        return []
    good: list[bytes] = []
    try:
        length = os.fstat(fd).st_size
        for digest in _split(os.pread(listed, os.fstat(listed).st_size, 0)):
            late = time.monotonic() > until
            if late or (len(good) + 1) * CHUNK > length or _chunk(fd, len(good)) != digest:
                break
            good.append(digest)
    except OSError:
        return good
    finally:
        os.close(fd)
        os.close(listed)
    return good


def _chunk(fd: int, index: int) -> bytes:
    content = Content()
    at = index * CHUNK
    while not content.digests:
        data = os.pread(fd, min(_READ, content.to_boundary), at)
        if not data:
            return b""
        content.update(data)
        at += len(data)
    return content.digests[0]


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + _DIGEST] for at in range(0, len(data) - _DIGEST + 1, _DIGEST)]


def _set_time(fd: int, mtime_ns: int) -> None:
    clamped = max(0, min(mtime_ns, 2**62))
    if os.utime in os.supports_fd:
        os.utime(fd, ns=(clamped, clamped))


def _umask() -> int:
    return UMASK


def _read_umask() -> int:
    value = os.umask(0o077)
    os.umask(value)
    return value


UMASK: Final = _read_umask()
"""The process's umask, read once at import: reading it changes it for a moment, which threads must not see."""


def require_whole(part: PartFile, content: bytes, claimed: bytes) -> None:
    """DiskFault unless a finished part has its announced size and content."""
    if part.offset != part.size or content != claimed:
        raise DiskFault(Code.CONTENT_DIFFERS, f"{part.offset} of {part.size} bytes")
