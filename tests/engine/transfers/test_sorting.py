"""What comes is sorted into folders that every system can keep, and nobody gets into another one's."""

from __future__ import annotations

import datetime

import pytest

from lanshare.domain.offer import EntryKind, Offer, TopEntry
from lanshare.domain.peer import PeerId
from lanshare.domain.settings import SortBy
from lanshare.engine.transfers.sorting import distinct, subfolder

TODAY = datetime.date(2026, 11, 28)
ANNA, EVE = PeerId("a" * 52), PeerId("e" * 52)


def offer(*tops: str, more: int = 0) -> Offer:
    """Of files, and folders whose names end in a slash."""
    made = tuple(
        TopEntry(top.rstrip("/"), EntryKind.FOLDER if top.endswith("/") else EntryKind.FILE, 1, 1) for top in tops
    )
    return Offer(made, len(made) + more, len(made), len(made), True)


@pytest.mark.parametrize(("sort", "folder"), [
    (SortBy.NOTHING, ""), (SortBy.DEVICE, "Anna's laptop"), (SortBy.DAY, "2026-11-28"), (SortBy.KIND, "Pictures"),
])
def test_each_way_of_sorting_has_its_folder(sort: SortBy, folder: str) -> None:
    assert subfolder(sort, "Anna's laptop", offer("a.jpg"), TODAY) == folder


@pytest.mark.parametrize(("tops", "folder"), [
    (("a.JPG", "b.heic"), "Pictures"), (("a.mkv",), "Videos"), (("a.flac", "b.mp3"), "Music"),
    (("a.pdf",), "Documents"), (("a.tar.gz",), "Archives"), (("a.jpg", "b.pdf"), "Other"), (("album/",), "Folders"),
    (("album/", "a.jpg"), "Other"), (("noending",), "Other"), ((".jpg",), "Pictures"), (("a.exe",), "Other"),
    (("pictures.jpg/",), "Folders"), ((), "Other"),
])
def test_what_is_of_one_kind_goes_to_it_and_a_transfer_stays_together(tops: tuple[str, ...], folder: str) -> None:
    assert subfolder(SortBy.KIND, "Anna", offer(*tops), TODAY) == folder


def test_names_that_were_not_listed_may_be_of_any_kind() -> None:
    assert subfolder(SortBy.KIND, "Anna", offer("a.jpg", more=1), TODAY) == "Other"


@pytest.mark.parametrize(("name", "folder"), [
    ("Anna's laptop", "Anna's laptop"), ("明日", "明日"), ("a:b", "a％3Ab"), ("con", "％63on"), ("dot.", "dot％2E"),
    ("..", "aaaaaaaa"), ("a/b", "aaaaaaaa"), ("", "aaaaaaaa"), (".lanshare-incoming", "％2Elanshare-incoming"),
    (".hidden", "％2Ehidden"), ("Undone by lanshare", "％55ndone by lanshare"), ("\U0001f600" * 64, "aaaaaaaa"),
    ("n\u202eame", "n％E2％80％AEame"),
])
def test_a_devices_folder_has_a_name_that_every_system_can_keep(name: str, folder: str) -> None:
    assert distinct(name, ANNA, [(ANNA, name)]) == folder


@pytest.mark.parametrize("alike", ["Anna", "anna", "Аnna", "An\u200bna"])
def test_whoever_could_be_taken_for_another_gets_a_folder_of_its_own(alike: str) -> None:
    known = [(ANNA, "Anna"), (PeerId("b" * 52), "Bob")]
    assert distinct("Anna", ANNA, known) == "Anna"
    assert "eeeeeeee" in distinct(alike, EVE, known)
    assert distinct(alike, EVE, known) != distinct("Anna", ANNA, [*known, (EVE, alike)])
