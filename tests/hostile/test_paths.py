"""Every name of the corpus in every field and every way in, over the wire: nothing outside the root changes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain.offer import ConflictPolicy
from lanshare.files.content import Content
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from lanshare.wire.records import pair_conversation
from tests.harness.attacker import Attacker, Gone, offer
from tests.hostile.conftest import Victim
from tests.hostile.corpus import NAMES, TOKEN, X, breaks_the_frame, positions
from tests.hostile.linking import attached_again

SOUND = [name for name in NAMES if not breaks_the_frame(name)]
BROKEN = [name for name in NAMES if breaks_the_frame(name)]
CASES = 0
"""How many were driven in this run of the tests."""


def nothing_escaped(victim: Victim, before: dict[str, object]) -> None:
    """All around the root is as it was, and nothing of the corpus lies anywhere else."""
    assert victim.outside() == before
    for folder in ("/", "/tmp", "/etc", str(Path.home()), os.getcwd(), str(victim.jail.parent), str(victim.jail)):
        assert not [name for name in os.listdir(folder) if TOKEN in name.lower()], folder


def push(victim: Victim, mallory: Identity, transfer: bytes) -> int:
    """The whole corpus as files, small files, folders, links and their targets; how many entries that were.

    On one link a name at the top is one thing only, so that each kind of them has a link of its own.
    """
    index = 0
    for alone in ("file", "pack", "link", "folder"):
        with attached_again(victim.port, mallory, transfer) as attacker:
            for name in SOUND:
                for parts in positions(name):
                    if alone == "folder" or (name != TOKEN and (len(parts) == 1 or parts[0] != name)):
                        index = entries(attacker, index, name, parts, alone if len(parts) == 1 else None)
                attacker.drain()
            attacker.say_raw(f.Begin, index, [TOKEN, f"end of {alone}"], "folder", 0, 1, 0, "", False)
            ended = attacker.hear_kind(f.Halt, f.Refusal, f.Confirmed)
            while isinstance(ended, f.Confirmed) and ended.last < index:
                ended = attacker.hear_kind(f.Halt, f.Refusal, f.Confirmed)
            assert isinstance(ended, f.Confirmed), ended
            index += 1
            if alone == "folder":
                attacker.say(f.AllSent(index, index))
                complete = attacker.hear_kind(f.Complete, f.Halt, f.Refusal)
                assert isinstance(complete, f.Complete), complete
                assert complete.failed > 0
    return index


def entries(attacker: Attacker, index: int, name: object, parts: tuple[object, ...], only: str | None) -> int:
    """All that may have this path, or of that one kind only; the next index."""
    shapes: list[tuple[object, ...]] = [
        (parts, "file", 1, ""), (parts, "folder", 0, ""), (parts, "link", 0, "x"),
        ((TOKEN, f"l{index}"), "link", 0, name),
    ]
    for where, kind, size, target in shapes:
        if only not in (None, kind) and where is parts:
            continue
        attacker.say_raw(f.Begin, index, list(where), kind, size, 1, 0, target, True)  # type: ignore[call-overload]
        if kind == "file":
            attacker.say(f.Data(memoryview(b"x")))
            attacker.say(f.End(X))
        index += 1
    if only in (None, "pack"):
        attacker.say_raw(f.Pack, list(parts[:-1]), [[index, parts[-1], 1, True, X, b"x"]])
        index += 1
    return index


@pytest.mark.parametrize("way", ["new", "skip", "replace", "elsewhere", "retry"])
def test_no_name_leaves_the_root_by_any_way_in(
    victim: Victim, mallory: Identity, alive: Callable[[], None], way: str
) -> None:
    global CASES
    before = victim.outside()
    clash = {"skip": ConflictPolicy.SKIP, "replace": ConflictPolicy.REPLACE}.get(way, ConflictPolicy.KEEP)
    into = victim.root / "deep" if way == "elsewhere" else None
    after = b""
    if way == "retry":
        with victim.accepted(mallory) as after, Attacker(victim.port, mallory) as data:
            data.attach(after)
            data.say_raw(f.Begin, 0, [TOKEN, "y"], "file", 1, 1, 0, "", False)
            data.say(f.Data(memoryview(b"x")))
            data.say(f.End(X))
            data.say(f.AllSent(1, 1))
            data.hear_kind(f.Complete)
    with victim.accepted(mallory, clash, into, after) as transfer:
        CASES += push(victim, mallory, transfer)
    nothing_escaped(victim, before)
    received = victim.received()
    named = [one for one in received if one.name.startswith("before.txt") and one.is_file()]
    assert [one for one in named if one.read_text() == "mine"], "what was there before is there still, if moved aside"
    for path in received:
        if path.is_symlink():
            assert victim.root in path.resolve().parents or path.resolve() == victim.root, path
        elif path.is_file():
            assert path.stat().st_mode & 0o111 == 0, path
    hidden = [one.name for one in victim.root.iterdir() if one.name.startswith(".")]
    assert hidden in ([], [".lanshare-incoming"])


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(NAMES) >= 300
    assert len(SOUND) * len(positions("x")) * 5 * 5 >= 20_000


def test_names_that_break_the_frame_cost_the_link_and_nothing_else(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    before = victim.outside()
    for name in BROKEN:
        with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Begin, 0, [name], "file", 1, 1, 0, "", False)
            assert data.is_cut()
        with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Pack, [], [[0, name, 1, False, X, b"x"]])
            assert data.is_cut()
    nothing_escaped(victim, before)
    assert set(victim.inside()) == {str(victim.root / "before.txt")}


def test_a_name_in_an_offer_a_list_a_text_or_a_greeting_makes_no_file(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    before, inside = victim.outside(), victim.inside()
    transfer = secrets.token_bytes(16)
    for start in range(0, len(SOUND), 60):
        some = SOUND[start : start + 60]
        with Attacker(victim.port, mallory) as control:
            control.greet(name=some[0])
            control.say_raw(f.Offer, *offer(transfer, *some), b"")
            entries = [[[name, TOKEN], "file", 1, 1] for name in some]
            control.say_raw(f.Listing, transfer, 0, entries, True)
            control.say_raw(f.Cancel, transfer, some[-1] if len(str(some[-1])) < 64 else "x")
            control.say(f.Ping(1))
            control.hear_kind(f.Pong)
    for name in [*BROKEN, *SOUND[:40]]:
        with Attacker(victim.port) as other:
            try:
                other.greet(name=name)
                where = pair_conversation(other.identity.id, victim.wait_id())
                other.say_raw(f.Text, b"", where, bytes(16), 1, [], 1, 1, name, b"")
                assert other.is_cut(), "a record without a signature"
            except Gone:
                pass
    nothing_escaped(victim, before)
    assert victim.inside() == inside


@pytest.mark.parametrize("moment", ["before it came to its place", "when it had come"])
def test_a_folder_swapped_for_a_link_between_two_files_is_not_followed(
    victim: Victim, mallory: Identity, alive: Callable[[], None], moment: str
) -> None:
    before = victim.outside()
    with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, [TOKEN, "d"], "folder", 0, 1, 0, "", False)
        data.hear_kind(f.Confirmed)
        if moment == "when it had come":
            victim.shows(TOKEN, "d").rmdir()
        (victim.root / TOKEN / "d").symlink_to(victim.jail / ".ssh")
        data.say_raw(f.Begin, 1, [TOKEN, "d", "authorized_keys"], "file", 1, 1, 0, "", False)
        data.say(f.Data(memoryview(b"x")))
        data.say(f.End(X))
        data.say(f.AllSent(2, 1))
        answer = data.hear_kind(f.Complete, f.Halt, f.Failed)
        assert not isinstance(answer, f.Complete) or answer.failed
    nothing_escaped(victim, before)


def test_files_one_names_after_another_in_one_second_are_all_kept_apart(
    victim: Victim, mallory: Identity, alive: Callable[[], None]
) -> None:
    with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        for index in range(500):
            data.say_raw(f.Begin, index, ["notes", "same.txt"], "file", 4, index + 1, 0, "", False)
            payload = index.to_bytes(4, "big")
            content = Content()
            content.update(payload)
            data.say(f.Data(memoryview(payload)))
            data.say(f.End(content.id()))
            data.drain()
        data.say(f.AllSent(500, 2000))
        complete = data.hear_kind(f.Complete)
        assert (complete.files, complete.failed) == (500, 0)
    found = {path.read_bytes() for path in (victim.root / "notes").glob("same*")}
    assert found == {index.to_bytes(4, "big") for index in range(500)}


def test_an_archive_stays_an_archive(victim: Victim, mallory: Identity, alive: Callable[[], None]) -> None:
    import io
    import zipfile

    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("../../.bashrc", "pwned")
    payload = box.getvalue()
    content = Content()
    content.update(payload)
    before = victim.outside()
    with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
        data.attach(transfer)
        data.say_raw(f.Begin, 0, ["a.zip"], "file", len(payload), 1, 0, "", True)
        data.say(f.Data(memoryview(payload)))
        data.say(f.End(content.id()))
        data.say(f.AllSent(1, len(payload)))
        data.hear_kind(f.Complete)
    nothing_escaped(victim, before)
    assert (victim.root / "a.zip").read_bytes() == payload
    assert sorted(one.name for one in victim.root.iterdir() if not one.name.startswith(".")) == ["a.zip", "before.txt"]
