"""What can be done with a message: the bar beside it under the pointer, and its menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from lanshare.domain.message import Delivery
from lanshare.qt import assets
from lanshare.qt.formatting import tr
from lanshare.qt.models.timeline import Entry
from lanshare.qt.theme.style import tokens

SIGNS: Final = ("👍", "❤️", "😂", "😮", "😢", "🙏")
Want = Callable[[str], None]
"""Takes a word: reply, react:SIGN, edit, take-back, delete, copy, again."""


def bar(want: Want, react: Callable[[], None], more: Callable[[], None]) -> QWidget:
    """The buttons beside a message."""
    found = QWidget()
    row = QHBoxLayout(found)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    look = tokens()
    for icon, label, act in (
        ("smile", tr("React"), react),
        ("reply", tr("Reply"), partial(want, "reply")),
        ("copy", tr("Copy"), partial(want, "copy")),
        ("ellipsis-vertical", tr("More"), more),
    ):
        button = QToolButton()
        assets.put_icon(button, icon, look.dim, 16)
        button.setToolTip(label)
        button.setAccessibleName(label)
        button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        button.clicked.connect(act)
        row.addWidget(button)
    return found


def fill_signs(menu: QMenu, want: Want) -> None:
    """The signs that can be put to a message."""
    for sign in SIGNS:
        menu.addAction(sign, partial(want, f"react:{sign}"))
    menu.addAction(tr("No reaction"), partial(want, "react:"))


def fill(menu: QMenu, entry: Entry, want: Want, further: list[tuple[str, Callable[[], None]]]) -> None:
    """All that can be done; `further`: what this row offers besides, by its words."""
    menu.addAction(tr("Reply"), partial(want, "reply"))
    fill_signs(menu.addMenu(tr("React")), want)
    menu.addAction(tr("Copy"), partial(want, "copy"))
    for label, act in further:
        menu.addAction(label, act)
    menu.addSeparator()
    if entry.out and entry.delivery == Delivery.QUEUED:
        menu.addAction(tr("Edit"), partial(want, "edit"))
        menu.addAction(tr("Take back"), partial(want, "take-back"))
        return
    if entry.out and entry.delivery == Delivery.REFUSED:
        menu.addAction(tr("Send again"), partial(want, "again"))
    menu.addAction(tr("Delete here"), partial(want, "delete"))
