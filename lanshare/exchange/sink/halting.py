"""We are the sink and cannot keep anything."""

from __future__ import annotations

from lanshare.files.faults import DiskFault
from lanshare.net.link import Outlet
from lanshare.wire import frames as f
from lanshare.wire import limits
from lanshare.wire.frames import Frame


class Halting:
    """Say Halt instead of Attached, and wait for the source to go."""

    patience = limits.HANDSHAKE
    must_hear = True

    def __init__(self, fault: DiskFault, attach: bytes | None) -> None:
        """`attach`: the transfer's id if we dialled to fetch it."""
        self.done = False
        self._fault = fault
        self._attach = attach

    def begin(self, outlet: Outlet, now: float) -> None:
        """No bytes, please."""
        if self._attach is not None:
            outlet.say(f.Attach(self._attach, "pull"))
        outlet.say(f.Halt(self._fault.code))

    def on_frame(self, frame: Frame, now: float) -> None:
        """Whatever it is, it was heard."""
        self.done = True

    def on_post(self, item: object, now: float) -> None:
        """Nothing is posted to a data link."""

    def produce(self, now: float) -> bool:
        """All is said."""
        return False

    def on_time(self, now: float) -> float | None:
        """The link's patience is the only deadline."""
        return None
