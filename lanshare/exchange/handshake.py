"""The greeting: version, proof, names. The acceptor was proven by TLS; the dialler proves itself here.

The dialler checks whom it reached before it says who it is; the acceptor says its name only to a proven device.

An acceptor that hides shows a throwaway certificate (a veil). Then the dialler has to say first who it is: if it wants
one device, it seals its Proof for that one's key, so that nobody else learns anything from it. The acceptor proves
itself to those that it admits; all others, whatever they said and know, get one and the same refusal.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError, ProtocolError, VersionDiffers
from lanshare.domain.peer import DeviceKind, PeerId, clean_name, short_id
from lanshare.net.link import Outlet
from lanshare.trust import proof, sealing
from lanshare.trust.identity import Identity, id_of_key, is_veil, key_of_certificate, same
from lanshare.wire import codec, limits
from lanshare.wire.frames import NUMBERS, VERSION, Bye, Challenge, Frame, Hello, Proof, Refusal, Sealed

_OURS = f"{VERSION}-{VERSION}"
_RELEASE: Final = "lanshare/"
"""How the capability begins that tells of a program."""


class DeviceInfo(Struct, frozen=True):
    """What a device says of itself once both are proven. `instance`: 16 random bytes of this run of the engine."""

    name: str
    kind: DeviceKind
    system: str
    port: int
    instance: bytes
    note: str = ""
    """What its person wants others to see beside its name."""

    release: str = ""
    """Which lanshare it runs; empty where that is not told."""

    def of_release(self, release: str) -> DeviceInfo:
        """The same, with this told as well."""
        return replace(self, release=release)


class AuthenticatedPeer(Struct, frozen=True):
    """Whom we talk to: proven id, hints beside it."""

    id: PeerId
    facts: DeviceInfo
    purpose: str
    key: bytes = b""
    """Its public key (SubjectPublicKeyInfo, DER)."""


def hello(facts: DeviceInfo, purpose: str) -> Hello:
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
        capabilities=(f"{_RELEASE}{facts.release}"[: limits.WORD],) if facts.release else (),
    )


def release_in(capabilities: Sequence[str]) -> str:
    """Which lanshare a Hello tells of; empty if it tells of none."""
    return next((one.removeprefix(_RELEASE) for one in capabilities if one.startswith(_RELEASE)), "")


def _guest(key: bytes, said: Hello) -> AuthenticatedPeer:
    if said.version != VERSION:
        raise VersionDiffers(_OURS, str(said.version))
    peer = id_of_key(key)
    facts = DeviceInfo(
        clean_name(said.name, short_id(peer)),
        DeviceKind.of(said.kind),
        clean_name(said.system),
        said.port,
        said.instance,
        clean_name(said.note),
    )
    return AuthenticatedPeer(peer, facts, said.purpose, key)


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

_LATER: Final = 0.1
"""Seconds after which one that hides refuses: more than any word of a stranger can make it work."""

_BLUR: Final = 0.025
"""Four times so much later at most, at random: what some words make it work longer cannot be told from some hundred
answers. A sum has no edge, as a single number would, that the earliest answers give away."""

_random: Final = random.SystemRandom()

_RUN: Final = re.compile(r"[0-9a-f]{32}")


class _Greeting:
    """What both sides share."""

    patience = limits.HANDSHAKE
    must_hear = True

    def __init__(self, identity: Identity, facts: DeviceInfo) -> None:
        self.done = False
        self.guest: AuthenticatedPeer | None = None
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
    """We are the dialler: we know the acceptor's key already, unless it hides, and prove ours."""

    def __init__(
        self,
        identity: Identity,
        facts: DeviceInfo,
        purpose: str,
        server_certificate: bytes,
        expect: str | None,
        blocked: Collection[str] = (),
        keys: Mapping[PeerId, bytes] = {},
        may_tell: Callable[[PeerId], bool] = lambda peer: True,
    ) -> None:
        """`expect`: the id, or its first characters, that must answer: IdentityDiffers before we say a word, and so is
        BLOCKED for one of these ids. HIDDEN, and we say nothing either, if it hides and `keys` has not the one of whom
        we expect. Our own key is asked further: only another run of ours with it is a copy. `may_tell`: whether this
        device is told who we are, asked again before each word that does; HIDDEN if not."""
        super().__init__(identity, facts)
        self._purpose = purpose
        self._certificate = server_certificate
        self._expect, self._blocked, self._may_tell = expect, blocked, may_tell
        self._nonces = b"", b""
        self._hides = is_veil(server_certificate)
        self._key = b""
        self._reader = b""
        if self._hides:
            self._reader = keys.get(PeerId(expect or ""), b"")
            if expect is not None and not self._reader:
                raise LanshareError(Code.HIDDEN)
        else:
            self._met(key_of_certificate(server_certificate))
        self._mirror = not self._hides and same(id_of_key(self._key), identity.id)

    def begin(self, outlet: Outlet, now: float) -> None:
        """The acceptor speaks first."""
        self._outlet = outlet

    def on_frame(self, frame: Frame, now: float) -> None:
        """Challenge, the Proof of an acceptor that hides, then the acceptor's Hello."""
        if self._mirror and isinstance(frame, Refusal | Hello):
            # Somebody may lead our own dial back to us, so that only another run proves another holder of our key.
            word, _, run = frame.detail.partition(" ") if isinstance(frame, Refusal) else ("", "", "")
            other = word == OURSELVES and _RUN.fullmatch(run) is not None and run != self._facts.instance.hex()
            raise LanshareError(Code.PEER_UNKNOWN, COPIED if other else OURSELVES)
        if isinstance(frame, Refusal):
            raise refused(frame)
        if isinstance(frame, Challenge):
            _require_version(frame.lowest, frame.highest)
            self._check_open()
            self._out.say(self._proof(frame.nonce))
        elif isinstance(frame, Proof):
            if not self._hides or self._key:
                raise ProtocolError("a proof that was not asked for")
            self._met(proof.check_revealed(
                self._certificate, self._identity.certificate, *self._nonces, frame.certificate, frame.signature
            ))
        elif isinstance(frame, Hello):
            if not self._key:
                raise ProtocolError("a name without a proof")
            self._check_open()
            self.guest = _guest(self._key, frame)
            self._out.say(hello(self._facts, self._purpose))
            self.done = True
        elif isinstance(frame, Bye):
            raise ProtocolError("goodbye before hello")

    def _check_open(self) -> None:
        """We may hide since this dial began."""
        if self._key and not self._may_tell(id_of_key(self._key)):
            raise LanshareError(Code.HIDDEN)

    def _met(self, key: bytes) -> None:
        """This key answers: is it the one that we want?"""
        peer = id_of_key(key)
        if self._expect is not None and not same(peer[: len(self._expect)], self._expect):
            raise IdentityDiffers(self._expect, peer)
        if peer in self._blocked:
            raise LanshareError(Code.BLOCKED)
        if self._hides and same(peer, self._identity.id):
            raise LanshareError(Code.PEER_UNKNOWN, OURSELVES)
        self._key = key

    def _proof(self, theirs: bytes) -> Proof | Sealed:
        ours = secrets.token_bytes(32)
        self._nonces = theirs, ours
        signature = proof.prove(self._identity, self._certificate, theirs, ours)
        plain = Proof(ours, self._identity.certificate, signature, VERSION, VERSION)
        if not self._reader:
            return plain
        body = codec.encode(plain)[codec.HEADER.size :]
        return Sealed(*sealing.seal(self._reader, self._certificate, theirs, body))


