"""The combinations of settings that a search tries: all of a grid, those that were listed, or some at random."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.utils.checks import check_integer

__all__ = ["Grid", "combinations"]

Grid = Mapping[str, Iterable[Any]]


def combinations(settings: Grid | Iterable[Mapping[str, Any]], n_random: int | None, seed: int) -> list[dict[str, Any]]:
    """Return every combination, or some at random.

    Parameters
    ----------
    settings : mapping of str to iterable, or iterable of mappings
        The values of each setting, or the combinations themselves.
    n_random : int or None
        How many to draw, with ``seed``.
    seed : int
        Of the draw.

    Raises
    ------
    ConfigError
        There are none, or they have different names.

    Examples
    --------
    >>> combinations({"units": [2, 4], "rate": [0.1]}, None, 0)
    [{'units': 2, 'rate': 0.1}, {'units': 4, 'rate': 0.1}]
    """
    if isinstance(settings, Mapping):
        values = [_values(name, found) for name, found in settings.items()]
        found = [dict(zip(settings, picked, strict=True)) for picked in itertools.product(*values)]
    else:
        given = list(settings)
        if not all(isinstance(picked, Mapping) for picked in given):
            must = "it must be a dict of lists, or a list of dicts, from names of build's arguments to values"
            message = f"sweep: settings is of type {type(settings).__name__}; {must}."
            raise ConfigError(message, expected=must, got=settings)
        found = [dict(picked) for picked in given]
    if not found or any(picked.keys() != found[0].keys() for picked in found):
        must = "there must be at least one combination, all with the same names"
        message = f"sweep: settings have the names {[sorted(picked) for picked in found][:3]}; {must}."
        raise ConfigError(message, got=settings)
    if n_random is None:
        return found
    count = min(check_integer("sweep", "n_random", n_random, 1), len(found))
    chosen = np.random.default_rng(check_integer("sweep", "seed", seed, 0)).permutation(len(found))[:count]
    return [found[place] for place in sorted(chosen)]


def _values(name: str, found: Any) -> list[Any]:
    if isinstance(found, str) or not isinstance(found, Iterable):
        message = f"sweep: {name!r} of settings is {found!r}; it must be a sequence of values."
        raise ConfigError(message, got=found)
    return list(found)
