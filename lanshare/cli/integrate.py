"""`integrate`: lanshare and the known devices in the menus of the desktop, for those who installed it by pip."""

from __future__ import annotations

import argparse
from pathlib import Path

import lanshare
from lanshare.cli.arguments import options_of
from lanshare.cli.printer import Printer
from lanshare.cli.session import DONE, FAILED, Usage
from lanshare.engine.integration import installed
from lanshare.engine.integration.entries import MOST
from lanshare.engine.options import known_devices
from lanshare.engine.presentation.display_text import escaped


def integrate(arguments: argparse.Namespace, printer: Printer) -> int:
    """Write the entries, or take them away; tell which."""
    if not installed.HAS_MENUS:
        printer.say("On this system the installer does that. Start at login is a box in the window's settings.")
        return FAILED
    if options_of(arguments).profile is not None:
        raise Usage("an entry of a menu names no profile, so only your own devices can be there: leave --profile out.")
    if arguments.remove:
        gone = installed.remove()
        _tell(printer, gone)
        printer.say(f"Removed: {len(gone)} files." if gone else "There was nothing of lanshare in the menus.")
        return DONE
    devices = known_devices(options_of(arguments))
    theirs = installed.in_the_way(devices, _icon())
    written = installed.integrate(devices, _icon())
    _tell(printer, written)
    for path in theirs:
        printer.say(f"{escaped(str(path))} is not a file of lanshare. It was left as it is: move it, and ask again.")
    if not installed.is_in_menus():
        printer.say("The menus will not follow your devices: by that file lanshare knows that you want them there.")
        return FAILED
    shown = min(len(devices), MOST)
    printer.say(
        f"lanshare is in the menus, with {shown} of {len(devices)} known devices behind “Send to”. They follow your"
        " devices while the window runs. `lanshare integrate --remove` takes all of it out."
    )
    return DONE


def _tell(printer: Printer, paths: list[Path]) -> None:
    for path in paths:
        printer.line(escaped(str(path)))


def _icon() -> bytes:
    """The program's icon, from the package or the checkout."""
    here = Path(lanshare.__file__).resolve().parent
    packed = here / "resources" / "icons" / "lanshare.svg"
    return (packed if packed.exists() else here.parent / "resources" / "icons" / "lanshare.svg").read_bytes()
