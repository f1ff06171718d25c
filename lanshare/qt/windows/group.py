"""A group: found one, or see and change who is in it. And the same words to several, without one.

Signals: act(object) with the command that the person wants; said(object, str) with whom to tell what.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lanshare.domain import commands as c
from lanshare.domain.groups import NAME
from lanshare.domain.message import TEXT_MOST, MessageId
from lanshare.domain.peer import PeerId, short_id
from lanshare.qt.formatting import tr
from lanshare.qt.models.device_row import Device
from lanshare.qt.widgets.buttons import Buttons
from lanshare.qt.widgets.form import MarkList
from lanshare.qt.widgets.labels import wrapped
from lanshare.qt.widgets.tall import fit, stacked


class GroupDialog(QDialog):
    """Name and members. What is pressed is asked of the engine; who came in before us cannot be taken out by us."""

    act = Signal(object)

    def __init__(
        self, devices: Sequence[Device], me: PeerId | None, group: Device | None = None, chosen: Sequence[PeerId] = (),
        parent: QWidget | None = None,
    ) -> None:
        """`group` None: a new one, with `chosen` marked already."""
        super().__init__(parent)
        self._group, self._me = group, me
        title = tr("New group") if group is None else tr("Group")
        self.setWindowTitle(title)
        self._name = QLineEdit()
        self._name.setMaxLength(NAME)
        self._name.setPlaceholderText(tr("What is the group called?"))
        self._name.setAccessibleName(tr("Name of the group"))
        self._name.textChanged.connect(self._check)
        self._list = MarkList(tr("Members"))
        self._list.itemChanged.connect(self._check)
        names = {one.id: one.name for one in devices}
        members = set(group.members) if group is not None else set(chosen)
        shown = [one for one in devices if not one.group and one.trust != "blocked"]
        for device in shown:
            self._add(device.id, _named(device), device.id in members)
        for peer in sorted(members - {one.id for one in shown} - {me or PeerId("")}):
            self._add(peer, names.get(peer, short_id(peer)), True)
        self._message = wrapped("", "dim")
        self._save = QPushButton(tr("Create the group") if group is None else tr("Save"))
        self._save.setProperty("kind", "main")
        self._save.setDefault(True)
        self._save.clicked.connect(self._apply)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        left = []
        if group is not None and group.mine:
            leave = QPushButton(tr("Leave the group"))
            leave.setAutoDefault(False)
            leave.clicked.connect(self._leave)
            left.append(leave)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(wrapped(title, "title"))
        column.addWidget(self._name)
        column.addWidget(wrapped(tr("Members, and you:"), "section"))
        column.addWidget(self._list, 1)
        column.addWidget(self._message)
        stacked(self, column, (22, 20, 22, 16), 400).addWidget(Buttons(cancel, self._save, left=left))
        if group is not None:
            self._name.setText(group.said)
            self._name.setEnabled(group.mine)
            self._list.setEnabled(group.mine)
        self._check()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def _add(self, peer: PeerId, name: str, inside: bool) -> None:
        fixed = self._fixed(peer)
        self._list.add(peer, tr("{0} · in it before you").format(name) if fixed else name, inside, fixed)

    def _fixed(self, peer: PeerId) -> str:
        """Why this one cannot be taken out; empty if it can."""
        inside = self._group.members if self._group is not None else ()
        if self._me not in inside or peer not in inside or inside.index(peer) > inside.index(self._me):
            return ""
        return tr("In the group before you: only by whoever was in it even earlier can it be taken out.")

    def members(self) -> tuple[PeerId, ...]:
        """Whoever is marked."""
        return tuple(map(PeerId, self._list.marked()))

    def _check(self) -> None:
        whole = bool(self._name.text().strip()) and bool(self.members())
        ours = self._group is None or self._group.mine
        self._save.setEnabled(whole and ours)
        if not ours:
            self._message.setText(tr("You are not in this group any more. What was said before stays."))
        elif self._group is None:
            self._message.setText(tr(
                "Everyone in it can add and rename. Whoever came in earlier can remove whoever came in later."
            ))
        else:
            self._message.setText(tr("Whoever comes in sees what is said from then on."))

    def _apply(self) -> None:
        fresh, name, members = MessageId(secrets.token_hex(16)), self._name.text(), self.members()
        if self._group is None:
            self.act.emit(c.CreateGroup(fresh, name, members))
        else:
            before = [one for one in self._group.members if one != self._me]
            add = tuple(one for one in members if one not in before)
            remove = tuple(one for one in before if one not in members)
            renamed = name if name != self._group.said else ""
            self.act.emit(c.ChangeGroup(fresh, self._group.id, renamed, add, remove))
        self.accept()

    def _leave(self) -> None:
        if self._group is not None and self._me is not None:
            self.act.emit(c.ChangeGroup(MessageId(secrets.token_hex(16)), self._group.id, remove=(self._me,)))
        self.accept()


class SeveralDialog(QDialog):
    """Say the same to several devices, each on its own: no group is made of them."""

    said = Signal(object, str)

    def __init__(self, devices: Sequence[Device], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Write to several"))
        self._list = MarkList(tr("To whom"))
        for device in devices:
            if device.trust == "blocked" or not device.mine:
                continue
            self._list.add(device.id, _named(device), False)
        self._text = QPlainTextEdit()
        self._text.setAccessibleName(tr("Message"))
        self._text.setTabChangesFocus(True)
        self._text.setPlaceholderText(tr("Each gets it in a conversation of its own."))
        self._text.setFixedHeight(self._text.fontMetrics().lineSpacing() * 5 + 16)
        self._message = wrapped("", "bad")
        self._send = QPushButton(tr("Send"))
        self._send.setProperty("kind", "main")
        self._send.clicked.connect(self._apply)
        cancel = QPushButton(tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(wrapped(tr("Write to several"), "title"))
        column.addWidget(self._list, 1)
        column.addWidget(self._text)
        column.addWidget(self._message)
        stacked(self, column, (22, 20, 22, 16), 400).addWidget(Buttons(cancel, self._send))
        self._list.itemChanged.connect(self._check)
        self._text.textChanged.connect(self._check)
        self._check()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit(self)

    def _check(self) -> None:
        text = self._text.toPlainText()
        fits = len(text.encode("utf-8", "replace")) <= TEXT_MOST
        self._message.setText("" if fits else tr("A message has at most 1 MiB. Send it as a file."))
        self._message.setVisible(not fits)
        self._send.setEnabled(fits and bool(self._list.marked() and text.strip()))

    def _apply(self) -> None:
        self.said.emit(tuple(PeerId(peer) for peer in self._list.marked()), self._text.toPlainText())
        self.accept()


def _named(device: Device) -> str:
    return f"{device.name} · {short_id(device.id)}" if device.twin else device.name
