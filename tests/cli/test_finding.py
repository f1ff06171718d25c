"""Waiting for whom a word means: names x presence x trust x tries x restarts, with real engines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.engines import Device, Process, final_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by POSIX signals")


class Room:
    """Devices on loopback, each a profile of its own, and what each received."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._devices: list[Device] = []

    def device(self, name: str, like: Device | None = None) -> Device:
        """A device; `like`: at the address of another one, which has to be off."""
        folder = self._folder / str(len(self._devices))
        one = Device(folder, name, port=like.port if like is not None else 0)
        self._devices.append(one)
        return one

    def close(self) -> None:
        """End all."""
        for one in self._devices:
            one.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Nobody is in it yet."""
    one = Room(tmp_path)
    yield one
    one.close()


def befriended(anna: Device, office: Device) -> None:
    """Anna has once written to it."""
    engine = office.receive()
    assert anna.run("text", f"127.0.0.1:{office.port}", "hello")[0] == 0
    engine.interrupt()


def received(device: Device, process: Process) -> list[str]:
    """What has got into a device's hands, files and texts."""
    texts = [one["text"] for one in process.heard() if one["event"] == "MessageReceived"]
    return final_files(device.into) + texts


def wish(anna: Device, way: str, word: str, path: Path) -> int:
    """Send a file or a text to whoever the word means; the exit code."""
    what = [str(path)] if way == "send" else ["secret"]
    return anna.run(way, word, *what)[0]


def test_the_id_is_told_with_the_port_of_the_engine_that_runs(room: Room) -> None:
    """Else what is sent there goes to whoever has the usual port of this machine."""
    anna = room.device("Anna")
    alone = anna.run("id")[1][0]
    receiving = anna.receive()
    running = anna.run("id")[1][0]
    assert (running["id"], running["name"], running["port"]) == (alone["id"], "Anna", anna.port)
    assert alone["port"] != anna.port
    receiving.interrupt()
    assert anna.run("id")[1][0] == alone


@pytest.mark.parametrize(
    ("way", "by", "seen_before"),
    [("send", "name", False), ("text", "name", True), ("text", "address", False), ("send", "address", True)],
)
def test_nobody_takes_the_place_of_a_friend_who_is_away(
    room: Room, tmp_path: Path, way: str, by: str, seen_before: bool
) -> None:
    """At the first try, at every other one, after restarts, until a person decides: exit 5, and nothing arrives."""
    anna, office = room.device("Anna"), room.device("office")
    secret = tmp_path / "secret"
    secret.write_text("s")
    false = room.device("office", like=office if by == "address" else None)
    if seen_before:
        befriended(anna, office)
        own = office.receive()
        both = false.receive() if by == "name" else None
        anna.run("peers", "--seconds", "1")
        assert wish(anna, "text", "office", secret) == 0, "its own is there"
        own.interrupt()
        if both is not None:
            both.interrupt()
    else:
        befriended(anna, office)
    impostor = false.receive()
    word = "office" if by == "name" else f"127.0.0.1:{false.port}"
    for _ in range(3):
        assert wish(anna, way, word, secret) == 5
    assert wish(anna, way, "offi" if by == "name" else word, secret) in (2, 5), "a beginning is no way past it"
    assert received(false, impostor) == []
    impostor.interrupt()
    # Its own comes back: it is reached by its name, as its key says.
    own = office.receive()
    assert wish(anna, way, "office", secret) == 0
    assert received(office, own)[-1:] == (["secret"])
    own.interrupt()


@pytest.mark.parametrize("decision", ["anew", "unknown"])
def test_the_id_that_a_person_had_from_elsewhere_decides_an_alarm(room: Room, tmp_path: Path, decision: str) -> None:
    anna, office = room.device("Anna"), room.device("office")
    befriended(anna, office)
    anew = room.device("office")
    engine = anew.receive()
    assert anna.run("text", "office", "x")[0] == 5
    ident = str(anew.run("id")[1][0]["id"]) if decision == "anew" else "a" * 52
    code = anna.run("trust", "office", "--id", ident)[0]
    assert code == (0 if decision == "anew" else 5)
    assert anna.run("text", "office", "y")[0] == (0 if decision == "anew" else 5)
    assert received(anew, engine) == (["y"] if decision == "anew" else [])
    engine.interrupt()


def test_of_several_strangers_of_one_name_none_is_chosen(room: Room, tmp_path: Path) -> None:
    anna, one, two = room.device("Anna"), room.device("printer"), room.device("Printer")
    engines = [one.receive(), two.receive()]
    sending = anna.start("text", "printer", "to whom?")
    assert sending.end() == 2
    ids = [str(device.run("id")[1][0]["id"]) for device in (one, two)]
    said = "".join(sending.errors)
    assert all(ident[:8] in said for ident in ids)
    assert anna.run("text", ids[1][:8], "to you")[0] == 0
    assert [received(device, engine) for device, engine in zip((one, two), engines, strict=True)] == [[], ["to you"]]
    for engine in engines:
        engine.interrupt()


def test_a_device_that_is_linked_already_is_reached_by_any_address_of_it(room: Room) -> None:
    anna, bob = room.device("Anna"), room.device("Bob")
    engine, hers = bob.receive(), anna.receive()
    hers.wait_for("PeerAppeared")
    for word in (f"127.0.0.1:{bob.port}", f"localhost:{bob.port}", f"LOCALHOST:{bob.port}"):
        assert anna.run("text", word, word)[0] == 0
    assert len(received(bob, engine)) == 3
    hers.interrupt()
    engine.interrupt()


