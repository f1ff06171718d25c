"""What threads do with links: RunEnded in any case, free space told wherever a folder would be."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lanshare.domain.errors import Code
from lanshare.domain.offer import Destination
from lanshare.domain.transfer import TransferId
from lanshare.engine.inbox import LinkDown, LinkUp, RunEnded
from lanshare.engine.ports import DataLinkSpec
from lanshare.engine.runtime import link_tasks
from lanshare.engine.runtime.inbound import InboundLinks
from lanshare.engine.runtime.link_tasks import greet_as_acceptor, greet_as_dialler, run_control, run_sink, run_source
from lanshare.exchange.attach import Reception
from lanshare.files.source.manifest import ManifestWriter
from lanshare.files.source.tree import walk
from lanshare.files.space import free_bytes
from lanshare.net.link import Link
from tests.harness.link_ends import BOB, made, me
from tests.harness.wires import TRANSFER
from tests.net.conftest import ANNA, HERE, ends, key

__all__ = ["ends", "key"]
ID = TransferId(TRANSFER)


class Two:
    """Anna accepts, Bob dials; each runs on a thread of its own, what was posted is kept."""

    def __init__(self, pair: tuple[Link, Link]) -> None:
        self.dialler, self.acceptor = pair
        self.notes: list[Any] = []

    def run(self, near: Any, far: Any) -> None:
        """Both to their ends."""
        threads = [threading.Thread(target=near), threading.Thread(target=far)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def test_a_transfer_over_a_real_link(ends: tuple[Link, Link], tmp_path: Path) -> None:
    two = Two(ends)
    source, listed = made(tmp_path)
    into = tmp_path / "into"

    def push() -> None:
        greet_as_dialler(two.dialler, me(BOB), "data", ANNA.id)
        run_source(two.dialler, ID, DataLinkSpec(epoch=1, sources=(source,), manifest=listed), True, two.notes.append)

    def serve() -> None:
        def post(note: Any) -> None:
            two.notes.append(note)
            if hasattr(note, "reply"):
                note.reply.put(DataLinkSpec(epoch=1, landing=Destination(into)))

        InboundLinks(me(ANNA), post).serve(two.acceptor, lambda *_: None)

    two.run(push, serve)
    ended = [one for one in two.notes if isinstance(one, RunEnded)]
    assert [(one.code, one.files, one.bytes) for one in ended] == [("", 1, 5), ("", 1, 5)]
    assert (into / "a").read_bytes() == b"hello"


@pytest.mark.parametrize(("there", "sorts", "made"), [
    ("", False, False), ("", True, True), ("in", False, True), ("in", True, True), ("in/Bob", True, True),
])
def test_folders_are_made_where_there_is_one_that_they_belong_into(
    ends: tuple[Link, Link], tmp_path: Path, there: str, sorts: bool, made: bool
) -> None:
    """A disk that is gone takes more than the receiving folder with it, and nothing is written in its place."""
    base = tmp_path / "media"
    (base / there).mkdir(parents=True)
    link_tasks._make(base / "in" / "Bob", sorts)
    assert (base / "in" / "Bob").is_dir() is made
    link_tasks._make(tmp_path / "gone" / "in" / "Bob", sorts)
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("disk", ["", "of another one"])
def test_what_was_begun_is_sorted_into_nothing_where_its_disk_was(
    ends: tuple[Link, Link], tmp_path: Path, disk: str
) -> None:
    """An unplugged disk leaves the folder behind in which it was seen."""
    two = Two(ends)
    source, listed = made(tmp_path)
    (tmp_path / "media").mkdir()
    notes: list[Any] = []

    def push() -> None:
        greet_as_dialler(two.dialler, me(BOB), "data", ANNA.id)
        run_source(two.dialler, ID, DataLinkSpec(epoch=1, sources=(source,), manifest=listed), True, lambda note: None)

    def sink() -> None:
        greet_as_acceptor(two.acceptor, me(ANNA))
        two.acceptor.drive(Reception())
        landing = Destination(tmp_path / "media" / "in" / "Bob", disk=disk, sorts=True)
        run_sink(two.acceptor, ID, DataLinkSpec(epoch=1, landing=landing), False, notes.append)

    two.run(push, sink)
    (ended,) = [one for one in notes if isinstance(one, RunEnded)]
    assert ended.code == (Code.NO_FOLDER if disk else "")
    assert (tmp_path / "media" / "in").exists() is not bool(disk)


def test_a_sink_whose_folder_cannot_be_says_why_to_both(ends: tuple[Link, Link], tmp_path: Path) -> None:
    two = Two(ends)
    source, listed = made(tmp_path)
    ends_of: dict[str, list[Any]] = {"push": [], "sink": []}

    def push() -> None:
        greet_as_dialler(two.dialler, me(BOB), "data", ANNA.id)
        spec = DataLinkSpec(epoch=1, sources=(source,), manifest=listed)
        run_source(two.dialler, ID, spec, True, ends_of["push"].append)

    def sink() -> None:
        greet_as_acceptor(two.acceptor, me(ANNA))
        two.acceptor.drive(Reception())
        spec = DataLinkSpec(epoch=1, landing=Destination(tmp_path / "no" / "such" / "folder"))
        run_sink(two.acceptor, ID, spec, False, ends_of["sink"].append)

    two.run(push, sink)
    for notes in ends_of.values():
        (ended,) = [one for one in notes if isinstance(one, RunEnded)]
        assert ended.code == Code.NO_FOLDER


def test_what_was_put_aside_rests_on_both_sides(ends: tuple[Link, Link], tmp_path: Path) -> None:
    """The source hangs up when it hears that all else is over; that is no loss of the link."""
    two = Two(ends)
    big = tmp_path / "big"
    big.write_bytes(bytes(200_000))
    writer = ManifestWriter(tmp_path / "list")
    for item in walk([big]):
        writer.add(item)
    writer.finish()
    writer.close()
    ends_of: dict[str, list[Any]] = {"push": [], "sink": []}

    def push() -> None:
        greet_as_dialler(two.dialler, me(BOB), "data", ANNA.id)
        spec = DataLinkSpec(epoch=1, sources=(big,), manifest=tmp_path / "list", aside=frozenset({"big"}))
        run_source(two.dialler, ID, spec, True, ends_of["push"].append)

    def sink() -> None:
        greet_as_acceptor(two.acceptor, me(ANNA))
        two.acceptor.drive(Reception())
        spec = DataLinkSpec(epoch=1, landing=Destination(tmp_path / "into"))
        run_sink(two.acceptor, ID, spec, False, ends_of["sink"].append)

    two.run(push, sink)
    for notes in ends_of.values():
        (ended,) = [one for one in notes if isinstance(one, RunEnded)]
        assert ended.code == Code.PUT_ASIDE


def test_a_sending_whose_list_is_not_there_yet_says_so(ends: tuple[Link, Link], tmp_path: Path) -> None:
    notes: list[Any] = []
    run_source(ends[0], ID, DataLinkSpec(epoch=1, sources=(tmp_path,), manifest=tmp_path / "none"), True, notes.append)
    assert [one.code for one in notes] == [Code.PEER_AWAY]


def test_a_control_link_is_reported_up_and_down(ends: tuple[Link, Link]) -> None:
    two = Two(ends)
    up = threading.Event()

    def post(note: Any) -> None:
        two.notes.append(note)
        if isinstance(note, LinkUp):
            up.set()

    def dial() -> None:
        guest = greet_as_dialler(two.dialler, me(BOB), "control", ANNA.id)
        run_control(two.dialler, me(BOB), guest, HERE, True, post)

    def accept() -> None:
        greet_as_acceptor(two.acceptor, me(ANNA))
        assert up.wait(5)
        two.acceptor.close()

    two.run(dial, accept)
    down = two.notes[-1]
    assert isinstance(down, LinkDown)
    assert (down.peer, down.left, down.code) == (ANNA.id, False, Code.PEER_AWAY)


def test_free_space_is_that_of_the_nearest_folder(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "there") == free_bytes(tmp_path) > 0
