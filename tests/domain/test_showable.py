"""Whatever is not seen in others' text is written out: by Unicode's categories, all code points tried."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from lanshare.domain.showable import is_hidden, showable


def test_no_hidden_character_of_unicode_is_drawn_as_it_is() -> None:
    shown = []
    for number in range(sys.maxunicode + 1):
        char = chr(number)
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char in showable(f"a{char}b"):
            shown.append(char)
    assert "".join(shown) == "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd", (
        "these are seen: they enclose numbers"
    )


@pytest.mark.parametrize("char", "\u034f\u115f\u1160\u17b4\u180b\u2065\u2800\u3164\uffa0\ufff0\U000e0001\U000e0100")
def test_what_unicode_draws_as_nothing_is_written_out(char: str) -> None:
    assert char not in showable(f"open{char}me")


@pytest.mark.parametrize("text", [
    "", "plain", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "葛\U000e0100", "ത്\u200d", "PDF\u200cها", "نامه\u200c!",
     "Käse \u00a0 1\u202f000 \u3000", "می\u200cخواهم", "👩\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3",
    "שלום", "क्\u200dष",
    "👁\ufe0f\u200d🗨\ufe0f", "🫨 new picture", "漢\ufe00",
])
def test_letters_and_pictures_stay_whole(text: str) -> None:
    assert showable(text) == text


@pytest.mark.parametrize(("text", "seen"), [
    ("open invoice\u202egpj.exe", "open invoice\\u202egpj.exe"), ("a\u200db", "a\\u200db"), ("a\u200c b", "a\\u200c b"),
    ("x\u2066y\u2069", "x\\u2066y\\u2069"), (" \ufe0f", " \\ufe0f"), ("soft\u00adhyphen", "soft\\u00adhyphen"),
    ("\u200bstart", "\\u200bstart"), ("tab\there", "tab\\u0009here"), ("é\u200d\u200dé", "é\\u200d\\u200dé"),
    ("Anna\ufe0f", "Anna\\ufe0f"),
    ("❤\ufe0f\ufe0f", "❤\ufe0f\\ufe0f"), ("Ан\u200dна", "Ан\\u200dна"),
    ("北\u200c京", "北\\u200c京"), ("🏴\U000e0067", "🏴\\U000e0067"),
    ("\U000e0041", "\\U000e0041"), ("back\\slash", "back\\slash"),
])
def test_what_deceives_is_written_out(text: str, seen: str) -> None:
    assert showable(text) == seen


def test_lines_and_tabs_stay_where_they_may() -> None:
    assert showable("one\n\ttwo\u202e", keep="\n\t") == "one\n\ttwo\\u202e"
    assert is_hidden("\n")


@pytest.mark.parametrize("piece", ["\U000e0061", "\ufe0f", "\u200d", "\U0001f3f4\U000e0061", "\u202e", "a\u200d"])
def test_however_much_is_hidden_it_is_written_out_in_one_pass(piece: str) -> None:
    """What looks around itself looks no further than a letter has parts: a flood would cost its square."""
    seen = showable(piece * 200_000)
    assert piece * 2 not in seen
    assert len(seen) > 200_000
