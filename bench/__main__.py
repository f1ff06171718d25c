"""The rows. Each compares in one run, interleaved A B A B, and prints median and spread of the pairs' ratios."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from bench import living, moving, talking
from bench.ground import warm_memory

ROWS: dict[str, Callable[[bool], Any]] = {
    "big": moving.row_big_file,
    "scp": moving.row_scp,
    "scp-gcm": moving.row_scp_gcm,
    "socat": moving.row_socat,
    "rsync-ssh": moving.row_rsync_ssh,
    "durable": moving.row_durable,
    "small-rsync": moving.row_small_rsync,
    "small-tar": moving.row_small_tar,
    "mixed-rsync": moving.row_mixed_rsync,
    "again": moving.row_again,
    "crowd": moving.row_crowd,
    "memory": moving.row_memory,
    "many": moving.row_many,
    "messages": living.row_messages,
    "discovery": living.row_discovery,
    "start": living.row_start,
    "lateness": living.row_lateness,
    "beside": living.row_beside,
    "search": talking.row_search,
    "opening": talking.row_opening,
    "start-full": talking.row_start_full,
}


def main() -> int:
    """All rows, or those that were named."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(ROWS)}")
    parsed = parser.parse_args()
    if unknown := set(parsed.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}")
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; median (least-most) of interleaved runs",
          flush=True)
    warm_memory()
    for name in parsed.rows or ROWS:
        ROWS[name](parsed.quick)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
