"""What was sent and is neither confirmed nor failed, and what became of the rest."""

from __future__ import annotations

from lanshare.domain.errors import ProtocolError
from lanshare.domain.offer import Skipped


class InFlight:
    """One try's entries, by index. A receiver's word counts only for what was sent, and once."""

    def __init__(self) -> None:
        self.files = 0
        """Files of ours that are verified and durable there, as far as they can be tied to what was sent."""

        self.bytes = 0
        self.failed: list[Skipped] = []
        """What the receiver could not keep, or does not want."""

        self.left: list[Skipped] = []
        """What was not sent, or not to its end."""

        self._names: dict[int, str] = {}
        self._sizes: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._names)

    def name(self, index: int) -> str:
        """The path of an entry; empty if nothing is awaited of it."""
        return self._names.get(index, "")

    def begin(self, index: int, name: str) -> None:
        """An entry goes out."""
        self._names[index] = name

    def sent(self, index: int, size: int) -> None:
        """A file of so many bytes went out whole."""
        self._sizes[index] = size

    def there(self, size: int) -> None:
        """A file that went in an earlier try is there."""
        self.files += 1
        self.bytes += size

    def take(self, index: int) -> str:
        """Await nothing of an entry any more; its path."""
        self._sizes.pop(index, None)
        return self._names.pop(index, "")

    def confirm(self, first: int, last: int) -> None:
        """These are verified and durable there; what was confirmed before, or not sent at all, counts for nothing."""
        names = self._names
        wide = last - first >= len(names)
        found = [one for one in names if first <= one <= last] if wide else range(first, last + 1)
        for index in found:
            if names.pop(index, None) is not None and (size := self._sizes.pop(index, None)) is not None:
                self.there(size)

    def fail(self, index: int, code: str) -> None:
        """The receiver could not keep it. ProtocolError if it was not sent."""
        if index not in self._names:
            raise ProtocolError("failed what was not sent")
        self.failed.append(Skipped(self.take(index), code))
