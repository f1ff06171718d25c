"""`receive`: however often it is interrupted, it ends in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.calls import LOOP
from tests.harness.engines import environment, free_port


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
@pytest.mark.parametrize("second", [0.0, 0.01, 0.05, 0.15])
def test_two_interrupts_end_it_as_one_does(tmp_path: Path, second: float) -> None:
    words = ["receive", "--profile", str(tmp_path), "--port", str(free_port()), "--json", *LOOP]
    process = subprocess.Popen(
        [sys.executable, "-m", "lanshare", *words], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "MeChanged" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        time.sleep(second)  # the distance of two presses, which is what is tried
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        assert process.returncode in (0, 130)
        assert "Traceback" not in said
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
def test_an_interrupt_while_the_process_ends_changes_nothing(tmp_path: Path) -> None:
    code = (
        "import atexit, os, signal, sys; from lanshare.__main__ import main;"
        " atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT)); sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "id", "--profile", str(tmp_path)], env=environment(), capture_output=True,
        text=True, timeout=60,
    )
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
def test_a_thread_that_does_not_end_holds_up_nobody_who_interrupts(tmp_path: Path) -> None:
    code = (
        "import sys, threading; from lanshare.__main__ import main; code = main();"
        " threading.Thread(target=threading.Event().wait).start(); print('over', flush=True); sys.exit(code)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "id", "--profile", str(tmp_path)], env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )
    try:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "over":
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 0
        assert said == ""
    finally:
        process.kill()
        process.communicate()
