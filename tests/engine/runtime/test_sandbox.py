"""A caged process reaches no file, no network, no program, and not much memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")

CAGED = """
import os, socket, sys
from lanshare.engine.runtime.sandbox import cage
cage(64 * 1024 * 1024)
def tried(work):
    try:
        work()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "allowed"
sys.stdout.write(" ".join(tried(one) for one in (
    lambda: open("/etc/passwd"), lambda: open(sys.argv[1], "w"), lambda: os.listdir("/"), lambda: os.mkdir(sys.argv[1]),
    lambda: os.unlink(sys.argv[2]), lambda: socket.socket(), lambda: socket.socketpair(),
    lambda: bytearray(512 * 1024 * 1024),
    lambda: os.execv("/bin/true", ["true"]), lambda: os.fork() or os._exit(0), lambda: os.chmod(sys.argv[2], 0o777),
    lambda: os.utime(sys.argv[2]), lambda: os.kill(os.getppid(), 0), lambda: os.rename(sys.argv[2], sys.argv[1]),
    lambda: os.truncate(sys.argv[2], 0), lambda: os.symlink("x", sys.argv[1]),
)))
"""


def test_it_can_reach_no_file_no_network_and_not_much_memory(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", CAGED, str(tmp_path / "new"), str(tmp_path / "there")], capture_output=True, text=True,
        check=True,
    )
    words = done.stdout.split()
    assert len(words) == 16
    assert "allowed" not in words, words
    assert (tmp_path / "there").exists()


FILTERED = (
    CAGED.replace("from lanshare.engine.runtime.sandbox import cage", "from lanshare.files import landlock")
    .replace("cage(64 * 1024 * 1024)", "landlock.refuse_calls()")
    .replace("    lambda: bytearray(512 * 1024 * 1024),\n", "")
)
THREAD = """
import threading
from lanshare.engine.runtime.sandbox import cage
cage(256 * 1024 * 1024)
done = []
thread = threading.Thread(target=lambda: done.append("ran"))
thread.start()
thread.join()
print(done[0], end="")
"""


def test_the_filter_of_calls_alone_holds_as_well(tmp_path: Path) -> None:
    """As on a kernel without Landlock."""
    (tmp_path / "there").write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", FILTERED, str(tmp_path / "new"), str(tmp_path / "there")],
        capture_output=True, text=True, check=True,
    )
    words = done.stdout.split()
    assert len(words) == 15
    assert [at for at, word in enumerate(words) if word == "allowed"] in ([], [2]), "to list a folder it must be opened"
    assert (tmp_path / "there").read_text() == "x"


def test_threads_may_still_be_started() -> None:
    done = subprocess.run([sys.executable, "-c", THREAD], capture_output=True, text=True, check=True)
    assert done.stdout == "ran"
