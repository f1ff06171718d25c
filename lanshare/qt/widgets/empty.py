"""What stands where there is nothing yet: what to do so that there is something.

Signals: add_address().
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.events import Me
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.widgets.labels import plain, wrapped
from lanshare.qt.widgets.tall import centred


class NoDevicesPage(QWidget):
    """No device yet, or none chosen."""

    add_address = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._radar = _Radar()
        self._title = wrapped("", "big")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._hint = wrapped("", "dim")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._steps = [wrapped("", "") for _ in range(3)]
        self._mine = wrapped("", "dim")
        self._mine.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._mine.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(tr("Add a device by its address"))
        self._button.clicked.connect(self.add_address)
        self._numbers: list[QWidget] = []
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(self._radar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addSpacing(6)
        for number, step in enumerate(self._steps, 1):
            row = QHBoxLayout()
            row.setSpacing(10)
            mark = plain(str(number), "percent")
            self._numbers.append(mark)
            row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(step, 1)
            column.addLayout(row)
        column.addSpacing(6)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._mine)
        self._box = centred(self, column)
        self.dress()
        self.show_for(False, None)

    def dress(self) -> None:
        """Take the sizes that fit the letters in force."""
        self._box.setMaximumWidth(em(430))
        self._radar.setFixedSize(QSize(em(120), em(120)))
        for mark in self._numbers:
            mark.setFixedWidth(em(16))

    def show_for(self, anybody: bool, me: Me | None) -> None:
        """`anybody`: devices are listed, but none is chosen. `me`: None while the engine is still being started."""
        alone = not anybody and me is not None
        if anybody:
            self._title.setText(tr("Choose a device"))
            self._hint.setText(tr("Or drop files straight on one in the list."))
        else:
            self._title.setText(tr("Looking for devices…"))
            self._hint.setText(tr("They appear here by themselves, usually within a second."))
        words = (
            tr("Open lanshare on the other device."),
            tr("Put both on the same network. Guest Wi-Fi and VPNs often keep devices apart."),
            tr("If a firewall asks, allow lanshare on private networks."),
        )
        for step, text in zip(self._steps, words, strict=True):
            step.setText(text)
        for shown_alone in (*self._steps, *self._numbers):
            shown_alone.setVisible(alone)
        self._button.setVisible(alone)
        self._radar.set_busy(not anybody)
        if me is not None:
            where = ", ".join(me.addresses[:2])
            port = f", {tr('port')} {me.port}" if me.port else ""
            self._mine.setText(tr("This device is {0}").format(escaped(me.name)) + f"\n{where}{port}")
        self._mine.setVisible(me is not None)


class _Radar(QWidget):
    """Rings that move while we look; still where motion is not wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 0
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setInterval(80)
        self._timer.timeout.connect(self._tick)

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        if busy and self.isVisible():
            self._timer.start()
        elif not busy:
            self._timer.stop()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        if self._busy:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        self._step = (self._step + 1) % 40
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 120, self.height() / 120)
        look = tokens()
        for ring in range(3):
            phase = ((self._step / 40) + ring / 3) % 1.0 if self._busy else (ring + 1) / 3
            colour = QColor(look.accent)
            colour.setAlphaF(max(0.0, 0.45 * (1 - phase)) if self._busy else 0.25)
            painter.setPen(QPen(colour, 2))
            radius = 22 + 36 * phase
            painter.drawEllipse(QRectF(60 - radius, 60 - radius, 2 * radius, 2 * radius))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.accent))
        painter.drawEllipse(QRectF(38, 38, 44, 44))
        assets.draw_icon(painter, "radar", look.accent_text, QRectF(49, 49, 22, 22))
