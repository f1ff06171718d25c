"""Whether the program may end: what is under way is asked about, once, and where it can be seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.windows.confirm import confirm


class QuitController:
    """`unkept`: how many texts are not stored yet; `come_forward` shows the window."""

    def __init__(
        self, window: QWidget, book: TransferBook, unkept: Callable[[], int], come_forward: Callable[[], None]
    ) -> None:
        self._window, self._book, self._unkept, self._come_forward = window, book, unkept, come_forward
        self.quits = False
        """The program ends: closing does not hide, and asks nothing."""

        self.sure: Callable[[int, int], bool] = self._sure
        """Asks the person; told how many transfers move and how many texts are not stored."""

        self._asking = False

    def may_quit(self) -> bool:
        """Whether it may; a person is asked if something would be lost or stops."""
        if self.quits:
            return True
        if self._asking:
            return False
        active = [view for view in self._book.views.values() if view.active and not view.asked]
        moving = [view for view in active if view.state.value in ("moving", "verifying", "connecting")]
        if not moving and not self._unkept():
            self.quits = True
            return True
        self._asking = True
        try:
            self._come_forward()
            self.quits = self.sure(len(moving), self._unkept())
        finally:
            self._asking = False
        return self.quits

    def _sure(self, moving: int, unkept: int) -> bool:
        if unkept:
            text = tr("What you wrote could not be stored yet, and is lost if lanshare ends now.")
            more = tr("Is the disk full? It is stored by itself as soon as there is room.")
        else:
            many = tr("{0} transfers are under way.").format(moving)
            text = many if moving > 1 else tr("A transfer is under way.")
            more = tr("What has arrived is kept; it goes on when lanshare runs again.")
        return confirm(
            self._window, text, more, tr("Quit"), tr("Keep it running"), QMessageBox.Icon.Question,
            QMessageBox.ButtonRole.AcceptRole,
        )
