"""What is offered against what is there, and which folders are merged."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.offer import ConflictPolicy, EntryKind, FileEntry
from lanshare.files.content import Content, small_id
from lanshare.files.folder import HandleFolder, PathFolder
from lanshare.files.names import NameRefused
from lanshare.files.sink.compare import Alike, Have, Likeness, Matching, Unwanted, compare
from lanshare.files.sink.staging import Staging
from tests.harness.folders import HERE, LINKS

TIME = 1_600_000_000_000_000_000
MINUTE = 60_000_000_000


def file(path: Path, data: bytes, time: int = TIME) -> None:
    """A file that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(time, time))


def offered(name: str, size: int, time: int = TIME, kind: EntryKind = EntryKind.FILE) -> FileEntry:
    """An entry of an offer."""
    return FileEntry(tuple(name.split("/")), kind, size, time)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A receiving folder with things in it."""
    root = tmp_path / "in"
    file(root / "album" / "same", b"12345")
    file(root / "album" / "newer", b"12345", TIME + 60 * 10**9)
    file(root / "album" / "longer", b"123456")
    file(root / "top", b"12345")
    file(root / "other" / "x", b"unlike")
    (root / "album" / "link").symlink_to("same")
    (root / "out").symlink_to(tmp_path)
    return root


ENTRIES = [
    offered("album", 0, kind=EntryKind.FOLDER),
    offered("album/same", 5),
    offered("album/newer", 5),
    offered("album/longer", 5),
    offered("album/new", 5),
    offered("album/link", 5),
    offered("top", 5, TIME + 10**9),
    offered("other", 0, kind=EntryKind.FOLDER),
    offered("other/x", 5),
    offered("out/in/top", 5),
    offered("../in/top", 5),
]


@LINKS
def test_each_entry_is_like_what_is_there_or_not(there: Path) -> None:
    root = HERE.root(there)
    found = {"/".join(entry.parts): likeness for _, entry, likeness in compare(root, enumerate(ENTRIES))}
    root.close()
    assert found == {
        "album": Likeness.SAME,
        "album/same": Likeness.SAME,
        "album/newer": Likeness.DIFFERS,
        "album/longer": Likeness.DIFFERS,
        "album/new": Likeness.NEW,
        "album/link": Likeness.DIFFERS,
        "top": Likeness.SAME,
        "other": Likeness.SAME,
        "other/x": Likeness.DIFFERS,
        "out/in/top": Likeness.NEW,
        "../in/top": Likeness.NEW,
    }


def matches(there: Path, clash: ConflictPolicy) -> Iterator[tuple[str, str]]:
    """What would be said to the sender."""
    stage = Staging(there, "ab" * 16, clash=clash)
    matching = Matching(stage, clash)
    try:
        for found in [*matching.piece(0, ENTRIES[:4]), *matching.piece(4, ENTRIES[4:9])]:
            if isinstance(found, Have):
                content = Content()
                content.update(b"12345")
                assert found.content == content.id()
                matching.agrees(found)
                yield "have", "/".join(found.entry.parts)
            elif isinstance(found, Unwanted):
                yield "unwanted", "/".join(found.entry.parts)
        for top in ("album", "other"):
            yield "merged" if stage.tops.places.get(top) == top else "apart", top
    finally:
        matching.close()
        stage.discard()


def test_a_folder_that_came_before_is_merged_and_another_of_its_name_is_not(there: Path) -> None:
    assert list(matches(there, ConflictPolicy.KEEP)) == [
        ("have", "album/same"),
        ("have", "top"),
        ("merged", "album"),
        ("apart", "other"),
    ]


@LINKS
def test_skipping_leaves_what_differs_and_replacing_asks_for_it(there: Path) -> None:
    assert list(matches(there, ConflictPolicy.SKIP)) == [
        ("have", "album/same"),
        ("unwanted", "album/newer"),
        ("unwanted", "album/longer"),
        ("unwanted", "album/link"),
        ("have", "top"),
        ("unwanted", "other/x"),
        ("merged", "album"),
        ("merged", "other"),
    ]
    assert list(matches(there, ConflictPolicy.REPLACE)) == [
        ("have", "album/same"),
        ("have", "top"),
        ("merged", "album"),
        ("merged", "other"),
    ]


def test_a_file_is_named_before_it_is_read(there: Path) -> None:
    file(there / "large", b"7" * 2_000_000)
    stage = Staging(there, "ab" * 16)
    matching = Matching(stage, ConflictPolicy.KEEP)
    found = [one for one in matching.piece(3, [offered("large", 2_000_000)]) if one is not None]
    matching.close()
    stage.discard()
    assert [(type(one), one.index) for one in found] == [(Alike, 3), (Have, 3)]


@pytest.mark.parametrize("agrees", [[], ["empty"], ["top"], ["album/same"]])
def test_only_a_file_of_it_that_the_source_has_merges_a_folder(there: Path, agrees: list[str]) -> None:
    file(there / "album" / "empty", b"")
    stage = Staging(there, "ab" * 16)
    matching = Matching(stage, ConflictPolicy.KEEP)
    have = {
        "/".join(one.entry.parts): one
        for one in matching.piece(0, [*ENTRIES[:7], offered("album/empty", 0)])
        if isinstance(one, Have)
    }
    assert set(have) == {"album/same", "album/empty", "top"}
    for name in agrees:
        matching.agrees(have[name if name in have else f"album/{name}"])
    merged = agrees == ["album/same"]
    assert [matching.is_merged(have[name]) for name in have] == [merged, True, merged]
    assert stage.tops.places.get("album") == ("album" if merged else None)
    matching.close()
    stage.discard()


@pytest.mark.parametrize("size", [0, 5, 256 * 1024, 300_000])
def test_a_file_that_is_longer_than_it_was_when_it_was_looked_at_is_not_the_same(
    there: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(there / "grows", b"7" * (size + 1))
    monkeypatch.setattr("lanshare.files.sink.compare._Finder.likeness", lambda finder, path, entry: Likeness.SAME)
    stage = Staging(there, "ab" * 16)
    matching = Matching(stage, ConflictPolicy.KEEP)
    assert [one for one in matching.piece(0, [offered("grows", size)]) if isinstance(one, Have) and one.content] == []
    matching.close()
    stage.discard()


def said(
    into: Path, entries: list[FileEntry], clash: ConflictPolicy = ConflictPolicy.KEEP
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """What we have, under which names, and where each folder's content would go if the source has the same."""
    stage = Staging(into, "ab" * 16, clash=clash)
    matching = Matching(stage, clash)
    try:
        found = []
        for one in matching.piece(0, entries):
            if isinstance(one, Have):
                found.append(("/".join(one.entry.parts), one.path[-1]))
                matching.agrees(one)
        matching.finish()
        return found, dict(stage.tops.places)
    finally:
        matching.close()
        stage.discard()


