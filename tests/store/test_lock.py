"""One engine per profile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lanshare.store.lock import ProfileLock


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    one, other = ProfileLock(tmp_path / "lock"), ProfileLock(tmp_path / "lock")
    assert one.take()
    assert not other.take()
    one.release()
    assert other.take()
    other.release()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from lanshare.store.lock import ProfileLock\n"
        "assert ProfileLock(pathlib.Path(sys.argv[1])).take(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline().split() == [b"held"]
    ours = ProfileLock(tmp_path / "lock")
    assert not ours.take()
    holder.kill()
    holder.communicate()
    assert ours.take()
    ours.release()
