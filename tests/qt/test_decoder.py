"""What the decoder makes of sound pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize

from lanshare.qt.decoder import decoded
from lanshare.qt.decoding import Decoder
from tests.hostile.images import gif, look, png, saved


@pytest.fixture
def one() -> Iterator[Decoder]:
    """A decoder of the test's own."""
    made = Decoder()
    yield made
    made.close()


def test_sound_pictures_of_each_kind_are_shown(one: Decoder, tmp_path: Path) -> None:
    for name, data in (
        ("a.png", saved("png")), ("a.jpg", saved("jpeg")), ("a.webp", saved("webp")), ("a.bmp", saved("bmp")),
        ("a.gif", gif()),
    ):
        (tmp_path / name).write_bytes(data)
        image = look(one, tmp_path / name)
        assert not image.isNull(), name
        assert image.width() <= 372
        assert image.height() <= 240


def test_only_what_the_ending_says_is_decoded_and_not_beyond_its_bounds() -> None:
    assert not decoded(saved("png"), b"png", QSize(9, 9)).isNull()
    assert decoded(saved("png"), b"jpeg", QSize(9, 9)).isNull()
    assert decoded(b"<svg/>", b"svg", QSize(9, 9)).isNull()
    assert decoded(png(size=(50_000, 2_000)), b"png", QSize(9, 9)).isNull()
