"""Settings: their defaults and ranges. Where they are kept is store/settings.py's matter."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from lanshare.domain.peer import DEFAULT_PORT, PeerId, clean_name


class Appearance(StrEnum):
    """Which colours the window wears."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Visibility(StrEnum):
    """To whom this device shows itself."""

    EVERYONE = "everyone"
    KNOWN = "known"
    NOBODY = "nobody"


class SortBy(StrEnum):
    """Into which folders what comes is sorted, below the receiving one."""

    NOTHING = "nothing"
    DEVICE = "device"
    DAY = "day"
    KIND = "kind"


class Settings(Struct, frozen=True):
    """What a person chose. `name` and `download_folder` empty: the system's own."""

    name: str = ""
    download_folder: str = ""
    sort: SortBy = SortBy.NOTHING
    """A folder for each device, day or kind of file, unless a folder was chosen for a transfer or a device."""

    port: int = DEFAULT_PORT
    appearance: Appearance = Appearance.SYSTEM
    start_hidden: bool = False
    speed_limit: int = 0
    """Bytes per second that leave this device at most; 0: no limit."""

    receive_limit: int = 0
    """Bytes per second that reach this device at most; 0: no limit."""

    read_receipts: bool = True
    """Devices that are known are told when their messages were seen."""

    enter_sends: bool = True
    """Enter sends and Shift+Enter breaks the line; else Enter breaks it and Ctrl+Enter sends."""

    notices: bool = True
    """The desktop tells what comes while the window is not in front."""

    notice_text: bool = True
    """Such a notice shows the text, not only that there is one."""

    sound: bool = False
    """Such a notice makes a sound."""

    muted: tuple[PeerId, ...] = ()
    """Conversations of which nothing is told."""

    away_note: str = ""
    """What others see beside this device's name."""

    visibility: Visibility = Visibility.EVERYONE
    networks: dict[str, bool] = field(default_factory=dict)
    """Networks that the person was asked about, by id: True if they are at home there."""

    keep_executable: bool = False
    """Files of verified devices keep the right to be executed."""


def checked(settings: Settings) -> Settings:
    """The settings within their ranges; ValueError names the field that is not."""
    if not 1024 <= settings.port <= 65535:
        raise ValueError("port")
    if settings.name != clean_name(settings.name):
        raise ValueError("name")
    if settings.speed_limit < 0:
        raise ValueError("speed_limit")
    if settings.receive_limit < 0:
        raise ValueError("receive_limit")
    if settings.away_note != clean_name(settings.away_note):
        raise ValueError("away_note")
    folder = settings.download_folder
    if "\x00" in folder or (folder and not Path(folder).is_absolute()):
        raise ValueError("download_folder")
    return settings
