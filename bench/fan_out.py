"""A row about one sender and many receivers at once, over a line that they share."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.lines import PORT, between
from bench.support import MIB, big_file, scratch, spread
from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from tests.harness import lan, slow_line
from tests.harness.engines import ROOT, Device, environment
from tests.harness.shells import Shell, new_transfer

_MBIT = 100
_EACH = 2 * MIB


def row_receivers(quick: bool) -> None:
    """1, 10 and 30 receivers at once over a line of 100 Mbit/s: the time to that of the bytes alone (goal: of 30 within
    1.1 of that of one), and the sender's most memory."""
    if reason := lan.cannot() or slow_line.cannot():
        print(f"receivers at once: not measured: {reason}")
        return
    first = 0.0
    for count in (1, 10) if quick else (1, 10, 30):
        with scratch() as folder, between(_MBIT, 0.1, 0, 0) as (here, there):
            each = _EACH * 30 // count
            times, memory = _sent_to(folder, big_file(folder, each), here, there, count, 2 if quick else 4)
        shares = [one / (each * count / (_MBIT * 125_000)) for one in times]
        middle = statistics.median(shares)
        first = first or middle
        print(f"{count} receivers at once, {each // MIB} MiB each over {_MBIT} Mbit/s: {spread(times)} s,"
              f" {spread(shares)} of the bytes' own time, {middle / first:.3f} of one receiver's (goal 1.1);"
              f" the sender's most memory {memory} MiB")


def _sent_to(
    folder: Path, source: Path, here: tuple[str, ...], there: tuple[str, ...], count: int, turns: int
) -> tuple[list[float], int]:
    """Seconds from the wish until all have it, of each turn; the sender's most memory in MiB."""
    devices = [
        Device(folder, f"Bob{number}", there, interface="", port=17800 + number) for number in range(count)
    ]
    receiving = [device.receive() for device in devices]
    sender = subprocess.Popen(
        [*here, sys.executable, "-m", "bench.fan_out", str(folder / "anna"), str(source), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(""), cwd=ROOT, text=True,
    )
    times: list[float] = []
    try:
        assert sender.stdin is not None
        assert sender.stdout is not None
        assert sender.stdout.readline() == "ready\n"
        for _ in range(turns):
            sender.stdin.write("go\n")
            sender.stdin.flush()
            times.append(float(sender.stdout.readline()))
            for device in devices:
                (device.into / source.name).unlink()
        memory = int(Path(f"/proc/{sender.pid}/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
    finally:
        sender.communicate()
        for process in receiving:
            process.interrupt()
        for device in devices:
            device.close()
    return times, memory


def _send(profile: Path, source: Path, count: int) -> None:
    """On the sender's host: each line of standard input sends the file to all, and says how long that took."""
    shell = Shell(profile, "Anna", PORT, interfaces=())
    peers: set[PeerId] = set()
    deadline = time.monotonic() + 60
    while len(peers) < count and time.monotonic() < deadline:
        event = shell.events.get(timeout=60)
        if isinstance(event, e.PeerAppeared):
            peers.add(event.id)
        elif isinstance(event, e.Snapshot):
            peers.update(peer.id for peer in event.peers if peer.online)
    print("ready", flush=True)
    for _ in sys.stdin:
        began, left = time.perf_counter(), set()
        for peer in peers:
            transfer = new_transfer()
            left.add(transfer)
            shell.say(c.SendFiles(transfer, peer, (source,)))
        while left:
            event = shell.events.get(timeout=120)
            if isinstance(event, e.TransferFinished):
                left.discard(event.transfer)
        print(time.perf_counter() - began, flush=True)
    shell.host.close()


if __name__ == "__main__":
    _send(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
