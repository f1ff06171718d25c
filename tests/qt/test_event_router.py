"""Events go to those who subscribed to their type; nothing is heard by nobody without somebody having said so."""

from __future__ import annotations

from typing import get_args

import pytest

from lanshare.domain import events as e
from lanshare.domain.errors import LocalMisuse
from lanshare.domain.peer import PeerId
from lanshare.qt.event_router import EventRouter
from lanshare.qt.windows.main import MainWindow

GONE = e.PeerForgotten(PeerId("b" * 52))


def test_each_event_goes_to_those_of_its_type_in_their_order() -> None:
    router, heard = EventRouter(), list[str]()
    router.on(e.PeerForgotten, lambda event: heard.append(f"first {event.peer[0]}"))
    router.on((e.PeerVanished, e.PeerForgotten), lambda event: heard.append("second"))
    router.on(e.PeerVanished, lambda event: heard.append("another"))
    router.publish(GONE)
    assert heard == ["first b", "second"]


def test_what_nobody_hears_must_be_passed_over_by_name() -> None:
    router = EventRouter()
    kinds = get_args(e.Event)
    router.on(kinds[:-1], lambda event: None)
    with pytest.raises(LocalMisuse, match=kinds[-1].__name__):
        router.check()
    router.pass_over([kinds[-1]])
    router.check()
    router.pass_over([kinds[0]])
    with pytest.raises(LocalMisuse, match=kinds[0].__name__):
        router.check()


@pytest.mark.parametrize("kind", [str, int, MainWindow])
def test_what_is_no_event_is_an_error(kind: type) -> None:
    with pytest.raises(LocalMisuse):
        EventRouter().on(kind, lambda event: None)
    with pytest.raises(LocalMisuse):
        EventRouter().publish("x")  # type: ignore[arg-type]
