"""The processes that fit an estimator for tables together: what they must have in common."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glassnet.distributed.joining import join_ranks
from glassnet.errors import ConfigError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.options import FitOptions
from glassnet.training.sharding.dividing import sharding_of
from glassnet.training.sharding.ranks import Ranks

__all__ = ["divided_alike", "joined"]

_NO_NUMBERS = ("verbose",)  # parameters that no number depends on
_NUMBERS = (bool, int, float, str, type(None))
_PLAIN = (*_NUMBERS, tuple, list, dict)


def joined(where: str, shards: Any, distributed: Any, given: Mapping[str, Any]) -> Ranks | None:
    """Return the processes of a fit, None if this is the only one.

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
        return ranks
    for name, value in given.items():
        if value is not None and value != 1:  # n_jobs=1 is no other place
            shown = repr(value) if isinstance(value, (int, str)) else type(value).__name__
            fact = f"shards and {name}={shown} are both given; with shards each network is trained by all processes"
            message = f"{where}: {fact}. Leave one out."
            raise ConfigError(message, got=value)
    return ranks


def divided_alike(estimator: Any, options: FitOptions, shards: int | None, ranks: Ranks | None) -> FitOptions:
    """Return the options of a fit by all processes: seed and clock are those of the first, which alone shows progress.

    Parameters
    ----------
    estimator : TabularEstimator
        Its parameters must be the same everywhere, as far as they are plain values.
    options : FitOptions
        Those of this process.
    shards : int or None
        As `fit` was given it.
    ranks : Ranks or None
        The processes.

    Raises
    ------
    ConfigError
        A parameter differs.
    """
    options = replace(options, shards=shards, deadline=Deadline(options.max_seconds))
    if ranks is None:
        return options
    parameters = {"shards": shards, **estimator.get_params(deep=False)}
    ranks.check_alike({name: _shown(value) for name, value in parameters.items() if name not in _NO_NUMBERS})
    options = replace(options, ranks=ranks, seed=ranks.agreed(options.seed))
    if options.max_seconds is not None and ranks.size > 1:
        deadline = Deadline(options.max_seconds, lambda: ranks.agreed(time.perf_counter()))
        options = replace(options, deadline=deadline)
    return options if ranks.is_first else replace(options, progress=False, announce=None)


def _shown(value: Any) -> Any:
    """Return what is compared of a parameter, and shown where it differs."""
    if isinstance(value, _NUMBERS) and value == value:  # not-a-number is unlike itself
        return value
    return repr(value) if isinstance(value, _PLAIN) else type(value).__name__
