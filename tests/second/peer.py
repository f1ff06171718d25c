"""A peer of its own: key and certificate, TLS, the greeting in both roles, control links, texts and the six digits."""

from __future__ import annotations

import datetime
import os
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .words import (
    Broken,
    Frame,
    Record,
    Value,
    commitment,
    digits,
    frame,
    id_of,
    number,
    packed,
    pair_conversation,
    raw,
    read_frame,
    revealed,
    sealed_info,
    several,
    text,
    transcript,
)

ALPN = "lanshare/1"
HOST = "127.0.0.1"
VERSION = 1
PATIENCE = 60.0
"""Seconds until what must come counts as missing: beside other work a new process takes long to speak."""

PING_EVERY = 2.0
AWAY = 7.0
GREETING = 5.0
ECDSA = ec.ECDSA(hashes.SHA256())
Found = TypeVar("Found")


class Refused(Exception):
    """The other side refused, with this code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Gone(Exception):
    """The link ended, or nothing came in time."""


def public(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as SubjectPublicKeyInfo, DER."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def p256(key: object) -> ec.EllipticCurvePublicKey:
    """A public key, if it is one that the paper allows."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Broken("not a P-256 key")
    return key


def record_of(fields: list[Value]) -> Record:
    """A record from the fields of Text, also as GroupRecords has them, if its signature is right."""
    author, conversation, name, sequence, parents, lamport, sent_at_ms, body, signature, kind, about = fields[:11]
    record = Record(
        raw(author), raw(conversation), raw(name), number(sequence), tuple(raw(one) for one in several(parents)),
        number(lamport), number(sent_at_ms), text(body), text(kind), raw(about),
    )  # fmt: skip
    key = p256(serialization.load_der_public_key(record.author))
    key.verify(raw(signature), record.canonical(), ECDSA)
    return record


