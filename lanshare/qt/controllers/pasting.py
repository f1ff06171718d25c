"""The clipboard: files and images are looked at in a sheet before they go out; text goes to the field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from lanshare.domain.peer import PeerId
from lanshare.qt.formatting import tr
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.widgets.composer import Composer
from lanshare.qt.widgets.drops import paths_in

Send = Callable[[tuple[Path, ...], PeerId, tuple[PeerId, ...] | None], None]
"""Offers files to a device; of a group to these members."""


class PasteController:
    """`keep` keeps an image from the clipboard as a file; None if it cannot."""

    def __init__(
        self, window: QWidget, composer: Composer, board: BannerStack, state: WindowState,
        keep: Callable[[QImage], Path | None], send: Send,
    ) -> None:
        self._window, self._composer, self._board, self._state = window, composer, board, state
        self.keep, self._send = keep, send

    def paste(self) -> None:
        """Ctrl+V."""
        mime = QApplication.clipboard().mimeData()
        if self._state.open is None or mime is None:
            return
        if paths := paths_in(mime):
            self.paste_files(paths)
        elif mime.hasImage() and not mime.hasText():
            image = mime.imageData()
            if isinstance(image, QImage):
                self.paste_image(image)
        elif mime.hasText():
            self._composer.field.setFocus()
            self._composer.field.paste()

    def paste_plain(self) -> None:
        """Ctrl+Shift+V: the clipboard's text into the field, as everywhere else."""
        mime = QApplication.clipboard().mimeData()
        if self._state.open is not None and mime is not None and mime.hasText():
            self._composer.field.setFocus()
            self._composer.field.insertPlainText(mime.text())

    def paste_files(self, paths: object) -> None:
        """Files for the open device."""
        device = self._state.device
        if device is None or not isinstance(paths, tuple) or not paths:
            return
        from lanshare.qt.windows.pastesheet import PasteSheet
        sheet = PasteSheet(device, paths, None, self._window)
        sheet.accepted.connect(lambda: self._send(paths, device.id, device.members or None))
        show_sheet(sheet)

    def paste_image(self, image: object) -> None:
        """An image for the open device."""
        device = self._state.device
        if device is None or not isinstance(image, QImage) or image.isNull():
            return

        def send() -> None:
            path = self.keep(image)
            if path is None:
                self._board.show("paste", tr("The image could not be kept, so it was not sent."), "warn")
            else:
                self._send((path,), device.id, device.members or None)

        from lanshare.qt.windows.pastesheet import PasteSheet
        sheet = PasteSheet(device, (), image, self._window)
        sheet.accepted.connect(send)
        show_sheet(sheet)


def show_sheet(sheet: QDialog) -> None:
    """Open a dialog that goes when it is closed."""
    sheet.finished.connect(lambda _: sheet.deleteLater())
    sheet.open()
