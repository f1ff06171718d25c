"""We are the sink: what we ask for, say and believe before the first byte."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import Clash
from lanshare.exchange.comparing import Comparing
from lanshare.files.content import small_id
from lanshare.files.staging import Staging
from lanshare.wire import frames as f
from lanshare.wire import limits
from tests.harness.wires import TRANSFER, Ear

ID = bytes(16)


def listed(name: str, size: int, kind: str = "file") -> f.Listed:
    """An entry of a list."""
    return f.Listed(tuple(name.split("/")), "folder" if kind == "folder" else "file", size, 5)


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[tuple[Comparing, Ear]]:
    """A folder that holds d/a, and a comparison that has begun."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"a")
    os.utime(tmp_path / "d" / "a", ns=(5, 5))
    stage = Staging(tmp_path, TRANSFER)
    comparing, ear = Comparing(stage, Clash.KEEP), Ear()
    comparing.begin(ear)
    yield comparing, ear
    comparing.close()
    stage.discard()


def test_pieces_are_asked_for_one_by_one_and_what_we_have_is_said(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    asked = len(ear.said)
    assert ear.said == [f.Compare()] * asked
    assert (comparing.done, comparing.waits) == (False, True)
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), False))
    assert (comparing.done, comparing.waits) == (False, False)
    comparing.step(ear, 9.0)
    assert ear.said[asked:] == [f.Compare(), f.Have(((1, small_id(b"a")),))]
    comparing.listed(f.Listing(ID, 2, (listed("d/b", 1),), True))
    comparing.step(ear, 9.0)
    assert len(ear.said) == asked + 2, "there is nothing more to ask for or to say"
    assert (comparing.done, comparing.waits) == (False, True)
    assert [(have.index, have.entry.parts) for have in comparing.answered(f.Same((1,), ()))] == [(1, ("d", "a"))]
    assert (comparing.done, comparing.waits) == (True, False)


def test_only_what_we_said_can_be_the_same_or_not(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), True))
    for early in (f.Same((1,), ()), f.Same((), (1,))):
        with pytest.raises(ProtocolError):
            comparing.answered(early)
    comparing.step(ear, 9.0)
    assert comparing.answered(f.Same((), (1,))) == []
    with pytest.raises(ProtocolError):
        comparing.answered(f.Same((1,), ()))


def test_a_list_comes_as_it_was_asked_for(setting: tuple[Comparing, Ear]) -> None:
    comparing, ear = setting
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 7, (), False))
    for first in range(3):
        comparing.listed(f.Listing(ID, first, (listed(f"x{first}", 1),), False))
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 3, (), False))
    comparing.step(ear, 9.0)
    comparing.listed(f.Listing(ID, 3, (), True))
    with pytest.raises(ProtocolError):
        comparing.listed(f.Listing(ID, 3, (), True))


def test_it_waits_when_too_much_is_unanswered(
    setting: tuple[Comparing, Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing, ear = setting
    monkeypatch.setattr(limits, "OUTSTANDING", 2)
    comparing.listed(f.Listing(ID, 0, (listed("d", 0, "folder"), listed("d/a", 1)), False))
    comparing.listed(f.Listing(ID, 2, (listed("d/b", 1),), False))
    comparing.step(ear, 9.0)
    assert (comparing.done, comparing.waits) == (False, True)
    comparing.answered(f.Same((1,), ()))
    assert comparing.waits, "now for the list"
