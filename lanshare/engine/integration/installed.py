"""Writes what entries.py lists, and takes it away again. Only files that carry our mark are ever touched.

On Windows start at login is a value of the registry, and so is that a person wants the devices in its "Send to" menu.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from lanshare.domain.peer import PeerId
from lanshare.engine.integration import entries, shell_link
from lanshare.engine.integration.entries import Entry, Homes
from lanshare.store.atomic_file import replace_file

_ROOT: Final = Path(__file__).resolve().parents[3]
"""Where the package lies: among what is installed, or in a checkout."""

HAS_MENUS: Final = sys.platform != "darwin"
"""Whether file managers here have menus that are files of a person's own."""

_T = TypeVar("_T")
_RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"
_OWN: Final = r"Software\lanshare"
_HEAD: Final = 64 * 1024
"""Bytes of a file in which our mark is looked for."""


def homes() -> Homes:
    """This person's."""
    home = Path.home()
    if sys.platform == "darwin":
        return Homes(home, home)
    if sys.platform == "win32":
        own = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming")) / "Microsoft" / "Windows"
        return Homes(own, own)

    def of(name: str, usual: str) -> Path:
        given = os.environ.get(name, "")
        return Path(given) if os.path.isabs(given) else home / usual

    return Homes(of("XDG_DATA_HOME", ".local/share"), of("XDG_CONFIG_HOME", ".config"))


def program() -> list[str]:
    """How this lanshare is started again, by its whole path."""
    if getattr(sys, "frozen", False):
        here = Path(sys.executable)
        window = here.with_name(f"lanshare-window{here.suffix}")
        return [str(window if sys.platform == "win32" and window.exists() else here)]
    beside = Path(sys.executable).with_name("lanshare.exe" if sys.platform == "win32" else "lanshare")
    if beside.exists():
        return [str(beside)]
    installed = _ROOT.name in ("site-packages", "dist-packages")
    if not installed and (env := shutil.which("env")) is not None:
        # From a checkout. Another lanshare that is installed would be another program.
        return [env, f"PYTHONPATH={_ROOT}", sys.executable, "-m", "lanshare"]
    if (found := shutil.which("lanshare")) is not None:
        return [os.path.abspath(found)]
    return [sys.executable, "-m", "lanshare"]


# --- start at login


def starts_at_login() -> bool:
    """Whether lanshare starts when this person logs in."""
    if sys.platform == "win32":
        return bool(_value(_RUN, "lanshare"))
    entry = entries.login(homes(), program(), sys.platform == "darwin")
    return _is_ours(entry.path) and b"\nHidden=true" not in entry.path.read_bytes()


def set_start_at_login(wanted: bool) -> None:
    """Start at login from now on, or not. OSError if that cannot be written, or the place is somebody else's."""
    if sys.platform == "win32":
        words = [f'"{program()[0]}"', *program()[1:], *entries.hidden(program())]
        _set_value(_RUN, "lanshare", " ".join(words) if wanted else "")
        return
    entry = entries.login(homes(), program(), sys.platform == "darwin")
    if wanted:
        _write(entry)
    else:
        _remove(entry.path)


def renew() -> None:
    """Have what was written name this program, if the one that it names is gone: it was moved, or installed anew
    elsewhere. OSError if that cannot be written."""
    if sys.platform == "win32":
        told = _value(_RUN, "lanshare")
        if told and not os.path.exists(told.partition('" ')[0].strip('"')):
            set_start_at_login(True)
        return
    where = homes()
    for entry in (entries.login(where, program(), sys.platform == "darwin"), entries.menu(where, program(), b"")[0]):
        if _is_ours(entry.path) and not _names_a_program(entry.path.read_bytes()):
            _write(entry)


def _names_a_program(content: bytes) -> bool:
    """Whether all is there that an entry of ours starts by its whole path; a person may have put other words there."""
    if content.startswith(b"<?xml"):
        import plistlib

        words = plistlib.loads(content).get("ProgramArguments") or [""]
        return not os.path.isabs(words[0]) or os.path.exists(words[0])
    started = next((line for line in content.decode(errors="replace").splitlines() if line.startswith("Exec=")), "")
    words = entries.unquoted(started.removeprefix("Exec="))
    # From a checkout it is env, with the place of the checkout behind it, and Python.
    named = [one.removeprefix("PYTHONPATH=") for one in words[:3]]
    return all(os.path.exists(one) for one in named if os.path.isabs(one))


# --- menus


