"""The app: an engine behind a window, and everything given back at the end."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from pytestqt.qtbot import QtBot

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import Event, WindowRequested
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import Settings, Visibility
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options
from lanshare.qt import app as app_module
from lanshare.qt.app import App
from lanshare.store import settings as settings_file
from lanshare.store.profile_paths import places
from tests.harness.engines import environment, free_port


def run_until(app: App, ready: Callable[[], bool]) -> None:
    """Run it until something is so, or for so long that it will not be any more."""
    timer, late = QTimer(), QTimer()
    timer.timeout.connect(lambda: app.qt.quit() if ready() else None)
    timer.start(20)
    late.setSingleShot(True)  # one that is left behind would end the next one
    late.timeout.connect(app.qt.quit)
    late.start(60_000)
    try:
        assert app.run() == 0
    finally:
        timer.stop()
        late.stop()


def test_it_shows_a_window_over_a_real_engine_and_ends(qtbot: QtBot, tmp_path: Path) -> None:
    options = Options(profile=tmp_path, port=free_port(), name="Anna", interfaces=("127.0.0.1",))
    app = App(options, [], False)
    try:
        run_until(app, lambda: app.window is not None and app.window.state.me is not None)
        assert app.window is not None
        assert app.window.windowTitle() == "lanshare"
        assert app.window.state.me is not None
    finally:
        app.close()
    assert places(tmp_path).key.exists()


def test_a_profile_that_cannot_be_used_is_said_so(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("")
    app = App(Options(profile=tmp_path / "p", port=free_port(), interfaces=("127.0.0.1",)), [], False)
    with pytest.raises(LanshareError) as error:
        app.run()
    assert error.value.code is Code.PROFILE_UNWRITABLE
    app.close()


def test_the_window_is_painted_before_the_engine_is_loaded(tmp_path: Path) -> None:
    code = """
import sys
from PySide6.QtCore import QEvent, QObject, QTimer
from lanshare.__main__ import main
from lanshare.qt.app import App
from lanshare.qt.windows.main import MainWindow
seen = []
class Watch(QObject):
    def eventFilter(self, watched, event):
        if isinstance(watched, MainWindow) and event.type() is QEvent.Type.Paint:
            seen.append(sorted({"zeroconf", "cryptography", "lanshare.engine.core"} & set(sys.modules)))
            if watched.state.me is not None:
                QTimer.singleShot(0, apps[0].qt.quit)
        return False
apps, make = [], App.__init__
def made(self, *words):
    make(self, *words)
    apps.append(self)
    self.watch = Watch()
    self.qt.installEventFilter(self.watch)
App.__init__ = made
code = main(["--profile", sys.argv[1], "--port", sys.argv[2], "--name", "Anna"])
print(code, seen[0], len(seen[-1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(free_port())], env=environment(), capture_output=True,
        text=True, timeout=60, check=False,
    )
    assert done.stdout.split("\n")[0].strip() == "0 [] 3", done.stderr[-2000:]


def test_what_keeps_the_engine_from_starting_is_said_though_the_window_is_there(
    qtbot: QtBot, tmp_path: Path
) -> None:
    options = Options(profile=tmp_path, port=free_port(), interfaces=("127.0.0.1",))
    where = places(tmp_path)
    where.prepare()
    where.key.write_text("no key")
    app = App(options, [], False)
    with pytest.raises(LanshareError) as error:
        app.run()
    app.close()
    assert "usable key" in error.value.detail


def test_a_fault_of_ours_at_the_start_is_told_in_words_too(tmp_path: Path) -> None:
    code = """
import sys
from lanshare.__main__ import main
from lanshare.engine import assemble
from lanshare.qt import app
def broken(self, options):
    raise RuntimeError("a fault of ours")
assemble.Engine.__init__ = broken
app.say = lambda title, text: print(title, text, sep=": ")
print(main(["--profile", sys.argv[1]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment(), capture_output=True, text=True, timeout=60,
        check=False,
    )
    assert done.stdout.split("\n")[:2] == ["lanshare cannot start: The log in the profile folder says more.", "1"]
    assert "Traceback" not in done.stderr
    told = places(tmp_path).log.read_text()
    assert "RuntimeError\n" in told
    assert "broken" in told, "where it was"
    assert "a fault of ours" not in told, "what it says may be a name or a path"


def test_what_is_pressed_before_the_engine_is_there_changes_nothing_else(qtbot: QtBot, tmp_path: Path) -> None:
    port = free_port()
    before = Settings(name="Anna's own", port=port, speed_limit=5_000_000, muted=(PeerId("m" * 52),), away_note="out")
    where = places(tmp_path)
    where.prepare()
    settings_file.save(where.settings, before)
    app = App(Options(profile=tmp_path, interfaces=("127.0.0.1",)), [], False)

    opened: list[PeerId | None] = []

    def press() -> None:
        assert app.window is not None
        assert app.window.state.me is None
        assert not app.window.sidebar._eye.isEnabled()
        app.window.set_quiet(True)
        app.window.preferences.show_to("known", 0.0)
        app.window.searching.find = opened.append  # type: ignore[assignment]
        keys = [one for one in app.window.findChildren(QShortcut) if one.key() == QKeySequence("Ctrl+K")]
        keys[0].activated.emit()
        assert not opened

    after = replace(before, notices=False, visibility=Visibility.KNOWN)
    QTimer.singleShot(0, press)
    run_until(app, lambda: settings_file.load(where.settings)[0] == after)
    assert app.window is not None
    assert app.window.sidebar._eye.isEnabled()
    app.close()
    assert settings_file.load(where.settings)[0] == after
    assert opened == [None]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
def test_an_interrupt_while_qt_is_being_loaded_ends_it_in_order(tmp_path: Path) -> None:
    code = """
import os, signal, sys
class Press:
    def find_spec(self, name, path=None, target=None):
        if name in ("PySide6.QtWidgets", "lanshare.qt.windows.main"):
            os.kill(os.getpid(), signal.SIGINT)
        return None
sys.meta_path.insert(0, Press())
from lanshare.__main__ import main
sys.exit(main(["--profile", sys.argv[1]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment(), capture_output=True, text=True, timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send to another process")
def test_the_box_that_says_why_there_is_no_window_can_be_interrupted(tmp_path: Path) -> None:
    where = places(tmp_path)
    where.prepare()
    where.key.write_text("no key")
    process = subprocess.Popen(
        [sys.executable, "-m", "lanshare", "--profile", str(tmp_path)], env=environment(), stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert any("usable key" in line for line in process.stderr), "it says why before it is interrupted"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 1
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_of_two_windows_opened_at_the_same_moment_one_goes_and_the_other_comes_forward(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(profile=tmp_path, port=free_port(), name="Anna", interfaces=("127.0.0.1",))
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    first = EngineClient(options, heard.put, window=True)
    first.start()
    monkeypatch.setattr(app_module, "is_free", lambda _: True)
    second = App(options, ["/tmp/some file"], False)
    try:
        assert second.run() == 0
        second.close()
        while not isinstance(event := heard.get(timeout=10), WindowRequested):
            pass
        assert event.paths == ("/tmp/some file",)
    finally:
        first.close()
