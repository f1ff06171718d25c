"""Which device a person means."""

from __future__ import annotations

from lanshare.cli.desk import matches
from lanshare.domain.events import PeerAppeared
from lanshare.domain.peer import PeerId


def test_names_come_before_ids_and_short_ids_are_too_short() -> None:
    def peer(ident: str, name: str) -> PeerAppeared:
        return PeerAppeared(PeerId(ident * 26), name, "laptop", (), "known", True)

    peers = [peer("ab", "Anna"), peer("cd", "abab"), peer("ef", "anna")]
    assert [one.name for one in matches(peers, "ANNA")] == ["Anna", "anna"]
    assert [one.id for one in matches(peers, "abab")] == [PeerId("cd" * 26)]
    assert [one.id for one in matches(peers, "ababa")] == [PeerId("ab" * 26)]
    assert matches(peers, "efe") == []
    own = PeerAppeared(PeerId("gh" * 26), "DESKTOP-7F2A", "laptop", (), "known", True, alias="Office")
    assert matches([*peers, own], "office") == [own]
