"""Checks of user input that several rooms share, and their error messages.

A check returns the value in the form that the library uses, or raises an error of one sentence.
``where`` is the name of what the user called, such as ``"Dense"`` or ``"fit"``.
"""

from __future__ import annotations

import importlib
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any, TypeVar, cast

import numpy as np

from glassnet.errors import ConfigError, DataError, GlassnetError, MissingExtraError, ShapeError
from glassnet.utils.array_advice import advice_for_shape, cell_place, frame_columns, frame_of_objects, non_numbers
from glassnet.utils.extremes import Extremes
from glassnet.utils.short_text import count
from glassnet.utils.suggestions import suggestion
from glassnet.utils.wording import shortened

__all__ = [
    "MOST_STEPS", "check_choice", "check_class", "check_columns", "check_flag", "check_integer", "check_matrix",
    "check_number", "check_options", "check_same_length", "check_weights", "require_extra", "wrong_values",
]  # fmt: skip

MOST_STEPS = 2**53
"""Most steps or epochs that a run may count: whole numbers up to here are exact in double precision."""


_NOUN = re.compile(r"(?!(?:hide|ignore|inputs|of|options|read|to|what)$)\w[\w ]*")  # for "unknown form 'x'"

S = TypeVar("S", bound=str)


def _error(
    kind: type[GlassnetError], where: str, fact: str, must: str, advice: str = "", *, got: object = None
) -> GlassnetError:
    """Return an error whose message has the fact first, then the rule, then what to do."""
    return kind(f"{where}: {fact}; {must}. {advice}".rstrip(), expected=must, got=got)


def check_choice(
    where: str,
    name: str,
    value: object,
    choices: Iterable[S],
    advice: str = "",
) -> S:
    """Return ``value`` if it is one of ``choices``; otherwise raise an error that lists them and suggests the nearest.

    ``advice`` is the last sentence of the message.

    Examples
    --------
    >>> check_choice("Adam", "form", "troch", ["sklearn", "torch"])
    Traceback (most recent call last):
    ...
    glassnet.errors.ConfigError: Adam: unknown form 'troch'. Did you mean 'torch'? The choices are 'sklearn', 'torch'.
    """
    valid = sorted(choices)
    if isinstance(value, str) and value in valid:
        return valid[valid.index(value)]
    listed, near, shown = ", ".join(map(repr, valid)), suggestion(value, valid), shortened(repr(value), 200)
    if isinstance(value, str) and _NOUN.fullmatch(name):
        choice = "choices are" if len(valid) > 1 else "only choice is"
        rule = f"The {choice} {listed}." if valid else "There is no choice."
        sentences = [f"{where}: unknown {name.removeprefix('the ')} {shown}.", near, rule]
    else:
        sentences = [f"{where}: {name} is {shown}; it must be one of {listed}.", near]
    message = " ".join(filter(None, [*sentences, advice]))
    raise ConfigError(message, expected=f"one of {listed}", got=repr(value))


