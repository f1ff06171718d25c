"""The rows. Each compares in one run, interleaved A B A B, and prints median and spread of the pairs' ratios."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench import bursts, compare, devices, fan_out, growth, history_scale, latency, lines, throughput, yardsticks
from bench.support import ROOT, warm_memory

ROWS: dict[str, Callable[[bool], Any]] = {
    "machine": yardsticks.row_machine,
    "small-parts": yardsticks.row_small_parts,
    "big": throughput.row_big_file,
    "scp": throughput.row_scp,
    "scp-gcm": throughput.row_scp_gcm,
    "socat": throughput.row_socat,
    "rsync-ssh": throughput.row_rsync_ssh,
    "durable": throughput.row_durable,
    "small-rsync": throughput.row_small_rsync,
    "small-tar": throughput.row_small_tar,
    "mixed-rsync": throughput.row_mixed_rsync,
    "again": throughput.row_again,
    "crowd": throughput.row_crowd,
    "memory": throughput.row_memory,
    "many": throughput.row_many,
    "messages": latency.row_messages,
    "steps": latency.row_steps,
    "discovery": latency.row_discovery,
    "start": latency.row_start,
    "lateness": latency.row_lateness,
    "lines": lines.row_lines,
    "burst": bursts.row_burst,
    "beside": latency.row_beside,
    "rest": latency.row_rest,
    "search": history_scale.row_search,
    "opening": history_scale.row_opening,
    "start-full": history_scale.row_start_full,
    "receivers": fan_out.row_receivers,
    "devices": devices.row_devices,
    "growth": growth.row_growth,
}


def main() -> int:
    """All rows, or those that were named."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(ROWS)}")
    parser.add_argument("--compare", metavar="COMMIT", help="this tree beside that one, in a row for each thing")
    parser.add_argument(
        "--least", type=float, default=0.0, metavar="RATIO",
        help="with --compare: fail if something is less than so many times as fast, in three tries",
    )
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="where the row growth draws what it found")
    parsed = parser.parse_args()
    if unknown := set(parsed.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}")
    # As pip leaves it: else each start would compile what it loads, or not, as the machine has it.
    for package in ("lanshare", "tests/harness"):
        compileall.compile_dir(ROOT / package, quiet=1)
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, compiled once as when installed;"
          " median (least-most) of interleaved runs", flush=True)
    warm_memory()
    if parsed.compare is not None:
        return compare.compare(parsed.compare, parsed.quick, parsed.least)
    rows = ROWS | {"growth": partial(growth.row_growth, pictures=parsed.pictures)}
    for name in parsed.rows or rows:
        rows[name](parsed.quick)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
