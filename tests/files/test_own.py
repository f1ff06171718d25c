"""Folders of our own among those of others; where a file system knows no owners, the first name has to do."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from lanshare.files import own
from lanshare.files.folder import open_folder
from tests.harness.folders import HERE, MODES


@MODES
def test_it_is_made_once_private_and_found_again(tmp_path: Path) -> None:
    with contextlib.closing(open_folder(tmp_path)) as root:
        assert own.find(root, ".x", private=True) is None
        made, name = own.make(root, ".x", private=True)
        made.close()
        assert (name, (tmp_path / ".x").stat().st_mode & 0o777) == (".x", 0o700)
        again, name = own.make(root, ".x", private=True)
        again.close()
        assert name == ".x"
    assert [one.name for one in tmp_path.iterdir()] == [".x"]


@MODES
def test_one_that_others_may_look_into_is_not_used_for_what_is_private(tmp_path: Path) -> None:
    (tmp_path / ".x").mkdir(mode=0o777)
    (tmp_path / ".x").chmod(0o777)
    (tmp_path / "link").mkdir()
    first, second = list(own.candidates(".x"))[1:3]
    (tmp_path / first).symlink_to("link")
    with contextlib.closing(open_folder(tmp_path)) as root:
        made, name = own.make(root, ".x", private=True)
        made.close()
        assert name == second
        shared, name = own.make(root, ".x", private=False)
        shared.close()
        assert name == ".x"


def test_where_nothing_has_an_owner_the_first_name_has_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HERE, "is_ours", lambda self, private: False)
    with contextlib.closing(open_folder(tmp_path)) as root:
        assert not own.has_owners(root, ".x")
        for _ in range(2):
            made, name = own.make(root, ".x", private=True)
            made.close()
            assert name == ".x"
    assert [one.name for one in tmp_path.iterdir()] == [".x"], "what was tried out is gone"


def test_where_all_names_are_taken_it_is_an_error(tmp_path: Path) -> None:
    for name in own.candidates(".x"):
        (tmp_path / name).write_text("taken")
    with contextlib.closing(open_folder(tmp_path)) as root, pytest.raises(PermissionError):
        own.make(root, ".x", private=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two user ids, and so root")
def test_a_folder_within_ours_that_another_user_put_there_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "ours" / "theirs").mkdir(parents=True)
    os.chown(tmp_path / "ours" / "theirs", 65534, 65534)
    with contextlib.closing(open_folder(tmp_path)) as root, contextlib.closing(root.child("ours")) as ours:
        own.child(root, "ours", ours, "fresh").close()
        own.child(root, "ours", ours, "fresh").close()
        with pytest.raises(PermissionError):
            own.child(root, "ours", ours, "theirs")
    assert sorted(one.name for one in (tmp_path / "ours").iterdir()) == ["fresh", "theirs"]
