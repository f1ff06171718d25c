"""Whom a word means: names x ids x trust x presence, cell by cell. The same table stands in ARCHITECTURE.md."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.addressee import Candidate, Meaning, Outcome, Place, every, folded, place_of, resolve
from lanshare.domain.confusables import skeleton
from lanshare.domain.peer import PeerId, TrustLevel, parse_address

MARTA, FALSE, CARL = PeerId("m" * 52), PeerId("f" * 52), PeerId("c" * 52)
LEVELS = list(TrustLevel)


def device(
    ident: PeerId, name: str, trust: TrustLevel = TrustLevel.KNOWN, online: bool = True, alias: str = ""
) -> Candidate:
    """A device that may be meant."""
    return Candidate(ident, name, trust, online, alias)


def meant(meaning: Meaning) -> tuple[Outcome, set[PeerId]]:
    """The outcome, and who it is about."""
    return meaning.outcome, {one.id for one in meaning.found}


@pytest.mark.parametrize("word", ["", " ", "\t\n", "\u200b", "\u202e\u2066", "\x00"])
def test_a_word_without_anything_to_see_means_nobody_ever(word: str) -> None:
    everybody = [device(MARTA, ""), device(FALSE, "", TrustLevel.STRANGER)]
    with pytest.raises(ValueError, match="empty"):
        resolve(word, everybody)
    with pytest.raises(ValueError, match="empty"):
        every(word, everybody)


@pytest.mark.parametrize(("mine", "hers"), list(itertools.product(LEVELS, [True, False])))
def test_one_device_of_the_name(mine: TrustLevel, hers: bool) -> None:
    """Trust first, then presence: a stranger that is away is nobody, a blocked device is never meant."""
    found = resolve("Marta", [device(MARTA, "Marta", mine, hers)])
    expected = {
        TrustLevel.BLOCKED: Outcome.BLOCKED,
        TrustLevel.STRANGER: Outcome.ONE if hers else Outcome.NOBODY,
    }.get(mine, Outcome.ONE)
    assert found.outcome is expected
    assert found.exact is (mine is not TrustLevel.STRANGER)


FIRST = {TrustLevel.KNOWN: 2, TrustLevel.VERIFIED: 2, TrustLevel.BLOCKED: 1, TrustLevel.STRANGER: 0}


@pytest.mark.parametrize(
    ("one", "one_there", "other", "other_there"), list(itertools.product(LEVELS, [True, False], repeat=2))
)
def test_two_devices_of_one_name(one: TrustLevel, one_there: bool, other: TrustLevel, other_there: bool) -> None:
    """Every pair: who is trusted goes before who is blocked, and both before strangers; equals are several."""
    pair = [device(MARTA, "Marta", one, one_there), device(FALSE, "marta", other, other_there)]
    counted = [
        item for item in pair if item.trust is not TrustLevel.STRANGER or item.online
    ]
    best = max((FIRST[item.trust] for item in counted), default=-1)
    first = [item for item in counted if FIRST[item.trust] == best]
    for order in (pair, pair[::-1]):
        meaning = resolve("MARTA", order)
        if not first:
            assert meaning.outcome is Outcome.NOBODY
        elif len(first) == 2:
            assert meant(meaning) == (Outcome.SEVERAL, {MARTA, FALSE})
        else:
            blocked = first[0].trust is TrustLevel.BLOCKED
            assert meant(meaning) == (Outcome.BLOCKED if blocked else Outcome.ONE, {first[0].id})


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("trust", [TrustLevel.KNOWN, TrustLevel.VERIFIED])
@pytest.mark.parametrize("word", ["Marta", "mmmmmmmm", "mart", "m" * 52])
def test_an_alarm_bars_a_name_while_its_device_is_away(word: str, trust: TrustLevel, online: bool) -> None:
    there = [device(MARTA, "Marta", trust, online), device(FALSE, "Marta", TrustLevel.STRANGER)]
    meaning = resolve(word, there, frozenset({MARTA}))
    if word == "mart":
        assert meaning.outcome is Outcome.SEVERAL, "a beginning of both"
    elif online or len(word) == 52:
        assert meant(meaning) == (Outcome.ONE, {MARTA})
    else:
        assert meant(meaning) == (Outcome.IMPERSONATED, {MARTA})
    assert meant(resolve("ffff", there, frozenset({MARTA}))) == (Outcome.ONE, {FALSE}), "by its own id it is reached"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Marta", {MARTA}),
        ("marta's", {MARTA}),
        ("Marta's ThinkPad", {MARTA}),
        ("MARTA'S  THINKPAD ", {MARTA}),
        ("Mar", {MARTA}),
        ("Ma", set()),
        ("M", set()),
        ("ThinkPad", set()),
        ("arta", set()),
        ("Marta's ThinkPad X", set()),
        ("Al", {CARL}),
        ("A", set()),
        ("王", {FALSE}),
        ("*", set()),
        (".", set()),
        ("%", set()),
    ],
)
def test_a_beginning_is_enough_if_it_is_long_or_a_whole_word(word: str, expected: set[PeerId]) -> None:
    there = [device(MARTA, "Marta's ThinkPad"), device(CARL, "Al's Mac"), device(FALSE, "王 的电脑")]
    meaning = resolve(word, there)
    assert {one.id for one in meaning.found} == expected
    assert meaning.outcome is (Outcome.ONE if expected else Outcome.NOBODY)


def test_a_beginning_of_two_is_neither() -> None:
    there = [device(MARTA, "Marta's ThinkPad"), device(CARL, "Marta's phone", online=False)]
    assert meant(resolve("Marta", there)) == (Outcome.SEVERAL, {MARTA, CARL})


def test_a_stranger_does_not_take_a_friends_first_name() -> None:
    """`text Marta` is what everybody types for "Marta's ThinkPad": a stranger called just Marta must not get it."""
    there = [device(MARTA, "Marta's ThinkPad", online=False), device(FALSE, "Marta", TrustLevel.STRANGER)]
    assert meant(resolve("Marta", there)) == (Outcome.SEVERAL, {MARTA, FALSE})


def test_a_stranger_called_like_a_friends_id_does_not_get_what_is_sent_to_the_id() -> None:
    there = [device(MARTA, "Marta"), device(FALSE, "mmmmmmmm", TrustLevel.STRANGER)]
    assert meant(resolve("mmmmmmmm", there)) == (Outcome.ONE, {MARTA})
    two = [device(MARTA, "Marta"), device(CARL, "mmmmmmmm")]
    assert meant(resolve("mmmmmmmm", two)) == (Outcome.SEVERAL, {MARTA, CARL}), "two friends are several"


@pytest.mark.parametrize("length", range(1, 53))
def test_an_id_is_meant_from_four_characters_on(length: int) -> None:
    there = [device(MARTA, "Anna", TrustLevel.STRANGER)]
    assert resolve("m" * length, there).outcome is (Outcome.ONE if length >= 4 else Outcome.NOBODY)
    assert resolve("M" * length, there).outcome is (Outcome.ONE if length >= 4 else Outcome.NOBODY)


def test_an_alias_is_a_name_and_so_is_what_the_device_says() -> None:
    office = device(MARTA, "DESKTOP-7F2A", alias="Office")
    for word in ("office", "desktop-7f2a", "Offi", "DESKTOP"):
        assert meant(resolve(word, [office])) == (Outcome.ONE, {MARTA})
    false = device(FALSE, "Office", TrustLevel.STRANGER)
    assert meant(resolve("office", [office, false])) == (Outcome.ONE, {MARTA})


def test_a_group_is_a_candidate_like_any_friend() -> None:
    group = Candidate(CARL, "Team", TrustLevel.KNOWN, True, group=True)
    assert meant(resolve("team", [group])) == (Outcome.ONE, {CARL})
    assert meant(resolve("team", [group, device(MARTA, "Team")])) == (Outcome.SEVERAL, {CARL, MARTA})
    assert meant(resolve("team", [group, device(FALSE, "Team", TrustLevel.STRANGER)])) == (Outcome.ONE, {CARL})


@pytest.mark.parametrize(("typed", "named"), [("Zoë", "Zoe\u0308"), ("STRASSE", "straße"), ("anna b", "Anna\u00a0 B")])
def test_one_name_however_it_is_encoded(typed: str, named: str) -> None:
    assert folded(typed) == folded(named)
    assert resolve(typed, [device(MARTA, named)]).outcome is Outcome.ONE


@pytest.mark.parametrize(("mine", "hers"), list(itertools.product(LEVELS, LEVELS)))
def test_what_is_about_trust_itself_puts_nobody_first(mine: TrustLevel, hers: TrustLevel) -> None:
    """`block Marta` must not block the friend when a stranger of that name is there, nor the other way round."""
    both = [device(MARTA, "Marta", mine), device(FALSE, "Marta", hers, False)]
    assert {one.id for one in every("marta", both)} == {MARTA, FALSE}


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(LEVELS), st.booleans()), max_size=6),
)
def test_whatever_is_typed_at_most_one_is_meant_and_never_a_stranger_before_a_friend(
    word: str, people: list[tuple[str, TrustLevel, bool]]
) -> None:
    there = [device(PeerId(chr(97 + at) * 52), name, trust, on) for at, (name, trust, on) in enumerate(people)]
    try:
        meaning = resolve(word, there)
    except ValueError:
        assert not folded(word)
        return
    if meaning.outcome is Outcome.ONE:
        one = meaning.found[0]
        fits = folded(one.name).startswith(folded(word)) or one.id.startswith(folded(word))
        assert fits
        assert one.trust is not TrustLevel.BLOCKED
        if not one.trusted:
            assert one.online
            assert not any(friend.trusted and folded(friend.name) == folded(word) for friend in there)
    elif meaning.outcome is Outcome.SEVERAL:
        assert len(meaning.found) > 1


@pytest.mark.parametrize(
    ("word", "place", "address"),
    [
        ("10.99.0.2", Place.NUMERIC, "10.99.0.2:17717"),
        ("10.99.0.2:20000", Place.NUMERIC, "10.99.0.2:20000"),
        ("FE80::1%eth0", Place.NUMERIC, "[fe80::1%eth0]:17717"),
        ("2001:DB8:0:0::A", Place.NUMERIC, "[2001:db8::a]:17717"),
        ("[2001:DB8::A]:99", Place.NUMERIC, "[2001:db8::a]:99"),
        ("fileserver.lan", Place.DOTTED, "fileserver.lan:17717"),
        ("FileServer.LAN.", Place.DOTTED, "fileserver.lan.:17717"),
        ("fileserver", Place.BARE, "fileserver:17717"),
        ("fileserver:99", Place.NUMERIC, "fileserver:99"),
        ("7", Place.NONE, ""),
        ("10.1", Place.NONE, ""),
        ("0x7f.1", Place.NONE, ""),
        ("0x7f000001", Place.NONE, ""),
        ("010.0.0.1", Place.NONE, ""),
        ("Marta's ThinkPad", Place.NONE, ""),
        ("-x", Place.NONE, ""),
        ("a..b", Place.NONE, ""),
        (".", Place.NONE, ""),
        ("host:0", Place.NONE, ""),
        ("host:99999", Place.NONE, ""),
    ],
)
def test_how_a_word_reads_as_an_address(word: str, place: Place, address: str) -> None:
    found, where = place_of(word)
    assert found is place
    assert (str(where) if place is not Place.NONE and where is not None else "") == address


def test_one_spelling_of_an_address() -> None:
    assert parse_address("FE80:0::1%wlan0") == parse_address("fe80::1%wlan0")
    assert str(parse_address("Host.LAN")) == "host.lan:17717"


@pytest.mark.parametrize(("word", "name"), [
    ("nas-1", "nas-10"), ("nas-", "nas-2"), ("क", "किरण"), ("d", "D-Link"), ("A" * 64 + "-other", "A" * 64),
    ("7", "7even"), ("ab", "ab-c"), ("Bob (", "Bob (home)"), ("e", "e\u0301cole"), ("pi 1", "pi 12"),
])
def test_a_beginning_that_is_none_to_a_person_means_nobody(word: str, name: str) -> None:
    assert resolve(word, [device(MARTA, name)]).outcome is Outcome.NOBODY
    assert every(word, [device(MARTA, name)]) == []


@pytest.mark.parametrize("word", ["Bob\udce9", "Bo\udcffb", "\udcff"])
def test_a_word_that_is_no_text_means_nobody(word: str) -> None:
    with pytest.raises(ValueError, match="no text"):
        resolve(word, [device(MARTA, "Bob")])


@pytest.mark.parametrize("invisible", [
    "\u00ad", "\u034f", "\u115f", "\u180e", "\u200b", "\u2060", "\u3164", "\ufe0f", "\uffa0", "\U000e0041",
])
def test_what_is_not_seen_makes_no_other_name(invisible: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        resolve(invisible, [device(MARTA, invisible * 2)])
    assert resolve(f"of{invisible}fice", [device(MARTA, f"office{invisible}")]).outcome is Outcome.ONE
    assert skeleton(f"office{invisible}") == skeleton("office")


@pytest.mark.parametrize("trust", [TrustLevel.KNOWN, TrustLevel.VERIFIED])
@pytest.mark.parametrize("online", [True, False])
def test_a_name_that_was_taken_later_does_not_take_a_friends_first_word(trust: TrustLevel, online: bool) -> None:
    friend = device(MARTA, "Marta's ThinkPad", trust, online)
    renamed = Candidate(FALSE, "Marta", TrustLevel.KNOWN, True, met_as="Mallory")
    group = Candidate(CARL, "Marta", TrustLevel.KNOWN, True, group=True)
    for other in (renamed, group):
        assert meant(resolve("Marta", [friend, other])) == (Outcome.SEVERAL, {MARTA, other.id})
    honest = Candidate(FALSE, "Marta", TrustLevel.KNOWN, True, met_as="Marta")
    called = Candidate(FALSE, "x", TrustLevel.KNOWN, True, alias="Marta", met_as="Mallory")
    for other in (honest, called):
        assert meant(resolve("Marta", [friend, other])) == (Outcome.ONE, {FALSE})


@pytest.mark.parametrize("taken_by", list(TrustLevel))
@pytest.mark.parametrize("alarmed", [True, False])
def test_the_name_that_a_friend_had_stays_its_own(taken_by: TrustLevel, alarmed: bool) -> None:
    friend = Candidate(MARTA, "zentrale", TrustLevel.KNOWN, False, met_as="office")
    other = Candidate(FALSE, "office", taken_by, True, met_as="x" if taken_by is not TrustLevel.STRANGER else "")
    found = resolve("office", [friend, other], frozenset({MARTA}) if alarmed else frozenset())
    if taken_by in (TrustLevel.KNOWN, TrustLevel.VERIFIED):
        assert meant(found) == (Outcome.SEVERAL, {MARTA, FALSE})
    else:
        assert meant(found) == (Outcome.IMPERSONATED if alarmed else Outcome.ONE, {MARTA})


@pytest.mark.parametrize("word", ["оffice", "zed", "оff"])
def test_whoever_was_taken_for_a_friend_is_reached_by_its_id_alone(word: str) -> None:
    friend = device(MARTA, "office", online=False)
    other = device(FALSE, "оffice" if word != "zed" else "zed", TrustLevel.STRANGER)
    both = [friend, other]
    found = resolve(word, both, frozenset({MARTA}), {FALSE: MARTA})
    assert meant(found) == (Outcome.IMPERSONATED, {MARTA})
    assert meant(resolve(FALSE, both, frozenset({MARTA}), {FALSE: MARTA})) == (Outcome.ONE, {FALSE})
    assert meant(resolve(FALSE[:9], both, frozenset({MARTA}), {FALSE: MARTA})) == (Outcome.ONE, {FALSE})
