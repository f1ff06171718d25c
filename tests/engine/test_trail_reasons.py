"""`-v` explains a transfer that failed or waits to somebody who was not there: more than ten reasons."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lanshare.domain import commands as c
from lanshare.domain import events as e
from lanshare.domain.peer import PeerId
from lanshare.domain.transfer import TransferId
from lanshare.trust.identity import Identity
from lanshare.wire import frames as f
from tests.harness.attacker import PATIENCE, Attacker, Gone
from tests.harness.shells import Shell, met, new_transfer

SECRET = "canary-7761"


class Two:
    """Anna, who sends, and Bob, who receives, in this process."""

    def __init__(self, folder: Path) -> None:
        self.anna, self.bob = Shell(folder / "anna", "Anna"), Shell(folder / "bob", "Bob")
        self.into = folder / "into"
        self.into.mkdir()
        self.file = folder / f"{SECRET}.bin"
        self.file.write_bytes(bytes(10_000))
        met(self.anna, self.bob)

    def send(self, *paths: Path) -> TransferId:
        """Anna sends."""
        transfer = new_transfer()
        self.anna.say(c.SendFiles(transfer, PeerId(self.bob.host_id), paths or (self.file,)))
        return transfer

    def offered(self, *paths: Path) -> TransferId:
        """Anna's offer is before Bob."""
        transfer = self.send(*paths)
        self.bob.wait_for(e.OfferReceived, lambda one: one.transfer == transfer)
        return transfer

    def answer(self, transfer: TransferId, accepted: bool, into: Path | None = None) -> None:
        """Bob says yes or no."""
        self.bob.say(c.AnswerOffer(transfer, accepted, into or self.into))

    def close(self) -> None:
        """Both engines end."""
        self.anna.host.close()
        self.bob.host.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """A fresh pair."""
    one = Two(tmp_path)
    yield one
    one.close()


def failed(shell: Shell, transfer: TransferId) -> None:
    """It has ended badly there."""
    shell.wait_for(e.TransferFailed, lambda one: one.transfer == transfer)


def waits(shell: Shell, transfer: TransferId, code: str) -> None:
    """It waits there, for this reason."""
    shell.wait_for(e.TransferWaiting, lambda one: (one.transfer, one.code) == (transfer, code))


def declined(two: Two) -> TransferId:
    transfer = two.offered()
    two.answer(transfer, False)
    failed(two.anna, transfer)
    return transfer


def cancelled_by_the_sender(two: Two) -> TransferId:
    transfer = two.offered()
    two.anna.say(c.CancelTransfer(transfer))
    failed(two.bob, transfer)
    return transfer


def cancelled_by_the_receiver(two: Two) -> TransferId:
    transfer = two.offered()
    two.bob.say(c.CancelTransfer(transfer))
    failed(two.anna, transfer)
    return transfer


def blocked(two: Two) -> TransferId:
    transfer = two.offered()
    two.bob.say(c.BlockPeer(PeerId(two.anna.host_id), True))
    two.bob.wait_for(e.OfferWithdrawn, lambda one: one.transfer == transfer)
    two.anna.wait_for(e.PeerVanished)
    return transfer


def nothing_to_send(two: Two) -> TransferId:
    transfer = two.send(two.file.with_name(f"{SECRET}-missing"))
    failed(two.anna, transfer)
    return transfer


def gone_before_it_was_sent(two: Two) -> TransferId:
    transfer = two.offered()
    two.file.unlink()
    two.answer(transfer, True)
    failed(two.anna, transfer)
    return transfer


def no_folder_there(two: Two) -> TransferId:
    transfer = two.offered()
    two.answer(transfer, True, two.into / SECRET / "no" / "such")
    waits(two.anna, transfer, "no-folder")
    return transfer


def the_peer_left(two: Two) -> TransferId:
    transfer = two.offered()
    two.bob.host.close()
    waits(two.anna, transfer, "peer-away")
    return transfer


