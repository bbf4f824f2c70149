"""Initial values of weights, by name.

Every initializer is a function ``(rng, shape, fan_in, fan_out) -> float64 array``: drawn in double precision so that
a float32 and a float64 network start from the same point. For a weight matrix of shape (d_in, d_out), fan_in is
d_in and fan_out is d_out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

__all__ = ["INITIALIZERS", "default_initializer"]

# In quotes: naming np.random here would load it with `import glassnet`, which takes as long as all of our own code.
Initializer = Callable[["np.random.Generator", tuple[int, ...], int, int], np.ndarray]


def _glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """U(-a, a), ``a = sqrt(6 / (fan_in + fan_out))``. Glorot & Bengio (2010), eq. 16."""
    a = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-a, a, shape)


def _glorot_normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """N(0, s²), ``s² = 2 / (fan_in + fan_out)``. Glorot & Bengio (2010)."""
    return rng.normal(0.0, math.sqrt(2.0 / (fan_in + fan_out)), shape)


def _he_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """U(-a, a), ``a = sqrt(6 / fan_in)``. He et al. (2015), arXiv:1502.01852."""
    a = math.sqrt(6.0 / fan_in)
    return rng.uniform(-a, a, shape)


def _he_normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """N(0, s²), ``s² = 2 / fan_in``. He et al. (2015), arXiv:1502.01852, eq. 10."""
    return rng.normal(0.0, math.sqrt(2.0 / fan_in), shape)


def _lecun_uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """U(-a, a), ``a = sqrt(3 / fan_in)``. LeCun et al. (1998), "Efficient BackProp", eq. 16."""
    a = math.sqrt(3.0 / fan_in)
    return rng.uniform(-a, a, shape)


def _lecun_normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """N(0, s²), ``s² = 1 / fan_in``. LeCun et al. (1998), "Efficient BackProp", eq. 16."""
    return rng.normal(0.0, math.sqrt(1.0 / fan_in), shape)


def _normal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """N(0, 1), whatever the width: for the vectors of categories."""
    return rng.normal(size=shape)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """U(-1, 1), whatever the width: for layers that scale it themselves."""
    return rng.uniform(-1.0, 1.0, shape)


def _signs(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """-1 or 1, equally likely: for factors that make copies differ. Wen et al. (2020), arXiv:2002.06715."""
    return 2.0 * rng.integers(0, 2, shape) - 1.0


def _quarter(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """1/4 everywhere: for the slopes of PReLU. He et al. (2015), arXiv:1502.01852, section 2.1."""
    return np.full(shape, 0.25)


def _orthogonal(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """Uniform among matrices with orthonormal rows or columns, the shorter ones. Saxe et al. (2014), arXiv:1312.6120.

    Axes in front of the last are taken together.
    """
    rows, columns = math.prod(shape[:-1]), shape[-1]
    Q, R = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
    # The factorisation's signs are not random; those of R's diagonal make Q uniform: Mezzadri (2007), eq. 5.1.
    Q = Q * np.where(np.diagonal(R) < 0.0, -1.0, 1.0)
    return np.ascontiguousarray(Q if rows >= columns else Q.T).reshape(shape)


def _tutorial(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """U(-0.5, 0.5) whatever the width, as in ``glassnet.scratch``: fine for XOR, too large for wide layers."""
    return rng.random(shape) - 0.5


def _zeros(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """0 everywhere: for biases; a hidden layer that starts so never breaks its symmetry."""
    return np.zeros(shape)


def _ones(rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
    """1 everywhere: for factors that start as the identity."""
    return np.ones(shape)


INITIALIZERS: dict[str, Initializer] = {
    "glorot_normal": _glorot_normal,
    "glorot_uniform": _glorot_uniform,
    "he_normal": _he_normal,
    "he_uniform": _he_uniform,
    "lecun_normal": _lecun_normal,
    "lecun_uniform": _lecun_uniform,
    "normal": _normal,
    "ones": _ones,
    "orthogonal": _orthogonal,
    "quarter": _quarter,
    "signs": _signs,
    "tutorial": _tutorial,
    "uniform": _uniform,
    "zeros": _zeros,
}

# Rectifiers halve the signal's variance, so they start from He; SELU keeps it at 1 only from LeCun's.
_RECTIFIERS = ("relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus")
_BY_ACTIVATION = {**dict.fromkeys(_RECTIFIERS, "he_uniform"), "selu": "lecun_normal"}


def default_initializer(activation: str) -> str:
    """Return the name of the initializer that suits the activation behind the weights.

    Parameters
    ----------
    activation : str
        Name of the activation, such as ``"relu"``.

    Examples
    --------
    >>> default_initializer("relu"), default_initializer("tanh")
    ('he_uniform', 'glorot_uniform')
    """
    return _BY_ACTIVATION.get(activation, "glorot_uniform")
