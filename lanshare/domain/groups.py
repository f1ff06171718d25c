"""Groups: who is in them, and how that follows from what was said. The order of records decides, not their arrival."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from lanshare.domain.peer import PeerId

MEMBERS = 256
"""Members of a group at most: everyone keeps a link with everyone."""

NAME = 64
"""Characters of a group's name."""


class Change(Struct, frozen=True):
    """One record that founds or changes a group, at its place in the order of all: `order` is (lamport, author, id).

    `name`: "" leaves it. A member removes himself when he leaves.
    """

    order: tuple[int, str, str]
    author: PeerId
    founds: bool
    name: str
    add: tuple[PeerId, ...]
    remove: tuple[PeerId, ...]


class Group(Struct, frozen=True):
    """A group as it stands. `since`: the place in the order from which on each member may see what was said.

    `former`: who was a member once; `void`: ids of records that changed nothing, as their author was no member there.
    """

    id: PeerId
    name: str
    members: tuple[PeerId, ...]
    since: dict[PeerId, tuple[int, str, str]]
    former: frozenset[PeerId] = frozenset()
    void: frozenset[str] = frozenset()

    def knows(self, peer: PeerId) -> bool:
        """Whether this device is or was a member: what it says in the group may be older than its end."""
        return peer in self.members or peer in self.former


def fold(group: PeerId, changes: Iterable[Change]) -> Group | None:
    """The group that these records make, whatever order they came in; None without the record that founds it.

    All members are equal: each may add, remove and rename. Of two who remove each other at once, the one whose record
    comes first in the order of all stays; the other's record is void, as its author was no member any more. Of two
    names given at once the later one stays. Whoever is removed and added at once is what the later record says.
    """
    ordered = sorted(changes, key=lambda one: one.order)
    found = next((one for one in ordered if one.founds), None)
    if found is None:
        return None
    name = found.name
    since = dict.fromkeys((found.author, *found.add), found.order)
    former: set[PeerId] = set()
    void: set[str] = set()
    for one in ordered:
        if one is found:
            continue
        if one.founds or one.author not in since or one.order < found.order:
            void.add(one.order[2])
            continue
        name = one.name or name
        for peer in one.add:
            if peer not in since and len(since) < MEMBERS:
                since[peer] = one.order
                former.discard(peer)
        for peer in one.remove:
            if since.pop(peer, None) is not None:
                former.add(peer)
    return Group(group, name, tuple(sorted(since)), since, frozenset(former), frozenset(void))
