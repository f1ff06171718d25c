"""What waits for a person. A question is put once, answered once (the first answer wins), or withdrawn.

Silence means nothing is written and nothing is sent; the question stays until its peer goes or takes it back.
A stranger may ask, not flood: one question at a time, three prompts a minute, and all strangers together are bounded
as well, as keys cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.peer import PeerId, TrustLevel
from lanshare.domain.transfer import TransferId
from lanshare.wire import limits

_BEHIND: Final = 2.0
"""Seconds in which what is under way behind a refused text arrives."""


@dataclass(slots=True)
class PromptRateLimiter:
    """When strangers came before the person last: offers and texts alike. Times in seconds of any one clock."""

    _recent: list[tuple[float, PeerId]] = field(default_factory=list)
    _refused: dict[PeerId, float] = field(default_factory=dict)

    def may(self, peer: PeerId, now: float) -> bool:
        """Whether this stranger may come before the person once more; if so it counts.

        What was said behind something that was refused is refused as well, though the minute should be over just then:
        its sender says all of it again, in order.
        """
        self._recent = [(at, who) for at, who in self._recent if 0.0 <= now - at < limits.PROMPTS_WITHIN]
        self._refused = {who: at for who, at in self._refused.items() if 0.0 <= now - at < _BEHIND}
        if peer in self._refused:
            return False
        mine = sum(who == peer for _, who in self._recent)
        if mine >= limits.STRANGER_PROMPTS or len(self._recent) >= limits.STRANGERS_PROMPTS:
            self._refused[peer] = now
            return False
        self._recent.append((now, peer))
        return True


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
