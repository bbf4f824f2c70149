"""Activations, each one class: the function, and its derivative as the backward pass uses it.

An activation may work in place (``Y`` may be ``Z``), so its derivative is written in terms of ``Y`` or of what
`Activation.apply` left in ``work``.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from glassnet.layers.base import Cache, Layer, Step
from glassnet.utils.arrays import Scratch
from glassnet.utils.checks import check_number

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "Mish",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
]


class Activation(Layer):
    """Base of the activations: ``Y = f(Z)``, for every number on its own or for every row.

    A subclass gives `apply`, `differentiate`, the constants they use, and how many arrays of working memory.
    """

    constants: ClassVar[dict[str, float]] = {}
    n_work: ClassVar[int] = 1

    def make_work(self, scratch: Scratch) -> Cache:
        """Return what `apply` and `differentiate` need apart from ``Y``.

        Parameters
        ----------
        scratch : Scratch
            Hands out arrays for one size of batch.
        """
        work: Cache = {name: scratch.constant(value) for name, value in self.constants.items()}
        work["arrays"] = tuple(scratch.array(self.in_shape) for _ in range(self.n_work))
        work["zeros"] = scratch.zeros(self.in_shape)
        work["mask"] = scratch.array(self.in_shape, dtype=bool) if scratch.keeps else None
        return work

    def make_cache(self, scratch: Scratch, need_dX: bool) -> Cache:
        return {"Y": scratch.array(self.in_shape), **self.make_work(scratch)}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y: np.ndarray = cache["Y"]
        self.apply(X, Y, cache, step.keeps)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        self.differentiate(dY, cache["Y"], cache)
        return dY

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        """Write ``f(Z)`` into ``Y``; with ``keeps``, leave in ``work`` what `differentiate` needs.

        Parameters
        ----------
        Z : ndarray of shape (n, ...)
            The input; may be the same array as ``Y``.
        Y : ndarray of shape (n, ...)
            Where the output goes.
        work : dict
            What `make_work` returned.
        keeps : bool
            Whether a backward pass may follow.
        """
        raise NotImplementedError

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        """Multiply ``dY`` by ``f'(Z)`` in place.

        Parameters
        ----------
        dY : ndarray of shape (n, ...)
            Gradient of the output; becomes that of the input.
        Y : ndarray of shape (n, ...)
            The output of `apply`.
        work : dict
            As `apply` left it.
        """
        raise NotImplementedError


class Identity(Activation):
    """No activation: ``Y = Z``, ``dZ = dY``."""

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

    constants: ClassVar[dict[str, float]] = {"one": 1.0}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        np.tanh(Z, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,) = work["arrays"]
        np.multiply(Y, Y, T)
        np.subtract(work["one"], T, T)
        np.multiply(dY, T, dY)


class ReLU(Activation):
    """Rectifier: ``Y = max(Z, 0)``, ``dZ = dY * (Z > 0)``, and 0 where Z is exactly 0.

    References
    ----------
    Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
    """

    constants: ClassVar[dict[str, float]] = {"zero": 0.0}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        np.maximum(Z, work["zeros"], out=Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,), mask = work["arrays"], work["mask"]
        np.greater(Y, work["zero"], mask)
        # A bool factor is cast through a small buffer, slower than this copy (128 x 256: 7.6 against 6.9 us).
        np.copyto(T, mask)
        np.multiply(dY, T, dY)


class LeakyReLU(Activation):
    """Rectifier that lets a little through: ``Y = max(Z, slope * Z)``, ``dZ = dY * (1 if Z > 0 else slope)``.

    Parameters
    ----------
    slope : float, default=0.01
        Slope for negative Z, above 0 and below 1.

    References
    ----------
    Maas, Hannun & Ng (2013), "Rectifier nonlinearities improve neural network acoustic models".
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = check_number("LeakyReLU", "slope", slope, 0.0, 1.0, open_minimum=True, open_maximum=True)

    def make_work(self, scratch: Scratch) -> Cache:
        constants = {"zero": 0.0, "slope": self.slope, "rest": 1.0 - self.slope}
        return super().make_work(scratch) | {name: scratch.constant(value) for name, value in constants.items()}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        (T,) = work["arrays"]
        np.multiply(Z, work["slope"], T)
        np.maximum(Z, T, out=Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T,), mask = work["arrays"], work["mask"]
        np.greater(Y, work["zero"], mask)
        np.copyto(T, mask)
        np.multiply(T, work["rest"], T)
        np.add(T, work["slope"], T)
        np.multiply(dY, T, dY)

    def config(self) -> dict[str, Any]:
        return {"slope": self.slope}


