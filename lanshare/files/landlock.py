"""A second line behind the checks of names: on Linux the thread that writes received files may write nowhere else.

Landlock (Documentation/userspace-api/landlock.rst) binds a thread and whatever it starts, for good; so every receiving
gets a fresh thread that is bound once and then ends. Where the kernel has no Landlock the first line stands alone.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import platform
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

_SECCOMP: Final = 22  # prctl
_ALLOWED: Final = 0x7FFF0000
_CLONE_THREAD: Final = 0x10000

# Line by line: open, socket, fork, execve, ptrace; unlink, rename, link, mkdir, truncate, mknod, mount; chmod, chown,
# utime, setxattr; kill, pidfd, process_vm, setns, unshare, bpf, perf. Their newer forms as well. Then signals to
# threads and with values, priorities and processors of others, the System V and POSIX ways to share memory and
# messages, the keyring, watching of files, handles of files.
_CALLS: Final = {
    "x86_64": (
        0xC000003E, 56,
        (
            2, 85, 257, 437, 41, 42, 49, 53, 57, 58, 59, 322, 101,
            87, 263, 82, 264, 316, 86, 265, 88, 266, 83, 258, 84, 76, 133, 259, 165, 166,
            90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199,
            62, 200, 434, 424, 310, 311, 308, 272, 321, 298,
            234, 129, 297, 141, 142, 144, 203, 251, 314, 29, 30, 31, 64, 65, 66, 68, 69, 70, 71, 220, 240, 241,
            248, 249, 250, 253, 254, 294, 300, 301, 303, 304, 312, 323, 440, 448,
        ),
        (425, 426, 427, 435),
    ),
    "aarch64": (
        0xC00000B7, 220,
        (
            56, 437, 198, 203, 200, 199, 221, 281, 117,
            35, 38, 276, 37, 36, 34, 45, 33, 40, 39,
            52, 53, 452, 54, 55, 88, 5, 6, 7, 14, 15, 16,
            129, 130, 434, 424, 270, 271, 268, 97, 280, 241,
            131, 138, 240, 140, 118, 119, 122, 30, 274, 194, 195, 196, 186, 187, 188, 189, 190, 191, 192, 193, 180, 181,
            217, 218, 219, 26, 27, 262, 263, 264, 265, 272, 282, 440, 448,
        ),
        (425, 426, 427, 435),
    ),
}
"""By machine (asm/unistd.h): its number in audit.h, clone, what a decoder is refused, and what it is told not to exist:
io_uring_*, and clone3, in whose place clone is called, whose flags can be looked at."""

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
            if sys.platform != "linux":
                raise NotImplementedError
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


def bind_all() -> bool:
    """Let this process reach no file and no connection any more (for decoders). False where that cannot be had."""
    have = version()
    if _libc is None or have < 1:
        return False
    files = (1 << (13 if have < 2 else 14 if have < 3 else 15 if have < 5 else 16)) - 1
    network = 3 if have >= 4 else 0  # BIND_TCP, CONNECT_TCP
    fields = struct.pack("=QQ", files, network) if have >= 4 else struct.pack("=Q", files)
    ruleset = _libc.syscall(_CREATE_RULESET, ctypes.create_string_buffer(fields, len(fields)), len(fields), 0)
    if ruleset < 0:
        return False
    try:
        return not (_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def refuse_calls() -> bool:
    """Let this thread, and those that it starts, open, connect and start nothing (for decoders). False where it can.

    A list of what is refused, for what a decoder needs differs from one library to the next (seccomp(2)).
    """
    arch, clone, calls, unknown = _CALLS.get(platform.machine(), (0, 0, (), ()))
    if _libc is None or not calls or sys.maxsize < 2**32:
        return False
    count = len(calls) + len(unknown)
    # What follows the comparisons: allow, refuse, "no such call", and clone: a thread of ours, or nothing.
    allow, refuse, missing = count + 6, count + 7, count + 8
    steps = [
        (0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, 0x80000000), (0x20, 0, 0, 0),
        (0x35, refuse - 5, 0, 0x40000000),  # another table of numbers (x32)
        (0x15, missing - 5, 0, clone),  # to the two steps behind `missing`
    ]
    steps += [(0x15, refuse - 7 - at, 0, number) for at, number in enumerate(calls)]
    steps += [(0x15, missing - 7 - len(calls) - at, 0, number) for at, number in enumerate(unknown)]
    steps += [(0x06, 0, 0, _ALLOWED), (0x06, 0, 0, 0x00050000 | errno.EPERM), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)]
    steps += [(0x20, 0, 0, 16), (0x45, 1, 0, _CLONE_THREAD)]
    steps += [(0x06, 0, 0, 0x00050000 | errno.EPERM), (0x06, 0, 0, _ALLOWED)]
    assert len(steps) == allow + 7
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    filters = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(filters)), 16)
    return not (_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or _libc.prctl(_SECCOMP, 2, program))


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
