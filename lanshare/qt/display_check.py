"""Whether a window can be shown here at all. Asked before Qt starts, because Qt aborts the process if not."""

from __future__ import annotations

import ctypes.util
import os
import sys
from typing import Final

_XCB: Final = ("xcb-cursor", "xcb-icccm", "xcb-keysyms", "xcb-shape", "xkbcommon-x11")


def trouble() -> str:
    """One helpful line, or nothing if a window can be shown."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if sys.platform in ("win32", "darwin") or platform.startswith(("offscreen", "minimal")):
        return ""
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        return "lanshare: there is no screen here. The command line works without one: try `lanshare --help`."
    if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        missing = [name for name in _XCB if ctypes.util.find_library(name) is None]
        if missing:
            names = ", ".join(f"lib{name}" for name in missing)
            return f"lanshare: these system libraries are missing: {names}. `python3 dev.py run` installs them."
    return ""
