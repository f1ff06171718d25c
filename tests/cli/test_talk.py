"""Groups and saved conversations with real processes, as a person at a terminal would use them."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process, environment


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Callable[[str], Device]]:
    """Makes devices."""
    made: list[Device] = []

    def make(name: str) -> Device:
        made.append(Device(tmp_path, name))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_group_is_founded_talked_in_and_left_and_who_was_away_gets_it_from_the_others(
    devices: Callable[[str], Device],
) -> None:
    anna, bob, carl = devices("Anna"), devices("Bob"), devices("Carl")
    engines: dict[str, Process] = {one.name: one.receive() for one in (anna, bob, carl)}
    assert anna.run("group", "Garden", "--new", "Bob", "Carl")[0] == 0
    engines["Bob"].wait_for("GroupChanged", lambda event: event["name"] == "Garden" and len(event["members"]) == 3)
    engines["Carl"].wait_for("GroupChanged")
    engines["Carl"].interrupt()
    code, events = anna.run("text", "Garden", "the hose is broken", "--wait", "3")
    assert code == 6, "one of them is away"
    assert [one["have"] for one in events if one["event"] == "GroupDeliveryProgress"] == [1]
    said = engines["Bob"].wait_for("MessageReceived", lambda event: event["text"] == "the hose is broken")
    assert said["name"] == "Anna"
    engines["Carl"] = carl.receive()
    handed = engines["Carl"].wait_for("MessageReceived", lambda event: event["text"] == "the hose is broken")
    assert handed["name"] == "Anna", "from Bob, but it is Anna's"
    code, events = bob.run("group")
    assert [one["name"] for one in events] == ["Garden"]
    assert carl.run("group", "Garden", "--leave")[0] == 0
    engines["Bob"].wait_for("GroupChanged", lambda event: len(event["members"]) == 2)
    assert carl.run("text", "Garden", "still here?")[0] == 1
    assert anna.run("text", "Garden", "without Carl", "--wait", "20")[0] == 0
    assert "without Carl" not in [one["text"] for one in carl.history()]
    for words in (["--rename", "  "], ["--rename", ""], ["--remove", "Carl"]):
        assert anna.run("group", "Garden", *words)[0] == 2, "it cannot be, and is not waited for"
    for words in (["--rename", "Garden"], ["--add", "Bob"]):
        assert anna.run("group", "Garden", *words) == (0, []), "it is so already"
    assert anna.run("group", "Nobody", "--rename", "x")[0] == 3
    assert anna.run("group", "--rename", "x")[0] == 2


def test_files_to_a_group_go_to_each_member(devices: Callable[[str], Device], tmp_path: Path) -> None:
    anna, bob, carl = devices("Anna"), devices("Bob"), devices("Carl")
    engines = [one.receive() for one in (anna, bob, carl)]
    assert anna.run("group", "Garden", "--new", "Bob", "Carl")[0] == 0
    for engine in engines:
        engine.wait_for("GroupChanged")
    (tmp_path / "plan.txt").write_text("plan")
    assert anna.run("send", "Garden", str(tmp_path / "plan.txt"))[0] == 0
    assert [(one.into / "plan.txt").read_text() for one in (bob, carl)] == ["plan", "plan"]
    engines[2].interrupt()
    (tmp_path / "later.txt").write_text("later")
    for _ in range(2):
        assert anna.run("send", "Garden", str(tmp_path / "later.txt"), "--no-wait")[0] == 0, "one is away: it is queued"
    for engine in engines[:2]:
        engine.interrupt()
    ids = {one.name: one.run("id")[1][0]["id"] for one in (anna, bob, carl)}
    for one, members in ((anna, ("Bob", "Carl")), (bob, ("Anna",)), (carl, ("Anna",))):
        lines = [line for line in one.run("history", "Garden")[1] if line["kind"] == "transfer"]
        files = [line for line in lines if line["text"] == "plan.txt"]
        assert {(line["text"], line["state"], line["member"]) for line in files} == {
            ("plan.txt", "done", ids[name]) for name in members
        }
    assert bob.run("history", "Anna")[1] == [], "it was sent in the group"


def test_a_conversation_is_saved_searched_and_taken_in_again(devices: Callable[[str], Device], tmp_path: Path) -> None:
    anna, bob = devices("Anna"), devices("Bob")
    engine, other = bob.receive(), anna.receive()
    assert bob.run("text", "Anna", "I know you")[0] == 0
    for text in ("the first <b>word</b>", "see https://example.org/x", "das Käsebrot"):
        assert anna.run("text", "Bob", text)[0] == 0
    (tmp_path / "photo.png").write_bytes(b"png")
    assert anna.run("send", "Bob", str(tmp_path / "photo.png"))[0] == 0
    engine.wait_for("TransferFinished")
    engine.interrupt()
    other.interrupt()
    for words, texts in (
        (["--search", "kase"], ["das Käsebrot"]), (["--kind", "link"], ["see https://example.org/x"]),
        (["--kind", "image"], ["photo.png"]), (["--search", "word", "--until", "2020-01-01"], []),
        (["--until", "2020-01-01"], []), (["--since", "2020-01-01", "--limit", "2"], ["das Käsebrot", "photo.png"]),
    ):
        assert [one["text"] for one in bob.run("history", "Anna", *words)[1]] == texts
    out = tmp_path / "out"
    code, events = bob.run("history", "Anna", "--export", str(out))
    assert code == 1
    assert str(out) in events[-1]["message"]
    assert "receiving" not in events[-1]["message"]
    out.mkdir()
    assert bob.run("history", "Anna", "--export", str(out))[0] == 0
    (folder,) = out.iterdir()
    page = (folder / "conversation.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;word" in page
    assert "<b>" not in page
    assert (folder / "files" / "photo.png").read_bytes() == b"png"
    for words in (["--search", "word"], ["--kind", "text"], ["--until", "2020-01-01"], ["--since", "2020-01-01"]):
        assert bob.run("history", "Anna", "--erase", *words)[0] == 2, "it takes out a whole conversation"
    for words in (
        ["Anna", "--export", str(out), "--erase"], ["--import", str(folder / "conversation.jsonl"), "--erase", "--all"],
        ["Anna", "--erase", "--all"], ["Anna", "--export", str(out), "--search", "word"], ["Anna", "--all"],
        ["Anna", "--export", str(out), "--until", "2020-01-01"], ["Anna", "--export", str(out), "--kind", "text"],
    ):
        assert bob.run("history", *words)[0] == 2, words
    assert list(out.iterdir()) == [folder]
    assert bob.run("history", "--erase")[0] == 2, "everything goes only if it is said"
    assert bob.run("history", "--import", str(tmp_path / "nowhere.jsonl"))[0] == 2
    assert len(bob.history()) == 5
    assert bob.run("history", "Anna", "--erase")[0] == 0
    assert bob.history() == []
    code, events = bob.run("history", "--import", str(folder / "conversation.jsonl"))
    assert (code, events[-1]["messages"], events[-1]["refused"], events[-1]["transfers"]) == (0, 4, 0, 1)
    assert [one["text"] for one in bob.history()] == [
        "I know you", "the first <b>word</b>", "see https://example.org/x", "das Käsebrot"
    ]
    lines = (folder / "conversation.jsonl").read_text(encoding="utf-8").splitlines()
    forged = json.loads(lines[2])
    record = base64.b64decode(forged["record"])
    forged["record"] = base64.b64encode(record.replace(b"the first", b"the worst")).decode()
    (tmp_path / "forged.jsonl").write_text("\n".join([lines[0], json.dumps(forged)]))
    assert bob.run("history", "--erase", "--all")[0] == 0
    code, events = bob.run("history", "--import", str(tmp_path / "forged.jsonl"))
    assert (events[-1]["messages"], events[-1]["refused"]) == (0, 1)
    code, events = bob.run("history", "--import", str(tmp_path / "photo.png"))
    assert code == 1
    assert "no conversation" in events[-1]["message"]


def test_who_was_there_before_the_command_began_is_told_too(devices: Callable[[str], Device], tmp_path: Path) -> None:
    anna, bob = devices("Anna"), devices("Bob")
    first, other = anna.receive(), bob.receive()
    first.wait_for("PeerAppeared", lambda event: event["name"] == "Bob")
    joined = Process(["receive", "--json", "--profile", str(anna.folder)])
    try:
        joined.wait_for("PeerAppeared", lambda event: event["name"] == "Bob" and event["online"])
    finally:
        joined.interrupt()
    other.interrupt()
    first.wait_for("PeerVanished")
    joined = Process(["receive", "--json", "--profile", str(anna.folder)])
    try:
        joined.wait_for("MeChanged")
        bob.receive()
        heard = [joined.wait_for("PeerAppeared"), *joined.events]
        assert [one["online"] for one in heard if one["event"] == "PeerAppeared"].count(False) == 0, "he was away"
    finally:
        joined.interrupt()


def test_a_limit_counts_what_is_shown_and_an_answer_says_how_far_a_group_got(
    devices: Callable[[str], Device], tmp_path: Path
) -> None:
    anna, bob, carl = devices("Anna"), devices("Bob"), devices("Carl")
    engines = [bob.receive(), carl.receive()]
    assert anna.run("group", "Garden", "--new", "Bob", "Carl")[0] == 0
    for engine in engines:
        engine.wait_for("GroupChanged")
    engines[1].interrupt()
    said = subprocess.run(
        [sys.executable, "-m", "lanshare", "text", "Garden", "who is there?", "--wait", "8", "--profile",
         str(anna.folder), "--port", str(anna.port), "--name", "Anna"],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )
    assert said.returncode == 6
    assert "1 of 2" in said.stderr
    assert anna.run("group", "Garden", "--rename", "Park")[0] == 0
    assert [one["text"] for one in anna.run("history", "Park", "--limit", "1")[1]] == ["who is there?"]


def test_a_known_device_that_is_away_is_said_to_be_away(devices: Callable[[str], Device]) -> None:
    anna, bob = devices("Anna"), devices("Bob")
    engine = bob.receive()
    assert anna.run("text", "Bob", "hi")[0] == 0
    engine.interrupt()
    words = ["--profile", str(anna.folder), "--port", str(anna.port), "--name", "Anna"]
    done = subprocess.run(
        [sys.executable, "-m", "lanshare", "text", "Bob", "still there?", *words], env=environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 3
    assert "not known" not in done.stderr
    assert "--no-wait" in done.stderr


def test_an_offer_that_is_larger_than_the_disk_is_said_to_be(devices: Callable[[str], Device], tmp_path: Path) -> None:
    anna, bob = devices("Anna"), devices("Bob")
    free = shutil.disk_usage(tmp_path).free
    with (tmp_path / "vast").open("wb") as vast:
        vast.truncate(free + 10**12)
    engine = bob.receive(accept="ask")
    assert anna.run("send", "Bob", str(tmp_path / "vast"))[0] == 4
    offer = engine.wait_for("OfferReceived")
    assert abs(offer["free"] - free) < 10**11, "of the disk that it would go to"
    engine.interrupt()
    assert any(f"are free in {bob.into}. What fits is received" in line for line in engine.errors)
