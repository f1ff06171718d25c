"""dev.py bench --compare: when a row counts as slower than in another commit."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench import compare
from bench.support import ROOT

ROW = "a row"


def _has_history() -> bool:
    if shutil.which("git") is None:
        return False
    return subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True).returncode == 0


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """What a row takes: there always 1 s, here what the test puts in, the last one for ever."""
    if not _has_history():
        pytest.skip("no repository here, so no other commit")
    took: dict[str, list[float]] = {"here": []}

    @contextmanager
    def side(tree: Path, folder: Path, sent: Any) -> Iterator[Any]:
        yield compare.Side(tree, None, sent)  # type: ignore[arg-type]

    def probe(one: compare.Side) -> float:
        if one.tree != ROOT:
            assert (one.tree / "lanshare" / "__main__.py").is_file()
            return 1.0
        return took["here"].pop(0) if len(took["here"]) > 1 else took["here"][0]

    monkeypatch.setattr(compare, "_side", side)
    monkeypatch.setattr(compare, "big_file", lambda folder, size: folder)
    monkeypatch.setattr(compare, "small_files", lambda folder: folder)
    monkeypatch.setattr(compare, "PROBES", {ROW: probe})
    return took


def test_a_row_that_is_too_slow_in_three_tries_fails(
    seconds: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    seconds["here"] = [2.0]
    assert compare.compare("HEAD", True, 0.8) == 1
    told = capsys.readouterr().out
    assert told.count("0.500 (0.500-0.500)") == compare.TRIES
    assert f"{ROW}: less than 0.8 times as fast as HEAD, 3 times" in told


def test_a_row_that_is_fast_enough_in_the_third_try_does_not(
    seconds: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each try is four: one for the caches, and three that count."""
    seconds["here"] = [*([2.0] * 8), 1.0]
    assert compare.compare("HEAD", True, 0.8) == 0
    assert capsys.readouterr().out.count(f"{ROW}: ") == 3


@pytest.mark.parametrize("side", ["there", "here"])
def test_what_fails_there_is_not_compared_and_what_fails_here_is_an_error(
    seconds: dict[str, list[float]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], side: str
) -> None:
    def probe(one: compare.Side) -> float:
        if (one.tree == ROOT) is (side == "here"):
            raise OSError("no such flag")
        return 1.0

    monkeypatch.setattr(compare, "PROBES", {ROW: probe})
    if side == "here":
        with pytest.raises(OSError, match="no such flag"):
            compare.compare("HEAD", True, 0.8)
    else:
        assert compare.compare("HEAD", True, 0.8) == 0
        assert f"{ROW}: not compared, as it fails there: no such flag" in capsys.readouterr().out


def test_without_a_bound_nothing_fails(seconds: dict[str, list[float]]) -> None:
    seconds["here"] = [1000.0]
    assert compare.compare("HEAD", True, 0.0) == 0


def test_a_commit_that_is_not_here_is_said(
    seconds: dict[str, list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare.compare("no-such-commit", True, 0.8) == 2
    assert capsys.readouterr().out.startswith("no-such-commit is not a commit that is here: ")
