"""What leaves the window: links, files and folders handed to the desktop, never more than was clicked."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from lanshare.engine.presentation.display_text import escaped
from lanshare.engine.presentation.openable import may_open
from lanshare.qt import formatting
from lanshare.qt.formatting import tr


def open_link(parent: QWidget, target: str) -> None:
    """Open a link in the browser, after showing where it leads: http and https only, the host in its real letters."""
    url = QUrl(target, QUrl.ParsingMode.StrictMode)
    if url.scheme().lower() not in ("http", "https") or not url.host():
        return
    host = bytes(QUrl.toAce(url.host()).data()).decode("ascii", "replace") or url.host()
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(tr("Open this link in the browser?"))
    box.setInformativeText(f"{tr('It leads to')} {host}\n\n{escaped(target[:300])}")
    opening = box.addButton(tr("Open"), QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    if box.clickedButton() is opening:
        QDesktopServices.openUrl(url)


class _Look(QObject):
    """Looks at a file on a thread of its own: a disk that is not there any more may hang, and the window must not."""

    done = Signal(str)

    def begin(self, path: str, opens: bool) -> None:
        """`done` tells what may be done with it: "open", "show" or "gone"."""

        def look() -> None:
            may = opens and may_open(path)
            found = "gone" if not os.path.exists(path) else "open" if may else "show"
            with contextlib.suppress(RuntimeError):  # the window is gone
                self.done.emit(found)

        threading.Thread(target=look, name="opening", daemon=True).start()


def open_path(parent: QWidget, path: str) -> None:
    """Open a received file with the desktop's program for it."""
    _look(parent, path, True)


def show_path(parent: QWidget, path: str) -> None:
    """Show where a received file lies. The file is marked where the desktop can (not verified on Windows, macOS)."""
    _look(parent, path, False)


def _look(parent: QWidget, path: str, opens: bool) -> None:
    look = _Look(parent)

    def found(what: str) -> None:
        look.deleteLater()
        if what == "gone":
            _gone(parent, path)
        elif what == "open":
            QDesktopServices.openUrl(QUrl.fromLocalFile(path))
        else:
            _show(Path(path))

    look.done.connect(found)
    look.begin(path, opens)


def _show(where: Path) -> None:
    if sys.platform == "win32":
        QProcess.startDetached("explorer.exe", [f"/select,{where}"])
    elif sys.platform == "darwin":
        QProcess.startDetached("open", ["-R", str(where)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(where.parent)))


def _gone(parent: QWidget, path: str) -> None:
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("{0} is no longer there.").format(formatting.path_name(path)))
    box.setInformativeText(tr("It was moved, renamed or removed since it arrived."))
    box.exec()
