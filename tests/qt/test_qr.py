"""A device's id as a QR code: what is drawn is read, also from a photo of a screen; anything else is not taken."""

from __future__ import annotations

from typing import Any

import pytest
import zxingcpp
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from pytestqt.qtbot import QtBot

from lanshare.domain.peer import PeerId
from lanshare.qt.qr import code_of, peer_in

ANNA, BOB = PeerId("a2" * 26), PeerId("b7" * 26)


def on_a_desk(*codes: QImage, turn: float = 0.0) -> QImage:
    """A larger, coloured picture with codes somewhere on it."""
    desk = QImage(1600, 900, QImage.Format.Format_RGB32)
    desk.fill(QColor("#8899bb"))
    painter = QPainter(desk)
    for at, code in enumerate(codes):
        drawn = code.transformed(QTransform().rotate(turn)) if turn else code
        painter.drawImage(QRectF(120 + at * 700, 150, 500, 500), drawn)
    painter.end()
    return desk


@pytest.mark.parametrize("turn", [0.0, 90.0, 180.0])
def test_what_is_drawn_is_read(qtbot: QtBot, turn: float) -> None:
    assert peer_in(code_of(ANNA, 220)) == ANNA
    assert peer_in(on_a_desk(code_of(ANNA, 220), turn=turn)) == ANNA


def test_a_picture_without_or_with_two_codes_names_nobody(qtbot: QtBot) -> None:
    assert peer_in(QImage()) is None
    assert peer_in(on_a_desk()) is None
    assert peer_in(on_a_desk(code_of(ANNA, 220), code_of(BOB, 220))) is None
    assert peer_in(on_a_desk(code_of(ANNA, 220), code_of(ANNA, 220))) == ANNA


@pytest.mark.parametrize("text", ["http://example.org", "lanshare:short", "lanshare:" + "A" * 52, "a" * 52])
def test_other_codes_are_not_taken(qtbot: QtBot, text: str) -> None:
    image: Any = zxingcpp.write_barcode_to_image(
        zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=5
    )
    height, width = image.shape
    drawn = QImage(memoryview(image).tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    assert zxingcpp.read_barcodes(drawn), "it is a code"
    assert peer_in(drawn) is None
