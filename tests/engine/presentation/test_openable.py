"""What a click may open: kinds that run nothing, where name and content agree."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from lanshare.engine.presentation.openable import may_open, may_open_by_name

LISTS = {
    "types": "[Content_Types].xml", "rels": "word/_rels/document.xml.rels", "manifest": "META-INF/manifest.xml",
}


def archive(*names: str, first: bytes = b"", **said: bytes) -> bytes:
    """A ZIP file with these parts; `first` is the content of a stored part `mimetype` before them, `types`, `rels` and
    `manifest` that of the lists of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        if first:
            file.writestr("mimetype", first)
        for name in names:
            file.writestr(name, b"x", zipfile.ZIP_DEFLATED)
        for key, content in said.items():
            file.writestr(LISTS[key], content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


ODT = b"application/vnd.oasis.opendocument.text"
WORD = archive("[Content_Types].xml", "word/document.xml")
GOOD = {
    "a.png": b"\x89PNG\r\n\x1a\nrest", "a.JPG": b"\xff\xd8\xff\xe0", "a.gif": b"GIF89a",
    "a.webp": b"RIFF\x00\x00\x00\x00WEBP",
    "a.bmp": b"BM....", "a.tiff": b"II*\x00", "a.heic": b"\x00\x00\x00\x18ftypheic", "a.pdf": b"%PDF-1.7",
    "a.txt": "Käse".encode(),
    "a.md": b"# Title", "a.csv": b"a;b\n1;2", "a.json": b'[{"a": 1}]', "a.log": b"", "a.mp3": b"ID3\x04",
    "a.ogg": b"OggS",
    "a.flac": b"fLaC", "a.wav": b"RIFF\x00\x00\x00\x00WAVE", "a.m4a": b"\x00\x00\x00\x18ftypM4A ",
    "a.mp4": b"\x00\x00\x00\x18ftypisom", "a.mkv": b"\x1aE\xdf\xa3", "a.avi": b"RIFF\x00\x00\x00\x00AVI ",
    "a.mpg": b"\x00\x00\x01\xba", "a.docx": WORD, "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "a.pptx": archive("[Content_Types].xml", "ppt/presentation.xml"), "a.odt": archive("content.xml", first=ODT),
    "a.tar.pdf": b"%PDF-1.4", "cp1252.csv": b"\xe4\xf6;1",
    "utf16.txt": "Käse".encode("utf-16"), "log.log": b"[info] up",
    "page.md": b"<p align=center>", "link.md": b"[x](y)", "mz.txt": b"Mz is a name", "ansi.log": b"\x1b[1mred",
    "chart.pptx": archive("[Content_Types].xml", "ppt/x", "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx"),
    "photo.docx": archive("[Content_Types].xml", "word/media/macro-photo.jpg"),
    "chart.ods": archive("Object 1/content.xml", first=b"application/vnd.oasis.opendocument.spreadsheet"),
     "with space.txt": b"\xef\xbb\xbftext",
}
"""Every kind that is opened (its siblings share its check)."""

PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00"
BAD = {
    **{f"invoice.{ending}": content for ending, content in (
        ("png", PROGRAM), ("pdf", PROGRAM), ("txt", PROGRAM), ("mp4", PROGRAM), ("docx", PROGRAM), ("jpg", b"GIF89a"),
        ("gif", b"\xff\xd8\xff"), ("webp", b"RIFF\x00\x00\x00\x00AVI "), ("png", b""), ("pdf", b"<html>"),
    )},
    "invoice": PROGRAM, "invoice2": b"text", "shell.txt": b"#!/bin/sh\nrm -rf ~", "page.txt": b"  <html><script>",
    "short.txt": b"[Desktop Entry]\nExec=sh", "short.log": b"\xef\xbb\xbf[InternetShortcut]\nURL=x",
    "ps.txt": b"%!PS-Adobe", "body.txt": b"<BODY onload=x>", "comment.txt": b"<!-- --><script>",
    "link.txt": b"<a href=x>",
    "zero.txt": b"a\x00b", "macro.docx": archive("[Content_Types].xml", "word/x", "word/vbaProject.bin"),
    "active.xlsx": archive("[Content_Types].xml", "xl/x", "xl/activeX/activeX1.bin"),
    "embedded.pptx": archive("[Content_Types].xml", "ppt/x", "ppt/embeddings/oleObject1.bin"),
    "macro.odt": archive("content.xml", "Basic/Standard/Module1.xml", first=ODT),

    "inner.odt": archive("Object 1/Basic/x.xml", first=ODT),
    "control.txt": b"a\x01\x02",
    "script.odt": archive("content.xml", "Scripts/python/x.py", first=ODT),
    "plain.docx": archive("x"),
    "other.odt": archive("content.xml", first=b"application/epub+zip"), "torn.docx": WORD[: len(WORD) // 2],
    "many.docx": archive("[Content_Types].xml", *(f"word/{number}" for number in range(12_000))),
    "long.docx": archive("[Content_Types].xml", *(f"word/{'x' * 4000}{number}" for number in range(300))),
    "renamed.docx": archive("word/p.xml", types=b'<Override PartName="/word/p.xml" ContentType="a/vbaProject"/>'),
    "enabled.docx": archive("word/d.xml", types=b"ms-word.document.macroEnabled.main+xml"),
    "sheet.xlsx": archive("[Content_Types].xml", "xl/x.xml", "xl/macrosheets/sheet1.xml"),
    "batch.docx": archive("[Content_Types].xml", "word/d.xml", "word/embeddings/run.BAT"),
    "ole.docx": archive("[Content_Types].xml", "word/d.xml", rels=b'Type="http://x/oleObject"'),
    "afar.docx": archive("[Content_Types].xml", "word/d.xml", rels=b'Type="http://x/attachedTemplate"'),
    "bloated.docx": archive("word/d.xml", types=b" " * 300_000),
    "back.odt": archive("Basic\\Standard\\Module1.xml", first=ODT),
    "ole.odt": archive("content.xml", first=ODT, manifest=b"application/vnd.sun.star.oleobject"),
    "script.pdf": b"#!/bin/sh\n%PDF-1.7", "page.bmp": b"BM<html><script>", "page.mp4": b"\x00\x00\x00\x18ftyp<HTML>",
    "page.mp3": b"ID3<!DOCTYPE html>", "page.webp": b"RIFF\x00\x00\x00\x00WEBP<svg onload=x>",
    ".hidden.txt": b"text", "dots.txt.": b"text", "blank.txt ": b"text",
}
ENDINGS = """
    exe com scr msi bat cmd ps1 vbs js jse wsf hta lnk url website scf inf reg cpl dll sys jar jnlp desktop kdelnk
    sh csh bash py pyw pl rb php appimage run deb rpm flatpakref flatpakrepo snap app command terminal workflow pkg
    dmg mpkg mobileconfig inetloc fileloc webloc iso img vhd vhdx html htm xhtml mht mhtml svg xml xsl xll xla xlsm
    xlam docm dotm pptm potm doc xls ppt rtf hwp rdp ica settingcontent-ms appinstaller application appref-ms
    diagcab msc theme themepack search-ms library-ms odt-x ods.exe chm hlp job gadget vb ws wsh pif torrent ics.exe
    swf class wasm bin elf so ko lua tcl apk ipa crx xpi vsix msix msixbundle appx appxbundle cab zip 7z rar tar gz
    xz zst tgz odb accdb mdb one onepkg pub eml
""".split()  # noqa: SIM905  a list of quoted words hides more than it shows


@pytest.mark.parametrize("name", GOOD)
def test_documents_are_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(GOOD[name])
    path.chmod(0o644)
    assert may_open_by_name(str(path))
    assert may_open(str(path))
    path.chmod(0o777)
    assert may_open(str(path)), "on FAT and NTFS all files may be executed"


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_what_its_name_says_or_runs_something_is_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BAD[name])
    path.chmod(0o644)
    assert not may_open(str(path))


def test_a_second_list_of_parts_is_not_read(tmp_path: Path) -> None:
    """A ZIP64 record would be believed in the place of the one whose length was looked at: gigabytes of memory."""
    whole = WORD
    at = whole.rindex(b"PK\x05\x06")
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, 10**9, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    path = tmp_path / "a.docx"
    path.write_bytes(whole[:at] + record + locator + whole[at:])
    assert not may_open(str(path))
    path.write_bytes(whole)
    assert may_open(str(path))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", [b"text", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_no_other_ending_is_opened_whatever_is_in_it(tmp_path: Path, ending: str, content: bytes) -> None:
    for name in (f"a.{ending}", f"a.jpg.{ending.upper()}"):
        path = tmp_path / name
        path.write_bytes(content)
        assert not may_open_by_name(str(path))
        assert not may_open(str(path))


def test_links_folders_and_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("x")
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "album").mkdir()
    (tmp_path / "tool.app").mkdir()
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "way").symlink_to("album")
    opened = {one.name for one in tmp_path.iterdir() if may_open(str(one))}
    assert opened == {"real.txt", "album", "tool.app", "folder.txt"}, "folders are folders, but on macOS"
    assert may_open_by_name("/gone/album", folder=True)
    assert not may_open_by_name("/gone/album")
    assert not may_open_by_name("/gone/Panel.{21EC2020-3AEA-1069-A2DD-08002B30309D}", folder=True)
    assert not may_open(str(tmp_path / "gone.txt"))
