"""The control link: presence, texts, offers, answers. Both sides are equals; each pings and listens for silence.

What frames say is in translation.py; what it means is the engine's matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.peer import PeerId
from lanshare.exchange.handshake import DeviceInfo, hello, refused
from lanshare.exchange.translation import Ends, heard, said
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame

Hear = Callable[[ControlMessage], bool | None]
"""Takes what the peer says; False: no more for now."""

_REST: Final = 0.02
"""Seconds until it is looked again whether there is room for more of what the peer says."""


class SayBye:
    """Posted to a control link: say goodbye and end."""


class Control:
    """We are equals on this link; `hear` gets what the peer says."""

    patience = limits.AWAY_AFTER
    must_hear = True

    def __init__(self, me: PeerId, peer: PeerId, hear: Hear, has_room: Callable[[], bool] = lambda: True) -> None:
        """`has_room`: whether more may be heard again, asked after `hear` said no."""
        self.done = False
        self.left = False
        """The peer said goodbye."""
        self._ends = Ends(me, peer)
        self._hear = hear
        self._outlet: Outlet | None = None
        self._next_ping = 0.0
        self._pings = 0
        self._has_room = has_room
        self._rests = False

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    def begin(self, outlet: Outlet, now: float) -> None:
        """The link is open; the first ping goes at once, so that the other side hears us soon."""
        self._outlet = outlet
        self._next_ping = now

    def on_time(self, now: float) -> float | None:
        """Ping."""
        if now >= self._next_ping and not self.done:
            self._next_ping = now + limits.PING_EVERY
            self._pings += 1
            self._out.say(f.Ping(self._pings))
        if self._rests:
            self._rests = not self._has_room()
            if self._rests:
                self._out.rest(now + _REST)
                return min(self._next_ping, now + _REST)
        return self._next_ping

    def produce(self, now: float) -> bool:
        """A control link carries no bulk."""
        return False

    def on_post(self, item: Any, now: float) -> None:
        """The engine says something to the peer."""
        if self.done:
            return
        if isinstance(item, SayBye):
            self._out.say(f.Bye())
            self.done = True
        elif isinstance(item, DeviceInfo):
            self._out.say(hello(item, "control"))
        else:
            self._out.say(said(item, self._ends))

    def on_frame(self, frame: Frame, now: float) -> None:
        """The peer says something to us."""
        match frame:
            case f.Ping():
                self._out.say(f.Pong(frame.number))
            case f.Pong():
                pass
            case f.Bye():
                self.left = True
                self.done = True
            case f.Refusal():
                raise refused(frame)
            case _:
                self._take(now, heard(frame, self._ends))

    def _take(self, now: float, message: ControlMessage) -> None:
        if self._hear(message) is False and self._outlet is not None:
            self._rests = True
            self._out.rest(now + _REST)
