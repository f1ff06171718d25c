"""A caged process reaches no file, no network, no program, and not much memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")

CAGED = """
import os, socket, sys
from lanshare.node.cage import cage
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
    lambda: os.execv("/bin/true", ["true"]),
)))
"""


def test_it_can_reach_no_file_no_network_and_not_much_memory(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    done = subprocess.run(
        [sys.executable, "-c", CAGED, str(tmp_path / "new"), str(tmp_path / "there")], capture_output=True, text=True,
        check=True,
    )
    words = done.stdout.split()
    assert len(words) == 9
    assert "allowed" not in words, words
    assert (tmp_path / "there").exists()
