"""One task in a worker, and what came back of all of them: results, exceptions of the task itself, warnings."""

from __future__ import annotations

import os
import pickle
import platform
import traceback
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

from glassnet.errors import ConfigError, GlassnetError
from glassnet.utils.callers import stacklevel_outside
from glassnet.utils.numbering import where_numbered
from glassnet.utils.sending import pack, unpack
from glassnet.utils.sharing import taken
from glassnet.utils.thread_warnings import warnings_of_thread
from glassnet.utils.version import VERSION
from glassnet.utils.wording import shortened

__all__ = ["INTERRUPTED", "Lost", "Outcomes", "Place", "here", "perform", "words_of"]

INTERRUPTED = "interrupted"
"""The reason of tasks that were not begun, or whose results were not waited for, since it was asked to stop."""


class Lost(NamedTuple):
    """What stands for the result of a task that did not come back: ``reason``, a few words."""

    reason: str


class Place(NamedTuple):
    """The process that hands out tasks, and what it computes with."""

    node: str
    machine: str  # what differs between machines, and between containers on one of them
    process: int
    versions: tuple[str, str]

    @property
    def is_here(self) -> bool:
        """Whether it is this process."""
        return self.process == os.getpid() and self.is_near

    @property
    def is_near(self) -> bool:
        """Whether it is on this machine, and sees the same clock and files."""
        return self.machine == where_numbered()


def here() -> Place:
    """Return this process, and what it computes with."""
    return Place(platform.node(), where_numbered(), os.getpid(), (VERSION, np.__version__))


# ---- in a worker -----------------------------------------------------------------------------------------------------


def perform(packed: bytes, home: Place, shared: Any = None) -> bytes:
    """Do a task wherever the executor has this run; return its result or what it raised, and its warnings.

    ``shared`` is what `handed_to` yielded for the first arguments, if all tasks have those in common.
    """
    # Of another process nobody would see the warnings.
    with nullcontext(list[warnings.WarningMessage]()) if home.is_here else warnings_of_thread() as caught:
        error: Exception | None = None
        result = None
        try:
            _check_versions(home)
            function, task = unpack(packed)
            common = () if shared is None else taken(shared)
            result = pack("a worker's result", function(*common, *task))
        except Exception as raised:
            error = _sendable(raised)
    said = dict.fromkeys((each.category, str(each.message)) for each in caught)
    return pack("a worker's result", (result, error, [*said]))


def _check_versions(home: Place) -> None:
    """Refuse to compute what would not be the same as at home."""
    own = here()
    for name, version, wanted in zip(("glassnet", "NumPy"), own.versions, home.versions, strict=True):
        if version != wanted:
            fact = f"a worker on {own.node} has {name} {version}, and {home.node}, which sends the tasks, has {wanted}"
            message = f"executor: {fact}; they must be the same. Install one version everywhere."
            raise ConfigError(message, expected=wanted, got=version)


def _sendable(error: Exception) -> Exception:
    """Return an exception that can be sent home, with the place where it was raised."""
    if not isinstance(error, GlassnetError):
        error.add_note("On a worker:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # its class may do anything
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


# ---- at home ---------------------------------------------------------------------------------------------------------


class Outcomes:
    """What came back so far, by the number of the task."""

    def __init__(
        self,
        n_tasks: int,
        on_done: Callable[[int, int], object] | None,
        on_result: Callable[[int, Any], object] | None = None,
    ) -> None:
        self.found: list[Any] = [None] * n_tasks
        self._open = set(range(n_tasks))
        self._on_done, self._on_result = on_done, on_result
        self._said = dict[tuple[type[Warning], str], None]()

    def add(self, number: int, result: Any) -> None:
        self.found[number] = result
        self._open.discard(number)
        if self._on_result is not None:
            self._on_result(number, result)
        if self._on_done is not None:
            self._on_done(len(self.found) - len(self._open), len(self.found))

    def take(self, number: int, packed: bytes) -> None:
        """Note the result of a task, or raise what it raised."""
        result, error, said = unpack(packed)
        self._said.update(dict.fromkeys(said))
        if error is not None:
            raise error
        self.add(number, unpack(result))

    def lose(self, reason: str, number: int | None = None) -> None:
        """Note that one task did not come back, or none of those that are open."""
        for each in [*self._open] if number is None else [number]:
            self.found[each] = Lost(reason)
            self._open.discard(each)

    def repeat_warnings(self) -> None:
        for category, text in self._said:
            warnings.warn(text, category, stacklevel=stacklevel_outside())


def words_of(error: BaseException) -> str:
    """Return what an executor's own failure is called."""
    name, text = type(error).__name__, " ".join(str(error).split())
    if "Cancelled" in name and not text:
        return f"{name}: the executor gave the task up, as where its scheduler is gone"
    return shortened(f"{name}: {text}" if text else name, 300)
