"""Draws the window in its states from made-up events, off screen, and saves PNGs: `python3 dev.py pictures`.

The events are the engine's own; nothing runs behind the window, nothing is announced or sent.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from lanshare.domain import events as e
from lanshare.domain.message import (
    ChatMessage,
    Conversation,
    Delivery,
    MessageId,
    MessageKind,
    Quote,
    TimelineItem,
    place,
)
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.peer import DeviceKind, Peer, PeerId, PeerPolicy, Permission, TrustLevel
from lanshare.domain.settings import Appearance, Settings
from lanshare.domain.transfer import Direction, Transfer, TransferId, TransferState
from lanshare.engine.presentation import user_messages
from lanshare.qt.bridge import Bridge
from lanshare.qt.theme import style
from lanshare.qt.windows.address import AddressDialog
from lanshare.qt.windows.alarm import AlarmDialog
from lanshare.qt.windows.device_details import DeviceSheet
from lanshare.qt.windows.group import GroupDialog
from lanshare.qt.windows.main import MainWindow
from lanshare.qt.windows.pairing import PairingDialog
from lanshare.qt.windows.pastesheet import PasteSheet
from lanshare.qt.windows.search import SearchDialog
from lanshare.qt.windows.settings import SettingsDialog

NOW = datetime.datetime.now(datetime.UTC).replace(hour=12, minute=32, second=0, microsecond=0)


def peer_id(letter: str) -> PeerId:
    """A made-up device id."""
    return PeerId((letter + "7k2qm4x") * 6 + "abcd")


ME = e.Me(peer_id("t"), "Tom's Desktop", "desktop", 17717, ("192.168.1.20",), "/home/tom/Downloads")
MARTA, LIVING, ANNA, BUILD, GUEST, GARAGE = (peer_id(one) for one in "mlabgp")


def minutes(count: int) -> datetime.datetime:
    """So long ago."""
    return NOW - datetime.timedelta(minutes=count)


def top(name: str, size: int, folder: bool = False, files: int = 1) -> TopEntry:
    """A top-level name."""
    return TopEntry(name, EntryKind.FOLDER if folder else EntryKind.FILE, files, size)


def offer(*tops: TopEntry) -> Offer:
    """A whole offer."""
    return Offer(tops, len(tops), sum(one.files for one in tops), sum(one.bytes for one in tops), True)


def text(number: int, out: bool, words: str, ago: int, delivery: Delivery = Delivery.DELIVERED) -> TimelineItem:
    """A message in Marta's conversation."""
    way = Direction.OUT if out else Direction.IN
    author = ME.id if out else MARTA
    message = ChatMessage(MessageId(f"{number:032x}"), MARTA, author, way, words, minutes(ago), number, delivery)
    return TimelineItem(number, minutes(ago), message)


def transfer(number: int, out: bool, state: TransferState, ago: int, what: Offer, **more: object) -> TimelineItem:
    """A transfer in Marta's conversation."""
    way = Direction.OUT if out else Direction.IN
    fields = {"done_bytes": what.bytes, "files_done": what.files, **more}
    one = Transfer(TransferId(f"{number:032x}"), MARTA, way, state, what, minutes(ago), **fields)  # type: ignore[arg-type]
    return TimelineItem(number, minutes(ago), None, one)


def snapshot(peers: bool = True, appearance: Appearance = Appearance.LIGHT) -> e.Snapshot:
    """What a window starts with."""
    known, kinds = TrustLevel.KNOWN, DeviceKind
    rows: tuple[Peer, ...] = (
        Peer(MARTA, "Marta's ThinkPad", kinds.LAPTOP, ("192.168.1.24:17717",), TrustLevel.VERIFIED, True, "Debian 12"),
        Peer(LIVING, "Living-room PC", kinds.DESKTOP, ("192.168.1.30:17717",), known, True, "Windows 11"),
        Peer(ANNA, "Anna's MacBook", kinds.LAPTOP, ("192.168.1.31:17717",), known, True, "macOS 15"),
        Peer(BUILD, "Build server", kinds.SERVER, ("192.168.1.5:17717",), TrustLevel.VERIFIED, True, "Debian 12"),
        Peer(GUEST, "Guest-7F2A", kinds.LAPTOP, ("192.168.1.77:17717",), TrustLevel.STRANGER, True, "Ubuntu 24.04"),
        Peer(GARAGE, "Pi in the garage", kinds.UNKNOWN, ("192.168.1.9:17717",), known, False, "Debian 12"),
    )
    said: tuple[Conversation, ...] = (
        Conversation(MARTA, "wants to send you 3 files", minutes(0), 0),
        Conversation(LIVING, "You: the printer drivers 👍", minutes(87), 0),
        Conversation(ANNA, "See you at lunch? I put the slides on the stick already", minutes(104), 2),
        Conversation(BUILD, "nightly.iso", minutes(1500), 0),
        Conversation(GUEST, "hi, is this the right desktop?", minutes(1600), 1),
        Conversation(GARAGE, "humidity.csv", minutes(4800), 0),
    )
    if not peers:
        rows, said = (), ()
    return e.Snapshot(ME, rows, (), said, Settings(appearance=appearance), False)


