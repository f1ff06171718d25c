"""Written and taken away again: nothing but files of ours, and what was there before is there after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lanshare.domain.peer import PeerId
from lanshare.engine.integration import entries, installed

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these menus are of Linux desktops")

ANNA, BOB = PeerId("a" * 52), PeerId("b" * 52)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with a space and more in it."""
    place = tmp_path / "Anna's home $x"
    place.mkdir()
    monkeypatch.setenv("HOME", str(place))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return place


def files(home: Path) -> set[str]:
    """All there is."""
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_what_was_written_goes_again_and_nothing_else(home: Path) -> None:
    theirs = home / ".local/share/nautilus/scripts/Send to nobody"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("#!/bin/sh\n")
    assert not installed.is_in_menus()
    written = installed.integrate([(ANNA, "Anna"), (BOB, "Bob")], b"<svg/>")
    assert installed.is_in_menus()
    assert files(home) == {str(path.relative_to(home)) for path in written} | {str(theirs.relative_to(home))}
    installed.set_start_at_login(True)
    path = home / ".config/autostart" / f"{entries.ID}.desktop"
    path.write_text(path.read_text() + "Hidden=true\n")  # as a desktop's own settings switch it off
    assert set(installed.remove()) == {*written, path}
    assert files(home) == {str(theirs.relative_to(home))}
    assert not installed.starts_at_login()
    assert installed.remove() == []


def test_a_forgotten_device_leaves_the_menus_and_a_new_name_takes_the_place_of_the_old_one(home: Path) -> None:
    installed.integrate([(ANNA, "Anna"), (BOB, "Bob")], None)
    installed.integrate([(ANNA, "Anna's laptop")], None)
    left = files(home)
    assert not [name for name in left if "Bob" in name or "bbbb" in name]
    assert [name for name in left if "scripts" in name] == [".local/share/nautilus/scripts/Send to Anna's laptop"]
    installed.integrate([], None)
    assert files(home) == {f".local/share/{entries.DOLPHIN}"}
    assert installed.is_in_menus(), "the next device that is met is shown"


def test_a_file_of_somebody_else_stays_as_it_is(home: Path) -> None:
    place = home / ".local/share/nautilus/scripts/Send to Bob"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    login = home / ".config/autostart" / f"{entries.ID}.desktop"
    login.parent.mkdir(parents=True)
    login.write_text("mine too")
    assert place not in installed.integrate([(BOB, "Bob")], None)
    with pytest.raises(FileExistsError):
        installed.set_start_at_login(True)
    installed.remove()
    assert (place.read_text(), login.read_text()) == ("mine", "mine too")
    assert not installed.starts_at_login()


@pytest.mark.parametrize("name", ["Send to Bob", "Send to Bob, small", "small"])
def test_a_script_that_a_person_made_of_ours_is_theirs(home: Path, name: str) -> None:
    installed.integrate([(BOB, "Bob")], b"<svg/>")
    scripts = home / ".local/share/nautilus/scripts"
    theirs = (scripts / "Send to Bob").read_text() + "# and then my own\n"
    (scripts / name).write_text(theirs)
    installed.integrate([(BOB, "Bob")], b"<svg/>")
    installed.remove()
    assert {one.name: one.read_text() for one in scripts.iterdir()} == {name: theirs}


def test_a_link_that_somebody_put_there_is_neither_followed_nor_taken_for_ours(home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"precious\n{entries.MARK}\n")
    place = home / ".local/share/nautilus/scripts/Send to Bob"
    place.parent.mkdir(parents=True)
    place.symlink_to(secret)
    nowhere = home / f".local/share/{entries.DOLPHIN}"
    nowhere.parent.mkdir(parents=True)
    nowhere.symlink_to(tmp_path / "not there")
    installed.integrate([(BOB, "Bob")], None)
    installed.remove()
    assert nowhere.is_symlink()
    assert secret.read_text() == f"precious\n{entries.MARK}\n"
    assert place.is_symlink()


def test_what_a_desktop_switched_off_is_off(home: Path) -> None:
    installed.set_start_at_login(True)
    assert installed.starts_at_login()
    path = home / ".config/autostart" / f"{entries.ID}.desktop"
    path.write_text(path.read_text() + "Hidden=true\n")
    assert not installed.starts_at_login()
    installed.set_start_at_login(True)
    assert installed.starts_at_login()


def test_the_script_of_a_file_manager_hands_on_each_path_as_it_is(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "a program ' of \"ours\""
    told.write_text('#!/bin/sh\nfor one in "$@"; do printf "%s\\0" "$one"; done\n')
    told.chmod(0o755)
    monkeypatch.setattr(installed, "program", lambda: [str(told)])
    installed.integrate([(BOB, "Bob; $(touch evil)")], None)
    (script,) = (home / ".local/share/nautilus/scripts").iterdir()
    assert os.access(script, os.X_OK)
    paths = ["-x", "a b", "new\nline", "$HOME", "'"]
    heard = subprocess.run([str(script), *paths], capture_output=True, cwd=tmp_path, check=True).stdout
    assert heard.decode().split("\0")[:-1] == ["open", "--to", BOB, "--", *paths]
    assert not (tmp_path / "evil").exists()


def test_a_home_that_cannot_be_written_is_said(home: Path) -> None:
    (home / ".config").write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"autostart|exists|directory"):
        installed.set_start_at_login(True)
    assert not installed.starts_at_login()


