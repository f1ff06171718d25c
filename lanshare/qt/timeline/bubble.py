"""A message's row: text that can be selected, links that ask before they open, and how far it got.

Signals: link(str) with the address a person clicked; jump(str) with the id of the message that it answers; wants(str,
object) with a word (reply, react:SIGN, edit, take-back, delete, copy) and the Entry.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QContextMenuEvent, QEnterEvent, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from lanshare.domain.message import Delivery
from lanshare.domain.showable import showable
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt import assets, formatting
from lanshare.qt.formatting import tr
from lanshare.qt.models.timeline import Entry
from lanshare.qt.theme.style import em, font_of, tokens
from lanshare.qt.timeline import bubble_menu
from lanshare.qt.timeline.quote import Quote
from lanshare.qt.widgets.labels import picture, plain, wrapped

_SHARE: Final = 0.74
_LEAST: Final = 120
_FOLD: Final = 1500
"""Characters of a long text that are seen before it is unfolded."""

_LINES: Final = 14
_SPOKEN: Final = 1000
"""Characters of a message that are read out with its row."""

_LINKS: Final = 5
"""Links of a message that its menu opens."""

_SEEN: Final = 40_000
"""Characters that are ever laid out: beyond that it can be copied."""



class Bubble(QWidget):
    """One message."""

    link = Signal(str)
    jump = Signal(str)
    wants = Signal(str, object)

    SPOKEN_AS = QAccessible.Role.ListItem

    def __init__(self, entry: Entry, name: str = "", parent: QWidget | None = None) -> None:
        """`name`: of the other side, for those who hear and do not see where it stands."""
        super().__init__(parent)
        self._entry = entry
        self._name = name
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._unfolded = False
        self._width = 0
        self._frame = QFrame()
        self._frame.setObjectName("bubble")
        self._frame.setProperty("side", "out" if entry.out else "in")
        self._shown = ""
        self._bar: QWidget | None = None
        self._more: QPushButton | None = None
        self._again: QPushButton | None = None
        self._make_text()
        self._make_foot()
        self._lay_out()
        self.refresh()

    def _make_text(self) -> None:
        self._text = wrapped()
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # the conversation is one stop; its rows are led by arrows
        self._text.setOpenExternalLinks(False)
        self._text.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # ours has more to offer
        self._text.linkActivated.connect(self.link)

    def _make_foot(self) -> None:
        """When, whether late, and how far it got."""
        entry = self._entry
        self._time = plain(formatting.clock(entry.at), "time")
        self._late = plain(tr("came late"), "time")
        self._late.setToolTip(tr("It came after messages that it belongs before."))
        self._late.setVisible(entry.late)
        self._spread = plain("", "time")
        self._mark = picture()
        self._note = wrapped("", "bad")
        self._note.hide()

    def _lay_out(self) -> None:
        entry = self._entry
        foot = QHBoxLayout()
        foot.setSpacing(5)
        foot.addWidget(self._late)
        foot.addStretch(1)
        foot.addWidget(self._spread)
        foot.addWidget(self._time)
        foot.addWidget(self._mark)
        inner = QVBoxLayout(self._frame)
        inner.setContentsMargins(12, 8, 12, 6)
        inner.setSpacing(2)
        self._who = wrapped(entry.who, "percent") if entry.who and not entry.out else None
        if self._who is not None:
            inner.addWidget(self._who)
        self._quote = Quote(entry) if entry.quote is not None else None
        if self._quote is not None:
            self._quote.clicked.connect(self._jump)
            inner.addWidget(self._quote)
        inner.addWidget(self._text)
        self._inner = inner
        inner.addLayout(foot)
        self._signs = wrapped("", "signs")
        self._signs.hide()
        column = QVBoxLayout()
        column.setSpacing(2)
        side = Qt.AlignmentFlag.AlignRight if entry.out else Qt.AlignmentFlag.AlignLeft
        row = QHBoxLayout()
        row.setSpacing(2)
        self._row = row
        if entry.out:
            row.addStretch(1)
        row.addWidget(self._frame)
        if not entry.out:
            row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self._signs, 0, side)
        column.addWidget(self._note)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(column)

    # --- what is shown

    def refresh(self) -> None:
        """Show how far the message got, and what stands at it."""
        entry, look = self._entry, tokens()
        if entry.text != self._shown:
            self._set_text(entry.text)
            if self._width:
                self.fit(self._width)
        quote = self._quote
        if quote is not None and entry.quote is not None and quote.show_text(entry.quote.text) and self._width:
            self.fit(self._width)
        self._mark.setVisible(entry.out)
        name = {
            Delivery.QUEUED: "clock", Delivery.SENDING: "check", Delivery.DELIVERED: "check-check",
            Delivery.READ: "eye", Delivery.REFUSED: "circle-alert",
        }.get(Delivery(entry.delivery) if entry.delivery else Delivery.RECEIVED, "check")
        self._mark.setPixmap(assets.pixmap(name, look.bubble_out_dim, em(14), self.devicePixelRatioF()))
        have, of = entry.spread
        among = tr(" · {0} of {1} have it").format(have, of) if of and have < of else ""
        spoken = {
            Delivery.QUEUED: tr("Queued: goes by itself when the device is there"),
            Delivery.SENDING: tr("On its way") + among,
            Delivery.DELIVERED: tr("Delivered"),
            Delivery.READ: tr("Read"),
            Delivery.REFUSED: tr("Not delivered"),
        }.get(Delivery(entry.delivery) if entry.delivery else Delivery.RECEIVED, "")
        self._mark.setToolTip(spoken)
        self._mark.setAccessibleName(spoken)
        self._spread.setText(f"{have}/{of}" if of and have < of else "")
        if entry.out and entry.delivery == Delivery.REFUSED and self._again is None:
            self._again = QPushButton(tr("Send again"))
            self._again.setProperty("kind", "quiet")
            self._again.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            self._again.clicked.connect(partial(self._want, "again"))
            self._inner.addWidget(self._again)
        self._note.setText(entry.note)
        self._note.setVisible(bool(entry.note))
        counts: dict[str, int] = {}
        for sign in entry.reactions.values():
            counts[sign] = counts.get(sign, 0) + 1
        self._signs.setText("  ".join(f"{escaped(sign)} {n}" if n > 1 else escaped(sign) for sign, n in counts.items()))
        self._signs.setVisible(bool(counts))
        self._fit_signs()
        self._speak(spoken)

    @property
    def frame(self) -> QWidget:
        """What is seen of it."""
        return self._frame

    def _speak(self, state: str) -> None:
        """Who, what, when and how far it got, in one sentence."""
        entry = self._entry
        who = tr("You") if entry.out else entry.who or self._name
        answers = tr("answers {0}").format(escaped(entry.quoted)) if entry.quote is not None else ""
        late = tr("came late") if entry.late else ""
        parts = (f"{who}: {escaped(entry.text[:_SPOKEN])}", formatting.clock(entry.at), state, late, answers,
                 self._signs.text(), entry.note)
        self.setAccessibleName(", ".join(part for part in parts if part))

    def fit(self, width: int) -> None:
        """Take at most a part of the timeline's width, and no more than the text needs."""
        self._width = width
        most = max(1, min(width, max(em(_LEAST), int(width * _SHARE))) - 24)
        metrics = self._text.fontMetrics()
        natural = max((metrics.horizontalAdvance(line) for line in self._text_shown()[:4000].split("\n")), default=0)
        least = metrics.horizontalAdvance("00:00 ✓✓") + 12
        if self._quote is not None:
            least = max(least, min(self._quote.natural(), most))
        if self._who is not None:
            least = max(least, min(self._who.fontMetrics().horizontalAdvance(self._who.text()) + 8, most))
        self._fit_signs()
        if self._entry.late:
            least += self._late.sizeHint().width() + 8
        chosen = max(least, min(natural + 4, most))
        self._text.setMinimumSize(0, 0)  # Qt asks for no height at less than the width that it was told before
        self._text.setFixedSize(chosen, max(metrics.height(), self._text.heightForWidth(chosen)))

    def _fit_signs(self) -> None:
        """As wide as they are, and no wider than a message may be."""
        if self._width and self._signs.text():
            most = max(1, min(self._width, max(em(_LEAST), int(self._width * _SHARE))))
            self._signs.setMinimumSize(0, 0)
            width = min(most, self._signs.fontMetrics().horizontalAdvance(self._signs.text()) + 24)
            self._signs.setFixedSize(width, self._signs.heightForWidth(width))

    def _text_shown(self) -> str:
        return showable(self._cut(), keep="\n\t")

    def _cut(self) -> str:
        text = formatting.unfenced(self._entry.text)
        if self._unfolded:
            return text[:_SEEN]
        lines = text.split("\n", _LINES + 1)
        cut = "\n".join(lines[:_LINES]) if len(lines) > _LINES + 1 else text
        return cut[:_FOLD] if len(cut) > _FOLD + 300 else cut

    def _set_text(self, text: str) -> None:
        self._shown = text
        large, code = formatting.only_emoji(text), formatting.is_code(text)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if code else None
        self._text.setFont(font_of(34 if large else 13 if code else 14, fixed))
        self._put()

    def _put(self) -> None:
        seen = self._text_shown()
        if formatting.has_link(seen):
            colour = tokens().bubble_out_text if self._entry.out else tokens().accent_ink
            self._text.setTextFormat(Qt.TextFormat.RichText)
            self._text.setText(formatting.linked(seen, colour))
        else:
            self._text.setTextFormat(Qt.TextFormat.PlainText)
            self._text.setText(seen)
        rest = len(formatting.unfenced(self._entry.text)) - len(seen)
        if (rest > 0 or self._unfolded) and self._more is None:
            self._more = QPushButton()
            self._more.setProperty("kind", "quiet")
            self._more.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            self._more.clicked.connect(self._fold)
            self._inner.insertWidget(self._inner.count() - 1, self._more)
        if self._more is not None:
            whole = formatting.size(len(self._entry.text.encode("utf-8", "replace")))
            if not self._unfolded:
                self._more.setText(tr("Show all of it ({0})").format(whole))
            elif rest > 0:
                self._more.setText(tr("Copy all of it ({0})").format(whole))
            else:
                self._more.setText(tr("Show less"))

    def _fold(self) -> None:
        if self._unfolded and len(self._entry.text) > _SEEN:
            self._want("copy")
            return
        self._unfolded = not self._unfolded
        self._put()
        self.fit(self._width)

    # --- what a person wants of it

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self._bar is None:
            self._bar = bubble_menu.bar(self._want, self._react_menu, self._menu_here)
            self._row.insertWidget(1, self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        self._bar.show()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._bar is not None:
            self._bar.hide()

    def _react_menu(self) -> None:
        menu = QMenu(self)
        bubble_menu.fill_signs(menu, self._want)
        menu.popup(self.mapToGlobal(self._frame.geometry().topLeft()))

    def menu(self) -> QMenu:
        """What can be done with it."""
        menu = QMenu(self)
        links = formatting.links(self._text_shown())[:_LINKS]
        further = [(tr("Open {0}").format(one), partial(self.link.emit, one)) for one in links]
        if self._entry.quote is not None:
            further.append((tr("Go to what it answers"), partial(self._jump)))
        if self._more is not None:
            further.append((self._more.text(), partial(self._fold)))
        bubble_menu.fill(menu, self._entry, self._want, [*further])
        return menu

    def enter(self) -> None:
        """What Enter does on it."""
        self._menu_here()

    def copy(self) -> None:
        """Into the clipboard."""
        self._want("copy")

    def _menu_here(self) -> None:
        self.menu().popup(self.mapToGlobal(self._frame.geometry().bottomLeft()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def _want(self, word: str) -> None:
        if word == "copy":
            QGuiApplication.clipboard().setText(self._text.selected() or self._entry.text)
            return
        self.wants.emit(word, self._entry)

    def _jump(self) -> None:
        if self._entry.quote is not None:
            self.jump.emit(self._entry.quote.id)


