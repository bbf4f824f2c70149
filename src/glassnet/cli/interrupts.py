"""Ctrl-C in a command: it interrupts at first, asks a training to stop, and is ignored while results are written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["CtrlC", "catch_interrupts"]


class CtrlC:
    """A signal handler for Ctrl-C, which raises KeyboardInterrupt unless `defer` or `ignore` was called."""

    pressed = False
    """Whether Ctrl-C was pressed since `defer` was called."""
    _defers = False
    _ignores = False

    def defer(self) -> None:
        """Let the next Ctrl-C set ``pressed`` instead of raising; the one after it raises again."""
        self._defers = True

    def ignore(self) -> None:
        """Ignore Ctrl-C while results are being written."""
        self._ignores = True

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._ignores:
            return
        if not self._defers:
            raise KeyboardInterrupt
        self.pressed, self._defers = True, False


@contextmanager
def catch_interrupts(*, exits: bool = False) -> Iterator[CtrlC]:
    """Yield the handler of Ctrl-C: the one that is installed already, or a new one for the length of the block.

    Outside the main thread, or where the program has a handler of its own, nothing is installed. If the program
    ``exits`` after the block, Ctrl-C is ignored from then on.
    """
    installed = signal.getsignal(signal.SIGINT)
    if isinstance(installed, CtrlC):
        yield installed
        return
    ctrl_c = CtrlC()
    if threading.current_thread() is not threading.main_thread() or installed is not signal.default_int_handler:
        yield ctrl_c
        return
    signal.signal(signal.SIGINT, ctrl_c)
    try:
        yield ctrl_c
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN if exits else signal.default_int_handler)
