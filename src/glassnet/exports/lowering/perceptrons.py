"""The steps of `glassnet.sklearn`'s perceptrons, from scaled rows to probabilities, or to numbers in units."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.chains import Chain, Stage
from glassnet.exports.lowering.networks import append_network
from glassnet.exports.plan import Answer, Softmax, Value
from glassnet.losses import GaussianNLL, Quantile, SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy, SquaredError
from glassnet.sklearn import MLPClassifier
from glassnet.sklearn.solvers.losses import BinaryLogLoss, HalfPoissonDeviance

__all__ = ["append_perceptron", "append_targets", "plain_labels"]

_SOFTMAX = (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)
_LINKS = {BinaryLogLoss: "sigmoid(Z)", HalfPoissonDeviance: "exp(Z)"}  # without the limits of the library's own
_LEAST = 1e-37  # a probability that float32 still holds


def append_perceptron(builder: Builder, chain: Chain, x: Value) -> tuple[Value, Answer]:
    """Append the network of a chain on its scaled rows x, and what is done with its outputs; return these."""
    mlp: Any = chain.mlp
    network, links = mlp.network_, [formula for loss, formula in _LINKS.items() if isinstance(mlp.network_.loss, loss)]
    if links:
        network = copy.copy(network)
        network.loss = SquaredError()
    y = append_network(builder, network, Value(x.name, (1, *x.shape)))
    for formula in links:
        builder.core = None if builder.core is None else builder.core._replace(network=mlp.network_)
        y = builder.map(y, formula, part="answer")
    return _classes(builder, mlp, y) if isinstance(mlp, MLPClassifier) else _numbers(builder, chain, y)


def plain_labels(classes: Any) -> tuple[Any, ...]:
    """Return labels as text, numbers or booleans of Python."""
    found = classes.tolist() if isinstance(classes, np.ndarray) else list(classes)
    return tuple(label if isinstance(label, (str, int, float)) else str(label) for label in found)


def _classes(builder: Builder, mlp: Any, p: Value) -> tuple[Value, Answer]:
    labels = plain_labels(mlp.classes_)
    names = tuple(map(str, labels))
    if mlp._kind.startswith("multilabel"):
        return p, Answer("labels", names, labels)
    if len(labels) < 2:
        must = "there must be two or more"
        message = f"export: {labels[0]!r} is the only class of the classifier; {must}. There is nothing to predict."
        raise ConfigError(message, expected=must, got=labels)
    if p.size == 1:
        p = builder.map(p, "start + sign * Z", vectors={"start": np.array([1.0, 0.0]), "sign": np.array([-1.0, 1.0])})
    elif not isinstance(mlp.network_.loss, _SOFTMAX):
        # Each class has a probability of its own: p / sum(p), written with the step that there is.
        p = builder.add(Softmax, p.shape, builder.map(p, "log(max(Z, least))", {"least": _LEAST}))
    return p, Answer("classes", names, labels)


def _numbers(builder: Builder, chain: Chain, y: Value) -> tuple[Value, Answer]:
    mlp: Any = chain.mlp
    loss, scaling = mlp.network_.loss, mlp._state.scaling
    answer = None
    if isinstance(loss, GaussianNLL):
        y = builder.select(y, np.arange(y.size // 2), (y.size // 2,))
    elif isinstance(loss, Quantile):
        y, answer = _quantiles(builder, chain, y)
    if scaling.target_scale is not None:
        repeats = y.size // len(scaling.target_scale)
        center, unit = (np.repeat(part, repeats) for part in (scaling.target_center, scaling.target_scale))
        y = _unscaled(builder, Stage(center, unit), y)
    y = append_targets(builder, chain, y)
    names = ("prediction",) if y.size == 1 else tuple(f"prediction {i + 1}" for i in range(y.size))
    return y, answer or Answer("numbers", names)


def append_targets(builder: Builder, chain: Chain, y: Value) -> Value:
    """Append what a chain does with the predicted numbers y."""
    for stage in chain.targets:
        if isinstance(stage, Stage):
            y = _unscaled(builder, stage, y)
        elif stage != "Z":
            y = builder.map(y, stage, part="in_units")
    return y


def _quantiles(builder: Builder, chain: Chain, y: Value) -> tuple[Value, Answer | None]:
    """Return all quantiles of one target or of several; their middle where the chain transforms targets, as it does."""
    levels = chain.mlp.network_.loss.levels  # type: ignore[attr-defined]  # of Quantile
    middle, targets = int(np.argmin(np.abs(np.array(levels) - 0.5))), y.size // len(levels)
    if chain.targets:
        return builder.select(y, np.arange(middle, y.size, len(levels)), (targets,)), None
    names = tuple(f"quantile {level:g}" for level in levels)
    if targets == 1:
        return y, Answer("quantiles", names, levels=levels, middle=(middle,))
    return y, Answer("numbers", tuple(f"prediction {i + 1} {name}" for i in range(targets) for name in names))


def _unscaled(builder: Builder, stage: Stage, y: Value) -> Value:
    # In double precision, since an output near 0 is the difference of numbers as large as these.
    return builder.map(y, "center + unit * Z", vectors={"center": stage.center, "unit": stage.unit}, double=True)
