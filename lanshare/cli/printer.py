"""What goes to the terminal: one JSON object a line for scripts, sentences and a bar for people.

Every string that a peer controls is shown with its control and direction characters escaped.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Final, TextIO

import msgspec

from lanshare.cli.sentences import sentence
from lanshare.cli.streams import Stream
from lanshare.domain.events import (
    Event,
    MessageReceived,
    PeerAppeared,
    PeerChanged,
    TransferFinished,
    TransferProgressed,
)
from lanshare.domain.message import CONTROL, Delivery, TimelineItem
from lanshare.domain.peer import short_id
from lanshare.domain.showable import is_hidden
from lanshare.engine.presentation.display_text import escaped, shown_text
from lanshare.engine.presentation.user_messages import decimal

_BAR: Final = 24
_LEAST_BAR: Final = 4



def _builtins(value: object) -> Any:
    return msgspec.to_builtins(value, enc_hook=str)


class Printer:
    """Standard output for results, standard error for everything else."""

    def __init__(self, as_json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._json = as_json
        self._out = Stream(out or sys.stdout)
        self._err = Stream(err or sys.stderr)
        self._bar = ""
        self._names: dict[str, str] = {}
        self._drawn = 0.0

    @property
    def closed(self) -> bool:
        """Whether nobody reads the results any more."""
        return self._out.closed

    @property
    def full(self) -> bool:
        """Whether results could not be written."""
        return self._out.full

    @property
    def as_json(self) -> bool:
        """Whether scripts read it."""
        return self._json

    def name(self, peer: str, name: str) -> None:
        """What a device or a group is called from now on."""
        self._names[peer] = name

    def event(self, event: Event) -> None:
        """An event, as JSON or as a sentence."""
        if isinstance(event, PeerAppeared | PeerChanged):
            self._names[event.id] = event.alias or event.name
        if self._json:
            self.record({"event": type(event).__name__, **_builtins(event)})
            return
        if isinstance(event, TransferProgressed):
            self._progress(event)
            return
        text = sentence(event, self._name)
        if not text:
            return
        if isinstance(event, MessageReceived) or (isinstance(event, TransferFinished) and event.direction == "in"):
            self.line(text)
        else:
            self.say(text)

    def record(self, fields: dict[str, Any]) -> None:
        """One JSON object on a line of its own."""
        try:
            line = msgspec.json.encode(fields).decode("utf-8")
        except UnicodeEncodeError:
            line = json.dumps(fields)  # a path that is not text: its bytes as lone surrogates, escaped
        if not line.isprintable():
            # The same JSON; but what controls a terminal, or turns what is read there, is written out.
            line = "".join(json.dumps(one)[1:-1] if is_hidden(one) else one for one in line)
        self._out.write(line + "\n", utf8=True)

    def line(self, text: str) -> None:
        """A result for people."""
        self._clear()
        self._out.write(text + "\n")

    def say(self, sentence: str) -> None:
        """Something for people beside the result."""
        self._clear()
        self._err.write(sentence + "\n")

    def moment(self, moment: TimelineItem, names: dict[str, str]) -> None:
        """A line of history."""
        message, transfer = moment.message, moment.transfer
        at = moment.at.isoformat().replace("+00:00", "Z")
        if message is not None:
            if message.kind in CONTROL:
                return
            kind, ident, peer, way = "text", str(message.id), str(message.peer), message.direction
            text, state = message.text, str(message.delivery)
            who = {"author": str(message.author)}
        elif transfer is not None:
            kind, ident, peer, way = "transfer", str(transfer.id), str(transfer.conversation), transfer.direction
            text, state = ", ".join(top.name for top in transfer.offer.tops), str(transfer.state)
            who = {"member": str(transfer.peer)} if transfer.offer.room else {}
        else:
            return
        if self._json:
            self.record(
                {
                    "kind": kind,
                    "id": ident,
                    "peer": peer,
                    "direction": str(way),
                    "at": at,
                    "text": text,
                    "state": state,
                    **who,
                }
            )
            return
        arrow = "->" if way == "out" else "<-"
        local = moment.at.astimezone().strftime("%Y-%m-%d %H:%M")
        name = escaped(names.get(peer, short_id(peer)))
        for one in who.values():
            if one != peer and (way == "in" or kind == "transfer"):
                name += f" ({escaped(names.get(one, short_id(one)))})"
        told = kind == "text" and state not in (Delivery.QUEUED, Delivery.SENDING, Delivery.REFUSED)
        label = "" if told else f"[{state}] "
        self.line(f"{local}  {arrow} {name}: {label}{shown_text(text)}")

    def _name(self, peer: str) -> str:
        return escaped(self._names.get(peer, short_id(peer)))

    def _progress(self, event: TransferProgressed) -> None:
        if not self._err.is_terminal or (time.monotonic() - self._drawn < 0.1 and event.bytes < event.total):
            return
        self._drawn = time.monotonic()
        part = event.bytes / event.total if event.total else 1.0
        left = f"  {int((event.total - event.bytes) / event.rate)} s left" if event.rate > 0 else ""
        told = f"{decimal(event.bytes)} of {decimal(event.total)}  {decimal(event.rate)}/s{left}"
        # One column stays free: a terminal that is filled to its edge goes to the next line.
        room = self._err.columns - 1
        width = min(_BAR, room - len(told) - 3)
        full = int(part * width)
        bar = f"[{'#' * full}{'-' * (width - full)}] " if width >= _LEAST_BAR else ""
        self._bar = f"{bar}{told}"[: max(1, room)]
        self._err.write(f"\r\x1b[K{self._bar}")

    def _clear(self) -> None:
        if self._bar:
            self._err.write("\r\x1b[K")
            self._bar = ""