def test_what_got_a_number_when_it_came_before_is_found_under_that(tmp_path: Path) -> None:
    root = tmp_path / "in"
    file(root / "album" / "same", b"12345")
    file(root / "album" / "text.txt", b"first")
    file(root / "album" / "text (1).txt", b"2nd", TIME + 9 * MINUTE)
    file(root / "album" / "text (2).txt", b"third", TIME + 7 * MINUTE)
    file(root / "top.txt", b"first")
    file(root / "top (1).txt", b"third", TIME + 7 * MINUTE)
    again = [
        offered("album/same", 5),
        offered("album/text.txt", 5, TIME + 7 * MINUTE),
        offered("top.txt", 5, TIME + 7 * MINUTE),
    ]
    found, places = said(root, again)
    assert found == [("album/same", "same"), ("album/text.txt", "text (2).txt"), ("top.txt", "top (1).txt")]
    assert places == {"album": "album"}
    changed = [
        offered("album/same", 5),
        offered("album/text.txt", 5, TIME + 99 * MINUTE),
        offered("top.txt", 5, TIME + 99 * MINUTE),
    ]
    assert said(root, changed)[0] == [("album/same", "same")], "what is like none of them is sent"
    assert said(
        root, again, ConflictPolicy.REPLACE
    )[0] == [("album/same", "same")], "a copy does not stand for what is replaced"


def test_a_folder_that_got_a_number_when_it_came_before_is_gone_on_with(tmp_path: Path) -> None:
    root = tmp_path / "in"
    file(root / "album" / "other", b"another album")
    file(root / "album (1)" / "mine", b"12345")
    file(root / "album (2)" / "sub" / "deep", b"12345")
    mine = [offered("album", 0, kind=EntryKind.FOLDER), offered("album/new", 1), offered("album/mine", 5)]
    assert said(root, mine) == ([("album/mine", "mine")], {"album": "album (1)"})
    deep = [offered("album", 0, kind=EntryKind.FOLDER), offered("album/sub/deep", 5), offered("album/mine", 5)]
    found, places = said(root, deep)
    assert len(found) == 1
    assert places == {"album": "album (1)"}, "one place for all of a folder; of equals the first"


