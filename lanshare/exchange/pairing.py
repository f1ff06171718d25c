"""One comparison of six digits, as it is spoken over a control link: who says what when. No socket, no clock.

Initiator: commit -> hears a nonce -> reveals. Responder: hears the commitment -> answers with its nonce -> hears the
reveal and checks it. Then both show the digits, and each tells its person's verdict. Anything out of turn ends it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from lanshare.domain.control_messages import ControlMessage, PairAnswer, PairBegin, PairReveal, PairVerdict
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.peer import PeerId
from lanshare.trust import pairing


class PairingBroken(LanshareError):
    """The other side did not keep to the order, or its nonce is not the one it committed to."""

    def __init__(self, detail: str) -> None:
        super().__init__(Code.PAIR_BROKEN, detail)


@dataclass(slots=True)
class Pairing:
    """One run. `code` is there once both nonces are known; `verified` once both persons said that it is the same."""

    me: PeerId
    peer: PeerId
    initiator: bool
    code: str = ""
    ours: bool | None = None
    theirs: bool | None = None
    _nonce: bytes = field(default_factory=lambda: secrets.token_bytes(pairing.NONCE))
    _committed: bytes = b""
    _revealed: bool = False

    def begin(self) -> ControlMessage:
        """The first word, which is the initiator's."""
        return PairBegin(pairing.commitment(self._nonce, self.me, self.peer))

    def hear(self, said: ControlMessage) -> ControlMessage | None:
        """What the other side says; what to answer. PairingBroken if it may not be said now."""
        match said:
            case PairBegin() if not self.initiator and not self._committed:
                self._committed = said.commitment
                return PairAnswer(self._nonce)
            case PairAnswer() if self.initiator and not self._revealed:
                self._revealed = True
                self.code = pairing.digits(self.me, self.peer, self._nonce, said.nonce)
                return PairReveal(self._nonce)
            case PairReveal() if not self.initiator and self._committed and not self.code:
                if not pairing.fits(self._committed, said.nonce, self.peer, self.me):
                    raise PairingBroken("a nonce that was not committed to")
                self.code = pairing.digits(self.peer, self.me, said.nonce, self._nonce)
                return None
            case PairVerdict() if self.code and self.theirs is None:
                self.theirs = said.same
                return None
        raise PairingBroken(f"{type(said).__name__} out of turn")

    def judge(self, same: bool) -> ControlMessage:
        """Our person's verdict."""
        self.ours = same
        return PairVerdict(same)

    @property
    def verified(self) -> bool:
        """Both persons saw the same digits."""
        return self.ours is True and self.theirs is True
