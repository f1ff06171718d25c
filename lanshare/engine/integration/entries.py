"""Which files put lanshare into the menus of a desktop, as data. No I/O.

Each carries MARK, so that only files of ours are ever changed or removed. Sources: the freedesktop.org Desktop Entry,
Autostart and Menu specifications; the manuals of Nautilus (scripts), Nemo (actions), Thunar (sendto), KDE (service
menus) and libfm (DES-EMA actions).
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from lanshare.domain.peer import PeerId, short_id
from lanshare.domain.showable import showable

ID: Final = "org.lanshare.lanshare"
MARK: Final = "X-Lanshare=made by lanshare"
MOST: Final = 12
"""Devices in a menu: those that were seen last. A longer menu is no menu."""

DOLPHIN: Final = "kio/servicemenus/lanshare.desktop"
"""The one file that is there also while there is no device: by it we know that a person wants them there."""

_SCRIPT: Final = f"#!/bin/sh\n# {MARK}\n"
_NAME: Final = 60
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\]')
"""What the name of a file of Windows may not have."""

SEND_TO: Final = "SendTo"
SHORTCUT: Final = " (lanshare).lnk"
"""How the name of such a shortcut ends."""


class Homes(Struct, frozen=True):
    """Where a person's own files of a desktop lie: XDG_DATA_HOME and XDG_CONFIG_HOME; macOS: the home folder; Windows:
    Microsoft\\Windows in APPDATA."""

    data: Path
    config: Path


class Entry(Struct, frozen=True):
    """A file: where, what, and whether it may be executed. Or a shortcut of Windows, which runs these words."""

    path: Path
    content: bytes = b""
    executable: bool = False
    runs: tuple[str, ...] = ()


def name_in_menu(name: str) -> str:
    """A device's name as a menu and a file can show it: on one line, nothing hidden, not too long."""
    text = " ".join(showable(name).split())
    return text[: _NAME - 1] + "…" if len(text) > _NAME else text


def quoted(words: Sequence[str]) -> str:
    """Words as an Exec line has them (Desktop Entry Specification 1.5, "The Exec key"): quoted, then escaped once more
    as every string of such a file is."""
    done = []
    for word in words:
        inner = "".join(f"\\{one}" if one in '"`$\\' else one for one in word.replace("%", "%%"))
        done.append(f'"{inner}"' if not word.isalnum() else word)
    return " ".join(done).replace("\\", "\\\\")


