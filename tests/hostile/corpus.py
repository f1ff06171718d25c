"""Names that want out, hide, deceive or break something: at least 300, by their kind."""

from __future__ import annotations

from lanshare.files.content import Content
from tests.harness.attacker import Raw

TOKEN = "pwn7f3a"
"""In the name of everything that would be made: whatever bears it outside the root has escaped."""


def _names() -> list[object]:
    up = [
        "..",
        "../",
        "..\\",
        "../..",
        "....//",
        "..;",
        "%2e%2e",
        "%2e%2e%2f",
        "..%c0%af",
        "..%00",
        "．．",
        "．．／",
        "\u2024\u2024",
        ".. ",
        " ..",
        "...",
        ". .",
        "..\t",
        "..\x00",
        "..\u200b",
        "\u202e..",
        "..\u2044",
    ]
    names: list[object] = [*up, ".", "", " ", "\t", "\n", "\x00"]
    names += [f"{one}/{TOKEN}" for one in up] + [f"{one}\\{TOKEN}" for one in up]
    names += [f"{'../' * depth}{TOKEN}" for depth in (1, 2, 3, 5, 8, 20, 60)]
    names += [f"{'..' + chr(92)}{TOKEN}" * 2, f"a/../../{TOKEN}", f"a/./../../{TOKEN}", f"./{TOKEN}", f"{TOKEN}/.."]
    names += [
        f"/{TOKEN}",
        f"//{TOKEN}",
        f"/tmp/{TOKEN}",
        f"/etc/{TOKEN}",
        f"///../{TOKEN}",
        f"~/{TOKEN}",
        f"~root/{TOKEN}",
    ]
    names += [
        f"C:{TOKEN}",
        f"C:\\{TOKEN}",
        f"C:/{TOKEN}",
        f"c:..\\{TOKEN}",
        f"\\\\host\\share\\{TOKEN}",
        f"//host/share/{TOKEN}",
        f"\\\\?\\C:\\{TOKEN}",
        f"\\\\.\\pipe\\{TOKEN}",
        f"\\??\\C:\\{TOKEN}",
        f"file:///{TOKEN}",
        f"smb://host/{TOKEN}",
        f"{TOKEN}:stream",
        f"{TOKEN}::$DATA",
        f"{TOKEN}.txt:evil.exe",
    ]
    reserved = ["CON", "PRN", "AUX", "NUL", "COM1", "COM9", "COM¹", "LPT1", "LPT³", "CONIN$", "CONOUT$", "CLOCK$"]
    names += [f"{one}{end}" for one in reserved for end in ("", ".txt", " .txt", ".", " ", ".tar.gz", ":x")]
    names += [f"{TOKEN}.", f"{TOKEN} ", f"{TOKEN}...", f"{TOKEN}. .", f" {TOKEN}", f"{TOKEN}\t"]
    names += [f"{TOKEN}{chr(code)}x" for code in [*range(1, 32), 0x7F, 0x80, 0x85, 0x9B, 0xA0]]
    invisible = [
        0x061C,
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
        0xFFF9,
        0xE0001,
    ]
    names += [f"{TOKEN}{chr(code)}gpj.exe" for code in invisible]
    names += [f"{TOKEN}／x", f"{TOKEN}∕x", f"{TOKEN}⁄x", f"{TOKEN}＼x", f"{TOKEN}：x", f"{TOKEN}％2E"]
    names += [f"é{TOKEN}", f"e\u0301{TOKEN}", f"K{TOKEN}", f"\u212a{TOKEN}", f"ı{TOKEN}", f"ß{TOKEN}", f"ﬁ{TOKEN}"]
    names += [TOKEN.upper(), TOKEN, "before.txt", "BEFORE.TXT", "before.txt/x", "Before.txt."]
    names += [TOKEN[0] * 255, "x" * 256, "é" * 127, "é" * 128, "x" * 4097, "\U0001f600" * 63, "\U0001f600" * 64]
    names += [".bashrc", ".ssh", ".ssh/authorized_keys", ".profile", ".config", "..bashrc", "...", ".git", ".\u200bssh"]
    names += [
        "desktop.ini",
        "autorun.inf",
        "Thumbs.db",
        ".DS_Store",
        f"{TOKEN}.desktop",
        f"{TOKEN}.lnk",
        f"{TOKEN}.url",
        ".directory",
        ".lanshare-incoming",
        ".LANSHARE-INCOMING",
        ".lanshare-incoming/0",
        "ledger",
        "0",
        "0.chunks",
        "Replaced by lanshare",
        "Undone by lanshare",
        f"{TOKEN}.part",
        ".lanshare-incoming\u200b",
    ]
    names += [
        "-rf",
        "--help",
        "-",
        "--",
        "-e",
        "%00",
        "%s%s%n",
        "$HOME",
        "$(id)",
        "`id`",
        "; rm -rf x",
        "| id",
        "& calc",
        "${IFS}",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "!",
        "#",
        "'",
        '"',
        "\\",
        "\\\\",
        "<x>",
        "&lt;",
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\r",
        "a\rb",
        "a\nb",
        "\u0085",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "null",
        "None",
        "undefined",
        "true",
        "0",
    ]
    names += [
        Raw(one)
        for one in (
            b"\xff",
            b"\xc0\xae\xc0\xae",
            b"\xe0\x80\xae",
            b"\xed\xa0\x80",
            b"\xed\xb0\x80",
            b"\xf8\x88\x80\x80\x80",
            b"a\xffb",
            b"\xc0\xaf" + TOKEN.encode(),
            b"\x80",
            b"\xf4\x90\x80\x80",
        )
    ]
    return list(dict.fromkeys(names))


NAMES = _names()


def breaks_the_frame(name: object) -> bool:
    """Whether the wire itself refuses such a name, which costs its sender the link."""
    if isinstance(name, Raw):
        return True
    assert isinstance(name, str)
    return len(name) > 255


def positions(name: object) -> list[tuple[object, ...]]:
    """The name first, in the middle, last, and alone."""
    return [(name,), (name, TOKEN), (TOKEN, name, "x"), (TOKEN, "d", name)]


def one_byte() -> bytes:
    """The content id of one byte."""
    content = Content()
    content.update(b"x")
    return content.id()

X = one_byte()
