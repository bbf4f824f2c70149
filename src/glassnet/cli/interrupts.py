"""Ctrl-C, SIGTERM and SIGHUP in a command.

They interrupt at first, ask a training to stop, and are ignored while results are written. SIGTERM is how
``docker stop`` and batch systems end a program, SIGHUP how a terminal does that is closed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["CtrlC", "catch_interrupts"]

_DEFAULTS: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
if hasattr(signal, "SIGHUP"):
    _DEFAULTS[signal.SIGHUP] = signal.SIG_DFL


class CtrlC:
    """A signal handler for all of them, which raises KeyboardInterrupt unless `defer` or `ignore` was called."""

    pressed = False
    """Whether one of them came since `defer` was called."""
    number: int | None = None
    """The signal that came first."""
    kept = "before there was anything to keep; nothing was written."
    """What is left after an interruption, to go on the words that say so."""
    _defers = False
    _ignores = False

    def defer(self) -> None:
        """Let the next one set ``pressed`` instead of raising; a Ctrl-C after it raises again."""
        self._defers = True

    def ignore(self) -> None:
        """Ignore them while results are being written."""
        self._ignores = True

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Let one of them raise KeyboardInterrupt in the block: what is not ours cannot be asked to stop."""
        deferred, self._defers = self._defers, False
        try:
            yield
            self._defers = deferred
        except KeyboardInterrupt:
            self.pressed = True
            raise
        except BaseException:
            self._defers = deferred
            raise

    @property
    def name(self) -> str:
        """What came first, in words."""
        return "Ctrl-C" if self.number in (None, signal.SIGINT) else signal.Signals(self.number or 0).name

    @property
    def has_lost_terminal(self) -> bool:
        """Whether the terminal was closed, so that nothing can be printed."""
        return signal.Signals(self.number or signal.SIGINT).name == "SIGHUP"

    @property
    def exit_code(self) -> int:
        """The exit code of a program that was ended by what came first."""
        return 128 + (self.number or signal.SIGINT)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # Shells and `timeout` may send theirs twice; who cannot wait any longer sends SIGKILL.
        is_repeated = self.number is not None and number != signal.SIGINT
        if self._ignores or is_repeated:
            return
        self.number = self.number or number
        if not self._defers:
            raise KeyboardInterrupt
        self.pressed, self._defers = True, False


@contextmanager
def catch_interrupts(*, exits: bool = False) -> Iterator[CtrlC]:
    """Yield the handler of these signals: the one that is installed already, or a new one for the length of the block.

    Outside the main thread nothing is installed, nor for a signal that the program handles itself, or ignores as under
    ``nohup``. If the program ``exits`` after the block, they are ignored from then on.
    """
    installed = {number: signal.getsignal(number) for number in _DEFAULTS}
    for handler in installed.values():
        if isinstance(handler, CtrlC):
            yield handler
            return
    ctrl_c = CtrlC()
    ours = [number for number, usual in _DEFAULTS.items() if installed[number] is usual]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    for number in ours:
        signal.signal(number, ctrl_c)
    try:
        yield ctrl_c
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_IGN if exits else _DEFAULTS[number])
