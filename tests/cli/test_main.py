"""The command line: sentences and exit codes instead of tracebacks, whatever command it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.calls import LOOP, call


@pytest.mark.parametrize(("words", "sentence"), [
    (["send", "Bob", "/no/such/file"], "there is no /no/such/file"),
    (["text", "Bob", "  "], "an empty message"),
    (["receive", "--accept", "all"], "needs --into"),
    (["receive", "--into", "/dev/null/x"], "cannot be used"),
])
def test_what_cannot_be_meant_is_said_in_words(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*words, "--profile", str(tmp_path), *LOOP) == 2
    assert sentence in capsys.readouterr().err


def test_id_needs_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("id", "--profile", str(tmp_path), *LOOP) == 0
    assert "port       17717" in capsys.readouterr().out
