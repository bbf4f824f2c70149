"""A user's function as a metric."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.metrics.averages import Metric

__all__ = ["as_metric"]

_WEIGHT_NAMES = ("weight", "sample_weight")


def as_metric(where: str, function: Callable[..., Any]) -> tuple[str, Metric]:
    """Return the name of a function and the function as a metric, whose result is checked.

    Parameters
    ----------
    where : str
        Name of the caller, for error messages.
    function : callable
        ``f(y, prediction, weight)``, or ``f(y, prediction)`` if it uses no weights. An argument called ``weight`` or
        ``sample_weight`` may have any position, so scikit-learn's functions work. The arrays are read-only.

    Raises
    ------
    ConfigError
        It has no name of its own, as a lambda, or takes other arguments.

    Examples
    --------
    >>> def worst(y, prediction):
    ...     return abs(y - prediction).max()
    >>> name, metric = as_metric("fit", worst)
    >>> name, metric(np.array([[1.0], [2.0]]), np.array([[1.5], [2.0]]), None)
    ('worst', 0.5)
    """
    name = getattr(function, "__name__", "")
    if not isinstance(name, str) or not name.isidentifier():
        got = "a lambda" if name == "<lambda>" else f"a {type(function).__name__} without __name__"
        must = "it must have a name"
        message = f"{where}: a metric is {got}; {must}. Define it with def: its name becomes the column of the history."
        raise ConfigError(message, expected=must, got=function)
    call = _caller(where, name, function)

    def metric(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        return _as_number(where, name, call(_read_only(y), _read_only(prediction), _read_only(weight)))

    metric.__qualname__ = f"{as_metric.__qualname__}.<locals>.{name}"  # for messages
    return name, metric


def _read_only(array: np.ndarray | None) -> np.ndarray | None:
    """Return a read-only view: other metrics and later epochs use the same array."""
    if array is None:
        return None
    view = array.view()
    view.flags.writeable = False
    return view


def _caller(where: str, name: str, function: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    """Return a function that calls it, with the weights if it takes them."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # functions written in C may have no signature
        return lambda y, prediction, weight: function(y, prediction)
    keyword = next((found for found in _WEIGHT_NAMES if found in signature.parameters), None)
    if keyword is not None and signature.parameters[keyword].kind is not inspect.Parameter.POSITIONAL_ONLY:
        if _accepts(signature, 2, {keyword: None}):
            return lambda y, prediction, weight: function(y, prediction, **{keyword: weight})
    elif _accepts(signature, 2):
        return lambda y, prediction, weight: function(y, prediction)
    elif _accepts(signature, 3):
        return function
    must = "a metric must take (y, prediction) or (y, prediction, weight)"
    message = f"{where}: the metric is {name}{signature}; {must}."
    raise ConfigError(message, expected=must, got=signature)


def _accepts(signature: inspect.Signature, n_positional: int, keywords: dict[str, Any] | None = None) -> bool:
    """Return whether the signature accepts such a call."""
    try:
        signature.bind(*[None] * n_positional, **(keywords or {}))
    except TypeError:
        return False
    return True


def _as_number(where: str, name: str, value: Any) -> float:
    """Return the value as a float, finite or NaN, or raise an error that shows it."""
    array = np.asarray(value)
    if array.ndim == 0 and array.dtype.kind in "fiub" and not math.isinf(float(array)):
        return float(array)
    if array.ndim:
        got = f"an array of shape {array.shape}"
    else:
        got = str(float(array)) if array.dtype.kind in "fiub" else repr(value)
    must = "it must return one number, finite or NaN"
    message = f"{where}: the metric {name!r} returned {got}; {must}."
    raise ConfigError(message, expected=must, got=value)
