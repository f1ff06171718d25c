"""Two devices in processes of their own, and what moves between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain import events as e
from tests.harness.engines import Device, Process
from tests.harness.shells import Shell

Pair = tuple[Device, Device]

BIG = 600_000_000


def big_file(folder: Path, size: int = BIG) -> Path:
    """Random bytes that take a moment to send."""
    path = folder / "big.bin"
    block = os.urandom(1024 * 1024)
    with path.open("wb") as file:
        for number in range(size // len(block)):
            file.write(number.to_bytes(8, "big") + block[8:])
    return path


def moving(process: Process, least: int = 1) -> str:
    """Wait until bytes move; the transfer's id."""
    event = process.wait_for("TransferProgressed", lambda one: one["bytes"] >= least)
    return str(event["transfer"])


@pytest.fixture
def shells(tmp_path: Path) -> Iterator[Callable[..., Shell]]:
    """Starts shells; all are closed at the end."""
    opened: list[Shell] = []

    def one(name: str, port: int = 0) -> Shell:
        opened.append(Shell(tmp_path / name, name, port))
        return opened[-1]

    yield one
    for shell in reversed(opened):
        shell.host.close()


def replace_downloads(shell: Shell, folder: Path) -> c.Settings:  # type: ignore[name-defined]
    """Its settings, with another download folder."""
    snapshot = next((one for one in shell.seen if isinstance(one, e.Snapshot)), None) or shell.wait_for(e.Snapshot)
    return replace(snapshot.settings, download_folder=str(folder))