class Link:
    """One TLS connection: frames out, and in as they come."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self.sock = sock
        self.inbox: deque[Frame] = deque()
        self.heard: list[str] = []  # the names of all frames so far
        self.proven = self.ended = False
        self.purpose = ""
        self.peer_key = b""
        self.hello: Frame | None = None
        self.heard_at = self.pinged = time.monotonic()
        self.pings = 0
        self._buffer = bytearray()

    @property
    def peer_id(self) -> str:
        return id_of(self.peer_key)

    def say(self, name: str, *values: object) -> None:
        """Say a frame."""
        self.send(frame(name, *values))

    def send(self, whole: bytes) -> None:
        """Send a frame that is made already."""
        try:
            self.sock.settimeout(10)
            self.sock.sendall(whole)
        except OSError as error:
            self.ended = True
            raise Gone(f"cannot send: {error}") from error

    def read(self) -> None:
        """Take in all that is there now; answer pings."""
        self.sock.settimeout(0)
        while not self.ended:
            try:
                piece = self.sock.recv(256 * 1024)
            except ssl.SSLWantReadError:
                return
            except OSError:
                piece = b""
            self.ended, self.heard_at = not piece, time.monotonic()
            self._buffer += piece
            while self._next():
                pass
            self.sock.settimeout(0)
        self.close()

    def _next(self) -> bool:
        whole, heard = read_frame(self._buffer, self.proven)
        if heard is not None:
            self.heard.append(heard.name)
            if heard.name == "Ping":
                self.say("Pong", heard.number("number"))
            elif heard.name == "Hello" and self.hello is not None:
                self.hello = heard
            else:
                self.inbox.append(heard)
        return whole

    def await_frame(self, deadline: float) -> Frame:
        """The next frame, looking at this link alone: for the greeting."""
        while not self.inbox:
            left = deadline - time.monotonic()
            if self.ended or left <= 0:
                raise Gone("the link ended in the greeting" if self.ended else "nothing was said in the greeting")
            if self.sock.pending() or select.select([self.sock], [], [], left)[0]:
                self.read()
        heard = self.inbox.popleft()
        if heard.name == "Refusal":
            raise Refused(heard.text("code"), heard.text("detail"))
        return heard

    def close(self) -> None:
        """Close the connection at once."""
        self.ended = True
        self.sock.close()

    def finish_sending(self) -> None:
        """Cut the link so that what was sent arrives: nothing more goes out, what comes is drained."""
        deadline = time.monotonic() + 5
        bare = socket.socket(fileno=self.sock.detach())
        self.ended = True
        with bare:
            try:
                bare.settimeout(5)
                bare.shutdown(socket.SHUT_WR)
                while bare.recv(65_536) and time.monotonic() < deadline:
                    pass
            except OSError:
                return


def sealed(wanted: bytes, throwaway: bytes, challenge: bytes, proof: bytes) -> tuple[bytes, bytes]:
    """A Proof that only the device with this public key can read: the fields of Sealed."""
    key = serialization.load_der_public_key(wanted)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    once = ec.generate_private_key(ec.SECP256R1())
    point = once.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    sealing = sealing_key(once, key, sealed_info(point, wanted, throwaway, challenge))
    text = (len(proof).to_bytes(2, "big") + proof).ljust(2400, b"\0")
    return point, AESGCM(sealing).encrypt(bytes(12), text, None)


def sealing_key(private: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey, info: bytes) -> bytes:
    """The key of a Sealed."""
    return HKDF(hashes.SHA256(), 32, None, info).derive(private.exchange(ec.ECDH(), other))


class Peer:
    """A device: listens on 127.0.0.1, dials by port, and keeps its links going while it waits for something."""

    def __init__(self, home: Path, name: str = "Second", suits: Callable[[str], bool] = lambda found: True) -> None:
        self.name = name
        self.instance = os.urandom(16)
        while True:
            self.private = ec.generate_private_key(ec.SECP256R1())
            self.key = public(self.private.public_key())
            self.id = id_of(self.key)
            if suits(self.id):
                break
        home.mkdir(parents=True, exist_ok=True)
        self.certificate, pem = self._certify(), home / "second.pem"
        pem.write_bytes(
            self.private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + ssl.DER_cert_to_PEM_cert(self.certificate).encode()
        )
        self._accepting = self._context(ssl.PROTOCOL_TLS_SERVER)
        self._accepting.load_cert_chain(pem)
        self._accepting.num_tickets = 0
        self._dialling = self._context(ssl.PROTOCOL_TLS_CLIENT)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.links: list[Link] = []
        self.arrived: list[Link] = []  # greeted, and nobody asked for them yet
        self.turned_away: list[str] = []
        self._sequences: dict[bytes, int] = {}
        self._lamports: dict[bytes, int] = {}

    def _certify(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, self.id)])
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder(name, name, self.private.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        return made.sign(self.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    @staticmethod
    def _context(protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols([ALPN])
        return context

    def close(self) -> None:
        """Say Bye and close everything."""
        self.leave()
        self._listener.close()

    def leave(self) -> None:
        """Say Bye and end all links."""
        for link in self.links:
            if not link.ended and link.purpose == "control":
                try:
                    link.say("Bye", "ended")
                except Gone:
                    pass
            link.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- links ---

    def dial(self, port: int, purpose: str = "control", expected: str = "", wanted: bytes = b"") -> Link:
        """Dial 127.0.0.1 and greet; `wanted` is the public key of a device that hides."""
        bare = socket.create_connection((HOST, port), timeout=GREETING)
        try:
            link = Link(self._dialling.wrap_socket(bare))
        except BaseException:
            bare.close()
            raise
        self.links.append(link)
        try:
            self._greet_dialling(link, purpose, expected, wanted)
        except BaseException:
            link.close()
            raise
        return link

    def _greet_dialling(self, link: Link, purpose: str, expected: str, wanted: bytes) -> None:
        deadline = time.monotonic() + GREETING
        theirs = link.sock.getpeercert(binary_form=True)
        if link.sock.selected_alpn_protocol() != ALPN or theirs is None:
            raise Broken("another protocol was agreed on")
        shown = x509.load_der_x509_certificate(theirs)
        hides = shown.subject.rfc4514_string() == "CN=hidden"
        if hides and expected and not wanted:
            raise Broken("it hides, and its key is not known")
        if not hides:
            self._is_wanted(link, shown, expected)
        challenge = self._named(link, "Challenge", deadline)
        if not challenge.number("lowest") <= VERSION <= challenge.number("highest"):
            raise Broken("versions differ")
        nonce = os.urandom(32)
        signed = self.private.sign(transcript(theirs, self.certificate, challenge.raw("nonce"), nonce), ECDSA)
        proof = nonce, self.certificate, signed, VERSION, VERSION
        if hides and wanted:
            link.say("Sealed", *sealed(wanted, theirs, challenge.raw("nonce"), packed(list(proof))))
        else:
            link.say("Proof", *proof)
        if hides:
            answer = self._named(link, "Proof", deadline)
            own = x509.load_der_x509_certificate(answer.raw("certificate"))
            signed = revealed(
                answer.raw("certificate"), theirs, self.certificate, challenge.raw("nonce"), nonce
            )
            p256(own.public_key()).verify(answer.raw("signature"), signed, ECDSA)
            self._is_wanted(link, own, expected)
        link.proven = True
        link.hello = self._named(link, "Hello", deadline)
        self._hello(link, purpose)

    @staticmethod
    def _is_wanted(link: Link, certificate: x509.Certificate, expected: str) -> None:
        link.peer_key = public(p256(certificate.public_key()))
        if expected and link.peer_id != expected:
            raise Broken("another key answered")

    def _accept(self) -> None:
        """Greet whoever dialled; who does not greet as the paper says, or expected another here, is turned away."""
        bare, _ = self._listener.accept()
        bare.settimeout(GREETING)
        try:
            link = Link(self._accepting.wrap_socket(bare, server_side=True))
        except OSError as error:
            bare.close()
            self.turned_away.append(repr(error))
            return
        self.links.append(link)
        try:
            self._greet_accepting(link)
        except (Broken, Gone, Refused, ValueError) as error:
            link.close()
            self.turned_away.append(repr(error))

    def _greet_accepting(self, link: Link) -> None:
        deadline = time.monotonic() + GREETING
        if link.sock.selected_alpn_protocol() != ALPN:
            raise Broken("another protocol was agreed on")
        nonce = os.urandom(32)
        link.say("Challenge", nonce, VERSION, VERSION)
        proof = self._named(link, "Proof", deadline)
        certificate, signature = proof.raw("certificate"), proof.raw("signature")
        if len(certificate) > 2048 or len(signature) > 128:
            raise Broken("a certificate or signature is too long")
        key = p256(x509.load_der_x509_certificate(certificate).public_key())
        signed = transcript(self.certificate, certificate, nonce, proof.raw("nonce"))
        try:
            key.verify(signature, signed, ECDSA)
        except InvalidSignature as error:
            raise Broken("a signature does not fit") from error
        link.peer_key, link.proven = public(key), True
        if link.peer_id == self.id:
            raise Broken("a greeting with this device's own id")
        self._hello(link, "control")
        link.hello = self._named(link, "Hello", deadline)
        link.purpose = link.hello.text("purpose")
        self.arrived.append(link)

    @staticmethod
    def _named(link: Link, name: str, deadline: float) -> Frame:
        heard = link.await_frame(deadline)
        if heard.name != name:
            raise Broken(f"{heard.name} instead of {name}")
        return heard

    def _hello(self, link: Link, purpose: str) -> None:
        link.purpose = purpose
        link.say("Hello", VERSION, self.name, "laptop", "Paper", self.port, self.instance, purpose, [], "")

    # --- waiting ---

    def pump(self, seconds: float, *others: int) -> None:
        """Wait at most so long until something comes, on a link or one of the other descriptors; take it in."""
        now = time.monotonic()
        for link in self.links:
            if link.purpose == "control" and link.proven and not link.ended and now - link.pinged >= PING_EVERY:
                link.pings, link.pinged = link.pings + 1, now
                try:
                    link.say("Ping", link.pings)
                except Gone:
                    continue
        alive = [link for link in self.links if not link.ended]
        patience = 0 if any(link.sock.pending() for link in alive) else max(0.0, min(seconds, PING_EVERY / 2))
        awaited = [self._listener.fileno(), *(link.sock.fileno() for link in alive), *others]
        ready = select.select(awaited, [], [], patience)[0]
        for link in alive:
            if link.sock.fileno() in ready or link.sock.pending():
                link.read()
        if self._listener.fileno() in ready:
            self._accept()
        for link in alive:
            if link.purpose == "control" and time.monotonic() - link.heard_at > AWAY:
                link.close()

    def until(self, look: Callable[[], Found | None], within: float = PATIENCE, *others: int) -> Found:
        """Keep everything going until this finds something."""
        deadline = time.monotonic() + within
        while (found := look()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                said = [(link.purpose, link.ended, link.heard[-12:]) for link in self.links]
                raise Gone(f"nothing came in {within} s; heard so far: {said}; turned away: {self.turned_away}")
            self.pump(left, *others)
        return found

    def take(self, link: Link, *names: str, within: float = PATIENCE) -> Frame:
        """The first frame of these names on this link; all others stay where they are."""

        def look() -> Frame | None:
            for heard in link.inbox:
                if heard.name in names:
                    link.inbox.remove(heard)
                    return heard
            if link.ended:
                raise Gone(f"the link ended; instead of {names} came {link.heard[-12:]}")
            return None

        return self.until(look, within)

    def arrival(self, purpose: str = "control", within: float = PATIENCE, saying: str = "") -> Link:
        """The next link for this purpose that somebody dialled, that lives, and on which this frame came."""

        def look() -> Link | None:
            for link in self.arrived:
                heard = not saying or saying in [one.name for one in link.inbox]
                if link.purpose == purpose and heard and not link.ended:
                    self.arrived.remove(link)
                    return link
            return None

        return self.until(look, within)

    def over(self, link: Link, within: float = PATIENCE) -> None:
        """Wait until the other side ends this link."""
        self.until(lambda: link.ended or None, within)

    # --- texts ---

    def write(self, link: Link, body: str, parents: tuple[bytes, ...] = (), conversation: bytes = b"") -> Record:
        """Sign a text, for the other side alone if no conversation is named, and send it."""
        conversation = conversation or pair_conversation(self.id, link.peer_id)
        self._sequences[conversation] = self._sequences.get(conversation, 0) + 1
        self._lamports[conversation] = self._lamports.get(conversation, 0) + 1
        sequence, lamport, now = (
            self._sequences[conversation],
            self._lamports[conversation],
            time.time_ns() // 1_000_000,
        )
        record = Record(self.key, conversation, os.urandom(16), sequence, parents, lamport, now, body)
        self.hand_over(link, record)
        return record

    def hand_over(self, link: Link, record: Record, signature: bytes | None = None) -> None:
        """Send a record, signed by this device if no signature is given."""
        if signature is None:
            signature = self.private.sign(record.canonical(), ECDSA)
        link.say(
            "Text", record.author, record.conversation, record.id, record.sequence, list(record.parents),
            record.lamport, record.sent_at_ms, record.body, signature, record.kind, record.about,
        )  # fmt: skip

    def read_text(self, link: Link, conversation: bytes = b"", within: float = PATIENCE) -> Record:
        """Receive a text, of the two of us or of this conversation, verify it, and confirm it."""
        pair = pair_conversation(self.id, link.peer_id)
        record = record_of(list(self.take(link, "Text", within=within).fields.values()))
        if record.author != link.peer_key or record.conversation not in (conversation, pair):
            raise Broken("a text of another author or conversation")
        self.know(record)
        link.say("Stored", record.id)
        return record

    def know(self, record: Record) -> None:
        """Count on from this record in its conversation."""
        known = self._lamports.get(record.conversation, 0)
        self._lamports[record.conversation] = max(known, record.lamport)

    # --- six digits ---

    def begin_pairing(self, link: Link, within: float = PATIENCE) -> str:
        """Compare digits as the one who began."""
        mine = os.urandom(32)
        link.say("PairBegin", commitment(mine, self.id, link.peer_id))
        theirs = self._pairing(link, "PairAnswer", within).raw("nonce")
        link.say("PairReveal", mine)
        return digits(self.id, link.peer_id, mine, theirs)

    def answer_pairing(self, link: Link, within: float = PATIENCE) -> str:
        """Compare digits as the one who was asked."""
        promised = self._pairing(link, "PairBegin", within).raw("commitment")
        mine = os.urandom(32)
        link.say("PairAnswer", mine)
        theirs = self._pairing(link, "PairReveal", within).raw("nonce")
        if commitment(theirs, link.peer_id, self.id) != promised:
            link.say("PairStop", "pair-broken")
            raise Broken("the nonce is not the one that was promised")
        return digits(link.peer_id, self.id, theirs, mine)

    def verdict(self, link: Link, same: bool, within: float = PATIENCE) -> bool:
        """Say what this side's person saw, and hear what the other's did."""
        link.say("PairVerdict", same)
        return self._pairing(link, "PairVerdict", within).flag("same")

    def _pairing(self, link: Link, name: str, within: float) -> Frame:
        heard = self.take(link, name, "PairStop", within=within)
        if heard.name == "PairStop":
            raise Refused(heard.text("code"), "pairing")
        return heard
