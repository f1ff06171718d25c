"""What waits for a person. A question is put once, answered once (the first answer wins), or withdrawn.

Silence means nothing is written and nothing is sent; the question stays until its peer goes or takes it back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.wire import limits


@dataclass(slots=True)
class Questions:
    """The open questions, and how many of them each peer may have."""

    _open: dict[TransferId, PeerId] = field(default_factory=dict)

    def may_ask(self, peer: PeerId, trust: TrustLevel) -> bool:
        """Whether this peer may put one more."""
        bound = limits.OFFERS_STRANGER if trust is TrustLevel.STRANGER else limits.OFFERS_PER_PEER
        return Counter(self._open.values())[peer] < bound

    def put(self, transfer: TransferId, peer: PeerId) -> None:
        """A question is before the person."""
        self._open[transfer] = peer

    def answer(self, transfer: TransferId) -> bool:
        """Take the question away; False if it was answered or withdrawn before."""
        return self._open.pop(transfer, None) is not None

    def open(self, transfer: TransferId) -> bool:
        """Whether this question is before the person."""
        return transfer in self._open

    def of(self, peer: PeerId) -> list[TransferId]:
        """The open questions of a peer."""
        return [transfer for transfer, who in self._open.items() if who == peer]
