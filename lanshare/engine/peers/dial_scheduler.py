"""Whom to dial, where and when: sightings, typed addresses and wishes in, Dial effects out. No I/O, no clock.

A target is a device to dial, by its short id, or an address that a person typed. It is dialled when it is due: nobody
dials it yet, it is not online, not blocked, may see us or is wanted, and its wait is over. Waits grow with each dial
that comes to nothing; what is only announced has a bounded share of all dials, as anybody may announce anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Protocol

from lanshare.domain.errors import Code
from lanshare.domain.events import AddressFailed, NetworkTroubled, PeerVanished
from lanshare.domain.peer import Address, PeerId, TrustLevel, parse_address, short_id
from lanshare.engine.effects import Dial, Effect, Publish
from lanshare.engine.inbox import DialEnded, LinkUp
from lanshare.engine.presentation import user_messages
from lanshare.exchange.handshake import COPIED, OURSELVES
from lanshare.net.announcement import Sighting

BACKOFF: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before a further dial, by the number of those that came to nothing."""

TARGETS: Final = 4096
_TRIES_BURST: Final = 100.0
_TRIES_A_SECOND: Final = 30.0
"""Dials to devices that are only announced: a whole class at once, then so many, so that names without a device behind
them cost no more than that."""

_GLANCE_EVERY: Final = 3.0
"""Seconds between two looks at a device that is only browsed."""

_HINTED: Final = 1.0
"""Seconds between two dials to one device that announcements bring about: anybody may announce it, at any place."""

_TROUBLES: Final = 3
"""Devices that are announced and do not answer, told at once: more would be a flood, not news."""


class PeerView(Protocol):
    """What the scheduler needs to know of the devices themselves."""

    def online(self, peer: PeerId) -> bool: ...
    def trust(self, peer: PeerId) -> TrustLevel: ...
    def may_see(self, peer: PeerId | None) -> bool: ...
    def is_awaited(self, peer: PeerId) -> bool: ...
    def remembered_addresses(self, peer: PeerId) -> tuple[list[Address], list[Address]]: ...
    def known_by_short(self, short: str) -> PeerId | None: ...


@dataclass(slots=True)
class Target:
    """A device to dial, by its short id (or by a typed address). Times in seconds of the engine's clock."""

    key: str
    peer: PeerId | None = None
    sighting: Sighting | None = None
    typed: Address | None = None
    dialling: bool = False
    tries: int = 0
    next_try: float = 0.0
    dialled_at: float = -math.inf
    troubled: bool = False
    """A person was told that it does not answer."""

    wanted: bool = False
    """A person wants this device now: an answer by another key is then worth an alarm."""

    listed: bool = False
    """Browsing: shells were told that it is there."""


