"""A transfer in which every single call of the disk goes wrong once: the process dies there, or the call fails.

Afterwards nothing false has a final name, and what is sent again ends in the same tree, nothing lost or doubled.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from lanshare.domain.errors import LanshareError
from lanshare.domain.offer import ConflictPolicy
from lanshare.domain.transfer import CHUNK
from lanshare.exchange.sink.receiving import Receiving
from lanshare.exchange.source.sending import Sending
from lanshare.files.faults import DiskFault
from lanshare.files.sink.batch import Batch
from lanshare.files.sink.staging import Staging
from lanshare.files.source import manifest
from lanshare.files.source.manifest import ManifestReader
from lanshare.files.source.tree import walk
from tests.harness.engines import tree_of
from tests.harness.faults import ERRNOS, Dead, Faulty
from tests.harness.wires import TRANSFER, Wire, ends

SHARE = 4
"""The runs are dealt out to so many tests, so that each is short."""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree with one of each."""
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "empty").write_bytes(b"")
    (top / "sub" / "one").write_bytes(b"one")
    (top / "sub" / "link").symlink_to("one")
    (top / "sub" / "deep" / "er").mkdir(parents=True)
    (top / "sub" / "deep" / "er" / "two").write_bytes(b"two")
    (top / "sub" / "deep" / "three").write_bytes(b"three")
    (top / "void" / "within").mkdir(parents=True)
    (top / "big").write_bytes(os.urandom(CHUNK + 3))
    writer = manifest.ManifestWriter(tmp_path / "list")
    for item in walk([top]):
        writer.add(item)
    writer.finish()
    writer.close()
    return top


def names_are_true(into: Path, source: Path) -> None:
    """Whatever has a final name is whole and right."""
    for path in into.rglob("*"):
        if path.is_file() and ".lanshare-incoming" not in str(path) and "Replaced by" not in str(path):
            twin = source / path.relative_to(into / "top")
            assert path.read_bytes() == twin.read_bytes(), f"{path.name} is not what was sent"


def attempt(tmp_path: Path, source: Path, into: Path, seed: int) -> bool:
    """One try at the transfer, as far as it comes; whether it came to its end."""
    sending, receiving, stage = None, None, None
    try:
        sending, receiving, stage = ends(tmp_path, source, into)
        done = Wire(sending, receiving).run(random.Random(seed))
        return done and receiving.finished
    except (LanshareError, OSError):
        return False  # as the threads that run links take them
    finally:
        if sending is not None:
            sending.close()
        if stage is not None:
            stage.close()


def finish(tmp_path: Path, source: Path, into: Path) -> None:
    """With a sound disk it ends, at the first try, in the same tree."""
    sending, receiving, stage = ends(tmp_path, source, into)
    assert Wire(sending, receiving).run(random.Random(1))
    sending.close()
    stage.discard()
    assert receiving.report.failed == []
    assert tree_of(into) == tree_of_top(source)
    assert (into / "top" / "sub" / "link").is_symlink()


def tree_of_top(source: Path) -> dict[str, bytes | None]:
    """What the receiving folder should hold."""
    return {"top": None} | {f"top/{name}": data for name, data in tree_of(source).items()}


def calls_of_a_run(tmp_path: Path, small: Path, faulty: Faulty) -> int:
    """How many calls an undisturbed run makes."""
    into = tmp_path / "undisturbed"
    faulty.fail(10**9, Dead)
    assert attempt(tmp_path, small, into, 0)
    count = faulty.count
    faulty.stop()
    assert count > 100
    return count


