"""`lanshare integrate` writes, tells what, and takes it away; `lanshare names` tells what Tab may complete."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lanshare.domain.peer import DeviceKind, PeerId, TrustLevel
from lanshare.store import database, trustbook
from lanshare.store.trustbook import TrustEntry

ROOT = Path(__file__).resolve().parents[2]


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program, for a person whose home this is."""
    told = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "lanshare", *words], capture_output=True, text=True, env=told, cwd=home, timeout=120,
    )


def profile_of(home: Path) -> Path:
    """This person's own profile."""
    return home / ".local" / "share" / "lanshare"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With devices of every kind in its trust book."""
    profile_of(tmp_path).mkdir(mode=0o700, parents=True)
    path = profile_of(tmp_path) / "lanshare.sqlite"
    database.prepare(path)
    link = database.connect(path)
    for letter, name, trust in (
        ("a", "Anna's laptop", TrustLevel.KNOWN), ("b", "Bob", TrustLevel.VERIFIED),
        ("c", "Mallory", TrustLevel.STRANGER),
        ("d", "Eve", TrustLevel.BLOCKED), ("e", "Twin", TrustLevel.KNOWN), ("f", "twin", TrustLevel.KNOWN),
        ("g", "turn\u202eed", TrustLevel.KNOWN),
    ):
        trustbook.remember(link, TrustEntry(PeerId(letter * 52), name, DeviceKind.LAPTOP, "Debian", trust, (), 1))
    link.close()
    return tmp_path


def test_names_are_those_of_devices_that_were_dealt_with_and_mean_one_alone(home: Path) -> None:
    told = run(home, "names")
    assert (told.returncode, told.stderr) == (0, "")
    assert sorted(told.stdout.splitlines()) == ["Anna's laptop", "Bob", "eeeeeeee", "ffffffff"]


def test_names_of_a_profile_that_is_not_there_are_none_and_make_none(tmp_path: Path) -> None:
    told = run(tmp_path, "names")
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_what_is_written_is_told_and_taken_out_again(home: Path) -> None:
    told = run(home, "integrate")
    assert told.returncode == 0, told.stderr
    written = told.stdout.splitlines()
    assert all(Path(path).is_file() for path in written)
    assert str(home / ".local/share/nautilus/scripts/Send to Anna's laptop") in written
    assert not [path for path in written if "Mallory" in path or "Eve" in path]
    assert "5 of 5 known devices" in told.stderr
    gone = run(home, "integrate", "--remove")
    assert sorted(gone.stdout.splitlines()) == sorted(written)
    left = [path for path in (home / ".local").rglob("*") if path.is_file()]
    assert [path for path in left if not path.is_relative_to(profile_of(home))] == []
    assert "nothing of lanshare" in run(home, "integrate", "--remove").stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
@pytest.mark.parametrize(
    ("place", "code"), [("nautilus/scripts/Send to Bob", 0), ("kio/servicemenus/lanshare.desktop", 1)]
)
def test_a_file_of_somebody_else_is_named(home: Path, place: str, code: int) -> None:
    theirs = home / ".local/share" / place
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    told = run(home, "integrate")
    assert told.returncode == code
    assert str(theirs) not in told.stdout
    assert f"{theirs} is not a file of lanshare" in told.stderr
    assert ("will not follow" in told.stderr) == bool(code)
    assert theirs.read_text() == "mine"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_another_profile_has_no_place_in_the_menus_as_no_entry_names_one(home: Path) -> None:
    told = run(home, "integrate", "--profile", str(home / "other"))
    assert told.returncode == 2
    assert "--profile" in told.stderr
    assert not (home / ".local/share/nautilus").exists()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")
def test_a_history_that_cannot_be_read_takes_nothing_out_of_the_menus(home: Path) -> None:
    run(home, "integrate")
    scripts = sorted((home / ".local/share/nautilus/scripts").iterdir())
    for path in profile_of(home).glob("lanshare.sqlite*"):
        path.write_bytes(b"no database at all" * 1000)
    told = run(home, "integrate")
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert sorted((home / ".local/share/nautilus/scripts").iterdir()) == scripts != []


def test_whom_a_menu_means_is_a_full_id_and_nothing_else(home: Path) -> None:
    for wrong in ("Bob", "b" * 51, "B" * 52, "", "b" * 52 + "\n"):
        told = run(home, "open", "--to", wrong)
        assert told.returncode == 2
        assert "52 letters" in told.stderr
