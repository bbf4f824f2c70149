"""Small trained networks by name and seed, one or more for everything that can be exported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn
from glassnet.schedules import FlatCosine

__all__ = ["ENSEMBLES", "NETWORKS", "Case", "export_case", "rows_for"]

_N = 96
_EDGES = [[-1.5, -0.4, 0.3, 1.2], [-1.0, 1.0], [-2.0, -0.6, 0.1, 0.8, 2.0], [-0.5, 0.0, 0.7]]


class Case(NamedTuple):
    """A trained network or ensemble, and rows like those it was trained on."""

    model: Any
    X: np.ndarray


class Recipe(NamedTuple):
    """Layers, loss and data of a network."""

    layers: Callable[[], list[gn.Layer]]
    loss: Any
    target: str
    d: int = 4
    options: Mapping[str, Any] = MappingProxyType({})


def _table_head() -> gn.Layer:
    codes = [gn.Select([3]), gn.Embedding(5, 3), gn.Flatten()]
    return gn.Concatenate([[gn.Select([0, 1, 2]), gn.PeriodicEmbedding(4, 3)], codes])


def _realmlp(units: int) -> list[gn.Layer]:
    inside = [
        part
        for activation in ("selu", "mish")
        for part in (gn.NTKDense(12), gn.Parametric(activation).tuned(rate_factor=0.1), gn.Dropout(0.1))
    ]
    return [_table_head(), gn.Scale().tuned(rate_factor=6.0), *inside, gn.NTKDense(units, initializer="zeros")]


def _tabm(units: int) -> list[gn.Layer]:
    first = [gn.PiecewiseLinearEmbedding(_EDGES, dim=3), gn.Copies(4, blocks=[3] * 4)]
    hidden = [gn.EnsembleDense(10, "relu", scales_inputs=False), gn.Dropout(0.1), gn.EnsembleDense(8, "relu")]
    return [*first, *hidden, gn.EnsembleHead(units)]


def _tabm_mini(units: int) -> list[gn.Layer]:
    hidden = [gn.EnsembleDense(10, "gelu", adapters=False), gn.EnsembleDense(8, "relu", adapters=False)]
    return [
        gn.PiecewiseLinearEmbedding(_EDGES, dim=3),
        gn.Copies(5, initializer="signs"),
        *hidden,
        gn.EnsembleHead(units),
    ]


def _deep(*activations: Any) -> Callable[[], list[gn.Layer]]:
    return lambda: [*(gn.Dense(9, activation) for activation in activations), gn.Dense(2)]


def _residual() -> list[gn.Layer]:
    block = gn.Residual([gn.LayerNorm(), gn.Dense(12, "silu"), gn.Dense(8)])
    return [gn.Dense(8), block, gn.Residual([gn.Dense(5, "tanh")], shortcut=gn.Dense(5)), gn.ReLU(), gn.Dense(3)]


def _images() -> list[gn.Layer]:
    return [gn.Reshape((3, 4)), gn.LayerNorm(), gn.PReLU(shared=True), gn.Flatten(), gn.Dense(6, "tanh"), gn.Dense(3)]


def _gated() -> list[gn.Layer]:
    gate = [gn.Dense(4), gn.Softmax()]
    return [gn.Concatenate([gate, gn.Identity(), gn.Sequential([gn.Dense(3, "softmax")])]), gn.Dense(1)]


def _norms() -> list[gn.Layer]:
    first = [
        gn.BatchNorm(),
        gn.Dense(10),
        gn.BatchNorm(),
        gn.ReLU(),
        gn.Dropout(0.2, schedule=FlatCosine(1.0, epochs=9)),
    ]
    return [*first, gn.Dense(8, "relu"), gn.BatchNorm(eps=1e-3), gn.GaussianNoise(0.1), gn.Dense(3)]


def _rows_and_layers() -> list[gn.Layer]:
    return [gn.Scale(), gn.Dense(6, use_bias=False), gn.Dense(3), gn.PReLU(), gn.Dense(5, gn.ELU(0.5)), gn.Dense(1)]


NETWORKS: dict[str, Recipe] = {
    "iris": Recipe(lambda: [gn.Dense(8, "relu"), gn.Dense(3)], "cross_entropy", "classes"),
    "two_classes": Recipe(lambda: [gn.Dense(6, "tanh"), gn.Dense(2)], "cross_entropy", "two classes"),
    "binary": Recipe(lambda: [gn.Dense(8, "sigmoid"), gn.Dense(1)], "binary_cross_entropy", "yes/no"),
    "labels": Recipe(lambda: [gn.Dense(8, "relu"), gn.Dense(3)], "binary_cross_entropy", "labels"),
    "linear": Recipe(lambda: [gn.Dense(1)], "squared_error", "number"),
    "smooth": Recipe(_deep("selu", "mish", "gelu", "silu"), "squared_error", "numbers"),
    "bent": Recipe(_deep("elu", "softplus", gn.LeakyReLU(0.2), "tanh", "identity"), "absolute_error", "numbers"),
    "norms": Recipe(_norms, "cross_entropy", "classes"),
    "residual": Recipe(_residual, "cross_entropy", "classes"),
    "learnable": Recipe(_rows_and_layers, gn.Huber(0.5), "number"),
    "gated": Recipe(_gated, "squared_error", "number"),
    "images": Recipe(_images, "focal_cross_entropy", "classes", d=12),
    "square_images": Recipe(
        lambda: [gn.Flatten(), gn.Dense(5, "relu"), gn.Dense(2)], "cross_entropy", "two classes", d=12
    ),
    "realmlp": Recipe(
        lambda: [*_realmlp(3), gn.Calibration()],
        gn.SoftmaxCrossEntropy(label_smoothing=0.1),
        "classes",
        options={"codes": 5},
    ),
    "realmlp_number": Recipe(lambda: _realmlp(1), "squared_error", "number", options={"codes": 5}),
    "codes": Recipe(
        lambda: [gn.Embedding(6, 3), gn.LayerNorm(), gn.Flatten(), gn.Dense(5, "relu"), gn.Dense(3)],
        "cross_entropy",
        "classes",
        options={"codes": 6},
    ),
    "tabm": Recipe(lambda: [*_tabm(3), gn.Calibration()], gn.EnsembleLoss("cross_entropy", copies=4), "classes"),
    "tabm_number": Recipe(lambda: _tabm(1), gn.EnsembleLoss("squared_error", copies=4), "number"),
    "tabm_mini": Recipe(lambda: _tabm_mini(1), gn.EnsembleLoss("binary_cross_entropy", copies=5), "yes/no"),
    "quantiles": Recipe(
        lambda: [gn.Dense(8, "silu"), gn.Dense(3), gn.Calibration()], gn.Quantile([0.1, 0.5, 0.9]), "number"
    ),
    "quantiles_of_two": Recipe(lambda: [gn.Dense(8, "silu"), gn.Dense(4)], gn.Quantile([0.2, 0.8]), "numbers"),
    "mean_and_variance": Recipe(lambda: [gn.Dense(8, "tanh"), gn.Dense(4)], "gaussian_nll", "numbers"),
    "counts": Recipe(lambda: [gn.Dense(8, "elu"), gn.Dense(1)], "poisson", "counts"),
    "rare": Recipe(lambda: [gn.Dense(8, "relu"), gn.Dense(1)], "binary_focal_cross_entropy", "yes/no"),
    "double": Recipe(
        lambda: [gn.Dense(8, "gelu"), gn.BatchNorm(), gn.Dense(3)],
        "cross_entropy",
        "classes",
        options={"dtype": "float64"},
    ),
}
"""The networks by name."""

ENSEMBLES = ("population", "mixed")
"""Names of ensembles: of a `Population`, and of networks that differ."""


def rows_for(recipe: Recipe, n: int, seed: int) -> np.ndarray:
    """Return rows like those that a network was trained on."""
    X = np.random.default_rng(1000 + seed).standard_normal((n, recipe.d))
    if "codes" in recipe.options:
        places = slice(0 if isinstance(recipe.layers()[0], gn.Embedding) else 3, 4)
        codes = np.random.default_rng(2000 + seed).integers(0, recipe.options["codes"], X.shape)
        X[:, places] = codes[:, places]
    return X.astype(np.float32).astype(np.float64)


def _targets(kind: str, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    score = X[:, 0] - X[:, 1] * X[:, 2] + 0.3 * rng.standard_normal(len(X))
    if kind == "classes":
        return np.digitize(score, [-0.6, 0.6])
    if kind in ("yes/no", "two classes"):
        return (score > 0.3).astype(np.int64)
    if kind == "labels":
        return (X[:, :3] > 0.2).astype(float)
    if kind == "counts":
        return rng.poisson(np.exp(np.clip(0.5 * score, -2.0, 2.0))).astype(float)
    return score if kind == "number" else np.stack([score, 3.0 * X[:, 2] - 1.0], axis=1)


@cache
def export_case(name: str, seed: int = 0) -> Case:
    """Return a trained network or ensemble of `NETWORKS` or `ENSEMBLES`; it must not be changed."""
    if name in ENSEMBLES:
        return _ensemble(name, seed)
    recipe = NETWORKS[name]
    X = rows_for(recipe, _N, seed)
    y = _targets(recipe.target, X, np.random.default_rng(seed))
    shaped = X.reshape(-1, 3, 4) if name == "square_images" else X
    net = gn.Network(
        recipe.layers(),
        loss=recipe.loss,
        optimizer=gn.Adam(0.02),
        seed=seed,
        dtype=recipe.options.get("dtype", "float32"),
    )
    if name.startswith("realmlp"):
        net.build((recipe.d,)).init_from_data(X)
    net.fit(shaped, y, epochs=6, batch_size=16, diagnose=False, threads=1)
    if isinstance(net.layers[-1], gn.Calibration):  # as if it had been fitted
        layer, rng = net.layers[-1], np.random.default_rng(seed)
        layer.scale[...] = rng.uniform(0.5, 1.5, layer.scale.shape)
        layer.shift[...] = rng.normal(0.0, 0.3, layer.shift.shape)
    return Case(net, shaped)


def _ensemble(name: str, seed: int) -> Case:
    if name == "mixed":
        cases = [export_case("iris", seed), export_case("norms", seed), export_case("iris", seed + 1)]
        return Case(gn.Ensemble([case.model for case in cases]), cases[0].X)
    recipe = NETWORKS["realmlp"]
    X = rows_for(recipe, _N, seed)
    net = gn.Network(
        [*_realmlp(8), gn.LayerNorm(), gn.Dense(3)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=seed
    )
    population = gn.Population(net, 3)
    population.fit(X, _targets("classes", X, np.random.default_rng(seed)), epochs=5, threads=1)
    return Case(population.ensemble(), X)