def check_options(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise TypeError for unknown options, as Python does, and suggest what may be meant."""
    names = sorted(known)
    for name in given:
        if name not in names:
            near = suggestion(name, names, str)
            sentences = [f"{where}: unknown option {name}.", near, f"The options are {', '.join(names)}."]
            raise TypeError(" ".join(filter(None, sentences)))


def check_class(where: str, name: str, value: object, classes: Mapping[str, Any]) -> Any:
    """Return the class that a saved description names, from a table of those that may be named."""
    own = "A class of your own must be passed to load as custom=[...]."
    return classes[check_choice(where, name, value, classes, advice=own)]


def check_flag(where: str, name: str, value: object) -> bool:
    """Return ``value`` as a bool; anything but True and False is refused."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise _error(ConfigError, where, f"{name} is {value!r}", "it must be True or False", got=repr(value))


def check_integer(
    where: str, name: str, value: object, minimum: int, advice: str = "", *, maximum: int | None = None
) -> int:
    """Return ``value`` as an int of at least ``minimum``, and at most ``maximum`` if there is one."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_))
    number = int(cast(int, value)) if whole else None
    if number is not None and number >= minimum and (maximum is None or number <= maximum):
        return number
    limit = f"at least {minimum}" if number is None or number < minimum else f"at most {maximum}"
    must = f"it must be a whole number of {limit}"
    raise _error(ConfigError, where, f"{name} is {value!r}", must, advice, got=repr(value))


def check_number(
    where: str,
    name: str,
    value: object,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    *,
    open_minimum: bool = False,
    open_maximum: bool = False,
    advice: str = "",
) -> float:
    """Return ``value`` as a finite float between ``minimum`` and ``maximum``; ``open_*`` excludes the bound itself."""
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)):
        number = float(value)
        above = number > minimum if open_minimum else number >= minimum
        below = number < maximum if open_maximum else number <= maximum
        if math.isfinite(number) and above and below:
            return number
    bounds = []
    if minimum > -math.inf:
        bounds.append(f"{'above' if open_minimum else 'at least'} {minimum:g}")
    if maximum < math.inf:
        bounds.append(f"{'below' if open_maximum else 'at most'} {maximum:g}")
    between = " and ".join(bounds)
    must = f"it must be a finite number {'of ' if between.startswith('at') else ''}{between}".rstrip()
    raise _error(ConfigError, where, f"{name} is {value!r}", must, advice, got=repr(value))


def check_matrix(
    where: str,
    name: str,
    value: Any,
    dtype: np.dtype[Any],
    min_ndim: int = 2,
    row_numbers: np.ndarray | None = None,
    sample_shape: tuple[int, ...] | None = None,
    labels_advice: str = "",
) -> np.ndarray:
    """Return ``value`` as a finite array of ``dtype`` with one sample per row, copying only if it must.

    For messages, ``row_numbers`` are the numbers of the rows, where ``value`` is part of a larger array,
    ``sample_shape`` is the shape of one sample, where it is known, and ``labels_advice`` says what to do with text.

    Raises
    ------
    ShapeError
        Fewer than ``min_ndim`` dimensions.
    DataError
        No rows, not numeric, or NaN or infinity, which are named by row and column.
    """
    if value is None:
        raise _error(DataError, where, f"{name} is None", "it must be an array of numbers", got="None")
    array = _numeric(where, name, value, _as_array(where, name, value), dtype, labels_advice)
    result = _converted(where, name, value, array, dtype, min_ndim=min_ndim, sample_shape=sample_shape)
    if not _all_finite(result):
        raise _not_finite(where, name, value, array, result, row_numbers)
    return result


def check_columns(
    where: str, name: str, value: Any, dtype: np.dtype[Any], sample_shape: tuple[int, ...] | None, extremes: Extremes
) -> np.ndarray:
    """Return what `check_matrix` returns, and measure the ``extremes`` of its columns on the way."""
    if value is None:
        return check_matrix(where, name, value, dtype)
    array = _numeric(where, name, value, _as_array(where, name, value), dtype, "")
    result = _converted(where, name, value, array, dtype, sample_shape=sample_shape)
    if not extremes.measure(result):
        raise _not_finite(where, name, value, array, result, None)
    return result


def _converted(
    where: str, name: str, value: Any, array: np.ndarray, dtype: np.dtype[Any], *, min_ndim: int = 2,
    sample_shape: tuple[int, ...] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return an array in the dtype wanted, if it has a shape that it may have."""
    if array.ndim < min_ndim:
        advice = advice_for_shape(name, value, array.shape, sample_shape) if min_ndim > 1 else ""
        must = _wanted_shape(min_ndim, sample_shape)
        raise _error(ShapeError, where, f"{name} has shape {array.shape}", must, advice, got=f"shape {array.shape}")
    if array.size == 0:
        fact, must = f"{name} has shape {array.shape}", "it must have at least one row and one value"
        raise _error(DataError, where, fact, must, got=f"shape {array.shape}")
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)


def _wanted_shape(min_ndim: int, sample_shape: tuple[int, ...] | None) -> str:
    """Return which shape an array of samples must have, as messages say it."""
    if sample_shape is None or min_ndim < 2:
        dimensions = count(min_ndim, "dimension")
        return f"it must have at least {dimensions}, one sample per row"
    return f"it must be (n, {', '.join(map(str, sample_shape))}): one row per sample"


def _as_array(where: str, name: str, value: Any) -> np.ndarray:
    """Return an array; masked values of a masked array become NaN, so that they are found."""
    if hasattr(value, "filled") and hasattr(value, "mask"):
        return np.asarray(value.astype(np.float64).filled(np.nan)) if np.any(value.mask) else np.asarray(value)
    if advice := getattr(type(value), "not_an_array", ""):
        found = type(value).__name__
        raise _error(DataError, where, f"{name} is a {found}", "it must be an array", advice, got=found)
    try:
        return np.asarray(value)
    except TypeError:  # columns of types that no array has in common
        names = frame_columns(value)
        if names is None:
            raise
        return frame_of_objects(value)
    except ValueError:
        fact, must = f"{name} has rows of different length", "it must be a table with as many numbers in every row"
        raise _error(DataError, where, fact, must, got="rows of different length") from None


