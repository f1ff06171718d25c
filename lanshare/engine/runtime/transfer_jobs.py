"""Jobs on this computer's disks: walk what is to be sent, list it, save, undo, clean up. Each reports by posting."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from lanshare.domain.control_messages import Listing
from lanshare.domain.errors import Code, LanshareError
from lanshare.domain.events import ConversationSaved, ReceiveUndone
from lanshare.domain.offer import EntryKind, Offer, Skipped, TopEntry
from lanshare.domain.peer import short_id
from lanshare.domain.transfer import TransferId
from lanshare.engine.effects import (
    Discard,
    Save,
    Scan,
    Undo,
)
from lanshare.engine.inbox import (
    CleanupDone,
    Counted,
    EventReady,
    ListedPart,
    ScanEnded,
    Undone,
)
from lanshare.engine.presentation import user_messages
from lanshare.engine.runtime.link_tasks import (
    Post,
)
from lanshare.exchange.source.manifest_pager import ManifestPager
from lanshare.files import landlock
from lanshare.files.sink import stage
from lanshare.files.sink.undo import Undoing, undo
from lanshare.files.source import manifest, tree
from lanshare.files.source.tree import Found
from lanshare.store import database
from lanshare.wire import limits

_GROW_EVERY: Final = 0.3
"""Seconds between two tellings of how far a tree has been counted."""

_LEFT: Final = 100
"""Entries named when there is nothing at all that can be sent."""

_log = logging.getLogger(__name__)


class ScanJob:
    """Walk what is to be sent, write its list, tell how much it is."""

    def __init__(self, effect: Scan, path: Path, post: Post) -> None:
        self._effect, self._path, self._post = effect, path, post
        self._cancelled = False

    def cancel(self) -> None:
        """End soon, from any thread."""
        self._cancelled = True

    def run(self) -> None:
        """Counted as it goes; ScanEnded at the end."""
        transfer = self._effect.transfer
        try:
            if manifest.is_whole(self._path) and not self._effect.again:
                self._count(manifest.read_all(self._path), None)
                return
            writer = manifest.ManifestWriter(self._path)
            try:
                found = self._wanted(tree.walk(self._effect.paths))
                if not writer.goes_on:
                    self._count(found, writer)
                    return
                # What is offered is all that ever comes of this transfer: also what came before it was changed or
                # removed here, and stands in the list.
                for item in found:
                    if self._cancelled:
                        return
                    writer.add(item)
                writer.finish()
            finally:
                writer.close()
            self._count(manifest.read_all(self._path), None)
        except OSError as error:
            self._post(ScanEnded(transfer, Code.DISK_ERROR, error.strerror or ""))
        except LanshareError as error:
            self._post(ScanEnded(transfer, error.code))

    def _wanted(self, items: Iterable[Found | Skipped]) -> Iterable[Found | Skipped]:
        """What is to be sent of what was found: all, or only what did not arrive the last time."""
        only = self._effect.only
        if not only:
            return items
        return (item for item in items if isinstance(item, Found) and "/".join(item.entry.parts) in only)

    def _count(self, items: Iterable[Found | Skipped], writer: manifest.ManifestWriter | None) -> None:
        names = tree.top_names(self._effect.paths)
        tops: dict[int, list[int]] = {}
        kinds: dict[int, EntryKind] = {}
        files = size = skipped = 0
        told = time.monotonic() - _GROW_EVERY + 0.02
        why, left = "", list[Skipped]()
        for number, item in enumerate(items):
            if self._cancelled:
                return
            if isinstance(item, Skipped):
                skipped += 1
                why = why or item.code
                if len(left) < _LEFT:
                    left.append(item)
            else:
                top = tops.setdefault(item.top, [0, 0])
                kinds.setdefault(item.top, item.entry.kind)
                if item.entry.kind is EntryKind.FILE:
                    top[0] += 1
                    top[1] += item.entry.size
                    files += 1
                    size += item.entry.size
            if writer is not None:
                writer.add(item)
            if number % 256 == 255 and time.monotonic() - told >= _GROW_EVERY:
                told = time.monotonic()
                if writer is not None:
                    writer.flush()
                self._tell(names, tops, kinds, files, size, skipped, False)
        if not tops:
            self._post(ScanEnded(self._effect.transfer, why or Code.NOTHING_TO_SEND, "", tuple(left)))
            return
        if writer is not None:
            writer.finish()
        self._tell(names, tops, kinds, files, size, skipped, True)
        self._post(ScanEnded(self._effect.transfer))

    def _tell(
        self,
        names: Sequence[str],
        tops: dict[int, list[int]],
        kinds: dict[int, EntryKind],
        files: int,
        size: int,
        skipped: int,
        complete: bool,
    ) -> None:
        shown = tuple(
            TopEntry(names[top], kinds[top], *tops[top]) for top in sorted(tops)[: limits.TOPS]
        )
        offer = Offer(shown, len(tops) if complete else len(names), files, size, complete)
        self._post(Counted(self._effect.transfer, offer, skipped))


class ListJob:
    """Read a sending's list and post it in pieces that fit into a frame."""

    def __init__(self, transfer: TransferId, path: Path, post: Post) -> None:
        self._transfer, self._path, self._post = transfer, path, post
        self._cancelled = False

    def cancel(self) -> None:
        """End soon, from any thread."""
        self._cancelled = True

    def run(self) -> None:
        """The first entries; a list that cannot be read is not shown, and says so when it is sent."""
        try:
            lister = ManifestPager(self._path, limits.LISTED)
            try:
                while not self._cancelled and (piece := lister.piece()) is not None:
                    self._post(ListedPart(Listing(self._transfer, piece.first, piece.entries, piece.last)))
                    if piece.last:
                        return
            finally:
                lister.close()
        except (OSError, LanshareError) as error:
            _log.info("a list was not shown: %s", type(error).__name__)


