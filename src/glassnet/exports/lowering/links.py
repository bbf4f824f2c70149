"""The predictions of each loss: the steps from logits to them, and what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.plan import Answer, Softmax, Sort, Value
from glassnet.losses import (
    BinaryCrossEntropy,
    BinaryFocalCrossEntropy,
    CustomLoss,
    EnsembleLoss,
    GaussianNLL,
    Loss,
    Poisson,
    Quantile,
    SoftmaxCrossEntropy,
    SoftmaxFocalCrossEntropy,
)
from glassnet.losses.base import ColumnLoss

__all__ = ["answer_of", "append_link"]

_MAX_LOG_RATE, _MAX_LOG_VARIANCE = 30.0, 80.0  # as of the losses


def append_link(builder: Builder, loss: Loss, z: Value) -> Value:
    """Append the steps from logits (K, k) to predictions, of each member and copy: their mean is the answer."""
    if _link_of(loss) is EnsembleLoss.link:
        assert isinstance(loss, EnsembleLoss)
        return append_link(builder, loss.loss, Value(z.name, (z.shape[0] * loss.copies, z.shape[1] // loss.copies)))
    if _link_of(loss) not in _LINKS:
        must = "the predictions of a loss must be logits, or those of a built-in loss"
        message = f"export: {loss!r} has a link of its own; {must}. Export a network whose loss is a built-in one."
        raise ConfigError(message, expected=must, got=loss)
    return _LINKS[_link_of(loss)](builder, loss, z)


def answer_of(loss: Loss, n_outputs: int) -> Answer:
    """Return what the predictions of a loss are, for a network with ``n_outputs`` logits."""
    if isinstance(loss, EnsembleLoss):
        return answer_of(loss.loss, n_outputs // loss.copies)
    link = _link_of(loss)
    if link in _CLASSES:
        return Answer("classes", tuple(map(str, range(n_outputs))), tuple(range(n_outputs)))
    if link in _LABELS:
        labels = (1,) if n_outputs == 1 else tuple(range(n_outputs))
        return Answer("labels", tuple(map(str, labels)), labels)
    if isinstance(loss, Quantile):
        return _quantiles(loss, n_outputs)
    if isinstance(loss, GaussianNLL):
        half = n_outputs // 2
        return Answer("numbers", (*_numbered("mean", half), *_numbered("variance", half)))
    return Answer("numbers", _numbered("rate" if isinstance(loss, Poisson) else "prediction", n_outputs))


def _link_of(loss: Loss) -> Any:
    """Return the function that makes predictions of logits; that of a loss of functions, which has none, is a copy."""
    if isinstance(loss, CustomLoss) and type(loss).link is CustomLoss.link:
        return ColumnLoss.link if loss._link is None else loss._link
    return vars(loss).get("link", type(loss).link)


def _numbered(word: str, n: int) -> tuple[str, ...]:
    return (word,) if n == 1 else tuple(f"{word} {i + 1}" for i in range(n))


def _quantiles(loss: Quantile, n_outputs: int) -> Answer:
    levels = loss.levels
    names = tuple(f"quantile {level:g}" for level in levels)
    targets = n_outputs // len(levels)
    if targets > 1:
        return Answer("numbers", tuple(f"target {i + 1} {name}" for i in range(targets) for name in names))
    return Answer("quantiles", names, levels=levels, middle=(int(np.argmin(np.abs(np.array(levels) - 0.5))),))


def _logits(builder: Builder, loss: Loss, z: Value) -> Value:
    return z


def _softmax(builder: Builder, loss: Loss, z: Value) -> Value:
    return builder.add(Softmax, z.shape, z, part="probabilities")


def _sigmoid(builder: Builder, loss: Loss, z: Value) -> Value:
    return builder.map(z, "sigmoid(Z)", part="probabilities", word="sigmoid")


def _rates(builder: Builder, loss: Loss, z: Value) -> Value:
    return builder.map(z, "exp(min(Z, limit))", {"limit": _MAX_LOG_RATE}, part="rates")


def _sorted(builder: Builder, loss: Any, z: Value) -> Value:
    levels = len(loss.levels)
    if levels == 1:
        return z
    apart = Value(z.name, (z.size // levels, levels))
    return Value(builder.add(Sort, apart.shape, apart, part="quantiles").name, z.shape)


def _means_and_variances(builder: Builder, loss: Any, z: Value) -> Value:
    groups, k = z.shape
    places = np.arange(z.size).reshape(z.shape)
    means = builder.select(z, places[:, : k // 2], (groups, k // 2), part="means")
    logs = builder.select(z, places[:, k // 2 :], (groups, k // 2), part="log_variances")
    constants = {"limit": _MAX_LOG_VARIANCE, "least": loss.min_variance}
    variances = builder.map(logs, "exp(min(Z, limit)) + least", constants, part="variances")
    return builder.join(means, variances)


_LABELS = frozenset((BinaryCrossEntropy.link, BinaryFocalCrossEntropy.link))
_CLASSES = frozenset((SoftmaxCrossEntropy.link, SoftmaxFocalCrossEntropy.link))
_LINKS: dict[Any, Callable[[Builder, Any, Value], Value]] = {
    **dict.fromkeys(_CLASSES, _softmax),
    **dict.fromkeys(_LABELS, _sigmoid),
    ColumnLoss.link: _logits,
    GaussianNLL.link: _means_and_variances,
    Poisson.link: _rates,
    Quantile.link: _sorted,
}
