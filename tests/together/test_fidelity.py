"""What arrives is what was sent, or it is said on both sides: values that a disk can hold, sent from one to another."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.engines import Device, paths_in
from tests.harness.screen import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a POSIX file system with nanoseconds and xattrs")
Pair = tuple[Device, Device]
NAMES = [
    "می\u200cخواهم.txt", "👩\u200d👩\u200d👧.jpg", "क्\u200dष", "a\\x2db", "back\\slash", "…", "ﬁ", "a\u0301", "é",
    "%41", " leading", "trailing ", "trailing.", "con", "a:b", "-rf", "~", "$HOME", "`x`", "'", '"', "*", "?",
    "<a>&amp;", "b" * 255,
]
TIMES = [0, 1, -1, 2**31, 2**32, 4_611_686_018_427_387_904, 4_700_000_000 * 10**9, -(10**18)]
"""Nanoseconds: 1970 and around it, 2116 and beyond, 1938."""

MODES = [0o600, 0o640, 0o644, 0o400, 0o700, 0o755, 0o606]


def sent(anna: Device, bob: Device, *paths: Path) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Send; the exit code, and what each side was told of the end."""
    engine = bob.receive("--count", "1")
    code, events = anna.run("send", "Bob", *map(str, paths), "--wait", "30")
    ours = [one for one in events if one["event"] in ("TransferFinished", "TransferFailed")]
    theirs = engine.wait_for("TransferFinished")
    assert engine.end() == 0
    return code, ours[-1], theirs


def is_counted(device: Device) -> bool:
    """Whether all of what it is to send is listed."""
    link = sqlite3.connect(f"file:{device.folder}/lanshare.sqlite?mode=ro", uri=True)
    try:
        return any(json.loads(row[0])["complete"] for row in link.execute("SELECT offer FROM transfers"))
    finally:
        link.close()


def listed(event: dict[str, Any]) -> dict[str, set[str]]:
    """What is said of entries, by path."""
    found: dict[str, set[str]] = {}
    for one in (*event["skipped"], *event["notes"]):
        found.setdefault(one["path"], set()).add(one["code"])
    return found


