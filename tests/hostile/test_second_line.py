"""With every check of names switched off on purpose, the kernel still lets nothing out of the receiving folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lanshare.files import landlock, names
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker, Gone
from tests.hostile.conftest import Victim
from tests.hostile.corpus import TOKEN, X

pytestmark = pytest.mark.skipif(landlock.version() < 2, reason="this kernel has no Landlock")
WAYS_OUT: list[tuple[str, ...]] = [
    ("..", f"{TOKEN}.txt"), ("a", "..", "..", f"{TOKEN}.txt"), ("..", ".ssh", "authorized_keys"), ("..", ".bashrc"),
    ("..", "received-evil", f"{TOKEN}.txt"), (f"../{TOKEN}.txt",), ("a", f"../../{TOKEN}.txt"), ("..", TOKEN, "x"),
    ("..", "..", f"{TOKEN}.txt"), ("a", "b", "..", "..", "..", f"{TOKEN}"),
]


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is refused or mapped any more."""

    def as_it_is(name: str, system: object = None) -> str:
        return name

    def path_as_it_is(parts: Sequence[str], system: object = None) -> tuple[str, ...]:
        return tuple(parts)

    monkeypatch.setattr(names, "safe_name", as_it_is)
    monkeypatch.setattr(names, "safe_top", as_it_is)
    monkeypatch.setattr(names, "safe_path", path_as_it_is)
    monkeypatch.setattr(names, "link_stays", lambda parts, target: True)


def try_all(victim: Victim, mallory: Identity) -> None:
    """Every way out, each with a transfer of its own."""
    for parts in WAYS_OUT:
        with victim.accepted(mallory) as transfer, Attacker(victim.port, mallory) as data:
            try:
                data.attach(transfer)
                data.say_raw(f.Begin, 0, list(parts), "file", 1, 1, 0, "", False)
                data.say(f.Data(memoryview(b"x")))
                data.say(f.End(X))
                data.say(f.AllSent(1, 1))
                data.hear_kind(f.Complete, f.Halt)
            except Gone:
                pass


def test_with_the_first_line_gone_nothing_escapes(
    victim: Victim, mallory: Identity, alive: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = victim.outside()
    unchecked(monkeypatch)
    try_all(victim, mallory)
    assert victim.outside() == before


def test_without_either_line_something_would(
    victim: Victim, mallory: Identity, alive: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above would notice."""
    before = victim.outside()
    unchecked(monkeypatch)
    monkeypatch.setattr(landlock, "bind", lambda folders: False)
    try_all(victim, mallory)
    assert victim.outside() != before
