"""Weights of classes, as weights of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.losses import Loss
from glassnet.utils.checks import check_integer, check_number

__all__ = ["class_codes", "class_factors", "weigh_classes"]


def class_codes(loss: Loss, y: np.ndarray) -> np.ndarray | None:
    """Return the class of each row, or None where rows do not have one class."""
    if not loss.classifies:
        return None
    if y.ndim == 1:
        return y
    return (y[:, 0] > 0.5).astype(np.int64) if y.shape[1] == 1 else None


def class_factors(value: Any, k: int, codes: np.ndarray | None, weight: np.ndarray | None = None) -> np.ndarray:
    """Return a factor for each of ``k`` classes, given one each, a mapping of codes to factors, or "balanced".

    Balanced is ``n / (present * count)`` with as many classes as are present, as in scikit-learn; rows count by their
    weight, and their class ``codes`` must be known. A code that a mapping leaves out weighs 1.
    """
    if isinstance(value, str) and value == "balanced":
        if codes is None:
            must = "class_weight='balanced' needs all rows at once"
            message = f"fit: the rows come in batches; {must}. Pass the weights as a dict."
            raise ConfigError(message, got=value)
        counts = np.bincount(codes, weights=weight, minlength=k)
        present = counts > 0.0
        return np.where(present, counts.sum() / (present.sum() * np.where(present, counts, 1.0)), 1.0)
    factors = np.ones(k)
    if isinstance(value, Mapping):
        for code, factor in value.items():
            place = check_integer("fit", "a class in class_weight", code, 0)
            if place >= k:
                message = f"fit: class_weight has class {code!r}; it must have classes from 0 to {k - 1}."
                raise ConfigError(message, expected=k, got=code)
            factors[place] = check_number("fit", f"class_weight of class {place}", factor, 0.0)
        return factors
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str) and len(value) == k:
        return np.array([check_number("fit", "class_weight", factor, 0.0) for factor in value])
    message = f"fit: class_weight is {value!r}; it must be 'balanced', a dict, or {k} numbers."
    raise ConfigError(message, got=value)


def weigh_classes(loss: Loss, factors: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the rows' weights times those of their classes."""
    codes = class_codes(loss, y)
    if codes is None:
        fact = f"y has shape {y.shape} under loss={loss.name!r}"
        message = f"fit: {fact}; class_weight needs one class per row. Pass sample_weight instead."
        raise ConfigError(message, got=y.shape)
    own: np.ndarray = factors[codes]
    return own if weight is None else weight * own
