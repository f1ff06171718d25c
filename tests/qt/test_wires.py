"""The wires between the program and the desktop: every way out ends it, every button of a notice does what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.commands import Command
from lanshare.domain.settings import Settings
from lanshare.domain.transfer import TransferId
from lanshare.engine.options import Options
from lanshare.qt.app import App
from lanshare.qt.desktop.notices import notice_of
from lanshare.qt.windows.main import MainWindow
from tests.harness.engines import free_port
from tests.harness.talks import said
from tools import pictures as made

STATES = ["shown", "hidden", "minimised"]


@pytest.fixture
def app(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> App:
    """A program with a tray (the parameter "no tray": without)."""
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: getattr(request, "param", "") != "no tray")
    options = Options(profile=tmp_path, port=free_port(), name="Anna", interfaces=("127.0.0.1",))
    return App(options, [], False)


def run_with(app: App, then: Callable[[MainWindow], None]) -> None:
    """Run it; when its engine is there, do something, which has to end it."""
    done: list[bool] = []

    def look() -> None:
        if not done and app.window is not None and app.window.state.me is not None:
            done.append(True)
            then(app.window)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    late = QTimer()
    late.setSingleShot(True)
    late.timeout.connect(lambda: app.qt.exit(77))
    late.start(20_000)
    code = app.run()
    late.stop()
    timer.stop()
    app.close()
    assert done, "the engine never came"
    assert code == 0, "it was not ended by what was done"
    assert not [one for one in threading.enumerate() if one.name == "node"]


def put(window: MainWindow, state: str) -> None:
    """Into the tray, onto the task bar, or as it is."""
    if state == "hidden":
        window.close()
        assert not window.isVisible()
    elif state == "minimised":
        window.showMinimized()


def quit_by(app: App, way: str) -> None:
    """A person wants it to end."""
    assert app.window is not None
    if way == "menu of the tray":
        assert app._tray is not None
        quits = next(one for one in app._tray._menu.actions() if one.text() == "Quit")
        quits.trigger()
    else:
        keys = QKeySequence("Ctrl+Q")
        next(one for one in app.window.findChildren(QShortcut) if one.key() == keys).activated.emit()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("way", ["menu of the tray", "keys"])
def test_whoever_quits_is_done(app: App, way: str, state: str) -> None:
    def work(window: MainWindow) -> None:
        put(window, state)
        quit_by(app, way)

    run_with(app, work)


@pytest.mark.parametrize("app", ["no tray"], indirect=True)
def test_where_there_is_no_tray_closing_the_window_ends_it(app: App) -> None:
    def work(window: MainWindow) -> None:
        window.close()

    run_with(app, work)


def test_closed_into_the_tray_it_goes_on_and_every_click_brings_it_back(app: App) -> None:
    seen: list[bool] = []

    def work(window: MainWindow) -> None:
        assert app._tray is not None
        for reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            window.close()
            seen.append(window.isVisible())
            app._tray._icon.activated.emit(reason)
            seen.append(window.isVisible())
        window.showMinimized()
        app._tray._menu.actions()[0].trigger()
        seen.append(not window.isMinimized())
        app.quit()

    run_with(app, work)
    assert seen == [False, True, False, True, True]


def test_do_not_disturb_says_what_the_settings_say(app: App) -> None:
    seen: list[bool] = []

    def work(window: MainWindow) -> None:
        assert app._tray is not None
        app._on_event(e.SettingsChanged(Settings(notices=False)))
        seen.append(app._tray._quiet.isChecked())
        app._on_event(e.SettingsChanged(Settings()))
        seen.append(app._tray._quiet.isChecked())
        app.quit()

    run_with(app, work)
    assert seen == [True, False]


def test_what_is_unread_stands_in_the_title_and_goes_from_it(app: App) -> None:
    titles: list[str] = []

    def work(window: MainWindow) -> None:
        window.on_event(said(1, "one"))
        app._show_unread()
        titles.append(window.windowTitle())
        window.on_event(e.ConversationRead(made.MARTA, 0))
        app._show_unread()
        titles.append(window.windowTitle())
        app.quit()

    run_with(app, work)
    assert titles == ["(1) lanshare", "lanshare"]


def test_accept_in_a_notice_says_yes_to_what_the_notice_said(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the offer became another one while it hung there; and nothing is kept of it once it is over."""
    got: list[Command] = []
    offer = made.offer(made.top("photo.jpg", 800))
    transfer = TransferId("4" * 32)

    def work(window: MainWindow) -> None:
        monkeypatch.setattr(window, "isActiveWindow", lambda: False)
        app._on_event(e.OfferReceived(transfer, made.MARTA, "Marta", 1, 800, offer, 10**9))
        app._on_event(e.OfferGrew(transfer, made.MARTA, made.offer(made.top("autostart", 10**12))))
        monkeypatch.setattr(app.bridge, "submit", got.append)
        app._acted(f"offer:{transfer}:{made.MARTA}", "accept", "")
        app._on_event(e.OfferWithdrawn(transfer, made.MARTA, "answered"))
        app.quit()

    run_with(app, work)
    assert [one for one in got if isinstance(one, c.AnswerOffer)] == [c.AnswerOffer(transfer, True, shown=offer)]
    assert not app._noticed


@pytest.mark.parametrize(("action", "accepts"), [("accept", True), ("decline", False)])
def test_a_button_of_a_notice_answers_the_question_it_was_shown_for(
    app: App, monkeypatch: pytest.MonkeyPatch, action: str, accepts: bool
) -> None:
    got: list[Command] = []
    monkeypatch.setattr(app.bridge, "submit", got.append)
    offer = made.offer(made.top("photo.jpg", 800))
    notice = notice_of(e.OfferReceived(TransferId("4" * 32), made.MARTA, "Marta", 1, 800, offer, 10**9), Settings())
    assert notice is not None
    assert action in [key for key, _ in notice.actions]
    app._acted(notice.key, action, "")
    assert got == [c.AnswerOffer(TransferId("4" * 32), accepts)]
    app.close()


def test_a_reply_in_a_notice_goes_to_whoever_wrote_and_an_empty_one_nowhere(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[Command] = []
    monkeypatch.setattr(app.bridge, "submit", got.append)
    notice = notice_of(said(1, "are you there?"), Settings())
    assert notice is not None
    app._acted(notice.key, "reply", "  \n")
    assert got == []
    app._acted(notice.key, "reply", "yes")
    (sent,) = got
    assert isinstance(sent, c.SendText)
    assert (sent.peer, sent.text) == (made.MARTA, "yes")
    app.close()
