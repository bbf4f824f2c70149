"""Smooth activations that work number by number, each one class."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from glassnet.layers.activations.base import Activation
from glassnet.layers.base import Cache
from glassnet.utils.arrays import Buffers
from glassnet.utils.formula import Formula

__all__ = ["GELU", "Identity", "Mish", "SiLU", "Sigmoid", "Softplus", "Tanh"]


class Identity(Activation):
    """No activation: ``Y = Z``, ``dZ = dY``."""

    formula = Formula("Z", "1")
    n_work = 0

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        if Y is not Z:
            np.copyto(Y, Z)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        pass


class Sigmoid(Activation):
    """Logistic function.

    ``Y = 1 / (1 + exp(-Z)) = (1 + tanh(Z / 2)) / 2``, ``dZ = dY * Y * (1 - Y)``

    The form with tanh cannot overflow and takes fewer passes.
    """

    formula = Formula("1 / (1 + exp(-Z))", "A * (1 - A)", stable="sigmoid(Z)")
    constants: ClassVar[dict[str, float]] = {"half": 0.5, "one": 1.0}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        half = work["half"]
        np.multiply(Z, half, Y)
        np.tanh(Y, Y)
        np.multiply(Y, half, Y)
        np.add(Y, half, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.subtract(work["one"], Y, T)
        np.multiply(T, Y, T)
        np.multiply(dY, T, dY)


class Tanh(Activation):
    """Hyperbolic tangent: ``Y = tanh(Z)``, ``dZ = dY * (1 - Y**2)``."""

    formula = Formula("tanh(Z)", "1 - A**2")
    constants: ClassVar[dict[str, float]] = {"one": 1.0}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        np.tanh(Z, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.multiply(Y, Y, T)
        np.subtract(work["one"], T, T)
        np.multiply(dY, T, dY)


class GELU(Activation):
    """Gaussian error linear unit, in its tanh form.

    ``Y = Z * (1 + t) / 2`` with ``t = tanh(c * (Z + a * Z**3))``, ``c = sqrt(2 / pi)``, ``a = 0.044715``

    ``dZ = dY * ((1 + t) / 2 + Z * (1 - t**2) * c * (1 + 3 * a * Z**2) / 2)``

    Z is cut at ±10 inside t, where t is ±1 in double precision, so that Z**3 cannot overflow.

    References
    ----------
    Hendrycks & Gimpel (2016), arXiv:1606.08415, section 2.
    """

    c: ClassVar[float] = math.sqrt(2.0 / math.pi)
    formula = Formula(
        "Z * (1 + tanh(c * (Z + 0.044715 * Z**3))) / 2",
        "(1 + t) / 2 + Z * (1 - t**2) * c * (1 + 3 * 0.044715 * Z**2) / 2",
        {"t": "tanh(c * (Z + 0.044715 * Z**3))"},
        "Z * sigmoid(2 * c * Z * (1 + 0.044715 * min(abs(Z), 10)**2))",
    )
    constants: ClassVar[dict[str, float]] = {
        "c": c,
        "ca": 0.044715 * c,
        "ca3": 3.0 * 0.044715 * c,
        "half": 0.5,
        "one": 1.0,
        "low": -10.0,
        "high": 10.0,
    }
    n_work = 3

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        t, D, S = work["arrays"]
        C = D
        np.clip(Z, work["low"], work["high"], out=C)
        np.multiply(C, C, S)
        np.multiply(S, work["ca"], t)
        np.add(t, work["c"], t)
        np.multiply(t, C, t)
        np.tanh(t, t)
        if keeps:
            np.multiply(S, work["ca3"], S)
            np.add(S, work["c"], S)
            np.multiply(S, C, S)
            np.multiply(t, t, D)
            np.subtract(work["one"], D, D)
            np.multiply(D, S, D)
            np.add(D, t, D)
            np.add(D, work["one"], D)
            np.multiply(D, work["half"], D)
        np.add(t, work["one"], t)
        np.multiply(t, work["half"], t)
        np.multiply(Z, t, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        np.multiply(dY, work["arrays"][1], dY)


class SiLU(Activation):
    """Sigmoid-weighted linear unit, also called swish.

    ``Y = Z * s`` with ``s = sigmoid(Z)``, ``dZ = dY * (s + Y * (1 - s))``

    References
    ----------
    Elfwing, Uchibe & Doya (2017), arXiv:1702.03118, eq. 2-3; Ramachandran et al. (2017), arXiv:1710.05941.
    """

    formula = Formula("Z / (1 + exp(-Z))", "s + A * (1 - s)", {"s": "sigmoid(Z)"}, "Z * sigmoid(Z)")
    constants: ClassVar[dict[str, float]] = {"half": 0.5, "one": 1.0}
    n_work = 2

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        s, half = work["arrays"][0], work["half"]
        np.multiply(Z, half, s)
        np.tanh(s, s)
        np.multiply(s, half, s)
        np.add(s, half, s)
        np.multiply(Z, s, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        s, T = work["arrays"]
        np.subtract(work["one"], s, T)
        np.multiply(T, Y, T)
        np.add(T, s, T)
        np.multiply(dY, T, dY)


class Mish(Activation):
    """Smooth rectifier ``Y = Z * t`` with ``t = tanh(softplus(Z))``.

    With ``e = exp(Z)`` and ``w = e * (e + 2)``: ``t = w / (w + 2)``; ``dZ = dY * (t + Z * s * (1 - t**2))``,
    ``s = sigmoid(Z) = e / (1 + e)``. Z is cut at -40 and 20 inside exp, where t is 4e-18, and 1 in double
    precision.

    References
    ----------
    Misra (2019), arXiv:1908.08681, eq. 1-2.
    """

    formula = Formula(
        "Z * tanh(log(1 + exp(Z)))",
        "t + Z * s * (1 - t**2)",
        {"t": "tanh(softplus(Z))", "s": "sigmoid(Z)"},
        "Z * tanh(softplus(Z))",
    )
    constants: ClassVar[dict[str, float]] = {"one": 1.0, "two": 2.0, "low": -40.0, "high": 20.0}
    n_work = 3

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        e, t, D = work["arrays"]
        np.clip(Z, work["low"], work["high"], out=e)
        np.exp(e, e)
        np.add(e, work["two"], t)
        np.multiply(t, e, t)
        np.add(t, work["two"], D)
        np.divide(t, D, t)
        if keeps:
            np.add(e, work["one"], D)
            np.divide(e, D, e)
            np.multiply(t, t, D)
            np.subtract(work["one"], D, D)
            np.multiply(D, e, D)
            np.multiply(D, Z, D)
            np.add(D, t, D)
        np.multiply(Z, t, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        np.multiply(dY, work["arrays"][2], dY)

    def make_excess_work(self, scratch: Buffers) -> Cache:
        arrays = scratch.passing(0, self.in_shape), scratch.passing(1, self.in_shape)
        return {"arrays": arrays, "minus_two": scratch.constant(-2.0), **scratch.constants(**self.constants)}

    def excess(self, Z: np.ndarray, D: np.ndarray, S: np.ndarray | None, work: Cache) -> None:
        # With q = -2 / (w + 2): t - 1 = q, and f'(Z) - 1 = q - Z * q * (2 + q * (e + 2)).
        q, g = work["arrays"]
        np.clip(Z, work["low"], work["high"], out=q)
        np.exp(q, q)
        np.add(q, work["two"], g)
        np.multiply(q, g, q)
        np.add(q, work["two"], q)
        np.divide(work["minus_two"], q, q)
        np.multiply(Z, q, D)
        if S is not None:
            np.multiply(q, g, S)
            np.add(S, work["two"], S)
            np.multiply(S, D, S)
            np.subtract(q, S, S)


class Softplus(Activation):
    """Smooth rectifier: ``Y = log(1 + exp(Z)) = max(Z, 0) + log1p(exp(-|Z|))``, ``dZ = dY * (1 - exp(-Y))``.

    References
    ----------
    Dugas et al. (2001), "Incorporating second-order functional knowledge for better option pricing".
    """

    formula = Formula("log(1 + exp(Z))", "1 - exp(-A)", stable="softplus(Z)")

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        (T,) = work["arrays"]
        np.abs(Z, T)
        np.negative(T, T)
        np.exp(T, T)
        np.log1p(T, T)
        np.maximum(Z, work["zeros"], out=Y)
        np.add(Y, T, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.negative(Y, T)
        np.expm1(T, T)
        np.negative(T, T)
        np.multiply(dY, T, dY)
