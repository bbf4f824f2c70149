"""Parameters of the estimators for tables that stand for a number: the seed, and how many networks at once."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_integer

__all__ = ["checked_jobs", "seed_of"]


def checked_jobs(where: str, n_jobs: Any) -> int | None:
    """Return how many networks are trained at once, as ``n_jobs`` was given to the estimator that ``where`` names."""
    if n_jobs is None:
        return None
    if not n_jobs or not isinstance(n_jobs, numbers.Integral) or isinstance(n_jobs, bool):
        must = "it must be a whole number other than 0, or None. Write 1, or -1 for all cores."
        message = f"{where}: n_jobs is {n_jobs!r}; {must}"
        raise ConfigError(message, expected=must, got=n_jobs)
    return int(n_jobs)


def seed_of(where: str, random_state: Any) -> int:
    """Return the seed of a fit; a generator draws it, None takes NumPy's own."""
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        return check_integer(where, "random_state", int(random_state), 0)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    return int(check_random_state(random_state).randint(2**31 - 1))
