"""What this computer says of itself."""

from __future__ import annotations

import getpass
from pathlib import Path

from lanshare.domain.peer import DeviceKind
from lanshare.node import machine


def test_a_battery_makes_a_laptop(tmp_path: Path) -> None:
    (tmp_path / "BAT0").mkdir()
    assert machine.kind(tmp_path) is DeviceKind.LAPTOP
    assert machine.kind(tmp_path / "none") is not DeviceKind.LAPTOP


def test_name_and_system_are_short_lines_without_the_user() -> None:
    for text in (machine.default_name(), machine.system()):
        assert 1 <= len(text) <= 64
        assert text.isprintable()
    assert machine.system().lower() != getpass.getuser().lower()
