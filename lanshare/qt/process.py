"""What happens to the process of the window from outside: signals, faults that nobody caught, and its first picture."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from lanshare.qt.formatting import tr

_log = logging.getLogger(__name__)

_UNPAINTED: Final = 200
"""Milliseconds after which the engine is started even though no window was painted."""


class Painted(QObject):
    """Calls back once a widget was painted for the first time, or was not for a while: it may be hidden."""

    def __init__(self, widget: QWidget, then: Callable[[], None]) -> None:
        super().__init__(widget)
        self._then: Callable[[], None] | None = then
        self._widget = widget
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go)
        self._timer.start(_UNPAINTED if widget.isVisible() else 0)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            self._widget.removeEventFilter(self)
            self._timer.start(0)
        return False

    def forget(self) -> None:
        """Call nobody any more."""
        self._then = None

    def _go(self) -> None:
        self._widget.removeEventFilter(self)
        then, self._then = self._then, None
        if then is not None:
            then()


def say(title: str, text: str) -> None:
    """A box of our own, where there is no window to say it in."""
    box = QMessageBox()
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle("lanshare")
    box.setText(title)
    box.setInformativeText(text)
    box.exec()


def catch_all(quit_app: Callable[[], None]) -> None:
    """What nobody caught is logged, and told once: never a traceback to a person."""
    told: list[bool] = []

    def hook(kind: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            quit_app()
            return
        _log.error("not caught", exc_info=(kind, value, trace))
        if not told and threading.current_thread() is threading.main_thread():
            told.append(True)
            QTimer.singleShot(
                0,
                lambda: say(
                    tr("Something in lanshare went wrong."),
                    tr("Your files are safe. The log in the profile folder says more."),
                ),
            )

    sys.excepthook = hook
    threading.excepthook = lambda args: hook(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def quit_loop(qt: QApplication) -> None:
    """End the event loop, or the box that says why there will be none."""
    qt.exit(0)
    box = qt.activeModalWidget()
    if isinstance(box, QMessageBox):
        box.reject()


class StopWatch:
    """Calls back, on the window's thread, when Ctrl+C is pressed in the terminal or a polite kill comes: once for each.

    Python's own handlers run only between two lines of Python, and Qt's loop may be long without one.
    """

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self._notifier: QSocketNotifier | None = None
        self._read = self._write = -1
        if sys.platform == "win32":
            return
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._notifier = QSocketNotifier(self._read, QSocketNotifier.Type.Read)
        self._notifier.activated.connect(self._told)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    def close(self) -> None:
        """Call nobody any more."""
        if self._notifier is None:
            return
        self._notifier.setEnabled(False)
        self._notifier = None
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)

    def _told(self) -> None:
        # What is not read is told again for ever.
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 64):
                pass
        self._then()
