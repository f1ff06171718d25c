"""What this computer says of itself."""

from __future__ import annotations

import getpass
from pathlib import Path

from lanshare.domain.peer import DeviceKind
from lanshare.engine.runtime import device_info


def test_a_battery_makes_a_laptop(tmp_path: Path) -> None:
    (tmp_path / "BAT0").mkdir()
    assert device_info.kind(tmp_path) is DeviceKind.LAPTOP
    assert device_info.kind(tmp_path / "none") is not DeviceKind.LAPTOP


def test_name_and_system_are_short_lines_without_the_user() -> None:
    for text in (device_info.default_name(), device_info.system()):
        assert 1 <= len(text) <= 64
        assert text.isprintable()
    assert device_info.system().lower() != getpass.getuser().lower()
