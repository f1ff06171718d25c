"""Known devices in the "Send to" menu of Windows: written by Windows, run by it, and taken away again."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.peer import PeerId
from lanshare.engine.integration import entries, installed, shell_link
from lanshare.engine.integration.entries import Homes, shortcuts

ANNA, BOB = PeerId("a" * 52), PeerId("b" * 52)
PROGRAM = [r"C:\Users\Märta\lanshare-window.exe"]
HOME = Homes(Path("windows"), Path("windows"))
windows = pytest.mark.skipif(sys.platform != "win32", reason="shortcuts are Windows'")


def test_each_device_has_a_shortcut_with_a_name_that_windows_can_keep() -> None:
    names = ["Anna's laptop", "a/b", 'x<y>:"|?*\\z', "turn\u202eed", "dots..", "明日", "n" * 300, "Anna's laptop"]
    devices = [(PeerId(f"{number}" * 52), name) for number, name in enumerate(names, 2)]
    made = shortcuts(HOME, PROGRAM, devices)
    assert [one.path.parent for one in made] == [Path("windows/SendTo")] * len(names)
    called = [one.path.name for one in made]
    assert len({name.casefold() for name in called}) == len(names)
    assert called[:3] == ["Anna's laptop (lanshare).lnk", "a∕b (lanshare).lnk", "x_y_______z (lanshare).lnk"]
    assert not [name for name in called if set(name) & set('<>:"/\\|?*\u202e') or len(name) > 255]
    assert [one.runs for one in made] == [(*PROGRAM, "--to", peer, "--") for peer, _ in devices]
    console = shortcuts(HOME, ["lanshare.exe"], devices[:1])
    assert console[0].runs[:2] == ("lanshare.exe", "open"), "the program with a console has more to do than a window"


def test_a_shortcut_is_windows_matter(tmp_path: Path) -> None:
    if sys.platform != "win32":
        with pytest.raises(OSError, match="Windows"):
            shell_link.write(tmp_path / "x.lnk", ["x"], "")
        assert not (tmp_path / "x.lnk").exists()


@windows
def test_a_shortcut_runs_its_words_with_what_is_sent_behind_them(tmp_path: Path) -> None:
    told = tmp_path / "töld.txt"
    script = f"import sys; open({str(told)!r}, 'w', encoding='utf-8').write(chr(10).join(sys.argv[1:]))"
    path = tmp_path / "Märta's laptop (lanshare).lnk"
    shell_link.write(path, [sys.executable, "-c", script, "--to", 'a b"c', "--"], entries.MARK)
    if sys.platform == "win32":
        answer = ctypes.windll.shell32.ShellExecuteW(None, "open", str(path), r'"C:\a b.txt"', None, 0)
        assert answer > 32, "the numbers up to 32 are errors"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (told.exists() and told.read_text(encoding="utf-8").endswith(".txt")):
        threading.Event().wait(0.1)
    assert told.read_text(encoding="utf-8").splitlines() == ["--to", 'a b"c', "--", r"C:\a b.txt"]


@pytest.fixture
def menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A menu of its own, and what the registry tells of it as it was before."""
    monkeypatch.setenv("APPDATA", str(tmp_path))
    place = tmp_path / "Microsoft" / "Windows" / "SendTo"
    place.mkdir(parents=True)
    before = installed.is_in_menus()
    yield place
    installed._set_value(installed._OWN, entries.SEND_TO, "yes" if before else "")


@windows
def test_the_menu_follows_the_devices_and_what_is_not_ours_stays(menu: Path) -> None:
    (menu / "Eve (lanshare).lnk").write_bytes(b"somebody else's")
    assert not installed.is_in_menus()
    written = installed.integrate([(ANNA, "Anna"), (BOB, "Bob")], None)
    assert installed.is_in_menus()
    assert {path.name for path in written} == {"Anna (lanshare).lnk", "Bob (lanshare).lnk"}
    installed.integrate([(ANNA, "Anna's laptop"), (BOB, "Eve")], None)
    assert {path.name for path in menu.iterdir()} == {"Anna's laptop (lanshare).lnk", "Eve (lanshare).lnk"}
    assert (menu / "Eve (lanshare).lnk").read_bytes() == b"somebody else's"
    assert installed.in_the_way([(BOB, "Eve")], None) == [menu / "Eve (lanshare).lnk"]
    assert [path.name for path in installed.take_out()] == ["Anna's laptop (lanshare).lnk"]
    assert not installed.is_in_menus()
    assert [path.name for path in menu.iterdir()] == ["Eve (lanshare).lnk"]


@windows
def test_a_value_of_the_registry_is_written_and_goes(menu: Path) -> None:
    assert installed._value(installed._OWN, entries.SEND_TO) == ""
    installed.integrate([], None)
    assert installed.is_in_menus(), "a menu without devices is one that a person wants as well"
    installed.remove()
    assert not installed.is_in_menus()