@pytest.mark.parametrize("blocked", ["nautilus", "nemo", "Thunar", "file-manager", "kio"])
def test_one_place_that_cannot_be_written_holds_up_no_other(home: Path, blocked: str) -> None:
    data = home / ".local/share"
    data.mkdir(parents=True)
    (data / blocked).write_text("a file where a folder should be")
    with pytest.raises(OSError, match=blocked):
        installed.integrate([(BOB, "Bob")], b"<svg/>")
    made = {path.relative_to(data).parts[0] for path in data.rglob("*") if path.is_file()}
    assert made == {"applications", "icons", "nautilus", "nemo", "Thunar", "file-manager", "kio"}
    installed.remove()
    assert [path.name for path in data.rglob("*") if path.is_file()] == [blocked]


@pytest.mark.parametrize("stuck", ["first", "last"])
def test_one_file_that_cannot_be_removed_holds_up_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    written = installed.integrate([(ANNA, "Anna"), (BOB, "Bob")], b"<svg/>")
    installed.set_start_at_login(True)
    held = written[0 if stuck == "first" else -1]
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == held:
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PermissionError):
        installed.remove()
    assert files(home) == {str(held.relative_to(home))}


def test_the_program_is_named_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frozen = tmp_path / "lanshare"
    frozen.touch()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(frozen))
    assert installed.program() == [str(frozen)]


def test_a_checkout_is_started_as_itself_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Also if another lanshare is installed."""
    (tmp_path / "bin").mkdir()
    other = tmp_path / "bin" / "lanshare"
    other.write_text("#!/bin/sh\nexit 7\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([*installed.program(), "--help"], cwd="/", env=clean, capture_output=True, check=True)
    assert b"lanshare" in done.stdout


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", ["lanshare", "a b % \"c\" $d `e` \\f"])
def test_what_names_a_program_that_is_gone_is_made_to_name_this_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moved: bool, name: str
) -> None:
    """Not what names another one that is there: two may be installed."""
    old, new = tmp_path / "old" / name, tmp_path / "new" / "lanshare"
    for one in (old, new):
        one.parent.mkdir()
        one.touch()
    monkeypatch.setattr(installed, "program", lambda: [str(old)])
    installed.integrate([], b"<svg/>")
    installed.set_start_at_login(True)
    monkeypatch.setattr(installed, "program", lambda: [str(new)])
    if moved:
        old.unlink()
    before = {one: (home / one).read_bytes() for one in files(home)}
    installed.renew()
    changed = {one for one in files(home) if (home / one).read_bytes() != before[one]}
    own = {f".config/autostart/{entries.ID}.desktop", f".local/share/applications/{entries.ID}.desktop"}
    assert changed == (own if moved else set())
    assert set(before) == files(home)
    for path in changed:
        assert str(new) in (home / path).read_text()


@pytest.mark.parametrize("line", ["lanshare open --hidden", "env LANG=C lanshare open", ""])
def test_what_a_person_has_written_into_it_stays(home: Path, line: str) -> None:
    installed.set_start_at_login(True)
    (path,) = [home / one for one in files(home)]
    text = "".join(f"Exec={line}\n" if one.startswith("Exec=") else f"{one}\n" for one in path.read_text().splitlines())
    path.write_text(text)
    installed.renew()
    assert path.read_text() == text


@pytest.mark.parametrize("gone", ["checkout", "python"])
def test_a_checkout_that_is_gone_is_noticed_too(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gone: str
) -> None:
    there = {one: tmp_path / one for one in ("checkout", "python")}
    for one in there.values():
        one.mkdir()
    words = ["/usr/bin/env", f"PYTHONPATH={there['checkout']}", str(there["python"]), "-m", "lanshare"]
    monkeypatch.setattr(installed, "program", lambda: words)
    installed.set_start_at_login(True)
    monkeypatch.setattr(installed, "program", lambda: ["/new"])
    (path,) = [home / one for one in files(home)]
    installed.renew()
    assert "/new" not in path.read_text()
    there[gone].rmdir()
    installed.renew()
    assert "/new" in path.read_text()


@pytest.mark.parametrize("what", ["nothing", "somebody else's"])
def test_nothing_is_renewed_that_is_not_ours(home: Path, what: str) -> None:
    if what != "nothing":
        path = home / f".config/autostart/{entries.ID}.desktop"
        path.parent.mkdir(parents=True)
        path.write_text("[Desktop Entry]\nExec=/gone\n")
    before = files(home)
    installed.renew()
    assert files(home) == before
    assert not before or path.read_text() == "[Desktop Entry]\nExec=/gone\n"


@pytest.mark.parametrize(("name", "words"), [
    ("lanshare-window.exe", ["--hidden"]), ("lanshare", ["open", "--hidden"]), ("python", ["open", "--hidden"]),
])
def test_the_program_without_a_console_opens_by_itself(name: str, words: list[str]) -> None:
    assert entries.hidden([f"/opt/x/{name}"]) == words
