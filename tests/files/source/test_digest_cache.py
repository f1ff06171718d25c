"""The memo of a large source: believed only if everything about it fits."""

from __future__ import annotations

from pathlib import Path

from lanshare.files.source.digest_cache import Memo, memo_path

STAMP = [1, 2, 3, 4, 5]
ONE, TWO = b"1" * 32, b"2" * 32


def test_digests_are_there_after_a_crash_for_the_same_file_only(tmp_path: Path) -> None:
    memo = Memo(memo_path(tmp_path / "list"))
    assert memo.read(STAMP) == []
    memo.begin(STAMP, [ONE])
    memo.add(TWO)
    assert Memo(memo_path(tmp_path / "list")).read(STAMP) == [ONE, TWO]
    assert memo.read([1, 2, 3, 4, 6]) == []
    memo.begin([9, 9, 9, 9, 9], [])
    assert memo.read(STAMP) == []
    memo.close()


def test_a_damaged_memo_is_as_if_there_were_none(tmp_path: Path) -> None:
    path = memo_path(tmp_path / "list")
    memo = Memo(path)
    memo.begin(STAMP, [ONE, TWO])
    memo.close()
    path.write_bytes(path.read_bytes()[:-5])
    assert memo.read(STAMP) == [ONE]
    path.write_bytes(b"\xff" * 400)
    assert memo.read(STAMP) == []


def test_a_memo_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "no" / "folder")
    memo.begin(STAMP, [ONE])
    memo.add(TWO)
    memo.close()
    assert memo.read(STAMP) == []
