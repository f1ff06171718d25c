"""What the operating system's errors mean for a transfer: one table from errno to Code."""

from __future__ import annotations

import errno
from typing import Final

from lanshare.domain.errors import Code, LanshareError

_DISK: Final = {
    errno.ENOSPC: Code.DISK_FULL,
    errno.EDQUOT: Code.DISK_FULL,
    errno.EFBIG: Code.DISK_FULL,
    errno.EROFS: Code.READ_ONLY,
    errno.EACCES: Code.NOT_PERMITTED,
    errno.EPERM: Code.NOT_PERMITTED,
    errno.EINVAL: Code.NAME_REFUSED,
    errno.ENAMETOOLONG: Code.NAME_REFUSED,
    errno.EILSEQ: Code.NAME_REFUSED,
    errno.ENOENT: Code.NO_FOLDER,
    errno.ENOTDIR: Code.NO_FOLDER,
    errno.ENODEV: Code.NO_FOLDER,
    errno.ENXIO: Code.NO_FOLDER,
}

UNFIT: Final = frozenset({errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ, errno.ENOTDIR, errno.ELOOP, errno.EPERM})
"""What a file system says to a name it cannot hold, or that something else stands in the way of."""


class DiskFault(LanshareError):
    """The receiving side's disk does not take what arrives; what is kept so far stays."""


class SourceFault(LanshareError):
    """One file cannot be sent to its end; the others go on."""


def disk_fault(error: OSError, where: str = "") -> DiskFault:
    """A DiskFault that says what an OSError on the receiving side means."""
    return DiskFault(_DISK.get(error.errno or 0, Code.DISK_ERROR), where or (error.strerror or ""))


def source_code(error: OSError) -> Code:
    """What an OSError on the sending side means for the file at hand."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return Code.FILE_VANISHED
    if error.errno == errno.ELOOP:
        return Code.FILE_LINK
    return Code.FILE_UNREADABLE
