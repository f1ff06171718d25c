"""What our own programs have in common: the words by which they start each other, and how they load their parts."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from typing import Final

_MANY: Final = 20
"""Modules newly loaded; fewer leave too little behind to be set aside."""

DECODE: Final = "decode-pictures"
"""Starts the program that decodes pictures, where lanshare is frozen and has no modules to be named."""


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
