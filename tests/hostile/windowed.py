"""Run on a host of a LAN: the real window of a device. Writes to somebody, and tells what alarm is seen, if one is."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

from lanshare.domain.peer import PeerId
from lanshare.engine.options import Options
from lanshare.qt.app import App
from lanshare.qt.widgets.notice import Notice


def main() -> int:
    """Arguments: profile, port, name, whom to write to, what, where to put a picture of it. 0: an alarm was seen."""
    profile, port, name, peer, words, picture = sys.argv[1:]
    app = App(Options(profile=Path(profile), port=int(port), name=name), (), False)
    written: list[bool] = []

    def look() -> None:
        window = app.window
        if window is None:
            return
        if not written and window.devices.device(PeerId(peer)) is not None:
            window.open_peer(peer)
            window.pane.composer.field.setPlainText(words)
            QTest.keyClick(window.pane.composer.field, Qt.Key.Key_Return)
            written.append(True)
        for key, notice in window.board.notices.items():
            if key.startswith("identity:") and isinstance(notice, Notice) and notice.isVisible():
                window.grab().save(picture)
                print(f"alarm {key} {notice.accessibleName()}", flush=True)
                app.qt.exit(0)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    QTimer.singleShot(25_000, lambda: app.qt.exit(1))
    try:
        return app.run()
    finally:
        app.close()


if __name__ == "__main__":
    sys.exit(main())
