"""Picks the shell: the window without a command or with `open`, else the command line."""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import sys
from typing import Final

from lanshare.domain.programs import DECODE, loading

_LIBRARIES: Final = {
    "win32": "Windows 10 (1809) or later with Microsoft's Visual C++ runtime",
    "darwin": "macOS 13 or later",
    "linux": "its system libraries, such as libegl1 and libxcb-cursor0",
}
"""What PySide6 itself needs of a system."""


def main(arguments: list[str] | None = None) -> int:
    """The console entry point; returns the exit code."""
    code = _run(arguments)
    if arguments is None:
        # The process ends: one more Ctrl+C ends it at once, with the same code. Once its threads are over that is a
        # matter of moments, in which Python would forget its handlers and the signal kill it.
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(code))
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    return code


def _run(arguments: list[str] | None) -> int:
    interrupted = 130
    if arguments is None and sys.argv[1:] == [DECODE]:
        from lanshare.qt.decoder import main as decode

        return decode()
    try:
        from lanshare.cli import streams

        streams.occupy()
        from lanshare.cli.arguments import build_parser, held

        parsed = build_parser().parse_args(held(sys.argv[1:] if arguments is None else arguments))
        _hear_the_system()
        if parsed.command in (None, "open"):
            return _window(parsed)
        from lanshare.cli.main import run

        return run(parsed)
    except KeyboardInterrupt:
        return interrupted
    except Exception as error:
        import logging

        logging.getLogger("lanshare").exception("a command failed")
        streams.complain(
            f"lanshare: something went wrong inside lanshare ({type(error).__name__}). What was queued is kept; the"
            " profile's lanshare.log says more."
        )
        return 1


def _hear_the_system() -> None:
    """SIGTERM and SIGHUP end a command as an exception that is not a person's Ctrl+C. One that is ignored stays so."""
    from lanshare.cli.arguments import Terminated

    def end(number: int, frame: object) -> None:
        raise Terminated

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def window() -> int:
    """The entry point without a console (Windows); returns the exit code."""
    return main(["open", *sys.argv[1:]])


def _window(parsed: argparse.Namespace) -> int:
    for name, value in (("profile", None), ("port", None), ("name", None), ("interface", None), ("verbose", False)):
        if not hasattr(parsed, name):
            setattr(parsed, name, value)
    # An exception raised within the import of Qt's parts is lost there, or ends the process.
    from lanshare.cli import streams
    from lanshare.cli.arguments import STOPS, options_of

    stopped: list[int] = []
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: stopped.append(number))
    try:
        with loading():
            from lanshare.qt.app import run_window
    except ImportError as error:
        streams.complain(
            f"lanshare: the window needs PySide6 and {_LIBRARIES.get(sys.platform, 'its system libraries')} ({error})."
            " Nothing was changed. The command line works without them: `lanshare --help`."
        )
        return 1
    return run_window(
        options_of(parsed),
        getattr(parsed, "paths", []),
        getattr(parsed, "hidden", False),
        parsed.verbose,
        lambda: bool(stopped),
        getattr(parsed, "to", None) or "",
    )


if __name__ == "__main__":
    sys.exit(main())