@pytest.mark.parametrize("share", range(SHARE))
def test_killed_at_any_call_of_the_disk_nothing_is_false_lost_or_doubled(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    faulty = Faulty(monkeypatch)
    total = calls_of_a_run(tmp_path, small, faulty)
    for at in range(1 + share, total + 1, SHARE):
        into = tmp_path / f"in{at}"
        faulty.fail(at, Dead)
        try:
            attempt(tmp_path, small, into, 0)
        except Dead:
            pass
        finally:
            faulty.stop()
        if into.exists():
            names_are_true(into, small)
        finish(tmp_path, small, into)


@pytest.mark.parametrize("number", ERRNOS, ids=os.strerror)
@pytest.mark.parametrize("share", range(SHARE))
def test_any_call_of_the_disk_may_fail_and_the_next_try_ends_it(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, number: int, share: int
) -> None:
    faulty = Faulty(monkeypatch)
    total = calls_of_a_run(tmp_path, small, faulty)
    for at in range(1 + share, total + 1, SHARE):
        into = tmp_path / f"in{at}"
        faulty.fail(at, lambda: OSError(number, os.strerror(number)), half=at % 2 == 0)
        ended = attempt(tmp_path, small, into, 0)
        hit = faulty.hit
        faulty.stop()
        if into.exists():
            names_are_true(into, small)
        if not ended:
            finish(tmp_path, small, into)
        else:
            assert hit, "the call was made"


@pytest.mark.parametrize("share", range(SHARE))
def test_killed_at_any_call_after_somebody_took_a_new_folders_name(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    mkdir, barrier = os.mkdir, Batch._barrier
    where = tmp_path

    def meddle(batch: Batch) -> None:
        barrier(batch)
        if (where / "top").exists() and not (where / "top" / "sub").exists():
            mkdir(where / "top" / "sub")
            (where / "top" / "sub" / "one").write_bytes(b"my own one")

    monkeypatch.setattr(Batch, "_barrier", meddle)
    faulty = Faulty(monkeypatch)
    where = tmp_path / "undisturbed"
    total = calls_of_a_run(tmp_path, small, faulty)
    for at in range(1 + share, total + 1, SHARE):
        where = tmp_path / f"in{at}"
        faulty.fail(at, Dead)
        try:
            attempt(tmp_path, small, where, 0)
        except Dead:
            pass
        finally:
            faulty.stop()
        assert attempt(tmp_path, small, where, 1)
        stage = Staging(where, TRANSFER)
        stage.discard()
        found = tree_of(where)
        sent = tree_of_top(small)
        assert found.pop("top/sub/one") == b"my own one"
        assert found.pop("top/sub/one (1)") == b"one"
        assert found.pop("top/sub/link") == b"my own one", "it says one, whatever that is here"
        assert found == {name: data for name, data in sent.items() if name not in ("top/sub/one", "top/sub/link")}


@pytest.mark.parametrize("clash", list(ConflictPolicy))
def test_killed_at_any_call_nothing_that_was_there_before_is_harmed(
    tmp_path: Path, small: Path, monkeypatch: pytest.MonkeyPatch, clash: ConflictPolicy
) -> None:
    faulty = Faulty(monkeypatch)

    def run(into: Path) -> bool:
        sending = stage = receiving = None
        try:
            stage = Staging(into, TRANSFER, clash=clash)
            reader = ManifestReader(tmp_path / "list")
            sending = Sending(TRANSFER, (small,), reader, True, lambda *_: None, lambda: None)
            receiving = Receiving(stage, None, lambda *_: None, lambda: None, ("top",), clash)
            return Wire(sending, receiving).run(random.Random(0))
        except (LanshareError, DiskFault):
            return False
        finally:
            if receiving is not None:
                receiving.close()
            if sending is not None:
                sending.close()
            if stage is not None:
                stage.close()

    def furnish(into: Path) -> None:
        (into / "top" / "sub").mkdir(parents=True)
        (into / "top" / "sub" / "one").write_bytes(b"my own one")
        (into / "top" / "mine").write_bytes(b"mine")
        os.utime(into / "top" / "sub" / "one", ns=(5, 5))

    furnish(tmp_path / "count")
    faulty.fail(10**9, Dead)
    assert run(tmp_path / "count")
    total = faulty.count
    faulty.stop()
    for at in range(1, total, 3):
        into = tmp_path / f"{clash}{at}"
        furnish(into)
        faulty.fail(at, Dead)
        try:
            run(into)
        except Dead:
            pass
        finally:
            faulty.stop()
        assert run(into)
        found = [path.read_bytes() for path in into.rglob("*") if path.is_file() and not path.is_symlink()]
        assert found.count(b"my own one") == 1
        assert found.count(b"mine") == 1
        place = into / "top" / "sub" / "one"
        if clash is ConflictPolicy.REPLACE:
            assert place.read_bytes() == b"one"
        else:
            assert place.read_bytes() == b"my own one"
