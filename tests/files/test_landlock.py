"""A thread that is bound writes in its folders and nowhere else; the others are as free as before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lanshare.files import landlock

needs_landlock = pytest.mark.skipif(landlock.version() < 2, reason="this kernel has no Landlock")


@needs_landlock
def test_a_bound_thread_writes_in_its_folders_and_nowhere_else(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "mine").write_text("mine")
    refused: list[str] = []

    def attempt(name: str, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except PermissionError:
            refused.append(name)

    def work() -> None:
        (inside / "a").mkdir()
        (inside / "a" / "x").write_text("x")
        os.rename(inside / "a" / "x", inside / "y")
        attempt("write", lambda: (outside / "x").write_text("x"))
        attempt("change", lambda: (outside / "mine").write_text("x"))
        attempt("truncate", lambda: os.truncate(outside / "mine", 0))
        attempt("folder", lambda: (outside / "d").mkdir())
        attempt("link", lambda: (outside / "l").symlink_to("x"))
        attempt("move", lambda: os.rename(inside / "y", outside / "y"))
        attempt("remove", lambda: (outside / "mine").unlink())
        attempt("up", lambda: (inside / ".." / "z").write_text("x"))

    landlock.run_bound([inside], work)
    known = ["write", "change", "truncate", "folder", "link", "move", "remove", "up"]
    assert refused == [one for one in known if one != "truncate" or landlock.version() >= 3]
    assert (outside / "mine").read_text() == "mine"
    assert (inside / "y").read_text() == "x"
    (outside / "free").write_text("x")
    assert not landlock.is_bound()


def test_what_is_raised_inside_is_raised_outside() -> None:
    def fail() -> None:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        landlock.run_bound([], fail)


def test_without_landlock_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    landlock.run_bound([tmp_path / "missing"], (tmp_path / "x").touch)
    assert (tmp_path / "x").exists()
