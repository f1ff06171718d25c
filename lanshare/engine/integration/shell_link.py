"""Shortcuts of Windows (.lnk), written by Windows itself: its shell's IShellLinkW and IPersistFile, through COM.

Nothing else in this house needs COM, and pywin32 would add 10 MB for these few calls. Source: Microsoft's documentation
of shobjidl_core.h and objidl.h; the numbers are places in the tables of functions there.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

_SHELL_LINK: Final = "00021401-0000-0000-C000-000000000046"
_ISHELL_LINK: Final = "000214F9-0000-0000-C000-000000000046"
_IPERSIST_FILE: Final = "0000010B-0000-0000-C000-000000000046"
_IN_PROCESS: Final = 1
_QUERY, _RELEASE = 0, 2
_SET_DESCRIPTION, _SET_ARGUMENTS, _SET_ICON, _SET_PATH = 7, 11, 17, 20
_SAVE: Final = 6


def write(path: Path, words: Sequence[str], description: str) -> None:
    """A shortcut that runs a program with these words. OSError if it cannot be written, as on any other system."""
    if sys.platform == "win32":
        ole = ctypes.OleDLL("ole32")
        begun = ctypes.WinDLL("ole32").CoInitializeEx(None, 0) >= 0
        link = ctypes.c_void_p()
        file = ctypes.c_void_p()
        try:
            ole.CoCreateInstance(_guid(_SHELL_LINK), None, _IN_PROCESS, _guid(_ISHELL_LINK), ctypes.byref(link))
            text, number, pointer = ctypes.c_wchar_p, ctypes.c_int, ctypes.c_void_p
            _call(link, _SET_PATH, [text], [words[0]])
            _call(link, _SET_ARGUMENTS, [text], [subprocess.list2cmdline(words[1:])])
            _call(link, _SET_DESCRIPTION, [text], [description])
            _call(link, _SET_ICON, [text, number], [words[0], 0])
            _call(link, _QUERY, [pointer, pointer], [_guid(_IPERSIST_FILE), ctypes.byref(file)])
            _call(file, _SAVE, [text, number], [str(path), 1])
        finally:
            for one in (file, link):
                if one:
                    _call(one, _RELEASE)
            if begun:
                ole.CoUninitialize()
        return
    raise OSError("shortcuts are Windows'")


def _guid(text: str) -> Any:
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


def _call(thing: ctypes.c_void_p, place: int, kinds: Sequence[Any] = (), words: Sequence[Any] = ()) -> None:
    """Call the function at this place of a COM object's table. OSError if it fails."""
    if sys.platform == "win32":
        pointers = ctypes.POINTER(ctypes.c_void_p)
        table = ctypes.cast(ctypes.cast(thing, pointers)[0], pointers)
        ctypes.WINFUNCTYPE(ctypes.HRESULT, ctypes.c_void_p, *kinds)(table[place])(thing, *words)
