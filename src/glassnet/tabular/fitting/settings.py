"""Settings of the published recipes that may be changed, such as their dropout; `glassnet tune` searches over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from glassnet.errors import ConfigError
from glassnet.tabular.fitting.recipes import Recipe
from glassnet.utils.checks import check_integer, check_number
from glassnet.utils.suggestions import did_you_mean, nearest

__all__ = ["SETTINGS", "has_settings", "with_settings"]


class _Setting(NamedTuple):
    """One setting: which part of a recipe takes it, the recipes that have it, and how its value is checked."""

    part: str  # "layers" or "optimizer" of a `Recipe`
    recipes: tuple[str, ...]
    check: Callable[[str, str, Any], object]


def _check_truth(where: str, name: str, value: Any) -> None:
    if not isinstance(value, bool):
        message = f"{where}: {name} is {value!r}; it must be True or False."
        raise ConfigError(message, expected=(True, False), got=value)


_ALL, _REALMLP = ("realmlp", "fast", "small"), ("realmlp", "fast")
_WIDEST, _DEEPEST = 4096, 16

SETTINGS: dict[str, _Setting] = {
    "rate_factor": _Setting("optimizer", _ALL, partial(check_number, minimum=0.0, open_minimum=True)),
    "weight_decay": _Setting("optimizer", _ALL, partial(check_number, minimum=0.0)),
    "dropout": _Setting("layers", _ALL, partial(check_number, minimum=0.0, maximum=1.0, open_maximum=True)),
    "width": _Setting("layers", _ALL, partial(check_integer, minimum=1, maximum=_WIDEST)),
    "depth": _Setting("layers", _ALL, partial(check_integer, minimum=1, maximum=_DEEPEST)),
    "embeds": _Setting("layers", _REALMLP, _check_truth),
}
"""By name: ``rate_factor`` multiplies the learning rate, ``width`` and ``depth`` are units and number of hidden layers,
and ``embeds`` is whether numbers have periodic embeddings."""


def has_settings(recipe: str) -> bool:
    """Return whether a recipe has settings that may be changed."""
    return recipe in _ALL


def with_settings(where: str, recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe with other settings; raise an error for one that it does not have, or a value it may not have.

    Parameters
    ----------
    where : str
        Start of error messages.
    recipe : Recipe
        One of ``realmlp``, ``fast`` and ``small``.
    settings : mapping of str to value
        By their name in `SETTINGS`.

    Examples
    --------
    >>> from glassnet.tabular.fitting.recipes import RECIPES
    >>> with_settings("train", RECIPES["realmlp"], {"dropout": 0.3, "rate_factor": 2.0}).name
    'realmlp'
    """
    known = [name for name, each in SETTINGS.items() if recipe.name in each.recipes]
    for name, value in settings.items():
        if name not in known:
            advice = did_you_mean(nearest(name, known)) or (f"It has {', '.join(known)}." if known else "It has none.")
            message = f"{where}: the recipe {recipe.name!r} has no setting {name!r}. {advice}"
            raise ConfigError(message, expected=known, got=name)
        SETTINGS[name].check(where, name, value)
    parts: dict[str, Any] = {}
    for part in ("layers", "optimizer"):
        of_part = {name: value for name, value in settings.items() if SETTINGS[name].part == part}
        if of_part:
            parts[part] = partial(getattr(recipe, part), **of_part)
    return replace(recipe, **parts)
