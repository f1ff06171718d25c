"""A real lanshare window on a private screen, used by mouse and keys, and a foreign program to drag from."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from pathlib import Path
from typing import IO

from tests.harness.engines import ROOT, free_port
from tests.harness.screen import Screen, until

ROW = (150, 135)
"""The middle of the first device's row, from the window's corner."""


class Lines:
    """What a program writes, line by line, read by a thread."""

    def __init__(self, source: IO[str]) -> None:
        self._lines: list[str] = []
        threading.Thread(target=self._read, args=(source,), daemon=True).start()

    def _read(self, source: IO[str]) -> None:
        for line in source:
            self._lines.append(line.strip())

    def all(self) -> list[str]:
        """Every one so far."""
        return list(self._lines)

    def last(self) -> str:
        """The latest one; empty before the first."""
        return self._lines[-1] if self._lines else ""

    def wait(self, *words: str) -> str:
        """The first of some words that it wrote."""
        found = until(lambda: next((line for line in self._lines if line in words), None), f"one of {words}")
        return str(found)


class Window:
    """A lanshare window on a screen, with its profile."""

    def __init__(
        self, screen: Screen, folder: Path, name: str, x: int = 0, y: int = 0, exist: bool = False,
        size: tuple[int, int] = (900, 640),
    ) -> None:
        """`exist`: its profile is there already."""
        self.screen, self.folder, self.x, self.y = screen, folder / name, x, y
        self.downloads = folder / f"{name} downloads"
        self.downloads.mkdir(exist_ok=exist)
        self.folder.mkdir(exist_ok=exist)
        settings = {"download_folder": str(self.downloads), "appearance": "light"}
        (self.folder / "settings.json").write_text(json.dumps(settings))
        self.port = free_port()
        self.name = name
        self.program = screen.lanshare(*self.arguments())
        self.id = screen.window("^lanshare$", self.program.pid)
        screen.place(self.id, x, y, *size)
        if size == (900, 640):
            until(self.knows_itself, "that its engine is there")

    def knows_itself(self) -> bool:
        """Whether its own name is written at the foot: it is painted before its engine is there."""
        from PySide6.QtGui import QImage

        image = QImage(str(self.screen.picture(f"{self.name}-starts")))
        left, top = self.corner()
        points = [(left + x, top + y) for x in range(58, 120) for y in range(565, 610)]
        return min(image.pixelColor(*at).lightness() for at in points) < 90

    def has_a_row(self) -> bool:
        """Whether a device's name is written where the first row is."""
        from PySide6.QtGui import QImage

        image = QImage(str(self.screen.picture(f"{self.name}-row")))
        left, top = self.corner()
        points = [(left + x, top + y) for x in range(60, 120) for y in range(ROW[1] - 15, ROW[1] + 15)]
        return min(image.pixelColor(*at).lightness() for at in points) < 90

    def arguments(self) -> list[str]:
        """How it is started."""
        return ["--profile", str(self.folder), "--port", str(self.port), "--name", self.name]

    def click(self, x: int, y: int) -> None:
        """The left button."""
        self.screen.do("mousemove", str(self.corner()[0] + x), str(self.corner()[1] + y), "click", "1")

    def corner(self) -> tuple[int, int]:
        """Where the inside of the window begins."""
        return self.screen.corner(self.id)

    def accept(self) -> None:
        """Click the one big accent-coloured button of the conversation: found on the picture, as an eye would."""
        found = until(self._accept_at, "the Accept button")
        assert isinstance(found, tuple)
        self.click(*found)

    def _accept_at(self) -> tuple[int, int] | None:
        from PySide6.QtGui import QImage

        image = QImage(str(self.screen.picture("looking-for-accept")))
        if image.isNull():
            return None
        left, top = self.corner()
        for y in range(top + 520, top + 80, -4):
            run = 0
            for x in range(left + 260, left + 640, 3):
                colour = image.pixelColor(x, y).name()
                run = run + 1 if colour == "#4355e0" else 0
                if run > 6:
                    return x - left - 6, y - top
        return None

    def history(self) -> list[tuple[str, str]]:
        """Text and delivery of what is in its database."""
        link = sqlite3.connect(f"file:{self.folder}/lanshare.sqlite?mode=ro", uri=True)
        try:
            return link.execute("SELECT text, delivery FROM messages ORDER BY rowid").fetchall()
        finally:
            link.close()

    def drafts(self) -> list[str]:
        """What is written and not sent, in its database."""
        link = sqlite3.connect(f"file:{self.folder}/lanshare.sqlite?mode=ro", uri=True)
        try:
            return [row[0] for row in link.execute("SELECT text FROM drafts WHERE text != ''")]
        finally:
            link.close()

    def states(self) -> list[str]:
        """The states of its transfers."""
        link = sqlite3.connect(f"file:{self.folder}/lanshare.sqlite?mode=ro", uri=True)
        try:
            return [row[0] for row in link.execute("SELECT state FROM transfers ORDER BY rowid")]
        finally:
            link.close()


def drag(screen: Screen, paths: list[Path], x: int, y: int, at: tuple[int, int] = (1100, 760)) -> str:
    """Drag paths from a foreign program, which stands `at`, to a place on the screen; what that program was told."""
    source = screen.start([sys.executable, str(ROOT / "tests" / "harness" / "dragsource.py"), *map(str, paths)])
    window = screen.window("drag source", source.pid)
    assert source.stdout is not None
    told = Lines(source.stdout)
    screen.place(window, *at, 200, 100)
    until(lambda: abs(screen.corner(window)[0] - at[0]) < 40, "that it stands there")
    from_x, from_y = at[0] + 80, at[1] + 70

    def entered() -> bool:
        screen.do("windowraise", window, "mousemove", str(from_x + 2), str(from_y))
        screen.do("mousemove", str(from_x), str(from_y))
        return told.last() == "entered"

    until(entered, "that the pointer is over it")
    screen.do("mousedown", "1")
    told.wait("pressed")
    for step in range(1, 9):
        screen.do("mousemove", str(from_x + (x - from_x) * step // 8), str(from_y + (y - from_y) * step // 8))

    def over() -> bool:
        # A hand is never quite still; the target answers on the next move only.
        screen.do("mousemove", str(x + 2), str(y), "mousemove", str(x), str(y))
        return told.last() == "taken"

    until(over, "that the place says it takes what is dragged")
    screen.picture("drag-over-a-row")
    screen.do("mouseup", "1")
    return told.wait("dropped", "refused")
