"""The Windows Python under Wine: what of the lock file it needs, and what an exchange is compared by.

What runs under Wine is run by `python3 dev.py windows`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from tools import windows

LOCK = """\
# made by a tool
aaa==1.0 \\
    --hash=sha256:00
bbb==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:11 \\
    --hash=sha256:22
ccc==3.0 ; sys_platform == 'linux' \\
    --hash=sha256:33
ddd-e==4.0 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:44
mypy==5.0 \\
    --hash=sha256:55
"""


def test_of_the_lock_file_stays_what_windows_needs_with_its_hashes() -> None:
    kept = windows.wheels(LOCK)
    assert re.findall(r"(?m)^[a-z-]+", kept) == ["aaa", "bbb", "ddd-e"]
    assert ";" not in kept
    assert kept.count("--hash") == 4


def test_our_own_lock_file_brings_what_the_program_imports() -> None:
    kept = windows.wheels((windows.ROOT / "requirements.lock").read_text())
    names = set(re.findall(r"(?m)^[a-z0-9-]+", kept))
    assert {"msgspec", "cryptography", "blake3", "zeroconf", "pyside6-essentials", "pytest", "colorama"} <= names
    assert "jeepney" not in names


def test_trees_differ_by_content_by_time_and_by_what_is_there(tmp_path: Path) -> None:
    top = windows.made(tmp_path)
    whole = windows.tree_of(top)
    assert len(whole) > 50
    os.utime(top / "nothing", (1, 1))
    assert windows.tree_of(top) != whole
    os.utime(top / "nothing", (1_400_000_000, 1_400_000_000))
    assert windows.tree_of(top) == whole
    (top / "1.dat").write_bytes(bytes(37))
    os.utime(top / "1.dat", (1_400_000_000, 1_400_000_000))
    assert windows.tree_of(top) != whole


def test_paths_are_told_as_wine_sees_them() -> None:
    assert windows.windows_path(Path("/a b/ü")) == "Z:\\a b\\ü"
