"""The command line: its words, its exit codes, and sentences instead of tracebacks."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lanshare.cli.arguments import build_parser
from lanshare.cli.main import run
from tests.harness.engines import environment, free_port

LOOP = ["--interface", "127.0.0.1"]


def call(*words: str) -> int:
    """Run a command in this process."""
    return run(build_parser().parse_args(list(words)))


@pytest.mark.parametrize(("words", "sentence"), [
    (["send", "Bob", "/no/such/file"], "there is no /no/such/file"),
    (["text", "Bob", "  "], "an empty message"),
    (["receive", "--accept", "all"], "needs --into"),
    (["receive", "--into", "/dev/null/x"], "cannot be used"),
])
def test_what_cannot_be_meant_is_said_in_words(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words, "--profile", str(tmp_path), *LOOP) == 2
    assert sentence in capsys.readouterr().err


def test_id_and_an_empty_history_need_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("id", "--profile", str(tmp_path), *LOOP) == 0
    assert "port       17717" in capsys.readouterr().out
    assert call("history", "--profile", str(tmp_path)) == 0
    assert call("history", "Bob", "--profile", str(tmp_path)) == 3
    assert "Bob is not known here" in capsys.readouterr().err


def test_a_device_that_is_not_there_is_exit_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lanshare.cli.main.FIND", 0.3)
    common = ["--profile", str(tmp_path), "--port", str(free_port()), *LOOP]
    assert call("text", "Nobody", "hi", *common) == 3
    assert call("text", f"127.0.0.1:{free_port()}", "hi", *common) == 3
    assert "cannot be reached" in capsys.readouterr().err


def test_a_damaged_history_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lanshare.sqlite").write_bytes(b"junk" * 5000)
    assert call("history", "--profile", str(tmp_path)) == 1
    assert "cannot be read" in capsys.readouterr().err


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


@pytest.mark.parametrize(("broken", "sentence"), [
    ("PRAGMA max_page_count = 2; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(1000000))", "Make room"),
    ("PRAGMA query_only = 1; CREATE TABLE t (x)", "cannot be opened for writing"),
    ("CREATE TABLE t (x); INSERT INTO nowhere VALUES (1)", "sets a damaged history aside"),
])
def test_what_the_history_refuses_is_told_as_it_is(
    broken: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        db = sqlite3.connect(tmp_path / "db")
        try:
            return db.executescript(broken)
        finally:
            db.close()

    monkeypatch.setattr("lanshare.cli.main.read_history", refuse)
    assert call("history", "--profile", str(tmp_path / "profile")) == 1
    assert sentence in capsys.readouterr().err
