"""A process that gives up what it does not need before it looks at bytes from others."""

from __future__ import annotations

import ctypes
import errno
import sys

from lanshare.files import landlock


def cage(memory: int) -> None:
    """Give up files, network, programs and more than so much memory, for good. OSError if Linux offers neither way.

    Linux: Landlock forbids all files and connections, a filter of system calls forbids to open, to connect and to start
    anything, and address space, processor time, descriptors and written files are bounded (landlock(7), seccomp(2),
    getrlimit(2)). macOS: the same
    limits, and the sandbox "pure computation" (not verified there). Windows: a job object (not verified there).
    """
    if sys.platform == "win32":
        _cage_windows(memory)
        return
    import resource

    used = 0
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as sizes:
            used = int(sizes.read().split()[0]) * resource.getpagesize()
        held = [landlock.bind_all(), landlock.refuse_calls()]
        if not any(held):
            raise OSError(errno.ENOSYS, "this system cannot hold a decoder")
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    elif sys.platform == "darwin":
        error = ctypes.c_char_p()
        system = ctypes.CDLL("/usr/lib/libSystem.dylib")
        system.sandbox_init(b"pure-computation", 1, ctypes.byref(error))
    for what, most in (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CPU, 120),
        (resource.RLIMIT_NOFILE, 64),  # Qt's threads have a descriptor each
    ):
        resource.setrlimit(what, (most, most))


def _cage_windows(memory: int) -> None:
    """A job of this process alone: so much memory, no other process, gone with its handle (winnt.h)."""
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  there is no such name elsewhere

    class Limits(ctypes.Structure):
        _fields_ = [
            ("times", ctypes.c_int64 * 2), ("flags", ctypes.c_uint32), ("sets", ctypes.c_size_t * 2),
            ("processes", ctypes.c_uint32), ("affinity", ctypes.c_size_t), ("classes", ctypes.c_uint32 * 2),
            ("io", ctypes.c_uint64 * 6), ("memory", ctypes.c_size_t * 4),
        ]

    limits = Limits()
    limits.flags = 0x8 | 0x100 | 0x2000  # ACTIVE_PROCESS, PROCESS_MEMORY, KILL_ON_JOB_CLOSE
    limits.processes = 1
    limits.memory[0] = memory * 2
    job = kernel.CreateJobObjectW(None, None)
    kernel.SetInformationJobObject(job, 9, ctypes.byref(limits), ctypes.sizeof(limits))
    kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
