"""Which received files a click may open: documents of kinds that run nothing, if content and ending agree.

A desktop chooses a program by the ending, by the content, or by both. So a file is opened only if it is of a kind in
this list by either; everything else is shown in its folder. Office files with macros are none of these kinds.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

_HEAD: Final = 64 * 1024
_DIRECTORY: Final = 1024 * 1024
"""Bytes of a document's list of parts that are looked through."""

_BEGINS: Final = (
    "#!", "%!", "@echo", "{\\rtf", "<html", "<!doctype", "<script", "<?xml", "<!--",
    "<a ", "<body", "<head", "<title", "<meta", "<link", "<style",
    "<iframe", "<table", "<svg", "<hta", "<job", "[desktop entry]",
    "[internetshortcut]", "[.shellclassinfo]", "[shell]", "[autorun]", "[unit]", "[reg", "windows registry editor",
)
"""How text begins that some desktop runs, or takes for a page or a shortcut."""

_MARKUP: Final = (b"<html", b"<script", b"<!doctype", b"<svg", b"<body", b"<head", b"<?php", b"#!/")
"""What makes some desktop take the beginning of a picture, a sound or a film for a page or a script."""

_PARTS: Final = frozenset({
    "xml", "rels", "vml", "rdf", "png", "jpg", "jpeg", "gif", "bmp", "emf", "wmf", "svm", "tif", "tiff", "svg", "wdp",
    "mp3", "mp4", "m4a", "m4v", "mov", "wav", "fntdata", "odttf", "ttf", "otf", "docx", "xlsx", "pptx",
})
"""Endings of parts of office files that run nothing. Charts bring the table that they show, as a file without
macros."""

_FORBIDDEN: Final = (
    b"macro", b"vba", b"activex", b"oleobject", b"attachedtemplate", b"webextension", b"externallinkpath",
    b"application/x-", b"javascript",
)
"""Words of an office file's lists of kinds and relations: programs in it, under whatever name, or fetched from afar."""

_LISTS: Final = 500
"""Such lists that are looked through, and"""

_LIST: Final = 256 * 1024
"""bytes of each: more is no honest document."""

Check = Callable[[bytes, BinaryIO], bool]


def _begins(*signatures: bytes, at: int = 0) -> Check:
    return lambda head, file: any(head.startswith(one, at) for one in signatures) and not _is_markup(head)


def _riff(kind: bytes) -> Check:
    return lambda head, file: head.startswith(b"RIFF") and head[8:12] == kind and not _is_markup(head)


def _is_markup(head: bytes) -> bool:
    return any(one in head[:4096].lower() for one in _MARKUP)


def _media(head: bytes, file: BinaryIO) -> bool:
    """ISO base media: MP4, QuickTime, HEIC, AVIF."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip") and not _is_markup(head)


def _mpeg_sound(head: bytes, file: BinaryIO) -> bool:
    framed = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return (head.startswith(b"ID3") or framed) and not _is_markup(head)


def _text(head: bytes, file: BinaryIO) -> bool:
    """Text, in whatever encoding, that no desktop takes for a program, a page or a shortcut."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif b"\x00" in head or head.startswith(b"MZ\x90"):
        return False
    else:
        text = head.decode("latin-1")
    if any(char < " " and char not in "\t\n\r\f\x1b\x08" for char in text[:4096]):
        return False
    return not text.lstrip("\ufeff\xef\xbb\xbf \t\r\n").lower().startswith(_BEGINS)


def _parts(file: BinaryIO) -> Mapping[str, zipfile.ZipInfo] | None:
    """The parts of a document that is a ZIP file; None if it is none, or its list is too long to be honest.

    A list for files beyond 4 GiB (ZIP64) would be believed instead of the bounded one: there is none in a document.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read(65_557)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22 or b"PK\x06\x06" in tail or b"PK\x06\x07" in tail:
        return None
    count, length = struct.unpack_from("<HI", tail, at + 10)
    if length > _DIRECTORY or count > 10_000:
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            return {one.filename: one for one in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return None


def _names_programs(file: BinaryIO, parts: Mapping[str, zipfile.ZipInfo]) -> bool:
    """Whether a part has an ending that is none of a document's, or a list of kinds or relations names a program."""
    lists = []
    for name in parts:
        last = name.lower().replace("\\", "/").rpartition("/")[2]
        stem, dot, ending = last.rpartition(".")
        if dot and stem and ending not in _PARTS:
            return True
        if last in ("[content_types].xml", "manifest.xml") or ending == "rels":
            lists.append(name)
    if len(lists) > _LISTS:
        return True
    try:
        with zipfile.ZipFile(file) as archive:
            for name in lists:
                with archive.open(name) as part:
                    said = part.read(_LIST + 1).lower()
                if len(said) > _LIST or any(word in said for word in _FORBIDDEN):
                    return True
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return True
    return False


