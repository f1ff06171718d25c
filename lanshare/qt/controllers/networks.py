"""The network and its troubles: whether a new one is trusted, and what stands in the way of being found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lanshare.domain import commands as c
from lanshare.domain.events import Event, NetworkTroubled, NetworkTrustRequested
from lanshare.engine.presentation.display_text import escaped
from lanshare.qt.formatting import tr
from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.state import WindowState
from lanshare.qt.widgets.banner_stack import BannerStack
from lanshare.qt.windows.conversation import ConversationPane


class NetworkController:
    """Asks in the place of a conversation, or over the one that is open. `changed` is called when it asks or does no
    more: a narrow window shows the question instead of its list."""

    HEARS: Final = (NetworkTrustRequested, NetworkTroubled)

    def __init__(
        self, pane: ConversationPane, board: BannerStack, devices: DeviceModel, state: WindowState,
        submit: Callable[[c.Command], None], changed: Callable[[], None],
    ) -> None:
        self._pane, self._board, self._devices, self._state = pane, board, devices, state
        self._submit, self._changed = submit, changed
        self._asked: NetworkTrustRequested | None = None
        pane.greeting.answered.connect(self.answer)

    @property
    def asks(self) -> bool:
        """Whether a question is open."""
        return self._asked is not None

    def apply(self, event: Event) -> None:
        """What the engine tells."""
        match event:
            case NetworkTrustRequested():
                self._ask(event)
            case NetworkTroubled():
                self.trouble(event)

    def trouble(self, event: NetworkTroubled) -> None:
        """Something is in the way, or is no more."""
        if event.message:
            self._board.show(event.code, escaped(event.message), "warn")
        else:
            self._board.drop(event.code)

    def ask_again(self) -> None:
        """Another conversation is open, or none: the question moves."""
        self._ask(self._asked)

    def answer(self, home: bool) -> None:
        """The person trusts who is on it, or does not."""
        if self._asked is not None:
            self._submit(c.AnswerNetwork(self._asked.network, home))
        self._ask(None)

    def _ask(self, event: NetworkTrustRequested | None) -> None:
        if self._asked is not None:
            self._board.drop(f"network:{self._asked.network}")
        self._asked = event
        self._pane.greet(event is not None)
        if event is not None and self._state.open is None:
            name = escaped(self._state.me.name) if self._state.me is not None else ""
            self._pane.greeting.ask(name, event.label, self._devices.rowCount() == 0)
        elif event is not None:
            text = tr(
                "This network ({0}) is new to this computer, so nobody here sees it yet. Do you trust who is on it?"
            ).format(event.label)
            self._board.show(f"network:{event.network}", text, "calm", tr("Yes, show it"),
                             lambda: self.answer(True), tr("Known devices only"), lambda: self.answer(False))
        self._changed()
