"""Which small files share a frame, and that such a frame is never longer than a peer accepts."""

from __future__ import annotations

from lanshare.domain.offer import NAME_BYTES, EntryKind, FileEntry
from lanshare.domain.transfer import SMALL
from lanshare.exchange.source.packing import Packing
from lanshare.wire import codec, limits
from lanshare.wire import frames as f


def entry(*parts: str) -> FileEntry:
    """A small file."""
    return FileEntry(parts, EntryKind.FILE, 1, 5, "", True)


def test_files_of_one_folder_share_a_frame_in_their_order() -> None:
    pack = Packing()
    assert pack.take() is None
    assert pack.fits(("d", "a"), 1)
    pack.add(3, entry("d", "a"), b"1", 9, bytes(32))
    assert pack.fits(("d", "b"), 1)
    assert not pack.fits(("e", "b"), 1)
    assert not pack.fits(("d", "e", "b"), 1)
    pack.add(4, entry("d", "b"), b"", 9, bytes(32))
    assert pack.take() == f.Pack(
        ("d",), (f.Packed(3, "a", 9, True, bytes(32), b"1"), f.Packed(4, "b", 9, True, bytes(32), b""))
    )
    assert pack.take() is None
    assert pack.fits(("e", "b"), 1)


def test_the_fullest_frame_is_within_the_bound() -> None:
    for size in (0, 1, SMALL):
        pack = Packing()
        index = 0
        name = "\U0001f600" * (NAME_BYTES // 4)
        while pack.fits(("d" * NAME_BYTES, name), size):
            pack.add(index, entry("d" * NAME_BYTES, name), bytes(size), 2**62, bytes(32))
            index += 1
        frame = pack.take()
        assert frame is not None
        assert len(frame.files) <= limits.PACK_FILES
        assert len(codec.encode(frame)) <= limits.DATA_FRAME
        assert len(frame.files) > 2
