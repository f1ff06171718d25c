"""A command of a person's own: it gets the paths as they are, cannot hang anything up, and is told however it ends."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.events import CommandEnded
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import RunCommand
from lanshare.engine.runtime.after_receiving import Command, CommandJob, Ended, words_of
from tests.harness.made import PEER

PATHS = ("/in/-rf", "/in/a b", "/in/new\nline", "/in/$HOME", "/in/'", '/in/"', "/in/`id`", "/in/*")
TELLS = "import sys, os; open(sys.argv[1], 'w').write('\\0'.join([*sys.argv[2:], os.environ['LANSHARE_NAME']]))"


def test_each_path_is_one_argument_as_it_is_and_no_shell_reads_it(tmp_path: Path) -> None:
    out = tmp_path / "out file"
    words = words_of(f"{shlex.quote(sys.executable)} -c {shlex.quote(TELLS)} {shlex.quote(str(out))}")
    assert Command(words, PATHS, {"LANSHARE_NAME": "Bob; $(id)"}).run() == Ended()
    assert out.read_text().split("\0") == [*PATHS, "Bob; $(id)"]


@pytest.mark.parametrize(("program", "code", "says"), [
    (["/no/such/program"], Code.COMMAND_MISSING, "No such file"),
    (["/etc/passwd"], Code.COMMAND_MISSING, "Permission denied"),
    ([sys.executable, "-c", "import sys; sys.exit(3)"], Code.COMMAND_FAILED, "ended with 3"),
    ([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], Code.COMMAND_FAILED, "signal 9"),
])
@pytest.mark.skipif(sys.platform == "win32", reason="signals and these reasons are POSIX")
def test_however_it_fails_it_is_said_in_words_and_what_came_is_kept(
    program: list[str], code: Code, says: str
) -> None:
    ended = Command(program, (), {}).run()
    assert ended.code == code
    assert says in ended.explanation
    assert "kept" in ended.explanation


def is_running(process: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
@pytest.mark.parametrize("how", ["late", "cancelled"])
def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path, how: str) -> None:
    mark = tmp_path / "child"
    hang = (
        "import subprocess, sys, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"mark = {str(mark)!r}; open(mark + '.new', 'w').write(str(child.pid))\n"
        "import os; os.rename(mark + '.new', mark)\n"
        "time.sleep(600)"
    )
    command = Command([sys.executable, "-c", hang], (), {}, seconds=5.0 if how == "late" else 600.0)
    found: list[Ended] = []
    thread = threading.Thread(target=lambda: found.append(command.run()))
    thread.start()
    while not mark.exists() and thread.is_alive():
        thread.join(0.05)
    if how == "cancelled":
        command.cancel()
    thread.join(60)
    assert found[0].code == (Code.COMMAND_HUNG if how == "late" else Code.COMMAND_FAILED)
    child = int(mark.read_text())
    while is_running(child):
        thread.join(0.05)  # the test's own bound ends it if that never comes


def test_it_can_ask_nobody_anything_and_what_it_says_goes_where_it_is_told_to(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as out:
        ask = "import sys; print('asks', repr(sys.stdin.read())); print('fails', file=sys.stderr)"
        assert Command([sys.executable, "-c", ask], (), {}, out).run() == Ended()
    assert sorted((tmp_path / "out").read_text().splitlines()) == ["asks ''", "fails"]


@pytest.mark.parametrize("command", ["", "  ", "'open quote", "a\x00b"])
def test_what_is_no_command_is_said_before_and_after(command: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        words_of(command)
    told: list[CommandEnded] = []
    CommandJob(RunCommand(TransferId("a" * 32), PEER, "Bob", command, ("/x",)), told.append).run()
    assert [one.code for one in told] == [Code.COMMAND_MISSING]


def test_what_was_cancelled_before_it_began_does_not_begin(tmp_path: Path) -> None:
    told: list[CommandEnded] = []
    job = CommandJob(RunCommand(TransferId("a" * 32), PEER, "Bob", f"touch {tmp_path / 'x'}", ()), told.append)
    job.cancel()
    job.run()
    assert [one.code for one in told] == [Code.COMMAND_MISSING]
    assert list(tmp_path.iterdir()) == []


def test_on_windows_a_backslash_stands_between_folders_and_no_shell_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """CreateProcess runs batch files by cmd.exe, to which names of files would be words."""
    monkeypatch.setattr("lanshare.engine.runtime.after_receiving.sys.platform", "win32")
    assert words_of(r"C:\tools\scan.exe -x") == [r"C:\tools\scan.exe", "-x"]
    assert words_of(r'"C:\my tools\scan.exe" -x') == [r"C:\my tools\scan.exe", "-x"]
    for batch in (r"C:\me\after.bat", r'"C:\me\AFTER.CMD" -x'):
        with pytest.raises(ValueError, match="batch file"):
            words_of(batch)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
@pytest.mark.timeout(120)
def test_what_is_cancelled_while_it_is_being_started_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    begins, going = threading.Event(), threading.Event()
    real = subprocess.Popen

    def slow(*words: Any, **more: Any) -> Any:
        begins.set()
        assert going.wait(60)
        return real(*words, **more)

    monkeypatch.setattr("lanshare.engine.runtime.after_receiving.subprocess.Popen", slow)
    command = Command(["sleep", "600"], (), {})
    found: list[Ended] = []
    thread = threading.Thread(target=lambda: found.append(command.run()))
    thread.start()
    assert begins.wait(60)
    command.cancel()
    going.set()
    thread.join(60)
    assert [one.code for one in found] == [Code.COMMAND_FAILED]
