"""Asking for what an announcement left out, the newest first and bounded; and no fault of ours ends zeroconf."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from lanshare.net.mdns_threads import Callbacks, Resolver


def test_of_many_names_the_newest_are_asked_for_and_a_failure_ends_nothing() -> None:
    asked: list[str] = []
    first, going = threading.Event(), threading.Event()

    def ask(name: str) -> None:
        asked.append(name)
        first.set()
        assert going.wait(10)
        if name.endswith("7"):
            raise OSError("no such network")

    resolver = Resolver(ask)
    resolver.ask("held")
    assert first.wait(10)
    for number in range(100):
        resolver.ask(f"name {number}")
    resolver.ask("name 99")
    going.set()
    while resolver._thread is not None:
        resolver._thread.join(10)
    assert asked == ["held", *(f"name {number}" for number in range(99, 35, -1))]
    resolver.close()


def test_what_is_waiting_when_it_ends_is_asked_for_no_more() -> None:
    asked: list[str] = []
    first, going = threading.Event(), threading.Event()

    def ask(name: str) -> None:
        asked.append(name)
        first.set()
        assert going.wait(10)

    resolver = Resolver(ask)
    resolver.ask("held")
    assert first.wait(10)
    resolver.ask("later")
    closing = threading.Thread(target=resolver.close)
    closing.start()
    while resolver._names:
        closing.join(0.01)
    going.set()
    closing.join(10)
    assert asked == ["held"]


@pytest.mark.warns("an announcement could not be read")
def test_a_fault_of_ours_is_logged_and_not_thrown_into_zeroconfs_thread(caplog: pytest.LogCaptureFixture) -> None:
    def seen(zeroconf: object, name: str) -> None:
        raise ValueError(name)

    heard: list[str] = []
    callbacks = Callbacks(seen, heard.append)
    callbacks.add_service(cast(Any, None), "", "x")
    callbacks.update_service(cast(Any, None), "", "y")
    callbacks.remove_service(cast(Any, None), "", "z")
    assert heard == ["z"]
    assert [record.message for record in caplog.records] == ["an announcement could not be read"] * 2
