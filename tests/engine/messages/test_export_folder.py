"""What is saved stays ours, also where another user may write in the folder that it is saved into."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.engine.messages.export_folder import ExportFolder

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="folders are held by handle on POSIX")


def source(folder: Path) -> Path:
    """A folder with files, one of them readable by all, and a link out of it."""
    album = folder / "album"
    (album / "inner").mkdir(parents=True)
    (album / "inner" / "a.txt").write_text("mine")
    (album / "inner" / "a.txt").chmod(0o644)
    (folder / "secret").write_text("not to be copied")
    (album / "link").symlink_to(folder / "secret")
    return album


def test_files_and_folders_are_copied_for_our_eyes_only_and_links_stay_links(tmp_path: Path) -> None:
    album = source(tmp_path)
    place = ExportFolder(tmp_path, "Anna")
    assert [place.copy(album), place.copy(album), place.copy(album / "inner" / "a.txt")] == [
        "album", "album (1)", "a.txt"
    ]
    place.close()
    copied = place.path / "files" / "album" / "inner" / "a.txt"
    assert copied.read_text() == "mine"
    assert (place.path / "files" / "album" / "link").is_symlink()
    if sys.platform != "win32":
        for path in [place.path, *place.path.rglob("*")]:
            assert path.is_symlink() or not stat.S_IMODE(path.stat().st_mode) & 0o077, path


@POSIX
def test_a_folder_that_is_put_in_its_place_gets_nothing(tmp_path: Path) -> None:
    """Another user renames it away, and puts one of his there, with a link to where he would have the files."""
    album = source(tmp_path)
    elsewhere = tmp_path / "autostart"
    elsewhere.mkdir()
    place = ExportFolder(tmp_path, "Anna")
    os.rename(place.path, tmp_path / "moved")
    place.path.mkdir()
    (place.path / "files").symlink_to(elsewhere)
    with place.text("conversation.html") as page:
        page.write("words")
    place.copy(album / "inner" / "a.txt")
    place.close()
    assert not list(elsewhere.iterdir())
    assert [one.name for one in place.path.iterdir()] == ["files"]
    assert (tmp_path / "moved" / "files" / "a.txt").read_text() == "mine"
    assert (tmp_path / "moved" / "conversation.html").read_text() == "words"


@POSIX
def test_a_link_or_a_pipe_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    place = ExportFolder(tmp_path, "x")
    os.mkfifo(tmp_path / "pipe")
    assert place.copy(tmp_path / "pipe") == ""
    place.close()


@pytest.mark.parametrize("name", ["\U0001f600" * 64, "x" * 300, "a/b\\c:d", "...", "", "x." + "y" * 250])
def test_any_name_makes_a_folder_and_the_next_one_gets_a_number(tmp_path: Path, name: str) -> None:
    one, other = ExportFolder(tmp_path, name), ExportFolder(tmp_path, name)
    assert one.path.is_dir()
    assert other.path.is_dir()
    assert one.path != other.path
    one.close()
    other.close()


def test_where_nothing_can_be_made_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(LanshareError) as error:
        ExportFolder(tmp_path / "nowhere", "x")
    assert error.value.code == Code.NO_FOLDER
