"""What a click may open."""

from __future__ import annotations

import pytest

from lanshare.node.opening import may_open


@pytest.mark.parametrize(
    "path", ["a.exe", "b.desktop", "c.jpg.lnk", "d.SH", "e.html", "f.jar", ".bashrc", "x/g.py", "h.exe."]
)
def test_programs_are_not_opened_by_a_click(path: str) -> None:
    assert not may_open(path)


@pytest.mark.parametrize("path", ["a.jpg", "b.pdf", "c", "d.tar.gz", "exe", "/home/x.exe/readme.txt"])
def test_documents_are(path: str) -> None:
    assert may_open(path)
