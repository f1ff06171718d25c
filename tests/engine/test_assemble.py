"""Engines from their real parts: what stands in the way is said, everything is given back."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.message import SearchQuery
from lanshare.engine.assemble import Engine, load_identity, read_history, read_me, read_peers
from lanshare.engine.options import Options
from lanshare.store.profile_paths import places
from tests.harness.engines import free_port


def options(profile: Path, port: int | None = None) -> Options:
    """On loopback."""
    return Options(profile=profile, port=port or free_port(), name="Anna", interfaces=("127.0.0.1",))


def test_one_engine_per_profile_and_the_next_may_follow(tmp_path: Path) -> None:
    first = Engine(options(tmp_path / "p"))
    with pytest.raises(LanshareError) as error:
        Engine(options(tmp_path / "p"))
    assert error.value.code is Code.PROFILE_BUSY
    ident = first.node.id
    first.close()
    first.close()
    second = Engine(options(tmp_path / "p"))
    assert second.node.id == ident
    second.close()


def test_a_start_that_fails_gives_back_what_it_had(tmp_path: Path) -> None:
    where = places(tmp_path / "p")
    where.prepare()
    where.key.write_text("this is no key")
    for _ in range(2):
        with pytest.raises(LanshareError) as error:
            Engine(options(tmp_path / "p"))
        assert error.value.code is Code.PROFILE_UNWRITABLE
        assert "no usable key" in error.value.detail
    where.key.unlink()
    Engine(options(tmp_path / "p")).close()


def test_the_port_is_free_again_afterwards(tmp_path: Path) -> None:
    port = free_port()
    Engine(options(tmp_path / "p", port)).close()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))


def test_what_needs_no_engine_needs_none(tmp_path: Path) -> None:
    engine = Engine(options(tmp_path / "p"))
    me = read_me(Options(profile=tmp_path / "p", interfaces=("127.0.0.1",)))
    assert (me.id, me.addresses) == (engine.node.id, ("127.0.0.1",))
    engine.close()
    fresh = Options(profile=tmp_path / "fresh")
    assert read_history(fresh, SearchQuery(""), 10) == []
    assert read_peers(fresh) == []
    assert load_identity(places(tmp_path / "fresh")).id == read_me(fresh).id
