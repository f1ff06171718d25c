"""Runs a fuzz target for long: `python -m tests.fuzz TARGET [--seconds N]`, from the checkout with its environment.

With atheris installed (`pip install atheris`) it is guided by coverage and extends tests/fuzz/corpus/TARGET; without
it, saved and sound inputs are mutated at random. What fails is written to artifacts/ and raised.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import random
import sys
import time
from pathlib import Path
from typing import Any


def main() -> int:
    """One target, for so long."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    atheris: Any = None
    with contextlib.suppress(ImportError):
        atheris = importlib.import_module("atheris")
    # What is to be guided by coverage must be imported while atheris watches.
    with atheris.instrument_imports(include=["lanshare"]) if atheris is not None else contextlib.nullcontext():
        targets = importlib.import_module("tests.fuzz.targets").TARGETS
    if chosen.target not in targets:
        parser.error(f"one of {', '.join(sorted(targets))}")
    if atheris is None:
        return _plain(chosen.target, targets[chosen.target], chosen.seconds)
    corpus = importlib.import_module("tests.fuzz.corpus")
    folder = corpus.folder_of(chosen.target)
    folder.mkdir(parents=True, exist_ok=True)
    Path("artifacts").mkdir(exist_ok=True)
    words = [sys.argv[0], str(folder), f"-max_total_time={chosen.seconds}", "-max_len=4096",
             "-artifact_prefix=artifacts/"]
    atheris.Setup(words, targets[chosen.target])
    atheris.Fuzz()
    return 0


def _plain(name: str, target: Any, seconds: int) -> int:
    corpus = importlib.import_module("tests.fuzz.corpus")
    known = corpus.seeds(name)
    seed = random.randrange(10**9)
    chance, until, count = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < until:
        data = corpus.mutated(chance, chance.choice(known))
        count += 1
        try:
            target(data)
        except Exception:
            place = Path("artifacts", f"fuzz-{name}-{seed}-{count}")
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(data)
            print(f"{name} failed; the input is in {place}")
            raise
    print(f"{name}: {count} inputs (seed {seed}), nothing but refusals")
    return 0


if __name__ == "__main__":
    sys.exit(main())