def unquoted(line: str) -> list[str]:
    """The words of such a line; the reverse of quoted()."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', line.replace("\\\\", "\\"))
    return [re.sub(r"\\(.)", r"\1", inner).replace("%%", "%") or plain for inner, plain in words]


def menu(homes: Homes, program: Sequence[str], icon: bytes) -> list[Entry]:
    """Lanshare in the menu of programs, and behind "Open with", with its icon."""
    return [
        Entry(homes.data / "applications" / f"{ID}.desktop", _desktop(program, "%F").encode()),
        Entry(
            homes.data / "icons" / "hicolor" / "scalable" / "apps" / f"{ID}.svg", icon + f"<!-- {MARK} -->\n".encode()
        ),
    ]


def login(homes: Homes, program: Sequence[str], macos: bool = False) -> Entry:
    """What starts lanshare at login, hidden."""
    if macos:
        import plistlib  # loads a reader of XML

        agent = {
            "Label": ID, "ProgramArguments": [*program, *hidden(program)], "RunAtLoad": True, "Comment": MARK,
        }
        return Entry(homes.data / "Library" / "LaunchAgents" / f"{ID}.plist", plistlib.dumps(agent))
    text = _desktop(program, "--hidden", "X-GNOME-Autostart-enabled=true\n")
    return Entry(homes.config / "autostart" / f"{ID}.desktop", text.encode())


def hidden(program: Sequence[str]) -> list[str]:
    """The words that start it without showing the window; the program without a console opens it by itself."""
    return [*_opening(program), "--hidden"]


def _opening(program: Sequence[str]) -> list[str]:
    return [] if Path(program[0]).stem.endswith("-window") else ["open"]


def send_to(homes: Homes, program: Sequence[str], devices: Sequence[tuple[PeerId, str]]) -> list[Entry]:
    """The devices in the menus of file managers: Nautilus, Nemo, Thunar, Dolphin, PCManFM."""
    made: list[Entry] = []
    shown = _named(devices)
    for peer, name in shown:
        call = [*program, "open", "--to", peer, "--"]
        key = f"lanshare-{short_id(peer)}"
        made += [
            Entry(homes.data / "nautilus" / "scripts" / f"Send to {_as_file(name)}", _script(call).encode(), True),
            Entry(homes.data / "nemo" / "actions" / f"{key}.nemo_action", _nemo(name, call).encode()),
            Entry(homes.data / "Thunar" / "sendto" / f"{key}.desktop", _thunar(name, call).encode()),
            Entry(homes.data / "file-manager" / "actions" / f"{key}.desktop", _libfm(name, call).encode()),
        ]
    made.append(Entry(homes.data / DOLPHIN, _dolphin(program, shown).encode(), True))
    return made


def shortcuts(homes: Homes, program: Sequence[str], devices: Sequence[tuple[PeerId, str]]) -> list[Entry]:
    """The devices in the "Send to" menu of Windows. What is sent comes behind the words of a shortcut."""
    words = [*program, *_opening(program)]
    return [
        Entry(homes.data / SEND_TO / f"{_as_file(name)}{SHORTCUT}", runs=(*words, "--to", peer, "--"))
        for peer, name in _named(devices)
    ]


def _named(devices: Sequence[tuple[PeerId, str]]) -> list[tuple[PeerId, str]]:
    """Those that are shown, each with a name that no other one has, in a menu and as a file."""
    shown: list[tuple[PeerId, str]] = []
    used: set[str] = set()
    for peer, called in devices[:MOST]:
        name = name_in_menu(called)
        if _key(name) in used:  # cut short, or for a file, two may be the same
            name = f"{short_id(peer)} {name}"
        used.add(_key(name))
        shown.append((peer, name))
    return shown


def is_script(content: bytes) -> bool:
    """Whether this is a script of send_to() as it was written: a person may have made another of it, mark and all."""
    lines = content.decode(errors="replace").splitlines()
    return len(lines) == 3 and lines[:2] == _SCRIPT.splitlines() and " open --to " in lines[2]


def _string(text: str) -> str:
    """A text as a value of such a file has it (Desktop Entry Specification 1.5, "Possible value types")."""
    return text.replace("\\", "\\\\")


def _desktop(program: Sequence[str], what: str, more: str = "") -> str:
    return (
        "[Desktop Entry]\nType=Application\nVersion=1.4\nName=lanshare\n"
        "Comment=Send files and messages to the devices on your own network\n"
        f"Exec={quoted([*program, 'open'])} {what}\nIcon={ID}\nTerminal=false\nCategories=Network;FileTransfer;P2P;\n"
        "MimeType=application/octet-stream;inode/directory;\nStartupNotify=true\n"
        f"StartupWMClass={ID}\n{more}{MARK}\n"
    )


def _script(call: Sequence[str]) -> str:
    return f'{_SCRIPT}exec {shlex.join(call)} "$@"\n'


def _nemo(name: str, call: Sequence[str]) -> str:
    shown = _string(name.replace("%", "％"))  # Nemo puts other things in the place of %N and the like
    return (
        f"[Nemo Action]\nActive=true\nName=Send to {shown}\nComment=With lanshare, on your own network\n"
        f"Exec={quoted(call)} %F\nIcon-Name={ID}\nSelection=notnone\nExtensions=any;\n{MARK}\n"
    )


def _thunar(name: str, call: Sequence[str]) -> str:
    return (
        f"[Desktop Entry]\nType=Application\nVersion=1.0\nName={_string(name)} (lanshare)\n"
        f"Exec={quoted(call)} %F\nIcon={ID}\n"
        f"MimeType=application/octet-stream;inode/directory;\n{MARK}\n"
    )


def _libfm(name: str, call: Sequence[str]) -> str:
    shown = _string(name.replace("%", "%%"))
    return (
        f"[Desktop Entry]\nType=Action\nName=Send to {shown}\nIcon={ID}\nProfiles=all;\n{MARK}\n\n"
        f"[X-Action-Profile all]\nMimeTypes=all/all;\nSelectionCount=>0\nExec={quoted(call)} %F\n"
    )


def _dolphin(program: Sequence[str], devices: Sequence[tuple[PeerId, str]]) -> str:
    keys = [short_id(peer) for peer, _ in devices]
    head = (
        "[Desktop Entry]\nType=Service\nMimeType=all/all;\nX-KDE-Submenu=Send with lanshare\n"
        f"Actions={''.join(f'{key};' for key in keys)}\n{MARK}\n"
    )
    return head + "".join(
        f"\n[Desktop Action {key}]\nName={_string(name)}\nIcon={ID}\n"
        f"Exec={quoted([*program, 'open', '--to', peer, '--'])} %F\n"
        for key, (peer, name) in zip(keys, devices, strict=True)
    )


def _key(name: str) -> str:
    """By which two files would be one, on a file system that knows no case too."""
    return unicodedata.normalize("NFC", _as_file(name)).casefold()


def _as_file(name: str) -> str:
    """A name that a file may have, on Windows too: the slash that is none, and no more bytes than a name may have."""
    text = _FORBIDDEN.sub("_", name.replace("/", "∕").replace("\x00", ""))
    return text.encode()[:200].decode(errors="ignore").strip(". ") or "device"
