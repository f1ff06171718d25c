"""Each target over its corpus and some thousands of faulty inputs; `python -m tests.fuzz TARGET` runs one for long."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.corpus import mutated, seeds
from tests.fuzz.targets import TARGETS

COUNT = 4000


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_any_bytes_are_taken_or_refused(target: str) -> None:
    run, known = TARGETS[target], seeds(target)
    for data in known:
        run(data)
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(COUNT):
        data = mutated(chance, chance.choice(known))
        try:
            run(data)
        except Exception as error:
            raise AssertionError(f"{target} on {data.hex()}") from error
