"""The processes that fit an estimator for tables together: what they must have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from glassnet.distributed.joining import join_ranks
from glassnet.errors import ConfigError
from glassnet.training.sharding.dividing import sharding_of
from glassnet.training.sharding.ranks import Ranks

__all__ = ["check_parameters", "common_clock", "joined"]

_NO_PARAMETERS = ("verbose",)  # may differ: no number depends on them


def joined(where: str, shards: Any, distributed: Any, given: Mapping[str, Any]) -> Ranks | None:
    """Return the processes of a fit, None if its batches are not divided.

    Parameters
    ----------
    where : str
        Start of messages.
    shards, distributed
        As `fit` was given them.
    given : mapping
        Other places to train in, by the names of their options; None for those that were left out.

    Raises
    ------
    ConfigError
        There is no such number of shards, or another place is given too.
    """
    ranks = join_ranks(where, distributed)
    if sharding_of(where, shards, ranks) is None:
        return None
    for name, value in given.items():
        if value is not None:
            shown = value if isinstance(value, int) else type(value).__name__
            fact = f"shards and {name}={shown} are both given; with shards each network is trained by all processes"
            message = f"{where}: {fact}. Leave one out."
            raise ConfigError(message, got=value)
    return ranks or Ranks()


def check_parameters(ranks: Ranks, parameters: Mapping[str, Any]) -> None:
    """Refuse an estimator whose parameters differ from those of the first process, as far as they are plain values.

    Parameters
    ----------
    ranks : Ranks
        The processes.
    parameters : mapping
        Those of the estimator, and others, by name.
    """
    plain = (bool, int, float, str, tuple, list, dict, type(None))
    ranks.check_alike(
        {
            name: repr(value) if isinstance(value, plain) else type(value).__name__
            for name, value in parameters.items()
            if name not in _NO_PARAMETERS
        }
    )


def common_clock(ranks: Ranks | None) -> Callable[[], float]:
    """Return a clock that all processes read alike, if they read it equally often: that of the first one."""
    if ranks is None or ranks.size == 1:
        return time.perf_counter
    return lambda: ranks.agreed(time.perf_counter())
