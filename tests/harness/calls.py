"""Commands run in this process."""

from __future__ import annotations

from lanshare.cli.arguments import build_parser
from lanshare.cli.main import run

LOOP = ["--interface", "127.0.0.1"]


def call(*words: str) -> int:
    """Run a command; its exit code."""
    return run(build_parser().parse_args(list(words)))
