"""An activation of the user's own: a function and its derivative, which are checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.layers.activations.base import Activation
from glassnet.layers.base import Cache
from glassnet.utils.formula import Formula, evaluate

__all__ = ["CustomActivation"]

_Z = np.linspace(-4.0, 4.0, 161) + 0.0123  # not at round numbers, where kinks often are
_H = 1e-5
_TOLERANCE = 1e-6

Function = Callable[[np.ndarray], Any]


class CustomActivation(Activation):
    """An activation made of two functions of your own: ``Y = function(Z)``, ``dZ = dY * derivative(Z)``.

    Before they are accepted, the derivative is compared with differences of the function between -4 and 4, where these
    are finite. A derivative that is written in terms of ``a = function(z)``, as in many tutorials, is recognised.

    With a formula a file of the network needs no function: the activation is saved as text, worked out by
    `Network.explain`, and part of every exported file.

    Parameters
    ----------
    function, derivative : callable
        Functions of an array z of any shape that return a new array of that shape; both in terms of z. Not needed with
        a formula that has a derivative.
    name : str, optional
        Needed to save the network without a formula: a file holds names, not functions, and
        ``load(path, custom=[...])`` brings them.
    formula : Formula or str, optional
        The function as an expression in Z, such as ``Formula("Z**3", "3 * Z**2")``. It is compared with the functions
        where they are given too. A text is the formula of the function alone.

    Raises
    ------
    ConfigError
        The derivative is not that of the function, or they do not work on arrays, or the formula is of another one.

    Examples
    --------
    >>> import glassnet as gn
    >>> cube = CustomActivation(lambda z: z**3, lambda z: 3 * z**2, name="cube")
    >>> cube = CustomActivation(formula=gn.Formula("Z**3", "3 * Z**2"))
    >>> CustomActivation(np.sin, np.sin)
    Traceback (most recent call last):
    ...
    glassnet.errors.ConfigError: CustomActivation: derivative is -0.709 at z = -0.788, where that of function is \
