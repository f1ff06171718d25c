"""The table of comparisons: who compares six digits with whom, how often, for how long. No I/O, no clock of its own.

One at a time, sixty seconds each, three a minute with one device: a blind guess succeeds once in a
million, and nobody gets many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lanshare.domain.commands import AnswerPairing, RequestPairing
from lanshare.domain.control_messages import ControlMessage, PairAnswer, PairBegin, PairReveal, PairStop, PairVerdict
from lanshare.domain.errors import Code
from lanshare.domain.events import PairingCodeReady, PairingEnded, PeerVerified
from lanshare.domain.peer import PeerId
from lanshare.engine.dispatch import Dispatch
from lanshare.engine.effects import Effect, Offline, Online, Publish, SendControl, Verify
from lanshare.engine.presentation import user_messages
from lanshare.exchange.pairing import Pairing, PairingBroken

SECONDS: Final = 60.0
"""How long a comparison may take."""

TRIES: Final = 3
"""Comparisons with one device within a minute."""

Spoken = PairBegin | PairAnswer | PairReveal | PairVerdict | PairStop


@dataclass(slots=True)
class Pairings:
    """The comparison under way, if any, and when the last ones began."""

    me: PeerId
    name: Callable[[PeerId], str]
    online: Callable[[PeerId], bool]
    may_prompt: Callable[[PeerId], bool] = field(default=lambda peer: True)
    """Whether this device may come before the person now: a stranger's comparison is a prompt like any other."""

    run: Pairing | None = None
    _until: float = 0.0
    _begun: dict[PeerId, list[float]] = field(default_factory=dict)
    _said: list[ControlMessage] = field(default_factory=list)
    """What was said in this run, or the last one, in order."""

    _answers: dict[Spoken, ControlMessage | None] = field(default_factory=dict)
    """What was heard in it, and answered. The nonces in it are no other run's."""

    _with: PeerId | None = None
    _verified: bool = False

    def register(self, to: Dispatch) -> None:
        """See Service."""
        to.items.on(RequestPairing, lambda item, now: self.request(item.peer, now))
        to.items.on(
            AnswerPairing,
            lambda item, now: self.give_up(item.peer) if item.same is None else self.answer(
                item.peer, item.same, item.code
            ),
        )
        to.heard.on(PairBegin, self._on)
        to.heard.on(PairAnswer, self._on)
        to.heard.on(PairReveal, self._on)
        to.heard.on(PairVerdict, self._on)
        to.heard.on(PairStop, self._on)
        to.effects.on(Online, lambda effect: self.peer_up(effect.peer))
        to.effects.on(Offline, lambda effect: self.peer_down(effect.peer))

    def _on(self, said: Spoken, peer: PeerId, now: float) -> list[Effect]:
        return self.heard(peer, said, now)

    def request(self, peer: PeerId, now: float) -> list[Effect]:
        """A person wants to compare digits with a device."""
        if self.run is not None and self.run.peer == peer:
            return [Publish(self._ready(self.run))] if self.run.code else []
        if self.run is not None or not self._may_begin(peer, now):
            return [self._ended(peer, Code.PAIR_TOO_OFTEN)]
        if not self.online(peer):
            return [self._ended(peer, Code.PEER_AWAY)]
        return [self._say(peer, self._start(peer, True, now).begin())]

    def heard(self, peer: PeerId, said: Spoken, now: float) -> list[Effect]:
        """The other device speaks of a comparison."""
        run = self.run
        bound = run is not None or isinstance(said, PairBegin | PairAnswer)
        if bound and peer == self._with and said in self._answers:
            return self._again(peer, said)
        if isinstance(said, PairBegin):
            return self._asked(peer, said, now)
        if run is None or run.peer != peer:
            return []
        if isinstance(said, PairStop):
            differs = said.code == Code.PAIR_DIFFERS
            return self._end(Code.PAIR_DIFFERS if differs else Code.PAIR_ENDED)
        had_code = bool(run.code)
        try:
            answer = run.hear(said)
        except PairingBroken:
            return self._end(Code.PAIR_BROKEN, tell_peer=True)
        effects = self._answer(peer, said, answer)
        if run.code and not had_code:
            effects.append(Publish(self._ready(run)))
        return effects + self._judged(run)

    def answer(self, peer: PeerId, same: bool, code: str = "") -> list[Effect]:
        """Our person says whether the digits are the same on both screens. `code`: the ones that were shown."""
        run = self.run
        if run is None or run.peer != peer or not run.code or run.ours is not None:
            return []
        if code and code != self._ready(run).code:
            return [Publish(self._ready(run))]
        return [self._say(peer, run.judge(same)), *self._judged(run)]

    def give_up(self, peer: PeerId) -> list[Effect]:
        """Our person wants no comparison after all."""
        if self.run is None or self.run.peer != peer:
            return []
        return self._end(Code.PAIR_ENDED, tell_peer=True)

    def peer_down(self, peer: PeerId) -> list[Effect]:
        """A peer is gone, and the comparison with it."""
        return self._end(Code.PEER_AWAY) if self.run is not None and self.run.peer == peer else []

    def peer_up(self, peer: PeerId) -> list[Effect]:
        """A peer came, perhaps by another link: what was under way on the one before may be lost, and is said again."""
        return [
            SendControl(peer, said) for said in self._said
        ] if self.run is not None and self.run.peer == peer else []

    def tick(self, now: float) -> list[Effect]:
        """What time brings: a comparison takes a minute at most."""
        return self._end(Code.PAIR_TIMEOUT, tell_peer=True) if self.run is not None and now >= self._until else []

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        return self._until if self.run is not None else None

    # --- inside

    def _asked(self, peer: PeerId, said: PairBegin, now: float) -> list[Effect]:
        run = self.run
        if run is not None and run.peer == peer and run.initiator and peer > self.me:
            return []  # both began at once: the smaller id's stands, on both sides
        if run is not None and run.peer == peer and run.initiator and not run.code:
            self.run = run = None
        elif run is not None or not self._may_begin(peer, now) or not self.may_prompt(peer):
            return [SendControl(peer, PairStop(Code.PAIR_TOO_OFTEN))]
        return self._answer(peer, said, self._start(peer, False, now).hear(said))

    def _say(self, peer: PeerId, said: ControlMessage) -> Effect:
        self._said.append(said)
        return SendControl(peer, said)

    def _answer(self, peer: PeerId, heard: Spoken, answer: ControlMessage | None) -> list[Effect]:
        self._answers[heard] = answer
        return [self._say(peer, answer)] if answer is not None else []

    def _again(self, peer: PeerId, heard: Spoken) -> list[Effect]:
        """The very same word once more, as a link was replaced: the very same answer.

        If the run is over for us, the other side may lack our verdict, or not know that it ended.
        """
        if self.run is None:
            return [SendControl(peer, self._said[-1] if self._verified else PairStop(Code.PAIR_ENDED))]
        answer = self._answers[heard]
        return [SendControl(peer, answer)] if answer is not None else []

    def _start(self, peer: PeerId, initiator: bool, now: float) -> Pairing:
        self._begun.setdefault(peer, []).append(now)
        self._until = now + SECONDS
        self._said, self._answers, self._with, self._verified = [], {}, peer, False
        self.run = Pairing(self.me, peer, initiator)
        return self.run

    def _may_begin(self, peer: PeerId, now: float) -> bool:
        self._begun = {
            one: recent for one, times in self._begun.items() if (recent := [at for at in times if now - at < 60.0])
        }
        return len(self._begun.get(peer, ())) < TRIES

    def _judged(self, run: Pairing) -> list[Effect]:
        if run.ours is False or run.theirs is False:
            return self._end(Code.PAIR_DIFFERS)
        if not run.verified:
            return []
        self.run, self._verified = None, True
        return [Verify(run.peer), Publish(PeerVerified(run.peer))]

    def _end(self, code: Code, tell_peer: bool = False) -> list[Effect]:
        run, self.run = self.run, None
        assert run is not None
        if code is Code.PAIR_BROKEN:
            self._answers = {}
        said: list[Effect] = [SendControl(run.peer, PairStop(code))] if tell_peer else []
        return [*said, self._ended(run.peer, code)]

    def _ended(self, peer: PeerId, code: Code) -> Publish:
        return Publish(PairingEnded(peer, code, user_messages.ended(code, self.name(peer))))

    def _ready(self, run: Pairing) -> PairingCodeReady:
        return PairingCodeReady(run.peer, self.name(run.peer), f"{run.code[:3]} {run.code[3:]}", run.initiator)
