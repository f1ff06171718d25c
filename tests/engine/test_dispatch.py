"""Items and effects go to whoever registered for their type, in order; nothing is dropped in silence."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec import Struct

from lanshare.domain.commands import Command
from lanshare.domain.control_messages import ControlMessage
from lanshare.domain.errors import LocalMisuse
from lanshare.domain.events import IdentityRenewed
from lanshare.engine import effects as e
from lanshare.engine import inbox as n
from lanshare.engine.dispatch import Dispatch, Routes


class Red(Struct, frozen=True):
    """A kind."""

    number: int


class Blue(Struct, frozen=True):
    """Another one."""


class Green(Struct, frozen=True):
    """One that is not of the union."""


def told(code: int) -> e.Effect:
    """An effect that can be recognised."""
    return e.PostRun("x" * code, None)  # type: ignore[arg-type]


def test_all_handlers_of_a_type_are_called_in_the_order_of_their_registration() -> None:
    routes: Routes[Red | Blue, [float]] = Routes(Red | Blue)
    routes.on(Red, lambda red, now: [told(red.number), told(int(now))])
    routes.on(Red, lambda red, now: None)
    routes.on(Red, lambda red, now: (told(3),))
    routes.on(Blue, lambda blue, now: [])
    routes.check()
    assert routes(Red(1), 2.0) == [told(1), told(2), told(3)]
    assert routes(Blue(), 2.0) == []


def test_a_type_without_a_handler_or_of_no_union_is_a_bug_and_never_silence() -> None:
    routes: Routes[Red | Blue, []] = Routes(Red | Blue)
    routes.on(Red, lambda red: None)
    with pytest.raises(LocalMisuse, match="nobody handles Blue"):
        routes.check()
    with pytest.raises(LocalMisuse, match="nobody handles Blue"):
        routes(Blue())
    with pytest.raises(LocalMisuse, match="Green is not routed here"):
        routes.on(Green, lambda green: None)
    with pytest.raises(LocalMisuse, match="nobody handles Green"):
        routes(Green())  # type: ignore[arg-type]


def test_the_dispatch_knows_every_command_note_message_and_effect() -> None:
    dispatch = Dispatch()
    with pytest.raises(LocalMisuse) as caught:
        dispatch.check()
    missing = set(str(caught.value).removeprefix("nobody handles ").split(", "))
    assert missing == {one.__name__ for one in get_args(n.InboxItem)}
    assert set(get_args(Command)) < set(get_args(n.InboxItem))
    for union, routes in ((ControlMessage, dispatch.heard), (e.Effect, dispatch.effects)):
        with pytest.raises(LocalMisuse) as caught:
            routes.check()
        assert str(caught.value).count(",") == len(get_args(union)) - 1


def test_every_note_and_effect_that_is_written_down_is_in_its_union() -> None:
    for module, union, left in (
        (n, n.InboxItem, {n.SpreadStored}), (e, e.Effect, set()),
    ):
        kinds = {
            one for one in vars(module).values()
            if isinstance(one, type) and issubclass(one, Struct) and one.__module__ == module.__name__
        }
        assert kinds - left == {one for one in get_args(union) if one.__module__ == module.__name__}
    assert IdentityRenewed not in get_args(n.InboxItem), "events go out; they do not come in"