def test_a_stranger_called_like_an_address_is_not_that_address(room: Room, tmp_path: Path) -> None:
    anna, false = room.device("Anna"), room.device("127.0.0.1:9")
    engine = false.receive()
    assert anna.run("text", "127.0.0.1:9", "x")[0] == 3
    assert received(false, engine) == []
    engine.interrupt()


def test_first_names_are_enough(room: Room) -> None:
    anna, marta = room.device("Anna"), room.device("Marta's ThinkPad")
    engine = marta.receive()
    assert anna.run("text", "Marta", "as in the README")[0] == 0
    assert received(marta, engine) == ["as in the README"]
    engine.interrupt()


def test_the_file_of_this_folder_is_sent_whatever_the_engines_folder_is(room: Room, tmp_path: Path) -> None:
    """The engine runs in a folder with a file of the same name: the wrong one was sent, verified, exit 0."""
    anna, bob = room.device("Anna"), room.device("Bob")
    mine, other = tmp_path / "w2", tmp_path / "w1"
    for folder, text in ((mine, b"right"), (other, b"WRONG")):
        folder.mkdir()
        (folder / "same.txt").write_bytes(text)
    engine = bob.receive()
    anna.prefix = ("env", "-C", str(other))
    hers = anna.receive()
    anna.prefix = ("env", "-C", str(mine))
    assert anna.run("send", "Bob", "same.txt")[0] == 0
    assert anna.run("send", "Bob", "../w2/same.txt", "./same.txt")[0] == 0
    assert {path.read_bytes() for path in bob.into.iterdir() if path.is_file()} == {b"right"}
    hers.interrupt()
    engine.interrupt()


def test_commands_run_side_by_side_all_end_and_lose_nothing(room: Room) -> None:
    """One has the engine and ends; the others go on with one of their own."""
    anna, bob = room.device("Anna"), room.device("Bob")
    engine, hers = bob.receive(), anna.receive()
    assert bob.run("text", "Anna", "so that she may write as much as she likes")[0] == 0
    assert anna.run("text", "Bob", "first")[0] == 0
    hers.interrupt()
    running = [anna.start("text", "Bob", f"{number}") for number in range(12)]
    assert [one.end() for one in running] == [0] * 12
    texts = [one["text"] for one in engine.heard() if one["event"] == "MessageReceived"]
    assert sorted(texts) == sorted(["first", *map(str, range(12))])
    engine.interrupt()


def test_peers_tells_whole_ids_of_everybody_and_who_went(room: Room) -> None:
    """Also of devices that were never met, without telling them who looks; a killed one goes from the list."""
    anna, bob = room.device("Anna"), room.device("Bob")
    engine = bob.receive()
    ident = str(bob.run("id")[1][0]["id"])
    watching = anna.start("peers", "--watch")
    there = watching.wait_for("PeerAppeared")
    assert (there["id"], there["addresses"][0]) == (ident, f"127.0.0.1:{bob.port}")
    engine.kill()
    assert watching.wait_for("PeerVanished")["id"] == ident
    watching.interrupt()
    assert not [one for one in engine.heard() if one["event"] == "PeerAppeared"]


@pytest.mark.parametrize("command", ["block", "forget"])
def test_what_is_about_trust_itself_waits_for_a_namesake_and_asks_which(room: Room, command: str) -> None:
    anna, office, false = room.device("Anna"), room.device("office"), room.device("office")
    befriended(anna, office)
    engine = false.receive()
    assert anna.run(command, "office")[0] == 2
    assert anna.run("text", "office", "secret")[0] == 5
    assert anna.run(command, "office")[0] == 2, "an alarm that stands names both"
    assert anna.run(command, f"127.0.0.1:{office.port}")[0] == 2, "an address is no name"
    assert received(false, engine) == []


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0"])
def test_a_friends_address_is_the_same_in_every_spelling(room: Room, host: str) -> None:
    anna, office = room.device("Anna"), room.device("office")
    befriended(anna, office)
    false = room.device("zed", like=office)
    engine = false.receive()
    codes = [anna.run("text", f"{one}:{office.port}", "secret")[0] for one in (host, "127.0.0.1", host)]
    assert (codes, received(false, engine)) == ([5, 5, 5], [])


def test_a_group_of_a_friends_first_name_does_not_take_it(room: Room) -> None:
    anna, marta, mallory = room.device("Anna"), room.device("Marta's ThinkPad"), room.device("Mallory")
    befriended(anna, marta)
    engine = anna.receive()
    assert mallory.run("group", "Marta", "--new", f"127.0.0.1:{anna.port}")[0] == 0
    engine.wait_for("GroupChanged")
    engine.interrupt()
    listening = mallory.receive()
    assert anna.run("text", "Marta", "secret", "--wait", "3")[0] == 2
    assert received(mallory, listening) == []


def test_a_member_is_taken_out_by_the_name_it_has_not_by_an_id_that_begins_so(room: Room) -> None:
    anna, bob = room.device("Anna"), room.device("Bob")
    befriended(anna, bob)
    ident = str(bob.run("id")[1][0]["id"])
    tom = room.device(ident[:4])
    befriended(anna, tom)
    assert anna.run("group", "G  1", "--new", ident, str(tom.run("id")[1][0]["id"]))[0] == 0, "two spaces are one"
    assert anna.run("group", "G 1", "--remove", ident[:4])[0] == 2
    assert anna.run("group", "G 1", "--add", "Bob", "--remove", "Bob")[0] == 2
    assert len(anna.run("group", "G 1")[1][-1]["members"]) == 3