class Accepting(_Greeting):
    """We are the acceptor: we challenge whoever dialled and say our name only to a proven device."""

    def __init__(
        self,
        identity: Identity,
        facts: DeviceInfo,
        admits: Callable[[PeerId], bool] = lambda peer: True,
        veil: Identity | None = None,
    ) -> None:
        """`admits`: whether a proven device is told who we are. `veil`: what TLS showed instead of our certificate."""
        super().__init__(identity, facts)
        self._admits, self._veil = admits, veil
        self._refusal: Refusal | None = None
        self._refuse_at = 0.0
        self._shown = identity.certificate if veil is None else veil.certificate
        self._nonce = secrets.token_bytes(32)
        self._key = b""
        self._other = b""
        """What is looked at in the place of what cannot be read; made for everybody, so that nobody waits for it."""

        if veil is not None:
            other = Proof(self._nonce, veil.certificate, veil.sign(self._nonce), VERSION, VERSION)
            self._other = codec.encode(other)[codec.HEADER.size :]

    def begin(self, outlet: Outlet, now: float) -> None:
        """Challenge."""
        self._outlet = outlet
        outlet.say(Challenge(self._nonce, VERSION, VERSION))

    def on_frame(self, frame: Frame, now: float) -> None:
        """Proof, then the dialler's Hello."""
        if isinstance(frame, Refusal):
            raise refused(frame)
        if self._refusal is not None:
            return
        self._refuse_at = now + _LATER + sum(_random.uniform(0.0, _BLUR) for _ in range(4))
        if isinstance(frame, Proof):
            if not frame.lowest <= VERSION <= frame.highest:
                self._refuse(Code.VERSION, f"{_OURS} here, {frame.lowest}-{frame.highest} there")
                return
            self._prove(frame, self._checked(frame))
        elif isinstance(frame, Sealed):
            if self._veil is None:
                raise ProtocolError("sealed for one that does not hide")
            opened = self._unsealed(frame)
            if opened is None:
                self._refuse(Code.HIDDEN)
            else:
                self._prove(*opened)
        elif isinstance(frame, Hello):
            self.guest = _guest(self._key, frame)
            self.done = True
        elif isinstance(frame, Bye):
            raise ProtocolError("goodbye before hello")

    def _checked(self, frame: Proof) -> bytes:
        """The public key of the dialler. ProtocolError if it does not hold it."""
        return proof.check(self._shown, frame.certificate, self._nonce, frame.nonce, frame.signature)

    def _unsealed(self, frame: Sealed) -> tuple[Proof, bytes] | None:
        """What was sealed for us, and its dialler's key. None if it is for somebody else, or not good: nobody may see
        which, so that the work is the same."""
        body = sealing.unseal(self._identity, self._shown, self._nonce, frame.point, frame.body) or None
        try:
            said = codec.decode(NUMBERS[Proof], memoryview(body or self._other))
        except ProtocolError:
            body, said = None, codec.decode(NUMBERS[Proof], memoryview(self._other))
        assert isinstance(said, Proof)
        good = body is not None and said.lowest <= VERSION <= said.highest
        try:
            key = self._checked(said)
        except ProtocolError:
            return None
        return (said, key) if good else None

    def _prove(self, frame: Proof, key: bytes) -> None:
        """The dialler has this key: does it learn who we are?"""
        peer = id_of_key(key)
        if self._veil is not None:
            if same(peer, self._identity.id) or not self._admits(peer):
                self._refuse(Code.HIDDEN)
                return
            signature = proof.reveal(self._identity, self._shown, frame.certificate, self._nonce, frame.nonce)
            self._out.say(Proof(self._nonce, self._identity.certificate, signature, VERSION, VERSION))
        elif same(peer, self._identity.id):
            self._refuse(Code.PEER_UNKNOWN, f"{OURSELVES} {self._facts.instance.hex()}")
            return
        elif not self._admits(peer):
            self._refuse(Code.HIDDEN)
            return
        self._key = key
        self._out.say(hello(self._facts, "control"))

    def _refuse(self, code: Code, detail: str = "") -> None:
        self._refusal = Refusal(code, detail)
        if self._veil is None:
            self._say_no(self._refusal)

    def _say_no(self, refusal: Refusal) -> None:
        self._out.say(refusal)
        self.done = True

    def on_time(self, now: float) -> float | None:
        """While we hide, a refusal comes so long after what it answers, whatever work that was."""
        if self._refusal is None or self.done:
            return None
        if now >= self._refuse_at:
            self._say_no(self._refusal)
            return None
        return self._refuse_at
