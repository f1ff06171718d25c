"""Two commits side by side: the programs of both are driven through the command line, in turns, in reversed order.

Only what every commit has is used: the flags and the JSON of the command line, and the window's first picture.
"""

from __future__ import annotations

import compileall
import io
import math
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.latency import STARTED_CODE
from bench.support import MIB, ROOT, Pair, big_file, small_files, spread
from tests.harness.engines import environment, free_port

TRIES: Final = 3
"""How often a row has to be too slow before that is believed: a machine does other things too."""

_ROOM: Final = 6 * 1024 * MIB
"""Bytes that both sides need at most, with what they send."""

Probe = Callable[["Side"], float]


class Side(Struct, frozen=True):
    """One of the two programs, at work: where its code is, and two devices that run it."""

    tree: Path
    pair: Pair
    sent: dict[str, Path]


def compare(commit: str, quick: bool, least: float) -> int:
    """Print a line a row: seconds of both, and how many times as fast as `commit` this tree is.

    1 if a row's ratio is below `least` in all of TRIES, 2 if there is no such commit; else 0.
    """
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True)
    if packed.returncode:
        print(f"{commit} is not a commit that is here: {packed.stderr.decode().strip()}")
        return 2
    slow = []
    where = _memory()
    with tempfile.TemporaryDirectory(dir=where) as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(folder / "other", filter="data")
        compileall.compile_dir(folder / "other", quiet=1)
        sent = {"big": big_file(folder, (256 if quick else 1024) * MIB), "small": small_files(folder)}
        print(f"this tree beside {commit} ({'in memory' if where else 'on disk'}): seconds there, here, and how many"
              " times as fast it is here")
        with _side(folder / "other", folder / "there", sent) as there, _side(ROOT, folder / "here", sent) as here:
            for what, probe in PROBES.items():
                for _ in range(TRIES):
                    ratio = _row(what, probe, there, here, 3 if quick else 6)
                    if ratio >= least:
                        break
                else:
                    slow.append(what)
    for what in slow:
        print(f"{what}: less than {least} times as fast as {commit}, {TRIES} times")
    return 1 if slow else 0


def _memory() -> str | None:
    """A folder in memory if there is one with room: a disk alone makes one and the same code vary by a half."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > _ROOM else None


@contextmanager
def _side(tree: Path, folder: Path, sent: dict[str, Path]) -> Iterator[Side]:
    folder.mkdir()
    # Python looks for a module where it is started before it looks at PYTHONPATH.
    prefix = ("env", f"--chdir={tree}", f"PYTHONPATH={tree}")
    with closing(Pair(folder, prefix, (f"Anna {folder.name}", f"Bob {folder.name}"))) as pair:
        # A stranger may say three things a minute.
        (told,) = pair.anna.run("id")[1]
        assert pair.bob.run("trust", pair.anna.name, "--id", told["id"])[0] == 0
        yield Side(tree, pair, sent)


def _row(what: str, probe: Probe, there: Side, here: Side, count: int) -> float:
    times: dict[Path, list[float]] = {there.tree: [], here.tree: []}
    for number in range(count + 1):
        for side in (there, here) if number % 2 else (here, there):
            try:
                took = probe(side)
            except Exception as error:
                if side is here:
                    raise
                print(f"{what}: not compared, as it fails there: {str(error)[:200]}")
                return math.inf
            if number:  # the first of each is for the caches
                times[side.tree].append(took)
    before, after = times[there.tree], times[here.tree]
    ratios = [one / other for one, other in zip(before, after, strict=True)]
    print(f"{what}: {spread(before)}, {spread(after)}, {spread(ratios)}", flush=True)
    return statistics.median(ratios)


def _sending(what: str) -> Probe:
    def send(side: Side) -> float:
        side.pair.clear()
        return side.pair.send(side.sent[what])

    return send


def _word(side: Side) -> float:
    began = time.perf_counter()
    process = side.pair.anna.start("text", side.pair.bob.name, "a word")
    # Waiting for the process itself looks every 50 ms.
    assert process.ended.wait(60)
    took = time.perf_counter() - began
    assert process.end() == 0, process.events
    return took


def _window(side: Side) -> float:
    with tempfile.TemporaryDirectory() as profile:
        began = time.time()
        done = subprocess.run(
            [sys.executable, "-c", STARTED_CODE, profile, str(free_port())], cwd=side.tree,
            env=environment() | {"PYTHONPATH": str(side.tree)}, capture_output=True, text=True, check=True, timeout=60,
        )
        return float(done.stdout.split()[0]) - began


PROBES: Final[dict[str, Probe]] = {
    "one big file": _sending("big"),
    "10,000 files of 4 KiB": _sending("small"),
    "a word from the command line, from start to end of its process": _word,
    "the window, from process start to its first picture": _window,
}
