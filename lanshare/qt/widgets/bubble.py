"""A message's row: text that can be selected, links that ask before they open, and how far it got.

Signals: link(str) with the address a person clicked.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from lanshare.qt import assets, texts
from lanshare.qt.models.timeline import Entry
from lanshare.qt.theme.style import tokens
from lanshare.qt.widgets.labels import picture, plain, wrapped

_SHARE = 0.74


class Bubble(QWidget):
    """One message."""

    link = Signal(str)

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = entry
        self._frame = QFrame()
        self._frame.setObjectName("bubble")
        self._frame.setProperty("side", "out" if entry.out else "in")
        self._text = plain()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._text.setOpenExternalLinks(False)
        self._text.linkActivated.connect(self.link)
        font = self._text.font()
        font.setPixelSize(14)
        self._text.setFont(font)
        self._set_text(entry.text)
        self._time = plain(texts.clock(entry.at), "time")
        self._mark = picture()
        self._note = wrapped("", "bad")
        self._note.hide()
        foot = QHBoxLayout()
        foot.setSpacing(4)
        foot.addStretch(1)
        foot.addWidget(self._time)
        foot.addWidget(self._mark)
        inner = QVBoxLayout(self._frame)
        inner.setContentsMargins(12, 8, 12, 6)
        inner.setSpacing(2)
        inner.addWidget(self._text)
        inner.addLayout(foot)
        column = QVBoxLayout()
        column.setSpacing(2)
        side = Qt.AlignmentFlag.AlignRight if entry.out else Qt.AlignmentFlag.AlignLeft
        column.addWidget(self._frame, 0, side)
        column.addWidget(self._note)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(column)
        self.refresh()

    def refresh(self) -> None:
        """Show how far the message got."""
        entry, look = self._entry, tokens()
        self._mark.setVisible(entry.out)
        name = {"queued": "clock", "delivered": "check-check", "refused": "circle-alert"}.get(entry.delivery, "check")
        self._mark.setPixmap(assets.pixmap(name, look.bubble_out_dim, 14, self.devicePixelRatioF()))
        spoken = {
            "queued": texts.tr("Queued: goes by itself when the device is there"),
            "delivered": texts.tr("Delivered"),
            "refused": texts.tr("Not delivered"),
        }.get(entry.delivery, "")
        self._mark.setToolTip(spoken)
        self._mark.setAccessibleName(spoken)
        self._note.setText(entry.note)
        self._note.setVisible(bool(entry.note))

    def fit(self, width: int) -> None:
        """Take at most a part of the timeline's width, and no more than the text needs."""
        most = max(160, int(width * _SHARE)) - 24
        metrics = self._text.fontMetrics()
        natural = max((metrics.horizontalAdvance(line) for line in self._entry.text[:4000].split("\n")), default=0)
        least = metrics.horizontalAdvance("00:00 ✓✓") + 12
        chosen = max(least, min(natural + 4, most))
        self._text.setFixedSize(chosen, max(metrics.height(), self._text.heightForWidth(chosen)))

    def _set_text(self, text: str) -> None:
        if texts.has_link(text):
            colour = tokens().bubble_out_text if self._entry.out else tokens().accent_ink
            self._text.setTextFormat(Qt.TextFormat.RichText)
            self._text.setText(texts.linked(text, colour))
        else:
            self._text.setTextFormat(Qt.TextFormat.PlainText)
            self._text.setText(text)
