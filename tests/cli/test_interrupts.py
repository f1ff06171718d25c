"""However often Ctrl+C is pressed, at whatever line, the engine is given back: else its threads keep the process."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, ClassVar

import pytest

from lanshare.cli import session
from lanshare.cli.arguments import Terminated
from lanshare.cli.interrupts import Interrupts
from lanshare.cli.printer import Printer
from lanshare.domain.events import Me, Snapshot
from lanshare.domain.settings import Settings
from lanshare.engine.options import Options
from tests.harness.made import ME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")


class Client:
    """Says that it is there, and notes that it was closed."""

    joined = False
    closed: ClassVar[list[bool]] = []

    def __init__(self, options: object, listener: Callable[[Any], None]) -> None:
        self._listener = listener

    def start(self) -> None:
        me = Me(ME, "Anna", "laptop", 1, (), "/in")
        self._listener(Snapshot(me, (), (), (), Settings(), False))

    def close(self) -> None:
        signal.raise_signal(signal.SIGINT)
        self.closed.append(True)


def pressed_at(at: int, number: signal.Signals) -> int:
    """Press once in the command's work, and again at that line behind it; how many lines there were."""
    lines = 0

    def trace(frame: FrameType, kind: str, argument: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.endswith(("session.py", "interrupts.py")):
            return None
        if kind == "line":
            lines += 1
            if lines == at:
                signal.raise_signal(number)
        return trace

    def work(desk: session.CliSession) -> int:
        caller = sys._getframe(1)
        sys.settrace(trace)
        caller.f_trace = trace
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the first one did not raise")

    with contextlib.suppress(KeyboardInterrupt):
        try:
            session.with_desk(argparse.Namespace(), Printer(False, io.StringIO(), io.StringIO()), work)
        finally:
            sys.settrace(None)
    return lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_press_at_any_line_behind_the_first_one_cuts_no_end_off(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(session, "EngineClient", Client)
    monkeypatch.setattr(session, "options_of", lambda arguments, announce: Options())
    for at in range(1, 1000):
        Client.closed = []
        if pressed_at(at, number) < at:
            break  # there is no such line any more
        assert Client.closed == [True], f"cut off at line {at}"
    assert at > 5


def test_the_first_raises_the_next_are_counted_and_it_may_be_armed_again() -> None:
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert interrupts.presses == 1
        interrupts.arm()
        with pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert interrupts.presses == 2


def test_what_was_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