0.705. Check it by hand there.
    """

    saved_by_name = True

    def __init__(
        self,
        function: Function | None = None,
        derivative: Function | None = None,
        name: str | None = None,
        *,
        formula: Formula | str | Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.formula = name, None if formula is None else _own_formula(formula)
        self._given = (function, derivative)
        if self.formula is not None:
            function = function or partial(_value, self.formula)
            if derivative is None and self.formula.derivative:
                derivative = partial(_slope, self.formula)
        if function is None or derivative is None:
            raise _missing(name, self.formula)
        self.function, self.derivative = function, derivative
        _check_pair(function, derivative)
        if self.formula is not None:
            _check_formula(self.formula, function)
            self.saved_by_name = not self.formula.derivative

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        (T,) = work["arrays"]
        np.copyto(T, Z)
        Y[...] = self.function(T)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.multiply(dY, self.derivative(T), out=dY, casting="same_kind")

    def config(self) -> dict[str, Any]:
        if self.formula is None or self.saved_by_name:
            return {"name": self.name}
        kept = {name: text for name, text in self.formula._asdict().items() if text}
        return {"function": None, "derivative": None, "name": self.name, "formula": kept}

    def __repr__(self) -> str:
        words = [getattr(f, "__name__", repr(f)) for f in self._given if f is not None]
        words += [] if self.formula is None else [f"formula={self.formula.value!r}"]
        return f"CustomActivation({', '.join([*words, f'name={self.name!r}'])})"


def _own_formula(given: Any) -> Formula:
    """Return a formula that was given as such, as text, or as a file describes it, in terms of Z alone."""
    must = "it must be an expression in Z"
    advice = (
        "Write formula='Z**3', or Formula('Z**3', '3 * Z**2') with its derivative, which may have the output A too."
    )
    try:
        formula = (
            Formula(given) if isinstance(given, str) else given if isinstance(given, Formula) else Formula(**given)
        )
        formula = formula._replace(definitions=dict(formula.definitions))  # one that can be copied and pickled
        unknown = formula.unknown("Z", "A") | Formula(formula.value, stable=formula.stable).unknown("Z")
    except (TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        message = f"CustomActivation: formula is {given!r}; {must}. {advice}"
        raise ConfigError(message, expected=must, got=given) from error
    if unknown:
        fact = f"formula {formula.value!r} has {', '.join(sorted(unknown))}"
        message = f"CustomActivation: {fact}; {must}. {advice}"
        raise ConfigError(message, expected=must, got=formula)
    return formula


def _value(formula: Formula, Z: np.ndarray) -> Any:
    return evaluate(formula.computed, Z=Z)


def _slope(formula: Formula, Z: np.ndarray) -> Any:
    return formula.slope(Z, _value(formula, Z))


def _missing(name: str | None, formula: Formula | None) -> ConfigError:
    """Return the error for an activation without its functions."""
    if formula is not None:
        fact, must = "formula has no derivative", "it must have one, or be given with one"
        advice = f"Write formula=Formula({formula.value!r}, ...) with the derivative in terms of Z and of the output A."
        return ConfigError(f"CustomActivation: {fact}; {must}. {advice}", expected=must)
    message = (
        f"CustomActivation: {name!r} has no function; function and derivative must be given. "
        "To load a network that uses it, make it again and pass it: load(path, custom=[it])."
    )
    return ConfigError(message, got=name)


def _check_formula(formula: Formula, function: Function) -> None:
    """Raise an error for a formula of another function, or of another derivative."""
    with np.errstate(all="ignore"):
        wanted = _values("function", function, _Z)
        for what, expression in (("formula", formula.value), ("the stable form of formula", formula.computed)):
            found = np.broadcast_to(np.asarray(evaluate(expression, Z=_Z), dtype=np.float64), _Z.shape)
            off = np.where(np.isfinite(wanted), np.nan_to_num(np.abs(found - wanted), nan=np.inf), 0.0)
            if (off > _TOLERANCE * (1.0 + np.abs(wanted))).any():
                worst = int(np.argmax(off))
                place = f"{found[worst]:.3g} at z = {_Z[worst]:.3g}"
                message = f"CustomActivation: {what} is {place}, where that of function is {wanted[worst]:.3g}."
                raise ConfigError(message, expected=float(wanted[worst]), got=float(found[worst]))
    if formula.derivative:
        _check_pair(partial(_value, formula), partial(_slope, formula), "the derivative of formula")


def _check_pair(function: Function, derivative: Function, what: str = "derivative") -> None:
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
            message = "CustomActivation: function is finite nowhere from -4 to 4; it must be finite somewhere there."
            raise ConfigError(message)
        if _agrees(found, below, above, finite):
            return
        of_a = _agrees(_values("derivative", derivative, a), below, above, finite)
    if of_a:
        message = (
            "CustomActivation: derivative is right in terms of a = function(z); it must be a function of z. "
            "Pass lambda z: derivative(function(z)) instead."
        )
        raise ConfigError(message, expected="derivative(z)", got="derivative(a)")
    raise _wrong(found, numeric, finite, what)


def _agrees(found: np.ndarray, below: np.ndarray, above: np.ndarray, finite: np.ndarray) -> bool:
    """Return whether the slopes are right where they are finite: at a kink, anything between both sides is."""
    room = _TOLERANCE * (1.0 + np.abs(below) + np.abs(above)) + 0.6 * np.abs(above - below)
    off = np.abs(found - (below + above) / 2.0)
    return bool((off <= room)[finite].all())


def _wrong(found: np.ndarray, numeric: np.ndarray, finite: np.ndarray, what: str) -> ConfigError:
    """Return the error that states where the derivative is wrong, and its factor if there is one."""
    off = np.where(finite, np.nan_to_num(np.abs(found - numeric), nan=np.inf), -1.0)
    worst = int(np.argmax(off))
    moving = finite & (np.abs(numeric) > 1e-3)
    ratios = found[moving] / numeric[moving]
    advice = "Check it by hand there."
    if ratios.size and np.ptp(ratios) < 1e-4 * np.abs(ratios).max():
        advice = f"It is {ratios[0]:.4g} times the right one everywhere."
    fact = f"{what} is {found[worst]:.3g} at z = {_Z[worst]:.3g}, where that of function is {numeric[worst]:.3g}"
    message = f"CustomActivation: {fact}. {advice}"
    return ConfigError(message, expected=float(numeric[worst]), got=float(found[worst]))


def _values(what: str, function: Function, z: np.ndarray) -> np.ndarray:
    """Return a function's values on an array, or raise an error."""
    given = z.copy()
    try:
        values = np.asarray(function(given))
    except Exception as error:
        message = f"CustomActivation: {what} raised {error!r}; it must take an array. Write it with NumPy's functions."
        raise ConfigError(message) from error
    if values.shape not in ((), z.shape) or values.dtype.kind not in "fiub":
        must = "it must return numbers in the shape that it is given"
        fact = f"{what} returned {values.dtype} of shape {values.shape} for shape {z.shape}"
        message = f"CustomActivation: {fact}; {must}."
        raise ConfigError(message, expected=z.shape, got=values.shape)
    if not np.array_equal(given, z):
        message = f"CustomActivation: {what} changed its input; it must leave that as it is. Work on a copy."
        raise ConfigError(message)
    return np.broadcast_to(values.astype(np.float64), z.shape)
