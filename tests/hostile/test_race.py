"""A folder that is swapped for a link and back, again and again, while files are written below it: none follows it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.files.folder import HANDLES, open_folder
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker
from tests.hostile.conftest import Victim
from tests.hostile.corpus import TOKEN, X

pytestmark = pytest.mark.skipif(not HANDLES, reason="needs folder handles")


class Swapper:
    """Swaps a folder for a link to somewhere else, as fast as it can."""

    def __init__(self, folder: Path, elsewhere: Path) -> None:
        self._folder, self._elsewhere = folder, elsewhere
        self._real = folder.with_name(folder.name + "-real")
        self._over = False
        self.swaps = 0
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Swapper:
        self._folder.rename(self._real)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def _run(self) -> None:
        while not self._over:
            self._folder.symlink_to(self._elsewhere)
            self._folder.unlink()
            self._real.rename(self._folder)
            self._folder.rename(self._real)
            self.swaps += 1


def test_a_hundred_thousand_writes_race_a_link_and_none_escapes(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    (root / "d").mkdir(parents=True)
    elsewhere.mkdir()
    handle = open_folder(root)
    written = 0
    with Swapper(root / "d", elsewhere) as swapper:
        number = 0
        while number < 100_000 or (swapper.swaps <= 1000 and number < 1_000_000):
            number += 1
            try:
                below = handle.child("d")
            except OSError:
                continue
            try:
                os.close(below.open_file(f"{number % 50}", os.O_WRONLY | os.O_CREAT))
                written += 1
            finally:
                below.close()
    handle.close()
    print(f"{written} written, {swapper.swaps} swaps")
    assert swapper.swaps > 1000
    assert list(elsewhere.iterdir()) == []


def test_the_same_over_the_wire(victim: Victim, mallory: Identity, alive: Callable[[], None]) -> None:
    before = victim.outside()
    with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, [TOKEN, "d"], "folder", 0, 1, 0, "", False)
        data.hear_kind(f.Confirmed)
        with Swapper(victim.shows(TOKEN, "d"), victim.jail / ".ssh") as swapper:
            for index in range(1, 3001):
                data.say_raw(f.Begin, index, [TOKEN, "d", f"f{index}"], "file", 1, 1, 0, "", False)
                data.say(f.Data(memoryview(b"x")))
                data.say(f.End(X))
                data.drain()
            data.say(f.AllSent(3001, 3000))
            data.hear_kind(f.Complete, f.Halt)
    assert swapper.swaps > 100
    assert victim.outside() == before
