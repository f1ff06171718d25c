"""What the parts of the window go by: numbers that nobody else has, and what waits until the engine has spoken."""

from __future__ import annotations

from lanshare.qt.models.devices import DeviceModel
from lanshare.qt.models.transfers import TransferBook
from lanshare.qt.state import WindowState
from tools import pictures as made


def test_no_two_questions_have_one_number(qapp: object) -> None:
    state = WindowState(DeviceModel(TransferBook()))
    assert len({state.next_request() for _ in range(100)}) == 100


def test_what_a_person_wanted_early_is_done_once_and_in_its_order(qapp: object) -> None:
    state, done = WindowState(DeviceModel(TransferBook())), list[int]()
    for number in range(3):
        state.when_known(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == []
    state.me = made.ME
    state.do_what_waited()
    state.do_what_waited()
    state.when_known(lambda: done.append(9))
    assert done == [0, 1, 2, 9]
    assert state.device is None
