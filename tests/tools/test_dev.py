"""`python3 dev.py test`: two runs beside each other end in one count."""

from __future__ import annotations

import sys

import dev


def test_the_counts_of_two_runs_are_added_up() -> None:
    one = "...\n= short test summary =\n1 failed, 1469 passed, 3 deselected in 1306.87s (0:21:46)\n"
    other = "..\n51 passed, 2 skipped, 1 error in 0.85s\n"
    assert dev.summed(one, other) == "1 error, 1 failed, 1520 passed, 2 skipped"
    assert dev.summed("Traceback ...\n", "") == "no tests"


def test_a_failure_on_either_side_is_one_of_both_and_all_is_told() -> None:
    for first, second, code in ((0, 0, 0), (3, 0, 3), (0, 4, 4)):
        says = "import sys; print(sys.argv[1], '7 passed in 1s'); sys.exit(int(sys.argv[2]))"
        runs = [[sys.executable, "-c", says, name, str(end)] for name, end in (("one", first), ("two", second))]
        assert dev.side_by_side(*runs) == code
