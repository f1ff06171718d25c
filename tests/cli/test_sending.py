"""`send` and `text`: whom they find, and what they say if they find nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.calls import LOOP, call
from tests.harness.engines import free_port


def test_a_device_that_is_not_there_is_exit_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lanshare.cli.sending.FIND", 0.3)
    common = ["--profile", str(tmp_path), "--port", str(free_port()), *LOOP]
    assert call("text", "Nobody", "hi", *common) == 3
    assert call("text", f"127.0.0.1:{free_port()}", "hi", *common) == 3
    assert "cannot be reached" in capsys.readouterr().err