def test_names_times_modes_and_links_arrive_as_they_are(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    top = tmp_path / "top"
    (top / "private").mkdir(parents=True)
    (top / "private").chmod(0o700)
    (top / "private" / "key").write_text("k")
    for name in NAMES:
        (top / name).write_text(name)
    for number, time_ns in enumerate(TIMES):
        (top / f"time {number}").write_text("t")
        os.utime(top / f"time {number}", ns=(time_ns, time_ns))
    for mode in MODES:
        for size in (10, 200_000):
            path = top / f"mode {mode:o} {size}"
            path.write_bytes(b"m" * size)
            path.chmod(mode)
    (top / "v1").mkdir()
    for link, target in (("dot", "./v1"), ("slash", "v1/"), ("double", ".//v1"), ("plain", "v1")):
        (top / link).symlink_to(target)
    code, ours, theirs = sent(anna, bob, top)
    assert code == 0, ours
    there = bob.into / "top"
    assert {one.name for one in there.iterdir()} == {one.name for one in top.iterdir()}
    for number, time_ns in enumerate(TIMES):
        assert (there / f"time {number}").stat().st_mtime_ns == (top / f"time {number}").stat().st_mtime_ns, time_ns
    for path in top.iterdir():
        if path.name.startswith("mode"):
            before, after = (stat.S_IMODE(one.stat().st_mode) for one in (path, there / path.name))
            assert bool(after & 0o004) is bool(before & 0o004), (path.name, oct(after))
            assert not after & 0o020, (path.name, oct(after))
    assert stat.S_IMODE((there / "private").stat().st_mode) == 0o700
    for link in ("dot", "slash", "double", "plain"):
        assert (there / link).resolve() == (there / "v1").resolve()
    assert listed(ours) == listed(theirs)


def test_what_cannot_be_kept_is_listed_on_both_sides_and_ends_nothing_else(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    top = tmp_path / "top"
    top.mkdir()
    (top / "plain").write_text("p")
    (top / "one").write_text("h")
    os.link(top / "one", top / "two")
    (top / "tagged").write_text("x")
    try:
        os.setxattr(top / "tagged", "user.comment", b"mine")
    except OSError:
        (top / "tagged").unlink()
    (top / "up").symlink_to("../../etc")
    os.mkfifo(top / "pipe")
    (top / "turned\u202etxt.exe").write_text("d")
    hidden = tmp_path / ".env"
    hidden.write_text("SECRET=1")
    code, ours, theirs = sent(anna, bob, top, hidden)
    assert code == 1, "what could not be sent at all is a failure in part"
    for told in (listed(ours), listed(theirs)):
        assert told["top/one"] == told["top/two"] == {"link-doubled"}
        assert told["top/up"] == {"file-link"}
        assert told["top/pipe"] == {"file-special"}
        assert told["top/turned\u202etxt.exe"] == {"name-mapped"}
        assert told[".env"] == {"name-mapped"}
        if (top / "tagged").exists():
            assert told["top/tagged"] == {"attributes-lost"}
        assert "top/plain" not in told
    assert (bob.into / "top" / "plain").read_text() == "p"
    assert (bob.into / "％2Eenv").read_text() == "SECRET=1"


def test_what_arrives_from_others_and_is_not_finished_is_nobodys_to_send(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    top = tmp_path / "top"
    (top / ".lanshare-incoming" / "0").mkdir(parents=True)
    (top / ".lanshare-incoming" / "0" / "7").write_text("a third person's")
    (top / "deep" / ".Lanshare-Incoming").mkdir(parents=True)
    (top / "mine").write_text("m")
    code, _, _ = sent(anna, bob, top)
    assert code == 0
    arrived = {str(one.relative_to(bob.into)) for one in paths_in(bob.into) if ".lanshare-incoming" not in str(one)}
    assert arrived == {"top", "top/mine", "top/deep"}


def test_a_folder_whose_bytes_are_no_text_above_the_file_changes_nothing(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    odd.mkdir()
    (odd / "file").write_text("f")
    code, ours, _ = sent(anna, bob, odd / "file")
    assert (code, ours["state"]) == (0, "done")
    assert (bob.into / "file").read_text() == "f"


def test_a_folder_to_receive_into_may_be_no_text_as_well(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    bob.into = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in \xff"))
    source = tmp_path / "file"
    source.write_text("f")
    code, _, _ = sent(anna, bob, source)
    assert code == 0
    assert (bob.into / "file").read_text() == "f"


ACCESS_LIST = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in (
    (1, 6, 2**32 - 1), (2, 4, 1234), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1),
))
FOLDER_TIMES = [-(157_766_400 * 10**9 + 1), -1, 0, 5_000_000_000 * 10**9]
FOLDER_MODES = [0o700, 0o750, 0o770, 0o711, 0o755]


def test_folders_keep_their_times_are_no_more_open_and_what_goes_of_them_is_listed(
    two_devices: Pair, tmp_path: Path
) -> None:
    anna, bob = two_devices
    top = tmp_path / "top"
    (top / "given").mkdir(parents=True)
    (top / "listed").write_text("l")
    try:
        os.setxattr(top / "given", "user.comment", b"mine")
        os.setxattr(top / "listed", "system.posix_acl_access", ACCESS_LIST)
    except OSError:
        pytest.skip("this disk has no attributes")
    for mode in FOLDER_MODES:
        folder = top / f"mode {mode:o}"
        folder.mkdir()
        (folder / "f").write_text("x")
        folder.chmod(mode)
    (top / ".lanshare-incoming").write_text("a file that is called so")
    for number, time_ns in enumerate(FOLDER_TIMES):
        folder = top / f"time {number}"
        folder.mkdir()
        (folder / "f").write_text("f")
        os.utime(folder, ns=(time_ns, time_ns))
    code, ours, theirs = sent(anna, bob, top)
    assert code == 1
    assert listed(ours) == {
        "top/given": {"attributes-lost"}, "top/listed": {"attributes-lost"},
        "top/.lanshare-incoming": {"name-refused"},
    }
    assert listed(theirs) == listed(ours)
    there = bob.into / "top"
    for number, time_ns in enumerate(FOLDER_TIMES):
        assert (there / f"time {number}").stat().st_mtime_ns == time_ns
    for mode in FOLDER_MODES:
        assert bool((there / f"mode {mode:o}").stat().st_mode & 0o004) is bool(mode & 0o004), oct(mode)


@pytest.mark.parametrize("swapped", ["a folder", "the folder above"])
def test_a_folder_that_is_swapped_for_a_link_leads_nowhere(two_devices: Pair, tmp_path: Path, swapped: str) -> None:
    anna, bob = two_devices
    engine = bob.receive()
    assert anna.run("text", "Bob", "hi")[0] == 0
    engine.interrupt()
    top, outside = tmp_path / "top", tmp_path / "outside"
    (top / "sub" / "deep").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    for folder, word in ((top / "sub", "mine"), (outside, "LEAK")):
        (folder / "deep" / "small").write_text(word)
        (folder / "deep" / "large").write_text(word * 50_000)
    sending = anna.start("send", "Bob", str(top), "--wait", "30")
    until(lambda: is_counted(anna), "that it is counted")
    where = top / "sub" / "deep" if swapped == "a folder" else top / "sub"
    shutil.rmtree(where)
    where.symlink_to(outside / "deep" if swapped == "a folder" else outside)
    bob.receive("--count", "1")
    assert sending.end() == 1
    for path in paths_in(bob.into):
        assert not path.is_file() or "LEAK" not in path.read_text(), path
    skipped = {one["path"]: one["code"] for one in sending.heard()[-1]["skipped"]}
    assert skipped == {"top/sub/deep/small": "file-link", "top/sub/deep/large": "file-link"}


@pytest.mark.parametrize("change", ["grown", "saved again, longer"])
def test_a_small_file_that_grew_after_it_was_listed_costs_nothing_else(
    two_devices: Pair, tmp_path: Path, change: str
) -> None:
    anna, bob = two_devices
    engine = bob.receive()
    assert anna.run("text", "Bob", "hi")[0] == 0
    engine.interrupt()
    top = tmp_path / "top"
    top.mkdir()
    (top / "log").write_bytes(b"x" * 1000)
    (top / "other").write_bytes(b"o" * 1000)
    sending = anna.start("send", "Bob", str(top), "--wait", "30")
    until(lambda: is_counted(anna), "that it is counted")
    longer = (top / "log").read_bytes() + b"more lines\n" * 20 if change == "grown" else b"another, and longer " * 100
    (top / "log").write_bytes(longer)
    bob.receive()
    assert sending.end() == 0, sending.heard()[-1]
    assert (bob.into / "top" / "other").read_bytes() == b"o" * 1000
    assert (bob.into / "top" / "log").read_bytes() == longer
    assert len(list((bob.into / "top").iterdir())) == 2


def test_which_files_could_not_be_sent_is_said_when_it_is_all_of_them(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    bob.receive()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    code, events = anna.run("send", "Bob", str(tmp_path / "pipe"), str(tmp_path / "dangling"))
    assert code == 1
    assert listed(events[-1] | {"notes": []}) == {"pipe": {"file-special"}, "dangling": {"file-vanished"}}
    code, events = anna.run("send", "Bob", str(tmp_path / "pipe"), "/proc/cpuinfo")
    assert {one["path"] for one in events[-1]["skipped"]} == {"pipe", "cpuinfo"}


@pytest.mark.parametrize("word", ["..", "sub/..", "../album/../album"])
def test_a_folder_named_by_dots_is_sent_under_its_name(
    two_devices: Pair, tmp_path: Path, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bob = two_devices
    (tmp_path / "album" / "sub").mkdir(parents=True)
    (tmp_path / "album" / "f").write_text("f")
    monkeypatch.chdir(tmp_path / "album" / "sub" if word == ".." else tmp_path / "album")
    bob.receive()
    assert anna.run("send", "Bob", word)[0] == 0
    assert (bob.into / "album" / "f").read_text() == "f"
