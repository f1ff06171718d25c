"""The program that decodes pictures of others: it gets bytes and gives back pixels, and may do nothing else.

Run as `python -m lanshare.qt.decoder` by decoding.py, never imported by the window. It reads requests on its standard
input until that ends. Before the first byte of a picture it gives up all that it does not need: see
engine/runtime/sandbox.py.
A request: what is wanted, the format, the largest width and height, the length (REQUEST), then the bytes.
An answer: what it is, width, height, length (ANSWER), then pixels (RGBA, a byte each) or the text of a code.
"""

from __future__ import annotations

import struct
import sys
from typing import BinaryIO, Final

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from lanshare.engine.runtime.sandbox import cage
from lanshare.qt.qr import peer_in

REQUEST: Final = struct.Struct(">B8sHHI")
ANSWER: Final = struct.Struct(">BHHI")
NOTHING, PICTURE, CODE = 0, 1, 2

PIXELS: Final = 80_000_000
"""A camera's largest; a bomb that unfolds into more is not decoded at all."""

MEMORY: Final = 448 * 1024 * 1024
"""Bytes that decoding may take, beyond what this program has before it."""

FORMATS: Final = (b"png", b"jpeg", b"gif", b"webp", b"bmp")


def main() -> int:
    """Answer requests until there are no more."""
    app = QCoreApplication([])
    QImageReader.setAllocationLimit(MEMORY // 1024 // 1024)
    QImageReader.supportedImageFormats()  # loads the decoders: afterwards no file can be opened
    source, drain = sys.stdin.buffer, sys.stdout.buffer
    cage(MEMORY)
    drain.write(b"+")  # ready
    drain.flush()
    while len(head := source.read(REQUEST.size)) == REQUEST.size:
        kind, form, width, height, length = REQUEST.unpack(head)
        data = source.read(length)
        if len(data) != length:
            break
        _answer(drain, kind, decoded(data, form.rstrip(b"\0"), QSize(width, height)))
        del data
    del app
    return 0


def decoded(data: bytes, form: bytes, largest: QSize) -> QImage:
    """The picture, scaled down to fit; null if it is too large, damaged, of another format, or none."""
    if form not in FORMATS:
        return QImage()
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, form)
    reader.setAutoDetectImageFormat(False)
    reader.setDecideFormatFromContent(False)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > PIXELS:
        return QImage()
    fitted = size.scaled(largest, Qt.AspectRatioMode.KeepAspectRatio)
    if fitted.width() < size.width():
        reader.setScaledSize(fitted.expandedTo(QSize(1, 1)))
    return reader.read()


def _answer(drain: BinaryIO, kind: int, picture: QImage) -> None:
    if picture.isNull():
        drain.write(ANSWER.pack(NOTHING, 0, 0, 0))
    elif kind == CODE:
        text = (peer_in(picture) or "").encode("ascii")
        drain.write(ANSWER.pack(CODE, 0, 0, len(text)) + text)
    else:
        plain = picture.convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = bytes(plain.constBits())
        drain.write(ANSWER.pack(PICTURE, plain.width(), plain.height(), len(pixels)) + pixels)
    drain.flush()


if __name__ == "__main__":
    sys.exit(main())
