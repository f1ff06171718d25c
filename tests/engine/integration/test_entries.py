"""Entries of menus, for every name that a device may have: valid files, one line each, and the words as they are."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanshare.domain.peer import PeerId
from lanshare.domain.showable import is_hidden
from lanshare.engine.integration import entries
from lanshare.engine.integration.entries import MOST, Homes, name_in_menu, quoted

HOMES = Homes(Path("/home/anna/.local/share"), Path("/home/anna/.config"))
BOB = PeerId("b" * 52)
NAMES = [
    "Bob's ThinkPad", "a/b", "..", ".hidden", "100 %F", '"; rm -rf ~; "', "$(id)", "`id`", "back\\slash",
    "a\nExec=evil",
    "\u202egpj", "x" * 300, "☃" * 200, "مرحبا", "%", "\\", "[Desktop Action x]", "name;other", "=", "#", " ",
]


def unquoted(line: str) -> list[str]:
    """An Exec line's words, read by the specification: unescape the string, take the quotes off, put % back."""
    line = line.replace("\\\\", "\\")
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line, flags=re.DOTALL)
    return [re.sub(r'\\(["`$\\])', r"\1", quote or plain).replace("%%", "%") for quote, plain in words]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_device_is_called_every_entry_is_whole_and_says_what_it_is(name: str) -> None:
    made = entries.send_to(HOMES, ["/opt/lan share/lanshare"], [(BOB, name)])
    assert {one.path.parent.name for one in made} == {"scripts", "actions", "sendto", "servicemenus"}
    for one in made:
        text = one.content.decode()
        assert one.path.is_relative_to(HOMES.data)
        assert ".." not in one.path.parts
        assert len(one.path.name.encode()) < 256
        assert not [letter for letter in text if is_hidden(letter) and letter != "\n"]
        assert entries.MARK in text
        if one.path.parent.name == "scripts":
            words = shlex.split(text.splitlines()[-1])
            assert words[1:] == ["/opt/lan share/lanshare", "open", "--to", BOB, "--", "$@"]
            continue
        parsed = configparser.RawConfigParser(delimiters="=", comment_prefixes=("#",), strict=True)
        parsed.optionxform = str  # type: ignore[assignment, method-assign]
        parsed.read_string(text)
        (exec_,) = [section["Exec"] for section in parsed.values() if "Exec" in section]
        assert unquoted(exec_) == ["/opt/lan share/lanshare", "open", "--to", BOB, "--", "%F"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\x00\n", exclude_categories=["Cs"]), min_size=1)))
def test_words_come_out_of_an_exec_line_as_they_went_in(words: list[str]) -> None:
    assert unquoted(quoted(words)) == words


def test_names_that_look_alike_do_not_share_a_file_and_a_menu_stays_short() -> None:
    names = ["Bob", "bob", "Bob", "x" * 99, "Bob.", "\U0001f9d1" * 55 + "1", "\U0001f9d1" * 55 + "2"]
    devices = [(PeerId(letter * 52), name) for letter, name in zip("abcdefg", names, strict=True)]
    scripts = [one.path.name for one in entries.send_to(HOMES, ["l"], devices) if one.path.parent.name == "scripts"]
    assert len({name.casefold() for name in scripts}) == len(names)
    for kind, labels in (("servicemenus", len(names)), ("sendto", 1), ("actions", 1)):
        made = [one.content.decode() for one in entries.send_to(HOMES, ["l"], devices) if one.path.parent.name == kind]
        assert all(len(set(re.findall(r"^Name=(.*)$", text, re.MULTILINE))) == labels for text in made)
    many = [(PeerId(f"{number:052d}"), f"device {number}") for number in range(40)]
    assert sum(one.path.parent.name == "scripts" for one in entries.send_to(HOMES, ["l"], many)) == MOST
    (kept,) = entries.send_to(HOMES, ["l"], [])
    assert kept.path == HOMES.data / entries.DOLPHIN
    assert len(name_in_menu("x" * 300)) == 60


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="needs desktop-file-utils")
def test_the_desktops_own_checker_finds_nothing_wrong(tmp_path: Path) -> None:
    made = [*entries.menu(HOMES, ["/usr/bin/lanshare"], b"<svg/>"), entries.login(HOMES, ["/usr/bin/lanshare"])]
    for one in [one for one in made if one.path.suffix == ".desktop"]:
        path = tmp_path / one.path.name
        path.write_bytes(one.content)
        told = subprocess.run(["desktop-file-validate", "--no-hints", str(path)], capture_output=True, text=True)
        assert (told.returncode, told.stdout) == (0, "")
