"""What the tests of files share."""

from __future__ import annotations

import pytest

from lanshare.files.folder import PathFolder
from lanshare.files.sink import stage, staging


@pytest.fixture(params=["handles", "paths"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both kinds of folder: Windows has no directory handles."""
    if request.param == "paths":
        for module in (staging, stage):
            monkeypatch.setattr(module, "open_folder", PathFolder.root)
    return str(request.param)
