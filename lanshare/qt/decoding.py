"""The window's side of the decoder: a picture of others is decoded in a process of its own (decoder.py), never here.

The process is started when it is needed, ended when nothing is asked for (rest()), and killed when it takes too long,
says what it may not, or dies: then there is no picture, and the next one gets a fresh process.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from PySide6.QtGui import QImage

from lanshare.domain.programs import DECODE

FILE: Final = 64 * 1024 * 1024
"""Bytes of a picture that are looked at."""

FORMATS: Final = {"png": b"png", "jpg": b"jpeg", "jpeg": b"jpeg", "gif": b"gif", "webp": b"webp", "bmp": b"bmp"}
"""What is decoded, and as what: by the ending alone, so that no other decoder is ever offered the bytes."""

_START: Final = 30.0
"""Seconds for the process to start, which a busy machine may take."""

_HOME: Final = str(Path(__file__).resolve().parents[2])
"""Where our own package lies."""

SECONDS: Final = 5.0
"""Until a picture is given up."""

_PIECE: Final = 64 * 1024
_REQUEST: Final = struct.Struct(">B8sHHI")
_ANSWER: Final = struct.Struct(">BHHI")
_PICTURE, _CODE = 1, 2
_LARGEST: Final = 4096
_TEXT: Final = 256
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "VIRTUAL_ENV", "LANG")


class Decoder:
    """A decoder process, as long as it is needed. Any thread; one picture at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.closed = False
        self.looked = True
        """Whether what was asked for last was looked at: not where the process could not be started."""

    def picture(self, path: str, width: int, height: int) -> QImage:
        """The picture of a file, at most so large; null if there is none to show."""
        found = self._ask(_PICTURE, path, width, height)
        if found is None:
            return QImage()
        wide, high, pixels = found
        return QImage(pixels, wide, high, wide * 4, QImage.Format.Format_RGBA8888).copy()

    def code(self, path: str) -> str:
        """What the QR code in a picture says; empty if there is none of ours."""
        found = self._ask(_CODE, path, _LARGEST, _LARGEST)
        return found[2].decode("ascii", "replace") if found is not None else ""

    def rest(self) -> None:
        """Nothing is asked for now: the process ends, and comes again when it is needed."""
        if self._lock.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._lock.release()

    def close(self) -> None:
        """End it, also in the middle of a picture."""
        self.closed = True
        process = self._process
        if process is not None:
            process.kill()
        # A disk that hangs holds up a picture, never the end of the program.
        if self._lock.acquire(timeout=2.0):
            try:
                self._end()
            finally:
                self._lock.release()

    # --- inside

    def _ask(self, kind: int, path: str, width: int, height: int) -> tuple[int, int, bytes] | None:
        form = FORMATS.get(path.rpartition(".")[2].lower())
        if form is None:
            return None
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with self._lock:
            self.looked = True
            if self.closed:
                return None
            try:
                if os.path.islink(path):
                    return None
                with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
                    info = os.fstat(file.fileno())
                    if not stat.S_ISREG(info.st_mode) or not 0 < info.st_size <= FILE:
                        return None
                    return self._talk(kind, form, width, height, file, info.st_size)
            except (OSError, ValueError):
                self._end()
                return None

    def _talk(
        self, kind: int, form: bytes, width: int, height: int, file: IO[bytes], size: int
    ) -> tuple[int, int, bytes] | None:
        self.looked = False
        process = self._running()
        self.looked = True
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(SECONDS + size / 20e6, process.kill)
        late.daemon = True
        late.start()
        try:
            process.stdin.write(_REQUEST.pack(kind, form, width, height, size))
            left = size
            while left and (piece := file.read(min(_PIECE, left))):
                process.stdin.write(piece)
                left -= len(piece)
            if left:
                raise ValueError("it became shorter")
            process.stdin.flush()
            said, wide, high, length = _ANSWER.unpack(_whole(process.stdout, _ANSWER.size))
            if (said, length) == (0, 0):
                return None
            fits = (
                length == wide * high * 4 and 0 < wide <= width and 0 < high <= height
                if kind == _PICTURE
                else length <= _TEXT
            )
            if said != kind or not fits:
                raise ValueError("an answer to nothing")
            return wide, high, _whole(process.stdout, length)
        finally:
            late.cancel()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            # Never from where the person happens to be: a folder that was received could stand in the way of our own.
            _program(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_HOME, env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0), start_new_session=True,
        )
        late = threading.Timer(_START, self._process.kill)
        late.daemon = True
        late.start()
        try:
            assert self._process.stdout is not None
            _whole(self._process.stdout, 1)
        finally:
            late.cancel()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for end in (process.stdin, process.stdout):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()
        process.wait()


def _program() -> list[str]:
    """What decodes: a module of ours, or, of a frozen lanshare, its console program, which has a standard input."""
    if getattr(sys, "frozen", False):
        here = Path(sys.executable)
        return [str(here.with_name(f"lanshare{here.suffix}")), DECODE]
    return [sys.executable, "-P", "-m", "lanshare.qt.decoder"]


def _environment() -> dict[str, str]:
    """What the process is told: nothing but where programs and our own packages are."""
    paths = [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(one)]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join([_HOME, *paths])}


def _whole(source: IO[bytes], length: int) -> bytes:
    data = source.read(length)
    if len(data) != length:
        raise ValueError("it ended")
    return data


_DECODER: list[Decoder] = []


def decoder() -> Decoder:
    """The one of this process; after it was closed, another one."""
    if not _DECODER or _DECODER[0].closed:
        _DECODER[:] = [Decoder()]
    return _DECODER[0]


def close() -> None:
    """End the process, if there is one."""
    if _DECODER:
        _DECODER[0].close()
