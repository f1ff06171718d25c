"""What is pasted is looked at before it goes: what it is, and to whom.

Signals: accepted() when it is to be sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QShowEvent
from PySide6.QtWidgets import QDialog, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.peer import short_id
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.labels import picture, wrapped
from lanshare.qt.widgets.tall import fit, stacked

_NAMES: Final = 200
"""Labels that are made: they scroll."""

_PICTURE: Final = 240


class PasteSheet(QDialog):
    """Send these to this device? It stays that device, whatever happens meanwhile."""

    def __init__(
        self, device: Device, paths: tuple[Path, ...], image: QImage | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Send"))
        whom = f"{device.name} ({short_id(device.id)})" if device.twin else device.name
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(wrapped(tr("Send to {0}?").format(whom), "title"))
        if image is not None:
            small = image.scaled(
                _PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            label = picture(QPixmap.fromImage(small))
            label.setAccessibleName(tr("The picture from the clipboard"))
            column.addWidget(label)
            column.addWidget(wrapped(tr("A picture, {0} × {1}").format(image.width(), image.height()), "dim"))
        for path in paths[:_NAMES]:
            column.addWidget(wrapped(escaped(path.name or str(path))))
        if len(paths) > _NAMES:
            column.addWidget(wrapped(tr("and {0} more").format(len(paths) - _NAMES), "dim"))
        self.send = QPushButton(tr("Send"))
        self.send.setProperty("kind", "main")
        self.send.setDefault(True)
        self.send.clicked.connect(self.accept)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        stacked(self, column, (20, 20, 20, 16), 320).addWidget(Buttons(cancel, self.send))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)
