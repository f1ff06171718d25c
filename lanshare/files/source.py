"""SourceFile: a file while it is sent: read in order, hashed as it is read, holes skipped, changes noticed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.files.content import Content, prefix_digest
from lanshare.files.faults import SourceFault, source_code

_READ: Final = 256 * 1024
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class SourceFile:
    """One file being sent. `size` and `mtime_ns` are those at opening; a change afterwards is a SourceFault."""

    def __init__(self, path: Path, follow: bool = False) -> None:
        """Open for reading; SourceFault if it is not a plain file that we may read."""
        self._fd = -1
        flags = _FLAGS & ~getattr(os, "O_NOFOLLOW", 0) if follow else _FLAGS
        try:
            self._fd = os.open(path, flags)
            info = os.fstat(self._fd)
        except OSError as error:
            self.close()
            raise SourceFault(source_code(error), str(path)) from error
        if not stat.S_ISREG(info.st_mode):
            self.close()
            raise SourceFault(Code.FILE_SPECIAL, str(path))
        self.size = info.st_size
        self.mtime_ns = info.st_mtime_ns
        self.offset = 0
        self.content = Content()
        self._stamp = _stamp(info)
        self._sparse = getattr(info, "st_blocks", info.st_size) * 512 < info.st_size and hasattr(os, "SEEK_HOLE")
        self._data_until = 0 if self._sparse else self.size

    def skip_kept(self, chunks: int, prefix: bytes) -> int:
        """Pass over the first `chunks` chunks if they are what the receiver kept; the bytes passed over."""
        if chunks * CHUNK > self.size:
            return 0
        content = Content()
        buffer = memoryview(bytearray(_READ))
        try:
            while len(content.digests) < chunks:
                count = self._fill(buffer[: content.to_boundary])
                if count == 0:
                    os.lseek(self._fd, 0, os.SEEK_SET)
                    return 0
                content.update(buffer[:count])
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if prefix_digest(content.digests) != prefix:
            os.lseek(self._fd, 0, os.SEEK_SET)
            return 0
        self.content = content
        self.offset = content.size
        os.lseek(self._fd, self.offset, os.SEEK_SET)
        if self._sparse:
            self._data_until = self.offset
        return self.offset

    def hole(self) -> int:
        """The zeros that follow and need not be read, up to the chunk's boundary or many whole chunks; often 0."""
        if not self._sparse or self.offset < self._data_until or self.offset >= self.size:
            return 0
        try:
            data = os.lseek(self._fd, self.offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise SourceFault(source_code(error)) from error
            data = self.size
        data = min(data, self.size)
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
        want = min(len(buffer), self.content.to_boundary, self._data_until - self.offset)
        if want <= 0:
            return 0
        try:
            count = self._fill(buffer[:want])
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if count == 0:
            raise SourceFault(Code.FILE_CHANGED)
        self.content.update(buffer[:count])
        self.offset += count
        return count

    def check_unchanged(self) -> None:
        """SourceFault if the file is not what it was when it was opened."""
        try:
            now = _stamp(os.fstat(self._fd))
        except OSError as error:
            raise SourceFault(source_code(error)) from error
        if now != self._stamp:
            raise SourceFault(Code.FILE_CHANGED)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _fill(self, buffer: memoryview) -> int:
        if hasattr(os, "readv"):
            return os.readv(self._fd, [buffer])
        data = os.read(self._fd, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _stamp(info: os.stat_result) -> tuple[int, int]:
    return (info.st_size, info.st_mtime_ns)
