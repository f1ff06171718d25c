"""README.md's table names tests that exist, and the library that it leans on is new enough."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TABLE = (TESTS / "hostile" / "README.md").read_text(encoding="utf-8")


def test_every_flaw_has_a_test_that_exists_or_says_why_not() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| flaw")]
    assert len(rows) >= 45
    for row in rows:
        named = re.findall(r"(\w+/test_\w+\.py)::(test_\w+)", row)
        assert named or "Not applicable" in row, row
        for file, test in named:
            assert file.startswith("hostile/"), f"{file} does not drive the wire"
            assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8"), f"{file}::{test}"


def test_some_eighty_identifiers_are_answered() -> None:
    assert len(set(re.findall(r"CVE-\d{4}-\d+", TABLE))) >= 75


def test_the_mdns_library_is_new_enough() -> None:
    numbers = tuple(int(part) for part in version("zeroconf").split(".")[:3])
    assert numbers >= (0, 149, 16), "older ones can be brought down from the LAN"


def test_every_promise_is_beside_tests_that_exist() -> None:
    paper = (TESTS.parent / "SECURITY.md").read_text(encoding="utf-8")
    promised = paper[paper.index("## What is promised") : paper.index("## What is not promised")]
    rows = [line for line in promised.splitlines() if line.startswith("| ") and not line.startswith("| against")]
    assert len(rows) >= 13
    for row in rows:
        against, promise, kept = (cell.strip() for cell in row.strip("|").split(" | "))
        assert against
        assert promise
        named = re.findall(r"tests/(\w+/test_\w+\.py)::(test_\w+)", kept)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8"), f"{file}::{test}"
