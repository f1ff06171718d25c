"""SourceFile: a file while it is sent: read in order, hashed as it is read, holes skipped, changes noticed."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content, chunk_digest
from lanshare.files.faults import SourceFault, source_code
from lanshare.files.folder import read_into
from lanshare.files.source import read_cache
from lanshare.files.source.below import FLAGS, NOFOLLOW
from lanshare.files.source.read_cache import ReadCache
from lanshare.files.source.tree import fitting_time, has_attributes, is_private
from lanshare.files.stamps import stamp_of

_READ: Final = 256 * 1024


class SourceFile:
    """One file being sent. `size` and `mtime_ns` are those at opening; a change afterwards is a SourceFault."""

    def __init__(self, path: Path, follow: bool = False, fd: int = -1) -> None:
        """Open for reading; SourceFault if it is not a plain file that we may read. `fd`: it is open already."""
        self._fd = fd
        self._ring: ReadCache | None = None
        try:
            if fd < 0:
                self._fd = os.open(path, FLAGS if follow else FLAGS | NOFOLLOW)
            info = os.fstat(self._fd)
        except OSError as error:
            self.close()
            raise SourceFault(source_code(error), str(path)) from error
        if not stat.S_ISREG(info.st_mode):
            self.close()
            raise SourceFault(Code.FILE_SPECIAL, str(path))
        self.size = info.st_size
        self.info = info
        self.mtime_ns = fitting_time(info.st_mtime_ns)
        self.private = is_private(info)
        self.attributes = has_attributes(self._fd)
        self.offset = 0
        self.content = Content()
        self._spare: memoryview | None = None
        self._again: memoryview | None = None
        self.disk_seconds = 0.0
        """Time that reading took."""

        self.stamp = stamp_of(info)
        self._stamp = _stamp(info)
        self._ring = read_cache.join(self.stamp)
        self._behind = False
        self._limit = self.size
        self._sparse = getattr(info, "st_blocks", info.st_size) * 512 < info.st_size and hasattr(os, "SEEK_HOLE")
        self._data_until = 0 if self._sparse else self.size

    def skip(self, digests: list[bytes]) -> None:
        """Pass over the chunks with these digests, which are known to be its first ones."""
        self.content = Content(digests)
        self.offset = self.content.size
        os.lseek(self._fd, self.offset, os.SEEK_SET)
        if self._sparse:
            self._data_until = self.offset

    def pass_over(self, until: int) -> bool:
        """Read on for a few MiB without giving anything out, up to `until`; False once that is reached."""
        self._limit = until
        try:
            stop = self.offset + CHUNK
            while self.offset < min(until, stop):
                if not self.hole():
                    self.read_into(self._buffer)
        finally:
            self._limit = self.size
        return self.offset < until

    def rewind(self) -> None:
        """Back to the beginning."""
        self.content = Content()
        self.offset = 0
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._data_until = 0 if self._sparse else self.size

    def hole(self) -> int:
        """The zeros that follow and need not be read, up to the chunk's boundary or many whole chunks; often 0."""
        if sys.platform == "win32" or not self._sparse or self.offset < self._data_until or self.offset >= self._limit:
            return 0
        try:
            data = os.lseek(self._fd, self.offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise SourceFault(source_code(error)) from error
            data = self.size
        data = min(data, self._limit)
        if data > self.offset:
            count = data - self.offset
            whole = count if count <= self.content.to_boundary else self.content.to_boundary
            if self.content.to_boundary == CHUNK and count >= CHUNK:
                whole = count - count % CHUNK
            self.content.zeros(whole)
            self.offset += whole
            os.lseek(self._fd, self.offset, os.SEEK_SET)
            return whole
        try:
            self._data_until = min(os.lseek(self._fd, self.offset, os.SEEK_HOLE), self.size)
            os.lseek(self._fd, self.offset, os.SEEK_SET)
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        return 0

    def read_into(self, buffer: memoryview) -> int:
        """The next bytes, at most to the chunk's boundary, counted in; 0 at the end. SourceFault if it shrank."""
        want = min(len(buffer), self.content.to_boundary, self._data_until - self.offset, self._limit - self.offset)
        if want <= 0:
            return 0
        assert self._ring is not None
        count = self._ring.take(self.offset, buffer[:want])
        self._behind = self._behind or count > 0
        if not count:
            count = self._from_disk(buffer[:want])
            self._ring.put(self.offset, want, buffer[:count])
        self.content.update(buffer[:count])
        self.offset += count
        return count

    def _from_disk(self, buffer: memoryview) -> int:
        try:
            if self._behind:
                # What others read was taken without moving our own place in the file.
                os.lseek(self._fd, self.offset, os.SEEK_SET)
                self._behind = False
            count = self._fill(buffer)
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if count == 0:
            raise SourceFault(Code.FILE_CHANGED)
        return count

    def grew(self) -> bool:
        """Whether it is longer than when it was opened. SourceFault if it cannot be asked."""
        try:
            return os.fstat(self._fd).st_size > self.size
        except OSError as error:
            raise SourceFault(source_code(error)) from error

    def is_as_it_was_sent(self, chunk: int) -> bool:
        """Read a chunk again: True if it still has the digest that was sent, False if there is no such chunk.

        SourceFault FILE_CHANGED if it differs: then what was sent never was a state of this file.
        """
        at = chunk * CHUNK
        if at >= self.size:
            return False
        want = min(CHUNK, self.size - at)
        if self._again is None:
            self._again = memoryview(bytearray(CHUNK))
        try:
            os.lseek(self._fd, at, os.SEEK_SET)
            count = read_into(self._fd, self._again[:want])
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if count != want or chunk_digest(self._again[:want]) != self.content.digest_of(chunk):
            raise SourceFault(Code.FILE_CHANGED)
        return True

    def check_unchanged(self) -> None:
        """SourceFault if the file is not what it was when it was opened."""
        try:
            now = _stamp(os.fstat(self._fd))
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if now != self._stamp:
            raise SourceFault(Code.FILE_CHANGED)

    @property
    def _buffer(self) -> memoryview:
        if self._spare is None:
            self._spare = memoryview(bytearray(max(1, min(_READ, self.size))))
        return self._spare

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            if self._ring is not None:
                read_cache.leave(self.stamp, self._ring)

    def _fill(self, buffer: memoryview) -> int:
        began = time.perf_counter()
        count = read_into(self._fd, buffer)
        self.disk_seconds += time.perf_counter() - began
        return count


def _stamp(info: os.stat_result) -> tuple[int, int]:
    return (info.st_size, info.st_mtime_ns)
