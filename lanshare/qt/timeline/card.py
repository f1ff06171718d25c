"""A transfer's row: the question, the progress, the result, the trouble. One widget for its whole life.

Signals: act(object) with a command for the engine; save_to(str) with the transfer's id;
open_path(str) and show_path(str) with a path; listed(str, object) with a title and all lines of what is shown in part.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lanshare.domain import commands as c
from lanshare.domain.errors import Code
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.transfer import TransferState
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets, formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.transfers import TransferView
from lanshare.qt.theme.style import em, tokens
from lanshare.qt.timeline import card_words as words
from lanshare.qt.timeline import offered, preview
from lanshare.qt.timeline.card_actions import CardActions, push_button
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.form import Choice
from lanshare.qt.widgets.labels import ElidedLabel, picture, plain, set_role, wrapped

_WIDTH: Final = 400
_SIDEWAYS: Final[dict[int, int]] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_ALONG: Final = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End
)


class Card(QWidget):
    """One transfer."""

    act = Signal(object)
    save_to = Signal(str)
    open_path = Signal(str)
    show_path = Signal(str)
    listed = Signal(str, object)
    released = Signal()
    moved = Signal(int)

    SPOKEN_AS = QAccessible.Role.ListItem

    def __init__(self, view: TransferView, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._peer_name = (view.asker or view.name) if view.offer.room and (view.asker or view.name) else name
        self._shape: tuple[object, ...] = ()
        self._waits = False
        self._pressable: list[QAbstractButton] = []
        self._frame = QFrame()
        self._frame.setObjectName("card")
        self._inner = QVBoxLayout(self._frame)
        self._inner.setContentsMargins(14, 12, 14, 12)
        self._inner.setSpacing(8)
        self._build_head()
        self._preview = preview.Picture()
        self._inner.addWidget(self._preview)
        self._build_question()
        self._build_progress()
        self._actions = CardActions(view, self, lambda: ConflictPolicy(self._clash.currentData()))
        self._add_buttons()
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        if view.out:
            outer.addStretch(1)
        outer.addWidget(self._frame)
        if not view.out:
            outer.addStretch(1)
        self.dress()
        self.refresh()

    def _build_head(self) -> None:
        """Its picture, what it is, when and how far, and the buttons at its corner."""
        self._icon = picture()
        self._title = wrapped("", "name")
        self._status = wrapped("", "dim")
        self._close = _tool(tr("Cancel the transfer"), tr("Cancel"))
        self._close.clicked.connect(lambda: self.act.emit(c.CancelTransfer(self._view.id)))
        self._rest = QToolButton()
        self._rest.clicked.connect(self._rest_or_go_on)
        self._time = plain(formatting.clock(self._view.at), "dim")
        top = Qt.AlignmentFlag.AlignTop
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._title, 1)
        first.addWidget(self._time, 0, top)
        lines = QVBoxLayout()
        lines.setSpacing(2)
        lines.addLayout(first)
        lines.addWidget(self._status)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._icon, 0, top)
        head.addLayout(lines, 1)
        head.addWidget(self._rest, 0, top)
        head.addWidget(self._close, 0, top)
        self._inner.addLayout(head)

    def _build_question(self) -> None:
        """What is offered, what is said about it, and the choice that it may need."""
        self._names = QVBoxLayout()
        self._names.setSpacing(4)
        self._inner.addLayout(self._names)
        self._message = wrapped("", "dim")
        self._inner.addWidget(self._message)
        self._all = push_button(tr("Show all of it…"), "quiet")
        self._all.clicked.connect(self._list_all)
        self._inner.addWidget(self._all)
        self._clash = Choice(tr("What to do with files that differ"), (
            (str(ConflictPolicy.KEEP), tr("Keep both")),
            (str(ConflictPolicy.SKIP), tr("Keep mine only")),
            (str(ConflictPolicy.REPLACE), tr("Replace mine (it is moved aside)")),
        ), self._view.clash)
        self._clash.currentIndexChanged.connect(lambda _: self._choose_clash())
        self._inner.addWidget(self._clash)

    def _build_progress(self) -> None:
        """How far it is, and the file that moves now."""
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._percent = plain("", "percent")
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._progress = QWidget()
        line = QHBoxLayout(self._progress)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._bar, 1)
        line.addWidget(self._percent)
        self._inner.addWidget(self._progress)
        self._now = ElidedLabel("", "dim")
        self._leave = _tool(tr("Leave this file out"), tr("Leave this file out; the others go on"))
        self._leave.clicked.connect(lambda: self.act.emit(c.SkipFile(self._view.id, self._view.file)))
        self._aside = _tool(tr("Put this file aside"), tr("Put this file aside for later; the others go on"))
        self._aside.clicked.connect(lambda: self.act.emit(c.SkipFile(self._view.id, self._view.file, later=True)))
        self._one = QWidget()
        single = QHBoxLayout(self._one)
        single.setContentsMargins(0, 0, 0, 0)
        single.addWidget(self._now, 1)
        single.addWidget(self._aside)
        single.addWidget(self._leave)
        self._inner.addWidget(self._one)

    def fit(self, width: int) -> None:
        """Take the card's own width, or what there is."""
        self._frame.setFixedWidth(max(1, min(em(_WIDTH), width)))

    def refresh(self) -> None:
        """Show where the transfer stands; not under a finger: what is pressed stays where it is until it is let go."""
        if self.pressed():
            self._waits = True
            return
        view = self._view
        if view.asker or view.name:
            self._peer_name = view.name or view.asker
        self._title.setText(words.title(view, self._peer_name))
        status, role = words.status(view, self._peer_name)
        if view.offer.room and not view.asked and view.state is not TransferState.OFFERED:
            status = f"{escaped(self._peer_name)}  ·  {status}"
        self._status.setText(status)
        set_role(self._status, role)
        moving = view.state in (TransferState.MOVING, TransferState.VERIFYING)
        kept = view.state in (TransferState.WAITING, TransferState.PAUSED) and view.bytes > 0
        self._progress.setVisible(moving or kept)
        one = view.state is TransferState.MOVING and view.offer.files > 1 and bool(view.file)
        self._let_be_seen(self._one, one, self._leave, self._aside)
        self._bar.setValue(int(view.part * 1000))
        self._bar.setAccessibleName(status)
        self._percent.setText(f"{int(view.part * 100)}%")
        self._now.setText(escaped(view.file))
        self._let_be_seen(self._close, view.active and not view.asked, self._close)
        self._show_rest()
        differs = view.asked and view.compared is not None and view.compared.differs > 0
        self._let_be_seen(self._clash, differs, self._clash)
        self._message.setText(words.message(view))
        self._message.setVisible(bool(self._message.text()))
        self._time.setVisible(not view.asked)
        self._preview.show_for(self._picture_path())
        self._let_be_seen(self._all, bool(words.listing(view)), self._all)
        shape = (view.state, view.asked, view.offer if view.asked else None, view.compared, view.paths,
                 view.undone, view.into)
        if shape != self._shape:
            self._shape = shape
            self._reshape()
        spoken = (self._title.text(), self._status.text(), formatting.clock(view.at), self._message.text())
        self.setAccessibleName(", ".join(part for part in spoken if part))

    @property
    def frame(self) -> QWidget:
        """What is seen of it."""
        return self._frame

    def enter(self) -> None:
        """What Enter does on it: the first of what can be done comes under the finger."""
        self._step(1)

    def copy(self) -> None:
        """Into the clipboard."""
        QGuiApplication.clipboard().setText(self.accessibleName())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _SIDEWAYS:
            self._step(_SIDEWAYS[event.key()])
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """On a button arrows lead on: sideways to the next one, up and down to other rows; Enter presses as Space."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            key = event.key()
            if key in _SIDEWAYS:
                self._step(_SIDEWAYS[key])
                return True
            if key in _ALONG and watched is not self._clash:
                self.moved.emit(key)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QAbstractButton):
                watched.click()
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int) -> None:
        """To the next of what can be pressed now; before the first is the card itself."""
        order: list[QWidget] = [self, self._all, self._clash, *self._actions.all, self._rest, self._close, self._aside,
                                self._leave]
        seen = [one for one in order if one is self or one.isVisible()]
        now = next((at for at, one in enumerate(seen) if one.hasFocus()), 0)
        seen[max(0, min(len(seen) - 1, now + by))].setFocus(Qt.FocusReason.OtherFocusReason)

    def pressed(self) -> bool:
        """Whether a finger, or a key, is on one of its buttons."""
        return any(button.isDown() for button in self._pressable)

    def dress(self) -> None:
        """Take the colours and the letters in force."""
        look = tokens()
        for button in (self._close, self._leave):
            assets.put_icon(button, "x", look.dim, 18 if button is self._close else 14)
        assets.put_icon(self._aside, "pause", look.dim, 14)
        for acting, icon in (
            (self._actions.showing, "folder-open"), (self._actions.undoing, "undo-2"),
            (self._actions.again, "rotate-cw"),
        ):
            assets.put_icon(acting, icon, look.text, 16)
        self._icon.setFixedSize(em(36), em(36))
        for button in (self._close, self._rest):
            button.setFixedSize(em(28), em(28))
        for button in (self._leave, self._aside):
            button.setFixedSize(em(24), em(24))
        self._percent.setMinimumWidth(em(38))
        self._shape = ()

    # --- inside

    def _let_be_seen(self, what: QWidget, seen: bool, *buttons: QWidget) -> None:
        """Show or hide what has buttons. One that goes gives the focus to the card: not to whatever comes next in the
        window, which a key would press then."""
        if not seen and any(button.hasFocus() for button in buttons):
            self.setFocus()
        what.setVisible(seen)

    def _picture_path(self) -> str:
        """An image that is whole and ours is shown small."""
        view = self._view
        whole = view.state in words.ARRIVED and not view.undone and len(view.paths) == 1
        return view.paths[0] if whole and preview.is_image(view.paths[0]) else ""

    def _show_rest(self) -> None:
        """The button that lets it rest, or go on."""
        view = self._view
        resting = view.state in (TransferState.PAUSED, TransferState.WAITING)
        rests = view.active and not view.asked and view.state is not TransferState.VERIFYING
        theirs = view.state is TransferState.PAUSED and view.by_peer
        self._let_be_seen(self._rest, rests and not theirs, self._rest)
        words = tr("Pause")
        if resting:
            words = tr("Send this first") if view.out and view.code == Code.TURN else tr("Go on now")
        assets.put_icon(self._rest, "play" if resting else "pause", tokens().dim, 18)
        self._rest.setToolTip(words)
        self._rest.setAccessibleName(words)

    def _rest_or_go_on(self) -> None:
        resting = self._view.state in (TransferState.PAUSED, TransferState.WAITING)
        self.act.emit(c.ResumeTransfer(self._view.id) if resting else c.PauseTransfer(self._view.id))

    def _reshape(self) -> None:
        view = self._view
        name, colour = words.icon(view)
        self._icon.setPixmap(assets.pixmap(name, colour, em(24), self.devicePixelRatioF()))
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self._message, "bad" if view.state is TransferState.FAILED else "dim")
        tone = words.tone(view)
        if self._frame.property("tone") != tone:
            self._frame.setProperty("tone", tone)
            self._frame.style().unpolish(self._frame)
            self._frame.style().polish(self._frame)
        offered.fill(self._names, view if view.asked else None, self.devicePixelRatioF())
        wanted = self._actions.possible()
        for button in self._actions.all:
            if button.isHidden() is not (button in wanted):
                continue
            self._let_be_seen(button, button in wanted, button)
        self._row.setVisible(bool(wanted))

    def _add_buttons(self) -> None:
        self._row = Buttons(*self._actions.all, fill=True)
        self._inner.addWidget(self._row)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._clash.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._clash.installEventFilter(self)
        self._pressable = [*self._actions.all, self._close, self._rest, self._leave, self._aside, self._all]
        for one in self._pressable:
            one.released.connect(self._let_go)
            one.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # the conversation is one stop
            one.installEventFilter(self)

    def _let_go(self) -> None:
        """A button is up again: what came meanwhile is shown, once what it does is done."""
        if self._waits:
            self._waits = False
            QTimer.singleShot(0, self, self.refresh)
        self.released.emit()

    def _choose_clash(self) -> None:
        self._view.clash = str(self._clash.currentData())  # kept with the transfer: this card may be made anew

    def _list_all(self) -> None:
        if lines := words.listing(self._view):
            self.listed.emit(self._title.text(), lines)



def _tool(name: str, hint: str) -> QToolButton:
    button = QToolButton()
    button.setAccessibleName(name)
    button.setToolTip(hint)
    return button