class ELU(Activation):
    """Exponential linear unit.

    ``Y = Z if Z > 0 else alpha * (exp(Z) - 1)``, ``dZ = dY * (1 if Z > 0 else Y + alpha)``

    Parameters
    ----------
    alpha : float, default=1.0
        The output tends to ``-alpha`` for very negative Z.

    References
    ----------
    Clevert, Unterthiner & Hochreiter (2016), arXiv:1511.07289, eq. 15-16.
    """

    scale: ClassVar[float] = 1.0
    n_work = 2

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = check_number("ELU", "alpha", alpha, 0.0, open_minimum=True)

    def make_work(self, scratch: Scratch) -> Cache:
        floor = self.scale * self.alpha
        constants = {"scale": self.scale, "floor": floor, "rise": self.scale - floor}
        return super().make_work(scratch) | {name: scratch.constant(value) for name, value in constants.items()}

    def apply(self, Z: np.ndarray, Y: np.ndarray, work: Cache, keeps: bool) -> None:
        T = work["arrays"][0]
        np.minimum(Z, work["zeros"], out=T)
        np.expm1(T, T)
        np.multiply(T, work["floor"], T)
        np.maximum(Z, work["zeros"], out=Y)
        np.multiply(Y, work["scale"], Y)
        np.add(Y, T, Y)

    def differentiate(self, dY: np.ndarray, Y: np.ndarray, work: Cache) -> None:
        (T, M), mask = work["arrays"], work["mask"]
        np.greater(Y, work["zeros"], mask)
        np.copyto(M, mask)
        # min(Y, 0) + floor, and the rest up to scale where Y > 0: a copy by the mask alone takes twice the time.
        np.minimum(Y, work["zeros"], out=T)
        np.add(T, work["floor"], T)
        np.multiply(M, work["rise"], M)
        np.add(T, M, T)
        np.multiply(dY, T, dY)

    def config(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


class SELU(ELU):
    """Scaled exponential linear unit, which keeps mean 0 and variance 1 from layer to layer.

    ``Y = scale * (Z if Z > 0 else alpha * (exp(Z) - 1))``, ``dZ = dY * (scale if Z > 0 else Y + scale * alpha)``

    with ``scale = 1.0507009873554805`` and ``alpha = 1.6732632423543772``.

    References
    ----------
    Klambauer et al. (2017), arXiv:1706.02515, eq. 2 and 14.
    """

    scale = 1.0507009873554805

    def __init__(self) -> None:
        super().__init__(alpha=1.6732632423543772)

    def config(self) -> dict[str, Any]:
        return {}


class GELU(Activation):
    """Gaussian error linear unit, in its tanh form.

    ``Y = Z * (1 + t) / 2`` with ``t = tanh(c * (Z + a * Z**3))``, ``c = sqrt(2 / pi)``, ``a = 0.044715``

    ``dZ = dY * ((1 + t) / 2 + Z * (1 - t**2) * c * (1 + 3 * a * Z**2) / 2)``

    Z is cut at ±10 inside t, where t is ±1 in double precision, so that Z**3 cannot overflow.

    References
    ----------
    Hendrycks & Gimpel (2016), arXiv:1606.08415, section 2.
    """

    constants: ClassVar[dict[str, float]] = {
        "c": math.sqrt(2.0 / math.pi),
        "ca": 0.044715 * math.sqrt(2.0 / math.pi),
        "ca3": 3.0 * 0.044715 * math.sqrt(2.0 / math.pi),
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


class Softplus(Activation):
    """Smooth rectifier: ``Y = log(1 + exp(Z)) = max(Z, 0) + log1p(exp(-|Z|))``, ``dZ = dY * (1 - exp(-Y))``.

    References
    ----------
    Dugas et al. (2001), "Incorporating second-order functional knowledge for better option pricing".
    """

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
