"""The words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.__main__ import main
from lanshare.cli.words import build_parser, options_of


@pytest.mark.parametrize("words", [
    ["--port", "80", "id"], ["--port", "x", "id"], ["peers", "--seconds", "-1"], ["peers", "--seconds", "nan"],
    ["send", "Bob"], ["text", "Bob"], ["receive", "--accept", "everybody"], ["receive", "--count", "0"],
    ["send", "Bob", "x", "--wait", "1", "--no-wait"], ["nonsense"], ["history", "--limit", "0"],
    ["peers", "--interface", "eth0"],
])
def test_words_that_do_not_fit_are_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_flags_may_stand_on_either_side_of_the_command() -> None:
    for words in (["--port", "2000", "id"], ["id", "--port", "2000"]):
        assert build_parser().parse_args(words).port == 2000


def test_the_environment_names_profile_and_interfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANSHARE_PROFILE", "/p")
    monkeypatch.setenv("LANSHARE_INTERFACE", "127.0.0.1, ::1")
    arguments = build_parser().parse_args(["id"])
    for name, value in (("profile", None), ("port", None), ("name", None), ("interface", None)):
        if not hasattr(arguments, name):
            setattr(arguments, name, value)
    options = options_of(arguments)
    assert (options.profile, options.interfaces) == (Path("/p"), ("127.0.0.1", "::1"))
