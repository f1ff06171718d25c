"""The pictures in ARCHITECTURE.md are what the code is."""

from __future__ import annotations

import pytest

from tools.drawings import DRAWN, PAPER, drawn, rooms


def test_the_pictures_in_the_paper_are_what_the_code_is() -> None:
    paper = PAPER.read_text(encoding="utf-8")
    assert drawn(paper) == paper, "draw them anew: python3 tools/drawings.py"


def test_each_picture_must_have_its_place() -> None:
    for name in DRAWN:
        with pytest.raises(ValueError, match=name):
            drawn(PAPER.read_text(encoding="utf-8").replace(f"drawn: {name} ", "drawn: nothing "))


def test_an_arrow_goes_down_only() -> None:
    heights = {line.split()[1]: int(line.split()[0]) for line in rooms()}
    for line in rooms():
        _, here, *below = line.replace("->", "").replace(",", "").split()
        assert all(heights[one] < heights[here] for one in below)
    assert {"domain", "engine", "engine/transfers", "qt", "cli", "net"} < set(heights)
