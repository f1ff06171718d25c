"""How text becomes words that can be found: case and accents folded, Chinese, Japanese and Korean in pairs.

SQLite 3.40's trigram index finds neither two-character Chinese words nor folded accents; this does both on unicode61.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_WORD: Final = re.compile(r"\w+")


def folded(text: str) -> str:
    """The text as it is indexed."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    return _CJK.sub(lambda found: f" {_pairs(found[0])} ", unicodedata.normalize("NFC", plain))


def query(text: str) -> str:
    """An FTS5 query that finds texts with all these words, each also as a beginning; empty if there are no words."""
    return " ".join(f'"{word}"*' for word in _WORD.findall(folded(text)))


def _pairs(run: str) -> str:
    return run if len(run) == 1 else " ".join(run[at : at + 2] for at in range(len(run) - 1))
