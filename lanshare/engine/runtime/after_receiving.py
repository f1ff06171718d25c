"""A person's own command, run once something has arrived: with the paths as its arguments, and never through a shell.

It is the person's program, so it may do what it likes; but it cannot hold anything up. It runs after the transfer is
over and told, one at a time, for at most SECONDS; what becomes of it is told, and is never the transfer's failure.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from lanshare.domain.errors import Code
from lanshare.domain.events import CommandEnded
from lanshare.engine.effects import RunCommand
from lanshare.engine.presentation import user_messages
from lanshare.engine.presentation.display_text import escaped

SECONDS: Final = 600.0
_GRACE: Final = 5.0
"""Seconds between being asked to end and being ended."""


class Ended(Struct, frozen=True):
    """How a command ended; with an empty `code`: well. `explanation` is a sentence."""

    code: str = ""
    explanation: str = ""


def _ended(code: Code, detail: str) -> Ended:
    return Ended(code, user_messages.ended(code, "", detail))


def words_of(command: str) -> list[str]:
    """The program and its own arguments, quoted as a shell has them. ValueError, a sentence, if that is no command."""
    if "\x00" in command:
        raise ValueError("a command with a NUL in it names nothing")
    windows = sys.platform == "win32"
    try:
        # There a backslash stands between folders, and hides nothing.
        words = [word.strip('"') if windows else word for word in shlex.split(command, posix=not windows)]
    except ValueError as error:
        raise ValueError(f"the quotes of the command do not match: {error}") from None
    if not words:
        raise ValueError("an empty command does nothing. Is a variable of a script not set?")
    if windows and Path(words[0]).suffix.lower() in (".bat", ".cmd"):
        # cmd.exe would read the names of files as its own words, and others choose those.
        raise ValueError("a batch file is read by a shell, which names of files could tell what to do: use a program")
    return words


class Command:
    """One run of a command. run() returns how it ended; cancel() ends it from another thread."""

    def __init__(
        self, words: Sequence[str], paths: Sequence[str], told: dict[str, str],
        output: IO[str] | int = subprocess.DEVNULL, seconds: float = SECONDS,
    ) -> None:
        """`told`: further environment variables. `output`: where what it says goes."""
        self._words, self._paths, self._told, self._output, self._seconds = words, paths, told, output, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._cancelled = threading.Event()

    def run(self) -> Ended:
        """To its end."""
        name = escaped(self._words[0])
        if self._cancelled.is_set():
            return _ended(Code.COMMAND_MISSING, f"{name}: lanshare ends")
        try:
            self._process = process = subprocess.Popen(
                [*self._words, *self._paths], stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output,
                env=os.environ | self._told, start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            if self._cancelled.is_set():
                self._end(process)  # it was cancelled while it was being started
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return _ended(Code.COMMAND_MISSING, f"{name}: {reason}")
        try:
            code = process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            self._end(process)
            return _ended(Code.COMMAND_HUNG, f"{name}: {self._seconds / 60:.0f} minutes")
        if code == 0:
            return Ended()
        how = f"ended by signal {-code}" if code < 0 else f"ended with {code}"
        return _ended(Code.COMMAND_FAILED, f"{name}: {how}")

    def cancel(self) -> None:
        """End it soon."""
        self._cancelled.set()
        if (process := self._process) is not None and process.poll() is None:
            self._end(process)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """It and (where there are process groups) what it has started: first asked, then made to."""
        for ask in (True, False):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGTERM if ask else signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
                if not ask:
                    return


def never_begun(effect: RunCommand) -> CommandEnded:
    """lanshare ends before its turn came."""
    ended = _ended(Code.COMMAND_MISSING, f"{escaped(effect.command)}: lanshare ends")
    return CommandEnded(effect.transfer, effect.peer, ended.code, ended.explanation)


def environment(peer: str, name: str, transfer: str) -> dict[str, str]:
    """What a command is told beside its arguments."""
    return {"LANSHARE_DEVICE": peer, "LANSHARE_NAME": name, "LANSHARE_TRANSFER": transfer}


class CommandJob:
    """What is asked for once something has arrived, as a job."""

    def __init__(
        self, effect: RunCommand, tell: Callable[[CommandEnded], None], output: IO[str] | int = subprocess.DEVNULL
    ) -> None:
        self._effect, self._told_to, self._output = effect, tell, output
        self._command: Command | None = None
        self._cancelled = False

    def run(self) -> None:
        """CommandEnded is told whatever happens."""
        effect = self._effect
        try:
            words = words_of(effect.command)
        except ValueError as error:
            ended = _ended(Code.COMMAND_MISSING, str(error))
        else:
            told = environment(effect.peer, effect.name, effect.transfer)
            self._command = Command(words, effect.paths, told, self._output)
            if self._cancelled:
                self._command.cancel()
            ended = self._command.run()
        self._told_to(CommandEnded(effect.transfer, effect.peer, ended.code, ended.explanation))

    def cancel(self) -> None:
        """See Job."""
        self._cancelled = True
        if self._command is not None:
            self._command.cancel()
