"""Whoever joins gets the state first, then what changes."""


from __future__ import annotations

from lanshare.domain import events as e
from lanshare.domain.errors import Code
from lanshare.engine import inbox as n
from tests.harness.stepped import ANNA, Setting


def test_a_snapshot_comes_first(setting: Setting) -> None:
    assert setting.names() == ["Snapshot"]
    snapshot = setting.events[0]
    assert isinstance(snapshot, e.Snapshot)
    assert (snapshot.me.id, snapshot.me.name, snapshot.peers) == (ANNA.id, "Anna", ())


def test_a_trouble_is_told_once_over_and_only_if_it_was_there(setting: Setting) -> None:
    setting.do(n.NetworkChanged(("10.0.0.1",), Code.NO_NETWORK))
    setting.do(n.NetworkChanged(("10.0.0.1",), None))
    setting.do(n.NetworkChanged(("10.0.0.1",), None))
    told = [one for one in setting.events if isinstance(one, e.NetworkTroubled)]
    assert [(one.code, bool(one.message)) for one in told] == [(Code.NO_NETWORK, True), (Code.NO_NETWORK, False)]
