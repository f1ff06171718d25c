"""Loads and saves Settings: one JSON file, unknown fields ignored, wrong ones set aside with the file's copy."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lanshare.domain.settings import Settings, checked
from lanshare.store.atomic_file import replace_file


def load(path: Path) -> tuple[Settings, bool]:
    """The settings, and whether a damaged file was moved aside (then they are the defaults)."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Settings(), False
    except OSError:
        return Settings(), True
    try:
        return checked(msgspec.json.decode(data, type=Settings)), False
    except (msgspec.MsgspecError, ValueError, RecursionError):
        path.replace(path.with_name("settings.damaged.json"))
        return Settings(), True


def save(path: Path, settings: Settings) -> None:
    """Keep the settings durably; OSError if that cannot be."""
    replace_file(path, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")
