"""A loss of the user's own: two NumPy functions, checked against each other before they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.layers.base import Cache
from glassnet.losses.base import NUMBER_METRICS, Loss, weigh
from glassnet.losses.targets import as_columns, count_columns
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_integer

__all__ = ["CustomLoss"]

Function = Callable[..., Any]

_CHECKED_ROWS = 7  # rarely a number of outputs, so that a factor of 7 is known to come from the rows
_STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_TOLERANCE = 1e-5


class CustomLoss(Loss):
    """A loss of your own: a function for its value and one for its gradient.

    ``value(Z, y)`` returns the loss of every row, of shape (n,); ``gradient(Z, y)`` returns the slope of each row's own
    loss for each of its logits, of shape (n, k). The network does the weighting and the averaging over rows and
    members: both functions always get one network's logits ``Z`` (n, k) and numeric targets ``y`` (n, t), and must not
    change them. They should return float32 if they get it.

    **Checked**: with the first data, before anything is trained on it, the gradient is compared with central
    differences of the value, in float64, for 7 of these targets and random logits. If the gradient is not that of the
    value, the error names the place, and the factor if there is one.

    Parameters
    ----------
    value : callable
        ``value(Z, y) -> (n,)``: the loss of each row.
    gradient : callable
        ``gradient(Z, y) -> (n, k)``: the derivative of that loss with respect to each logit.
    name : str
        Its name in tables and files. A file does not hold the functions: read it with
        ``glassnet.load(path, custom=[loss])``, which finds the object by its name.
    link : callable, optional
        ``link(Z) -> (n, ...)``: what `Network.predict` returns for logits; by default the logits.
    outputs_per_target : int, default=1
        Logits for each column of y: for example 2 for a mean and a spread.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> def value(Z, y):
    ...     return np.log(np.cosh(Z - y)).sum(axis=1)
    >>> def gradient(Z, y):
    ...     return np.tanh(Z - y)
    >>> log_cosh = gn.CustomLoss(value, gradient, name="log_cosh")
    >>> net = gn.Network([gn.Dense(1)], loss=log_cosh, optimizer=gn.Adam(0.1), seed=0)
    >>> history = net.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], epochs=300)
    >>> net.predict([[3.0]]).round(1).tolist()
    [[7.0]]
    """

    saved_by_name = True

    def __init__(
        self,
        value: Function,
        gradient: Function,
        *,
        name: str,
        link: Function | None = None,
        outputs_per_target: int = 1,
    ) -> None:
        if not isinstance(name, str) or not name:
            message = f"CustomLoss: name is {name!r}; it must be a text. Files and tables call the loss by it."
            raise ConfigError(message, got=name)
        for role, function in (("value", value), ("gradient", gradient), ("link", link)):
            if not callable(function) and (role != "link" or function is not None):
                message = f"CustomLoss {name!r}: {role} is {function!r}; it must be a function."
                raise ConfigError(message, got=function)
        self.name = name
        self.outputs_per_target = check_integer("CustomLoss", "outputs_per_target", outputs_per_target, 1)
        self.includes = "" if link is None else "a link of its own"
        self.metrics = NUMBER_METRICS if outputs_per_target == 1 else {}
        self._value, self._gradient, self._link = value, gradient, link
        self._checked: set[int] = set()

    def outputs(self, y: Any) -> int:
        return count_columns(y) * self.outputs_per_target

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        where, each = f"CustomLoss {self.name!r}", self.outputs_per_target
        if n_outputs % each:
            must = f"it must have a multiple of {each}, which is outputs_per_target"
            message = f"{where}: the last layer has {n_outputs} outputs; {must}."
            raise ShapeError(message, expected=must, got=n_outputs)
        advice = f"Give the last layer {each} units per column of y." if each > 1 else ""
        columns = as_columns(where, y, n_outputs // each, dtype, advice)
        if n_outputs not in self._checked:
            self._check(columns, n_outputs)
            self._checked.add(n_outputs)
        return columns

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        return {"dZ": scratch.array(out_shape), "rows": scratch.array(()), "ones": scratch.ones()}

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        rows = cache["rows"]
        if Z.ndim == 2:
            rows[...], out[...] = self._value(Z, y), self._gradient(Z, y)
        else:
            for k in range(len(Z)):
                rows[k], out[k] = self._value(Z[k], y[k]), self._gradient(Z[k], y[k])
        return weigh(rows, out, weight, cache)

    def link(self, Z: np.ndarray) -> np.ndarray:
        if self._link is None:
            return Z.copy()
        return np.array(self._link(Z)) if Z.ndim == 2 else np.stack([self._link(member) for member in Z])

    def config(self) -> dict[str, Any]:
        """Return the name: the functions are not saved."""
        return {"name": self.name}

    # ---- the check ----------------------------------------------------------------------------------------------

    def _check(self, columns: np.ndarray, n_outputs: int) -> None:
        """Compare the gradient with central differences of the value."""
        rows = np.linspace(0, len(columns) - 1, _CHECKED_ROWS).round().astype(np.int64)
        y = columns[rows].astype(np.float64)
        Z = np.random.default_rng(0).standard_normal((_CHECKED_ROWS, n_outputs))
        kept = Z.copy(), y.copy()
        here = self._call("value", Z, y, (_CHECKED_ROWS,))
        slopes = self._call("gradient", Z, y, Z.shape).copy()
        if not (np.array_equal(Z, kept[0]) and np.array_equal(y, kept[1])):
            fact = "value or gradient changed Z or y; they must leave both as they are"
            message = f"CustomLoss {self.name!r}: {fact}. Work on copies."
            raise ConfigError(message)
        numeric = np.empty_like(Z)
        for j in range(n_outputs):
            sides = []
            for h in (_STEP, -_STEP):
                moved = Z.copy()
                moved[:, j] += h
                sides.append(self._call("value", moved, y, (_CHECKED_ROWS,)).copy())
            numeric[:, j] = (sides[0] - sides[1]) / (2.0 * _STEP)
        # The part of a difference that is due to rounding of the value.
        noise = 4.0 * np.finfo(np.float64).eps * float(np.abs(here).max()) / _STEP
        off = np.abs(slopes - numeric)
        if (off > noise + _TOLERANCE * (np.abs(slopes) + np.abs(numeric)).max()).any():
            raise self._mismatch(slopes, numeric, np.unravel_index(int(off.argmax()), off.shape))

    def _call(self, role: str, Z: np.ndarray, y: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Return the result of the user's function, if its shape is right and its numbers are finite."""
        where = f"CustomLoss {self.name!r}"
        found = np.asarray((self._value if role == "value" else self._gradient)(Z, y))
        if found.shape != shape:
            what = "one loss per row" if role == "value" else "one slope per row and logit"
            advice = "Leave out the mean or sum over rows: the network averages." if found.ndim == 0 else ""
            fact, must = f"{role}(Z, y) returned shape {found.shape}", f"it must return {what}, shape {shape}"
            message = f"{where}: {fact}; {must}. {advice}"
            raise ShapeError(message.rstrip(), expected=shape, got=found.shape)
        if not np.isfinite(found).all():
            row = int(np.argwhere(~np.isfinite(found))[0][0])
            message = (
                f"{where}: {role}(Z, y) is {found[row].tolist()} for Z = {Z[row].round(3).tolist()} "
                f"and y = {y[row].tolist()}; it must be finite."
            )
            raise DataError(message, got=found[row])
        return found

    def _mismatch(self, slopes: np.ndarray, numeric: np.ndarray, place: Any) -> ConfigError:
        """Return the error that states where the gradient is wrong, and by how much."""
        row, output = (int(i) for i in place)
        fact = (
            f"gradient is {slopes[place]:.6g} in row {row}, output {output}, "
            f"where central differences of value give {numeric[place]:.6g}"
        )
        factor, advice = _factor(slopes, numeric), "Differentiate value once more."
        if factor is not None:
            fact += f": {factor:.6g} times the derivative everywhere"
            advice = _advice(factor, *slopes.shape)
        must = "it must be the derivative of value with respect to Z"
        return ConfigError(f"CustomLoss {self.name!r}: {fact}; {must}. {advice}", expected=numeric, got=slopes)


def _factor(slopes: np.ndarray, numeric: np.ndarray) -> float | None:
    """Return the constant factor between two arrays, None if there is none."""
    size = float(np.sum(numeric * numeric))
    factor = float(np.sum(slopes * numeric)) / size if size else 0.0
    same = np.linalg.norm(slopes - factor * numeric) <= 1e-4 * np.linalg.norm(slopes)
    return factor if factor and same else None


def _advice(factor: float, n: int, k: int) -> str:
    """Return advice for a constant factor in the gradient."""
    for number, what, who in ((n, "rows", "the network divides by their weight"), (k, "outputs", "as value does")):
        if number > 1 and abs(factor * number - 1.0) < 1e-3:
            why = f": {who}" if what == "rows" else ""
            return f"The factor is 1 / {number}, and there are {number} {what}: do not divide by them{why}."
        if number > 1 and abs(factor / number - 1.0) < 1e-3:
            return f"The factor is the number of {what}: divide by it{', ' + who if what == 'outputs' else ''}."
    if abs(factor + 1.0) < 1e-3:
        return "Turn its sign."
    return f"Divide it by {factor:.6g}."