class SaveJob:
    """Write a conversation into a folder, from a look of its own at the history."""

    def __init__(self, effect: Save, path: Path, post: Callable[[EventReady], None]) -> None:
        """`path`: of the database."""
        self._effect, self._path, self._post = effect, path, post

    def cancel(self) -> None:
        """What is written so far stays."""

    def run(self) -> None:
        """Publishes how it went."""
        effect = self._effect
        names = effect.names
        db = database.connect(self._path, read_only=True)
        try:
            from lanshare.engine.messages import archive  # loaded once somebody saves a conversation

            saved = archive.save(db, effect.peer, effect.folder, lambda one: names.get(one, short_id(one)))
        except LanshareError as error:
            sentence = user_messages.not_exported(error.code, str(effect.folder))
            self._post(EventReady(ConversationSaved(effect.peer, str(effect.folder), 0, 0, 0, error.code, sentence)))
        else:
            told = ConversationSaved(effect.peer, str(saved.folder), saved.moments, saved.files, saved.missing)
            self._post(EventReady(told))
        finally:
            db.close()


class UndoJob:
    """Undo a finished receiving by its receipt."""

    def __init__(self, effect: Undo, receipt: Path, post: Post) -> None:
        self._effect, self._receipt, self._post = effect, receipt, post

    def cancel(self) -> None:
        """Half of it is worse than all of it."""

    def run(self) -> None:
        """Undone is posted whatever happens."""
        done, sentence = Undoing(), ""

        def work() -> None:
            nonlocal done
            done = undo(self._effect.folder, self._receipt)

        try:
            landlock.run_bound((self._effect.folder,), work)
        except LanshareError as error:
            sentence = user_messages.ended(error.code, "", error.detail)
        message = sentence or user_messages.undone(done.files, done.restored, done.left, done.folder)
        self._post(
            Undone(
                ReceiveUndone(
                    self._effect.transfer, self._effect.peer, done.files, done.restored, done.left, done.folder, message
                )
            )
        )


class DiscardJob:
    """Remove what an unfinished transfer left behind."""

    def __init__(self, effect: Discard, post: Post, *paths: Path) -> None:
        self._effect, self._post, self._paths = effect, post, paths

    def cancel(self) -> None:
        """It takes no time worth cancelling."""

    def run(self) -> None:
        """Best effort: what cannot be removed now is only a hidden folder, and the next engine tries again."""
        if self._removed():
            self._post(CleanupDone(self._effect.transfer))

    def _removed(self) -> bool:
        for path in self._paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a list was not removed: %s", error.strerror)
        if self._effect.destination is None:
            return True
        try:
            if not self._effect.destination.is_dir():
                return False  # a disk that is not there now
            stage.remove(self._effect.destination, self._effect.transfer)
        except LanshareError as error:
            _log.warning("staging was not removed: %s", error.code)
            return False
        return True