def _all_finite(array: np.ndarray) -> bool:
    """Return whether there is no NaN and no infinity; summing takes a third of the time, unless it overflows."""
    if array.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())


def wrong_values(array: np.ndarray, *, infinite: bool = False, signed: bool = True) -> str:
    """Return in words which values of a file's array are invalid, "" if none is.

    ``infinite`` allows infinity, ``signed`` numbers below 0.

    Examples
    --------
    >>> wrong_values(np.array([1.0, np.nan])), wrong_values(np.array([-1.0]), signed=False)
    ('NaN', 'numbers below 0')
    """
    if not _all_finite(array):
        if np.isnan(array).any():
            return "NaN"
        if not infinite:
            return "infinity"
    return "numbers below 0" if not signed and array.size and array.min() < 0 else ""


def _numeric(
    where: str, name: str, value: Any, array: np.ndarray, dtype: np.dtype[Any], labels_advice: str
) -> np.ndarray:
    """Return the array if it holds numbers, also as Python objects."""
    if array.dtype.kind in "fiub":
        return array
    if array.dtype.kind == "O":
        with suppress(TypeError, ValueError):
            return array.astype(dtype)
    got, advice = non_numbers(value, array)
    advice = labels_advice if labels_advice and array.dtype.kind in "USO" else advice
    raise _error(DataError, where, f"{name} holds {got}", "it must be numeric", advice, got=got)


def _not_finite(
    where: str, name: str, given: Any, array: np.ndarray, result: np.ndarray, row_numbers: np.ndarray | None
) -> GlassnetError:
    """Return the error that names the first entry that is not finite, and how many there are."""
    bad = ~np.isfinite(result)
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    value = array[first]
    count = int(bad.sum())
    got = f"{value} at {cell_place(given, first, row_numbers)}" + (f" ({count} such values)" if count > 1 else "")
    if np.isfinite(value):
        advice = f"It is too large for {result.dtype}: scale the data, or use dtype='float64'."
    else:
        advice = "Fill or drop missing values first."
    return _error(DataError, where, f"{name} holds {got}", "it must be finite", advice, got=got)


def check_weights(where: str, value: Any, *, scale: bool = True) -> np.ndarray:
    """Return sample weights of shape (n,), scaled to a mean of 1, which changes no weighted mean.

    Unscaled, weights near the limits of float32 would overflow or vanish in the sums. Without ``scale``, for rows that
    are part of something larger, they stay as they are, and may all be 0.
    """
    weight = check_matrix(where, "sample_weight", value, np.dtype(np.float64), min_ndim=1)
    if weight.ndim != 1:
        fact, must = f"sample_weight has shape {weight.shape}", "it must have shape (n,)"
        raise _error(ShapeError, where, fact, must, got=str(weight.shape))
    if weight.min() < 0.0 or (scale and not weight.any()):
        got = f"values from {weight.min():g} to {weight.max():g}"
        must = "no weight may be negative, nor all of them zero"
        raise _error(DataError, where, f"sample_weight holds {got}", must, got=got)
    if not scale:
        return weight
    scaled = weight / weight.max()
    return np.asarray(scaled / scaled.mean())


def check_same_length(where: str, **arrays: Any) -> int:
    """Return the common number of rows of the arrays, given by name; ``None`` is skipped."""
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) == 1:
        return next(iter(lengths.values()))
    counts = [f"{name} {count:,}" for name, count in lengths.items()]
    fact = f"{counts[0].replace(' ', ' has ', 1)} rows, {', '.join(counts[1:])}"
    got = " and ".join(map(str, lengths.values()))
    raise _error(ShapeError, where, fact, "they must have the same number", got=got)


def require_extra(module: str, extra: str, purpose: str) -> ModuleType:
    """Import an optional ``module``, or raise an error that names the extra to install.

    Raises
    ------
    MissingExtraError
        It is not installed; the message has the ``pip install`` line.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        message = f"{purpose}: needs {package}, which is not installed. Run: pip install 'glassnet[{extra}]'"
        raise MissingExtraError(message, expected=package) from error
