"""Devices: what is parsed, what is refused, what a name may look like."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.peer import (
    Address,
    DeviceKind,
    clean_name,
    key_bytes,
    key_words,
    parse_address,
    peer_id,
    short_id,
)
from lanshare.domain.showable import showable


@pytest.mark.parametrize(("text", "address"), [
    ("10.0.0.2", Address("10.0.0.2", 17717)),
    ("10.0.0.2:80", Address("10.0.0.2", 80)),
    ("host.lan:1", Address("host.lan", 1)),
    ("fe80::1%eth0", Address("fe80::1%eth0", 17717)),
    ("[fd00::2]:99", Address("fd00::2", 99)),
])
def test_addresses_are_read_and_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["", ":80", "a:", "a:0", "a:65536", "a:١", "[fd00::1", "a b", "a/b", "[::1]x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_address(text)


@given(st.text(max_size=200))
def test_a_name_is_one_short_visible_line(text: str) -> None:
    name = clean_name(text, "x")
    assert 1 <= len(name) <= 64
    assert name == name.strip()
    assert not any(char in name for char in "\n\r\t\x00\x1b\u202e\u200b")


@pytest.mark.parametrize("text", ["", "a" * 51, "A" * 52, "a" * 51 + "1", "a" * 53])
def test_only_a_whole_id_is_an_id(text: str) -> None:
    with pytest.raises(ValueError, match="not a device id"):
        peer_id(text)


def test_a_kind_of_device_that_nobody_knows_is_unknown() -> None:
    assert DeviceKind.of("laptop") is DeviceKind.LAPTOP
    assert DeviceKind.of("toaster") is DeviceKind.UNKNOWN
    assert short_id("abcdefghij") == "abcdefgh"


def test_an_id_is_said_in_four_words_and_every_bit_of_them_counts() -> None:
    zero = base64.b32encode(bytes(32)).decode().rstrip("=").lower()
    assert key_words(zero) == "babab-babab-babab-babab"
    assert key_bytes(zero) == bytes(32)
    known = bytes([127, 0, 0, 1]) + bytes(28)
    example = key_words(base64.b32encode(known).decode().rstrip("=").lower())
    assert example.startswith("lusab-babad"), "the paper's"
    words = {key_words(base64.b32encode(bytes([at]) * 32).decode().rstrip("=").lower()) for at in range(256)}
    assert len(words) == 256


@given(st.text(max_size=200))
def test_a_clean_name_is_clean_and_hides_nothing(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name
    assert len(name) <= 64
    assert showable(name) == name, "nothing in it would have to be written out"


@pytest.mark.parametrize(
    "hidden", ["\u00ad", "\u200b", "\u202e", "\u3164", "\u115f", "\ufe0f", "\u2065", "\U000e0041", "\x07"]
)
def test_a_clean_name_has_nothing_that_is_not_seen(hidden: str) -> None:
    assert clean_name(f"Ma{hidden}rta").replace("\ufe0f", "") == "Marta"
