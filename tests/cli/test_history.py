"""`history`: needs no network, and tells what is wrong with it in a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.harness.calls import LOOP, call


def test_an_empty_history_needs_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("history", "--profile", str(tmp_path)) == 0
    assert call("history", "Bob", "--profile", str(tmp_path)) == 3
    assert "Bob is not known here" in capsys.readouterr().err


def test_a_damaged_history_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lanshare.sqlite").write_bytes(b"junk" * 5000)
    assert call("history", "--profile", str(tmp_path)) == 1
    assert "cannot be read" in capsys.readouterr().err


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

    monkeypatch.setattr("lanshare.cli.history.read_history", refuse)
    assert call("history", "--profile", str(tmp_path / "profile")) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(("words", "sentence"), [
    (["--export", "x", "--erase", "--all"], "one after the other"),
    (["--export", "x", "--search", "word"], "do not go with it"),
    (["--all"], "goes with --erase"),
    (["--erase", "--all", "--kind", "text"], "Nothing was erased"),
    (["--erase"], "whose conversation?"),
])
def test_what_does_not_go_together_is_said_and_nothing_is_done(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("history", *words, "--profile", str(tmp_path), *LOOP) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
