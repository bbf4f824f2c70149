"""Ctrl-C in a command: when it interrupts, when it is a wish, and when it comes too late to change anything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ear", "hearing"]


class Ear:
    """A handler of Ctrl-C, which interrupts until it is told otherwise."""

    asked = False
    _listens = False
    _closed = False

    def listen(self) -> None:
        """Take the next Ctrl-C as a wish, ``asked = True``; the one after it interrupts."""
        self._listens = True

    def close(self) -> None:
        """Hear nothing from now on: what was done is being written and reported."""
        self._closed = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._closed:
            return
        if not self._listens:
            raise KeyboardInterrupt
        self.asked, self._listens = True, False


@contextmanager
def hearing(*, to_the_end: bool = False) -> Iterator[Ear]:
    """Give the ear that hears Ctrl-C: the one that is there already, or a new one until the block ends.

    Outside the main thread, or where the program has a handler of its own, everything stays as it is.

    Parameters
    ----------
    to_the_end : bool, default=False
        Whether the program ends with the block, so that Ctrl-C is ignored after it.
    """
    there = signal.getsignal(signal.SIGINT)
    if isinstance(there, Ear):
        yield there
        return
    ear = Ear()
    if threading.current_thread() is not threading.main_thread() or there is not signal.default_int_handler:
        yield ear
        return
    signal.signal(signal.SIGINT, ear)
    try:
        yield ear
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if to_the_end else signal.default_int_handler)
