"""How often strangers may come before the person: offers, texts and groups alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.peer import PeerId
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
