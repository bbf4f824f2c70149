"""An activation of the user's own: a function and its derivative, which are checked against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.layers.activations.base import Activation
from glassnet.layers.base import Cache

__all__ = ["CustomActivation"]

_Z = np.linspace(-4.0, 4.0, 161) + 0.0123  # not at round numbers, where kinks often are
_H = 1e-5
_TOLERANCE = 1e-6

Function = Callable[[np.ndarray], Any]


class CustomActivation(Activation):
    """An activation made of two functions of your own: ``Y = function(Z)``, ``dZ = dY * derivative(Z)``.

    Before they are accepted, the derivative is compared with differences of the function between -4 and 4, where these
    are finite. A derivative that is written in terms of ``a = function(z)``, as in many tutorials, is recognised.

    Parameters
    ----------
    function, derivative : callable
        Functions of an array z of any shape that return a new array of that shape; both in terms of z.
    name : str, optional
        Needed to save the network: a file holds names, not functions, and ``load(path, custom=[...])`` brings them.

    Raises
    ------
    ConfigError
        The derivative is not that of the function, or they do not work on arrays.

    Examples
    --------
    >>> cube = CustomActivation(lambda z: z**3, lambda z: 3 * z**2, name="cube")
    >>> CustomActivation(np.sin, np.sin)
    Traceback (most recent call last):
    ...
    glassnet.errors.ConfigError: CustomActivation: derivative must be that of function, got -0.709 instead of 0.705 at \
z = -0.788. Check it by hand there.
    """

    saved_by_name = True

    def __init__(
        self, function: Function | None = None, derivative: Function | None = None, name: str | None = None
    ) -> None:
        self.name = name
        if function is None or derivative is None:
            message = (
                f"CustomActivation: function and derivative must be given, got none for {name!r}. "
                "To load a network that uses it, make it again and pass it: load(path, custom=[it])."
            )
            raise ConfigError(message, got=name)
        self.function, self.derivative = function, derivative
        _check_pair(function, derivative)

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        (T,) = work["arrays"]
        np.copyto(T, Z)
        Y[...] = self.function(T)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.multiply(dY, self.derivative(T), out=dY, casting="same_kind")

    def config(self) -> dict[str, Any]:
        return {"name": self.name}

    def __repr__(self) -> str:
        words = [getattr(f, "__name__", repr(f)) for f in (self.function, self.derivative)]
        return f"CustomActivation({', '.join(words)}, name={self.name!r})"


def _check_pair(function: Function, derivative: Function) -> None:
    """Raise an error for a derivative that is not the function's, with its likely cause."""
    with np.errstate(all="ignore"):
        a = _values("function", function, _Z)
        below, above = (
            (a - _values("function", function, _Z - _H)) / _H,
            (_values("function", function, _Z + _H) - a) / _H,
        )
        found = _values("derivative", derivative, _Z)
        numeric = (below + above) / 2.0
        finite = np.isfinite(below + above)
        if not finite.any():
            message = "CustomActivation: function must be finite somewhere between -4 and 4, got nothing finite."
            raise ConfigError(message)
        if _agrees(found, below, above, finite):
            return
        of_a = _agrees(_values("derivative", derivative, a), below, above, finite)
    if of_a:
        message = (
            "CustomActivation: derivative must be a function of z, got one that is right in terms of a = function(z). "
            "Pass lambda z: derivative(function(z)) instead."
        )
        raise ConfigError(message, expected="derivative(z)", got="derivative(a)")
    raise _wrong(found, numeric, finite)


def _agrees(found: np.ndarray, below: np.ndarray, above: np.ndarray, finite: np.ndarray) -> bool:
    """Return whether the slopes are right where they are finite: at a kink, anything between both sides is."""
    room = _TOLERANCE * (1.0 + np.abs(below) + np.abs(above)) + 0.6 * np.abs(above - below)
    off = np.abs(found - (below + above) / 2.0)
    return bool((off <= room)[finite].all())


def _wrong(found: np.ndarray, numeric: np.ndarray, finite: np.ndarray) -> ConfigError:
    """Return the error that states where the derivative is wrong, and its factor if there is one."""
    off = np.where(finite, np.nan_to_num(np.abs(found - numeric), nan=np.inf), -1.0)
    worst = int(np.argmax(off))
    moving = finite & (np.abs(numeric) > 1e-3)
    ratios = found[moving] / numeric[moving]
    advice = "Check it by hand there."
    if ratios.size and np.ptp(ratios) < 1e-4 * np.abs(ratios).max():
        advice = f"It is {ratios[0]:.4g} times the right one everywhere."
    must = "CustomActivation: derivative must be that of function"
    message = f"{must}, got {found[worst]:.3g} instead of {numeric[worst]:.3g} at z = {_Z[worst]:.3g}. {advice}"
    return ConfigError(message, expected=float(numeric[worst]), got=float(found[worst]))


def _values(what: str, function: Function, z: np.ndarray) -> np.ndarray:
    """Return a function's values on an array, or raise an error."""
    given = z.copy()
    try:
        values = np.asarray(function(given))
    except Exception as error:
        message = f"CustomActivation: {what} must take an array, got {error!r}. Write it with NumPy's functions."
        raise ConfigError(message) from error
    if values.shape not in ((), z.shape) or values.dtype.kind not in "fiub":
        must = f"{what} must return an array of numbers of the shape it is given"
        message = f"CustomActivation: {must}, got {values.dtype} of shape {values.shape} for shape {z.shape}."
        raise ConfigError(message, expected=z.shape, got=values.shape)
    if not np.array_equal(given, z):
        message = f"CustomActivation: {what} must leave its input as it is, got one that changes it. Work on a copy."
        raise ConfigError(message)
    return np.broadcast_to(values.astype(np.float64), z.shape)
