"""Rows about files: how fast they move beside others' tools, what is sent again, how much memory it takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.support import GCM, MIB, Pair, Ssh, big_file, found, mixed_tree, plain_copy, small_files, spread
from lanshare.trust.identity import Identity
from tests.harness.engines import ROOT, free_port


def row_big_file(quick: bool) -> None:
    """One big file against a bare TLS loop without hash or safety; goal: at least 0.85 of its throughput."""
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = big_file(folder, size)
        key = folder / "key.pem"
        key.write_bytes(Identity.create().pem)
        pair = Pair(folder)
        ratios, ours, bare = [], [], []
        try:
            for turn in range(4 if quick else 6):
                one = pair.send(source)
                pair.clear()
                other = plain_copy(source, folder / "plain.bin", key)
                (folder / "plain.bin").unlink()
                if turn:
                    ours.append(size / one / 1e9)
                    bare.append(size / other / 1e9)
                    ratios.append(other / one)
        finally:
            pair.close()
    print(f"big file, {size // MIB} MiB: ours {spread(ours)} GB/s, bare TLS loop {spread(bare)} GB/s,"
          f" throughput ratio {spread(ratios)} (goal 0.85)")


def row_scp(quick: bool) -> None:
    """One big file against scp with its default cipher; goal 2.5."""
    _big_against("scp, default cipher", quick, 2.5, lambda ssh, source, into: ssh.scp(source, into))


def row_scp_gcm(quick: bool) -> None:
    """One big file against scp with AES-128-GCM; goal 1.6."""
    _big_against("scp, aes128-gcm", quick, 1.6, lambda ssh, source, into: ssh.scp(source, into, "-c", GCM))


def row_rsync_ssh(quick: bool) -> None:
    """One big file against rsync over ssh with AES-128-GCM."""
    _big_against("rsync over ssh, aes128-gcm", quick, None, lambda ssh, source, into: ssh.rsync(source, into))


def _big_against(what: str, quick: bool, goal: float | None, other: Callable[[Ssh, Path, Path], float]) -> None:
    size = (512 if quick else 2048) * MIB
    _against(f"big file against {what}", quick, goal, lambda folder: big_file(folder, size), other)


def row_small_rsync(quick: bool) -> None:
    """10,000 small files against an rsync daemon without encryption; goal: at least as fast."""
    _against("10,000 small files against an rsync daemon without encryption", quick, 1.0, small_files,
             lambda ssh, source, into: ssh.rsync_daemon(source, into))


def row_small_tar(quick: bool) -> None:
    """10,000 small files against tar over ssh; goal 2."""
    _against("10,000 small files against tar over ssh, aes128-gcm", quick, 2.0, small_files,
             lambda ssh, source, into: ssh.tar(source, into))


def row_mixed_rsync(quick: bool) -> None:
    """A mixed tree (the environment's own packages) against rsync over ssh; goal 2."""
    _against("mixed tree against rsync over ssh, aes128-gcm", quick, 2.0, mixed_tree,
             lambda ssh, source, into: ssh.rsync(source, into))


def _against(
    title: str, quick: bool, goal: float | None, make: Callable[[Path], Path],
    other: Callable[[Ssh, Path, Path], float],
) -> None:
    """Ours and another's time for the same, in turns; ours counts from the first byte to verified and durable."""
    if missing := [tool for tool in ("sshd", "scp", "rsync", "tar") if not found(tool)]:
        print(f"{title}: not measured: {', '.join(missing)} is not installed")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = make(folder)
        pair, ssh = Pair(folder), Ssh(folder)
        ratios, ours, theirs = [], [], []
        try:
            for turn in range(3 if quick else 6):
                one = pair.send(source)
                pair.clear()
                into = folder / f"other{turn}"
                into.mkdir()
                two = other(ssh, source, into)
                shutil.rmtree(into)
                if turn:
                    ratios.append(two / one)
                    ours.append(one)
                    theirs.append(two)
        finally:
            pair.close()
            ssh.close()
    told = f" (goal {goal})" if goal is not None else ""
    print(f"{title}: ours {spread(ours)} s, theirs {spread(theirs)} s; ours {spread(ratios)} times as fast{told}")


def row_again(quick: bool) -> None:
    """What is there already, sent again: big file and mixed tree at least 5 times faster, small files 2."""
    makers: tuple[tuple[str, float, Callable[[Path], Path]], ...] = (
        ("big file", 5.0, lambda folder: big_file(folder, (512 if quick else 2048) * MIB)),
        ("mixed tree", 5.0, mixed_tree),
        ("10,000 small files", 2.0, small_files),
    )
    for what, goal, make in makers:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
            folder = Path(name)
            source = make(folder)
            pair = Pair(folder)
            ratios = []
            try:
                for _ in range(2 if quick else 4):
                    first = pair.send(source, whole=True)
                    ratios.append(first / pair.send(source, whole=True))
                    pair.clear()
            finally:
                pair.close()
        print(f"again, {what}: {spread(ratios)} times as fast as the first time, wish to end (goal {goal})")


def row_memory(quick: bool) -> None:
    """Peak memory of each engine process moving 2 GiB (goal 64 MiB) and 8 GiB against 64 MiB (goal 1.1)."""
    peaks: dict[int, tuple[int, int]] = {}
    for size in (64, 512 if quick else 2048, 1024 if quick else 8192):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
            folder = Path(name)
            pair = Pair(folder)
            try:
                pair.send(big_file(folder, size * MIB))
                peaks[size] = (pair.sending_engine.peak_memory() // MIB, pair.receiving.peak_memory() // MIB)
            finally:
                pair.close()
    sizes = sorted(peaks)
    told = ", ".join(f"{size} MiB: {peaks[size][0]}/{peaks[size][1]}" for size in sizes)
    ratio = max(peaks[sizes[-1]]) / max(peaks[sizes[0]])
    print(f"peak memory in MiB, sender/receiver, {told} (goal 64); the largest to the smallest {ratio:.2f} (goal 1.1)")


def row_many(quick: bool) -> None:
    """Peak memory of each engine process moving very many files; goal 100 MiB for 100,000."""
    count = 20_000 if quick else 100_000
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        top = folder / "many"
        for number in range(count):
            if number % 500 == 0:
                (top / f"{number // 500:03}").mkdir(parents=True)
            (top / f"{number // 500:03}" / f"{number:06}").write_bytes(b"%d" % number)
        pair = Pair(folder)
        try:
            took = pair.send(top)
            peaks = (pair.sending_engine.peak_memory() // MIB, pair.receiving.peak_memory() // MIB)
        finally:
            pair.close()
    print(f"{count} small files: {took:.2f} s; peak memory, sender/receiver, {peaks[0]}/{peaks[1]} MiB (goal 100)")


def row_socat(quick: bool) -> None:
    """One big file against socat over TLS 1.3, mutual, which neither hashes nor syncs; goal 1.0."""
    if not found("socat"):
        print("big file against socat: not measured: socat is not installed")
        return
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = big_file(folder, size)
        key = folder / "key.pem"
        key.write_bytes(Identity.create().pem)
        pair = Pair(folder)
        ratios, ours, theirs = [], [], []
        try:
            for turn in range(4 if quick else 6):
                one = pair.send(source)
                pair.clear()
                two = _socat(source, folder / "copy.bin", key)
                (folder / "copy.bin").unlink()
                if turn:
                    ours.append(one)
                    theirs.append(two)
                    ratios.append(two / one)
        finally:
            pair.close()
    print(f"big file against socat, TLS 1.3 mutual: ours {spread(ours)} s, theirs {spread(theirs)} s;"
          f" ours {spread(ratios)} times as fast (goal 1.0)")


def _socat(source: Path, target: Path, key: Path) -> float:
    port = free_port()
    options = f"cert={key},cafile={key},verify=0,openssl-min-proto-version=TLS1.3"
    server = subprocess.Popen(
        ["socat", "-u", "-b", "262144", f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,{options}",
         f"OPEN:{target},creat,trunc"],
    )
    deadline = time.monotonic() + 5
    listening = f":{port:04X} "
    while listening not in Path("/proc/net/tcp").read_text() and time.monotonic() < deadline:
        pass
    started = time.perf_counter()
    subprocess.run(["socat", "-u", "-b", "262144", f"OPEN:{source}", f"OPENSSL:127.0.0.1:{port},{options}"], check=True)
    server.wait()
    return time.perf_counter() - started


def row_durable(quick: bool) -> None:
    """One big file, durable against not durable; goal at least 0.95 of its throughput."""
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = big_file(folder, size)
        careless = folder / "careless"
        careless.mkdir()
        (careless / "sitecustomize.py").write_text(
            "import os\nos.fsync = os.fdatasync = lambda fd: None\n"
            "from lanshare.files import folder\nfolder.HandleFolder.sync_all = lambda self: True\n"
        )
        (folder / "a").mkdir()
        (folder / "b").mkdir()
        pair, other = Pair(folder / "a"), Pair(
            folder / "b", ("env", f"PYTHONPATH={careless}:{ROOT}"), ("Carl", "Dora")
        )
        ratios = []
        try:
            for turn in range(4 if quick else 6):
                one = pair.send(source)
                pair.clear()
                two = other.send(source)
                other.clear()
                if turn:
                    ratios.append(two / one)
        finally:
            pair.close()
            other.close()
    print(f"big file, durable against not durable: {spread(ratios)} of the throughput (goal 0.95)")


def row_crowd(quick: bool) -> None:
    """One big file through 500 silent, 200 slow and 100 garbage connections, to the same without them; goal 0.8.

    And how long a device that was not there yet takes to get in and to say something; goal under 2 s.
    """
    size = (512 if quick else 2048) * MIB
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        source = big_file(folder, size)
        pair = Pair(folder)
        ratios, came = [], []
        try:
            for turn in range(4 if quick else 6):
                alone = pair.send(source)
                pair.clear()
                crowd = Crowd(pair.bob.port, 800)
                try:
                    among = pair.send(source)
                    pair.sending_engine.interrupt()
                    began = time.monotonic()
                    assert pair.anna.run("text", pair.bob.name, "let me in")[0] == 0
                    came.append(time.monotonic() - began)
                    pair.sending_engine = pair.anna.receive()
                finally:
                    crowd.close()
                pair.clear()
                if turn:
                    ratios.append(alone / among)
        finally:
            pair.close()
    print(f"big file among 800 strangers' connections: {spread(ratios)} of the throughput alone (goal 0.8)")
    print(f"a friend's message among them, from the start of its process: {spread(came)} s (goal 2)")


class Crowd:
    """Connections from many addresses of loopback: of eight, five say nothing, two a byte of a TLS greeting now and
    then, one nonsense; who is cut comes again."""

    def __init__(self, port: int, count: int) -> None:
        code = (
            "import selectors, socket, sys, time\n"
            "port, count = int(sys.argv[1]), int(sys.argv[2])\n"
            "chosen, number = selectors.DefaultSelector(), 0\n"
            "def come():\n"
            "    global number\n"
            "    number += 1\n"
            "    sock = socket.socket()\n"
            "    sock.bind((f'127.0.{1 + number // 200 % 200}.{1 + number % 200}', 0))\n"
            "    try: sock.connect(('127.0.0.1', port))\n"
            "    except OSError: sock.close(); return\n"
            "    try:\n"
            "        if number % 8 == 2: sock.sendall(b'nonsense' * 100)\n"
            "    except OSError: sock.close(); return\n"
            "    slow = [0] if number % 8 < 2 else None\n"
            "    sock.setblocking(False); chosen.register(sock, selectors.EVENT_READ, slow)\n"
            "hello = b'\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03' + bytes(500)\n"
            "for _ in range(count): come()\n"
            "print('there', flush=True)\n"
            "until = time.monotonic() + 120\n"
            "while time.monotonic() < until:\n"
            "    gone = chosen.select(0.5)\n"
            "    for key, _ in gone: chosen.unregister(key.fileobj); key.fileobj.close()\n"
            "    for _ in range(min(50, len(gone))): come()\n"
            "    for key in [one for one in chosen.get_map().values() if one.data]:\n"
            "        try: key.fileobj.send(hello[key.data[0] % 500:][:1]); key.data[0] += 1\n"
            "        except OSError: pass\n"
            "    time.sleep(0.1)\n"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(port), str(count)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def close(self) -> None:
        """All hang up."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
