"""Folders by handle and by path: links are not followed, names that are taken stay taken."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.files import folder
from lanshare.files.folder import Folder, HandleFolder, PathFolder, start_writing
from lanshare.files.space import free_bytes
from tests.harness.folders import LINKS, POSIX


@pytest.fixture(params=[pytest.param(HandleFolder, marks=POSIX), PathFolder], ids=["handles", "paths"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    """Both kinds."""
    opened = request.param.root(tmp_path)
    assert isinstance(opened, HandleFolder | PathFolder)
    yield opened
    opened.close()


def make(root: Folder, name: str, data: bytes) -> None:
    """A file in it."""
    fd = root.open_file(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, data)
    os.close(fd)


@LINKS
def test_a_link_is_no_way_in(root: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (tmp_path / "folder").symlink_to(outside)
    (tmp_path / "file").symlink_to(outside / "secret")
    for enter in (lambda: root.child("folder"), lambda: root.open_file("file", os.O_RDWR)):
        with pytest.raises(OSError, match=r"directory|symbolic") as error:
            enter()
        assert error.value.errno in (errno.ENOTDIR, errno.ELOOP)
    assert root.exists("file")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert root.exists("dangling"), "a dangling link has the name all the same"


def test_a_move_replaces_nothing(root: Folder, tmp_path: Path) -> None:
    root.make("sub")
    make(root, "1", b"new")
    below = root.child("sub")
    make(below, "name", b"old")
    with pytest.raises(FileExistsError):
        root.move("1", below, "name")
    assert ((tmp_path / "1").read_bytes(), (tmp_path / "sub" / "name").read_bytes()) == (b"new", b"old")
    root.move("1", below, "other")
    assert root.names() == ["sub"]
    assert (tmp_path / "sub" / "other").read_bytes() == b"new"
    below.close()


@pytest.mark.parametrize("links", [True, False], ids=["link and unlink", "neither"])
@POSIX
def test_a_move_without_the_systems_own_call_replaces_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    monkeypatch.setattr(folder, "_rename_exclusive", lambda *arguments: False)
    if not links:

        def refuse(*arguments: object, **more: object) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    root = HandleFolder.root(tmp_path)
    make(root, "1", b"new")
    make(root, "taken", b"old")
    with pytest.raises(FileExistsError):
        root.move("1", root, "taken")
    root.move("1", root, "free")
    assert ((tmp_path / "taken").read_bytes(), (tmp_path / "free").read_bytes()) == (b"old", b"new")
    assert not (tmp_path / "1").exists()
    root.close()


def test_what_is_gone_already_may_be_removed_again(root: Folder) -> None:
    root.remove("nothing")
    root.remove_folder("nothing")
    root.make("full")
    below = root.child("full")
    make(below, "x", b"")
    root.remove_folder("full")
    assert root.names() == ["full"], "a folder that is not empty stays"
    below.close()


def test_the_barrier_says_whether_there_is_one(root: Folder, tmp_path: Path) -> None:
    assert root.sync_all() is (isinstance(root, HandleFolder) and folder.HAS_BARRIER)
    root.sync()
    with (tmp_path / "f").open("wb") as file:
        file.write(b"x" * 10)
        file.flush()
        start_writing(file.fileno(), 0, 10)


@POSIX
def test_both_kinds_of_folder_know_how_much_room_there_is(tmp_path: Path) -> None:
    folder = HandleFolder.root(tmp_path)
    free, room, other = free_bytes(tmp_path), folder.room(), PathFolder.root(tmp_path).room()
    folder.close()
    assert 0 < room < free + 10**9
    assert abs(room - other) < 10**9


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR | os.O_CREAT])
def test_a_named_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path, flags: int) -> None:
    os.mkfifo(tmp_path / "pipe")
    inside = folder.open_folder(tmp_path)
    with pytest.raises(OSError, match="not a plain file"):
        inside.open_file("pipe", flags)
    inside.close()


def test_a_folder_that_is_not_there_and_a_file_in_its_place_are_told_apart(root: Folder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileNotFoundError):
        root.child("nothing")
    with pytest.raises(NotADirectoryError):
        root.child("file")
