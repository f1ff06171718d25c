"""Conversations as files: every moment is there, names are safe, what is not a saved one is refused."""

from __future__ import annotations

import base64
import datetime
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanshare.domain.errors import Code, LanshareError, ProtocolError
from lanshare.domain.message import MessageId
from lanshare.engine.messages import archive
from lanshare.exchange import message_records
from lanshare.store import database, outbox
from lanshare.trust.identity import Identity

ANNA, BOB = Identity.create(), Identity.create()
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Anna's history with Bob: 1,200 messages of both."""
    database.prepare(tmp_path / "x.sqlite")
    link = database.connect(tmp_path / "x.sqlite")
    for number in range(1, 1201):
        who = ANNA if number % 2 else BOB
        peer = BOB if who is ANNA else ANNA
        clock = (number - 1, number - 1, ())
        made = message_records.compose(who, peer.id, MessageId(f"{number:032x}"), f"text {number}", clock, NOW)
        if who is BOB:
            made = message_records.read(message_records.frame_of(made.record), ANNA.id, BOB.id)
        outbox.add(link, made.message, made.sequence, made.record, made.digest)
    yield link
    link.close()


def test_all_of_a_long_conversation_is_saved_in_order_and_taken_in(db: sqlite3.Connection, tmp_path: Path) -> None:
    saved = archive.save(db, BOB.id, tmp_path, lambda peer: "a/b\\..:c" if peer == BOB.id else "Anna")
    assert saved.folder.parent == tmp_path
    assert saved.moments == 1200
    lines = list(archive.saved_lines(saved.folder / "conversation.jsonl"))
    assert len(lines) == 1200
    bodies = [message_records.frame_of(record).body for record, _ in lines]
    assert bodies == [f"text {number}" for number in range(1, 1201)]
    taken = [archive.taken_in(record, state, ANNA.id, [BOB.id])[0].message for record, state in lines]
    assert {one.peer for one in taken} == {BOB.id}
    assert [one.author for one in taken[:2]] == [ANNA.id, BOB.id]
    again = archive.save(db, BOB.id, tmp_path, lambda peer: "a/b\\..:c")
    assert again.folder != saved.folder, "nothing is written over"


def test_it_is_taken_in_by_pieces_each_of_which_may_be_tried_again(db: sqlite3.Connection, tmp_path: Path) -> None:
    saved = archive.save(db, BOB.id, tmp_path, lambda peer: "x")
    path = saved.folder / "conversation.jsonl"
    database.prepare(tmp_path / "fresh.sqlite")
    fresh = database.connect(tmp_path / "fresh.sqlite")
    taking = archive.ArchiveImport(path, ANNA.id, [BOB.id], {BOB.id})
    writes, told = 0, None
    while told is None:
        fresh.execute("BEGIN")
        taking.some(fresh)
        fresh.execute("ROLLBACK")  # the disk was full for a moment
        told = taking.kept(taking.some(fresh))
        writes += 1
    assert writes >= 5, "other writes come in between"
    assert (told.messages, told.refused, told.code) == (1200, 0, "")
    (count,) = fresh.execute("SELECT count(*) FROM messages").fetchone()
    assert count == 1200
    failed = taking.given_up()
    assert failed.code == Code.DISK_ERROR
    assert "Nothing was changed" not in failed.message
    assert "1200" in failed.message, "what was kept is said"
    later = database.connect(tmp_path / "fresh.sqlite")
    later.execute("DELETE FROM messages")
    cut = archive.ArchiveImport(path, ANNA.id, [BOB.id], {BOB.id})
    cut.some(later)
    for _ in range(2):
        cut.rest(later)
        assert later.execute("SELECT count(*) FROM messages").fetchone() == (1200,), "the engine ended in the middle"
    later.close()
    path.write_text(path.read_text() + "no line")
    again = archive.ArchiveImport(path, ANNA.id, [BOB.id], {BOB.id})
    while (told := again.kept(again.some(fresh))) is None:
        pass
    assert (told.messages, told.refused) == (0, 0)
    assert told.code, "its end is damaged, which is said"
    fresh.close()


def test_files_are_linked_by_their_names_and_nothing_is_guessed(tmp_path: Path) -> None:
    for name in ("zz_file", "bb (1)", "x\u00a0y"):
        (tmp_path / name).write_text(name)
    (tmp_path / "aa_dir" / "deep").mkdir(parents=True)
    (tmp_path / "aa_dir" / "deep" / "f").write_text("deep")
    (tmp_path / "aa_dir" / "link").symlink_to("/etc/passwd")
    paths = [str(tmp_path / name) for name in ("aa_dir", "x\u00a0y", "bb (1)", "zz_file")]
    found = archive._by_names(["zz_file", "aa_dir", "bb", "x:y", "gone"][:4], paths)
    assert [one.name if one else "" for one in found] == ["zz_file", "aa_dir", "bb (1)", "x\u00a0y"]
    assert archive._by_names(["gone", "zz_file"], [paths[3]]) == [None, Path(paths[3])]
    assert archive._by_names(["one", "two"], paths[:2]) == [None, None], "nothing is guessed"
    assert archive._extent(Path(paths[0])) == (1, 4)


def test_what_is_no_saved_conversation_or_not_signed_is_refused(tmp_path: Path) -> None:
    head = '{"lanshare": 1}\n'
    deep = head + "[" * 100_000
    for text in (deep, f"{head}[1]", head + '{"record": 7}', "", "x", "{}", '{"lanshare": 2}', f"{head}nonsense"):
        (tmp_path / "x").write_text(text)
        with pytest.raises(ProtocolError):
            list(archive.saved_lines(tmp_path / "x"))
    made = message_records.compose(BOB, ANNA.id, MessageId("ab" * 16), "hi", (0, 0, ()), NOW)
    with pytest.raises(LanshareError):
        archive.taken_in(made.record.replace(b"\xa2hi", b"\xa2ho"), "", ANNA.id, [BOB.id])
    line = {"record": base64.b64encode(made.record).decode()}
    (tmp_path / "x").write_text('{"lanshare": 1}\n' + json.dumps(line))
    ((record, state),) = archive.saved_lines(tmp_path / "x")
    assert archive.taken_in(record, state, ANNA.id, [BOB.id])[1] == "received"


def test_a_folder_that_cannot_be_written_is_said(db: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(LanshareError):
        archive.save(db, BOB.id, tmp_path / "nowhere", lambda peer: "x")
