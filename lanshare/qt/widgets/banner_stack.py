"""The notices over a conversation: at most one for each matter, each with what its buttons do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from lanshare.qt.widgets.notice import Notice, Notices

Work = Callable[[], None]


class BannerStack(QObject):
    """Shows notices in a column, and carries out what a person presses."""

    def __init__(self, column: Notices, parent: QWidget) -> None:
        super().__init__(parent)
        self._column = column
        self.notices: dict[str, Notice] = {}
        self._acts: dict[str, tuple[Work | None, Work | None, Work | None]] = {}

    def show(
        self, key: str, text: str, tone: str, action: str = "", act: Work | None = None, other: str = "",
        decline: Work | None = None, closed: Work | None = None,
    ) -> None:
        """Put a notice up in place of the one with the same key. `tone`: bad, warn or calm."""
        self.drop(key)
        notice = Notice(key, text, tone, action, other)
        notice.acted.connect(self.act)
        notice.declined.connect(self.decline)
        notice.closed.connect(self.close)
        self.notices[key] = notice
        self._acts[key] = (act, decline, closed)
        self._column.add(notice)

    def drop(self, key: str) -> None:
        """Take a notice down, if it is there."""
        notice = self.notices.pop(key, None)
        self._acts.pop(key, None)
        if notice is not None:
            self._column.take(notice)

    def act(self, key: str) -> None:
        """Its main button."""
        if (work := self._acts.get(key, (None,))[0]) is not None:
            work()

    def decline(self, key: str) -> None:
        """Its other button."""
        if (work := self._acts.get(key, (None, None))[1]) is not None:
            work()

    def close(self, key: str) -> None:
        """Its cross: nothing is decided by it."""
        work = self._acts.get(key, (None, None, None))[2]
        self.drop(key)
        if work is not None:
            work()