def history() -> e.HistoryLoaded:
    """Marta's conversation."""
    long = (
        "Great, thanks. I'm sending you last summer's album back. The long one with the notes:"
        " https://wiki.home.lan/albums — take your time, it resumes if the Wi-Fi drops."
    )
    moments = (
        text(1, False, "Hey! I have the photos from the weekend, want them on your machine? 📸", 11),
        text(2, False, "About 1.4 GB, all originals.", 11),
        text(3, True, "Yes please, drop everything 🙌", 10),
        transfer(4, False, TransferState.DONE, 8, offer(top("ridge-at-dawn.jpg", 8_400_000)),
                 paths=("/home/tom/Downloads/ridge-at-dawn.jpg",)),
        transfer(5, False, TransferState.DONE, 6, offer(top("Invoice 2026-10 final (signed).pdf", 1_200_000)),
                 paths=("/home/tom/Downloads/Invoice 2026-10 final (signed).pdf",)),
        text(6, True, long, 2),
        text(7, True, "And a note that waits", 1, Delivery.QUEUED),
    )
    return e.HistoryLoaded(1, MARTA, moments, False)


def troubles() -> e.HistoryLoaded:
    """A conversation in which not everything went well."""
    two = offer(top("thesis", 4_000_000_000, True, 812))
    skipped = (Skipped("thesis/socket", "file-special"), Skipped("thesis/draft.odt", "file-changed"))
    moments = (
        transfer(1, True, TransferState.FAILED, 30, offer(top("backup.tar.zst", 64_000_000_000)), code="read-only",
                 done_bytes=0),
        transfer(2, True, TransferState.DECLINED, 20, offer(top("huge-video.mkv", 9_000_000_000)), code="declined",
                 done_bytes=0),
        transfer(3, True, TransferState.PARTIAL, 12, two, files_done=810, skipped=skipped),
        transfer(4, True, TransferState.WAITING, 5, offer(top("holiday-2026.zip", 4_000_000_000)), code="peer-away",
                 done_bytes=3_100_000_000),
        transfer(5, False, TransferState.CANCELLED, 3, offer(top("wrong-folder", 10_000, True, 3)),
                 code="cancelled-by-peer", done_bytes=0),
        transfer(6, False, TransferState.DONE, 1, offer(top("setup.exe", 84_000_000), top("readme.txt", 900)),
                 paths=("/home/tom/Downloads/setup.exe", "/home/tom/Downloads/readme.txt")),
    )
    return e.HistoryLoaded(1, MARTA, moments, False)


def forgotten() -> e.HistoryLoaded:
    """Transfers that nobody has to watch."""
    tree = offer(top("thesis", 4_000_000_000, True, 812))
    skipped = (Skipped("thesis/lock", "file-special"), Skipped("thesis/draft.odt", "file-changed"))
    notes = (Skipped("thesis/notes\\2026.txt", "name-mapped"), Skipped("thesis/build.sh", "execute-dropped"))
    moments = (
        transfer(1, True, TransferState.WAITING, 40, offer(top("holiday-2026.zip", 4_000_000_000)), code="peer-away",
                 done_bytes=3_100_000_000),
        transfer(2, True, TransferState.PAUSED, 30, offer(top("backup.tar.zst", 64_000_000_000)),
                 done_bytes=12_400_000_000),
        transfer(3, True, TransferState.PARTIAL, 20, tree, files_done=810, skipped=skipped),
        transfer(4, False, TransferState.DONE, 10, tree, paths=("/home/tom/Downloads/thesis",), notes=notes),
        transfer(5, False, TransferState.DONE, 5, offer(top("wrong-folder", 80_000, True, 3)), code="undone",
                 detail="/home/tom/Downloads/Undone by lanshare/2026-11-22 12.27.00",
                 paths=("/home/tom/Downloads/wrong-folder",)),
    )
    return e.HistoryLoaded(1, MARTA, moments, False)


