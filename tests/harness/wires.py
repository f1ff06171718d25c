"""A link without a socket: two ends with real sessions, bytes moved in pieces of any size, a clock moved by hand."""

from __future__ import annotations

import random
from pathlib import Path

from lanshare.exchange.sink.receiving import Receiving
from lanshare.exchange.source.sending import Sending
from lanshare.exchange.throttle import Throttle
from lanshare.files.sink.staging import Staging
from lanshare.files.source.manifest import ManifestReader
from lanshare.net.link import Exchange
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session
from tests.harness.engines import tree_of
from tests.harness.sessions import greeted

TRANSFER = "cd" * 16


class Side:
    """One end of a link without a socket."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.out = bytearray()
        self.waited = 0.0
        self.rests_until = 0.0
        self._room = memoryview(bytearray(2 * 1024 * 1024))

    def say(self, frame: Frame) -> None:
        self.out += self.session.send(frame)

    def reserve(self, size: int) -> memoryview:
        return self._room[:size]

    def filled(self, count: int) -> None:
        self.out += self._room[:count]

    def rest(self, until: float) -> None:
        """Nothing is read before that; run() minds it."""
        self.rests_until = until

    @property
    def unsent(self) -> int:
        return len(self.out)

    def hear(self, data: bytes, exchange: Exchange, now: float) -> None:
        """Bytes from the other end."""
        while data and not exchange.done:
            data = data[self.session.receive_data(data) :]
            while not exchange.done and (frame := self.session.next_frame()) is not None:
                exchange.on_frame(frame, now)


class Wire:
    """Both ends, with a clock that only moves when asked."""

    def __init__(self, sending: Sending, receiving: Receiving) -> None:
        dialler, acceptor = greeted("data")
        self.source, self.sink = Side(dialler), Side(acceptor)
        self.sending, self.receiving = sending, receiving
        self.now = 0.0
        sending.begin(self.source, 0.0)
        # The acceptor reads Attach before it begins, as the node's thread does.
        data, self.source.out = bytes(self.source.out), bytearray()
        assert self.sink.session.receive_data(data) == len(data)
        assert isinstance(self.sink.session.next_frame(), f.Attach)
        receiving.begin(self.sink, 0.0)

    def run(self, chance: random.Random, cut_after: int | None = None) -> bool:
        """Move bytes in pieces of any size until both are done; False if the cut came first."""
        moved = 0
        for _ in range(200_000):
            self.now += chance.choice([0.0, 0.01, 0.4])
            self.sending.on_time(self.now)
            self.receiving.on_time(self.now)
            if not self.source.out and not self.sending.done:
                self.sending.produce(self.now)
            if not self.sink.out and not self.receiving.done:
                self.receiving.produce(self.now)
            for side, other, exchange in (
                (self.source, self.sink, self.receiving),
                (self.sink, self.source, self.sending),
            ):
                if self.now < other.rests_until:
                    continue
                count = chance.randint(1, 400_000)
                piece = bytes(side.out[:count])
                del side.out[: len(piece)]
                moved += len(piece)
                if cut_after is not None and moved >= cut_after:
                    return False
                other.hear(piece, exchange, self.now)
            if self.sending.done and self.receiving.done:
                return True
        raise AssertionError("it does not end")


def prepare(receiving: Receiving) -> None:
    """Let a sink check what it keeps and say Attached."""
    while receiving.produce(0.0):
        pass


class Ear:
    """An outlet that only remembers what was said."""

    def __init__(self, dialler: bool = True) -> None:
        self.session = Session(dialler)
        self.said: list[Frame] = []
        self.waited = 0.0
        self.unsent = 0

    def say(self, frame: Frame) -> None:
        self.said.append(frame)

    def reserve(self, size: int) -> memoryview:
        return memoryview(bytearray(size))

    def filled(self, count: int) -> None:
        """Nothing is sent."""

    def rest(self, until: float) -> None:
        """Nothing is read."""


def ends(
    tmp_path: Path, source: Path, into: Path, throttles: tuple[Throttle, ...] = (), aside: frozenset[str] = frozenset()
) -> tuple[Sending, Receiving, Staging]:
    """A fresh pair of exchanges over what is kept so far."""
    into.mkdir(exist_ok=True)
    stage = Staging(into, TRANSFER)
    sending = Sending(
        TRANSFER, (source,), ManifestReader(tmp_path / "list"), True, lambda done, rate: None, lambda: None, (), aside
    )
    return sending, Receiving(stage, None, lambda done, rate: None, lambda: None, throttles=throttles), stage


def same(one: Path, other: Path) -> bool:
    """Whether two trees are equal."""
    return tree_of(one) == tree_of(other)
