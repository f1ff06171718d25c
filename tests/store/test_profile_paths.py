"""Where a profile lies, and who may look in."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError
from lanshare.store import database
from lanshare.store.profile_paths import places, socket_address
from tests.harness.folders import MODES


@MODES
def test_the_profile_is_private(tmp_path: Path) -> None:
    where = places(tmp_path / "profile")
    old = os.umask(0)
    try:
        where.prepare()
        database.prepare(where.database)
    finally:
        os.umask(old)
    assert stat.S_IMODE(where.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(where.database.stat().st_mode) == 0o600


def test_a_profile_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("")
    with pytest.raises(LanshareError) as error:
        places(tmp_path / "profile").prepare()
    assert error.value.code is Code.PROFILE_UNWRITABLE


@pytest.mark.skipif(sys.platform == "win32", reason="a named pipe has no folder")
def test_a_local_sockets_path_is_always_short_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert socket_address(tmp_path / "p") == str(tmp_path / "p" / "engine.sock")
    deep = tmp_path / ("d" * 200)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert len(os.fsencode(socket_address(deep))) <= 100
    runtime.chmod(0o755)
    assert not socket_address(deep).startswith(str(runtime)), "others could enter that folder"
