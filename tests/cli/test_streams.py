"""Standard streams as they really are: streams x states x commands. Nothing that is printed ends a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lanshare.cli.streams import Stream
from tests.harness.engines import ROOT, Device, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses a POSIX shell's redirections")
LATIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1", "LANG": "C", "PYTHONCOERCECLOCALE": "0"}


def shell(line: str, profile: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A line of a shell in which $L is lanshare with that profile."""
    command = f"{sys.executable} -m lanshare"
    return subprocess.run(
        ["bash", "-c", line.replace("$L", command).replace("$P", f"--profile {profile}")],
        env=environment() | more, cwd=ROOT, capture_output=True, timeout=60, check=False,
    )


def talked(tmp_path: Path, texts: int) -> Device:
    """A device that has written something to a friend."""
    anna, bob = Device(tmp_path, "Anna"), Device(tmp_path, "Bob 🙂é")
    engine = bob.receive()
    try:
        for number in range(texts):
            assert anna.run("text", "Bob", f"zażółć 🙂 {number}")[0] == 0
    finally:
        engine.interrupt()
        bob.close()
    return anna


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """She has said three things."""
    return talked(tmp_path_factory.mktemp("streams"), 3)


COMMANDS = [
    "id $P", "id --json $P", "history $P", "history --json $P", "history Bob $P", "group $P", "peers --seconds 0 $P",
    "peers --seconds 0 --json $P", "text Nobody hi --wait 0 $P", "--help", "--version",
]
STATES = ["| head -1", ">&-", "2>&-", "<&-", ">&- 2>&- <&-", "| true", "2>/dev/full"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_or_cut_stream_ends_quietly(command: str, state: str, anna: Device) -> None:
    if "seconds" in command and state not in ("| head -1", ">&- 2>&- <&-"):
        pytest.skip("needs an engine of its own: two states of it are enough")
    done = shell(f"set -o pipefail; $L {command} {state}", anna.folder)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.returncode in (0, 3), (done.returncode, done.stderr)


@pytest.mark.parametrize("command", ["id $P", "history --json $P"])
def test_a_full_disk_behind_the_output_is_a_failure_with_a_sentence(command: str, anna: Device) -> None:
    done = shell(f"$L {command} >/dev/full", anna.folder)
    assert done.returncode == 1
    assert b"could not be written" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("locale", [LATIN, LATIN | {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "utf-8"}])
def test_json_is_utf8_and_a_terminal_gets_what_it_can_show(locale: dict[str, str], anna: Device) -> None:
    as_json = shell("$L history --json $P", anna.folder, **locale)
    texts = [json.loads(line)["text"] for line in as_json.stdout.decode("utf-8").splitlines()]
    assert texts == [f"zażółć 🙂 {number}" for number in range(3)]
    plain = shell("$L history $P", anna.folder, **locale)
    assert plain.returncode == 0
    assert plain.stdout.count(b"\n") == 3
    assert b"Traceback" not in plain.stderr


@pytest.mark.parametrize("state", [">&-", "2>&-", "<&-", ">&- 2>&- <&-", ">/dev/full", "| true"])
def test_receive_goes_on_whatever_becomes_of_its_streams(state: str, tmp_path: Path) -> None:
    """What arrives is kept though nobody reads of it, and a stranger's wish to pair ends nothing."""
    bob, anna = Device(tmp_path, "Bob"), Device(tmp_path, "Anna")
    ready = shell("$L id --json $P", bob.folder)
    assert ready.returncode == 0
    line = (
        f"trap '' PIPE; exec {sys.executable} -m lanshare receive --accept all --into {bob.into} --port {bob.port}"
        f" --name Bob --profile {bob.folder} {state}"
    )
    process = subprocess.Popen(
        ["bash", "-c", line.replace("exec ", "") if "|" in state else line], env=environment(), cwd=ROOT,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        source = tmp_path / "ünï 🙂.txt"
        source.write_text("kept")
        assert anna.run("pair", "Bob", stdin="n\n")[0] in (1, 5)
        assert anna.run("send", "Bob", str(source), "--wait", "20")[0] == 0
        assert (bob.into / source.name).read_text() == "kept"
        assert anna.run("text", "Bob", "🙂")[0] == 0
        assert process.poll() is None
    finally:
        os.killpg(process.pid, 9)
        process.wait(20)
        anna.close()


def test_the_null_device_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    """Else the first file that is opened is standard output, and what is printed goes into it."""
    script = "import os, sys; from lanshare.cli.streams import occupy; occupy(); print(open(sys.argv[1]).fileno())"
    path = tmp_path / "f"
    path.write_text("x")
    line = f'{sys.executable} -c "{script}" {path} <&- 2>&-'
    done = subprocess.run(["bash", "-c", line], env=environment(), cwd=ROOT, capture_output=True, check=True)
    assert int(done.stdout) > 2


def test_a_stream_tells_why_it_takes_nothing(tmp_path: Path) -> None:
    nobody = Stream(None)
    nobody.write("x")
    assert (nobody.closed, nobody.full) == (True, False)
    with open("/dev/full", "w", encoding="ascii") as full:
        stream = Stream(full)
        stream.write("ü")
        assert (stream.closed, stream.full) == (True, True)
    assert stream.columns == 80


@pytest.mark.parametrize("data", ["caf\\xe9", "a\\x00b", "\\xff\\xfeh\\x00i\\x00"])
def test_what_is_no_text_is_not_sent_as_another_one(data: str, tmp_path: Path) -> None:
    done = shell(f"printf '{data}' | $L text Nobody - --wait 0 $P", tmp_path)
    assert done.returncode == 2
    assert b"Nothing was sent" in done.stderr
    assert not (tmp_path / "lanshare.sqlite").exists()


def test_a_text_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    done = shell("ulimit -v 1500000; yes | $L text Nobody - --wait 0 $P", tmp_path)
    assert done.returncode == 2
    assert b"at most 1 MiB" in done.stderr


@pytest.mark.parametrize("flag", ["--since", "--until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_every_day_that_there_is_can_be_asked_for(flag: str, day: str, anna: Device) -> None:
    done = shell(f"$L history $P {flag} {day}", anna.folder, TZ="Pacific/Kiritimati")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_profile_whose_path_is_no_text_works(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    done = shell("$L peers --seconds 0.3 $P", folder)
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 1)
    assert done.stderr.startswith(b"No device was found")


def test_a_start_that_fails_ends(tmp_path: Path) -> None:
    (tmp_path / "engine.door" / "x").mkdir(parents=True)
    done = shell("timeout 20 $L peers --seconds 0.3 $P", tmp_path)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("number", [12, 14, 15, 16, 18])
def test_few_descriptors_end_in_a_sentence(number: int, tmp_path: Path) -> None:
    done = shell(f"ulimit -n {number}; timeout 30 $L peers --seconds 0.5 $P", tmp_path)
    assert done.returncode in (0, 1), done.stderr
    assert b"Traceback" not in done.stderr


def test_a_long_temporary_folder_is_no_hindrance(tmp_path: Path) -> None:
    long = tmp_path / ("t" * 110)
    long.mkdir()
    done = shell("$L peers --seconds 0.3 $P", tmp_path / ("p" * 120), TMPDIR=str(long), XDG_RUNTIME_DIR="")
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 1)
    assert done.stderr.startswith(b"No device was found")


def test_a_window_that_cannot_be_says_what_it_needs_and_what_works_without(tmp_path: Path) -> None:
    code = "import sys; sys.modules['PySide6'] = None; from lanshare.__main__ import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "open", "--profile", str(tmp_path / "profile")], env=environment(), cwd=ROOT,
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    for part in ("the window needs PySide6", "Nothing was changed", "`lanshare --help`"):
        assert part in line
    assert not (tmp_path / "profile").exists()
