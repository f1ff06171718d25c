"""What somebody wrote, on a terminal."""

from __future__ import annotations

import pytest

from lanshare.engine.presentation.display_text import shown_text


@pytest.mark.parametrize(("text", "there"), [
    ("one\n\ttwo\r\nthree", "one\n        two\n    three"),
    ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525",
     "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525"),
    ("a\u200db \u202egnp.exe \x1b[2J \r over", "a\\u200db \\u202egnp.exe \\u001b[2J \\u000d over"),
])
def test_what_somebody_wrote_keeps_its_lines_and_deceives_nobody(text: str, there: str) -> None:
    assert shown_text(text) == there
