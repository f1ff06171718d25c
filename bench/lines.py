"""Rows about slow lines: as fast as scp over them, and what a message beside a transfer waits."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.support import MIB, Ssh, big_file, found, scratch, spread
from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.message import MessageId
from lanshare.domain.peer import PeerId
from tests.harness import lan, slow_line
from tests.harness.engines import ROOT, Device, environment
from tests.harness.shells import Shell, appeared, new_transfer

PORT = 17717
_MESSAGES = 100
"""Of which each beside a transfer is timed, at least."""


def row_lines(quick: bool) -> None:
    """40 Mbit/s with 0.5 s of buffer, and 20 ms of delay each way with 0.1 % loss.

    Time to scp's (goal: within 5 %), and what a message beside a transfer waits (goal: p99 150 ms).
    """
    reason = lan.cannot() or slow_line.cannot()
    if missing := [tool for tool in ("sshd", "scp") if not found(tool)]:
        reason = f"{', '.join(missing)} is not installed"
    if reason:
        print(f"slow lines: not measured: {reason}")
        return
    for what, size, *line in (
        ("40 Mbit/s, 0.5 s of buffer", 32 * MIB, 40, 0.5, 0, 0),
        ("20 ms of delay each way, 0.1 % loss", 16 * MIB, 0, 0, 0.02, 0.001),
    ):
        with scratch() as folder, between(*line) as (anna_space, bob_space):
            _row(what, folder, big_file(folder, size), anna_space, bob_space, 3 if quick else 6)


@contextmanager
def between(*line: float) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Two hosts with a line between them: what to put before a command to run it on each."""
    net = lan.Lan()
    try:
        spaces = net.host("a"), net.host("b")
        wire = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.slow_line", *spaces, *map(str, line)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), cwd=ROOT,
        )
        try:
            assert wire.stdout is not None
            assert wire.stdout.readline() == b"ready\n"
            yield net.prefix(spaces[0]), net.prefix(spaces[1])
        finally:
            wire.communicate()
    finally:
        net.close()


def _row(
    what: str, folder: Path, source: Path, here: tuple[str, ...], there: tuple[str, ...], turns: int
) -> None:
    anna, bob = (
        Device(folder, name, prefix, interface="", port=PORT) for name, prefix in (("Anna", here), ("Bob", there))
    )
    receiving = bob.receive()
    talker = subprocess.Popen(
        [*here, sys.executable, "-m", "bench.lines", str(anna.folder), str(source), str(turns)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(""), cwd=ROOT, text=True,
    )
    ssh = Ssh(folder, "10.79.0.2", here, there)
    ours: list[float] = []
    theirs: list[float] = []
    delays: list[float] = []
    try:
        assert talker.stdin is not None
        assert talker.stdout is not None
        # A stranger may say three things a minute.
        assert bob.run("trust", "Anna", "--id", talker.stdout.readline().strip())[0] == 0
        for turn in range(turns):
            for words in ("file", "scp") if turn % 2 else ("scp", "file"):
                if words == "scp":
                    into = folder / f"other{turn}"
                    into.mkdir()
                    theirs.append(ssh.scp(source, into))
                else:
                    talker.stdin.write("file\n")
                    talker.stdin.flush()
                    ours.append(float(talker.stdout.readline()))
                    (bob.into / source.name).unlink()
        talker.stdin.write("beside\n")
        talker.stdin.flush()
        delays = sorted(map(float, talker.stdout.readline().split()))
    finally:
        talker.communicate()
        receiving.interrupt()
        bob.close()
        anna.close()
        ssh.close()
    ratios = [other / one for one, other in zip(ours, theirs, strict=True)]
    size = source.stat().st_size
    print(f"{what}, {size // MIB} MiB: ours {spread(ours)} s, scp {spread(theirs)} s; ours {spread(ratios)} times as"
          f" fast (goal 0.95); a message beside a transfer p50 {delays[len(delays) // 2]:.0f},"
          f" p99 {delays[int(len(delays) * 0.99)]:.0f} ms, worst {delays[-1]:.0f} ({len(delays)}; goal p99 150)")


def _talk(profile: Path, source: Path) -> None:
    """On its host, told by standard input: `file` sends, and says how long it took, from the wish; `beside` sends until
    there were many messages beside it, and says how long each of them took, in ms."""
    shell = Shell(profile, "Anna", PORT, interfaces=())
    peer = appeared(shell).id
    print(shell.host_id, flush=True)
    for line in sys.stdin:
        if line == "file\n":
            print(_sent(shell, peer, source), flush=True)
            continue
        delays: list[float] = []
        while len(delays) < _MESSAGES:
            copy = source.with_name(f"beside {len(delays)}.bin")
            source.rename(copy)
            shell.say(c.SendFiles(new_transfer(), peer, (copy,)))
            shell.wait_for(e.TransferStarted)
            delays.extend(_beside(shell, peer))
            copy.rename(source)
        print(*delays, flush=True)
    shell.host.close()


def _sent(shell: Shell, peer: PeerId, source: Path) -> float:
    transfer, began = new_transfer(), time.perf_counter()
    shell.say(c.SendFiles(transfer, peer, (source,)))
    shell.wait_for(e.TransferFinished, lambda event: event.transfer == transfer)
    return time.perf_counter() - began


def _beside(shell: Shell, peer: PeerId) -> list[float]:
    """What each message waited, until the transfer is over."""
    delays: list[float] = []
    while True:
        message, said = MessageId(secrets.token_hex(16)), time.perf_counter()
        shell.say(c.SendText(message, peer, "how far is it?"))
        while True:
            event = shell.events.get(timeout=30)
            if isinstance(event, e.TransferFinished):
                return delays
            if isinstance(event, e.MessageDelivered) and event.message == message:
                delays.append((time.perf_counter() - said) * 1000)
                break


if __name__ == "__main__":
    _talk(Path(sys.argv[1]), Path(sys.argv[2]))
