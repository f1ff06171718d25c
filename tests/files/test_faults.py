"""What errors of the disk mean for a transfer."""

from __future__ import annotations

import errno

import pytest

from lanshare.domain.errors import Code
from lanshare.files.faults import disk_fault, source_code


@pytest.mark.parametrize(("number", "code"), [
    (errno.ENOSPC, Code.DISK_FULL),
    (errno.EDQUOT, Code.DISK_FULL),
    (errno.EROFS, Code.READ_ONLY),
    (errno.EACCES, Code.NOT_PERMITTED),
    (errno.ENOENT, Code.NO_FOLDER),
    (errno.ENAMETOOLONG, Code.NAME_REFUSED),
    (errno.EIO, Code.DISK_ERROR),
    (errno.EMFILE, Code.DISK_ERROR),
])
def test_each_error_of_the_receiving_disk_has_its_code(number: int, code: Code) -> None:
    fault = disk_fault(OSError(number, "words"))
    assert (fault.code, fault.detail) == (code, "words")


@pytest.mark.parametrize(("number", "code"), [
    (errno.ENOENT, Code.FILE_VANISHED),
    (errno.ELOOP, Code.FILE_LINK),
    (errno.EIO, Code.FILE_UNREADABLE),
    (errno.EACCES, Code.FILE_UNREADABLE),
])
def test_each_error_of_a_source_has_its_code(number: int, code: Code) -> None:
    assert source_code(OSError(number, "")) is code
