"""A notification area of the tests' own (System Tray Protocol by XEMBED): takes what asks to be docked.

Run as a program on a display; says "ready", then "docked" for each icon. Icons stand in a row from PLACE on.
"""

from __future__ import annotations

import ctypes as C
import sys
from typing import Any, Final

PLACE: Final = (20, 2)
"""Where its first icon is, from the screen's corner."""

_MASK_STRUCTURE, _MASK_SUBSTRUCTURE, _CLIENT, _OVERRIDE = 1 << 17, 1 << 19, 33, 1 << 9
_Id, _Pointer = C.c_ulong, C.c_void_p


class _ClientMessage(C.Structure):
    _fields_ = [
        ("type", C.c_int), ("serial", _Id), ("send_event", C.c_int), ("display", _Pointer), ("window", _Id),
        ("message_type", _Id), ("format", C.c_int), ("data", C.c_long * 5),
    ]


class _Event(C.Union):
    _fields_ = [("type", C.c_int), ("client", _ClientMessage), ("pad", C.c_long * 24)]


class _Attributes(C.Structure):
    _fields_ = [
        ("a", _Id * 4), ("b", C.c_int * 3), ("c", _Id * 2), ("save_under", C.c_int), ("masks", C.c_long * 2),
        ("override_redirect", C.c_int), ("d", _Id * 2),
    ]


def _library() -> Any:
    x = C.CDLL("libX11.so.6")
    x.XOpenDisplay.restype = _Pointer
    size = [C.c_int, C.c_int, C.c_uint, C.c_uint]
    for name, result, arguments in (
        ("XInternAtom", _Id, [_Pointer, C.c_char_p, C.c_int]), ("XDefaultRootWindow", _Id, [_Pointer]),
        ("XCreateSimpleWindow", _Id, [_Pointer, _Id, *size, C.c_uint, _Id, _Id]),
        ("XSetSelectionOwner", C.c_int, [_Pointer, _Id, _Id, _Id]), ("XMapWindow", C.c_int, [_Pointer, _Id]),
        ("XReparentWindow", C.c_int, [_Pointer, _Id, _Id, C.c_int, C.c_int]),
        ("XResizeWindow", C.c_int, [_Pointer, _Id, C.c_uint, C.c_uint]),
        ("XSelectInput", C.c_int, [_Pointer, _Id, C.c_long]), ("XNextEvent", C.c_int, [_Pointer, _Pointer]),
        ("XFlush", C.c_int, [_Pointer]), ("XSendEvent", C.c_int, [_Pointer, _Id, C.c_int, C.c_long, _Pointer]),
        ("XChangeWindowAttributes", C.c_int, [_Pointer, _Id, _Id, _Pointer]),
    ):
        function = getattr(x, name)
        function.restype, function.argtypes = result, arguments
    return x


def main() -> int:
    """Until it is ended."""
    x = _library()
    quiet = C.CFUNCTYPE(C.c_int, _Pointer, _Pointer)(lambda display, error: 0)  # icons come and go
    x.XSetErrorHandler(quiet)
    display = x.XOpenDisplay(None)
    root = x.XDefaultRootWindow(display)
    words = (b"_NET_SYSTEM_TRAY_S0", b"_NET_SYSTEM_TRAY_OPCODE", b"MANAGER")
    selection, opcode, manager = (x.XInternAtom(display, word, 0) for word in words)
    area = x.XCreateSimpleWindow(display, root, PLACE[0] - 12, 0, 160, 32, 0, 0, 0xDDDDDD)
    x.XChangeWindowAttributes(display, area, _OVERRIDE, C.byref(_Attributes(override_redirect=1)))
    x.XSelectInput(display, area, _MASK_SUBSTRUCTURE)
    x.XMapWindow(display, area)
    x.XSetSelectionOwner(display, selection, area, 0)
    event = _Event()
    told = (C.c_long * 5)(0, selection, area, 0, 0)
    event.client = _ClientMessage(_CLIENT, 0, 1, display, root, manager, 32, told)
    x.XSendEvent(display, root, 0, _MASK_STRUCTURE, C.byref(event))
    x.XFlush(display)
    print("ready", flush=True)
    count = 0
    while True:
        x.XNextEvent(display, C.byref(event))
        message = event.client
        if event.type == _CLIENT and message.message_type == opcode and message.data[1] == 0:
            icon = message.data[2]
            x.XReparentWindow(display, icon, area, 32 * count, 4)
            x.XResizeWindow(display, icon, 24, 24)
            x.XMapWindow(display, icon)
            x.XFlush(display)
            count += 1
            print("docked", flush=True)


if __name__ == "__main__":
    sys.exit(main())
