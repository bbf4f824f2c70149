"""Initial values: their distribution, and that they follow from the seed."""

from __future__ import annotations

import math

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import ACTIVATIONS
from glassnet.layers.initializers import INITIALIZERS, default_initializer

D_IN, D_OUT = 300, 200
VARIANCES = {
    "glorot_normal": 2 / (D_IN + D_OUT),
    "glorot_uniform": 2 / (D_IN + D_OUT),
    "he_normal": 2 / D_IN,
    "he_uniform": 2 / D_IN,
    "lecun_normal": 1 / D_IN,
    "lecun_uniform": 1 / D_IN,
    "normal": 1.0,
    "ones": 0.0,
    "orthogonal": 1 / D_IN,
    "quarter": 0.0,
    "signs": 1.0,
    "tutorial": 1 / 12,
    "uniform": 1 / 3,
    "zeros": 0.0,
}


def draw(name: str, shape: tuple[int, ...] = (D_IN, D_OUT), seed: int = 0) -> np.ndarray:
    """Return one draw."""
    return INITIALIZERS[name](np.random.default_rng(seed), shape, shape[0], shape[-1])


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_variance_and_mean(name: str) -> None:
    """Over 60,000 numbers the variance is the formula's to 3 %, and the mean 0 to 4 standard errors."""
    values = draw(name)
    assert values.dtype == np.float64
    assert values.var() == pytest.approx(VARIANCES[name], rel=0.03)
    if name not in ("ones", "quarter"):
        assert abs(values.mean()) <= 4 * math.sqrt(VARIANCES[name] / values.size)


@pytest.mark.parametrize("name", [name for name in sorted(INITIALIZERS) if name.endswith("uniform")])
def test_uniform_ones_stay_within_their_bounds(name: str) -> None:
    """A uniform distribution of this variance ends at sqrt(3 * variance), and comes close to it."""
    largest = np.abs(draw(name)).max()
    bound = math.sqrt(3 * VARIANCES[name])
    assert 0.999 * bound < largest <= bound


@pytest.mark.parametrize("shape", [(5, 5), (9, 4), (4, 9), (1, 6), (6, 1), (2, 3, 4)])
def test_orthogonal_is_orthogonal(shape: tuple[int, ...]) -> None:
    """The shorter of rows and columns are orthonormal."""
    W = draw("orthogonal", shape).reshape(-1, shape[-1])
    gram = W.T @ W if W.shape[0] >= W.shape[1] else W @ W.T
    np.testing.assert_allclose(gram, np.eye(min(W.shape)), atol=1e-12)


def test_orthogonal_is_uniform() -> None:
    """Among 2 x 2 matrices half are reflections, and both entries of a column have either sign equally often."""
    draws = np.stack([draw("orthogonal", (2, 2), seed) for seed in range(2000)])
    assert abs((np.linalg.det(draws) > 0).mean() - 0.5) < 0.05
    np.testing.assert_allclose((draws > 0).mean(axis=0), 0.5, atol=0.05)


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_the_seed_decides(name: str) -> None:
    """The same seed gives the same weights in float32 and float64, another seed others, if anything is random."""
    W = {}
    for seed, dtype in ((0, "float32"), (0, "float64"), (1, "float64")):
        options = {"loss": "squared_error", "seed": seed, "dtype": dtype, "input_shape": (7,)}
        net = gn.Network([gn.Dense(5, initializer=name), gn.Dense(1)], **options)
        W[seed, dtype] = net.layers[0].W
    np.testing.assert_array_equal(W[0, "float32"], W[0, "float64"].astype("float32"))
    assert np.array_equal(W[0, "float64"], W[1, "float64"]) == (name in ("ones", "quarter", "zeros"))


def test_the_default_follows_the_activation() -> None:
    """He's for rectifiers, LeCun's for SELU, Glorot's where the signal passes both ways round 0."""
    he = {"relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus"}
    for name in ACTIVATIONS:
        expected = "he_uniform" if name in he else "lecun_normal" if name == "selu" else "glorot_uniform"
        assert default_initializer(name) == expected
        layer = gn.Dense(3, name)
        layer.build((4,))
        assert layer.param_specs()[0].initializer == expected


@pytest.mark.parametrize("name", ["tanh", "relu", "selu", "gelu"])
def test_signals_keep_their_size(name: str) -> None:
    """Through six hidden layers of 256 the standard deviation neither vanishes nor explodes."""
    net = gn.Network(
        [*(gn.Dense(256, name) for _ in range(6)), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(256,)
    )
    outputs = net.activations(np.random.default_rng(0).standard_normal((200, 256)))
    spreads = [float(outputs[f"dense_{i + 1}"].std()) for i in range(6)]
    assert 0.1 < min(spreads) <= max(spreads) < 3.0
