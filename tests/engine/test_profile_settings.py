"""Settings are in force at once, kept, and refused with a reason."""


from __future__ import annotations

from pathlib import Path

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.settings import Settings
from lanshare.exchange.handshake import DeviceInfo
from tests.harness.stepped import Setting


def test_settings_are_kept_and_a_wrong_one_is_named(setting: Setting, tmp_path: Path) -> None:
    link = setting.connect()
    setting.do(c.ChangeSettings(Settings(name="Desk", port=20000)))
    assert [type(one).__name__ for one in setting.events[-2:]] == ["MeChanged", "SettingsChanged"]
    changed = setting.events[-1]
    assert isinstance(changed, e.SettingsChanged)
    assert changed.needs_restart == ("port",)
    assert "Desk" in (tmp_path / "settings.json").read_text()
    assert any(isinstance(one, DeviceInfo) and one.name == "Desk" for one in link.posted), "peers hear the new name"
    setting.do(c.ChangeSettings(Settings(port=1)))
    assert setting.events[-1] == e.SettingsRefused("port")
