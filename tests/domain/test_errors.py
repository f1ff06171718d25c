"""The error tree: every foreseen error carries a stable code, and our own mistakes are none of them."""

from __future__ import annotations

from lanshare.domain.errors import Code, IdentityDiffers, LanshareError, LocalMisuse, ProtocolError, VersionDiffers


def test_every_foreseen_error_has_a_code_and_data_for_a_sentence() -> None:
    for error, code, detail in (
        (LanshareError(Code.DISK_FULL, "x"), "disk-full", "x"),
        (ProtocolError("bad frame"), "protocol-error", "bad frame"),
        (VersionDiffers("1-1", "2-3"), "version-differs", "ours 1-1, theirs 2-3"),
        (IdentityDiffers("aa", "bb"), "identity-changed", "expected aa, seen bb"),
    ):
        assert (error.code, error.detail) == (code, detail)
    assert not issubclass(LocalMisuse, LanshareError), "a bug of ours must not be taken for a peer's fault"


def test_codes_are_words_for_scripts() -> None:
    assert all(code.value.replace("-", "").isalpha() and code.value.islower() for code in Code)
