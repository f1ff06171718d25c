"""An engine that is stepped by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.stepped import Setting


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    """A fresh one."""
    one = Setting(tmp_path)
    yield one
    one.store.link.close()