@dataclass(slots=True)
class DialScheduler:
    """All targets. `browse_only`: look at what is announced, and tell nobody of us."""

    peers: PeerView
    browse_only: bool = False
    targets: dict[str, Target] = field(default_factory=dict)
    _tries: float = _TRIES_BURST
    _tries_at: float = 0.0

    # --- look-ups

    def of(self, peer: PeerId) -> Target | None:
        """The target of a device."""
        return self.targets.get(short_id(peer))

    def is_wanted(self, peer: PeerId) -> bool:
        """Whether a person wants this device now, or something that a person began waits for it."""
        target = self.of(peer)
        return target is not None and self._is_wanted(target)

    def addresses(self, peer: PeerId) -> tuple[Address, ...]:
        """Where to dial it, the likeliest first: where it is online, where it is announced, where it was."""
        target = self.of(peer)
        found: dict[Address, None] = {}
        first, others = self.peers.remembered_addresses(peer)
        found.update(dict.fromkeys(first))
        if target is not None and target.sighting is not None:
            found.update(dict.fromkeys(target.sighting.addresses))
        found.update(dict.fromkeys(others))
        return tuple(found)

    def typed(self, note: LinkUp) -> list[str]:
        """The addresses that a person typed and that this link answers."""
        if not note.dialled:
            return []
        return [key for key, one in self.targets.items() if one.typed == note.address]

    # --- what is to be dialled

    def expect(self, peer: PeerId, now: float) -> None:
        """A device that was dealt with is to be found again."""
        self.targets[short_id(peer)] = Target(short_id(peer), peer, next_try=now)

    def have(self, peer: PeerId) -> Target:
        """The target of a device, new if there is none."""
        target = self.targets.setdefault(short_id(peer), Target(short_id(peer), peer))
        target.peer = peer
        return target

    def await_again(self, peer: PeerId) -> None:
        """Something waits for this device since an earlier engine."""
        if (target := self.of(peer)) is not None and target.peer == peer:
            target.wanted = True

    def want(self, peer: PeerId, now: float) -> None:
        """A person wants to reach this device now."""
        target = self.have(peer)
        target.wanted = True
        target.next_try = min(target.next_try, now)

    def seen(self, sighting: Sighting, now: float) -> list[Effect]:
        """mDNS says a device is there."""
        target = self.targets.get(sighting.short)
        if target is None:
            if len(self.targets) >= TARGETS and not self._make_room():
                return []
            target = Target(sighting.short, self.peers.known_by_short(sighting.short))
            self.targets[sighting.short] = target
        fresh = target.sighting != sighting
        target.sighting = sighting
        if target.peer is not None and self.peers.online(target.peer):
            return []
        if fresh or not target.dialling:
            target.tries = 0
            target.next_try = max(now, target.dialled_at + _HINTED)
        return self._dial(target, now)

    def gone(self, short: str) -> list[Effect]:
        """mDNS says a device left: only a hint, its control link knows better."""
        target = self.targets.get(short)
        if target is None:
            return []
        name = target.sighting.name if target.sighting else short
        target.sighting = None
        effects: list[Effect] = []
        if target.listed and target.peer is not None:
            target.listed = False
            effects.append(Publish(PeerVanished(target.peer, name)))
        if target.troubled:
            target.troubled = False
            effects.append(_calm(target))
        if target.peer is None and not target.dialling:
            del self.targets[short]
        return effects

    def add_address(self, text: str, now: float) -> list[Effect]:
        """A person typed an address."""
        try:
            address = parse_address(text)
        except ValueError:
            sentence = f"{text.strip()[:80]!r} is not an address. Type for example 192.168.1.20 or 192.168.1.20:17717."
            return [Publish(AddressFailed(text, Code.PEER_UNKNOWN, sentence))]
        target = self.targets.setdefault(str(address), Target(str(address), typed=address))
        target.next_try, target.tries = now, 0
        return []

    def drop(self, peer: PeerId) -> None:
        """A device is not to be dialled any more, unless it is announced or wanted anew."""
        self.targets.pop(short_id(peer), None)

    def part(self, peer: PeerId, forgotten: bool) -> None:
        """A person wants nothing of it any more. `forgotten`: it may come again as anybody may, if it is announced."""
        target = self.targets.pop(short_id(peer), None)
        if target is not None and target.sighting is not None and forgotten:
            self.targets[target.key] = Target(target.key, sighting=target.sighting, next_try=target.next_try)

    # --- what came of it

    def glanced(self, key: str, peer: PeerId, now: float) -> tuple[Sighting | None, bool]:
        """Browsing: a device has shown its key. How it is announced, and whether that is news."""
        target = self.targets.get(key)
        if target is None:
            return None, False
        target.dialling, target.tries, target.next_try = False, 0, now + _GLANCE_EVERY
        fresh = not target.listed or target.peer != peer
        target.peer, target.listed = peer, True
        return target.sighting, fresh

    def reached(self, note: LinkUp) -> list[Effect]:
        """The targets that led to this device are reached."""
        target = self.have(note.guest.id)
        if note.dialled:
            target.dialling = False
            for key in [key for key in self.typed(note) if key != target.key]:
                del self.targets[key]
        target.tries = 0
        target.wanted = False
        if not target.troubled:
            return []
        target.troubled = False
        return [_calm(target)]

    def lost(self, peer: PeerId, at: float, left: bool) -> None:
        """Its control link ended: it is dialled from then on. `left`: it said goodbye, and is not there any more."""
        target = self.have(peer)
        target.tries, target.next_try = 0, at
        if left:
            target.sighting = None

    def ended(self, target: Target, note: DialEnded, now: float) -> list[Effect]:
        """A dial came to nothing: try again later, and say what a person should know of the target."""
        target.dialling = False
        own = note.detail in (OURSELVES, COPIED)
        if target.typed is not None and target.peer is None:
            del self.targets[target.key]
            why = user_messages.ended(note.code, target.key, note.detail)
            sentence = "That is this device's own address." if own else why
            return [Publish(AddressFailed(target.key, note.code, sentence))]
        target.tries += 1
        target.next_try = now + BACKOFF[min(target.tries, len(BACKOFF)) - 1]
        if target.listed and target.tries >= 2 and target.peer is not None:
            # Browsing: it was there, and two looks in a row found nobody.
            target.listed = False
            name = target.sighting.name if target.sighting is not None else short_id(target.peer)
            return [Publish(PeerVanished(target.peer, name))]
        if own:
            del self.targets[target.key]
            return []
        effects = self._trouble(target, note) if note.seen is None else []
        if target.sighting is None and target.peer is None:
            del self.targets[target.key]
        return effects

    def tick(self, now: float) -> list[Effect]:
        """Dials that are due."""
        return [effect for target in self.targets.values() for effect in self._dial(target, now)]

    def next_time(self) -> float | None:
        """When tick() has something to do again."""
        return min((target.next_try for target in self.targets.values() if self._due(target)), default=None)

    # --- inside

    def _trouble(self, target: Target, note: DialEnded) -> list[Effect]:
        """Somebody who is announced and does not answer is told once, of few at a time."""
        if target.sighting is None or target.tries != 2 or target.troubled:
            return []
        if sum(one.troubled for one in self.targets.values()) >= _TROUBLES:
            return []
        target.troubled = True
        where = ", ".join(str(one) for one in target.sighting.addresses[:2])
        code = Code.VERSION if note.code is Code.VERSION else Code.PEER_UNREACHABLE
        detail = note.detail if code is Code.VERSION else where
        sentence = user_messages.trouble(code, detail, target.sighting.name)
        return [Publish(NetworkTroubled(f"{code}:{target.key}", sentence))]

    def _dial(self, target: Target, now: float) -> list[Effect]:
        """Try to reach a device, if it is time to."""
        if now < target.next_try or not self._due(target):
            return []
        addresses = self._where(target)
        if not addresses:
            target.next_try = now + BACKOFF[-1]
            return []
        if target.peer is None and target.typed is None and not self._may_try(now):
            target.next_try = now + 1.0
            return []
        target.dialling, target.dialled_at = True, now
        expect = target.peer or (None if target.typed else PeerId(target.key))
        by_itself = not self._is_wanted(target) and target.typed is None
        return [Dial(target.key, addresses, expect, glance=self.browse_only, by_itself=by_itself)]

    def _may_try(self, now: float) -> bool:
        self._tries = min(_TRIES_BURST, self._tries + (now - self._tries_at) * _TRIES_A_SECOND)
        self._tries_at = now
        if self._tries < 1.0:
            return False
        self._tries -= 1.0
        return True

    def _make_room(self) -> bool:
        """Forget a device that is only announced and did not answer: the one that was tried most."""
        strangers = [
            one for one in self.targets.values() if not (one.peer or one.typed or one.dialling or one.troubled)
        ]
        if not strangers:
            return False
        del self.targets[max(strangers, key=lambda one: one.tries).key]
        return True

    def _is_wanted(self, target: Target) -> bool:
        return target.wanted or (target.peer is not None and self.peers.is_awaited(target.peer))

    def _due(self, target: Target) -> bool:
        """Whether this device is to be dialled at all."""
        if target.dialling or (target.peer is not None and self.peers.online(target.peer)):
            return False
        if target.peer is not None and self.peers.trust(target.peer) is TrustLevel.BLOCKED:
            return False
        if self.browse_only:
            return target.sighting is not None
        return target.wanted or target.typed is not None or self.peers.may_see(target.peer)

    def _where(self, target: Target) -> tuple[Address, ...]:
        if target.peer is not None:
            return self.addresses(target.peer)
        if target.typed is not None:
            return (target.typed,)
        return target.sighting.addresses if target.sighting is not None else ()


def _calm(target: Target) -> Effect:
    return Publish(NetworkTroubled(f"{Code.PEER_UNREACHABLE}:{target.key}", ""))
