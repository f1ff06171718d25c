"""Makes lanshare/domain/confusables.txt from the table of Unicode TS 39: python3 tools/confusables.py confusables.txt

Unicode's file of that name is at unicode.org/Public/security/. Its notice stays at the head of what is made.
"""

from __future__ import annotations

import sys
from pathlib import Path

OURS = Path(__file__).resolve().parents[1] / "lanshare" / "domain" / "confusables.txt"


def made(table: str) -> str:
    """Ours: one line for each character, with the code points of what it looks like, and the notice before them."""
    notice, pairs = [], []
    for line in table.lstrip("\ufeff").splitlines():
        if line.startswith("#") and not pairs:
            notice.append(line.rstrip())
        fields = [field.strip() for field in line.partition("#")[0].split(";")]
        if len(fields) == 3:
            pairs.append((fields[0], fields[1]))
    notice = [line for line in notice if line != "#"]
    notice.append("# Made by tools/confusables.py: each character, and what it looks like.")
    pairs.sort(key=lambda pair: int(pair[0], 16))
    return "\n".join([*notice, *(f"{one};{other}" for one, other in pairs), ""])


if __name__ == "__main__":
    OURS.write_text(made(Path(sys.argv[1]).read_text(encoding="utf-8")), encoding="utf-8")
