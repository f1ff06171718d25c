"""What is offered, name by name, on the card that asks."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from lanshare.domain.offer import EntryKind
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets, formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferView
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.timeline.card_words import NAMES
from lanshare.qt.widgets.labels import picture, plain, wrapped


def fill(names: QVBoxLayout, view: TransferView | None, ratio: float) -> None:
    """Show the first names of an offer, or (None) nothing any more. `ratio`: of the screen's pixels."""
    _clear(names)
    if view is None:
        return
    for top in view.offer.tops[:NAMES]:
        row = QHBoxLayout()
        row.setSpacing(8)
        kind, tint = assets.file_icon(top.name, top.kind is EntryKind.FOLDER, tokens().dark)
        at_top = Qt.AlignmentFlag.AlignTop
        row.addWidget(picture(assets.pixmap(kind, tint, em(16), ratio)), 0, at_top)
        row.addWidget(wrapped(escaped(top.name)), 1)
        row.addWidget(plain(formatting.size(top.bytes), "dim"), 0, at_top)
        names.addLayout(row)
    rest = view.offer.names - min(NAMES, len(view.offer.tops))
    if rest > 0:
        names.addWidget(plain(tr("and {0} more").format(rest), "dim"))


def _clear(layout: QHBoxLayout | QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget, below = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(below, QHBoxLayout | QVBoxLayout):
            _clear(below)
            below.deleteLater()
