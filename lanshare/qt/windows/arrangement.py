"""How the main window is laid out: two panes, or one of the two where it is narrow, and what stands there while there
is nobody. Sizes in letters of the font in force (theme/style.em)."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QWidget

from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from lanshare.qt.controllers.networks import NetworkController
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.state import WindowState
from lanshare.qt.theme.style import em
from lanshare.qt.windows.conversation import ConversationPane
from lanshare.qt.windows.sidebar import Sidebar

_NARROW: Final = 720
_TITLE: Final = 32
"""Pixels of a screen's height that a window's title may take."""


class Arrangement:
    """Puts the sidebar and the pane into the window, and shows what there is room for."""

    def __init__(
        self, window: QMainWindow, sidebar: Sidebar, pane: ConversationPane, devices: DeviceModel, state: WindowState
    ) -> None:
        self._window, self._sidebar, self._pane, self._devices, self._state = window, sidebar, pane, devices, state
        self.networks: NetworkController | None = None
        """Whose question is seen before the list of devices, where there is room for one of them."""

        self.narrow = False
        self._emptied: tuple[bool, e.Me | None, bool, PeerId | None] | None = None
        inside = QWidget()
        window.setCentralWidget(inside)
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(sidebar)
        row.addWidget(pane, 1)
        window.setWindowTitle("lanshare")
        window.resize(self._bounded(1120, 760))

    def arrange(self) -> None:
        """For the width that the window has."""
        sidebar, pane, width = self._sidebar, self._pane, self._window.width()
        self._window.setMinimumSize(self._bounded(360, 420))
        self.narrow = width < em(_NARROW)
        pane.set_narrow(self.narrow)
        if self.narrow:
            asked = self.networks is not None and self.networks.asks
            alone = self._state.open is None and self._devices.rowCount() > 0 and not asked
            sidebar.setVisible(alone)
            pane.setVisible(not alone)
            sidebar.setMaximumWidth(16777215)
            sidebar.setMinimumWidth(0)
        else:
            sidebar.show()
            pane.show()
            fixed = min(em(318), max(em(250), width * 28 // 100))
            sidebar.setFixedWidth(max(fixed, sidebar.minimumSizeHint().width()))

    def show_empty(self) -> None:
        """What stands there while there is nobody, or nobody is chosen."""
        count, me = self._devices.rowCount(), self._state.me
        now = (count > 0, me, self.narrow, self._state.open)
        if now == self._emptied:
            return
        self._emptied = now
        self._sidebar.show_count(count)
        self._pane.nobody.show_for(count > 0, me)
        if self.narrow:
            self.arrange()

    def _bounded(self, width: int, height: int) -> QSize:
        """A size given for letters of the usual size, with those in force; no larger than the screen."""
        room = self._window.screen().availableGeometry()
        return QSize(min(em(width), room.width()), min(em(height), room.height() - _TITLE))
