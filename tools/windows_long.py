"""Longer runs with a Windows Python under Wine: 1 GiB, 10,000 small files, names that Windows cannot have, two Windows
programs, kills of the Windows side.

`python3 dev.py windows long`. Each line tells what was tried and how it ended.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.windows import ROOT, Wine, made, tree_of, windows_path

GIB = 1024**3
KILLS = 5
"""Of the Windows side, as receiver and as sender each."""

PORTS = {"Linux": "47911", "Windows": "47912", "Windows too": "47913"}

HOSTILE = (
    "con", "aux.txt", "NUL", "com1.tar.gz", "trailing.", "space ", "a:b", "what?", "x<y>z", 'q"q', "pipe|d", "star*",
    "back\\slash", "Same", "same", "SAME", "café", "cafe\u0301", "％2E", "turn\u202ecod.exe", "\u2603", "-rf",
    "desktop.ini", "lansha~1", "n" * 240,
)
"""Names that Linux has and Windows cannot, takes for something else, or takes for one another."""


class Pair:
    """A device on each side, with a profile that lasts."""

    def __init__(self, wine: Wine, base: Path) -> None:
        self._wine, self._base = wine, base

    def start(self, who: str, *words: str) -> subprocess.Popen[str]:
        """The program on one side."""
        profile = self._base / f"profile of {who}"
        common = ["--json", "--port", PORTS[who], "--name", who, "--interface", "127.0.0.1", "--profile"]
        if who.startswith("Windows"):
            called = ("-m", "lanshare", *words, *common, windows_path(profile))
            return self._wine.start(*called, output=subprocess.DEVNULL)
        return subprocess.Popen(
            [sys.executable, "-m", "lanshare", *words, *common, str(profile)], cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True,
        )

    @contextmanager
    def receiver(self, who: str, into: Path) -> Iterator[list[subprocess.Popen[str]]]:
        """One that receives, in a list: whoever kills it puts the next one in its place."""
        place = windows_path(into) if who.startswith("Windows") else str(into)
        running = [self.start(who, "receive", "--accept", "all", "--into", place)]
        try:
            yield running
        finally:
            end(running[0])

    def send(self, who: str, path: Path, to: str = "") -> int:
        """Send to the other side until somebody of its name is there; the exit code."""
        code, deadline = 3, time.monotonic() + 120.0
        while code == 3 and time.monotonic() < deadline:
            code = self.sender(who, path, to).wait(600)
        return code

    def sender(self, who: str, path: Path, to: str = "") -> subprocess.Popen[str]:
        """One that sends to the other side."""
        to = to or ("Linux" if who == "Windows" else "Windows")
        what = windows_path(path) if who.startswith("Windows") else str(path)
        return self.start(who, "send", to, what, "--wait", "120")


def end(process: subprocess.Popen[str]) -> None:
    """At once, as by a power cut."""
    process.send_signal(signal.SIGKILL)
    process.wait(30)


def big(folder: Path) -> Path:
    """1 GiB that cannot be compressed, in a folder of its own."""
    top = folder / "big"
    top.mkdir()
    block = os.urandom(16 * 1024 * 1024)
    with (top / "big.bin").open("wb") as file:
        for number in range(GIB // len(block)):
            file.write(number.to_bytes(8, "big") + block[8:])
    return top


def small(folder: Path) -> Path:
    """10,000 files of up to 4 KiB, 100 to a folder."""
    top = folder / "small"
    chance = random.Random(7)
    for number in range(10_000):
        path = top / f"{number // 100:03}" / f"{number}.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(4096)))
    return top


def hostile(folder: Path) -> Path:
    """Files of those names, each with its name as its content, in a folder and in the one below it; and a path of over
    260 characters."""
    top = folder / "hostile"
    for place in (top, top / "below"):
        place.mkdir(parents=True, exist_ok=True)
        for name in HOSTILE:
            (place / name).write_text(name, encoding="utf-8")
    deep = top.joinpath(*["a folder with quite a long name"] * 9)
    deep.mkdir(parents=True)
    (deep / "deep").write_text("deep", encoding="utf-8")
    return top


def contents(folder: Path) -> list[tuple[int, str]]:
    """What all files hold, and how deep each lies: their names may be others."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted((len(path.relative_to(folder).parts), path.read_text(encoding="utf-8")) for path in files)


