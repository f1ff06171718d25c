"""What the tests of real windows share: a screen of their own, and a second engine to speak with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process
from tests.harness.screen import Screen


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A fresh screen."""
    one = Screen()
    yield one
    one.close()


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[tuple[Device, Process]]:
    """A second real engine, which takes everything."""
    device = Device(tmp_path, "Bob")
    process = device.receive()
    yield device, process
    device.close()
