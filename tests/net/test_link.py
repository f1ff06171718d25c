"""Links over real sockets: both directions at once, deadlines for silence, an end from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.net.link import Link, LinkLost, Outlet
from lanshare.wire import codec, limits
from lanshare.wire import frames as f
from lanshare.wire.frames import Frame

NONCE, ID = bytes(32), bytes(16)
Ends = tuple[Link, Link]


class Script:
    """An exchange that says what it is given and ends when it has heard enough."""

    patience = 5.0
    must_hear = True

    def __init__(self, says: list[Frame], hears: int, on_time: Callable[[float], None] = lambda now: None) -> None:
        self.done = False
        self.heard: list[Frame] = []
        self.posted: list[object] = []
        self._says, self._hears, self._on_time = says, hears, on_time
        self._out: Outlet | None = None

    def begin(self, outlet: Outlet, now: float) -> None:
        self._out = outlet
        for frame in self._says:
            outlet.say(frame)
        self.done = self._hears == 0

    def on_frame(self, frame: Frame, now: float) -> None:
        self.heard.append(f.Data(memoryview(bytes(frame.payload))) if isinstance(frame, f.Data) else frame)
        self.done = len(self.heard) >= self._hears

    def on_post(self, item: object, now: float) -> None:
        self.posted.append(item)
        self.done = True

    def produce(self, now: float) -> bool:
        return False

    def on_time(self, now: float) -> float | None:
        self._on_time(now)
        return None


class Other(threading.Thread):
    """Runs the far end; what it raised is kept."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except LanshareError as error:
            self.error = error


def opened(ends: Ends) -> Ends:
    """Both ends after the TLS handshake."""
    far = Other(ends[1].open)
    ends[0].open()
    far.join()
    assert far.error is None
    return ends


def greet(ends: Ends) -> Ends:
    """Both ends on an open control link."""
    dialler, acceptor = opened(ends)
    hello = f.Hello(1, "n", "laptop", "s", 1, ID, "control")

    def far() -> None:
        acceptor.drive(Script([f.Challenge(NONCE, 1, 1)], 1))
        acceptor.drive(Script([hello], 1))

    other = Other(far)
    dialler.drive(Script([], 1))
    dialler.drive(Script([f.Proof(NONCE, b"c", b"s", 1, 1)], 1))
    dialler.drive(Script([hello], 0))
    other.join()
    assert other.error is None
    return ends


def test_the_dialler_sees_whose_key_answered(ends: Ends) -> None:
    from lanshare.trust.identity import id_of_certificate
    from tests.net.conftest import ANNA

    assert id_of_certificate(opened(ends)[0].peer_certificate) == ANNA.id


def test_both_say_a_lot_at_once_and_neither_blocks(ends: Ends) -> None:
    dialler, acceptor = greet(ends)
    acceptor.trust()
    flood: list[Frame] = [
        f.Text(b"a", bytes(32), ID, n, (), n, n, "x" * 60_000, b"") for n in range(200)
    ]
    near, far = Script(flood, 200), Script(flood, 200)
    other = Other(lambda: acceptor.drive(far))
    dialler.drive(near)
    other.join()
    assert other.error is None
    assert near.heard == far.heard == flood


def test_another_thread_may_post_and_the_owner_wakes(ends: Ends) -> None:
    dialler, _ = greet(ends)
    script = Script([], 1)
    idle = threading.Event()
    script._on_time = lambda now: idle.set()
    owner = Other(lambda: dialler.drive(script))
    assert idle.wait(5)
    assert dialler.post("something")
    owner.join(5)
    assert script.posted == ["something"]


def test_another_thread_may_end_it_at_once(ends: Ends) -> None:
    dialler, acceptor = greet(ends)
    idle = threading.Event()
    owner = Other(lambda: dialler.drive(Script([], 1, lambda now: idle.set())))
    far = Other(lambda: acceptor.drive(Script([], 1)))
    assert idle.wait(5)
    dialler.abort(Code.STOPPING)
    owner.join(5)
    far.join(5)
    assert isinstance(owner.error, LinkLost)
    assert isinstance(far.error, LinkLost)
    assert (owner.error.code, far.error.code) == (Code.STOPPING, Code.PEER_AWAY)
    assert not dialler.post("too late")


