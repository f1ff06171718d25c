"""Where a profile's things lie on each system. The one user of platformdirs."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

import platformdirs
from msgspec import Struct

from lanshare.domain.errors import Code, LanshareError

_SOCKET_MAX: Final = 100
"""Bytes of a local socket's path: AF_UNIX ends at 107 on Linux and 103 on macOS."""


class Places(Struct, frozen=True):
    """A profile's paths. `data` exists and is private (0700) once prepare() has been called."""

    data: Path
    downloads: Path

    @property
    def key(self) -> Path:
        """The device key and its certificate."""
        return self.data / "device.pem"

    @property
    def database(self) -> Path:
        """History, journal, outbox, trust book."""
        return self.data / "lanshare.sqlite"

    @property
    def settings(self) -> Path:
        """What the person chose."""
        return self.data / "settings.json"

    @property
    def lock(self) -> Path:
        """Held by the one engine of this profile for as long as it lives."""
        return self.data / "engine.lock"

    @property
    def door(self) -> Path:
        """Says where the running engine's local socket is."""
        return self.data / "engine.door"

    @property
    def log(self) -> Path:
        """What happened, without names, texts or keys."""
        return self.data / "lanshare.log"

    @property
    def outgoing(self) -> Path:
        """Lists of what unfinished transfers send."""
        return self.data / "outgoing"

    @property
    def spool(self) -> Path:
        """Streams that are sent, each in a folder named by its transfer."""
        return self.data / "spool"

    @property
    def receipts(self) -> Path:
        """What finished transfers put where, so that they can be undone."""
        return self.data / "receipts"

    def prepare(self) -> None:
        """Make the data folder, private; LanshareError PROFILE_UNWRITABLE if that cannot be."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sys.platform != "win32" and stat.S_IMODE(self.data.stat().st_mode) & 0o077:
                self.data.chmod(0o700)
            probe = self.data / f".probe-{os.getpid()}"
            os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            probe.unlink()
        except OSError as error:
            raise LanshareError(Code.PROFILE_UNWRITABLE, f"{self.data}: {error.strerror}") from error


def places(profile: Path | None = None) -> Places:
    """The places of a profile folder, or of this user's own profile."""
    try:
        data = profile.absolute() if profile is not None else Path(platformdirs.user_data_path("lanshare", False))
        if not data.is_absolute():
            raise RuntimeError(data)
    except (RuntimeError, OSError, KeyError) as error:
        # A user without a name and a home, as in a container: nobody has said where a profile could be.
        raise LanshareError(Code.PROFILE_UNWRITABLE, "this user has no home folder; name one with --profile") from error
    return Places(data, _downloads(data))


def _downloads(data: Path) -> Path:
    try:
        folder = Path(platformdirs.user_downloads_path())
    except (RuntimeError, OSError, KeyError):
        return data / "Downloads"
    return folder if folder.is_absolute() else data / "Downloads"


def socket_address(data: Path) -> str:
    """A free name for the engine's local socket: short, and in a folder that only this user can enter."""
    token = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    if sys.platform == "win32":
        return rf"\\.\pipe\lanshare-{token}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    own = data / "engine.sock"
    if len(os.fsencode(own)) <= _SOCKET_MAX:
        return str(own)
    if runtime and len(runtime) < 60 and _private(Path(runtime)):
        return f"{runtime}/lanshare-{token}.sock"
    name = f"lanshare-{os.getuid()}"
    folder = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(folder)) > _SOCKET_MAX - len(token) - len("/.sock"):
        folder = Path("/tmp") / name
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise LanshareError(Code.PROFILE_UNWRITABLE, f"{folder}: {error.strerror}") from error
    if not _private(folder):
        raise LanshareError(Code.PROFILE_UNWRITABLE, str(folder))
    return str(folder / f"{token}.sock")


def _private(folder: Path) -> bool:
    if sys.platform == "win32":
        return True
    try:
        info = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077
