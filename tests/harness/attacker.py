"""A hostile device: it can do all that ours can, and says whatever it likes whenever it likes."""

from __future__ import annotations

import os
import secrets
import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Any

import msgspec

from lanshare.net import tls
from lanshare.trust import proof
from lanshare.trust.identity import Identity
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS, Frame

PATIENCE = 60.0


class Gone(Exception):
    """The victim hung up."""


class Raw(bytes):
    """A string's bytes as they are to travel, whether they are UTF-8 or not."""


def packed(value: object) -> bytes:
    """MessagePack of plain values, with any bytes at all for strings."""
    if isinstance(value, Raw):
        return b"\xdb" + struct.pack(">I", len(value)) + value
    if isinstance(value, list | tuple):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(packed(one) for one in value)
    return msgspec.msgpack.encode(value)


class Attacker:
    """One TLS connection to a victim on loopback. Nothing it says is checked on this side."""

    def __init__(self, port: int, identity: Identity | None = None, host: str = "127.0.0.1") -> None:
        self.identity = identity or Identity.create()
        plain = socket.create_connection((host, port), timeout=PATIENCE)
        self.sock = tls.dialler_context().wrap_socket(plain)
        self._held = bytearray()
        self._stop = threading.Event()
        self._keeping: threading.Thread | None = None

    def __enter__(self) -> Attacker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up without a goodbye."""
        self._stop.set()
        if self._keeping is not None:
            self._keeping.join()
        self.sock.close()

    # --- saying

    def say(self, frame: Frame) -> None:
        """A frame, in turn or not."""
        self.write(codec.encode(frame))

    def say_together(self, *frames: Frame) -> None:
        """Several frames in one write."""
        self.write(b"".join(map(codec.encode, frames)))

    def say_raw(self, kind: type[Frame], *fields: object) -> None:
        """A frame with any fields at all."""
        self.say_body(NUMBERS[kind], packed(list(fields)))

    def say_body(self, number: int, body: bytes, length: int | None = None) -> None:
        """Any type, any body, any announced length."""
        announced = len(body) + 1 if length is None else length
        self.write(struct.pack(">IB", announced & 0xFFFFFFFF, number) + body)

    def write(self, data: bytes) -> None:
        """Bytes."""
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    # --- hearing

    def hear(self) -> Frame:
        """The next frame of the victim; Gone if it hung up."""
        head = codec.HEADER.size
        while True:
            if len(self._held) >= head:
                length, number = codec.HEADER.unpack_from(self._held)
                if len(self._held) >= 4 + length:
                    body = bytes(self._held[head : 4 + length])
                    del self._held[: 4 + length]
                    frame = codec.decode(number, memoryview(body))
                    if frame is not None:
                        return frame
                    continue
            try:
                data = self.sock.recv(65536)
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            self._held += data

    def hear_kind(self, *kinds: type[Frame]) -> Any:
        """The next frame of one of these kinds; others are passed over."""
        while not isinstance(frame := self.hear(), kinds):
            pass
        return frame

    def is_cut(self) -> bool:
        """Whether the victim hangs up, whatever it says before; TimeoutError if it does not within our patience."""
        try:
            while True:
                self.hear()
        except Gone:
            return True

    def drain(self) -> list[Frame]:
        """What has come by now, so that the victim is never blocked by us."""
        heard: list[Frame] = []
        self.sock.settimeout(0.0)
        try:
            while True:
                heard.append(self.hear())
        except Gone as gone:
            if not isinstance(gone.__cause__, ssl.SSLWantReadError):
                raise
        finally:
            self.sock.settimeout(PATIENCE)
        return heard

    def keep(self) -> None:
        """Stay on a control link like an honest device until it is closed: a thread says Ping, and takes texts."""
        self._keeping = threading.Thread(target=self._stay, name="attacker")
        self._keeping.start()

    def _stay(self) -> None:
        while not self._stop.wait(0.2):
            try:
                for frame in self.drain():
                    if isinstance(frame, f.Ping):
                        self.say(f.Pong(frame.number))
                    elif isinstance(frame, f.Text):
                        self.say(f.Stored(frame.id))
                self.say(f.Ping(0))
            except Gone:
                return

    # --- what an honest one would say

    def prove(self) -> None:
        """Challenge and proof."""
        challenge = self.hear_kind(f.Challenge)
        nonce = secrets.token_bytes(32)
        certificate = self.sock.getpeercert(True)
        assert certificate is not None
        signature = proof.prove(self.identity, certificate, challenge.nonce, nonce)
        self.say(f.Proof(nonce, self.identity.certificate, signature, 1, 1))

    def greet(self, purpose: str = "control", name: object = "Mallory", kind: object = "laptop") -> f.Hello:
        """Prove, and say hello."""
        self.prove()
        hello: f.Hello = self.hear_kind(f.Hello)
        self.say_raw(f.Hello, 1, name, kind, "Debian", 17717, secrets.token_bytes(16), purpose, [])
        return hello

    def attach(self, transfer: bytes, direction: str = "push") -> f.Attached:
        """Open the data link of a transfer that was accepted; what is here already is not told."""
        self.greet("data")
        self.say_raw(f.Attach, transfer, direction)
        answer = self.hear_kind(f.Attached, f.Compare, f.Refusal, f.Halt)
        if isinstance(answer, f.Compare):
            self.say(f.Listing(transfer, 0, (), True))
            answer = self.hear_kind(f.Attached, f.Refusal, f.Halt)
        if not isinstance(answer, f.Attached):
            raise Gone
        return answer


def offer(transfer: bytes, *names: object, files: int = 1, size: int = 1) -> tuple[object, ...]:
    """The fields of an Offer with these top-level names."""
    tops = [[name, "file", 1, 1] for name in names]
    return (transfer, tops, len(tops), files, size, True)


def everything_below(folder: Path, without: tuple[Path, ...] = ()) -> dict[str, object]:
    """What is below a folder: kinds, contents, links; not below `without`."""
    found: dict[str, object] = {}
    for path in paths_below(folder, without):
        if path.is_symlink():
            found[str(path)] = ("link", path.readlink())
        else:
            found[str(path)] = path.read_bytes() if path.is_file() else "folder"
    return found


def paths_below(folder: Path, without: tuple[Path, ...] = ()) -> list[Path]:
    """All paths below a folder but what is `without`, which may vanish meanwhile."""
    found: list[Path] = []
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if Path(base, name) not in without)
        found += [Path(base, name) for name in [*folders, *sorted(files)] if Path(base, name) not in without]
    return found
