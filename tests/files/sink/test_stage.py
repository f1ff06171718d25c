"""The hidden folder of a transfer: private, found again, and gone when it is over."""

from __future__ import annotations

import shutil
from pathlib import Path

from lanshare.files.sink.stage import has_staging, remove
from lanshare.files.sink.staging import Staging
from tests.harness.folders import MODES
from tests.harness.stages import TRANSFER


@MODES
def test_a_staging_folder_that_others_could_look_into_goes_on_and_is_private_again(tmp_path: Path) -> None:
    """A copy, a restored backup, another umask; where others could write in it, it is not believed."""
    Staging(tmp_path, TRANSFER).close()
    hidden = tmp_path / ".lanshare-incoming"
    hidden.chmod(0o755)
    assert has_staging(tmp_path, TRANSFER)
    assert hidden.stat().st_mode & 0o777 == 0o700
    hidden.chmod(0o777)
    assert not has_staging(tmp_path, TRANSFER)


def test_nothing_is_left_where_the_transfers_folder_is_gone_already(tmp_path: Path) -> None:
    Staging(tmp_path, TRANSFER).close()
    shutil.rmtree(tmp_path / ".lanshare-incoming" / TRANSFER)
    remove(tmp_path, TRANSFER)
    assert list(tmp_path.iterdir()) == []
