"""Words by which our own programs start each other."""

from __future__ import annotations

from typing import Final

DECODE: Final = "decode-pictures"
"""Starts the program that decodes pictures, where lanshare is frozen and has no modules to be named."""
