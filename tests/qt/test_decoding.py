"""The decoder's process: there when it is needed, gone when not, and no harm if it dies, hangs or lies."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from lanshare.qt import decoding
from lanshare.qt.decoding import Decoder
from lanshare.qt.timeline import preview
from tests.hostile.images import alive, look, saved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and scripts")


@pytest.fixture
def one() -> Iterator[Decoder]:
    """A decoder of the test's own."""
    made = Decoder()
    yield made
    made.close()


@pytest.mark.parametrize("when", ["idle", "starting", "reading", "stopped", "closing"])
def test_a_decoder_that_is_killed_hangs_or_is_gone_costs_one_picture_at_most(
    one: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(decoding, "SECONDS", 1.0)
    path = tmp_path / "a.bmp"
    path.write_bytes(saved("bmp", 2000, 1500))
    if when != "starting":
        assert not look(one, path).isNull()
    if when == "idle":
        alive(one).kill()
        alive(one).wait()
    elif when == "stopped":
        os.kill(alive(one).pid, signal.SIGSTOP)
        assert look(one, path).isNull(), "it was given up"
    else:
        results: list[bool] = []
        asking = threading.Thread(target=lambda: results.append(look(one, path).isNull()))
        asking.start()
        until = time.monotonic() + 20
        while one._process is None and time.monotonic() < until:
            pass
        if when == "closing":
            one.close()
        elif one._process is not None:
            one._process.kill()
        asking.join(30)
        assert len(results) == 1
    if when != "closing":
        assert not look(one, path).isNull(), "the next one comes"


def test_one_that_cannot_be_started_is_no_picture(
    one: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(saved("png"))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(tmp_path / "gone"))
        assert look(one, tmp_path / "a.png").isNull()
    liar = tmp_path / "liar"
    liar.write_text("#!/bin/sh\nprintf '\\001\\377\\377\\377\\377\\377\\377\\377\\377'; exec cat /dev/zero\n")
    liar.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(liar))
        assert look(one, tmp_path / "a.png").isNull(), "one that was replaced says what it may not"
    assert not look(one, tmp_path / "a.png").isNull()


def test_a_picture_is_tried_again_where_the_decoder_could_not_be_started(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine is no fault of the picture."""
    (tmp_path / "a.png").write_bytes(saved("png"))
    loader = preview.Loader()
    try:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", str(tmp_path / "gone"))
            with qtbot.waitSignal(loader.loaded) as told:
                loader.ask(str(tmp_path / "a.png"))
        assert told.args is not None
        assert told.args[1].isNull()
        with qtbot.waitSignal(loader.loaded) as told:
            loader.ask(str(tmp_path / "a.png"))
        assert told.args is not None
        assert not told.args[1].isNull()
    finally:
        loader.close()


def test_what_failed_is_not_tried_again_until_it_changes(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_text("no picture")
    tried: list[str] = []
    real = preview.read

    def spy(path: str) -> QImage:
        tried.append(path)
        return real(path)

    monkeypatch.setattr(preview, "read", spy)
    loader = preview.Loader()
    done: list[str] = []
    loader.loaded.connect(lambda path, image: done.append(path))
    loader.ask(str(path))
    qtbot.waitUntil(lambda: len(done) == 1, timeout=60_000)
    for count in (2, 3, 4):
        assert loader.ask(str(path)) is None
        qtbot.waitUntil(lambda count=count: len(done) == count, timeout=60_000)  # type: ignore[misc]
    assert len(tried) == 1
    path.write_bytes(saved("png"))
    assert loader.ask(str(path)) is None
    qtbot.waitUntil(lambda: len(done) == 5, timeout=60_000)
    assert len(tried) == 2
    assert loader.ask(str(path)) is not None
    loader.close()


@pytest.mark.parametrize("name", ["lanshare", "PySide6", "struct"])
def test_a_folder_that_was_received_is_no_program(
    one: Decoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whoever starts lanshare where it receives has what others sent in the way of our own modules."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "a.png").write_bytes(saved("png"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", os.environ.get("PYTHONPATH", "")]))
    assert not look(one, tmp_path / "a.png").isNull()
    assert not (tmp_path / "ran").exists()
