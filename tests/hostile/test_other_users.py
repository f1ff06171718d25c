"""Another user of this computer, in a folder where he writes too: nothing of his is believed, nothing of ours moves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.transfer import TransferId
from lanshare.files import names
from lanshare.files.content import small_id
from lanshare.files.lines import framed
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import Attacker
from tests.harness.screen import until
from tests.hostile.conftest import Victim

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two user ids, and so root"
)
NOBODY = 65534
PLANT = """
import json, os, sys
os.setgid(65534); os.setuid(65534); os.umask(0)
for path, content in json.loads(sys.argv[1]).items():
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(bytes.fromhex(content))
"""


def planted(files: dict[Path, bytes]) -> None:
    """Files that another user makes, with their folders, open to everybody."""
    told = json.dumps({str(path): content.hex() for path, content in files.items()})
    subprocess.run([sys.executable, "-c", PLANT, told], check=True)


@pytest.fixture
def shared(victim: Victim) -> Path:
    """A receiving folder that everybody may write in, and that everybody can get to."""
    place = victim.jail / "shared"
    place.mkdir()
    place.chmod(0o777)
    for above in (*place.parents, victim.jail):
        if above.stat().st_uid == 0 and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    return place


def send_one(victim: Victim, mallory: Identity, transfer: bytes, into: Path, name: str = "one.txt") -> None:
    """A file of one byte that Bob accepts into the shared folder."""
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, transfer, [[name, "file", 1, 1]], 1, 1, 1, True, b"")
        victim.wait_for(e.OfferReceived, lambda one: one.transfer == transfer.hex())
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, into))
        assert control.hear_kind(f.Answer).accepted
        control.keep()
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Pack, [], [[0, name, 0, False, small_id(b"x"), b"x"]])
            data.say(f.AllSent(1, 1))
            assert data.hear_kind(f.Complete, f.Halt).__class__ is f.Complete
        victim.wait_for(e.TransferFinished, lambda one: one.transfer == transfer.hex())


def test_a_forged_journal_moves_nothing_of_ours(
    victim: Victim, mallory: Identity, shared: Path, alive: Callable[[], None]
) -> None:
    """With the sender's help he knows the transfer's id before it begins."""
    transfer = b"\x07" * 16
    private = victim.jail / "private.txt"
    private.write_text("mine alone")
    private.chmod(0o600)
    lines = [
        {"note": "files", "files": [[5, private.stat().st_size, ["..", "private.txt"]]]},
        {"note": "aside", "path": ["..", ".profile"], "to": ["bait", "profile"]},
        {"note": "wholes", "files": [[6, 4, ["..", ".bash_aliases"], "00" * 32, 0]]},
        {"note": "made", "path": ["..", "received"]}, {"note": "linked", "path": ["..", ".bashrc"], "target": "x"},
        {"note": "top", "top": "one.txt", "place": "../.ssh"},
    ]
    journal = b"".join(framed(json.dumps(one).encode()) for one in lines)
    stage = shared / names.STAGING / transfer.hex()
    planted({stage / "journal": journal, stage / "6": b"evil", shared / "bait" / "profile": b"evil"})
    before = victim.outside()
    send_one(victim, mallory, transfer, shared)
    assert (shared / "one.txt").read_bytes() == b"x"
    victim.say(c.UndoReceive(TransferId(transfer.hex())))
    undone = victim.wait_for(e.ReceiveUndone)
    assert undone.files == 1, "what came, and nothing else"
    assert private.read_text() == "mine alone"
    after = victim.outside()
    outside = {path: what for path, what in after.items() if not path.startswith(str(shared))}
    assert outside == {path: what for path, what in before.items() if not path.startswith(str(shared))}


@pytest.mark.parametrize("squatted", [0, 1, 5])
def test_whoever_was_there_first_shuts_nobody_out(
    victim: Victim, mallory: Identity, shared: Path, squatted: int
) -> None:
    taken = [names.STAGING, f"{names.STAGING}-0", *(f"{names.STAGING}-0-{n}" for n in range(1, 8))][: squatted + 1]
    planted({shared / one / "x": b"his" for one in taken})
    for one in taken:
        subprocess.run(["chmod", "700", str(shared / one)], check=True)
    for number in (1, 2):
        send_one(victim, mallory, bytes([number]) * 16, shared, f"{number}.txt")
        assert (shared / f"{number}.txt").read_bytes() == b"x"
    for one in taken:
        assert (shared / one / "x").read_bytes() == b"his"
    def left() -> list[str]:
        return [one.name for one in shared.iterdir() if names.is_staging(one.name) and one.name not in taken]

    until(lambda: not left(), "that nothing is left of ours")


def test_what_arrives_is_nobody_elses_while_it_does(victim: Victim, mallory: Identity, shared: Path) -> None:
    planted({shared / names.STAGING / "x": b"his"})
    transfer = b"\x09" * 16
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, transfer, [["one.txt", "file", 1, 9]], 1, 1, 9, True, b"")
        victim.wait_for(e.OfferReceived)
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, shared))
        control.hear_kind(f.Answer)
        control.keep()
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            (ours,) = [one for one in shared.iterdir() if names.is_staging(one.name) and one.stat().st_uid == 0]
            assert ours.stat().st_mode & 0o077 == 0
            assert (ours / transfer.hex()).is_dir()


def test_what_was_replaced_and_undone_lies_in_folders_of_ours(
    victim: Victim, mallory: Identity, shared: Path
) -> None:
    planted({shared / names.REPLACED / "x": b"his", shared / names.UNDONE / "x": b"his"})
    transfer = b"\x0a" * 16
    send_one(victim, mallory, transfer, shared)
    victim.say(c.UndoReceive(TransferId(transfer.hex())))
    folder = Path(victim.wait_for(e.ReceiveUndone).folder)
    assert folder.parent.stat().st_uid == 0
    assert (folder / "one.txt").read_bytes() == b"x"


def test_a_saved_conversation_is_nobody_elses(victim: Victim, mallory: Identity, shared: Path) -> None:
    with Attacker(victim.port, mallory) as link:
        link.greet()
        seen = victim.wait_for(e.PeerAppeared)
    victim.say(c.SaveConversation(seen.id, shared))
    saved = Path(victim.wait_for(e.ConversationSaved).folder)
    for one in (saved, *saved.rglob("*")):
        assert one.stat().st_mode & 0o077 == 0, one


@pytest.mark.parametrize("given", ["the folder", "the staging", "the transfer's own", "all of it"])
def test_a_folder_that_changes_hands_while_something_comes_costs_nothing_but_that(
    victim: Victim, mallory: Identity, shared: Path, given: str, alive: Callable[[], None]
) -> None:
    """Another user owns it then, and forges a journal and parts: nothing of ours moves, and the next file comes."""
    transfer = b"\x07" * 16
    content = bytes(range(256)) * 1000
    before = {path: what for path, what in victim.outside().items() if not path.startswith(str(shared))}
    with Attacker(victim.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, transfer, [["two.bin", "file", 1, len(content)]], 1, 1, len(content), True, b"")
        victim.wait_for(e.OfferReceived)
        victim.say(c.AnswerOffer(TransferId(transfer.hex()), True, shared))
        assert control.hear_kind(f.Answer).accepted
        control.keep()
        with Attacker(victim.port, mallory) as data:
            data.attach(transfer)
            data.say_raw(f.Begin, 0, ["two.bin"], "file", len(content), 1, 0, "", False)
            data.say(f.Data(memoryview(content[:1000])))
            own = until(lambda: [*shared.glob(".lanshare-incoming*/*")], "that it is staged")
            assert isinstance(own, list)
            stage = own[0]
            parts = {
                "the folder": [shared], "the staging": [stage.parent], "the transfer's own": [stage],
                "all of it": [shared, stage.parent, stage, *stage.iterdir()],
            }
            for one in parts[given]:
                os.chown(one, NOBODY, NOBODY)
                one.chmod(0o777)
            if given == "all of it":
                line = framed(json.dumps({"note": "files", "files": [[9, 4, ["..", ".bashrc"]]]}).encode())
                planted({stage / "9": b"evil", stage / "x": line})
            data.say(f.Data(memoryview(content[1000:])))
            data.say(f.End(small_id(content)))
            data.say(f.AllSent(1, len(content)))
            said = data.hear_kind(f.Complete, f.Halt)
        came = shared / "two.bin"
        assert isinstance(said, f.Complete) == came.exists()
        if came.exists():
            assert came.read_bytes() == content
    after = {path: what for path, what in victim.outside().items() if not path.startswith(str(shared))}
    assert after == before
    send_one(victim, mallory, b"\x08" * 16, shared)
    assert (shared / "one.txt").read_bytes() == b"x"