def _open_xml(folder: str) -> Check:
    """Word, Excel and PowerPoint without macros: no part of theirs is a program or is embedded."""

    def check(head: bytes, file: BinaryIO) -> bool:
        parts = _parts(file) if head.startswith(b"PK\x03\x04") else None
        if parts is None or "[Content_Types].xml" not in parts:
            return False
        names = [one.lower().replace("\\", "/") for one in parts]
        active = any("/activex/" in one or "/macrosheets/" in one or "vbadata" in one for one in names)
        return any(one.startswith(f"{folder}/") for one in names) and not active and not _names_programs(file, parts)

    return check


def _open_document(kind: str) -> Check:
    """OpenDocument without macros: its first part, stored, is its kind (ODF 1.3 part 2, 3.3)."""

    def check(head: bytes, file: BinaryIO) -> bool:
        word = f"mimetypeapplication/vnd.oasis.opendocument.{kind}".encode()
        parts = _parts(file) if head.startswith(b"PK\x03\x04") and head[30 : 30 + len(word)] == word else None
        if parts is None:
            return False
        names = [f"/{one.lower()}".replace("\\", "/") for one in parts]
        active = any("/basic/" in one or "/scripts/" in one for one in names)
        return not active and not _names_programs(file, parts)

    return check


_KINDS: Final[dict[str, Check]] = {
    "png": _begins(b"\x89PNG\r\n\x1a\n"), "jpg": _begins(b"\xff\xd8\xff"), "jpeg": _begins(b"\xff\xd8\xff"),
    "gif": _begins(b"GIF87a", b"GIF89a"), "bmp": _begins(b"BM"), "webp": _riff(b"WEBP"),
    "tif": _begins(b"II*\x00", b"MM\x00*"), "tiff": _begins(b"II*\x00", b"MM\x00*"),
    "heic": _media, "heif": _media, "avif": _media,
    "txt": _text, "md": _text, "csv": _text, "tsv": _text, "log": _text, "json": _text, "srt": _text, "ics": _text,
    "pdf": lambda head, file: head.startswith(b"%PDF-"),
    "mp3": _mpeg_sound, "aac": _mpeg_sound, "ogg": _begins(b"OggS"), "oga": _begins(b"OggS"),
    "opus": _begins(b"OggS"), "flac": _begins(b"fLaC"), "wav": _riff(b"WAVE"), "m4a": _media,
    "mp4": _media, "m4v": _media, "mov": _media, "3gp": _media, "ogv": _begins(b"OggS"),
    "mkv": _begins(b"\x1aE\xdf\xa3"), "webm": _begins(b"\x1aE\xdf\xa3"), "avi": _riff(b"AVI "),
    "mpg": _begins(b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"), "mpeg": _begins(b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3"),
    "docx": _open_xml("word"), "xlsx": _open_xml("xl"), "pptx": _open_xml("ppt"),
    "odt": _open_document("text"), "ods": _open_document("spreadsheet"), "odp": _open_document("presentation"),
    "odg": _open_document("graphics"),
}
"""Endings, and how their content is told."""


def may_open_by_name(path: str, folder: bool = False) -> bool:
    """Whether this name, of a file or a folder, is of a kind that may be opened. It asks no disk."""
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    if name.startswith(".") or name != name.rstrip(". "):
        return False
    if folder:
        return _is_plain_folder(name)
    return bool(dot and stem) and ending.lower() in _KINDS


def _is_plain_folder(name: str) -> bool:
    """Whether a folder is a folder: with an ending it may be a program on macOS, with an id in it one on Windows."""
    return "{" not in name and (sys.platform != "darwin" or "." not in name)


def may_open(path: str) -> bool:
    """The same for what lies there, and content and name agree. It reads some of the file."""
    folder = os.path.isdir(path)
    if not may_open_by_name(path, folder) or os.path.islink(path):
        return False
    if folder:
        return True
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        fd = os.open(path, flags)
        with os.fdopen(fd, "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return False
            head = file.read(_HEAD)
            return _KINDS[path.rpartition(".")[2].lower()](head, file)
    except OSError:
        return False
