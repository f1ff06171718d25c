"""What an offer is called at its destination: a place for each top-level name, in this try and in further ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.files.content import small_id
from lanshare.files.folder import Folder
from lanshare.files.sink.staging import Staging
from tests.harness.folders import HERE
from tests.harness.stages import TRANSFER, put


def test_a_retry_goes_where_the_rest_went(tmp_path: Path) -> None:
    (tmp_path / "in" / "album").mkdir(parents=True)
    first = Staging(tmp_path / "in", TRANSFER)
    put(first, 0, ("album", "a"), b"a")
    first.commit(1.0)
    first.stage.receipt(tmp_path / "receipt")
    first.discard()
    again = Staging(tmp_path / "in", "cd" * 16)
    again.tops.follow(tmp_path / "receipt")
    put(again, 0, ("album", "b"), b"b")
    again.commit(1.0)
    again.discard()
    assert sorted(one.name for one in (tmp_path / "in" / "album (1)").iterdir()) == ["a", "b"]
    assert list((tmp_path / "in" / "album").iterdir()) == []


def test_a_folder_that_comes_in_between_is_no_place_for_what_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody makes one of that name, with something in it, after it was seen that there is none."""
    real = HERE.make

    def late(folder: Folder, name: str, private: bool = False) -> None:
        theirs = tmp_path / "d"
        if name == "d" and not theirs.exists():
            theirs.mkdir()
            (theirs / "mine").write_bytes(b"mine")
        real(folder, name, private)

    stage = Staging(tmp_path, TRANSFER)
    monkeypatch.setattr(HERE, "make", late)
    put(stage, 0, ("d", "a"), b"a")
    stage.folder(1, ("d", "sub"))
    stage.commit(1.0)
    stage.discard()
    assert [one.name for one in (tmp_path / "d").iterdir()] == ["mine"]
    assert sorted(one.name for one in (tmp_path / "d (1)").iterdir()) == ["a", "sub"]


@pytest.mark.parametrize("inside", [(), ("mine",)])
def test_after_a_try_that_was_killed_before_it_noted_its_folder_only_an_empty_one_is_taken(
    tmp_path: Path, inside: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(folder: Folder, name: str, private: bool = False) -> None:
        (tmp_path / name).mkdir()
        raise Killed

    stage = Staging(tmp_path, TRANSFER)
    with monkeypatch.context() as patch:
        patch.setattr(HERE, "make", killed)
        with pytest.raises(Killed):
            stage.folder(0, ("d",))
    stage.close()
    for name in inside:
        (tmp_path / "d" / name).write_bytes(b"")
    again = Staging(tmp_path, TRANSFER)
    put(again, 1, ("d", "a"), b"a")
    again.commit(1.0)
    again.discard()
    place = "d (1)" if inside else "d"
    assert [one.name for one in (tmp_path / place).iterdir()] == ["a"]
    assert len([one for one in tmp_path.iterdir() if one.name.startswith("d")]) == 1 + bool(inside)


def test_a_retry_that_is_interrupted_goes_on_where_the_rest_went(tmp_path: Path) -> None:
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "mine").write_bytes(b"mine")
    first = Staging(tmp_path, TRANSFER)
    put(first, 0, ("album", "a"), b"a")
    first.commit(1.0)
    first.stage.receipt(tmp_path / "receipt")
    first.discard()
    for index, name in enumerate(("b", "c")):
        again = Staging(tmp_path, "cd" * 16)
        if name == "b":
            again.tops.follow(tmp_path / "receipt")
        put(again, index, ("album", name), name.encode())
        again.commit(1.0)
        again.close()
    assert sorted(one.name for one in (tmp_path / "album (1)").iterdir()) == ["a", "b", "c"]


def test_names_that_no_offer_listed_are_known_to_a_further_try(tmp_path: Path) -> None:
    stage = Staging(tmp_path, TRANSFER)
    for name in ("b", "c", "b"):
        stage.tops.came(name)
    stage.close()
    again = Staging(tmp_path, TRANSFER)
    assert again.tops.unlisted == {"b", "c"}
    again.discard()


def test_what_was_received_before_is_a_place_and_no_name_that_may_come(tmp_path: Path) -> None:
    """A retry goes where the rest went; which names it may bring is what was accepted of it."""
    first = Staging(tmp_path, TRANSFER)
    first.small(0, ("album", "a"), b"a", small_id(b"a"), 0)
    first.commit(1.0)
    first.stage.receipt(tmp_path / "receipt")
    first.discard()
    again = Staging(tmp_path, "cd" * 16)
    again.tops.follow(tmp_path / "receipt")
    assert again.tops.unlisted == set()
    again.discard()
