"""Transfers that nobody has to watch, between two whole engines: rest, go on, join, retry, undo, never destroy."""

from __future__ import annotations

import datetime
import hashlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.wire import limits
from tests.harness.engines import PATIENCE, tree_of
from tests.harness.pairs import Pair, big_file, moving, replace_downloads
from tests.harness.screen import until
from tests.harness.shells import Shell, met, new_transfer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and links")


def tree(folder: Path, chance: random.Random, count: int = 40) -> Path:
    """Some files."""
    for number in range(count):
        path = folder / f"d{number % 5}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice([0, 10, 5_000, 90_000])))
    return folder


def send(
    anna: Shell, bob: Shell, paths: list[Path], into: Path, clash: ConflictPolicy = ConflictPolicy.KEEP
) -> TransferId:
    """Offer and accept."""
    peer = met(anna, bob)
    transfer = new_transfer()
    anna.say(c.SendFiles(transfer, peer.id, tuple(paths)))
    offer = bob.wait_for(e.OfferReceived)
    into.mkdir(exist_ok=True)
    bob.say(c.AnswerOffer(offer.transfer, True, into, clash))
    return transfer


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    """Hash and time of every file that is there, the moved-aside ones under their old paths."""
    found = {}
    for base, folders, files in os.walk(folder):
        if ".lanshare-incoming" in folders:
            folders.remove(".lanshare-incoming")  # it may be going just now
        for path in (Path(base, name) for name in files):
            found[str(path.relative_to(folder))] = (
                hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns
            )
    return found


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_pause_from_either_side_holds_until_that_side_lets_it_go(
    tmp_path: Path, shells: Callable[..., Shell], who: str
) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    source = big_file(tmp_path, 400_000_000)
    transfer = send(anna, bob, [source], tmp_path / "in")
    pausing, other = (anna, bob) if who == "sender" else (bob, anna)
    bob.wait_for(e.TransferProgressed, lambda one: one.bytes > 10_000_000)
    pausing.say(c.PauseTransfer(transfer))
    assert pausing.wait_for(e.TransferPaused).by == "us"
    told = other.wait_for(e.TransferPaused, lambda one: one.by == "peer")
    assert "paused it" in told.message
    assert not (tmp_path / "in" / "big.bin").exists()
    other.say(c.ResumeTransfer(transfer))
    pausing.say(c.ResumeTransfer(transfer))
    kept = bob.wait_for(e.TransferProgressed)
    assert kept.bytes > 4_000_000, "it did not start at zero"
    for side in (anna, bob):
        assert side.wait_for(e.TransferFinished).state == "done"
    assert (tmp_path / "in" / "big.bin").read_bytes() == source.read_bytes()


