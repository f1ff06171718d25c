"""A stream is sent like a file: kept first, verified, gone on with, and removed when it is over."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.engines import ROOT, Device, environment, paths_in

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals")
Pair = tuple[Device, Device]


def piped(device: Device, data: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`… | lanshare send …`"""
    common = ["--profile", str(device.folder), "--port", str(device.port), "--name", device.name]
    command = [sys.executable, "-m", "lanshare", "send", *words, *common]
    return subprocess.run(
        command, input=data, env=environment(), cwd=ROOT, capture_output=True, timeout=60, check=False
    )


def left(device: Device) -> list[str]:
    """What lies in the spool."""
    spool = device.folder / "spool"
    return list(map(str, paths_in(spool)))


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_a_stream_arrives_verified_under_the_name_it_was_given(two_devices: Pair, size: int) -> None:
    anna, bob = two_devices
    engine = bob.receive()
    data = os.urandom(size)
    done = piped(anna, data, "Bob", "-", "--as", "dump 🙂.sql")
    assert done.returncode == 0, done.stderr
    assert (bob.into / "dump 🙂.sql").read_bytes() == data
    assert left(anna) == []
    engine.interrupt()


def test_a_stream_goes_beside_files_and_on_after_the_command_has_ended(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    engine = bob.receive("--count", "1")
    assert anna.run("text", "Bob", "hello")[0] == 0
    assert engine.end() == 0
    (tmp_path / "plain").write_text("p")
    assert piped(anna, b"later", "Bob", str(tmp_path / "plain"), "-", "--as", "x", "--no-wait").returncode == 0
    assert len(left(anna)) == 2
    engine = bob.receive("--count", "1")
    hers = anna.start("receive")
    assert engine.end() == 0
    assert (bob.into / "x").read_bytes() == b"later"
    assert (bob.into / "plain").read_text() == "p"
    hers.interrupt()
    assert left(anna) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Bob", "-"), b"--as"),
        (("Bob", "README.md", "--as", "x"), b"--as"),
        (("Bob", "-", "-", "--as", "x"), b"once"),
    ],
)
def test_what_does_not_fit_together_is_said_and_nothing_is_sent(
    two_devices: Pair, words: tuple[str, ...], sentence: bytes
) -> None:
    anna, _ = two_devices
    done = piped(anna, b"x", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert left(anna) == []


def test_a_stream_to_nobody_is_not_kept(two_devices: Pair) -> None:
    anna, _ = two_devices
    assert piped(anna, b"x", "Nobody", "-", "--as", "x", "--wait", "0").returncode == 3
    assert left(anna) == []


def test_a_stream_that_is_too_long_is_refused_whole(
    two_devices: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lanshare.cli import spool
    from lanshare.cli.printer import Printer
    from lanshare.cli.session import Usage
    from lanshare.domain.transfer import TransferId
    from lanshare.engine.options import Options

    monkeypatch.setattr(spool, "LARGEST", 100)
    source = tmp_path / "source"
    source.write_bytes(b"x" * 101)
    options, transfer = Options(profile=tmp_path / "p"), TransferId(hashlib.md5(b"t").hexdigest())
    with source.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(Usage, match="longer than"):
            spool.keep(options, transfer, "x", Printer(False))
    assert not list((tmp_path / "p" / "spool").iterdir())
