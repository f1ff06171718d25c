"""Names that an eye takes for each other, by all of Unicode's table."""

from __future__ import annotations

import string
import sys
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.confusables import _alike, _marks, _table, skeleton
from lanshare.domain.showable import visible


def test_every_character_of_the_table_looks_like_what_it_says() -> None:
    assert len(list(_alike())) > 6000
    apart = [
        f"{code:x}" for code, other in _alike() if skeleton(f"Ma{chr(code)}rta") != skeleton(f"Ma{other}rta")
    ]
    assert apart == ["f0"], "eth alone"


@pytest.mark.parametrize(("one", "other"), [
    ("\u062d\u0627\u0633\u0648\u0628 \u0661", "\u062d\u0627\u0633\u0648\u0628 \u0661\u0660"),  # computer 1, 10
    ("\u06f1", "\u06f1\u06f0"), ("\u05d2\u05dc", "\u05d2\u05d9\u05dc"),  # Gal, Gil
    ("\u30ce\u30a2", "\u30a2"), ("\u304f\u307e", "\u307e"), ("Gu\u00f0r\u00fan", "Gurun"),  # Noa, Kuma
])
def test_a_letter_or_digit_that_looks_like_a_full_stop_counts(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def seen(char: str) -> bool:
    """Whether this is a letter or digit that is drawn for itself, and no mark on another."""
    plain = unicodedata.normalize("NFKD", visible(char))
    return any(one.isalnum() and not unicodedata.combining(one) and visible(one) for one in plain)


@pytest.mark.parametrize("mark", "\u02bc\ua78c\u02b9\u05d9\u0660\u30ce\u01c3\u144a")
def test_elsewhere_it_counts_as_little_as_what_it_looks_like(mark: str) -> None:
    assert skeleton(f"O{mark}Brien") == skeleton("O'Brien") == skeleton(f"{mark}OBrien{mark}")


def test_no_letter_or_digit_is_lost() -> None:
    """But those that look like punctuation: see above."""
    lost = [
        f"{code:x}"
        for code in range(sys.maxunicode + 1)
        if chr(code).isalnum() and chr(code) not in _marks() and seen(chr(code))
        and skeleton(f"x{chr(code)}y") == skeleton("xy")
    ]
    assert lost == []


def test_the_skeleton_of_any_character_is_its_own() -> None:
    """So that the rounds are enough, and that what looks like what looks like a third one does as well.

    What looks like punctuation is told by its neighbours in the name as it was given: see above.
    """
    moving = [
        f"{code:x}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) not in ("Cs", "Cn", "Co")
        and not _marks().intersection(unicodedata.normalize("NFKD", chr(code)))
        and skeleton(f"x{skeleton(f'x{chr(code)}')}") != skeleton(f"xx{chr(code)}")
    ]
    assert moving == []


ALIKE = [set("il1"), set("o0"), set("s5")]


def test_letters_and_digits_look_like_few_others() -> None:
    """Devices are numbered, and people have short names: not every two are alike."""
    known = {char: index for index, group in enumerate(ALIKE) for char in group}
    found: dict[str, str] = {}
    for pair in product(string.ascii_lowercase + string.digits, repeat=2):
        plain = "".join(str(known.get(char, char)) + "," for char in pair)
        name = "".join(pair)
        if name in ("rn", "vv"):
            continue  # m and w
        assert found.setdefault(skeleton(name), plain) == plain, name


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=12), st.data())
def test_any_letters_may_be_exchanged(name: str, data: st.DataObject) -> None:
    like: dict[str, list[str]] = {}
    for code, other in _table().items():
        like.setdefault(other, []).append(chr(code))
    forged = "".join(data.draw(st.sampled_from([char, *like.get(char, [])])) for char in name)
    assert skeleton(forged) == skeleton(name)
    assert skeleton(name.upper()) == skeleton(name)


@pytest.mark.parametrize(("one", "other"), [
    ("Anna", "\u0410nn\u0430"), ("Anna", " ANNA "), ("Zoe", "Zo\u00eb"), ("IBM", "lBM"), ("Marta", "Rnarta"),
    ("Bob", "B0b"),
])
def test_names_that_an_eye_takes_for_each_other_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [
    ("Anna", "Hanna"), ("\U0001f600", "\U0001f601"), ("\u65e5\u672c", "\u672c"), ("PC 2", "PC 3"),
])
def test_other_names_have_another_one(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    "hidden", ["\u00ad", "\u200b", "\u202e", "\u3164", "\u115f", "\ufe0f", "\u2065", "\U000e0041", "\x07"]
)
@pytest.mark.parametrize("name", ["Marta", "\U0001f600"])
def test_names_that_differ_in_what_is_not_seen_are_alike(name: str, hidden: str) -> None:
    assert skeleton(f"{name}{hidden}{name}") == skeleton(name * 2)
