"""A command of a person's own after a receiving: through two whole programs, whatever the files are called."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.harness.engines import Device

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names and signals of POSIX")

Pair = tuple[Device, Device]
TELLS = (
    "import sys, os; out = open(sys.argv[1], 'a');"
    " print(*[os.path.basename(one) for one in sys.argv[2:]], os.environ['LANSHARE_NAME'], sep='|', file=out)"
)


def test_each_transfer_is_handed_over_once_and_the_last_one_is_waited_for(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    out = tmp_path / "told"
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(TELLS)} {shlex.quote(str(out))}"
    receiver = anna.receive("--run", command, "--count", "2")
    first, second = tmp_path / "-rf $(touch evil)", tmp_path / "two words"
    first.write_bytes(b"x" * 1000)
    second.mkdir()
    (second / "inside").write_bytes(b"y")
    for paths in ((first,), (second,)):
        code, _ = bob.run("send", anna.name, *map(str, paths))
        assert code == 0
    assert receiver.process.wait(60) == 0
    assert out.read_text().splitlines() == ["-rf $(touch evil)|Bob", "two words|Bob"]
    assert not (tmp_path / "evil").exists()
    ends = [one for one in receiver.heard() if one["event"] == "CommandEnded"]
    assert [one["code"] for one in ends] == ["", ""]


def test_a_command_that_fails_is_told_and_the_transfer_is_a_success(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    receiver = anna.receive("--run", "false", "--count", "1")
    path = tmp_path / "x"
    path.write_bytes(b"x")
    code, _ = bob.run("send", anna.name, str(path))
    assert code == 0
    assert receiver.process.wait(60) == 0
    (end,) = [one for one in receiver.heard() if one["event"] == "CommandEnded"]
    assert end["code"] == "command-failed"
    assert "kept" in end["message"]
    assert (anna.into / "x").read_bytes() == b"x"


@pytest.mark.parametrize("what", ["no such", "a folder", "may not be run"])
def test_a_program_that_cannot_be_started_is_told_before_anything_is_received(
    two_devices: Pair, tmp_path: Path, what: str
) -> None:
    anna, _ = two_devices
    program = tmp_path / what
    if what == "a folder":
        program.mkdir()
    elif what == "may not be run":
        program.write_text("#!/bin/sh\n")
        program.chmod(0o644)
    receiver = anna.start("receive", "--accept", "all", "--into", str(anna.into), "--run", shlex.quote(str(program)))
    assert receiver.end() == 2
    assert "is not a program that can be started here" in "".join(receiver.errors)
    assert not anna.into.exists()


def test_ctrl_c_ends_a_command_that_goes_on_for_ever(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    mark = tmp_path / "runs"
    receiver = anna.receive("--run", f"sh -c 'touch {mark}; sleep 600'")
    path = tmp_path / "x"
    path.write_bytes(b"x")
    assert bob.run("send", anna.name, str(path))[0] == 0
    while not mark.exists():
        receiver.ended.wait(0.05)
    assert receiver.interrupt() == 130
