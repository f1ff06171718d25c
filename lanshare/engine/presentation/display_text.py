"""Any text from a peer as it may be shown: what controls a terminal or deceives an eye is escaped."""

from __future__ import annotations

from lanshare.files.names import escaped

__all__ = ["escaped", "shown_text"]

def shown_text(text: str, indent: str = "    ") -> str:
    """What somebody wrote, for a terminal: its lines are kept, those behind the first are indented, so that none can
    pose as a line of ours."""
    lines = text.replace("\r\n", "\n").expandtabs(4).split("\n")
    return f"\n{indent}".join(map(escaped, lines))
