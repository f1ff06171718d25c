"""An open folder: everything below it is reached through its handle, never through a path that could be swapped.

On systems without directory handles (Windows) the same calls go through paths; tested under Wine.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Final, Protocol

from lanshare.domain.offer import TIME_BOUND
from lanshare.files import quarantine
from lanshare.files.space import usable

HANDLES: Final = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC: Final = getattr(os, "O_CLOEXEC", 0)
BINARY: Final = getattr(os, "O_BINARY", 0)
"""On Windows a descriptor changes line ends in what is written unless it is opened with this."""

_DIRECTORY: Final = getattr(os, "O_DIRECTORY", 0)
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
HAS_BARRIER: Final = _libc is not None and hasattr(_libc, "syncfs")
"""Whether one call makes a whole file system durable; else each file is synced by itself."""

_STEP_NS: Final = 2_000_000_000
_RENAME_NOREPLACE: Final = 1  # linux/fs.h
_RENAME_EXCL: Final = 4  # sys/stdio.h on macOS
_SYNC_FILE_RANGE_WRITE: Final = 2
_EXCLUSIVE: Final = _RENAME_EXCL if sys.platform == "darwin" else _RENAME_NOREPLACE
_rename: Final = getattr(_libc, "renameatx_np" if sys.platform == "darwin" else "renameat2", None)

class Folder(Protocol):
    """What both kinds of folder can do. Names are single components that files/names.py has passed."""

    def close(self) -> None: ...
    def child(self, name: str) -> Folder: ...
    def make(self, name: str, private: bool = False) -> None: ...
    def open_file(self, name: str, flags: int) -> int: ...
    def new_file(self, name: str, mode: int) -> int: ...
    def exists(self, name: str) -> bool: ...
    def names(self) -> list[str]: ...
    def move(self, name: str, to: Folder, new: str) -> None: ...
    def move_folder(self, name: str, to: Folder, new: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def remove_folder(self, name: str) -> None: ...
    def stat(self, name: str) -> os.stat_result | None: ...
    def read_link(self, name: str) -> str: ...
    def make_link(self, name: str, target: str) -> None: ...
    def set_time(self, mtime_ns: int) -> None: ...
    def sync(self) -> None: ...
    def sync_all(self) -> bool: ...
    def mark(self, fd: int, name: str) -> None: ...
    def room(self) -> int: ...
    def is_ours(self, private: bool) -> bool: ...
    def inherited(self) -> tuple[object, ...]: ...


class HandleFolder:
    """A folder behind a directory handle (POSIX)."""

    def __init__(self, handle: int) -> None:
        self._fd = handle

    @classmethod
    def root(cls, path: Path) -> HandleFolder:
        """The folder a person chose; links on the way to it are theirs and are followed."""
        return cls(os.open(path, os.O_RDONLY | _DIRECTORY | _CLOEXEC))

    def close(self) -> None:
        """Give the handle back."""
        os.close(self._fd)

    def child(self, name: str) -> HandleFolder:
        """The folder `name` in this one; OSError if it is a link or anything else."""
        return HandleFolder(os.open(name, os.O_RDONLY | _DIRECTORY | _NOFOLLOW | _CLOEXEC, dir_fd=self._fd))

    def make(self, name: str, private: bool = False) -> None:
        """Make a folder, for our eyes only if `private`; FileExistsError if the name is taken by anything."""
        os.mkdir(name, 0o700 if private else 0o777, dir_fd=self._fd)

    def open_file(self, name: str, flags: int) -> int:
        """A file's descriptor; never through a link; new files are private until they are final. OSError for anything
        but a plain file: another user may have put a named pipe there, on which opening or reading would wait."""
        if sys.platform == "win32":
            raise NotImplementedError
        fd = os.open(name, flags | _NOFOLLOW | _CLOEXEC | os.O_NONBLOCK, 0o600, dir_fd=self._fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a plain file", name)
        return fd

    def new_file(self, name: str, mode: int) -> int:
        """The descriptor of a file made here, for writing, with its final mode; FileExistsError if it is there."""
        return os.open(name, _NEW, mode, dir_fd=self._fd)

    def exists(self, name: str) -> bool:
        """Whether anything, a dangling link included, has this name."""
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def names(self) -> list[str]:
        """All names in this folder, sorted."""
        return sorted(os.listdir(self._fd))

    def move(self, name: str, to: Folder, new: str) -> None:
        """Give a file its name in another folder; FileExistsError, and nothing changed, if that is taken."""
        assert isinstance(to, HandleFolder)
        if _rename_exclusive(self._fd, name, to._fd, new):
            return
        try:
            os.link(name, new, src_dir_fd=self._fd, dst_dir_fd=to._fd, follow_symlinks=False)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS):
                raise
            # No hard links (FAT, some network shares): reserve the name, then replace our own empty file.
            os.close(to.open_file(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.rename(name, new, src_dir_fd=self._fd, dst_dir_fd=to._fd)
            return
        os.unlink(name, dir_fd=self._fd)

    def move_folder(self, name: str, to: Folder, new: str) -> None:
        """Give a folder its place in another one; FileExistsError, and nothing changed, if the name is taken."""
        assert isinstance(to, HandleFolder)
        if _rename_exclusive(self._fd, name, to._fd, new):
            return
        to.make(new, private=True)  # what is renamed may replace an empty folder: our own, if it still is empty
        try:
            os.rename(name, new, src_dir_fd=self._fd, dst_dir_fd=to._fd)
        except OSError:
            to.remove_folder(new)
            raise

    def is_ours(self, private: bool) -> bool:
        """Whether this folder belongs to this user; `private`: and nobody else may read or write in it."""
        if sys.platform == "win32":
            raise NotImplementedError
        info = os.fstat(self._fd)
        if info.st_uid != os.geteuid() or (private and info.st_mode & 0o022):
            return False
        if private and info.st_mode & 0o055:
            os.fchmod(self._fd, 0o700)  # others could look into it, and no more: a copy, or another umask
        return True

    def inherited(self) -> tuple[object, ...]:
        """What decides the group and the rights of what is made in this folder."""
        info = os.fstat(self._fd)
        listed = b""
        if sys.platform == "linux":
            with contextlib.suppress(OSError):  # none, or a file system without
                listed = os.getxattr(self._fd, "system.posix_acl_default")
        return info.st_gid, info.st_mode & stat.S_ISGID, listed

    def mark(self, fd: int, name: str) -> None:
        """Mark an open file as one that came from elsewhere."""
        quarantine.mark(fd, None)

    def room(self) -> int:
        """Bytes that may still be written to this file system."""
        if sys.platform == "win32":
            raise NotImplementedError
        info = os.statvfs(self._fd)
        return usable(info.f_bavail * info.f_frsize, info.f_blocks * info.f_frsize)

    def remove(self, name: str) -> None:
        """Remove a file of ours; it may be gone already."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._fd)

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder of ours; it may be gone already, or not be empty."""
        try:
            os.rmdir(name, dir_fd=self._fd)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise

    def stat(self, name: str) -> os.stat_result | None:
        """What has this name, links not followed; None if nothing has."""
        try:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read_link(self, name: str) -> str:
        """Where a link of this name leads."""
        return os.readlink(name, dir_fd=self._fd)

    def make_link(self, name: str, target: str) -> None:
        """Make a symbolic link; FileExistsError if the name is taken."""
        os.symlink(target, name, dir_fd=self._fd)

    def set_time(self, mtime_ns: int) -> None:
        """This folder's own modification time; OverflowError if what it has then is another one."""
        os.utime(self._fd, ns=(mtime_ns, mtime_ns))
        _same_time(os.stat(self._fd).st_mtime_ns, mtime_ns)

    def sync(self) -> None:
        """Make the names in this folder durable."""
        try:
            os.fsync(self._fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise

    def sync_all(self) -> bool:
        """One barrier for all written to this file system so far (syncfs); False where there is none."""
        if _libc is None or not hasattr(_libc, "syncfs"):
            return False
        if _libc.syncfs(self._fd) != 0:
            number = ctypes.get_errno()
            if number == errno.ENOSYS:
                return False
            raise OSError(number, os.strerror(number))
        return True


class PathFolder:
    """A folder behind its path, for systems without directory handles."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def root(cls, path: Path) -> PathFolder:
        """The folder a person chose."""
        if not path.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return cls(path)

    def close(self) -> None:
        """Nothing is held."""

    def child(self, name: str) -> PathFolder:
        """The folder `name` in this one; OSError if it is a link or anything else."""
        path = self._path / name
        if not os.path.lexists(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        if path.is_symlink() or getattr(path, "is_junction", bool)() or not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        return PathFolder(path)

    def make(self, name: str, private: bool = False) -> None:
        """Make a folder, for our eyes only if `private`; FileExistsError if the name is taken by anything."""
        (self._path / name).mkdir(0o700 if private else 0o777)

    def open_file(self, name: str, flags: int) -> int:
        """A file's descriptor; never through a link."""
        path = self._path / name
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        return os.open(path, flags | BINARY | _CLOEXEC, 0o600)

    def new_file(self, name: str, mode: int) -> int:
        """The descriptor of a file made here, for writing, with its final mode; FileExistsError if it is there."""
        return os.open(self._path / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY | _CLOEXEC, mode)

    def exists(self, name: str) -> bool:
        """Whether anything, a dangling link included, has this name."""
        return os.path.lexists(self._path / name)

    def names(self) -> list[str]:
        """All names in this folder, sorted."""
        return sorted(os.listdir(self._path))

    def move(self, name: str, to: Folder, new: str) -> None:
        """Give a file its name in another folder; FileExistsError, and nothing changed, if that is taken."""
        assert isinstance(to, PathFolder)
        source, target = self._path / name, to._path / new
        if sys.platform == "win32":
            os.rename(source, target)
            return
        os.link(source, target, follow_symlinks=False)
        os.unlink(source)

    def move_folder(self, name: str, to: Folder, new: str) -> None:
        """Give a folder its place in another one; FileExistsError, and nothing changed, if the name is taken."""
        assert isinstance(to, PathFolder)
        if sys.platform != "win32":
            to.make(new)
        os.rename(self._path / name, to._path / new)

    def is_ours(self, private: bool) -> bool:
        """Not known without handles: access lists decide there (not verified on Windows)."""
        return True

    def inherited(self) -> tuple[object, ...]:
        """Nothing that is known here: access lists are inherited, and both folders are below one of the person's."""
        return ()

    def mark(self, fd: int, name: str) -> None:
        """Mark an open file as one that came from elsewhere."""
        quarantine.mark(fd, self._path / name)

    def room(self) -> int:
        """Bytes that may still be written to this file system."""
        usage = shutil.disk_usage(self._path)
        return usable(usage.free, usage.total)

    def remove(self, name: str) -> None:
        """Remove a file of ours; it may be gone already."""
        (self._path / name).unlink(missing_ok=True)

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder of ours; it may be gone already, or not be empty."""
        try:
            (self._path / name).rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise

    def stat(self, name: str) -> os.stat_result | None:
        """What has this name, links not followed; None if nothing has."""
        try:
            return (self._path / name).lstat()
        except FileNotFoundError:
            return None

    def read_link(self, name: str) -> str:
        """Where a link of this name leads."""
        return os.readlink(self._path / name)

    def make_link(self, name: str, target: str) -> None:
        """Make a symbolic link; FileExistsError if the name is taken."""
        (self._path / name).symlink_to(target)

    def set_time(self, mtime_ns: int) -> None:
        """This folder's own modification time; OverflowError if what it has then is another one."""
        os.utime(self._path, ns=(mtime_ns, mtime_ns))
        _same_time(self._path.stat().st_mtime_ns, mtime_ns)

    def sync(self) -> None:
        """Names are made durable by the file system itself where folders cannot be opened."""

    def sync_all(self) -> bool:
        """There is no barrier for all: each file must be synced."""
        return False


def _same_time(kept_ns: int, wanted_ns: int) -> None:
    """A file system clamps what it has no number for, and says nothing. FAT counts in steps of two seconds."""
    if abs(kept_ns - wanted_ns) > _STEP_NS or abs(wanted_ns) >= TIME_BOUND:
        raise OverflowError("the time is kept as another one")


def open_folder(path: Path) -> Folder:
    """The folder at `path`, by handle where the system has handles."""
    return HandleFolder.root(path) if HANDLES else PathFolder.root(path)


def read_into(fd: int, buffer: memoryview) -> int:
    """Read on from where a descriptor stands; the number of bytes, 0 at the end."""
    if sys.platform != "win32" and hasattr(os, "readv"):
        return os.readv(fd, [buffer])
    data = os.read(fd, len(buffer))
    buffer[: len(data)] = data
    return len(data)


def read_at(fd: int, count: int, offset: int) -> bytes:
    """So many bytes from a place in a file, fewer at its end.

    Where there is no pread (Windows), the descriptor stands behind them afterwards: it is one thread's own, which says
    where it writes.
    """
    if sys.platform != "win32" and hasattr(os, "pread"):
        return os.pread(fd, count, offset)
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, count)


def start_writing(fd: int, offset: int, length: int) -> None:
    """Ask the kernel to begin writing a range back now, so that the barrier at the end finds little left."""
    if sys.platform == "linux" and _libc is not None:
        _libc.sync_file_range(fd, ctypes.c_int64(offset), ctypes.c_int64(length), _SYNC_FILE_RANGE_WRITE)


def _rename_exclusive(from_fd: int, name: str, to_fd: int, new: str) -> bool:
    """Rename without replacing. False where the system or the file system cannot; FileExistsError if taken."""
    if _rename is None:
        return False
    if _rename(from_fd, os.fsencode(name), to_fd, os.fsencode(new), _EXCLUSIVE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), new)
