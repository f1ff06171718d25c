"""A second line behind the checks of names: on Linux the thread that writes received files may write nowhere else.

Landlock (Documentation/userspace-api/landlock.rst) binds a thread and whatever it starts, for good; so every receiving
gets a fresh thread that is bound once and then ends. Where the kernel has no Landlock the first line stands alone.
"""

from __future__ import annotations

import ctypes
import logging
import os
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_ASKED: Final = 1
_PATH_BENEATH: Final = 1
_NO_NEW_PRIVILEGES: Final = 38  # prctl
_LEAST: Final = 2
"""The first version that lets files be moved between folders at all (LANDLOCK_ACCESS_FS_REFER)."""

# linux/landlock.h: all that writes: WRITE_FILE, REMOVE_DIR, REMOVE_FILE, the seven MAKE_*, REFER; TRUNCATE from 3 on.
_WRITING: Final = sum(1 << bit for bit in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13))
_TRUNCATE: Final = 1 << 14

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_bound = threading.local()
_log = logging.getLogger(__name__)


def version() -> int:
    """Landlock's version here; 0 where there is none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, 0, _VERSION_ASKED)) if _libc is not None else 0


def is_bound() -> bool:
    """Whether this thread may write in its own folders only."""
    return bool(getattr(_bound, "yes", False))


def bind(folders: Sequence[Path]) -> bool:
    """Let this thread, for the rest of its life, write below these folders only. False where that cannot be had."""
    have = version()
    if _libc is None or have < _LEAST:
        return False
    rights = _WRITING | (_TRUNCATE if have >= 3 else 0)
    rules = ctypes.create_string_buffer(struct.pack("=Q", rights), 8)
    ruleset = _libc.syscall(_CREATE_RULESET, rules, 8, 0)
    if ruleset < 0:
        return False
    try:
        for folder in folders:
            handle = os.open(folder, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, handle), 12)
                if _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0):
                    return False
            finally:
                os.close(handle)
        if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _libc.syscall(_RESTRICT_SELF, ruleset, 0):
            return False
    except OSError as error:
        _log.info("not bound: %s", error.strerror)
        return False
    finally:
        os.close(ruleset)
    _bound.yes = True
    return True


def run_bound(folders: Sequence[Path], work: Callable[[], None]) -> None:
    """Do the work in a fresh thread that may write below these folders only; what it raises is raised here."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            bind(folders)
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name=f"{threading.current_thread().name}-write")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