def test_the_sender_learns_that_its_files_were_looked_at_even_after_it_was_away(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    (tmp_path / "plan").write_bytes(b"plan")
    (tmp_path / "map").write_bytes(b"map")
    first = send(anna, bob, [tmp_path / "plan"], tmp_path / "in")
    for side in (anna, bob):
        side.wait_for(e.TransferFinished)
    bob.say(c.MarkRead(met(bob, anna).id))
    assert anna.wait_for(e.TransferRead).transfer == first
    second = send(anna, bob, [tmp_path / "map"], tmp_path / "in")
    for side in (anna, bob):
        side.wait_for(e.TransferFinished)
    peer = met(bob, anna).id
    anna.host.close()
    bob.say(c.MarkRead(peer))
    bob.wait_for(e.ConversationRead)
    again = shells("Anna")
    deadline = time.monotonic() + PATIENCE
    read: set[str] = set()
    while second not in read and time.monotonic() < deadline:
        again.say(c.LoadHistory(1, PeerId(bob.host_id)))  # it may have come before this shell did
        page = again.wait_for(e.HistoryLoaded)
        read = {one.transfer.id for one in page.moments if one.transfer is not None and one.transfer.read}
    assert read == {first, second}
    told = [one.transfer for one in again.seen if isinstance(one, e.TransferRead)]
    assert told in ([], [second]), "and the first is not told again"


def test_a_small_file_and_a_message_do_not_wait_behind_a_big_one(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    big = send(anna, bob, [big_file(tmp_path, 1_500_000_000)], tmp_path / "in")
    bob.wait_for(e.TransferProgressed)
    profiled = anna.wait_for(e.TransferProfiled)
    assert profiled.source_disk + profiled.work + profiled.network + profiled.target_disk == 100
    (tmp_path / "small").write_bytes(b"small")
    small = send(anna, bob, [tmp_path / "small"], tmp_path / "in")
    finished = bob.wait_for(e.TransferFinished)
    assert finished.transfer == small, "the big one came first"
    anna.say(c.CancelTransfer(big))
    bob.wait_for(e.TransferFailed)


def test_large_sendings_take_turns_and_one_may_be_let_first(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    settings = replace_downloads(anna, tmp_path)
    anna.say(c.ChangeSettings(replace(settings, speed_limit=40_000_000)))
    anna.wait_for(e.SettingsChanged)
    sources = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        sources.append(big_file(tmp_path / str(number), 300_000_000))
    transfers = [send(anna, bob, [source], tmp_path / "in") for source in sources]
    told = [anna.wait_for(e.TransferWaiting) for _ in transfers[1:]]
    assert [(one.transfer, one.code) for one in told] == [(transfers[1], "turn"), (transfers[2], "turn")]
    bob.wait_for(e.TransferProgressed, lambda one: one.transfer == transfers[0] and one.bytes > 10_000_000)
    anna.say(c.ResumeTransfer(transfers[2]))
    bob.wait_for(e.TransferProgressed, lambda one: one.transfer == transfers[2])
    anna.say(c.ChangeSettings(settings))
    ended = [bob.wait_for(e.TransferFinished).transfer for _ in transfers]
    assert ended == [transfers[2], transfers[0], transfers[1]]
    names = ("big.bin", "big (1).bin", "big (2).bin")
    digests = [{hashlib.sha256(path.read_bytes()).digest() for path in paths}
               for paths in (sources, [tmp_path / "in" / name for name in names])]
    assert digests[0] == digests[1]


def test_the_same_again_is_not_sent_again_and_the_question_says_so(
    tmp_path: Path, shells: Callable[..., Shell]
) -> None:
    chance = random.Random(1)
    anna, bob = shells("Anna"), shells("Bob")
    source = tree(tmp_path / "album", chance)
    into = tmp_path / "in"
    into.mkdir()
    shutil.copytree(source, into / "album")
    (into / "album" / "mine").write_bytes(b"mine")
    (source / "new").write_bytes(b"new")
    (source / "d1" / "f1").write_bytes(b"changed since")
    bob.say(c.ChangeSettings(replace_downloads(bob, into)))
    bob.wait_for(e.SettingsChanged)
    peer = met(anna, bob)
    anna.say(c.SendFiles(new_transfer(), peer.id, (source,)))
    offer = bob.wait_for(e.OfferReceived)
    compared = bob.wait_for(e.OfferCompared)
    assert (compared.new, compared.same, compared.differs, compared.complete) == (1, 39, 1, True)
    assert compared.differing == ("album/d1/f1",)
    empty = tmp_path / "empty"
    empty.mkdir()
    bob.say(c.CompareOffer(offer.transfer, empty))
    there = bob.wait_for(e.OfferCompared)
    assert (there.new, there.same, there.differs, there.complete) == (41, 0, 0, True), "another folder, another answer"
    kept = list((bob.host._options.profile or tmp_path).glob("**/offered/*"))
    assert [one.stat().st_mode & 0o077 for one in kept] == [0]
    bob.say(c.CompareOffer(offer.transfer, into))
    assert bob.wait_for(e.OfferCompared).same == 39
    bob.say(c.AnswerOffer(offer.transfer, True))
    finished = anna.wait_for(e.TransferFinished)
    assert (finished.state, finished.files) == ("done", 41)
    bob.wait_for(e.TransferFinished)
    assert (into / "album" / "d1" / "f1 (1)").read_bytes() == b"changed since"
    assert (into / "album" / "mine").read_bytes() == b"mine"
    assert [one.name for one in into.iterdir() if not one.name.startswith(".")] == ["album"]


def test_more_gaps_than_can_be_told_at_once_cost_nothing_but_time(
    tmp_path: Path, shells: Callable[..., Shell], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every second file is there already; the receiver may name only a few of them before the first byte."""
    monkeypatch.setattr(limits, "RANGES", 4)
    source, into = tmp_path / "d", tmp_path / "in"
    for number in range(40):
        for folder in (source, into / "d")[: 2 - number % 2]:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number:02}").write_bytes(b"%d" % number)
            os.utime(folder / f"{number:02}", ns=(10**18, 10**18))
    anna, bob = shells("Anna"), shells("Bob")
    transfer = send(anna, bob, [source], into)
    for one in (anna, bob):
        over = one.wait_for(e.TransferFinished, lambda done: done.transfer == transfer)
        assert over.files == 40
    assert fingerprint(into / "d") == fingerprint(source)
    assert [path.name for path in into.iterdir() if not path.name.startswith(".")] == ["d"]


@pytest.mark.parametrize("clash", list(ConflictPolicy))
@pytest.mark.parametrize("how", ["to the end", "cancelled", "retried"])
def test_nothing_that_was_there_before_is_ever_changed(
    tmp_path: Path, shells: Callable[..., Shell], clash: ConflictPolicy, how: str
) -> None:
    chance = random.Random(7)
    anna, bob = shells("Anna"), shells("Bob")
    source = tree(tmp_path / "album", chance)
    big_file(source, 60_000_000)
    into = tmp_path / "in"
    tree(into / "album", random.Random(8))
    if (how, clash) != (
        "cancelled", ConflictPolicy.SKIP
    ):  # else it were passed over, and all be over before it is cancelled
        (into / "album" / "big.bin").write_bytes(b"my own big one")
    (into / "album" / "d2" / "f2").unlink()
    (into / "album" / "d2" / "f2").mkdir()
    shutil.copy2(source / "d0" / "f0", into / "album" / "d0" / "f0")
    before = fingerprint(into)
    transfer = send(anna, bob, [source], into, clash)
    if how == "cancelled":
        bob.wait_for(e.TransferProgressed)
        bob.say(c.CancelTransfer(transfer))
        anna.wait_for(e.TransferFailed)
    else:
        anna.wait_for(e.TransferFinished)
        bob.wait_for(e.TransferFinished)
    if how == "retried":
        again = new_transfer()
        anna.say(c.RetryTransfer(transfer, again))
        anna.wait_for(e.TransferQueued)
        offer = bob.wait_for(e.OfferReceived)
        bob.say(c.AnswerOffer(offer.transfer, True, into, clash))
        if clash is ConflictPolicy.SKIP:
            assert bob.wait_for(e.TransferFailed).code == "already-there", "what was left out is left out again"
        else:
            bob.wait_for(e.TransferFinished)
    after = fingerprint(into)
    aside = {name.split("/", 2)[2]: mark for name, mark in after.items() if name.startswith("Replaced by lanshare/")}
    for name, mark in before.items():
        assert after.get(name) == mark or aside.get(name) == mark, f"{name} is not what it was"
    if clash is not ConflictPolicy.REPLACE:
        assert not aside
    if clash is ConflictPolicy.SKIP and how == "to the end":
        added = set(after) - set(before)
        assert not [name for name in added if "(1)" in name]


def test_an_undone_receiving_is_as_if_it_had_not_been(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    source = tree(tmp_path / "album", random.Random(3))
    into = tmp_path / "in"
    tree(into / "album", random.Random(4))
    before = fingerprint(into)
    transfer = send(anna, bob, [source], into, ConflictPolicy.REPLACE)
    bob.wait_for(e.TransferFinished)
    assert fingerprint(into) != before
    bob.say(c.UndoReceive(transfer))
    undone = bob.wait_for(e.ReceiveUndone)
    assert undone.restored > 0
    after = {name: mark for name, mark in fingerprint(into).items() if not name.startswith("Undone by lanshare")}
    assert after == before
    bob.say(c.UndoReceive(transfer))
    bob.say(c.LoadHistory(1, None))
    (moment,) = bob.wait_for(e.HistoryLoaded).moments
    assert moment.transfer is not None
    assert moment.transfer.code == "undone"


def test_retry_sends_only_what_did_not_arrive(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    source = tree(tmp_path / "album", random.Random(5))
    os.mkfifo(source / "later")
    first = send(anna, bob, [source], tmp_path / "in")
    finished = anna.wait_for(e.TransferFinished)
    assert (finished.state, [one.path for one in finished.skipped]) == ("partial", ["album/later"])
    bob.wait_for(e.TransferFinished)
    (source / "later").unlink()
    (source / "later").write_bytes(b"now a file")
    anna.say(c.RetryTransfer(first, new_transfer()))
    offer = bob.wait_for(e.OfferReceived)
    assert (offer.files, offer.bytes) == (1, 10)
    bob.say(c.AnswerOffer(offer.transfer, True, tmp_path / "in"))
    assert bob.wait_for(e.TransferFinished).state == "done"
    assert (tmp_path / "in" / "album" / "later").read_bytes() == b"now a file"


def test_links_times_and_empty_folders_are_kept(tmp_path: Path, shells: Callable[..., Shell]) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    source = tree(tmp_path / "album", random.Random(6), 6)
    (source / "empty").mkdir()
    (source / "to f1").symlink_to("d1/f1")
    (source / "d0" / "up").symlink_to("../d1")
    (source / "dangling").symlink_to("nowhere")
    (source / "out").symlink_to("../secret")
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    for path in [*sorted(source.rglob("*"), reverse=True), source]:
        if not path.is_symlink():
            os.utime(path, ns=(10**18, 1_234_567_890_123_456_789))
    send(anna, bob, [source], tmp_path / "in")
    finished = bob.wait_for(e.TransferFinished)
    assert {one.path for one in finished.skipped} == {"album/out"}
    assert [(one.path, one.code) for one in finished.notes] == [("album/run.sh", "execute-dropped")]
    copy = tmp_path / "in" / "album"
    assert os.readlink(copy / "to f1") == "d1/f1"
    assert os.readlink(copy / "d0" / "up") == "../d1"
    assert os.readlink(copy / "dangling") == "nowhere"
    assert (copy / "run.sh").stat().st_mode & 0o111 == 0
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mtime_ns == 1_234_567_890_123_456_789, path


def test_the_command_line_waits_through_a_break_and_joins_what_waits(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    source = big_file(tmp_path, 300_000_000)
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(source), "--wait", "60")
    transfer = moving(receiving, 20_000_000)
    receiving.kill()
    waiting = sending.wait_for("TransferWaiting")
    assert waiting["code"] == "peer-away"
    receiving = bob.start("receive", "--accept", "all", "--into", str(bob.into))
    sending.kill()
    again = anna.start("send", "Bob", str(source), "--wait", "60")
    assert again.wait_for("TransferJoined")["into"] == transfer
    assert again.end() == 0
    assert receiving.wait_for("TransferFinished")["transfer"] == transfer
    assert (bob.into / "big.bin").read_bytes() == source.read_bytes()
    assert [one["state"] for one in anna.history()] == ["done"]


@pytest.mark.parametrize(("sort", "folder"), [
    ("device", "Anna"), ("day", datetime.date.today().isoformat()), ("kind", "Documents"),
])
def test_what_comes_is_sorted_into_folders_and_what_comes_again_is_found_there(
    two_devices: Pair, tmp_path: Path, sort: str, folder: str
) -> None:
    anna, bob = two_devices
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    receiving = bob.start("receive", "--accept", "all", "--into", str(bob.into), "--sort", sort)
    for _ in range(2):
        assert anna.run("send", "Bob", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))[0] == 0
    came = [str(bob.into / folder / name) for name in ("a.txt", "b.txt")]
    assert receiving.wait_for("TransferFinished")["paths"] == came
    receiving.interrupt()
    assert tree_of(bob.into) == {folder: None, f"{folder}/a.txt": b"a.txt", f"{folder}/b.txt": b"b.txt"}


def test_ctrl_c_twice_leaves_it_to_go_on_later(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    source = big_file(tmp_path)
    receiving = bob.receive()
    sending = anna.start("send", "Bob", str(source))
    moving(receiving, 20_000_000)
    sending.process.send_signal(signal.SIGINT)
    while not any("again within" in line for line in sending.errors):
        sending.ended.wait(0.02)
    assert sending.interrupt() == 130
    assert [one["state"] in ("done", "cancelled", "failed") for one in anna.history()] == [False]
    receiving.wait_for("TransferWaiting")
    assert anna.run("send", "Bob", str(source))[0] == 0
    assert tree_of(bob.into) == {"big.bin": source.read_bytes()}
    assert len(anna.history()) == 1


def test_what_was_added_to_a_folder_meanwhile_comes_along(two_devices: Pair, tmp_path: Path) -> None:
    anna, bob = two_devices
    source = tree(tmp_path / "album", random.Random(9), 10)
    code, _ = anna.run("send", "Bob", str(source), "--wait", "0.5")
    assert code == 3, "nobody is known yet"
    receiving = bob.receive()
    assert anna.run("text", "Bob", "hi")[0] == 0
    receiving.kill()
    assert anna.run("send", "Bob", str(source), "--wait", "0.5")[0] == 6
    (source / "added").write_bytes(b"added")
    (source / "d1" / "f1").write_bytes(b"changed")
    receiving = bob.start("receive", "--accept", "all", "--into", str(bob.into))
    code, events = anna.run("send", "Bob", str(source), "--wait", "30")
    assert code == 0
    assert "TransferJoined" in [one["event"] for one in events]
    assert (bob.into / "album" / "added").read_bytes() == b"added"
    assert {path.name: path.read_bytes() for path in (bob.into / "album" / "d1").glob("f1*")} == {"f1": b"changed"}


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_speed_limit_holds_and_can_be_lifted_while_it_moves(
    tmp_path: Path, shells: Callable[..., Shell], who: str
) -> None:
    anna, bob = shells("Anna"), shells("Bob")
    limited = anna if who == "sender" else bob
    settings = replace_downloads(limited, tmp_path)
    sending, receiving = (2_000_000, 0) if who == "sender" else (0, 2_000_000)
    limited.say(c.ChangeSettings(replace(settings, speed_limit=sending, receive_limit=receiving)))
    limited.wait_for(e.SettingsChanged)
    send(anna, bob, [big_file(tmp_path, 200_000_000)], tmp_path / "in")
    began = bob.wait_for(e.TransferProgressed)
    later = bob.wait_for(e.TransferProgressed, lambda one: one.bytes >= began.bytes + 3_000_000)
    assert later.bytes < 30_000_000
    assert later.rate < 6_000_000
    limited.say(c.ChangeSettings(settings))
    assert bob.wait_for(e.TransferFinished).state == "done"


@pytest.mark.parametrize("change", ["changed", "removed"])
def test_what_arrived_and_was_changed_since_does_not_stand_in_the_way_of_the_rest(
    tmp_path: Path, shells: Callable[..., Shell], change: str
) -> None:
    """It has come in its earlier version, and counts: what is offered then is said, asked about, and comes."""
    anna, bob = shells("Anna"), shells("Bob")
    source, into = tmp_path / "top", tmp_path / "in"
    source.mkdir()
    for name in ("a", "b"):
        (source / name).write_bytes(os.urandom(300_000))
    big_file(source, 200_000_000)
    settings = replace_downloads(bob, into)
    # Some twenty seconds, so that it cannot be over before the pause.
    bob.say(c.ChangeSettings(replace(settings, receive_limit=10_000_000)))
    bob.wait_for(e.SettingsChanged)
    transfer = send(anna, bob, [source], into)
    until((into / "top" / "a").exists, "that the first file is there")
    anna.say(c.PauseTransfer(transfer))
    bob.wait_for(e.TransferPaused)
    assert not (into / "top" / "big.bin").exists()
    bob.say(c.ChangeSettings(settings))
    bob.wait_for(e.SettingsChanged)
    if change == "changed":
        (source / "a").write_bytes(os.urandom(300_000))
    else:
        (source / "a").unlink()
    anna.say(c.SendFiles(new_transfer(), PeerId(bob.host_id), (source,)))

    def over() -> bool:
        for event in bob.drain():
            assert not isinstance(event, e.TransferFailed), event
            if isinstance(event, e.OfferReceived):
                bob.say(c.AnswerOffer(transfer, True, into))
        return any(isinstance(one, e.TransferFinished) for one in bob.seen)

    until(over, "that the rest has come")
    assert (into / "top" / "big.bin").stat().st_size == (source / "big.bin").stat().st_size
    there = {path.name: path.read_bytes() for path in (into / "top").iterdir() if path.name != "big.bin"}
    assert (source / "b").read_bytes() in there.values()
    assert change == "removed" or (source / "a").read_bytes() in there.values()
