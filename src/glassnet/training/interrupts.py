"""Defer Ctrl-C until the current step has finished."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interruption", "defer_interrupts"]


class Interruption:
    """Whether Ctrl-C was pressed: ``asked``."""

    asked = False


@contextmanager
def defer_interrupts() -> Iterator[Interruption]:
    """Turn the first Ctrl-C into ``asked = True``; the second interrupts as usual.

    Outside the main thread, or where the program has a handler of its own, everything stays as it is.
    """
    interruption = Interruption()
    usual = threading.current_thread() is threading.main_thread()
    if not usual or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return

    def ask(number: int, frame: FrameType | None) -> None:
        interruption.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