def conflict(window: MainWindow) -> None:
    """A question about files some of which are here already."""
    asked = TransferId("c" * 32)
    album = offer(top("album", 5_300_000_000, True, 1502))
    window.on_event(e.TransferQueued(asked, MARTA, "in", album, minutes(0), "offered"))
    window.on_event(e.OfferReceived(asked, MARTA, "Marta's ThinkPad", 1502, album.bytes, album, 312_000_000_000))
    differing = ("album/ridge-at-dawn.jpg", "album/notes.txt", "album/index.html", "album/a.jpg")
    window.on_event(
        e.OfferCompared(asked, MARTA, 12, 1486, 4, 300_000_000, 5_000_000_000, differing, True, 312_000_000_000)
    )


def many(window: MainWindow) -> None:
    """A sending of very many files, still being counted."""
    sending = TransferId("d" * 32)
    tops = tuple(top(f"scan {number:05}.tif", 2_000_000) for number in range(64))
    whole = Offer(tops, 100_000, 100_000, 200_000_000_000, False)
    window.on_event(e.TransferQueued(sending, MARTA, "out", whole, minutes(1), "queued"))
    window.on_event(e.TransferStarted(sending, MARTA, "out"))
    window.on_event(e.TransferProfiled(sending, 6, 58, 3, 33))
    window.on_event(e.TransferProgressed(sending, 61_000_000_000, 200_000_000_000, 410_000_000.0, "scan 31007.tif"))
    waiting = TransferId("f" * 32)
    disc = offer(top("disc-image.iso", 4_700_000_000))
    window.on_event(e.TransferQueued(waiting, MARTA, "out", disc, minutes(0), "queued"))
    sentence = user_messages.waiting("turn", "Marta's ThinkPad", 0, disc.bytes)
    window.on_event(e.TransferWaiting(waiting, MARTA, "turn", sentence, 0, disc.bytes))


def living(window: MainWindow) -> None:
    """A sending under way, and a question."""
    sending, asked = TransferId("a" * 32), TransferId("b" * 32)
    album = offer(top("holiday-2026.zip", 1_480_000_000))
    three = offer(top("track-gpx", 2_000_000, True, 14), top("drone-flight-04.mp4", 912_000_000),
                  top("waypoints.txt", 18_000))
    window.on_event(e.TransferQueued(sending, MARTA, "out", album, minutes(2), "queued"))
    window.on_event(e.TransferStarted(sending, MARTA, "out"))
    window.on_event(e.TransferProgressed(sending, 918_000_000, 1_480_000_000, 71_300_000.0))
    window.on_event(e.TransferQueued(asked, MARTA, "in", three, minutes(0), "offered"))
    window.on_event(e.OfferReceived(asked, MARTA, "Marta's ThinkPad", 16, three.bytes, three, 312_000_000_000))


class Studio:
    """One window after another."""

    def __init__(self, folder: Path) -> None:
        found = QApplication.instance() or QApplication(["lanshare"])
        assert isinstance(found, QApplication)
        self.app = found
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def window(self, appearance: Appearance, size: tuple[int, int], peers: bool = True) -> MainWindow:
        """A fresh one."""
        style.apply_theme(self.app, appearance)
        window = MainWindow(Bridge(lambda command: None), lambda image: None)
        window.resize(QSize(*size))
        window.show()
        window.on_event(snapshot(peers, appearance))
        return window

    def save(self, window: MainWindow, name: str) -> None:
        """Draw it and throw it away."""
        for _ in range(6):
            self.app.processEvents()
        image: QImage = window.grab().toImage()
        image.save(str(self.folder / f"{name}.png"))
        window.hide()
        window.deleteLater()
        # Without an event loop nothing is deleted by itself, and every next look would dress all windows before it.
        QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)


def trust_pictures(studio: Studio, window: MainWindow, name: str) -> None:
    """The sheets of a verified device and of a stranger, a comparison from its question to its ends, and an alarm."""

    def keep(dialog: QWidget, what: str) -> None:
        dialog.show()
        studio.app.processEvents()
        dialog.grab().save(str(studio.folder / f"{what}-{name}.png"))
        dialog.close()

    rules = PeerPolicy(files=Permission.ACCEPT, up_to=2_000_000_000)
    for peer, what in ((MARTA, "sheet-verified"), (GUEST, "sheet-stranger")):
        device = window.devices.device(peer)
        assert device is not None
        keep(DeviceSheet(replace(device, rules=rules if peer == MARTA else device.rules), window), what)
    for what, end in (("pairing", None), ("pairing-verified", ""), ("pairing-alarm", "pair-differs")):
        dialog = PairingDialog("Guest-7F2A", True, window)
        dialog.show_code("521 086")
        if end is not None:
            dialog.ended(user_messages.ended(end, "Guest-7F2A"), True) if end else dialog.verified()
        keep(dialog, what)
    keep(AlarmDialog(e.IdentityChanged("Pi in the garage", GARAGE, peer_id("z")), window), "alarm")


