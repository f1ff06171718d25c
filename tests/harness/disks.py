"""Disks that can be pulled: ext4 images on loop devices. Root and Linux only."""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

_SHUTDOWN: Final = 0x8004587D  # EXT4_IOC_SHUTDOWN, linux/ext4.h
_AT_ONCE: Final = 2  # EXT4_GOING_FLAGS_NOLOGFLUSH: as if the power went


def cannot() -> str:
    """Why there can be no such disk here; empty if there can."""
    if sys.platform != "linux":
        return "loop devices are Linux's"
    if os.geteuid() != 0:
        return "mounts need root"
    missing = [tool for tool in ("mkfs.ext4", "mount", "losetup") if shutil.which(tool) is None]
    if missing:
        return f"missing: {', '.join(missing)}"
    return "" if Path("/dev/loop-control").exists() else "there are no loop devices here"


class Disk:
    """A small ext4 file system, mounted at `path`."""

    def __init__(self, folder: Path, megabytes: int = 256) -> None:
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.path.mkdir()
        with self.image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self.plugged = False
        self._mount()

    def plug(self) -> None:
        """Mount it again: what was on it durably is there.

        It is a copy. A file system lives as long as anybody holds it, another mount namespace with a look from before
        the cut for one: from the same image, the dead one would be mounted again.
        """
        copy = self.image.with_suffix(".copy")
        subprocess.run(["cp", "--sparse=always", str(self.image), str(copy)], check=True)
        copy.replace(self.image)
        self._mount()

    def _mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True)
        self.plugged = True

    def cut(self) -> None:
        """From now on nothing reaches it, and what its journal does not hold yet is lost."""
        handle = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _AT_ONCE))
        finally:
            os.close(handle)

    def unplug(self) -> None:
        """Cut it, and its place in the tree is an empty folder again."""
        self.cut()
        subprocess.run(["umount", "-l", str(self.path)], check=True)
        self.plugged = False

    def close(self) -> None:
        """Take it down."""
        if self.plugged:
            subprocess.run(["umount", "-l", str(self.path)], check=False)


FOREIGN: Final = {
    "fat": (["mkfs.vfat", "-F", "32"], ["fusefat", "-o", "rw+"]),
    "ntfs": (["mkfs.ntfs", "-F", "-Q"], ["ntfs-3g", "-o", "windows_names,big_writes"]),
}
"""Other systems' file systems, in user space: how an image is made, and how it is mounted."""


def cannot_foreign(kind: str) -> str:
    """Why there can be no such disk here; empty if there can."""
    if sys.platform != "linux" or os.geteuid() != 0 or not Path("/dev/fuse").exists():
        return "needs Linux, root and FUSE"
    missing = [words[0] for words in FOREIGN[kind] if shutil.which(words[0]) is None]
    return f"missing: {', '.join(missing)}" if missing else ""


class Foreign:
    """A small disk of another system, mounted at `path`."""

    def __init__(self, folder: Path, kind: str) -> None:
        make, mount = FOREIGN[kind]
        image, self.path = folder / f"{kind}.img", folder / kind
        self.path.mkdir()
        with image.open("wb") as file:
            file.truncate(64 * 1024 * 1024)
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*make, str(image)], **quiet)  # type: ignore[call-overload]
        utf8 = os.environ | {"LC_ALL": "C.UTF-8"}
        subprocess.run([*mount, str(image), str(self.path)], env=utf8, **quiet)  # type: ignore[call-overload]
        if not self.path.is_mount():
            raise OSError(f"{kind} was not mounted")

    def close(self) -> None:
        """Take it down."""
        subprocess.run(["umount", "-l", str(self.path)], check=False)
