"""The settings file."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain.settings import Appearance, Settings
from lanshare.store import settings


def test_settings_are_kept_and_damaged_ones_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    chosen = Settings(name="Desk", port=20000, appearance=Appearance.DARK)
    settings.save(path, chosen)
    assert settings.load(path) == (chosen, False)
    for wrong in ('{"port": "many"}', '{"x": ' + "[" * 9999 + "]" * 9999 + "}"):
        path.write_text(wrong)
        assert settings.load(path) == (Settings(), True)
        assert (tmp_path / "settings.damaged.json").exists()


def test_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"port": 20000, "colour_of_the_moon": 3}')
    assert settings.load(path) == (Settings(port=20000), False)
