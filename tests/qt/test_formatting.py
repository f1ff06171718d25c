"""What the window says: links are the only markup; times as people say them."""

from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanshare.domain.peer import PeerId
from lanshare.qt import formatting


@given(st.text(max_size=300))
def test_linked_text_holds_no_markup_but_our_links(text: str) -> None:
    html = formatting.linked(f"{text} https://example.org/a?b=c&d {text}", "#000000")
    inside = html.removeprefix('<p style="white-space: pre-wrap; margin: 0">').removesuffix("</p>")
    rest = inside.replace("</a>", "")
    while '<a href="http' in rest.lower():
        start = rest.lower().index('<a href="http')
        rest = rest[:start] + rest[rest.index(">", start) + 1 :]
    assert "<" not in rest


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, "a moment left"), (40, "40 s left"), (600, "10 min left"), (7200, "2.0 h left"),
])
def test_time_left_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert formatting.left(seconds) == text


def test_days_are_named_when_they_are_near() -> None:
    now = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC).astimezone()
    assert formatting.day(now, now) == "Today"
    assert formatting.day(now - datetime.timedelta(days=1), now) == "Yesterday"
    assert "2025" in formatting.day(now - datetime.timedelta(days=365), now)
    assert formatting.when(now - datetime.timedelta(days=1), now) == "Yesterday"


def test_a_sentences_full_stop_is_not_part_of_its_link() -> None:
    assert 'href="https://a.org/x"' in formatting.linked("see https://a.org/x.", "#000")
    assert formatting.has_link("HTTP://A.ORG")
    assert not formatting.has_link("javascript:alert(1) file:///etc/passwd")
    assert formatting.path_name("C:\\x\\y\u202e.txt") != "y\u202e.txt"


def test_whoever_is_called_like_another_one_does_not_leave_for_it() -> None:
    one, other = PeerId("a" * 52), PeerId("b" * 52)
    names = {one: "Bob", other: "Bob"}
    body = json.dumps({"remove": [other]})
    assert formatting.change(body, one, "Bob", names, None) == "Bob removed Bob"
    assert formatting.change(body, other, "Bob", names, None) == "Bob left"


@pytest.mark.parametrize("body", ["", "[]", "null", '{"add": 7}', '{"x":' + "[" * 2500 + "]" * 2500 + "}", "[" * 9999])
def test_a_change_that_says_nothing_sensible_is_told_as_one(body: str) -> None:
    assert formatting.change(body, PeerId("a" * 52), "Bob", {}, None) == "Bob changed something"
