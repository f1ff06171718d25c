"""The greeting: version, proof, names. The acceptor was proven by TLS; the dialler proves itself here.

The dialler checks whom it reached before it says who it is; the acceptor says its name only to a proven device.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection
from typing import Final

from msgspec import Struct

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError, ProtocolError, VersionDiffers
from lanshare.domain.peer import DeviceKind, PeerId, clean_name
from lanshare.net.link import Outlet
from lanshare.trust import proof
from lanshare.trust.identity import Identity, id_of_certificate, same
from lanshare.wire import limits
from lanshare.wire.frames import VERSION, Bye, Challenge, Frame, Hello, Proof, Refusal

_OURS = f"{VERSION}-{VERSION}"


class Facts(Struct, frozen=True):
    """What a device says of itself once both are proven. `instance`: 16 random bytes of this run of the engine."""

    name: str
    kind: DeviceKind
    system: str
    port: int
    instance: bytes
    note: str = ""
    """What its person wants others to see beside its name."""


class Guest(Struct, frozen=True):
    """Whom we talk to: proven id, hints beside it."""

    id: PeerId
    facts: Facts
    purpose: str


def hello(facts: Facts, purpose: str) -> Hello:
    """What we say of ourselves."""
    return Hello(
        version=VERSION,
        name=facts.name[: limits.LABEL],
        kind=facts.kind.value,
        system=facts.system[: limits.LABEL],
        port=facts.port,
        instance=facts.instance,
        purpose="data" if purpose == "data" else "control",
        note=facts.note[: limits.LABEL],
    )


def _guest(peer: PeerId, said: Hello) -> Guest:
    if said.version != VERSION:
        raise VersionDiffers(_OURS, str(said.version))
    facts = Facts(
        clean_name(said.name, peer[:8]),
        DeviceKind.of(said.kind),
        clean_name(said.system),
        said.port,
        said.instance,
        clean_name(said.note),
    )
    return Guest(peer, facts, said.purpose)


def _require_version(lowest: int, highest: int) -> None:
    if not lowest <= VERSION <= highest:
        raise VersionDiffers(_OURS, f"{lowest}-{highest}")


def refused(frame: Refusal) -> LanshareError:
    """What a peer's Refusal means here."""
    try:
        return LanshareError(Code(frame.code), frame.detail)
    except ValueError:
        return LanshareError(Code.PROTOCOL, f"refused: {frame.code}")


OURSELVES: Final = "ourselves"
"""Detail of a Refusal, with the run that says it, and of the error: our own key answered or dialled."""

COPIED: Final = "copied"
"""Detail of the error: our own key answered, and it was not this run of ours."""

_RUN: Final = re.compile(r"[0-9a-f]{32}")


class _Greeting:
    """What both sides share."""

    patience = limits.HANDSHAKE
    must_hear = True

    def __init__(self, identity: Identity, facts: Facts) -> None:
        self.done = False
        self.guest: Guest | None = None
        self._identity = identity
        self._facts = facts
        self._outlet: Outlet | None = None

    @property
    def _out(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    def on_post(self, item: object, now: float) -> None:
        """Nobody posts to a link that is still greeting."""

    def produce(self, now: float) -> bool:
        """A greeting says nothing unasked."""
        return False

    def on_time(self, now: float) -> float | None:
        """The link's patience is the only deadline."""
        return None


class Dialling(_Greeting):
    """We are the dialler: we know the acceptor's key already and prove ours."""

    def __init__(
        self,
        identity: Identity,
        facts: Facts,
        purpose: str,
        server_certificate: bytes,
        expect: str | None,
        blocked: Collection[str] = (),
    ) -> None:
        """`expect`: the id, or its first characters, that must answer: IdentityDiffers before we say a word, and so is
        BLOCKED for one of these ids. Our own key is asked further: only another run of ours with it is a copy."""
        super().__init__(identity, facts)
        self._purpose = purpose
        self._certificate = server_certificate
        self._peer = id_of_certificate(server_certificate)
        if expect is not None and not same(self._peer[: len(expect)], expect):
            raise IdentityDiffers(expect, self._peer)
        if self._peer in blocked:
            raise LanshareError(Code.BLOCKED)
        self._mirror = same(self._peer, identity.id)

    def begin(self, outlet: Outlet, now: float) -> None:
        """The acceptor speaks first."""
        self._outlet = outlet

    def on_frame(self, frame: Frame, now: float) -> None:
        """Challenge, then the acceptor's Hello."""
        if self._mirror and isinstance(frame, Refusal | Hello):
            # Somebody may lead our own dial back to us, so that only another run proves another holder of our key.
            word, _, run = frame.detail.partition(" ") if isinstance(frame, Refusal) else ("", "", "")
            other = word == OURSELVES and _RUN.fullmatch(run) is not None and run != self._facts.instance.hex()
            raise LanshareError(Code.PEER_UNKNOWN, COPIED if other else OURSELVES)
        if isinstance(frame, Refusal):
            raise refused(frame)
        if isinstance(frame, Challenge):
            _require_version(frame.lowest, frame.highest)
            nonce = secrets.token_bytes(32)
            signature = proof.prove(self._identity, self._certificate, frame.nonce, nonce)
            self._out.say(Proof(nonce, self._identity.certificate, signature, VERSION, VERSION))
        elif isinstance(frame, Hello):
            self.guest = _guest(self._peer, frame)
            self._out.say(hello(self._facts, self._purpose))
            self.done = True
        elif isinstance(frame, Bye):
            raise ProtocolError("goodbye before hello")


class Accepting(_Greeting):
    """We are the acceptor: we challenge whoever dialled and say our name only to a proven device."""

    def __init__(
        self, identity: Identity, facts: Facts, admits: Callable[[PeerId], bool] = lambda peer: True
    ) -> None:
        """`admits`: whether a proven device is told who we are."""
        super().__init__(identity, facts)
        self._admits = admits
        self._nonce = secrets.token_bytes(32)
        self._peer: PeerId | None = None

    def begin(self, outlet: Outlet, now: float) -> None:
        """Challenge."""
        self._outlet = outlet
        outlet.say(Challenge(self._nonce, VERSION, VERSION))

    def on_frame(self, frame: Frame, now: float) -> None:
        """Proof, then the dialler's Hello."""
        if isinstance(frame, Refusal):
            raise refused(frame)
        if isinstance(frame, Proof):
            if not frame.lowest <= VERSION <= frame.highest:
                self._out.say(Refusal(Code.VERSION, f"{_OURS} here, {frame.lowest}-{frame.highest} there"))
                self.done = True
                return
            self._peer = proof.check(
                self._identity.certificate, frame.certificate, self._nonce, frame.nonce, frame.signature
            )
            if same(self._peer, self._identity.id):
                self._out.say(Refusal(Code.PEER_UNKNOWN, f"{OURSELVES} {self._facts.instance.hex()}"))
                self.done = True
                return
            if not self._admits(self._peer):
                self._out.say(Refusal(Code.HIDDEN))
                self.done = True
                return
            self._out.say(hello(self._facts, "control"))
        elif isinstance(frame, Hello):
            assert self._peer is not None
            self.guest = _guest(self._peer, frame)
            self.done = True
        elif isinstance(frame, Bye):
            raise ProtocolError("goodbye before hello")
