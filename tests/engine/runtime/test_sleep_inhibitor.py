"""Awake while something moves: a helper is started and ends, with us at the latest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.engine.runtime.sleep_inhibitor import SleepInhibitor, command

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the helper")


def until(ready: Callable[[], object]) -> None:
    """Ask again until it is so."""
    deadline = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the system's helper: it notes that it runs, and that it ended when its input did."""
    script = tmp_path / "bin" / (command(sys.platform, 1) or ["none"])[0]
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\necho on >> {tmp_path}/said\ncat\necho off >> {tmp_path}/said\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    return tmp_path / "said"


@POSIX
def test_it_is_held_while_wanted_and_let_go_afterwards(helper: Path) -> None:
    one = SleepInhibitor()
    try:
        for wanted in (True, True, False, True):
            one.want(wanted)
        until(lambda: helper.exists() and helper.read_text() == "on\noff\non\n")
        until(lambda: one.held)
    finally:
        one.close()
    assert helper.read_text() == "on\noff\non\noff\n"
    assert not one.held


@POSIX
def test_the_helper_ends_with_a_process_that_is_killed(helper: Path) -> None:
    code = (
        "from lanshare.engine.runtime.sleep_inhibitor import SleepInhibitor; import time; "
        "a = SleepInhibitor(); a.want(True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    until(lambda: helper.exists())
    process.kill()
    process.wait()
    until(lambda: helper.read_text() == "on\noff\n")


def test_without_a_helper_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lanshare.engine.runtime.sleep_inhibitor.shutil.which", lambda name: None)
    one = SleepInhibitor()
    one.want(True)
    one.want(False)
    one.close()
    assert not one.held


def test_each_system_has_its_helper() -> None:
    assert (command("darwin", 7) or [])[-1] == "7"
    assert "--what=idle:sleep" in (command("linux", 7) or [])
    assert command("win32", 7) is None, "there it is a call, not a helper"
