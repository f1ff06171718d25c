"""Groups that strangers would have us in: each is asked about once, and a no holds until lanshare starts anew."""

from __future__ import annotations

from typing import Final

from lanshare.domain.control_messages import SignedMessage
from lanshare.domain.peer import PeerId

_OPEN: Final = 32
_DECLINED: Final = 4096

Said = tuple[PeerId, tuple[SignedMessage, ...]]
"""Who asks, and by which records."""


class Invitations:
    """What is open, and what the person said no to."""

    def __init__(self) -> None:
        self._open: dict[PeerId, Said] = {}
        self._declined: dict[PeerId, None] = {}

    def knows(self, group: PeerId) -> bool:
        """Whether the person was asked about this group."""
        return group in self._open or group in self._declined

    def ask(self, group: PeerId, peer: PeerId, records: tuple[SignedMessage, ...]) -> None:
        """The person is asked now."""
        if len(self._open) >= _OPEN:
            del self._open[next(iter(self._open))]
        self._open[group] = (peer, records)

    def answer(self, group: PeerId, joins: bool) -> Said | None:
        """The person answers: what was said, if it is a yes to something that is open."""
        said = self._open.pop(group, None)
        if said is None or joins:
            return said
        if len(self._declined) >= _DECLINED:
            del self._declined[next(iter(self._declined))]
        self._declined[group] = None
        return None
