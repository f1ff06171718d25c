"""Onto file systems that have no links, do not tell cases apart, or forbid characters: all content arrives.

FAT and NTFS run in user space here, so that no kernel module is needed.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.sink.receiving import Receiving
from lanshare.files.names import original
from lanshare.files.source import manifest
from lanshare.files.source.tree import walk
from tests.harness.disks import FOREIGN, Foreign, cannot_foreign
from tests.harness.wires import Wire, ends

LONG = "l" * 240


@pytest.fixture(params=sorted(FOREIGN))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A mounted disk of another system."""
    kind = str(request.param)
    if why := cannot_foreign(kind):
        pytest.skip(why)
    try:
        foreign = Foreign(tmp_path, kind)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot be mounted here: {error}")
    yield foreign.path
    foreign.close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What such disks have trouble with."""
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "empty folder").mkdir()
    (top / "plain").write_bytes(b"plain")
    (top / "PLAIN").write_bytes(b"another case")
    (top / "what?:*.txt").write_bytes(b"forbidden there")
    (top / LONG).write_bytes(b"long")
    (top / "sub" / "link").symlink_to("../plain")
    (top / "big").write_bytes(os.urandom(CHUNK + 70_000))
    (top / "run").write_bytes(b"#!")
    (top / "run").chmod(0o755)
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([top]):
        writer.add(item)
    writer.finish()
    writer.close()
    return top


def contents(folder: Path) -> list[bytes]:
    """What lies there, whatever it is called."""
    return sorted(one.read_bytes() for one in folder.rglob("*") if one.is_file() and not one.is_symlink())


def run(tmp_path: Path, tree: Path, disk: Path, cut: int | None = None) -> tuple[bool, Receiving]:
    """One try."""
    sending, receiving, stage = ends(tmp_path, tree, disk)
    ended = Wire(sending, receiving).run(random.Random(3), cut)
    sending.close()
    stage.discard() if ended else stage.close()
    return ended, receiving


def test_all_that_such_a_disk_can_hold_arrives_and_the_rest_is_named(tmp_path: Path, tree: Path, disk: Path) -> None:
    (disk / "before").write_bytes(b"mine")
    ended, _ = run(tmp_path, tree, disk, cut=2_000_000)
    assert not ended
    ended, receiving = run(tmp_path, tree, disk)
    assert ended
    refused = {one.path for one in receiving.report.failed if one.code == Code.NAME_REFUSED}
    names = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() and not path.is_symlink()}
    missing = len(names) - len(contents(disk / "top"))
    assert missing <= len(refused), receiving.report.failed
    assert set(contents(disk / "top")) <= set(contents(tree))
    odd = [one for one in (disk / "top").iterdir() if original(one.name) == "what?:*.txt"]
    named = [one for one in refused if original(one) == "top/what?:*.txt"]
    assert len(odd) + len(named) == 1, "it is mapped, so that it can be turned back, or named"
    assert (disk / "top" / "big").read_bytes() == (tree / "big").read_bytes()
    assert {(disk / "top" / "plain").read_bytes()} <= {b"plain", b"another case"}
    kept = contents(disk / "top")
    assert b"plain" in kept, "one of two names that are one here does not swallow the other"
    assert b"another case" in kept
    assert (disk / "top" / "empty folder").is_dir()
    assert (disk / "before").read_bytes() == b"mine"
    shown = [one.name for one in disk.iterdir() if not one.name.startswith((".", "$", "System"))]
    assert sorted(shown) == ["before", "top"]
