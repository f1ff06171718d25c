"""`python3 dev.py test`: two runs beside each other end in one count."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import dev


def test_the_counts_of_two_runs_are_added_up() -> None:
    one = "...\n= short test summary =\n1 failed, 1469 passed, 3 deselected in 1306.87s (0:21:46)\n"
    other = "..\n51 passed, 2 skipped, 1 error in 0.85s\n"
    assert dev.summed(one, other) == "1 error, 1 failed, 1520 passed, 2 skipped"
    assert dev.summed("Traceback ...\n", "") == "no tests"


def test_a_failure_on_either_side_is_one_of_both_and_all_is_told() -> None:
    for first, second, code in ((0, 0, 0), (3, 0, 3), (0, 4, 4)):
        says = "import sys; print(sys.argv[1], '7 passed in 1s'); sys.exit(int(sys.argv[2]))"
        runs = [[sys.executable, "-c", says, name, str(end)] for name, end in (("one", first), ("two", second))]
        assert dev.side_by_side(*runs) == code


@pytest.mark.skipif(sys.platform == "win32", reason="makes interpreters of shell scripts")
def test_an_interpreter_is_one_that_runs_and_is_of_that_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in on the path that only says which Python to install is passed over; another version as well."""
    kept = tmp_path / "pyenv"
    for place, version, code in (
        (tmp_path / "bin/python3.98", "3.98", 127),
        (kept / "versions/3.98.1/bin/python3.98", "3.12", 0),
        (kept / "versions/3.98.2/bin/python3.98", "3.98", 0),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\necho {version}\nexit {code}\n")
        place.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYENV_ROOT", str(kept))
    assert dev.interpreter("3.98") == str(kept / "versions/3.98.2/bin/python3.98")
    assert dev.interpreter("3.99") is None


@pytest.mark.skipif(sys.platform == "win32", reason="makes interpreters of shell scripts")
@pytest.mark.parametrize(("end", "code"), [(0, 0), (1, 1), (dev.UNPREPARED, 0)])
def test_an_interpreter_without_an_environment_is_named_and_a_failure_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], end: int, code: int
) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\necho 3 passed in 1s\nexit {end}\n")
    script.chmod(0o755)
    monkeypatch.setattr(dev, "OTHERS", ("3.97", "3.98"))
    monkeypatch.setattr(dev, "interpreter", lambda version: str(script) if version == "3.98" else None)
    assert dev.others() == code
    said = capfd.readouterr().out
    assert "Python 3.97 is not on this machine: not verified." in said
    assert ("its environment could not be made" in said) == (end == dev.UNPREPARED)
    assert said.strip().endswith("Other interpreters: 3 passed")
