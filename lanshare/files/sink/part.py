"""PartFile: a file while it arrives: a number in the staging folder, hashed as it is written.

Beside a file of several chunks lies its list of chunk digests, so that after a crash what is kept can be checked
against it and the rest forgotten: nothing is ever spliced on trust.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content
from lanshare.files.faults import DiskFault, disk_fault
from lanshare.files.folder import Folder, read_at, read_into, start_writing
from lanshare.files.stamps import stamp_of

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    def _set_windows_time(fd: int, mtime_ns: int) -> None:
        """By handle: os.utime takes no descriptor there, and a time that is set beside an open handle is lost when that
        is closed. A time that the disk has no number for (FAT: before 1980) is left; that it differs is listed."""
        ticks = mtime_ns // 100 + _EPOCH_1601
        if not 0 < ticks < 2**63:
            ticks = _EPOCH_1601
        stamp = wintypes.FILETIME(ticks & 0xFFFFFFFF, ticks >> 32)
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(fd))
        ctypes.windll.kernel32.SetFileTime(handle, None, None, ctypes.byref(stamp))


_DIGEST: Final = 32
_EPOCH_1601: Final = 116_444_736_000_000_000
"""1970 in the time of Windows: steps of 100 ns since 1601."""

_UNABLE: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP})
"""What a file system says to what it cannot do at all."""

_WRITE_BACK: Final = 8 * 1024 * 1024
_READ: Final = 256 * 1024


def digests_name(number: int) -> str:
    """The name of the list of digests beside the part of this number."""
    return f"{number}.chunks"


class PartFile:
    """One arriving file. Every OSError becomes a DiskFault; the part stays as it was."""

    def __init__(
        self, staging: Folder, number: int, size: int, keep_chunks: int = 0, executable: bool = False,
        private: bool = False,
    ) -> None:
        """Open the part; its first `keep_chunks` chunks were checked by Keeping and stay, the rest is cut off."""
        self.number = number
        self.size = size
        self._staging = staging
        self.disk_seconds = 0.0
        """Time that writing took."""

        self._mode = (0o777 if executable else 0o666) & (0o700 if private else 0o777)
        self._list = -1
        self._fd = -1
        try:
            self._fd = _opened(staging, str(number), bool(keep_chunks))
            digests: list[bytes] = []
            if size > CHUNK:
                self._list = staging.open_file(digests_name(number), os.O_RDWR | os.O_CREAT)
                digests = _split(read_at(self._list, keep_chunks * _DIGEST, 0))[:keep_chunks]
                os.ftruncate(self._list, len(digests) * _DIGEST)
                os.lseek(self._list, 0, os.SEEK_END)
            self.content = Content(digests)
            self.offset = self.content.size
            if keep_chunks:
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
                began = time.perf_counter()
                while done < len(piece):
                    done += os.write(self._fd, piece[done:])
                self.disk_seconds += time.perf_counter() - began
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
            if getattr(error, "errno", None) not in _UNABLE:
                raise DiskFault(Code.DISK_FULL, "too large") from error
            self._write_zeros(count)
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
            set_mode(self._fd, self._mode & ~UMASK)
            self._staging.mark(self._fd, str(self.number))
            set_time(self._fd, mtime_ns)
            if each_durable:
                os.fsync(self._fd)
        except OSError as error:
            raise disk_fault(error) from error
        return self.content.id()

    def mtime_ns(self) -> int:
        """The time of modification that this file system keeps."""
        try:
            return os.fstat(self._fd).st_mtime_ns
        except OSError as error:
            raise disk_fault(error) from error

    def keep(self) -> None:
        """Make what is there durable and stamp it, so that it need not be read again to be trusted; then close."""
        try:
            if self._list >= 0 and self.offset >= CHUNK:
                os.fsync(self._fd)
                os.fsync(self._list)
                info = os.fstat(self._fd)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                stamp = self._staging.open_file(stamp_name(self.number), flags)
                try:
                    os.write(stamp, json.dumps(stamp_of(info)).encode("ascii"))
                finally:
                    os.close(stamp)
        except OSError:
            pass  # without a stamp it is read again
        finally:
            self.close()

    def close(self) -> None:
        """Give the descriptors back; the part stays."""
        for fd in (self._fd, self._list):
            if fd >= 0:
                os.close(fd)
        self._fd = self._list = -1

    def _write_zeros(self, count: int) -> None:
        """Where a file cannot be made longer without writing (FAT): zeros, as any other bytes."""
        zeros = memoryview(bytes(min(count, _READ)))
        try:
            os.lseek(self._fd, self.offset, os.SEEK_SET)
            while count:
                count -= os.write(self._fd, zeros[: min(count, len(zeros))])
        except OSError as error:
            raise disk_fault(error) from error

    def _keep_digests(self, since: int) -> None:
        if self._list >= 0 and since < len(self.content.digests):
            os.write(self._list, b"".join(self.content.digests[since:]))


class PartVerifier:
    """Checks what an earlier try left of a part, chunk by chunk: `good` holds the digests of those that are true.

    A part that was closed in good order carries a stamp; if that still fits, its chunks are taken without being read.
    """

    def __init__(self, staging: Folder, number: int) -> None:
        self.good: list[bytes] = []
        self._fd = -1
        self._listed: list[bytes] = []
        self._length = 0
        try:
            listed = staging.open_file(digests_name(number), os.O_RDONLY)
        except OSError:
            return
        try:
            self._listed = _split(read_at(listed, os.fstat(listed).st_size, 0))
            self._fd = staging.open_file(str(number), os.O_RDONLY)
            info = os.fstat(self._fd)
            self._length = info.st_size
            if self._listed and _read_stamp(staging, number) == stamp_of(info):
                self.good = self._listed[: self._length // CHUNK]
                self.close()
        except OSError:
            self.close()
        finally:
            os.close(listed)

    def step(self) -> bool:
        """Check one more chunk; False when there is nothing more to check."""
        at = len(self.good)
        if self._fd < 0 or at >= len(self._listed) or (at + 1) * CHUNK > self._length:
            self.close()
            return False
        try:
            if _chunk(self._fd, at) != self._listed[at]:
                self.close()
                return False
        except OSError:
            self.close()
            return False
        self.good.append(self._listed[at])
        return True

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def content_of(folder: Folder, name: str, size: int) -> Iterator[bytes | None]:
    """The content id of a file of this size: None after every chunk read, the id at last; b"" for another size."""
    try:
        fd = folder.open_file(name, os.O_RDONLY)
    except OSError:
        yield b""
        return
    content = Content()
    buffer = memoryview(bytearray(max(1, min(_READ, size))))
    try:
        if os.fstat(fd).st_size != size:
            yield b""
            return
        while content.size < size:
            count = read_into(fd, buffer[: content.to_boundary])
            if not count:
                yield b""
                return
            content.update(buffer[:count])
            if content.to_boundary == CHUNK:
                yield None
        yield content.id()
    except OSError:
        yield b""
    finally:
        os.close(fd)


def stamp_name(number: int) -> str:
    """The name of the stamp beside the part of this number."""
    return f"{number}.stamp"


def _read_stamp(staging: Folder, number: int) -> object:
    try:
        fd = staging.open_file(stamp_name(number), os.O_RDONLY)
    except OSError:
        return None
    try:
        return json.loads(os.read(fd, 1000))
    except (OSError, ValueError):
        return None
    finally:
        os.close(fd)


def _chunk(fd: int, index: int) -> bytes:
    content = Content()
    at = index * CHUNK
    while not content.digests:
        data = read_at(fd, min(_READ, content.to_boundary), at)
        if not data:
            return b""
        content.update(data)
        at += len(data)
    return content.digests[0]


def _opened(staging: Folder, name: str, keep: bool) -> int:
    """A part's descriptor, anew or as it was.

    One that starts anew is never written over: after a crash between link and unlink it is also the file under its
    final name.
    """
    if keep:
        return staging.open_file(name, os.O_RDWR | os.O_CREAT)
    try:
        return staging.open_file(name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        staging.remove(name)
        return staging.open_file(name, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + _DIGEST] for at in range(0, len(data) - _DIGEST + 1, _DIGEST)]


def set_time(fd: int, mtime_ns: int) -> None:
    """Set a file's time of modification; what no clock can show is clamped. `fd` is open for writing."""
    if sys.platform == "win32":
        _set_windows_time(fd, mtime_ns)
    else:
        try:
            os.utime(fd, ns=(mtime_ns, mtime_ns))
        except (OverflowError, ValueError):
            os.utime(fd, ns=(0, 0))  # a time that this system has no number for; that it differs is listed


def set_mode(fd: int, mode: int) -> None:
    """A file's rights, where its file system has any (FAT has none)."""
    if hasattr(os, "fchmod"):
        try:
            os.fchmod(fd, mode)
        except OSError as error:
            if error.errno not in _UNABLE:
                raise


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
