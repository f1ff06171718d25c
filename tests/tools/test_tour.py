"""`python3 dev.py run` where there is no screen: the main job, off screen, told in words, with a picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.harness.engines import ROOT, environment


def test_the_tour_does_the_main_job_and_saves_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "tour.py"), "--picture", str(picture)],
        env=environment() | {"QT_QPA_PLATFORM": "offscreen", "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not within" not in done.stdout
    assert not QImage(str(picture)).isNull()
    # A folder for private sockets may stay, where the temporary path is too long for one.
    assert [name for name in os.listdir(tmp_path) if name != f"lanshare-{os.getuid()}"] == ["window.png"]
