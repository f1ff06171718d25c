"""A made-up second device for somebody alone at a desk: answers messages, takes files and sends one back.

A process of its own, with its own profile, on loopback alone. Ends when its parent ends it.
"""

from __future__ import annotations

import argparse
import queue
import secrets
import signal
import sys
import threading
from pathlib import Path

from lanshare.domain import commands as c
from lanshare.domain.events import Event, MessageReceived, OfferReceived, TransferFinished
from lanshare.domain.message import MessageId
from lanshare.domain.transfer import TransferId
from lanshare.engine.client import EngineClient
from lanshare.engine.options import Options

NAME = "Demo device (this computer)"
GREETING = "Hello! I am the demo device: another process on this computer. Write to me, or drop a file here."


class Demo:
    """The device's manners."""

    def __init__(self, profile: Path, port: int) -> None:
        self.events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self.into = profile / "received"
        self.into.mkdir(parents=True, exist_ok=True)
        self.present = profile / "A file from the demo device.txt"
        self.present.write_text("This file came from another process on this computer, over lanshare.\n" * 400)
        self.host = EngineClient(
            Options(profile=profile, port=port, name=NAME, interfaces=("127.0.0.1",)), self.events.put
        )

    def run(self) -> None:
        """Until the end signal."""
        self.host.start()
        try:
            while (event := self.events.get()) is not None:
                self.answer(event)
        finally:
            self.host.close()

    def answer(self, event: Event) -> None:
        """React to one event."""
        match event:
            case MessageReceived():
                short = f"You wrote {len(event.text)} characters. Got them."
                text = GREETING if "hello" in event.text.lower() else short
                self.host.submit(c.SendText(MessageId(secrets.token_hex(16)), event.peer, text))
            case OfferReceived():
                self.host.submit(c.AnswerOffer(event.transfer, True, self.into))
            case TransferFinished() if event.direction == "in":
                self.host.submit(c.SendFiles(TransferId(secrets.token_hex(16)), event.peer, (self.present,)))


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--port", type=int, default=17817)
    parsed = parser.parse_args()
    demo = Demo(parsed.profile, parsed.port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: demo.events.put(None))
    # The parent holds the other end: when it is gone, however it went, so are we.
    threading.Thread(target=lambda: (sys.stdin.read(), demo.events.put(None)), daemon=True).start()
    demo.run()


if __name__ == "__main__":
    main()
