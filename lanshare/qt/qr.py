"""A device's full id as a QR code, drawn and read from a picture. The one user of zxingcpp."""

from __future__ import annotations

import re
from typing import Any, Final

import zxingcpp
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from lanshare.domain.peer import PeerId, peer_id

PREFIX: Final = "lanshare:"
_MODULES: Final = re.compile(rf"{PREFIX}([a-z2-7]{{52}})")
_LARGEST: Final = 2000
"""Pixels along the longer side of what is searched: a photo of a screen has its code large."""


def code_of(peer: PeerId, size: int) -> QImage:
    """The code of a device, black on white with its quiet zone, about `size` pixels wide."""
    # Its stub does not say that it is a buffer.
    code = zxingcpp.create_barcode(PREFIX + peer, zxingcpp.BarcodeFormat.QRCode)
    image: Any = zxingcpp.write_barcode_to_image(code)
    height, width = image.shape
    pixels = memoryview(image).tobytes()
    drawn = QImage(pixels, width, height, width, QImage.Format.Format_Grayscale8)
    factor = max(1, size // width)
    return drawn.scaled(width * factor, height * factor, Qt.AspectRatioMode.KeepAspectRatio)


def peer_in(picture: QImage) -> PeerId | None:
    """The device whose code a picture shows; None if it shows none, or several different ones."""
    if picture.isNull():
        return None
    if max(picture.width(), picture.height()) > _LARGEST:
        picture = picture.scaled(_LARGEST, _LARGEST, Qt.AspectRatioMode.KeepAspectRatio)
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    found = set()
    for code in zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])):
        if match := _MODULES.fullmatch(code.text):
            found.add(match[1])
    return peer_id(found.pop()) if len(found) == 1 else None
