"""One line on a terminal that says how far a check is, and goes when it is done."""

from __future__ import annotations

import sys
import time
from types import TracebackType

__all__ = ["ProgressWords"]

_AFTER = 0.5  # seconds; what is quicker needs no line


class ProgressWords:
    """Writes on the terminal what is being done; nothing where standard error is no terminal.

    Examples
    --------
    >>> with ProgressWords() as say:
    ...     say("point 1 of 4")
    """

    def __init__(self) -> None:
        stream = sys.stderr
        self._stream = stream if stream is not None and stream.isatty() else None
        self._begin, self._width = time.monotonic(), 0

    def __enter__(self) -> ProgressWords:
        return self

    def __call__(self, text: str) -> None:
        """Show a few words in place of the last ones."""
        if self._stream is not None and time.monotonic() - self._begin > _AFTER:
            line = f"check_my_backprop: {text} ..."
            self._stream.write("\r" + line.ljust(self._width))
            self._stream.flush()
            self._width = max(self._width, len(line))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