def is_in_menus() -> bool:
    """Whether integrate() was asked for, and not taken back."""
    if sys.platform == "win32":
        return bool(_value(_OWN, entries.SEND_TO))
    return _is_ours(homes().data / entries.DOLPHIN)


def integrate(devices: Sequence[tuple[PeerId, str]], icon: bytes | None) -> list[Path]:
    """Put lanshare (if there is an `icon`) and these devices into the menus; what was written. What is of devices that
    are none of these goes. A file of somebody else is left as it is (in_the_way() tells). OSError, after all the
    others, if one cannot be written or removed."""
    where = homes()
    wanted = _wanted(devices, icon)
    if sys.platform == "win32":
        _set_value(_OWN, entries.SEND_TO, "yes")
    keep = {one.path for one in wanted}
    free = [one for one in wanted if _is_free(one.path)]
    try:
        _do(_remove, [path for path in _of_devices(where) if path not in keep])
    finally:
        _do(_write, free)
    return [one.path for one in free]


def in_the_way(devices: Sequence[tuple[PeerId, str]], icon: bytes | None) -> list[Path]:
    """Where integrate() would write, and there is a file of somebody else."""
    return [one.path for one in _wanted(devices, icon) if not _is_free(one.path)]


def take_out() -> list[Path]:
    """Take the devices out of the menus; what was removed. OSError, after all the others, if one cannot be."""
    where = homes()
    if sys.platform == "win32":
        _set_value(_OWN, entries.SEND_TO, "")
    gone = [path for path in (where.data / entries.DOLPHIN, *_of_devices(where)) if _is_ours(path)]
    _do(_remove, gone)
    return gone


def remove() -> list[Path]:
    """Take everything of ours out of the menus and out of what starts at login; what was removed. OSError, after all
    the others, if one cannot be."""
    where = homes()
    login = entries.login(where, program(), sys.platform == "darwin").path
    own = [path for path in (*(one.path for one in entries.menu(where, program(), b"")), login) if _is_ours(path)]
    try:
        _do(_remove, own)
        if starts_at_login():
            set_start_at_login(False)
    finally:
        own += take_out()
    return own


def _wanted(devices: Sequence[tuple[PeerId, str]], icon: bytes | None) -> list[Entry]:
    if sys.platform == "win32":
        return entries.shortcuts(homes(), program(), devices)
    own = entries.menu(homes(), program(), icon) if icon is not None else []
    return [*own, *entries.send_to(homes(), program(), devices)]


def _is_free(path: Path) -> bool:
    return not os.path.lexists(path) or _is_ours(path)


def _do(work: Callable[[_T], None], items: Sequence[_T]) -> None:
    """With each, also past one that fails. Its OSError comes at the end."""
    failed: OSError | None = None
    for item in items:
        try:
            work(item)
        except OSError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def _of_devices(where: Homes) -> Iterable[Path]:
    """Files of ours for single devices."""
    for folder, pattern in (
        ("nautilus/scripts", "Send to *"), ("nemo/actions", "lanshare-*.nemo_action"),
        ("Thunar/sendto", "lanshare-*.desktop"), ("file-manager/actions", "lanshare-*.desktop"),
        (entries.SEND_TO, f"*{entries.SHORTCUT}"),
    ):
        for path in sorted((where.data / folder).glob(pattern)):
            if _is_ours(path):
                yield path


def _is_ours(path: Path) -> bool:
    try:
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if path.suffix == ".lnk":
            return entries.MARK.encode("utf-16-le") in head
        return entries.MARK.encode() in head and (path.parent.name != "scripts" or entries.is_script(head))
    except OSError:
        return False


def _write(entry: Entry) -> None:
    if os.path.lexists(entry.path) and not _is_ours(entry.path):
        raise FileExistsError(17, "this file is not ours", str(entry.path))
    entry.path.parent.mkdir(parents=True, exist_ok=True)
    if entry.runs:
        shell_link.write(entry.path, entry.runs, entries.MARK)
        return
    replace_file(entry.path, entry.content, 0o755 if entry.executable else 0o644)


def _remove(path: Path) -> None:
    if _is_ours(path):
        path.unlink(missing_ok=True)


def _value(key: str, name: str) -> str:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                return str(winreg.QueryValueEx(opened, name)[0])
        except OSError:
            return ""
    return ""


def _set_value(key: str, name: str, value: str) -> None:
    """Of the registry of this person; empty: it goes."""
    if sys.platform == "win32":
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
            if value:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)
                return
            try:
                winreg.DeleteValue(opened, name)
            except FileNotFoundError:
                pass
