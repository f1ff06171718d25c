"""The words of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanshare.__main__ import main
from lanshare.cli.arguments import build_parser, held, options_of


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


PLACES_FOR_A_WORD = [
    ["send", "", "x"], ["send", " ", "x"], ["send", "\u200b", "x"], ["text", "", "x"], ["pair", ""], ["block", ""],
    ["unblock", ""], ["forget", ""], ["trust", "", "--id", "a" * 52], ["history", ""], ["history", "", "--erase"],
    ["history", "", "--export", "d"], ["group", ""], ["group", "G", "--new", ""], ["group", "G", "--new", "Bob", ""],
    ["group", "G", "--add", ""], ["group", "G", "--remove", ""], ["group", "G", "--rename", ""],
    ["group", "", "--new", "Bob"], ["id", "--name", ""], ["id", "--interface", ""], ["id", "--port", ""],
]
PLACES_FOR_A_PATH = [
    ["send", "Bob", ""], ["send", "Bob", "x", ""], ["receive", "--into", ""], ["history", "Bob", "--export", ""],
    ["history", "--import", ""], ["id", "--profile", ""], ["open", ""], ["send", "Bob", "-", "--as", ""],
    ["send", "Bob", "-", "--as", "a/b"], ["send", "Bob", "-", "--as", ".."], ["send", "Bob", "-", "--as", "é" * 128],
]
SHORTENED = [
    ["send", "Bob", "x", "--no-w"], ["receive", "--acc", "all"], ["receive", "--in", "x"], ["history", "--eras"],
    ["peers", "--wat"], ["--prof", "x", "id"],
]


@pytest.mark.parametrize("words", PLACES_FOR_A_WORD + PLACES_FOR_A_PATH + SHORTENED)
def test_an_empty_word_is_nobody_and_nothing_and_a_flag_is_written_out(
    words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--profile", str(tmp_path / "p")])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err
    assert not (tmp_path / "p").exists(), "nothing was begun"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["send", "Bob", "a/../b"], "paths"), (["open", "b"], "paths"), (["receive", "--into", "b"], "into"),
        (["history", "Bob", "--export", "b"], "export"), (["history", "--import", "b"], "take_in"),
        (["id", "--profile", "b"], "profile"), (["--profile", "b", "id"], "profile"),
    ],
)
def test_a_path_means_the_folder_of_this_shell(
    words: list[str], field: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every path of every command: it is whole before anything else hears of it."""
    monkeypatch.chdir(tmp_path)
    value = getattr(build_parser().parse_args(words), field)
    for path in value if isinstance(value, list) else [value]:
        assert path.is_absolute()
        assert path.parent.resolve() == tmp_path.resolve()


def test_a_shell_whose_folder_is_gone_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit):
        build_parser().parse_args(["send", "Bob", "x"])
    assert "folder is gone" in capsys.readouterr().err


@pytest.mark.parametrize("words", [
    ["history", "Bob", "--erase", "--search", ""], ["history", "--search", " "], ["text", "Bob", "caf\udce9"],
    ["text", "Bob\udce9", "x"], ["block", "Bo\udcffb"], ["send", "\udcff", "f"], ["group", "G", "--new", "\u00ad"],
])
def test_a_word_that_is_empty_or_no_text_is_usage_everywhere(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "lanshare" in capsys.readouterr().err


def test_what_stands_behind_two_dashes_is_never_a_flag_and_never_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parsed = build_parser().parse_args(held(["send", "Bob", "--", "--no-wait", "-v", "--", "a.txt", "-"]))
    assert [one if one is None else one.name for one in parsed.paths] == ["--no-wait", "-v", "--", "a.txt", None]
    assert not parsed.no_wait
    assert build_parser().parse_args(held(["text", "Bob", "--", "--"])).text == "--"
    assert build_parser().parse_args(held(["text", "--", "-x", "-5 degrees"])).peer == "-x"


def test_a_flag_that_is_given_again_adds_to_it() -> None:
    parsed = build_parser().parse_args(["group", "G", "--new", "Bob", "--new", "Tom", "Ann"])
    assert parsed.new == ["Bob", "Tom", "Ann"]
    parsed = build_parser().parse_args(["group", "G", "--add", "a", "--add", "b", "--remove", "c", "--remove", "d"])
    assert (parsed.add, parsed.remove) == (["a", "b"], ["c", "d"])
    assert build_parser().parse_args(["group", "G"]).add == [], "nothing stays from one reading to the next"


@pytest.mark.parametrize("value", ["eth0", "127.1", "127.0.0.1 nonsense", "١٢٧.٠.٠.١"])
def test_the_environment_is_checked_as_the_flag_is(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANSHARE_INTERFACE", value)
    with pytest.raises(SystemExit) as ended:
        main(["id"])
    assert ended.value.code == 2
    assert "LANSHARE_INTERFACE" in capsys.readouterr().err