def test_silence_ends_it_after_its_patience(ends: Ends) -> None:
    dialler, _ = greet(ends)
    script = Script([], 1)
    script.patience = 0.2
    started = time.monotonic()
    with pytest.raises(LinkLost) as error:
        dialler.drive(script)
    assert error.value.code is Code.PEER_SILENT
    assert time.monotonic() - started >= 0.2


def test_a_deadline_bounds_the_whole_even_if_the_peer_talks(ends: Ends) -> None:
    dialler, acceptor = greet(ends)
    stop = threading.Event()

    def chatter() -> None:
        class Pinging(Script):
            def on_time(self, now: float) -> float | None:
                assert self._out is not None
                self._out.say(f.Ping(1))
                self.done = stop.is_set()
                return now + 0.01

        acceptor.drive(Pinging([], 10**9))

    far = Other(chatter)
    with pytest.raises(LinkLost) as error:
        dialler.drive(Script([], 10**9), time.monotonic() + 0.3)
    assert error.value.code is Code.PEER_SILENT
    stop.set()
    dialler.abort()
    far.join(5)


def test_a_peer_that_speaks_no_tls_is_told_from_one_that_is_silent(ends: Ends) -> None:
    import socket

    from lanshare.net import tls
    from tests.net.conftest import HERE

    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
        link = Link(near, tls.dialler_context(), True, HERE)
        with pytest.raises(LinkLost) as silent:
            link.open(0.2)
        assert silent.value.code is Code.PEER_SILENT
        link.close()
        near = socket.create_connection(server.getsockname())
        far.close()
        far, _ = server.accept()
        link = Link(near, tls.dialler_context(), True, HERE)
        far.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
        with pytest.raises(LinkLost) as foreign:
            link.open(5.0)
        assert foreign.value.code is Code.PROTOCOL
        link.close()
        far.close()


def test_a_word_out_of_turn_ends_it(ends: Ends) -> None:
    dialler, acceptor = greet(ends)
    far = Other(lambda: acceptor.drive(Script([], 1)))
    # Raw bytes past our own session's rules: a Data frame on a control link.
    dialler.reserve(10)[:6] = b"\x00\x00\x00\x02\x33x"
    dialler.filled(6)
    dialler.drive(Script([], 0))
    far.join(5)
    assert isinstance(far.error, ProtocolError)


def test_what_was_answered_before_a_word_out_of_turn_goes_out_all_the_same(ends: Ends) -> None:
    """Both words come in one read: why something ends is heard though the end follows at once."""

    class Answering(Script):
        def on_frame(self, frame: Frame, now: float) -> None:
            assert self._out is not None
            self._out.say(f.Pong(7))

    dialler, acceptor = greet(ends)
    far = Other(lambda: acceptor.drive(Answering([], 1)))
    both = codec.encode(f.Ping(7)) + b"\x00\x00\x00\x02\x33x"
    dialler.reserve(len(both))[: len(both)] = both
    dialler.filled(len(both))
    near = Script([], 1)
    dialler.drive(near)
    assert near.heard == [f.Pong(7)]
    far.join(5)
    assert isinstance(far.error, ProtocolError)


def test_a_link_that_does_not_drain_is_cut_instead_of_growing(ends: Ends) -> None:
    dialler, _ = greet(ends)
    assert all(dialler.post(n) for n in range(limits.QUEUE))
    assert not dialler.post("one too many")
    with pytest.raises(LinkLost) as error:
        dialler.drive(Script([], 1))
    assert error.value.code is Code.PEER_SILENT


def test_a_link_that_rests_reads_nothing_keeps_its_patience_and_does_not_spin(ends: Ends) -> None:
    dialler, acceptor = greet(ends)
    until = 0.0
    heard: list[float] = []
    turns = 0

    class Resting(Script):
        patience = 0.2

        def on_frame(self, frame: Frame, now: float) -> None:
            nonlocal until
            super().on_frame(frame, now)
            heard.append(time.monotonic())
            if len(self.heard) == 1:
                until = time.monotonic() + 0.6
                dialler.rest(until)

        def on_time(self, now: float) -> float | None:
            nonlocal turns
            turns += 1
            return None

    text = f.Text(b"a", bytes(32), ID, 1, (), 1, 1, "x" * 60_000, b"")
    other = Other(lambda: acceptor.drive(Script([text] * 30, 0)))
    dialler.drive(Resting([], 30))
    other.join()
    assert heard[-1] >= until > 0.0
    assert sum(one < until for one in heard) <= 4, "what had been read already may be heard, no more"
    assert turns < 100
