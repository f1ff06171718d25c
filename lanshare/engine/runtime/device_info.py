"""What this computer is, as far as others should see: a name, a kind, a system. No user's name. And what room its
disks have."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from lanshare.domain.peer import DeviceKind, clean_name
from lanshare.files.space import free_bytes

__all__ = ["default_name", "free_bytes", "kind", "system"]


def default_name() -> str:
    """The computer's own name, for people."""
    return clean_name(platform.node().removesuffix(".local").removesuffix(".lan"), "My computer")


def system() -> str:
    """The operating system in two words: Debian 12, Windows 11, macOS 15."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0].partition('.')[0]}".strip()
    if sys.platform == "win32":
        return f"Windows {platform.release()}"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    name = release.get("NAME", "Linux").replace("GNU/Linux", "").strip()
    return clean_name(f"{name} {release.get('VERSION_ID', '')}")


def kind(power: Path = Path("/sys/class/power_supply")) -> DeviceKind:
    """A laptop has a battery; a Linux without a graphical session is a server. Elsewhere: a desktop."""
    if not sys.platform.startswith(("win", "darwin")):
        if any(power.glob("BAT*")):
            return DeviceKind.LAPTOP
        graphical = Path("/usr/share/xsessions").exists() or Path("/usr/share/wayland-sessions").exists()
        return DeviceKind.DESKTOP if graphical else DeviceKind.SERVER
    return DeviceKind.DESKTOP
