"""What the metrics accept: lists and arrays of rows that fit each other, and class codes in place of probabilities."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, cast

import numpy as np

from glassnet.errors import DataError, ShapeError

__all__ = ["of_answers", "of_classes", "of_numbers", "of_probabilities"]

P = ParamSpec("P")
_MOST_CODES = 10_000  # larger ones are numbered anew: a class more costs time, also where it does not occur


def of_classes(metric: Callable[P, float]) -> Callable[P, float]:
    """Return a metric of predicted classes that takes their probabilities, or codes and labels of any kind."""
    return _checked(metric, functools.partial(_classes, takes_labels=True))


def of_probabilities(metric: Callable[P, float]) -> Callable[P, float]:
    """Return a metric of exclusive classes that needs the probability of each."""
    return _checked(metric, functools.partial(_classes, takes_labels=False))


def of_answers(metric: Callable[P, float]) -> Callable[P, float]:
    """Return a metric of yes/no answers: targets and predictions get the same shape, (n, m)."""
    return _checked(metric, functools.partial(_pairs, per_target=False))


def of_numbers(metric: Callable[P, float]) -> Callable[P, float]:
    """Return a metric of numbers or quantiles: targets are (n, t), predictions have t columns or a multiple of it."""
    quantiles = metric.__name__ in ("pinball", "coverage")
    return _checked(metric, functools.partial(_pairs, per_target=quantiles))


def _checked(metric: Callable[P, float], check: Callable[[str, np.ndarray, np.ndarray], Any]) -> Callable[P, float]:
    where = metric.__name__
    call = cast(Any, metric)

    @functools.wraps(metric)
    def checked(y: Any, prediction: Any, weight: Any = None, *rest: Any, **options: Any) -> float:
        Y, found = np.asarray(y), np.asarray(prediction)
        n = len(Y) if Y.ndim else 0
        if not Y.ndim or not found.ndim or n != len(found):
            must = "they must have the same number of rows"
            message = f"{where}: y has shape {Y.shape}, prediction {found.shape}; {must}."
            raise ShapeError(message, expected=Y.shape, got=found.shape)
        if weight is not None and np.shape(weight) != (n,):
            message = f"{where}: weight has shape {np.shape(weight)}; it must be ({n},), one for each row."
            raise ShapeError(message, expected=(n,), got=np.shape(weight))
        Y, found = check(where, Y, found)
        return cast(float, call(Y, found, None if weight is None else np.asarray(weight), *rest, **options))

    return cast(Callable[P, float], checked)


def _classes(where: str, y: np.ndarray, prediction: np.ndarray, *, takes_labels: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return codes (n,) or probabilities (n, k) as y, and probabilities (n, k), or codes (n,), as prediction."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if prediction.ndim == 2 and prediction.shape[1] == 1 and not (y.ndim == 1 and _are_zero(y)):
        # One column of whole numbers is codes; one of probabilities is of yes and no.
        prediction = prediction[:, 0] if takes_labels and _are_labels(prediction) else prediction
    one_column = prediction.ndim == 2 and prediction.shape[1] == 1 and not (y.ndim == 1 and _are_zero(y))
    is_wrong = prediction.ndim > 2 or y.ndim > 2 or one_column
    if is_wrong or (prediction.ndim == 1 and not (takes_labels and _are_labels(prediction))):
        codes = ", or (n,) codes of classes" if takes_labels else ""
        must = f"it must be (n, classes), the probability of each class{codes}"
        advice = f"For the probability of yes take binary_{where}."
        message = f"{where}: prediction has shape {prediction.shape}; {must}. {advice}"
        raise ShapeError(message, expected="(n, classes)", got=prediction.shape)
    if prediction.ndim == 1:
        return _same_codes(where, y, prediction)
    return _codes_for(where, y, prediction.shape[1]), _as_floats(where, "prediction", prediction)


def _same_codes(where: str, y: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of both as codes from 0 that mean the same in both."""
    if y.ndim == 2:
        y = y.argmax(axis=1)
    if not _are_labels(y) or (y.dtype.kind in "OUS") != (prediction.dtype.kind in "OUS"):
        must = "both must hold the same kind of labels or codes"
        message = f"{where}: y holds {_example(y)}, prediction {_example(prediction)}; {must}."
        raise DataError(message)
    both = np.concatenate([y, prediction])
    if both.dtype.kind in "OUS" or (both.size and (both.min() < 0 or both.max() > _MOST_CODES)):
        both = np.unique(both, return_inverse=True)[1]
    both = both.astype(np.int64)
    return both[: len(y)], both[len(y) :]


def _codes_for(where: str, y: np.ndarray, k: int) -> np.ndarray:
    """Return y if it fits predictions for ``k`` classes: codes (n,), or a probability for each class (n, k)."""
    if y.ndim == 2:
        if y.shape[1] != k:
            must = f"it must be (n, {k}), as the prediction is, or (n,) codes"
            message = f"{where}: y has shape {y.shape}; {must}."
            raise ShapeError(message, expected=(len(y), k), got=y.shape)
        return _as_floats(where, "y", y)
    if y.dtype.kind in "OUS" or not _are_labels(y) or (y.size and not 0 <= y.min() <= y.max() < k):
        wrong = y if y.dtype.kind in "OUS" or not _are_labels(y) else y[(y < 0) | (y >= k)]
        must = f"it must hold codes from 0 to {k - 1}, in the order of the prediction's columns"
        message = f"{where}: y holds {_example(wrong)}; {must}."
        raise DataError(message)
    return y.astype(np.int64, copy=False)


def _pairs(where: str, y: np.ndarray, prediction: np.ndarray, *, per_target: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return targets (n, t) and predictions with as many columns, or ``per_target`` with a multiple of it."""
    Y, found = _as_floats(where, "y", y), _as_floats(where, "prediction", prediction)
    Y, found = (values[:, None] if values.ndim == 1 else values for values in (Y, found))
    fits = Y.ndim == found.ndim == 2 and Y.shape[1] > 0 and found.shape[1] % Y.shape[1] == 0 and found.shape[1] > 0
    if not fits or (Y.shape != found.shape and not per_target):
        each = "the quantiles of each target" if per_target else "one column for each target"
        must = f"the prediction must have {each}"
        if where.startswith("binary_") and found.ndim == 2 and found.shape[1] > Y.shape[-1]:
            must += f". For exclusive classes take {where.removeprefix('binary_')}"
        message = f"{where}: y has shape {y.shape}, prediction {prediction.shape}; {must}."
        raise ShapeError(message, expected=y.shape, got=prediction.shape)
    return Y, found


def _as_floats(where: str, name: str, values: np.ndarray) -> np.ndarray:
    """Return numbers, whole ones in double precision."""
    if values.dtype.kind == "f":
        return values
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        message = f"{where}: {name} holds {_example(values)}; it must hold numbers."
        raise DataError(message) from None


def _are_labels(values: np.ndarray) -> bool:
    """Return whether values can be codes or names of classes: text, or whole numbers."""
    return values.dtype.kind in "OUSbiu" or bool((np.isfinite(values) & (values == np.rint(values))).all())


def _are_zero(values: np.ndarray) -> bool:
    return values.dtype.kind in "biuf" and not values.any()


def _example(values: np.ndarray) -> str:
    """Return the first value that is no whole number, or the first one, as Python writes it."""
    flat = values.ravel().tolist()
    odd = (each for each in flat if not isinstance(each, (int, float)) or each != each or each % 1)
    return repr(next(odd, flat[0])) if flat else "nothing"