def paused_there(two: Two) -> TransferId:
    limits = next(one for one in two.bob.seen if isinstance(one, e.Snapshot)).settings
    two.bob.say(c.ChangeSettings(type(limits)(receive_limit=1000)))
    two.bob.wait_for(e.SettingsChanged)
    two.file.write_bytes(bytes(5_000_000))  # a small one would be whole before it can be paused
    transfer = two.offered()
    two.answer(transfer, True)
    two.anna.wait_for(e.TransferStarted, lambda one: one.transfer == transfer)
    two.bob.say(c.PauseTransfer(transfer))
    two.anna.wait_for(e.TransferPaused, lambda one: one.transfer == transfer)
    return transfer


def by_a_stranger(two: Two, offered: tuple[object, ...], way: Callable[[Attacker], None]) -> TransferId:
    """A data link of a device that does not keep to the protocol."""
    mallory, raw = Identity.create(), secrets.token_bytes(16)
    transfer = TransferId(raw.hex())
    with Attacker(two.bob.port, mallory) as control:
        control.greet()
        control.say_raw(f.Offer, raw, *offered)
        two.bob.wait_for(e.OfferReceived, lambda one: one.transfer == transfer)
        two.answer(transfer, True)
        assert control.hear_kind(f.Answer).accepted
        with Attacker(two.bob.port, mallory) as data:
            data.attach(raw)
            try:
                way(data)
                while True:
                    data.hear()
            except Gone:
                pass
        two.bob.wait_for(e.TransferWaiting, lambda one: one.transfer == transfer)
    return transfer


def more_than_was_offered(two: Two) -> TransferId:
    def way(data: Attacker) -> None:
        data.say_raw(f.Begin, 0, [SECRET], "file", 10**9, 1, 0, "", False)
        data.hear_kind(f.Halt)
        data.say(f.Bye())

    return by_a_stranger(two, ([[SECRET, "file", 1, 12]], 1, 1, 12, True), way)


def a_broken_protocol(two: Two) -> TransferId:
    return by_a_stranger(
        two, ([[SECRET, "file", 1, 12]], 1, 1, 12, True), lambda data: data.say(f.Data(memoryview(b"x" * 12)))
    )


REASONS: list[tuple[Callable[[Two], TransferId], tuple[str, ...]]] = [
    (declined, ("TransferFailed", "(declined)", "is told Answer (declined)")),
    (cancelled_by_the_sender, ("(cancelled)", "(cancelled-by-peer)", "is told Cancel (cancelled)")),
    (cancelled_by_the_receiver, ("(cancelled)", "(cancelled-by-peer)", "is told Cancel (cancelled)")),
    (blocked, ("OfferWithdrawn", "TransferFailed", "(cancelled)", "the link with")),
    (nothing_to_send, ("TransferFailed", "(file-vanished)")),
    (gone_before_it_was_sent, ("TransferFailed", "(file-vanished)")),
    (no_folder_there, ("its data link ended: no-folder", "TransferWaiting", "(no-folder)")),
    (the_peer_left, ("TransferWaiting", "(peer-away)", "the link with")),
    (paused_there, ("is told Pause", "its data link ended", "TransferPaused")),
    (more_than_was_offered, ("its data link ended: more-than-offered", "TransferWaiting", "(more-than-offered)")),
    (a_broken_protocol, ("its data link ended: protocol-error", "TransferWaiting", "(protocol-error)")),
]


@pytest.mark.parametrize(("way", "words"), REASONS, ids=[way.__name__ for way, _ in REASONS])
def test_the_log_says_why(
    two: Two, way: Callable[[Two], TransferId], words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    def lines() -> list[str]:
        return [one.getMessage() for one in list(caplog.records) if one.levelno >= logging.INFO]

    with caplog.at_level(logging.DEBUG, "lanshare"):
        transfer = way(two)
        deadline = time.monotonic() + PATIENCE
        while missing := [word for word in words if not any(word in line for line in lines())]:
            assert time.monotonic() < deadline, (missing, lines())
            time.sleep(0.01)  # asking again, not synchronising: the condition decides
    assert any(transfer[:8] in line for line in lines())
    assert not [line for line in (one.getMessage() for one in caplog.records) if SECRET in line]
    steps = [one.getMessage() for one in caplog.records if one.name.endswith("transfers.machine")]
    assert any(transfer[:8] in line for line in steps), "each step of its state is told at debug"
