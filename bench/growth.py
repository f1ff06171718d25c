"""Rows about growth: what a file and a byte cost, and what memory is taken, the more there are. With a picture."""

from __future__ import annotations

import math
import os
import shutil
import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from html import escape
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.support import MIB, Pair, big_file, scratch

BLOCK: Final = 4096
"""Bytes of a small file."""


class Point(Struct, frozen=True):
    """One measured size: how much there was, what one of it cost in seconds, and the most memory each side took."""

    count: int
    cost: float
    sender: int
    receiver: int


def row_growth(quick: bool, pictures: Path | None = None) -> None:
    """1,000 to 1,000,000 small files, and files of 1 to 8 GiB; goal: each within 1.2 of the smallest, memory flat."""
    counts = (1_000, 10_000, 30_000) if quick else (1_000, 10_000, 100_000, 1_000_000)
    sizes = (64, 256, 1024) if quick else (1024, 2048, 4096, 8192)
    files = _points("files of 4 KiB", counts, _many, BLOCK)
    big = _points("MiB in one file", sizes, lambda folder, count: big_file(folder, count * MIB), MIB)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for name, what, points in (("files", "one file of 4 KiB", files), ("bytes", "one MiB of a file", big)):
            path = pictures / f"growth-{name}.svg"
            path.write_text(picture(f"What {what} costs", points), encoding="utf-8")
            print(f"growth: {path}")


def _many(folder: Path, count: int) -> Path:
    """So many files, a hundred in each folder."""
    top, content = folder / "many", os.urandom(BLOCK - 8)
    for first in range(0, count, 100):
        below = top / f"{first // 10_000:03}" / f"{first // 100 % 100:03}"
        below.mkdir(parents=True)
        for number in range(first, min(first + 100, count)):
            (below / f"{number % 100:03}").write_bytes(number.to_bytes(8, "big") + content)
    return top


def _points(
    what: str, counts: Sequence[int], made: Callable[[Path, int], Path], each: int
) -> list[Point]:
    points: list[Point] = []
    for count in counts:
        with scratch() as folder:
            if shutil.disk_usage(folder).free < 2 * count * each + 1024 * MIB:
                print(f"growth: {count:,} {what}: not measured, as there is no room")
                continue
            (folder / "devices").mkdir()
            source = made(folder, count)
            with closing(Pair(folder / "devices")) as pair:
                times = []
                for _ in range(max(1, min(5, 50_000 * BLOCK // (count * each)))):
                    times.append(pair.send(source, patience=900))
                    pair.clear()
                point = Point(
                    count, statistics.median(times) / count, pair.sending_engine.peak_memory(),
                    pair.receiving.peak_memory(),
                )
        points.append(point)
        print(
            f"growth: {count:,} {what}: {point.cost * 1e6:.1f} µs each, {point.cost / points[0].cost:.2f} of the"
            f" smallest's ({len(times)} times), at most {point.sender / MIB:.0f} MiB in the sender and"
            f" {point.receiver / MIB:.0f} MiB in the receiver", flush=True,
        )
    return points


# --- the picture

_WIDE, _HIGH, _EDGE = 560, 300, 64


def picture(title: str, points: Sequence[Point]) -> str:
    """An SVG of the cost against the count, both logarithmic, with the bound of 1.2 and the most memory at each."""
    if not points:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'
    costs = [point.cost * 1e6 for point in points]
    left, right = math.log10(points[0].count), math.log10(points[-1].count)
    low = math.floor(math.log10(min(costs)) - 0.2)
    high = max(math.ceil(math.log10(max(costs)) + 0.2), low + 1)

    def x(count: float) -> float:
        return _EDGE + (math.log10(count) - left) / (right - left or 1) * (_WIDE - 2 * _EDGE)

    def y(cost: float) -> float:
        return _HIGH - _EDGE - (math.log10(cost) - low) / (high - low) * (_HIGH - 2 * _EDGE)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}"'
        ' font-family="sans-serif" font-size="11">',
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="#fff"/>',
        f'<text x="{_WIDE / 2}" y="20" text-anchor="middle" font-size="14">{escape(title)}</text>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<path d="M{_EDGE} {at:.1f}H{_WIDE - _EDGE}" stroke="#ddd"/>')
        parts.append(f'<text x="{_EDGE - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} µs</text>')
    bound = y(costs[0] * 1.2)
    parts.append(f'<path d="M{_EDGE} {bound:.1f}H{_WIDE - _EDGE}" stroke="#c60" stroke-dasharray="4 4"/>')
    told = f'<text x="{_WIDE - _EDGE}" y="{bound - 4:.1f}" text-anchor="end" fill="#c60">1.2 of the smallest</text>'
    parts.append(told)
    line = " ".join(f"{x(point.count):.1f},{y(cost):.1f}" for point, cost in zip(points, costs, strict=True))
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0a58ca" stroke-width="2"/>')
    for point, cost in zip(points, costs, strict=True):
        across, memory = x(point.count), max(point.sender, point.receiver) / MIB
        parts.append(f'<circle cx="{across:.1f}" cy="{y(cost):.1f}" r="4" fill="#0a58ca"/>')
        told = f"{cost:,.1f}" if cost < 100 else f"{cost:,.0f}"
        parts.append(f'<text x="{across:.1f}" y="{y(cost) + 18:.1f}" text-anchor="middle">{told}</text>')
        parts.append(f'<text x="{across:.1f}" y="{_HIGH - 32}" text-anchor="middle">{point.count:,}</text>')
        most = f'<text x="{across:.1f}" y="{_HIGH - 16}" text-anchor="middle" fill="#666">{memory:.0f} MiB</text>'
        parts.append(most)
    return "\n".join([*parts, "</svg>", ""])
