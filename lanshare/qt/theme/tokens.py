"""The colours, by what they are for. Every text colour has at least 4.5:1 on the grounds it is used on (tested)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Tokens(Struct, frozen=True):
    """One appearance."""

    dark: bool
    ground: str
    side: str
    raised: str
    line: str
    text: str
    dim: str
    accent: str
    accent_text: str
    accent_ink: str
    selected: str
    hover: str
    bubble_in: str
    bubble_out: str
    bubble_out_text: str
    bubble_out_dim: str
    good: str
    bad: str
    bad_ground: str
    warn: str
    warn_ground: str
    track: str
    away: str


LIGHT: Final = Tokens(
    dark=False,
    ground="#ffffff",
    side="#f3f5f9",
    raised="#ffffff",
    line="#e1e5ec",
    text="#12151c",
    dim="#566074",
    accent="#4355e0",
    accent_text="#ffffff",
    accent_ink="#3546cf",
    selected="#e0e4fd",
    hover="#e9ecf3",
    bubble_in="#eff1f5",
    bubble_out="#4355e0",
    bubble_out_text="#ffffff",
    bubble_out_dim="#e3e7ff",
    good="#15803d",
    bad="#b91c1c",
    bad_ground="#fdecec",
    warn="#8a5300",
    warn_ground="#fdf1dc",
    track="#e3e7ee",
    away="#8c95a6",
)

DARK: Final = Tokens(
    dark=True,
    ground="#14161b",
    side="#1a1d24",
    raised="#1d2128",
    line="#2d323c",
    text="#f1f3f7",
    dim="#a5adbb",
    accent="#7d8dff",
    accent_text="#0e1020",
    accent_ink="#97a4ff",
    selected="#2a2f55",
    hover="#242831",
    bubble_in="#23272f",
    bubble_out="#4453d6",
    bubble_out_text="#ffffff",
    bubble_out_dim="#dfe3ff",
    good="#4ade80",
    bad="#ff8a8a",
    bad_ground="#3a1f22",
    warn="#f5b453",
    warn_ground="#392c17",
    track="#2f3540",
    away="#6b7482",
)

HUES: Final = (
    ("#6d7cff", "#4856e6"),
    ("#3fb5ec", "#1f84c2"),
    ("#e27bd0", "#b93fa6"),
    ("#ff9f6b", "#e8663a"),
    ("#f0b73f", "#cf8a12"),
    ("#48c78e", "#1d9a64"),
    ("#f2788f", "#cf3f5f"),
    ("#9d7bf0", "#7148d3"),
    ("#4cc3c0", "#1f928f"),
    ("#a3b545", "#75881d"),
    ("#b98a6a", "#8f5f3f"),
    ("#7f93b2", "#566b8c"),
)
"""Avatars' gradients."""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, 1.4.3): 1 to 21."""
    first, second = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _luminance(colour: str) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
