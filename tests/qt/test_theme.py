"""The colours can be read."""

from __future__ import annotations

import pytest

from lanshare.qt.theme.tokens import DARK, LIGHT, Tokens, contrast


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(look: Tokens) -> None:
    pairs = {
        "text": (look.text, (look.ground, look.side, look.raised, look.bubble_in, look.selected, look.warn_ground,
                             look.bad_ground)),
        "dim": (look.dim, (look.ground, look.side, look.raised, look.bubble_in, look.selected)),
        "accent": (look.accent_ink, (look.ground, look.raised, look.side, look.selected)),
        "button": (look.accent_text, (look.accent,)),
        "out": (look.bubble_out_text, (look.bubble_out,)),
        "out time": (look.bubble_out_dim, (look.bubble_out,)),
        "good": (look.good, (look.ground, look.raised)),
        "bad": (look.bad, (look.ground, look.raised, look.side)),
        "warn": (look.warn, (look.ground, look.raised)),
    }
    weak = [
        f"{name}: {contrast(ink, ground):.2f} on {ground}"
        for name, (ink, grounds) in pairs.items()
        for ground in grounds
        if contrast(ink, ground) < 4.5
    ]
    assert not weak, weak
