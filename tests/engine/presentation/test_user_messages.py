"""Sentences: every code has one, with nothing left to fill in, and a peer's words cannot fill in others."""

from __future__ import annotations

import re

import pytest

from lanshare.domain.errors import Code
from lanshare.engine.presentation import user_messages

NETWORK = {Code.PORT_TAKEN, Code.NO_NETWORK, Code.MDNS_BLOCKED, Code.DATABASE_DAMAGED, Code.SETTINGS_DAMAGED}


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_sentence_of_its_own(code: Code) -> None:
    text = user_messages.trouble(code, "DETAIL") if code in NETWORK else user_messages.ended(code, "Bob", "DETAIL")
    assert text.endswith((".", "?"))
    assert "{" not in text
    assert "It did not work" not in text
    assert "Something is wrong" not in text


@pytest.mark.parametrize("code", [Code.PEER_AWAY, Code.DISK_FULL, Code.NO_FOLDER, Code.DISK_ERROR,
                                  Code.PEER_UNREACHABLE])
def test_who_waits_is_told_what_is_kept_and_that_it_goes_on(code: Code) -> None:
    text = user_messages.waiting(code, "The office laptop", 3_100_000_000, 4_000_000_000)
    assert "3.1 GB of 4.0 GB are kept" in text
    assert "it goes on" in text or "it is tried again" in text


def test_a_name_that_looks_like_a_gap_is_not_filled() -> None:
    assert "{detail}" not in user_messages.ended(Code.VERSION, "Bob", "x")
    assert user_messages.ended(Code.DECLINED, "{0} %s") == "{0} %s declined."


@pytest.mark.parametrize(("size", "text"), [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (915_000_000, "915 MB"), (1_440_000_000, "1.4 GB"),
    (10**15, "1000 TB"),
])
def test_sizes_are_decimal(size: int, text: str) -> None:
    assert user_messages.decimal(size) == text


def test_a_word_of_a_peers_own_is_no_accident() -> None:
    assert user_messages.ended("a-word-of-a-later-version") == "It did not work (a-word-of-a-later-version)."
    assert user_messages.trouble("another") == "Something is wrong (another)."


@pytest.mark.parametrize("code", [Code.PEER_AWAY, Code.DISK_FULL, Code.NO_FOLDER, Code.DISK_ERROR, Code.TURN,
                                  Code.PEER_BUSY, Code.PEER_UNREACHABLE])
@pytest.mark.parametrize("done", [0, 5])
def test_every_sentence_begins_with_a_capital(code: Code, done: int) -> None:
    text = user_messages.waiting(code, "Bob", done, 10, "/media/stick")
    for one in re.split(r"[.?] ", text):
        assert one[0].isupper() or one.startswith(("/media", f"{done} B")), text


def test_what_is_missing_is_named() -> None:
    assert "7.0 GB are still to come" in user_messages.waiting(Code.DISK_FULL, "Bob", 10**9, 8 * 10**9)
    told = user_messages.waiting(Code.NO_FOLDER, "Bob", 0, 8, "/media/stick")
    assert told.startswith("/media/stick is not there as a folder.")


@pytest.mark.parametrize(("code", "sending", "words"), [
    (Code.MORE_THAN_OFFERED, True, "more than Anna said yes to"),
    (Code.MORE_THAN_OFFERED, False, "Anna sent more than it had offered"),
    (Code.DECLINED, True, "Anna"),
    (Code.DECLINED, False, "You declined"),
])
def test_the_end_of_a_transfer_is_told_as_its_side_sees_it(code: Code, sending: bool, words: str) -> None:
    assert words in user_messages.transfer_ended(code, "Anna", "", sending)
