"""Into which folder below the receiving one an offer goes, if the person wants what comes to be sorted. No I/O."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final, assert_never

from lanshare.domain.confusables import skeleton
from lanshare.domain.offer import EntryKind, Offer
from lanshare.domain.peer import PeerId, short_id
from lanshare.domain.settings import SortBy
from lanshare.files import names

_ENDINGS: Final = {
    "Pictures": "avif bmp gif heic heif jpeg jpg png raw svg tif tiff webp cr2 dng nef arw",
    "Videos": "avi m4v mkv mov mp4 mpeg mpg ogv webm wmv",
    "Music": "aac aif aiff flac m4a mid mp3 oga ogg opus wav wma",
    "Documents": "csv doc docx epub htm html md odp ods odt pdf ppt pptx rtf tex txt xls xlsx",
    "Archives": "7z bz2 gz iso rar tar tgz xz zip zst",
}
_KIND: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings.split()}
_FOLDERS: Final = "Folders"
_OTHER: Final = "Other"


def subfolder(sort: SortBy, sender: str, offer: Offer, today: datetime.date) -> str:
    """The name of a folder that every system can keep; empty if nothing is sorted.

    `sender`: what the one who sends is called here, see distinct(). By kind goes what is of one kind as a whole: a
    transfer stays together.
    """
    match sort:
        case SortBy.NOTHING:
            return ""
        case SortBy.DEVICE:
            return sender
        case SortBy.DAY:
            return today.isoformat()
        case SortBy.KIND:
            kinds = {_kind(top.name) if top.kind is EntryKind.FILE else _FOLDERS for top in offer.tops}
            return kinds.pop() if len(kinds) == 1 and offer.names <= len(offer.tops) else _OTHER
    assert_never(sort)


def distinct(name: str, peer: PeerId, others: Iterable[tuple[PeerId, str]]) -> str:
    """What a device's folder is called: by its name, with its id where another device could be taken for it.

    `others`: the devices that are known here. A name that cannot be one of a folder makes way for the id.
    """
    alike = skeleton(name)
    if any(one != peer and skeleton(other) == alike for one, other in others):
        name = f"{name} ({short_id(peer)})"
    try:
        return names.safe_top(name, names.System.WINDOWS)
    except names.NameRefused:
        return short_id(peer)


def _kind(name: str) -> str:
    return _KIND.get(name.rpartition(".")[2].casefold(), _OTHER)
