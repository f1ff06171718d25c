"""A folder of ours takes in new files only from whoever has a file of it: a name, a size and a time are no secret."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.files.content import small_id
from lanshare.files.sink import top_names
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, Gone
from tests.hostile.conftest import Victim

TIME = 1_600_000_000_000_000_000
OURS = b"what only we have"
OFFER = ([["Photos", "folder", 3, len(OURS) + 4]], 1, 3, len(OURS) + 4, True)
LISTED = [
    [["Photos"], "folder", 0, TIME], [["Photos", "a.txt"], "file", len(OURS), TIME],
    [["Photos", "empty"], "file", 0, TIME], [["Photos", "new"], "file", 4, TIME],
]


@pytest.fixture
def photos(victim: Victim) -> Path:
    """A folder of the victim's, whose names, sizes and times are known."""
    folder = victim.root / "Photos"
    folder.mkdir()
    for name, content in (("a.txt", OURS), ("empty", b"")):
        (folder / name).write_bytes(content)
        os.utime(folder / name, ns=(TIME, TIME))
    return folder


def attached(port: int, mallory: Identity, transfer: bytes, contents: dict[int, bytes]) -> tuple[Attacker, f.Attached]:
    """A data link on which what the victim has is answered for with these content ids."""
    data = Attacker(port, mallory)
    data.greet("data")
    data.say_raw(f.Attach, transfer, "push")
    data.hear_kind(f.Compare)
    data.say_raw(f.Listing, transfer, 0, LISTED, True)
    while True:
        frame = data.hear_kind(f.Have, f.Attached)
        if isinstance(frame, f.Attached):
            return data, frame
        data.say_raw(f.Contents, [[index, contents.get(index, b"")] for index in frame.files])


def sent(data: Attacker) -> None:
    """The new file, and the old one whole; then the end."""
    data.say_raw(f.Begin, 0, ["Photos"], "folder", 0, TIME, 0, "", False)
    for index, name, content in ((1, "a.txt", bytes(len(OURS))), (3, "new", b"evil")):
        data.say_raw(f.Begin, index, ["Photos", name], "file", len(content), TIME, 0, "", False)
        data.say(f.Data(memoryview(content)))
        data.say(f.End(small_id(content)))
    data.say(f.AllSent(4, len(OURS) + 4))
    data.hear_kind(f.Complete)


@pytest.mark.parametrize("answer", [
    {}, {1: bytes(32)}, {1: secrets.token_bytes(32)}, {2: small_id(b"")}, {1: small_id(b""), 2: small_id(b"")},
], ids=["nothing", "zeros", "any", "the empty file", "the empty file for both"])
def test_whoever_only_knows_what_it_is_called_adds_nothing_to_it(
    victim: Victim, mallory: Identity, photos: Path, answer: dict[int, bytes], alive: Callable[[], None]
) -> None:
    with victim.accepted(mallory, offered=OFFER) as transfer:
        data, said = attached(victim.port, mallory, transfer, answer)
        assert said.confirmed == (), "nothing of it is the same"
        sent(data)
        data.close()
    assert {path.name for path in photos.iterdir()} == {"a.txt", "empty"}
    assert (photos / "a.txt").read_bytes() == OURS
    assert (victim.root / "Photos (1)" / "new").read_bytes() == b"evil"


def test_whoever_has_a_file_of_it_goes_on_with_it(victim: Victim, mallory: Identity, photos: Path) -> None:
    with victim.accepted(mallory, offered=OFFER) as transfer:
        data, said = attached(victim.port, mallory, transfer, {1: small_id(OURS), 2: small_id(b"")})
        assert said.confirmed == ((1, 2),)
        data.say_raw(f.Begin, 3, ["Photos", "new"], "file", 4, TIME, 0, "", False)
        data.say(f.Data(memoryview(b"good")))
        data.say(f.End(small_id(b"good")))
        data.say(f.AllSent(4, len(OURS) + 4))
        data.hear_kind(f.Complete)
        data.close()
    assert (photos / "new").read_bytes() == b"good"
    assert not (victim.root / "Photos (1)").exists()


@pytest.mark.parametrize("files", [[[9, bytes(32)]], [[1, bytes(32)], [1, bytes(32)]], [[1, b"short"]]])
def test_what_was_not_asked_for_costs_the_link(
    victim: Victim, mallory: Identity, photos: Path, files: list[list[object]]
) -> None:
    with victim.accepted(mallory, offered=OFFER) as transfer:
        data = Attacker(victim.port, mallory)
        data.greet("data")
        data.say_raw(f.Attach, transfer, "push")
        data.hear_kind(f.Compare)
        data.say_raw(f.Listing, transfer, 0, LISTED, True)
        data.hear_kind(f.Have)
        data.say_raw(f.Contents, files)
        with pytest.raises(Gone):
            data.hear_kind(f.Attached)
        data.close()


def test_no_path_is_told_of_twice(victim: Victim, mallory: Identity, photos: Path) -> None:
    """So that nobody tries one content after the other."""
    with victim.accepted(mallory, offered=OFFER) as transfer:
        data = Attacker(victim.port, mallory)
        data.greet("data")
        data.say_raw(f.Attach, transfer, "push")
        data.hear_kind(f.Compare)
        data.say_raw(f.Listing, transfer, 0, [LISTED[1], LISTED[1]], True)
        with pytest.raises(Gone):
            data.hear_kind(f.Attached)
        data.close()


def test_after_so_many_wrong_ones_nothing_is_told_any_more(
    victim: Victim, mallory: Identity, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all links of the transfer, and whatever is told then."""
    monkeypatch.setattr(top_names, "GUESSES", 3)
    with victim.accepted(mallory, offered=OFFER) as transfer:
        for _ in range(3):
            data, said = attached(victim.port, mallory, transfer, {1: bytes(32)})
            data.close()
            assert said.confirmed == ()
        data = Attacker(victim.port, mallory)
        data.greet("data")
        data.say_raw(f.Attach, transfer, "push")
        assert data.hear_kind(f.Attached, f.Compare) == f.Attached(), "nothing is compared"
        data.close()
