"""Rows of one part each, in the time of its own thread, so that the next slow thing is seen where it comes in.

What they measure has no process, socket or window beside it; ratios to other rows mean nothing.
"""

from __future__ import annotations

import gc
import os
import queue
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.support import MIB, small_files, spread
from lanshare.exchange.sink.receiving import Receiving
from lanshare.exchange.source.sending import Sending
from lanshare.files.sink.staging import Staging
from lanshare.files.source import manifest, tree
from lanshare.store import database
from lanshare.wire import codec
from lanshare.wire import frames as f
from lanshare.wire.codec import HEADER
from lanshare.wire.frames import Frame
from lanshare.wire.session import Session

_TRANSFER = "ab" * 16


class Ear:
    """An outlet that keeps what is said, as it would travel."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.unsent = 0
        self.waited = 0.0
        self.session = Session(True)
        self._room = memoryview(bytearray(2 * MIB))

    def say(self, frame: Frame) -> None:
        """Keep a frame."""
        data = codec.encode(frame)
        self.said.append(data)
        self.unsent += len(data)

    def reserve(self, size: int) -> memoryview:
        """Room for raw bytes."""
        return self._room[:size]

    def filled(self, count: int) -> None:
        """They are there."""
        self.said.append(bytes(self._room[:count]))
        self.unsent += count

    def rest(self, until: float) -> None:
        """Nobody is slowed down here."""


def _spent(work: Callable[[], object]) -> float:
    """Seconds of this thread's own time."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def row_small_parts(quick: bool) -> None:
    """10,000 files of 4 KiB: what walking, sending and receiving each cost, in µs a file."""
    walks: list[float] = []
    sends: list[float] = []
    receives: list[float] = []
    count = 10_000
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = small_files(folder)
        for turn in range(4 if quick else 8):
            path, into = folder / f"list{turn}", folder / f"in{turn}"
            into.mkdir()
            gc.collect()
            walk = _spent(lambda where=path: _listed(source, where))  # type: ignore[misc]
            said: list[bytes] = []
            send = _spent(lambda where=path, out=said: out.extend(_said(source, where)))  # type: ignore[misc]
            receive = _spent(lambda what=said, where=into: _received(what, where))  # type: ignore[misc]
            assert sum(1 for one in into.rglob("*") if one.is_file()) == count
            if turn:
                for values, one in ((walks, walk), (sends, send), (receives, receive)):
                    values.append(one / count * 1e6)
    print(f"10,000 files of 4 KiB, a file: walked {spread(walks)}, sent {spread(sends)}, received {spread(receives)}"
          " µs")


def _listed(source: Path, path: Path) -> None:
    writer = manifest.ManifestWriter(path)
    for item in tree.walk([source]):
        writer.add(item)
    writer.finish()
    writer.close()


def _said(source: Path, path: Path) -> list[bytes]:
    """Every frame of a sending to somebody who has nothing of it."""
    ear = Ear()
    sending = Sending(_TRANSFER, [source], manifest.ManifestReader(path), False, lambda *_: None, lambda: None)
    sending.begin(ear, 0.0)
    sending.on_frame(f.Attached((), ()), 0.0)
    while sending.produce(0.0):
        ear.unsent = 0
    sending.close()
    return ear.said


def _received(said: list[bytes], into: Path) -> None:
    """The same, received; the clock goes on a little with each frame, as it would."""
    staging = Staging(into, _TRANSFER)
    receiving = Receiving(staging, None, lambda *_: None, lambda: None)
    receiving.begin(Ear(), 0.0)
    while receiving.produce(0.0):
        pass
    now = 0.0
    for data in said:
        now += 0.001
        _, number = HEADER.unpack_from(data)
        frame = codec.decode(number, memoryview(data)[HEADER.size :])
        assert frame is not None
        receiving.on_frame(frame, now)
    assert receiving.finished, receiving.fault
    receiving.close()
    staging.discard()


def row_machine(quick: bool) -> None:
    """The machine's own: copying memory, the cipher, the hash, a hop between threads, a commit."""
    block = os.urandom(64 * MIB)
    target = bytearray(len(block))
    cipher, piece = AESGCM(bytes(32)), block[: 16 * 1024]

    def copied() -> None:
        target[:] = block

    def ciphered() -> None:
        for _ in range(2048):
            cipher.encrypt(bytes(12), piece, None)

    def hashed() -> None:
        blake3(block).digest()

    rates = []
    for work, size in ((copied, len(block)), (ciphered, 2048 * len(piece)), (hashed, len(block))):
        work()
        rates.append(statistics.median(size / 1e9 / _clock(work) for _ in range(5)))
    hops = [_hop() for _ in range(200 if quick else 1000)]
    print(f"machine: memory copy {rates[0]:.1f}, AES-256-GCM of 16 KiB {rates[1]:.1f}, blake3 {rates[2]:.1f} GB/s; a"
          f" hop to a thread and back {spread([one * 1e6 for one in hops])} µs; a commit {spread(_commits(100))} µs")


def _clock(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _hop() -> float:
    """Seconds to a thread that waits, and back."""
    there: queue.SimpleQueue[float] = queue.SimpleQueue()
    back: queue.SimpleQueue[float] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: back.put(there.get()))
    thread.start()
    began = time.perf_counter()
    there.put(began)
    back.get()
    took = time.perf_counter() - began
    thread.join()
    return took


def _commits(count: int) -> list[float]:
    """Microseconds of each, one row into a table, as the store is set up."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        path = Path(name) / "x.sqlite"
        database.prepare(path)
        link = database.connect(path)
        link.execute("CREATE TABLE bench (value)")
        try:
            return [_clock(lambda: _commit(link)) * 1e6 for _ in range(count)]
        finally:
            link.close()


def _commit(link: sqlite3.Connection) -> None:
    link.execute("BEGIN IMMEDIATE")
    link.execute("INSERT INTO bench VALUES ('value')")
    link.execute("COMMIT")
