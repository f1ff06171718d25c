"""Pictures, honest and made to harm, and the decoder that looks at them."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage

from lanshare.qt.decoding import Decoder


def png(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (8, 8)) -> bytes:
    """A PNG with further chunks before its pixels."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (size[0] + 1) * size[1])
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IDAT", rows) + chunk(
        b"IEND", b""
    )


def saved(form: str, width: int = 640, height: int = 480) -> bytes:
    """A sound picture."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    for x in range(0, width, 7):
        for y in range(0, height, 5):
            image.setPixelColor(x, y, QColor(x % 256, y % 256, (x * y) % 256))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, form)  # type: ignore[call-overload]
    return bytes(data.data())


def gif(width: int = 32, height: int = 32) -> bytes:
    """A sound GIF, which Qt does not write: each pixel a code of its own."""
    bits = "".join(format(4, "03b")[::-1] + format((x * 7) % 4, "03b")[::-1] for x in range(width * height))
    bits += format(5, "03b")[::-1]
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255))
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x81, 0, 0) + bytes(range(12))
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02" + blocks + b"\0;"


def alive(one: Decoder) -> subprocess.Popen[bytes]:
    """Its process."""
    assert one._process is not None
    return one._process


def look(one: Decoder, path: Path) -> QImage:
    """Ask for it as a card does."""
    return one.picture(str(path), 372, 240)


def measured_png(width: int, height: int) -> bytes:
    """A PNG whose head tells these measures; its rows unfold from a few bytes."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * min(width * height // 8 + height, 50_000_000), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
