"""A file for a writer that tries to end what has failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO


class Once:
    """A file that fails once. Whatever is written after that is taken and dropped.

    So a half-written archive that is let go of, and would end itself, does not fail a second time.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._failed = stream, False

    def _tried(self, act: Callable[[], int], otherwise: int) -> int:
        if self._failed:
            return otherwise
        try:
            return act()
        except OSError:
            self._failed = True
            raise

    def seekable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: Any) -> int:
        """Write bytes."""
        return self._tried(lambda: self._stream.write(data), len(data))

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place."""
        return self._tried(lambda: self._stream.seek(place, whence), 0)

    def tell(self) -> int:
        """The place."""
        return self._tried(self._stream.tell, 0)

    def flush(self) -> None:
        """Write what waits."""
        self._tried(lambda: self._stream.flush() or 0, 0)