def test_one_file_that_a_numbered_folder_has_does_not_outweigh_the_folder_itself(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for number in range(5):
        file(root / "album" / f"{number}.jpg", b"newer")
        file(root / "album (1)" / f"{number}.jpg", b"older", TIME - 60 * MINUTE)
    back = [offered("album/0.jpg", 5, TIME - 60 * MINUTE), *(offered(f"album/{one}.jpg", 5) for one in range(1, 5))]
    found, places = said(root, back)
    assert places == {"album": "album"}
    assert [entry for entry, _ in found] == [f"album/{one}.jpg" for one in range(1, 5)]


def test_the_place_of_one_folder_is_not_taken_for_another_one_of_its_name(tmp_path: Path) -> None:
    root = tmp_path / "in"
    file(root / "album" / "a", b"unlike")
    file(root / "album (1)" / "shared", b"12345")
    stage = Staging(root, "ab" * 16)
    stage.tops.merge("album (1)", "album (1)")
    matching = Matching(stage, ConflictPolicy.KEEP)
    assert [one for one in matching.piece(0, [offered("album/shared", 5)]) if isinstance(one, Have)] == []
    matching.close()
    stage.discard()


def test_folders_without_files_or_with_empty_ones_are_not_doubled_and_nothing_is_merged_by_them(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "plan" / "2024").mkdir(parents=True)
    file(root / "plan" / "2024" / "none", b"")
    empty = [offered("plan", 0, kind=EntryKind.FOLDER), offered("plan/2024", 0, kind=EntryKind.FOLDER)]
    for entries, there in (
        (empty, 2),
        ([*empty, offered("plan/2025", 0, kind=EntryKind.FOLDER)], 0),
        ([*empty, offered("plan/2024/x", 1)], 0),
        ([*empty, offered("plan/2024/none", 0)], 3),
        ([*empty, offered("plan/2024/no", 0)], 0),
    ):
        stage = Staging(root, "ab" * 16)
        matching = Matching(stage, ConflictPolicy.KEEP)
        assert not [one for one in matching.piece(0, entries) if isinstance(one, Unwanted)]
        matching.finish()
        matching.close()
        assert len([index for index in range(len(entries)) if stage.is_confirmed(index)]) == there
        # Whoever sends what was not listed gets a folder of its own for it.
        stage.small(9, ("plan", "2024", "not listed"), b"x", small_id(b"x"), TIME)
        stage.commit(1.0)
        assert (root / "plan (1)" / "2024" / "not listed").read_bytes() == b"x"
        assert [one.name for one in (root / "plan" / "2024").iterdir()] == ["none"]
        stage.discard()
        shutil.rmtree(root / "plan (1)")


@pytest.mark.parametrize("kind", [HERE] if HERE is PathFolder else [HandleFolder, PathFolder])
@pytest.mark.parametrize("name", [".config", ".lanshare-incoming", "..", "a/b", "..\\x"])
def test_a_name_that_is_escaped_here_never_leads_to_what_has_it_unescaped(
    tmp_path: Path, name: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lanshare.files.sink.compare.open_folder", kind.root)  # type: ignore[attr-defined]
    root = tmp_path / "in"
    (root / ".config").mkdir(parents=True)
    folder = FileEntry((name,), EntryKind.FOLDER, 0, TIME)
    for turn in range(2):
        stage = Staging(root, f"{turn:032x}")
        matching = Matching(stage, ConflictPolicy.KEEP)
        assert [*matching.piece(0, [folder])] == []
        matching.finish()
        matching.close()
        with contextlib.suppress(NameRefused):
            stage.folder(0, (name,))
            stage.small(1, (name, "evil"), b"x", small_id(b"x"), TIME)
        stage.commit(1.0)
        stage.discard()
    assert [*(root / ".config").iterdir()] == []
    assert not (tmp_path / "x").exists()
    assert {one.name for one in tmp_path.iterdir()} == {"in"}


def test_the_offer_card_counts_what_got_a_number_as_the_same(tmp_path: Path) -> None:
    file(tmp_path / "album" / "x", b"1")
    file(tmp_path / "album (1)" / "same", b"12345")
    file(tmp_path / "album (1)" / "text", b"first")
    file(tmp_path / "album (1)" / "text (1)", b"12345")
    entries = [offered("album/same", 5), offered("album/text", 5), offered("album/new", 5)]
    root = HERE.root(tmp_path)
    assert [likeness for _, _, likeness in compare(root, enumerate(entries))] == ["same", "same", "new"]
    root.close()