TEAM = peer_id("q")


def seen_pictures(studio: Studio, look: Appearance, name: str) -> None:
    """Scrolled up while more comes, narrow and wide; what the clipboard holds, before it is sent."""
    for shape, size in {"wide": (1000, 700), "narrow": (480, 700)}.items():
        window = studio.window(look, size)
        window.open_peer(MARTA)
        window.on_event(history())
        for _ in range(20):
            studio.app.processEvents()
        window.pane.timeline.verticalScrollBar().setValue(0)
        studio.app.processEvents()
        for number in range(3):
            words = f"One more, {number}"
            window.on_event(e.MessageReceived(
                MessageId(f"{9000 + number:032x}"), MARTA, "Marta", words, minutes(0), 9000 + number,
                order=f"{9000 + number:020d}", author=MARTA,
            ))
        studio.save(window, f"scrolled-{shape}-{name}")
    window = studio.window(look, (1000, 700))
    device = window.devices.device(MARTA)
    assert device is not None
    image = QImage(800, 500, QImage.Format.Format_RGB32)
    image.fill(0x4A7FB5)
    for what, sheet in {
        "paste-files": PasteSheet(device, tuple(Path(f"photo {one}.jpg") for one in range(12)), None, window),
        "paste-picture": PasteSheet(device, (), image, window),
    }.items():
        sheet.show()
        studio.app.processEvents()
        sheet.grab().save(str(studio.folder / f"{what}-{name}.png"))
        sheet.close()
    studio.save(window, f"pasting-{name}")


def talk_pictures(studio: Studio, look: Appearance, name: str) -> None:
    """Replies, reactions, every state, a group, what is folded, code, large emoji; the dialogs about them."""
    for shape, size in {"wide": (1000, 900), "narrow": (480, 900)}.items():
        window = studio.window(look, size)
        window.on_event(e.GroupChanged(TEAM, "Garden project", (ANNA, LIVING, MARTA, ME.id), True))
        window.open_peer(TEAM)
        window.on_event(group_history())
        window.on_event(e.PeerTyping(TEAM, LIVING))
        marta = window.timeline.row_of(f"{2:032x}")
        window.talk._want("reply", window.timeline.entry(marta))
        window.pane.composer.field.setPlainText("Saturday it is")
        for _ in range(6):
            studio.app.processEvents()
        studio.save(window, f"group-{shape}-{name}")
    window = studio.window(look, (1000, 700))
    window.open_peer(MARTA)

    def keep(dialog: QWidget, what: str) -> None:
        dialog.show()
        studio.app.processEvents()
        dialog.grab().save(str(studio.folder / f"{what}-{name}.png"))
        dialog.close()

    keep(GroupDialog(window.devices.devices(), ME.id, None, [MARTA, ANNA], window), "group-new")
    search = SearchDialog(None, dict(window.devices.names()), window.state.next_request, window)
    search._field.setText("album")
    search._ask()
    found = tuple(one for one in history().moments if one.message is not None)
    search.show_found(e.HistoryLoaded(search._request, None, found, False, True))
    keep(search, "search")
    studio.save(window, f"talk-{name}")


