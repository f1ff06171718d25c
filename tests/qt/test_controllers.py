"""Controllers and models say which events they hear, and hear these; files that wait go to whom is chosen then."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
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
