"""Whether a window can be shown, asked before Qt would abort."""

from __future__ import annotations

import ctypes.util

import pytest

from lanshare.qt import display_check


def test_no_screen_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    line = display_check.trouble()
    assert "no screen" in line
    assert "\n" not in line
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_check.trouble() == ""


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    assert "libxcb-cursor" in display_check.trouble()
