"""A data link that somebody dialled to us."""

from __future__ import annotations

import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.exchange.attach import Reception, Refusing
from lanshare.wire import frames as f
from tests.harness.wires import Ear


def test_it_waits_for_attach_and_takes_nothing_else() -> None:
    reception = Reception()
    reception.begin(Ear(), 0.0)
    with pytest.raises(ProtocolError):
        reception.on_frame(f.Ping(1), 0.0)
    with pytest.raises(LanshareError) as error:
        reception.on_frame(f.Refusal("version-differs", "1-1 here"), 0.0)
    assert error.value.code is Code.VERSION
    attach = f.Attach(bytes(16), "pull")
    reception.on_frame(attach, 0.0)
    assert (reception.done, reception.attach) == (True, attach)


def test_a_refusal_is_said_once_and_that_is_all() -> None:
    ear, refusing = Ear(), Refusing("declined")
    refusing.begin(ear, 0.0)
    assert (ear.said, refusing.done) == ([f.Refusal("declined")], True)
