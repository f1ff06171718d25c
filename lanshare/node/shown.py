"""Any text from a peer as it may be shown: what controls a terminal or deceives an eye is escaped."""

from __future__ import annotations

from lanshare.files.names import shown

__all__ = ["shown"]
