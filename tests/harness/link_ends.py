"""Two greeted ends of one link, and a file with its list."""

from __future__ import annotations

from pathlib import Path

from lanshare.domain.peer import DeviceKind
from lanshare.engine.local_device import LocalDevice
from lanshare.exchange.handshake import DeviceInfo
from lanshare.files.source import manifest
from lanshare.files.source.tree import walk
from lanshare.trust.identity import Identity

BOB = Identity.create()


def me(identity: Identity) -> LocalDevice:
    """Who speaks."""
    return LocalDevice(identity, DeviceInfo("x", DeviceKind.LAPTOP, "", 1, bytes(16)))


def made(tmp_path: Path) -> tuple[Path, Path]:
    """A file and its list."""
    (tmp_path / "a").write_bytes(b"hello")
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([tmp_path / "a"]):
        writer.add(item)
    writer.finish()
    writer.close()
    return tmp_path / "a", tmp_path / "list"
