"""One fit of a network, or of an estimator, at a time: a second one is refused, from wherever it comes.

Two fits would write to the same arrays, and neither would end with what it computed.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from glassnet.errors import ConfigError

__all__ = ["Fit", "alone", "one_fit_at_a_time", "refuse_during_fit", "running"]

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")


class Fit:
    """Who fits an object: the thread, None between two steps of a run that is taken step by step.

    Parameters
    ----------
    runs : bool
        Whether the run has begun.
    """

    def __init__(self, *, runs: bool) -> None:
        self.thread: int | None = threading.get_ident()
        self.runs = runs

    def pause(self) -> None:
        """Allow all threads to write: no step is under way."""
        self.thread = None

    def go_on(self) -> None:
        """Allow only this thread to write."""
        self.thread = threading.get_ident()


_fits: dict[int, Fit] = {}  # by the id of what is fitted, which lives at least as long as its fit
# A run that nobody holds ends when it is collected: at any time, also while this thread is inside the guard.
_guard = threading.RLock()
_NETWORK, _ESTIMATOR = ("network", "copy.deepcopy"), ("estimator", "sklearn.base.clone")


def _forget() -> None:
    """Forget the fits in a forked process: its networks are copies."""
    global _guard
    _guard = threading.RLock()
    _fits.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@contextmanager
def one_fit_at_a_time(
    things: Sequence[object], where: str = "fit", words: tuple[str, str] = _NETWORK, *, runs: bool = False
) -> Iterator[None]:
    """Refuse a second fit of one of these while inside; the run of this one may begin once, see `running`.

    Parameters
    ----------
    things : sequence of object
        Networks, or an estimator.
    where : str
        Who asks, for the message.
    words : tuple of str
        What kind of thing they are, and what copies one.
    runs : bool
        Whether the run has begun.

    Raises
    ------
    ConfigError
        One of them is being fitted already, by another thread or by the caller of a callback.
    """
    fits = {id(thing): Fit(runs=runs) for thing in things}
    try:  # also around the entry: Ctrl-C may come at any time
        with _guard:
            if any(number in _fits for number in fits):
                kind, copy = words
                what = f"{where}: this {kind} is being fitted already."
                message = f"{what} Wait for that fit to end, or fit a {copy} of it."
                raise ConfigError(message)
            _fits.update(fits)
        yield
    finally:
        with _guard:
            for number, fit in fits.items():
                if _fits.get(number) is fit:
                    del _fits[number]


@contextmanager
def running(networks: Sequence[object]) -> Iterator[list[Fit]]:
    """Use the fit that this thread is in, or begin one; refuse a second one while inside.

    Yields the fits, one for each network.

    Parameters
    ----------
    networks : sequence of object
        The networks that the run trains.

    Raises
    ------
    ConfigError
        One of them is being trained already.
    """
    with _guard:
        held = [_fits.get(id(network)) for network in networks]
        own = [fit for fit in held if fit is not None and fit.thread == threading.get_ident() and not fit.runs]
        joins = bool(own) and len(own) == len(networks)
        for fit in own if joins else []:
            fit.runs = True
    if not joins:
        with one_fit_at_a_time(networks, runs=True):
            yield [_fits[id(network)] for network in networks]
        return
    try:
        yield own
    finally:
        for fit in own:
            fit.runs = False


def refuse_during_fit(network: object, where: str) -> str:
    """Refuse to write to the arrays of a network that another thread is fitting; return ``where``, who asks.

    The thread that fits it may, in a callback, which is called between two steps; and all may between the steps of a
    run that is taken step by step.

    Raises
    ------
    ConfigError
        Another thread fits the network.
    """
    fit = _fits.get(id(network))
    if fit is not None and fit.thread not in (None, threading.get_ident()):
        message = f"{where}: this network is being fitted by another thread. Wait for that fit to end, or use a copy."
        raise ConfigError(message)
    return where


def alone(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Return a method that fits an estimator, made to refuse a second fit of the same one meanwhile."""

    @functools.wraps(method)
    def fits(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        name: Any = getattr(method, "__name__", "fit")
        with one_fit_at_a_time([self], f"{type(self).__name__}.{name}", _ESTIMATOR):
            return method(self, *args, **kwargs)

    return fits
