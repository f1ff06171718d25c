"""The pictures in ARCHITECTURE.md that are made from the code: who imports whom, and a transfer's steps.

    python3 tools/drawings.py        draws them anew, between their marks; a test compares
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lanshare.engine.transfers.machine import diagram  # noqa: E402

HOUSE: Final = ROOT / "lanshare"
PAPER: Final = ROOT / "ARCHITECTURE.md"


ABOVE: Final = {
    "core": "core", "shells": "core", "profile_settings": "core", "assemble": "assemble", "client": "client",
}
"""Files of the engine that stand above its rooms; the others of its own are below them."""

DECLARED: Final = "inbox"
"""A folder of declarations only, which is no room: it stands with the engine's own files."""


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module, by its path below lanshare/ without the ending: the engine has rooms inside it."""
    if parts[0] != "engine":
        return parts[0]
    if len(parts) > 2 and parts[1] != DECLARED:
        return "/".join(parts[:2])
    return f"engine/{ABOVE[parts[1]]}" if parts[1] in ABOVE else "engine"


def _imports(path: Path) -> Iterator[tuple[str, ...]]:
    for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [one.name for one in item.names] if isinstance(item, ast.Import) else []
        if isinstance(item, ast.ImportFrom) and item.module is not None:
            names = [f"{item.module}.{one.name}" for one in item.names]
        for name in names:
            words = name.split(".")
            if words[0] == "lanshare" and len(words) > 1:
                yield tuple(words[1:])


def rooms() -> Iterator[str]:
    """Each room with those that it imports from, as far as they stand: the highest first."""
    arrows: dict[str, set[str]] = {}
    known = {path.relative_to(HOUSE).with_suffix("").parts for path in HOUSE.rglob("*.py")}
    for path in HOUSE.rglob("*.py"):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        if parts == ("__init__",):
            continue
        here = room_of(parts)
        told = arrows.setdefault(here, set())
        for words in _imports(path):
            # What is imported is a module, or a name in one; "engine.peers" itself is a room.
            while len(words) > 1 and words not in known and (*words, "__init__") not in known:
                words = words[:-1]
            module = (*words, "__init__") if (*words, "__init__") in known else words
            told.add(room_of(module))
        told.discard(here)
    heights: dict[str, int] = {}

    def height(one: str, above: tuple[str, ...] = ()) -> int:
        if one in above:
            raise ValueError(f"a circle: {' -> '.join((*above, one))}")
        if one not in heights:
            heights[one] = 1 + max((height(below, (*above, one)) for below in arrows.get(one, ())), default=0)
        return heights[one]

    for one in sorted(arrows, key=lambda one: (-height(one), one)):
        below = sorted(arrows[one], key=lambda other: (-height(other), other))
        yield f"{height(one):>2}  {one:<20} -> {', '.join(below)}" if below else f"{height(one):>2}  {one}"


_WIDTH: Final = 118
_INDENT: Final = " " * 12
"""Of a line that goes on in the next one."""

DRAWN: Final[dict[str, Callable[[], Iterator[str]]]] = {"rooms": rooms, "transfers": diagram}


def drawn(paper: str) -> str:
    """The paper with its pictures as the code is now. ValueError if it has no place for one of them."""
    for name, lines in DRAWN.items():
        place = re.compile(rf"(<!-- drawn: {name} -->\n```\n).*?(\n```\n)", re.DOTALL)
        found = place.search(paper)
        if found is None:
            raise ValueError(f"no place for {name}")
        picture = [piece for line in lines() for piece in textwrap.wrap(line, _WIDTH, subsequent_indent=_INDENT)]
        paper = paper[: found.end(1)] + "\n".join(picture) + paper[found.start(2) :]
    return paper


if __name__ == "__main__":
    PAPER.write_text(drawn(PAPER.read_text(encoding="utf-8")), encoding="utf-8")
