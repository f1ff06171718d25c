"""The words of the command line, and what they ask of an engine. Light: the window is up before an engine is loaded."""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import lanshare
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.peer import clean_name
from lanshare.domain.settings import SortBy
from lanshare.domain.showable import visible
from lanshare.engine.options import Options

STOPS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""The signals by which a person or the system ends us."""


class Terminated(KeyboardInterrupt):
    """The system ends us (log-out, a service's stop, a closed terminal): all that has arrived is kept, as for a kill.

    Only a person's Ctrl+C, a plain KeyboardInterrupt, cancels anything.
    """


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1024 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 10**9:
        raise argparse.ArgumentTypeError("a number of seconds, 0 or more")
    return value


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError("a number, 1 or more")
    return int(text)


_HELD: Final = "\x00"
"""Stands before what came behind `--` and looks like a flag: no argument of a program has a NUL in it."""


def held(arguments: Sequence[str]) -> list[str]:
    """Arguments in which nothing behind the first `--` can be taken for a flag: argparse drops a second one."""
    if "--" not in arguments:
        return list(arguments)
    at = arguments.index("--")
    behind = [_HELD + one if one.startswith("-") and one != "-" else one for one in arguments[at + 1 :]]
    return [*arguments[:at], *behind]


def _typed(text: str) -> str:
    return text.removeprefix(_HELD)


def _text(text: str) -> str:
    """A message: what cannot be sent as text is refused before anything is done."""
    text = _typed(text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("the message is no text in this system's encoding; nothing was sent") from None
    return text


def _search(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("nothing to search for. Is a variable of a script not set?")
    return text


def _word(text: str) -> str:
    """A word that names something: never empty, as an unset variable of a script is."""
    text = _typed(text)
    if any("\ud800" <= one <= "\udfff" for one in text):
        raise argparse.ArgumentTypeError("this word is no text in this system's encoding, so it names nobody")
    if not visible(clean_name(text)):
        raise argparse.ArgumentTypeError("an empty word names nobody. Is a variable of a script not set?")
    return text


def _command(text: str) -> str:
    from lanshare.engine.runtime.after_receiving import words_of

    try:
        words_of(text)
        return text
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _full_id(text: str) -> str:
    if not re.fullmatch(r"[a-z2-7]{52}", text):
        raise argparse.ArgumentTypeError("a full id has 52 letters and digits, as `lanshare id` shows it there")
    return text


def _path(text: str) -> Path:
    """A typed path, in the folder of this shell: the engine that hears of it may run in another one."""
    text = _typed(text)
    if not text:
        raise argparse.ArgumentTypeError("an empty path names nothing. Is a variable of a script not set?")
    if "\x00" in text:
        raise argparse.ArgumentTypeError("a path with a NUL in it names nothing")
    try:
        return Path(text).absolute()
    except OSError:
        raise argparse.ArgumentTypeError(f"this shell's folder is gone, so {text!r} means nothing here") from None


def _source(text: str) -> Path | None:
    """What to send: a path, or None for "-", which is the standard input."""
    return None if text == "-" else _path(text)


def _file_name(text: str) -> str:
    if text in ("", ".", "..") or "/" in text or "\x00" in text or len(os.fsencode(text)) > 255:
        raise argparse.ArgumentTypeError("a name for a file: not empty, no slash, at most 255 bytes")
    return text


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no address; give one of this machine's own") from None
    return text


def build_parser() -> argparse.ArgumentParser:
    """The words of the command line."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    group = common.add_argument_group("common")
    separate = "a wholly separate device: own key, port and history"
    group.add_argument("--profile", type=_path, metavar="DIR", help=separate)
    group.add_argument("--port", type=_port, metavar="N", help="listen on this TCP port (default 17717)")
    group.add_argument("--name", type=_word, metavar="NAME", help="this device's name for this run")
    group.add_argument(
        "--interface",
        type=_address,
        action="append",
        metavar="ADDR",
        help="use only this local address; repeatable; 127.0.0.1 keeps all on this machine",
    )
    group.add_argument("-v", "--verbose", action="store_true", help="log more (to the profile's lanshare.log)")
    parser = argparse.ArgumentParser(
        prog="lanshare",
        parents=[common],
        allow_abbrev=False,
        description="Send files and messages to the devices on your own network. Without a command: the window.",
    )
    parser.add_argument("--version", action="version", version=f"lanshare {lanshare.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str, text: str, as_json: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)
        if as_json:
            sub.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
        return sub

    opening = add("open", "the window, with these files ready to send", as_json=False)
    opening.add_argument("paths", nargs="*", type=_path, metavar="PATH")
    opening.add_argument("--hidden", action="store_true", help="start without showing the window (needs a tray)")
    opening.add_argument("--to", type=_full_id, metavar="FULLID", help="send them to this device (from menus)")
    integrate = add("integrate", "put lanshare and your devices into the menus of this desktop", as_json=False)
    integrate.add_argument("--remove", action="store_true", help="take all of it out again")
    add("id", "this device: name, id, port, addresses")
    add("names", "the names of known devices, for completions", as_json=False)
    peers = add("peers", "devices on the network")
    peers.add_argument("--seconds", type=_seconds, default=2.0, metavar="N", help="how long to look (default 2)")
    peers.add_argument("--watch", action="store_true", help="go on until interrupted")
    _saying(add)
    _receiving(add("receive", "receive without a window"))
    _trusting(add)
    _group(add("group", "groups: list, found, change"))
    _history(add("history", "what was said and sent"))
    return parser


def _saying(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    send = add("send", "send files and folders; waits until they are delivered and verified")
    send.add_argument("peer", type=_word, metavar="PEER", help="a name, the beginning of an id, or host[:port]")
    send.add_argument("paths", nargs="+", type=_source, metavar="PATH", help="'-' is the standard input: see --as")
    send.add_argument("--as", dest="stream_name", type=_file_name, metavar="NAME", help="what '-' is called there")
    _waiting(send)
    text = add("text", "send a message ('-' reads it from standard input)")
    text.add_argument("peer", type=_word, metavar="PEER", help="a name, the beginning of an id, or host[:port]")
    text.add_argument("text", type=_text, metavar="TEXT")
    _waiting(text)


def _receiving(receive: argparse.ArgumentParser) -> None:
    receive.add_argument("--into", type=_path, metavar="DIR", help="where files go (default: the download folder)")
    receive.add_argument(
        "--sort", choices=[str(one) for one in SortBy],
        help="a folder for each device, day or kind of file, below where files go (default: as the settings say, not at"
        " all with --into)",
    )
    whose = ("ask", "verified", "all")
    receive.add_argument("--accept", choices=whose, default="ask", help="whose files (default ask)")
    receive.add_argument(
        "--clash",
        choices=[str(one) for one in ConflictPolicy],
        default=str(ConflictPolicy.KEEP),
        help="where another file has the name: keep both (default), skip the new one, or replace the old one, which is"
        " moved into a dated folder beside it",
    )
    run = "a program, with its arguments, for each transfer that has arrived: its paths follow them; no shell reads it"
    receive.add_argument("--run", type=_command, metavar="CMD", help=run)
    receive.add_argument("--count", type=_count, metavar="N", help="end after so many messages and transfers")


def _trusting(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    def about(name: str, text: str) -> argparse.ArgumentParser:
        sub = add(name, text)
        sub.add_argument("peer", type=_word, metavar="PEER", help="a name, or the beginning of an id")
        return sub

    about("pair", "compare six digits with a device, on both screens: then it is verified")
    trusting = about("trust", "verify a device by its full id, had from elsewhere")
    trusting.add_argument("--id", required=True, metavar="FULLID", help="as `lanshare id` shows it there")
    about("block", "have nothing to do with a device any more")
    about("unblock", "let a blocked device in again")
    about("forget", "forget a device; the history stays")


def _history(history: argparse.ArgumentParser) -> None:
    history.add_argument("peer", nargs="?", type=_word, metavar="PEER")
    history.add_argument("--search", type=_search, metavar="TEXT", help="words, each also as a beginning")
    history.add_argument("--kind", choices=("text", "link", "file", "image"), default="", help="of these alone")
    history.add_argument("--since", type=_date, metavar="DAY", help="from this day on (2026-11-25)")
    history.add_argument("--until", type=_date, metavar="DAY", help="before this day")
    history.add_argument("--export", type=_path, metavar="DIR", help="write it into a new folder there, with its files")
    history.add_argument("--import", dest="take_in", type=_path, metavar="FILE", help="take in a conversation.jsonl")
    history.add_argument("--erase", action="store_true", help="take it out for good; received files stay")
    history.add_argument("--all", action="store_true", help="with --erase and no PEER: every conversation")
    history.add_argument("--limit", type=_count, default=100, metavar="N")


def _waiting(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--wait", type=_seconds, metavar="SECONDS", help="how long to wait for the delivery")
    group.add_argument("--no-wait", action="store_true", help="end once it is queued; it goes on by itself")


def _group(group: argparse.ArgumentParser) -> None:
    which = "a name, or the beginning of an id; none: list them"
    group.add_argument("group", nargs="?", type=_word, metavar="GROUP", help=which)
    group.add_argument("--new", nargs="+", action="extend", type=_word, metavar="PEER", help="found it with these")
    group.add_argument("--add", nargs="+", action="extend", type=_word, metavar="PEER", default=[])
    group.add_argument("--remove", nargs="+", action="extend", type=_word, metavar="PEER", default=[])
    group.add_argument("--rename", type=_word, metavar="NAME")
    group.add_argument("--leave", action="store_true")


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-11-25") from None


def _interfaces(text: str) -> list[str]:
    try:
        return [_address(one) for one in text.replace(",", " ").split()]
    except argparse.ArgumentTypeError as error:
        build_parser().error(f"LANSHARE_INTERFACE: {error}")


def options_of(arguments: argparse.Namespace, announce: bool = True) -> Options:
    """Options from the common flags and the environment."""
    profile = arguments.profile or os.environ.get("LANSHARE_PROFILE") or None
    absolute = Path(profile).absolute() if profile else None
    interfaces = arguments.interface or _interfaces(os.environ.get("LANSHARE_INTERFACE", ""))
    return Options(
        profile=absolute,
        port=arguments.port,
        name=arguments.name,
        interfaces=tuple(interfaces),
        announce=announce,
    )
