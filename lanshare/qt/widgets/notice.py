"""A line across the top of the conversation: what is wrong, or what waits for a choice.

Signals: closed(str) with the notice's key; acted(str) when its button is pressed, declined(str) when its other one is.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import picture, wrapped

_WORDS = 220
"""Width that a text wants beside its buttons."""


class Notice(QFrame):
    """One notice."""

    closed = Signal(str)
    acted = Signal(str)
    declined = Signal(str)

    def __init__(
        self, key: str, text: str, tone: str, action: str = "", other: str = "", parent: QWidget | None = None
    ) -> None:
        """`tone`: bad, warn or calm; `action`, `other`: buttons' texts."""
        super().__init__(parent)
        self.key = key
        self.setObjectName("notice")
        self.setProperty("tone", tone)
        look = tokens()
        icon, colour = {
            "bad": ("shield-alert", look.bad),
            "warn": ("triangle-alert", look.warn),
            "calm": ("paperclip", look.accent_ink),
        }[tone]
        self.label = wrapped(text)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 10, 8)
        row.setSpacing(10)
        row.addWidget(picture(assets.pixmap(icon, colour, em(18), self.devicePixelRatioF())))
        words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        words.setSpacing(10)
        words.addWidget(self.label, 1)
        row.addLayout(words, 1)
        buttons: list[QPushButton] = []
        if other:
            second = QPushButton(other)
            second.clicked.connect(lambda: self.declined.emit(self.key))
            buttons.append(second)
        if action:
            button = QPushButton(action)
            button.setProperty("kind", "main")
            button.clicked.connect(lambda: self.acted.emit(self.key))
            buttons.append(button)
        self._words, self._buttons = words, Buttons(*buttons) if buttons else None
        if self._buttons is not None:
            words.addWidget(self._buttons)
        close = QToolButton()
        assets.put_icon(close, "x", look.dim, 16)
        close.setAccessibleName(tr("Close this notice"))
        close.clicked.connect(lambda: self.closed.emit(self.key))
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._buttons is not None:  # below the text where there is no room beside it
            beside = self.width() - self._buttons.sizeHint().width() >= em(_WORDS)
            way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
            self._words.setDirection(way)


class Notices(QScrollArea):
    """Those that are up, one below the other; they scroll before they push the conversation out of its window."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._inside.installEventFilter(self)
        self.setWidget(self._inside)
        self.hide()

    def add(self, notice: Notice) -> None:
        """Put one up, below the others."""
        self._column.addWidget(notice)
        notice.show()
        self.show()
        self.fit()

    def take(self, notice: Notice) -> None:
        """Take one down."""
        self._column.removeWidget(notice)
        notice.hide()
        notice.deleteLater()
        self.setVisible(self._column.count() > 0)
        self.fit()

    def fit(self) -> None:
        """Be as high as they are, up to a share of the window."""
        height = self._column.heightForWidth(self.width()) if self._column.hasHeightForWidth() else 0
        needed = max(height, self._column.minimumSize().height())
        self.setFixedHeight(max(1, min(needed, self.window().height() // 4)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest and watched is self._inside:
            QTimer.singleShot(0, self, self.fit)
        return super().eventFilter(watched, event)
