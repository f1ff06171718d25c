"""Controllers and models say which events they hear, and hear these; files that wait go to whom is chosen then."""

from __future__ import annotations

import ast
import inspect
import sys
import threading
from pathlib import Path
from typing import get_args

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.engine.integration import installed
from lanshare.qt import spoken
from lanshare.qt.controllers import (
    addresses,
    alarms,
    at_home,
    finding,
    group_talk,
    keeping,
    networks,
    preferences,
    talk,
    trust,
)
from lanshare.qt.models import devices, timeline, transfers
from lanshare.qt.windows.main import MainWindow
from tools import pictures as made

CLASSES = [
    addresses.AddressController, alarms.AlarmController, at_home.AtHomeController,
    networks.NetworkController, preferences.SettingsController,
    talk.ConversationController, group_talk.GroupController, finding.SearchController, keeping.KeepController,
    trust.TrustController, devices.DeviceModel, timeline.TimelineModel,
    transfers.TransferBook, spoken.Announcer,
]


def matched(kind: type) -> set[str]:
    """The types of events that a class's methods match an event against, or that its module's table has."""
    names = {one.__name__ for one in get_args(e.Event)}
    found = {one.__name__ for one in getattr(inspect.getmodule(kind), "_UPDATES", ())}
    for item in ast.walk(ast.parse(inspect.getsource(kind))):
        if isinstance(item, ast.FunctionDef) and item.name in ("apply", "_update"):
            for case in [one for one in ast.walk(item) if isinstance(one, ast.MatchClass)]:
                found.add(ast.unparse(case.cls))
    return found & names


@pytest.mark.parametrize("kind", CLASSES, ids=[one.__name__ for one in CLASSES])
def test_whoever_hears_says_exactly_what(kind: type) -> None:
    assert matched(kind) == {one.__name__ for one in kind.HEARS}  # type: ignore[attr-defined]
    assert len(set(kind.HEARS)) == len(kind.HEARS)  # type: ignore[attr-defined]


def test_files_that_wait_go_to_whom_is_chosen_then(window: MainWindow, submitted: list[Command]) -> None:
    window.on_event(made.snapshot())
    window.make_ready((Path("/x"),))
    window.make_ready((Path("/y"), Path("/x")))
    assert not [one for one in submitted if isinstance(one, c.SendFiles)], "nobody is chosen"
    window.open_peer(made.MARTA)
    window.ready._go()
    (sent,) = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert (sent.peer, sent.paths) == (made.MARTA, (Path("/x"), Path("/y")))
    window.ready._go()
    assert len([one for one in submitted if isinstance(one, c.SendFiles)]) == 1, "once"


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose menus may be written."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_the_boxes_of_the_settings_put_devices_into_the_menus_and_follow_them(
    window: MainWindow, own_home: Path, qtbot: QtBot
) -> None:
    window.at_home.enabled = True
    window.on_event(made.snapshot())
    scripts = own_home / ".local/share/nautilus/scripts"
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    assert not dialog._login.isChecked()
    assert not dialog._menus.isChecked()
    dialog._login.setChecked(True)
    dialog._menus.setChecked(True)
    dialog._apply()
    assert installed.starts_at_login()
    assert "Send to Marta's ThinkPad" in {one.name for one in scripts.iterdir()}
    assert not [one for one in scripts.iterdir() if "Guest" in one.name], "a stranger has no place there"
    window.on_event(e.PeerForgotten(made.MARTA))
    qtbot.waitUntil(lambda: "Send to Marta's ThinkPad" not in {one.name for one in scripts.iterdir()})
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    assert dialog._login.isChecked()
    assert dialog._menus.isChecked()
    dialog._login.setChecked(False)
    dialog._menus.setChecked(False)
    dialog._apply()
    assert [one for one in own_home.rglob("*") if one.is_file()] == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_a_change_while_the_menus_are_being_written_is_written_too_and_another_profile_writes_nothing(
    window: MainWindow, own_home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, written = threading.Event(), []
    installed.integrate([], None)
    real = installed.integrate

    def slow(known: list[tuple[PeerId, str]], icon: bytes | None) -> object:
        written.append({name for _, name in known})
        assert going.wait(60)
        return real(known, icon)

    monkeypatch.setattr(installed, "integrate", slow)
    window.on_event(made.snapshot())
    assert not window.at_home._timer.isActive(), "it was not said that this is the person's own profile"
    window.at_home.enabled = True
    window.on_event(made.snapshot())
    qtbot.waitUntil(lambda: len(written) == 1)
    window.on_event(e.PeerForgotten(made.MARTA))
    qtbot.waitUntil(lambda: window.at_home._timer.isActive())
    going.set()
    qtbot.waitUntil(lambda: len(written) == 2)
    assert "Marta's ThinkPad" in written[0]
    assert "Marta's ThinkPad" not in written[1]
    assert window.at_home._writing is not None
    window.at_home._writing.join(60)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_menus_that_cannot_be_written_are_said_and_the_settings_are_saved_all_the_same(
    window: MainWindow, own_home: Path, submitted: list[Command]
) -> None:
    window.on_event(made.snapshot())
    (own_home / ".config").write_text("a file where a folder should be")
    window.preferences.show()
    dialog = window.preferences.dialog
    assert dialog is not None
    dialog._login.setChecked(True)
    dialog._apply()
    assert "could not be changed" in shown(window)
    assert [one for one in submitted if isinstance(one, c.ChangeSettings)]


def test_what_a_menu_sends_goes_to_whom_it_means_and_to_nobody_else(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.on_event(made.snapshot())
    window.open_peer(made.ANNA)
    window.on_event(e.WindowRequested(("/tmp/x",), made.MARTA))
    (sent,) = [one for one in submitted if isinstance(one, c.SendFiles)]
    assert (sent.peer, sent.paths) == (made.MARTA, (Path("/tmp/x"),))
    assert window.state.open == made.MARTA
    window.on_event(e.PeerForgotten(made.MARTA))
    window.on_event(e.WindowRequested(("/tmp/y",), made.MARTA))
    assert len([one for one in submitted if isinstance(one, c.SendFiles)]) == 1, "an entry of a forgotten device"
    assert "not known here any more" in shown(window)


def test_a_menu_sends_nothing_by_itself_to_a_device_that_was_forgotten_and_is_still_near(
    window: MainWindow, submitted: list[Command]
) -> None:
    window.on_event(made.snapshot())
    window.on_event(e.WindowRequested(("/tmp/x",), made.GUEST))
    assert not [one for one in submitted if isinstance(one, c.SendFiles)]
    assert window.state.open == made.GUEST
    assert "x ready for Guest-7F2A" in shown(window)


def test_a_command_that_failed_is_told_and_one_that_ended_well_is_not(window: MainWindow) -> None:
    window.on_event(made.snapshot())
    window.on_event(e.CommandEnded(TransferId("a" * 32), made.MARTA, "", ""))
    assert shown(window) == ""
    window.on_event(e.CommandEnded(TransferId("a" * 32), made.MARTA, "command-failed", "convert ended with 1. \u202ex"))
    assert "convert ended with 1." in shown(window)
    assert "\u202e" not in shown(window)


def shown(window: MainWindow) -> str:
    """The words of all banners."""
    notices = window.board.notices.values()
    return " ".join(label.text() for notice in notices for label in notice.findChildren(QLabel))
