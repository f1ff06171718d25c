"""Any text from a peer as it may be shown: what controls a terminal or deceives an eye is escaped."""

from __future__ import annotations

import re
from typing import Final

from lanshare.files.names import shown

__all__ = ["shown", "shown_text"]

_PICTURES: Final = "\u2190-\u2bff\U0001f000-\U0001faff"
_JOINED: Final = re.compile(f"(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])")
"""Between two emoji, what joins them to one picture (Unicode, UTS #51) deceives nobody."""


def shown_text(text: str, indent: str = "    ") -> str:
    """What somebody wrote, for a terminal: its lines are kept, those behind the first are indented, so that none can
    pose as a line of ours."""
    lines = text.replace("\r\n", "\n").expandtabs(4).split("\n")
    return f"\n{indent}".join("\u200d".join(shown(part) for part in _JOINED.split(line)) for line in lines)
