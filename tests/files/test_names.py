"""Names: nothing leaves the folder, what is kept can be turned back, nothing deceives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.files.names import (
    NameRefused,
    System,
    escaped,
    numbered,
    original,
    plain_target,
    safe_name,
    safe_path,
)

BOTH = list(System)
any_name = st.text(st.characters(), min_size=1, max_size=40)


@pytest.mark.parametrize("system", BOTH)
@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\x00b", "x" * 256, "é" * 128, "\ud800"]
)
def test_what_could_leave_or_cannot_be_is_refused(name: str, system: System) -> None:
    with pytest.raises(NameRefused):
        safe_name(name, system)


@pytest.mark.parametrize(
    "name",
    ["con", "NUL.txt", "COM1", "lpt¹.log", "a:b", "file:stream", "a.", "a ", "what?", "CONIN$", "aux .c", "a\\b",
     "dev-disk\\x2dby"],
)
def test_windows_names_are_escaped_there_and_kept_here(name: str) -> None:
    kept = safe_name(name, System.WINDOWS)
    assert kept != name
    assert original(kept) == name
    assert safe_name(name, System.POSIX) == name
    assert not set(kept) & set('<>:"|?*\\')
    assert kept[-1] not in ". "


@pytest.mark.parametrize("name", ["photo\u202egpj.exe", "a\nb", "x\x1b[2J", "zero\u200bwidth", "\ufeffbom"])
def test_what_deceives_is_made_visible(name: str) -> None:
    kept = safe_name(name)
    assert kept != name
    assert kept.isprintable()
    assert original(kept) == name


@pytest.mark.parametrize("name", [".lanshare-incoming", ".LANSHARE-INCOMING"])
def test_our_own_staging_name_is_not_for_peers(name: str) -> None:
    assert safe_name(name).casefold() != ".lanshare-incoming"


@given(any_name, st.sampled_from(BOTH))
def test_a_kept_name_is_one_component_and_turns_back(name: str, system: System) -> None:
    try:
        kept = safe_name(name, system)
    except NameRefused:
        return
    assert kept not in ("", ".", "..")
    assert "/" not in kept
    assert system is System.POSIX or "\\" not in kept
    assert "\x00" not in kept
    assert original(kept) == name


@given(st.lists(any_name, max_size=70), st.sampled_from(BOTH))
def test_a_path_is_bounded_in_depth_and_length(parts: list[str], system: System) -> None:
    try:
        kept = safe_path(parts, system)
    except NameRefused:
        return
    assert len(kept) == len(parts) <= 64
    assert len("/".join(kept).encode()) <= 4096


def test_numbers_keep_the_ending_and_the_length() -> None:
    assert numbered("a.txt", 0) == "a.txt"
    assert numbered("a.txt", 2) == "a (2).txt"
    assert numbered("a.tar.gz", 1) == "a (1).tar.gz"
    assert numbered(".profile", 1) == ".profile (1)"
    assert numbered("no ending", 1) == "no ending (1)"
    long = numbered("é" * 125 + ".jpeg", 12)
    assert long.endswith(" (12).jpeg")
    assert len(long.encode()) <= 255


def test_shown_text_cannot_move_a_terminal() -> None:
    assert escaped("a\x1b]52;c;x\x07b") == "a\\u001b]52;c;x\\u0007b"


@pytest.mark.parametrize(
    "name",
    ["می\u200cخواهم.txt", "👩\u200d👩\u200d👧.jpg", "क्\u200dष", "systemd-a\\x2db.service", "…", "ﬁ", "a\u0301", "é"],
)
def test_what_is_part_of_letters_and_pictures_stays(name: str) -> None:
    """Zero width joiners of Persian, Indic scripts and emoji, and a backslash where it is a letter like others."""
    assert safe_name(name, System.POSIX) == name


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        ("./v1", "v1"), ("v1/", "v1"), ("a//b", "a/b"), ("./../x", "../x"), ("../.", ".."), (".", ""), ("/x", "/x"),
        ("v1", "v1"),
    ],
)
def test_a_link_leads_where_it_led_whatever_its_spelling(target: str, plain: str) -> None:
    assert plain_target(target) == plain
