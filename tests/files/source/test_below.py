"""What is to be sent is opened through no link below what a person named, whatever takes a folder's place meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import Code
from lanshare.files.faults import SourceFault
from lanshare.files.source import below
from lanshare.files.source.below import Below

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links")


@pytest.fixture(params=["handles", "paths"])
def opener(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Below]:
    """Over a top with two levels, with handles and as on a system without them."""
    if request.param == "paths":
        monkeypatch.setattr(below, "_HANDLES", False)
    (tmp_path / "top" / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "top" / "sub" / "deep" / "f").write_text("mine")
    (tmp_path / "top" / "sub" / "g").write_text("g")
    (tmp_path / "outside" / "deep").mkdir(parents=True)
    (tmp_path / "outside" / "deep" / "f").write_text("LEAK")
    (tmp_path / "named").symlink_to(tmp_path / "top")
    one = Below([str(tmp_path / "named"), str(tmp_path / "top" / "sub" / "g")])
    yield one
    one.close()


def read(one: Below, top: int, *parts: str) -> str:
    """What is in it."""
    with os.fdopen(one.open(top, parts)) as file:
        return file.read()


def test_what_a_person_named_may_be_a_link_and_what_is_below_it_is_read(opener: Below) -> None:
    assert read(opener, 0, "x", "sub", "deep", "f") == "mine"
    assert read(opener, 0, "x", "sub", "g") == "g"
    assert read(opener, 0, "x", "sub", "deep", "f") == "mine"
    assert read(opener, 1, "g") == "g"


@pytest.mark.parametrize("swapped", ["sub", "sub/deep", "sub/deep/f"])
def test_a_link_that_has_taken_a_place_is_not_followed(opener: Below, tmp_path: Path, swapped: str) -> None:
    path = tmp_path / "top" / swapped
    path.rename(tmp_path / "aside")
    path.symlink_to(tmp_path / "outside" / Path(swapped).relative_to("sub"))
    with pytest.raises(SourceFault) as fault:
        read(opener, 0, "x", "sub", "deep", "f")
    assert fault.value.code is Code.FILE_LINK


@pytest.mark.parametrize(("parts", "code"), [
    (("x", "none"), Code.FILE_VANISHED), (("x", "none", "f"), Code.FILE_VANISHED),
    (("x", "sub", "g", "f"), Code.FILE_VANISHED),
])
def test_what_is_not_there_is_said(opener: Below, parts: tuple[str, ...], code: Code) -> None:
    with pytest.raises(SourceFault) as fault:
        opener.open(0, parts)
    assert fault.value.code is code
