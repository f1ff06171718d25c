"""What waits for a person. A question is put once, answered once (the first answer wins), or withdrawn.

Silence means nothing is written and nothing is sent; the question stays until its peer goes or takes it back.
A stranger may ask, not flood: one question at a time, three prompts a minute, and all strangers together are bounded
as well, as keys cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.engine.prompt_limit import PromptRateLimiter
from lanshare.wire import limits


@dataclass(slots=True)
class PendingOffers:
    """The open questions, and how many of them each peer may have."""

    trust: Callable[[PeerId], TrustLevel] = field(default=lambda peer: TrustLevel.KNOWN)
    prompts: PromptRateLimiter = field(default_factory=PromptRateLimiter)
    _open: dict[TransferId, PeerId] = field(default_factory=dict)

    def may_ask(self, peer: PeerId, trust: TrustLevel, now: float) -> bool:
        """Whether this peer may put one more; for a stranger it counts as a prompt."""
        mine = Counter(self._open.values())[peer]
        if trust is not TrustLevel.STRANGER:
            return mine < limits.OFFERS_PER_PEER
        strange = sum(self.trust(who) is TrustLevel.STRANGER for who in self._open.values())
        if mine >= limits.OFFERS_STRANGER or strange >= limits.STRANGERS_OPEN:
            return False
        return self.prompts.may(peer, now)

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
