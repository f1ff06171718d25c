"""A data link that somebody dialled to us: which transfer it is about. What is done about it, the engine says."""

from __future__ import annotations

from lanshare.domain.errors import ProtocolError
from lanshare.exchange.handshake import refused
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame


class Reception:
    """We are the acceptor of a data link: we wait for its Attach."""

    patience = limits.HANDSHAKE
    must_hear = True

    def __init__(self) -> None:
        self.done = False
        self.attach: f.Attach | None = None

    def begin(self, outlet: Outlet, now: float) -> None:
        """The dialler speaks."""

    def on_post(self, item: object, now: float) -> None:
        """Nothing is posted to a data link."""

    def produce(self, now: float) -> bool:
        """We only listen."""
        return False

    def on_time(self, now: float) -> float | None:
        """The link's patience is the only deadline."""
        return None

    def on_frame(self, frame: Frame, now: float) -> None:
        """Attach, or nothing."""
        if isinstance(frame, f.Refusal):
            raise refused(frame)
        if not isinstance(frame, f.Attach):
            raise ProtocolError(type(frame).__name__)
        self.attach = frame
        self.done = True


class Refusing:
    """We say no to a data link, and why."""

    patience = limits.HANDSHAKE
    must_hear = False

    def __init__(self, code: str) -> None:
        self.done = False
        self._code = code

    def begin(self, outlet: Outlet, now: float) -> None:
        """No."""
        outlet.say(f.Refusal(self._code))
        self.done = True

    def on_post(self, item: object, now: float) -> None:
        """Nothing is posted to a data link."""

    def produce(self, now: float) -> bool:
        """All is said."""
        return False

    def on_time(self, now: float) -> float | None:
        """The link's patience is the only deadline."""
        return None

    def on_frame(self, frame: Frame, now: float) -> None:
        """Nothing that is said now matters."""