def kept(pair: Pair, top: Path, base: Path) -> bool:
    """All of it arrives on Windows, under names that it can have, and nothing takes another's place; sent back, all has
    the names that it had, but where two were one for Windows."""
    began = time.monotonic()
    there, back = base / "hostile on Windows", base / "hostile back"
    there.mkdir()
    back.mkdir()
    with pair.receiver("Windows", there):
        code = pair.send("Linux", top)
    well = contents(there / top.name) == contents(top)
    told(f"names that Windows cannot have (exit code {code})", well, began)
    with pair.receiver("Linux", back):
        code = pair.send("Windows", there / top.name)
    well = contents(back / top.name) == contents(top) and well
    return told(f"the same sent back (exit code {code})", well, began)


def told(what: str, arrived: bool, began: float) -> bool:
    """Say how it went."""
    print(f"{what}: {'the same' if arrived else 'NOT the same'} after {time.monotonic() - began:.0f} s", flush=True)
    return arrived


def whole(pair: Pair, sender: str, top: Path, base: Path) -> bool:
    """What one side sends comes as it is."""
    receiver = "Linux" if sender == "Windows" else "Windows"
    into = base / f"{top.name} from {sender}"
    into.mkdir()
    began = time.monotonic()
    with pair.receiver(receiver, into):
        code = pair.send(sender, top)
    return told(f"{top.name} sent by {sender} (exit code {code})", tree_of(into / top.name) == tree_of(top), began)


def between(pair: Pair, base: Path) -> bool:
    """Two programs of Windows."""
    into = base / "from Windows to Windows"
    into.mkdir()
    began = time.monotonic()
    top = made(base)
    with pair.receiver("Windows too", into):
        code = pair.send("Windows", top, "Windows too")
    return told(f"between two of Windows (exit code {code})", tree_of(into / top.name) == tree_of(top), began)


def killed(pair: Pair, victim: str, sends: bool, top: Path, base: Path) -> bool:
    """The Windows side is killed again and again, goes on, and nothing is lost, doubled or false."""
    into = base / f"{top.name}, killed as {'sender' if sends else 'receiver'}"
    into.mkdir()
    began = time.monotonic()
    chance = random.Random(3)
    other = "Linux"
    kills, code = 0, 1
    with pair.receiver(other if sends else victim, into) as receiving:
        sending = pair.sender(victim if sends else other, top)
        while time.monotonic() < began + 900.0:
            moved = sum(one.stat().st_size for one in into.rglob("*") if one.is_file())
            mark = GIB // (KILLS + 1) * (kills + 1) - chance.randrange(GIB // 20)
            if kills < KILLS and moved >= mark:
                end(sending if sends else receiving[0])
                kills += 1
                if not sends:
                    place = windows_path(into) if victim == "Windows" else str(into)
                    receiving[0] = pair.start(victim, "receive", "--accept", "all", "--into", place)
            if (ended := sending.poll()) is not None:
                if ended == 0 or time.monotonic() > began + 800.0:
                    code = ended
                    break
                sending = pair.sender(victim if sends else other, top)  # nobody was there, or it was killed
            time.sleep(0.05)
        else:
            end(sending)
    left = [one.name for one in into.iterdir() if one.name != top.name and not one.name.startswith(".lanshare")]
    arrived = tree_of(into / top.name) == tree_of(top) and not left and code == 0
    what = f"{top.name}, Windows killed {kills} times as {'sender' if sends else 'receiver'}"
    return told(f"{what} (exit code {code}, beside it {left})", arrived, began)


def main(arguments: list[str]) -> int:
    """All of it; the exit code."""
    wine = Wine(Path(arguments[0]))
    try:
        with tempfile.TemporaryDirectory(dir=arguments[1] if arguments[1:] else None) as name:
            base = Path(name)
            pair = Pair(wine, base)
            well = [kept(pair, hostile(base), base), between(pair, base)]
            tops = [big(base), small(base)]
            well += [whole(pair, sender, top, base) for top in tops for sender in ("Linux", "Windows")]
            well += [killed(pair, "Windows", sends, tops[0], base) for sends in (False, True)]
            return 0 if all(well) else 1
    finally:
        wine.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
