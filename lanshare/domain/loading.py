"""Loading many modules at once, while a person waits for a window."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from typing import Final

_MANY: Final = 20
"""Modules newly loaded; fewer leave too little behind to be set aside."""


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Within it nothing is collected: modules that are loaded leave no garbage, and to look for it among all of them
    takes a quarter of the time. What is there at the end stays for good: later collections pass it over, so that they
    hold up nobody."""
    if not gc.isenabled():
        yield
        return
    before = len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) - before >= _MANY:
            gc.freeze()
        gc.enable()
