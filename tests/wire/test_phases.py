"""The table of turns: every phase has a way on, every frame a place, and what is not listed is nobody's word."""

from __future__ import annotations

from lanshare.wire import frames as f
from lanshare.wire.frames import NUMBERS
from lanshare.wire.phases import TABLE, Phase, Speaker, next_phase


def test_every_frame_has_a_place_and_every_phase_an_end() -> None:
    said = {kind for moves in TABLE.values() for kind in moves}
    assert said == set(NUMBERS)
    for phase in set(Phase) - {Phase.OVER}:
        ways = [moves for (where, _), moves in TABLE.items() if where is phase]
        assert any(Phase.OVER in moves.values() for moves in ways), phase


def test_every_phase_but_the_first_can_be_reached() -> None:
    reached = {phase for moves in TABLE.values() for phase in moves.values()} | {Phase.DATA}
    assert set(Phase) - {Phase.START} <= reached


def test_before_a_proof_nothing_but_the_greeting_is_anybodys_word() -> None:
    for phase in (Phase.START, Phase.CHALLENGED, Phase.PROVEN, Phase.GREETED):
        allowed = {kind for (where, _), moves in TABLE.items() if where is phase for kind in moves}
        assert allowed <= {f.Challenge, f.Proof, f.Sealed, f.Hello, f.Refusal, f.Bye}


def test_roles_are_kept_apart() -> None:
    assert next_phase(Phase.MOVING, (Speaker.SOURCE,), f.Data) is Phase.MOVING
    assert next_phase(Phase.MOVING, (Speaker.SINK,), f.Data) is None
    assert next_phase(Phase.MOVING, (Speaker.SOURCE,), f.Confirmed) is None
    assert next_phase(Phase.SENT, (Speaker.SOURCE,), f.Data) is None
