"""A row about many devices on one network: what each of them costs the one that sees them all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.latency import _delays, _resident
from bench.support import scratch, spread
from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from tests.harness.engines import Device, environment
from tests.harness.shells import Shell


def row_devices(quick: bool) -> None:
    """10 and 30 devices that are there: the time until one that starts has listed them all, its memory then and its
    processor time at rest, and a message to one of them. 100 engines on two cores did not come up in five minutes."""
    for count in (3, 10) if quick else (10, 30):
        with scratch() as folder:
            devices = [Device(folder, f"Device {number}") for number in range(count)]
            processes = [
                device.start("receive", "--accept", "all", "--into", str(device.into)) for device in devices
            ]
            try:
                for process in processes:
                    process.wait_for("MeChanged", seconds=300)
                listed, memory, idle, delays = _seen(folder, devices[0], count)
            finally:
                for process in processes:
                    process.interrupt()
                for device in devices:
                    device.close()
        print(f"{count} devices: all listed {listed:.2f} s after the start, {memory:.1f} MiB then, {idle * 100:.1f} %"
              f" of a processor at rest; a message to one of them {spread(delays)} ms", flush=True)


def _seen(folder: Path, first: Device, count: int) -> tuple[float, float, float, list[float]]:
    """What a device that starts among them measures of itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.devices", str(folder / "anna"), str(count), first.name],
        env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    own = process.stdout.readline().strip()
    # A stranger may say three things a minute.
    assert first.run("trust", "Anna", "--id", own)[0] == 0
    process.stdin.write("trusted\n")
    process.stdin.flush()
    listed, memory, idle, *delays = map(float, process.stdout.read().split())
    process.communicate()
    return listed, memory, idle, delays


def _see(profile: Path, count: int, name: str) -> None:
    began = time.monotonic()
    shell = Shell(profile, "Anna")
    peers: dict[PeerId, str] = {}
    while len(peers) < count:
        event = shell.events.get(timeout=120)
        if isinstance(event, e.PeerAppeared):
            peers[event.id] = event.name
        elif isinstance(event, e.Snapshot):
            own = event.me.id
            peers.update((peer.id, peer.name) for peer in event.peers if peer.online)
    listed = time.monotonic() - began
    print(own, flush=True)
    sys.stdin.readline()
    _drained(shell, 3.0)
    memory = _resident(Path("/proc/self/status").read_text())
    spent = time.process_time()
    _drained(shell, 10.0)
    idle = (time.process_time() - spent) / 10
    peer = next(one for one, called in peers.items() if called == name)
    delays = _delays(shell, peer, 120)[20:]
    print(listed, memory, idle, *delays, flush=True)
    shell.host.close()


def _drained(shell: Shell, seconds: float) -> None:
    """Rest for so long, as a person does."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(left)
    shell.drain()


if __name__ == "__main__":
    _see(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
