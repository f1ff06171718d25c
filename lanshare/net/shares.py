"""Whose connections an engine holds, and who gives way when there are too many. Pure accounting, no socket.

Keys and addresses cost an attacker nothing, so a newcomer is never refused because others came before it: the oldest
connection of whoever holds most gives way. Strangers only ever displace strangers: known devices have a share of their
own, whatever the others do. Bounds and reasons: wire/limits.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from lanshare.wire import limits

Held = TypeVar("Held")


class Standing(StrEnum):
    """What is known of whoever is at the other end."""

    UNPROVEN = "unproven"
    STRANGER = "stranger"
    FRIEND = "friend"


@dataclass(slots=True)
class _Place:
    host: str
    standing: Standing = Standing.UNPROVEN
    peer: str = ""


class Shares(Generic[Held]):
    """The connections, oldest first. Not thread-safe: its owner has a lock."""

    def __init__(self) -> None:
        self._places: dict[Held, _Place] = {}
        self._counts: Counter[Standing] = Counter()
        self._hosts: dict[Standing, Counter[str]] = {one: Counter() for one in Standing}
        self._peers: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._places)

    def admit(self, held: Held, host: str) -> list[Held]:
        """A connection came, and has proven nothing; which ones give way to it."""
        out = self._over(Standing.UNPROVEN, host, limits.UNPROVEN, limits.UNPROVEN_PER_HOST)
        self._places[held] = _Place(host)
        self._count(self._places[held], 1)
        return out

    def prove(self, held: Held, peer: str, friend: bool) -> list[Held]:
        """It has proven to be this device; which ones give way. It may be among them itself: then it is one too many.

        `peer` "": it is not told who it is.
        """
        place = self._places.get(held)
        if place is None:
            return [held]
        self._count(place, -1)
        out: list[Held] = []
        most = limits.LINKS_PER_PEER if friend else limits.LINKS_PER_STRANGER
        if peer and self._peers[peer] >= most:
            out.append(self._oldest(lambda one: one.peer == peer))
        if not friend:
            out += self._over(Standing.STRANGER, place.host, limits.STRANGERS_LINKS, limits.STRANGERS_LINKS // 2)
        elif self._counts[Standing.FRIEND] >= limits.LINKS - limits.STRANGERS_LINKS - limits.UNPROVEN:
            out.append(self._oldest(lambda one: one.standing is Standing.FRIEND))
        for one in out:
            self.forget(one)
        place.standing, place.peer = (Standing.FRIEND if friend else Standing.STRANGER), peer
        self._count(place, 1)
        return out

    def forget(self, held: Held) -> None:
        """It has ended."""
        place = self._places.pop(held, None)
        if place is not None:
            self._count(place, -1)

    def _count(self, place: _Place, by: int) -> None:
        self._counts[place.standing] += by
        for counter, key in ((self._hosts[place.standing], place.host), (self._peers, place.peer)):
            if key:
                counter[key] += by
                if counter[key] <= 0:
                    del counter[key]

    def _over(self, standing: Standing, host: str, in_all: int, per_host: int) -> list[Held]:
        """Who gives way so that one more of this standing fits in: the oldest of this host, or of the fullest one."""
        hosts = self._hosts[standing]
        if hosts[host] >= per_host:
            crowded = host
        elif self._counts[standing] >= in_all:
            crowded = hosts.most_common(1)[0][0]
        else:
            return []
        oldest = self._oldest(lambda one: one.standing is standing and one.host == crowded)
        self.forget(oldest)
        return [oldest]

    def _oldest(self, fits: Callable[[_Place], bool]) -> Held:
        return next(held for held, place in self._places.items() if fits(place))
