"""One fit of a network at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError

__all__ = ["one_fit_at_a_time"]

_at_work: set[int] = set()
_guard = threading.Lock()


@contextmanager
def one_fit_at_a_time(networks: list[BaseNetwork]) -> Iterator[None]:
    """Refuse a second fit of one of these networks while inside: both would write to the same arrays.

    Raises
    ------
    ConfigError
        One of them is being fitted already, by another thread or by the caller of a callback.
    """
    numbers = {id(network) for network in networks}
    with _guard:
        if numbers & _at_work:
            message = (
                "fit: this network is being fitted already. Wait for that fit to end, or fit a copy.deepcopy of it."
            )
            raise ConfigError(message)
        _at_work.update(numbers)
    try:
        yield
    finally:
        with _guard:
            _at_work.difference_update(numbers)
