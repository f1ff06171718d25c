"""What an EngineCore is made of. Set once, by assemble.py or by a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lanshare.domain.settings import Settings, Visibility
from lanshare.engine.effects import JobEffect
from lanshare.engine.local_device import LocalDevice
from lanshare.engine.ports import Clock, StorePort
from lanshare.net.networks import Network


class JobRunner(Protocol):
    """What runs jobs in threads of their own, as the engine sees it."""

    def start(self, effect: JobEffect) -> None:
        """Begin, steer or end a job; what comes of it is posted to the inbox."""

    def receipts(self) -> Path:
        """The folder of what was received: one receipt for each transfer, called as its id."""

    def keep_awake(self, wanted: bool) -> None:
        """Whether the machine must not fall asleep."""


@dataclass(slots=True)
class EngineDeps:
    """The parts of an engine, and what it was started with."""

    me: LocalDevice
    clock: Clock
    store: StorePort
    runner: JobRunner
    settings: Settings
    settings_path: Path | None
    default_name: str
    downloads: Path
    port: int
    addresses: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    browse_only: bool = False
    renamed: Callable[[str], None] = field(default=lambda name: None)
    """Tells discovery our new name."""

    announced: Callable[[bool], None] = field(default=lambda visible: None)
    """Tells discovery whether to announce us."""

    asks: bool = False
    """A network that is new is asked about, and shown nothing before."""

    renew: Callable[[], None] = field(default=lambda: None)
    """Makes another key in the place of the old one."""

    networks: tuple[Network, ...] = ()
    visible: Visibility | None = None
    """To whom we show ourselves for this run, whatever the settings say."""
