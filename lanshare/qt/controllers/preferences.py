"""The settings: those in force, those that were asked for, and the dialog that changes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from lanshare.domain import commands as c
from lanshare.domain.events import Event, NewerReleaseSeen, SettingsChanged, SettingsRefused
from lanshare.domain.settings import Settings, Visibility
from lanshare.qt.formatting import tr
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack

if TYPE_CHECKING:
    from lanshare.qt.windows.settings import SettingsDialog


class SettingsController:
    """Keeps the settings; `wear` is called with those in force, whenever they may have changed."""

    HEARS: Final = (SettingsChanged, SettingsRefused, NewerReleaseSeen)

    def __init__(
        self, window: QWidget, board: BannerStack, state: WindowState, submit: Callable[[c.Command], None],
        tray: bool, wear: Callable[[Settings], None],
    ) -> None:
        """`tray`: there is a notification area."""
        self._window, self._board, self._state, self._submit = window, board, state, submit
        self._tray, self._wear = tray, wear
        self.now = Settings()
        """Those in force, as far as is known."""

        self.overrides: tuple[str, ...] = ()
        """What the command line has set for this run."""

        self.newer: NewerReleaseSeen | None = None
        """Said in the dialog, and nowhere else."""

        self.at_home: Callable[[bool, bool], None] = lambda login, menus: None
        """Puts in force what is none of the engine's: start at login, devices in the desktop's menus."""

        self.dialog: SettingsDialog | None = None
        self._wanted: Settings | None = None
        """Settings that were asked for and are not in force (yet)."""

    def apply(self, event: Event) -> None:
        """What the engine tells."""
        match event:
            case SettingsChanged():
                self._changed(event)
            case SettingsRefused():
                text = tr("The settings were not saved: {0}.").format(event.field)
                self._board.show("settings", text, "warn", tr("Settings"), self.show)
            case NewerReleaseSeen():
                self.newer = event

    def set_now(self, settings: Settings) -> None:
        """These are in force, or will be in a moment."""
        self.now = settings
        self._wear(settings)

    def change(self, settings: Settings) -> None:
        """A person changed one of them; another change may come before the engine has answered to this one."""
        self.set_now(settings)
        self._submit(c.ChangeSettings(settings))

    def set_quiet(self, quiet: bool) -> None:
        """Do not disturb, or do."""

        def work() -> None:
            if self.now.notices is quiet:
                self.change(replace(self.now, notices=not quiet))

        self._state.when_known(work)

    def show_to(self, level: str, seconds: float) -> None:
        """Show this device to others than before; for so many seconds, or for good if there are none."""

        def work() -> None:
            self._submit(c.SetTemporaryVisibility(Visibility(level), seconds))
            if not seconds:
                self.change(replace(self.now, visibility=Visibility(level)))

        self._state.when_known(work)

    def show(self) -> None:
        """Open the dialog."""
        if self._state.me is None or self.dialog is not None:
            return
        from lanshare.qt.windows.settings import SettingsDialog
        dialog = SettingsDialog(self.now, self._state.me, self._tray, self.overrides, self._window, self._wanted)
        if self.newer is not None:
            dialog.tell_newer(self.newer)
        self.dialog = dialog
        dialog.changed.connect(self._merge)
        dialog.at_home.connect(lambda login, menus: self.at_home(login, menus))
        dialog.finished.connect(self._done)
        dialog.open()

    def show_own_device(self) -> None:
        """Open the sheet of this device."""
        if self._state.me is not None:
            from lanshare.qt.windows.own_device import MineDialog
            dialog = MineDialog(self._state.me, self._window)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

    # --- inside

    def _merge(self, settings: object) -> None:
        """What was changed in the dialog; what was changed elsewhere while it was open stays."""
        if self.dialog is not None and isinstance(settings, Settings):
            before = self.dialog.before
            changed = {
                field: value for field in Settings.__struct_fields__
                if (value := getattr(settings, field)) != getattr(before, field)
            }
            self._wanted = replace(self.now, **changed)
            self._submit(c.ChangeSettings(self._wanted))

    def _changed(self, event: SettingsChanged) -> None:
        self._wanted = None
        self.set_now(event.settings)
        self._board.drop("settings")
        if "port" in event.needs_restart:
            self._board.show("restart", tr("The new port is used when lanshare starts the next time."), "calm")

    def _done(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