def group_history() -> e.HistoryLoaded:
    """What was said in a group."""
    def said(number: int, author: PeerId, words: str, ago: int, **more: object) -> TimelineItem:
        fields = {"delivery": Delivery.RECEIVED, **more}
        way = Direction.OUT if author == ME.id else Direction.IN
        message = ChatMessage(MessageId(f"{number:032x}"), TEAM, author, way, words, minutes(ago), number,
                              **fields)  # type: ignore[arg-type]
        return TimelineItem(number, minutes(ago), message, None, message.order)

    founded = json.dumps({"name": "Garden project", "add": [ME.id, LIVING]})
    code = "```\nfor bed in beds:\n    water(bed, litres=3)\n    print(bed)\n```"
    long = "\n".join(f"{n}. plant number {n}, to be watered on every other day" for n in range(1, 60))
    quote = Quote(MessageId(f"{2:032x}"), ANNA, "Who waters the tomatoes this weekend?")
    moments = (
        said(1, ANNA, founded, 50, kind=MessageKind.FOUND),
        said(2, ANNA, "Who waters the tomatoes this weekend?", 48, reactions=((LIVING, "\N{RAISED HAND}"),)),
        said(3, LIVING, "I can do Saturday.", 47, quote=quote, reactions=((ANNA, "\N{THUMBS UP SIGN}"),
                                                                       (ME.id, "\N{THUMBS UP SIGN}"))),
        said(4, ANNA, "\N{TOMATO}\N{TOMATO}\N{TOMATO}", 46),
        said(5, ANNA, code, 45),
        said(6, LIVING, long, 44, late=True),
        TimelineItem(11, minutes(30), None, Transfer(
            TransferId(f"{11:032x}"), ANNA, Direction.IN, TransferState.DONE,
            replace(offer(top("bed plan.pdf", 2_400_000)), room=TEAM), minutes(30), done_bytes=2_400_000, files_done=1,
            paths=("/home/me/Downloads/bed plan.pdf",),
        ), place(6, "~")),
        said(7, ME.id, "Then I take Sunday", 3, delivery=Delivery.READ),
        said(8, ME.id, "and bring the hose", 3, delivery=Delivery.DELIVERED),
        said(9, ME.id, "the long one", 2, delivery=Delivery.SENDING),
        said(10, ME.id, "with the blue end", 1, delivery=Delivery.QUEUED),
    )
    return e.HistoryLoaded(1, TEAM, moments, False)


def main(arguments: list[str]) -> int:
    """All states."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", type=Path, help="save only the README's picture, here")
    parsed = parser.parse_args(arguments)
    studio = Studio(parsed.folder)
    looks = {"light": Appearance.LIGHT, "dark": Appearance.DARK}
    for name, look in looks.items():
        for shape, size in {"wide": (1120, 900), "narrow": (480, 760), "middle": (800, 640)}.items():
            window = studio.window(look, size)
            window.open_peer(MARTA)
            window.on_event(history())
            living(window)
            studio.save(window, f"full-{shape}-{name}")
            if parsed.readme is not None:
                os.replace(parsed.folder / f"full-{shape}-{name}.png", parsed.readme)
                return 0
            window = studio.window(look, size, peers=False)
            studio.save(window, f"nobody-{shape}-{name}")
            window = studio.window(look, size, peers=False)
            window.on_event(e.NetworkTrustRequested("ab" * 8, "192.168.1.0/24"))
            studio.save(window, f"greeting-{shape}-{name}")
            window = studio.window(look, size)
            studio.save(window, f"list-{shape}-{name}")
        window = studio.window(look, (1000, 980))
        window.open_peer(MARTA)
        window.on_event(troubles())
        window.on_event(e.IdentityChanged("Pi in the garage", GARAGE, peer_id("z")))
        window.on_event(e.NetworkTroubled("port-taken", "Port 17717 is in use, so another one was taken."))
        studio.save(window, f"troubles-{name}")
        for shape, size in {"wide": (1000, 980), "narrow": (480, 1000)}.items():
            window = studio.window(look, size)
            window.open_peer(MARTA)
            window.on_event(forgotten())
            studio.save(window, f"forgotten-{shape}-{name}")
            window = studio.window(look, size)
            window.open_peer(MARTA)
            conflict(window)
            many(window)
            studio.save(window, f"conflict-{shape}-{name}")
        window = studio.window(look, (1000, 700))
        window.open_peer(MARTA)
        window.on_event(history())
        for _ in range(4):
            studio.app.processEvents()
        window.pane._overlay.appear("Marta's ThinkPad", 3)
        window.pane._overlay._motion.stop()
        window.pane._overlay._fade.setOpacity(1.0)
        studio.save(window, f"drop-{name}")
        window = studio.window(look, (1000, 700))
        dialog = SettingsDialog(Settings(), ME, True, (), window)
        dialog.show()
        studio.app.processEvents()
        dialog.grab().save(str(parsed.folder / f"settings-{name}.png"))
        address = AddressDialog(ME, window)
        address.show()
        studio.app.processEvents()
        address.grab().save(str(parsed.folder / f"address-{name}.png"))
        seen_pictures(studio, look, name)
        trust_pictures(studio, window, name)
        talk_pictures(studio, look, name)
        studio.save(window, f"behind-{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
