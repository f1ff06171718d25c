"""While modules load nothing is collected, and what they left is passed over afterwards."""

from __future__ import annotations

import gc
import sys
import types

from lanshare.domain.programs import loading


def loaded(number: int) -> list[str]:
    """So many modules more than before; their names."""
    names = [f"made_up_{at}" for at in range(number)]
    sys.modules.update({name: types.ModuleType(name) for name in names})
    return names


def test_nothing_is_collected_meanwhile_and_many_modules_are_set_aside() -> None:
    names: list[str] = []
    try:
        gc.unfreeze()
        with loading():
            assert not gc.isenabled()
            names = loaded(50)
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        for name in names:
            del sys.modules[name]


def test_where_nothing_was_loaded_nothing_is_set_aside() -> None:
    gc.unfreeze()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_whoever_turned_the_collector_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with loading():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    try:
        with loading():
            raise ImportError
    except ImportError:
        assert gc.isenabled()
