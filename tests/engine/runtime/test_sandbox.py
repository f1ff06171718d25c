"""A caged process reaches no file, no network, no program, and not much memory."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from lanshare.engine.runtime import sandbox
from lanshare.files import landlock

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


CALLS = {
    "x86_64": {
        "tgkill": 234, "rt_sigqueueinfo": 129, "setpriority": 141, "sched_setaffinity": 203, "shmget": 29, "msgget": 68,
        "semget": 64, "mq_open": 240, "add_key": 248, "keyctl": 250, "inotify_init1": 294, "open_by_handle_at": 304,
    },
    "aarch64": {
        "tgkill": 131, "rt_sigqueueinfo": 138, "setpriority": 140, "sched_setaffinity": 122, "shmget": 194,
        "msgget": 186, "semget": 190, "mq_open": 180, "add_key": 217, "keyctl": 219, "inotify_init1": 26,
        "open_by_handle_at": 265,
    },
}
CALLING = """
import ctypes, errno, sys
from lanshare.engine.runtime.sandbox import cage
libc = ctypes.CDLL(None, use_errno=True)
cage(256 * 1024 * 1024)
for number in map(int, sys.argv[1:]):
    libc.syscall(number, 0, 0, 0, 0, 0)
    sys.stdout.write(errno.errorcode.get(ctypes.get_errno(), "none") + " ")
    ctypes.set_errno(0)
"""


@pytest.mark.skipif(platform.machine() not in CALLS, reason="the numbers of this machine's calls are not known here")
def test_it_can_disturb_no_other_process_and_share_nothing_with_one() -> None:
    calls = CALLS[platform.machine()]
    done = subprocess.run(
        [sys.executable, "-c", CALLING, *map(str, calls.values())], capture_output=True, text=True, check=True
    )
    assert dict(zip(calls, done.stdout.split(), strict=True)) == dict.fromkeys(calls, "EPERM")


def test_a_system_that_holds_nothing_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "bind_all", lambda: False)
    monkeypatch.setattr(landlock, "refuse_calls", lambda: False)
    with pytest.raises(OSError, match="cannot hold a decoder"):
        sandbox.cage(64 * 1024 * 1024)


def test_threads_may_still_be_started() -> None:
    done = subprocess.run([sys.executable, "-c", THREAD], capture_output=True, text=True, check=True)
    assert done.stdout == "ran"
