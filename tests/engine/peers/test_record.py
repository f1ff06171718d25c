"""A device as it is kept: what the trust book gets of it comes back, and its addresses are few."""

from __future__ import annotations

from lanshare.domain.peer import Address, DeviceKind, PeerId, PeerPolicy, Permission, TrustLevel
from lanshare.engine.peers.record import REMEMBERED, PeerRecord, parsed
from lanshare.store.trustbook import TrustEntry

BOB = PeerId("b" * 52)
ENTRY = TrustEntry(
    BOB, "Bob", DeviceKind.LAPTOP, "Debian", TrustLevel.VERIFIED, ("10.0.0.5:17717",), 7, "Bobby",
    PeerPolicy(Permission.ACCEPT), "Robert", b"key",
)


def test_what_the_trust_book_keeps_comes_back() -> None:
    row = PeerRecord.remembered(ENTRY, 3.0)
    assert row.entry() == ENTRY
    assert (row.away_since, row.online, row.dealt_with) == (3.0, False, True)
    stranger = PeerRecord.stranger(BOB, "Bob")
    assert not stranger.dealt_with


def test_the_last_good_address_comes_first_and_few_are_kept() -> None:
    row = PeerRecord.remembered(ENTRY, 0.0)
    for number in range(20):
        row.met_at(Address("10.0.0.6", 1000 + number))
    row.met_at(Address("10.0.0.6", 1015), Address("bob.example", 17717))
    assert row.addresses[:3] == ["10.0.0.6:1015", "bob.example:17717", "10.0.0.6:1019"]
    assert len(row.addresses) == len(set(row.addresses)) == REMEMBERED
    assert list(parsed([*row.addresses[:1], "nonsense:port", ""])) == [Address("10.0.0.6", 1015)]


def test_all_its_names_are_looked_at() -> None:
    assert len(PeerRecord.remembered(ENTRY, 0.0).looks()) == 3


def test_the_shells_are_told_all_of_it() -> None:
    row = PeerRecord.remembered(ENTRY, 0.0)
    row.note = "on the third floor"
    shown = row.shows()
    for event in (row.appeared(), row.changed()):
        for field in shown.__struct_fields__:
            assert getattr(event, field) == getattr(shown, field)
