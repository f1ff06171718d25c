"""What a shell needs of a profile before there is an engine."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lanshare.engine.options import Options, is_free, log_to_file, pasted_folder, read_settings
from lanshare.store.lock import ProfileLock
from lanshare.store.profile_paths import places


def test_settings_and_a_private_folder_for_images_need_no_engine(tmp_path: Path) -> None:
    fresh = Options(profile=tmp_path / "fresh")
    assert read_settings(fresh).port == 17717
    assert pasted_folder(fresh).stat().st_mode & 0o077 == 0


def test_a_profile_is_free_until_an_engine_has_it_and_looking_takes_it_from_nobody(tmp_path: Path) -> None:
    options = Options(profile=tmp_path)
    assert is_free(options)
    lock = ProfileLock(places(tmp_path).lock)
    assert lock.take()
    assert not is_free(options)
    lock.release()
    assert is_free(options)


def test_the_log_lies_in_the_profile_and_is_private(tmp_path: Path) -> None:
    logger = logging.getLogger("lanshare")
    before, level = list(logger.handlers), logger.level
    log_to_file(Options(profile=tmp_path), verbose=True)
    try:
        logger.info("something happened")
    finally:
        for handler in [one for one in logger.handlers if one not in before]:
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(level)
    log = places(tmp_path).log
    assert "something happened" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.warns("it broke")
def test_an_exception_is_logged_without_what_it_says(tmp_path: Path) -> None:
    root = logging.getLogger("lanshare")
    before, level = list(root.handlers), root.level
    options = Options(profile=tmp_path)
    log_to_file(options, verbose=False)
    try:
        try:
            try:
                raise FileNotFoundError(2, "no such file", "/home/anna/secret name")
            except OSError as error:
                raise ValueError("secret text") from error
        except ValueError:
            logging.getLogger("lanshare.somewhere").warning("it broke", exc_info=True)
    finally:
        for handler in set(root.handlers) - set(before):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
    told = places(tmp_path).log.read_text()
    assert "secret" not in told
    assert "ValueError\n  test_options.py:" in told
    assert "FileNotFoundError\n  test_options.py:" in told
