"""The tables that the laws run over. A new layer, loss or optimizer is one line here."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

import glassnet as gn
from glassnet.layers.tree import leaves


class LayerCase(NamedTuple):
    """A layer and the shape of one of its samples, which may be the only one that it takes."""

    layer: gn.Layer
    in_shape: tuple[int, ...]
    is_fixed: bool = False

    @property
    def name(self) -> str:
        """What the test's id shows."""
        return f"{self.layer!r}-{'x'.join(map(str, self.in_shape))}"


LAYERS = [
    LayerCase(gn.Dense(5), (7,)),
    LayerCase(gn.Dense(1, "sigmoid"), (3,)),
    LayerCase(gn.Dense(4, "relu", use_bias=False), (6,)),
    LayerCase(gn.Dense(6, "gelu"), (2,)),
    LayerCase(gn.Dense(6, "elu", initializer="he_normal"), (2,)),
    LayerCase(gn.NTKDense(5), (7,)),
    LayerCase(gn.NTKDense(1, initializer="zeros", bias_initializer="zeros", bias_rate_factor=0.1), (3,)),
    LayerCase(gn.PeriodicEmbedding(), (3,)),
    LayerCase(gn.PeriodicEmbedding(5, 2, sigma=1.0), (1,)),
    LayerCase(
        gn.PiecewiseLinearEmbedding([[-1.0, 0.1, 0.5], [0.0, 2.0], [-0.7, -0.2, 0.3, 1.1]], dim=4), (3,), is_fixed=True
    ),
    LayerCase(gn.Copies(3), (4,)),
    LayerCase(gn.Copies(4, initializer="signs", blocks=[2, 1, 3]), (6,), is_fixed=True),
    LayerCase(gn.EnsembleDense(4, "tanh"), (3, 5)),
    LayerCase(gn.EnsembleDense(2), (2, 3)),
    LayerCase(gn.EnsembleDense(4, "relu", scales_inputs=False), (3, 5)),
    LayerCase(gn.EnsembleDense(4, "relu", adapters=False), (3, 5)),
    LayerCase(gn.EnsembleHead(2), (3, 4)),
    LayerCase(gn.Flatten(), (3, 4)),
    LayerCase(gn.Dropout(0.4), (6,)),
    LayerCase(gn.Dropout(0.0), (6,)),
    LayerCase(gn.Dropout(0.25), (3, 4)),
    LayerCase(gn.Dropout(0.3, schedule=gn.FlatCosine(0.5, epochs=4)), (6,)),
    LayerCase(gn.BatchNorm(), (6,)),
    LayerCase(gn.BatchNorm(momentum=0.5, eps=1e-3), (1,)),
    LayerCase(gn.LayerNorm(), (6,)),
    LayerCase(gn.LayerNorm(eps=1e-3), (3, 4)),
    LayerCase(gn.Identity(), (6,)),
    LayerCase(gn.Sigmoid(), (6,)),
    LayerCase(gn.Tanh(), (6,)),
    LayerCase(gn.ReLU(), (6,)),
    LayerCase(gn.LeakyReLU(), (6,)),
    LayerCase(gn.LeakyReLU(0.3), (2, 3)),
    LayerCase(gn.ELU(), (6,)),
    LayerCase(gn.ELU(alpha=0.5), (6,)),
    LayerCase(gn.SELU(), (6,)),
    LayerCase(gn.GELU(), (6,)),
    LayerCase(gn.SiLU(), (6,)),
    LayerCase(gn.Mish(), (6,)),
    LayerCase(gn.Softplus(), (6,)),
    LayerCase(gn.Softmax(), (6,)),
    LayerCase(gn.Softmax(), (2, 3)),
    LayerCase(gn.Dense(4, "softmax"), (3,)),
    LayerCase(gn.Dense(4, gn.LeakyReLU(0.3)), (3,)),
    LayerCase(gn.PReLU(), (6,)),
    LayerCase(gn.PReLU(shared=True), (2, 3)),
    LayerCase(gn.Parametric("selu"), (6,)),
    LayerCase(gn.Parametric(gn.ELU(0.5)), (2, 3)),
    LayerCase(gn.Parametric("mish", decays=True), (4,)),
    LayerCase(gn.GaussianNoise(0.3), (6,)),
    LayerCase(gn.Reshape((2, -1)), (6,)),
    LayerCase(gn.Select([3, 0, -1]), (6,)),
    LayerCase(gn.Scale(), (6,)),
    LayerCase(gn.Scale(decays=True), (2, 3)),
    LayerCase(gn.Calibration(), (6,)),
    LayerCase(gn.Calibration().tuned(trainable=False), (2, 3)),
    LayerCase(gn.Embedding(5, 3), (4,)),
    LayerCase(gn.Embedding(4, 1), (2, 2)),
    LayerCase(gn.Sequential([gn.Embedding(7, 2), gn.Flatten(), gn.Dense(3, "tanh")]), (3,)),
    LayerCase(gn.Concatenate([gn.Select([0, 2]), [gn.Select([1]), gn.Embedding(6, 2), gn.Flatten()]]), (3,)),
    LayerCase(gn.Sequential([gn.Dense(4, "tanh"), gn.BatchNorm(), gn.Dropout(0.3), gn.Dense(3)]), (5,)),
    LayerCase(gn.Sequential([gn.Flatten(), gn.Tanh()]), (2, 3)),
    LayerCase(gn.Residual([gn.Dense(8, "tanh"), gn.Dense(32)]), (32,)),
    LayerCase(gn.Residual([gn.Dropout(0.3), gn.Dense(4, "silu")], shortcut=gn.Dense(4)), (3,)),
    LayerCase(gn.Residual([gn.Residual([gn.LayerNorm(), gn.Dense(32, "elu")]), gn.Tanh()]), (32,)),
    LayerCase(gn.Concatenate([gn.Identity(), gn.Dense(4, "tanh"), [gn.Dense(3, "sigmoid"), gn.Dense(2)]]), (5,)),
    LayerCase(gn.Concatenate([gn.LayerNorm(), [gn.Sigmoid(), gn.Dropout(0.25)]]), (2, 3)),
]


def is_noisy(layer: gn.Layer) -> bool:
    """Return whether a layer, or one inside it, draws noise while training."""
    return any(isinstance(leaf, (gn.Dropout, gn.GaussianNoise)) for leaf in leaves([""], [layer]).values())


class LossCase(NamedTuple):
    """A loss, its number of logits, and targets for n rows."""

    loss: gn.Loss
    n_outputs: int
    kind: str

    @property
    def name(self) -> str:
        """What the test's id shows."""
        return f"{self.loss!r}-{self.n_outputs}-{self.kind}"

    def targets(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Return targets as a user would pass them."""
        k = self.n_outputs
        if self.kind.startswith("numbers per "):
            return rng.standard_normal((n, k // int(self.kind.split()[-1])))
        if self.kind.startswith("codes per "):
            return rng.integers(0, k // int(self.kind.split()[-1]), n)
        if self.kind == "counts":
            return rng.poisson(2.0, (n, k)).astype(float)
        if self.kind == "codes":
            return rng.integers(0, k, n)
        if self.kind == "probabilities":
            p = rng.random((n, k)) + 0.05
            return p / p.sum(axis=1, keepdims=True)
        if self.kind == "yes/no":
            return rng.integers(0, 2, (n, k)).astype(float)
        return rng.standard_normal((n, k))


def log_cosh(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``log(cosh(Z - y))`` of each row."""
    size = np.abs(Z - y)
    return (size + np.log1p(np.exp(-2 * size)) - math.log(2.0)).sum(axis=1)


def log_cosh_gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``tanh(Z - y)``."""
    return np.tanh(Z - y)


LOSSES = [
    LossCase(gn.SquaredError(), 1, "numbers"),
    LossCase(gn.SquaredError(), 3, "numbers"),
    LossCase(gn.BinaryCrossEntropy(), 1, "yes/no"),
    LossCase(gn.BinaryCrossEntropy(), 3, "yes/no"),
    LossCase(gn.SoftmaxCrossEntropy(), 2, "codes"),
    LossCase(gn.SoftmaxCrossEntropy(), 5, "codes"),
    LossCase(gn.SoftmaxCrossEntropy(), 4, "probabilities"),
    LossCase(gn.AbsoluteError(), 1, "numbers"),
    LossCase(gn.AbsoluteError(), 3, "numbers"),
    LossCase(gn.Huber(), 1, "numbers"),
    LossCase(gn.Huber(delta=0.3), 3, "numbers"),
    LossCase(gn.Poisson(), 1, "counts"),
    LossCase(gn.Poisson(), 3, "counts"),
    LossCase(gn.Quantile(), 3, "numbers per 3"),
    LossCase(gn.Quantile([0.2, 0.7]), 6, "numbers per 2"),
    LossCase(gn.Quantile(0.9), 1, "numbers per 1"),
    LossCase(gn.GaussianNLL(), 2, "numbers per 2"),
    LossCase(gn.GaussianNLL(min_variance=0.1), 6, "numbers per 2"),
    LossCase(gn.BinaryCrossEntropy(label_smoothing=0.2), 1, "yes/no"),
    LossCase(gn.BinaryCrossEntropy(label_smoothing=0.2), 3, "yes/no"),
    LossCase(gn.SoftmaxCrossEntropy(label_smoothing=0.1), 5, "codes"),
    LossCase(gn.SoftmaxCrossEntropy(label_smoothing=0.1), 4, "probabilities"),
    LossCase(gn.BinaryFocalCrossEntropy(), 1, "yes/no"),
    LossCase(gn.BinaryFocalCrossEntropy(gamma=0.5, alpha=0.25), 3, "yes/no"),
    LossCase(gn.SoftmaxFocalCrossEntropy(), 2, "codes"),
    LossCase(gn.SoftmaxFocalCrossEntropy(gamma=0.5, alpha=[0.5, 1.0, 2.0, 3.0]), 4, "codes"),
    LossCase(gn.SoftmaxFocalCrossEntropy(gamma=0.0), 3, "codes"),
    LossCase(gn.EnsembleLoss("squared_error", copies=3), 3, "numbers per 3"),
    LossCase(gn.EnsembleLoss("squared_error", copies=2), 4, "numbers per 2"),
    LossCase(gn.EnsembleLoss(gn.SoftmaxCrossEntropy(label_smoothing=0.1), copies=3), 12, "codes per 3"),
    LossCase(gn.EnsembleLoss(gn.Quantile([0.2, 0.7]), copies=2), 4, "numbers per 4"),
    LossCase(gn.CustomLoss(log_cosh, log_cosh_gradient, name="log_cosh"), 1, "numbers"),
    LossCase(gn.CustomLoss(log_cosh, log_cosh_gradient, name="log_cosh"), 3, "numbers"),
]

OPTIMIZERS: list[gn.Optimizer] = [
    gn.SGD(0.1),
    gn.SGD(0.1, momentum=0.9),
    gn.SGD(0.1, momentum=0.8, nesterov=True),
    gn.Adam(0.01),
    gn.Adam(0.01, beta1=0.0, beta2=0.9, eps=1e-3),
    gn.Adam(0.01, eps=1e-3, eps_form="sklearn"),
    gn.AdamW(0.01, weight_decay=0.1),
    gn.AdamW(0.01, weight_decay=0.2, decay_schedule=gn.FlatCosine(0.5, epochs=3)),
    gn.AdamW(0.01, weight_decay=0.1, beta1=0.8, eps_form="sklearn"),
    gn.RMSprop(0.01),
    gn.RMSprop(0.01, rho=0.9, momentum=0.8, eps=1e-3),
    gn.RMSprop(0.01, rho=0.9, centered=True, eps=1e-2),
    gn.RMSprop(0.01, momentum=0.5, centered=True, eps=1e-2),
    gn.Adagrad(0.1),
    gn.Adagrad(0.1, initial_accumulator=0.5, eps=1e-3),
    gn.Lion(0.01),
    gn.Lion(0.01, beta1=0.8, beta2=0.9, weight_decay=0.3),
]


def naive_step(
    optimizer: Any, p: np.ndarray, g: np.ndarray, memory: dict[str, Any], lr: float, decay: np.ndarray
) -> None:
    """Take one step as the papers write it, in float64 and with temporaries: the reference for the fast ones."""
    memory["t"] = t = memory.get("t", 0) + 1
    if isinstance(optimizer, gn.SGD):
        v = memory["v"] = optimizer.momentum * memory.get("v", 0.0) - lr * g
        p += optimizer.momentum * v - lr * g if optimizer.nesterov else v
        return
    if isinstance(optimizer, (gn.RMSprop, gn.Adagrad, gn.Lion)):
        _naive_relatives(optimizer, p, g, memory, lr, decay)
        return
    if isinstance(optimizer, gn.AdamW):
        factor = 1.0 if optimizer.decay_schedule is None else optimizer.decay_schedule(0.0)
        p -= lr * optimizer.weight_decay * factor * decay * p
    m = memory["m"] = optimizer.beta1 * memory.get("m", 0.0) + (1 - optimizer.beta1) * g
    v = memory["v"] = optimizer.beta2 * memory.get("v", 0.0) + (1 - optimizer.beta2) * g**2
    if optimizer.eps_form == "torch":
        p -= lr * (m / (1 - optimizer.beta1**t)) / (np.sqrt(v / (1 - optimizer.beta2**t)) + optimizer.eps)
    else:
        p -= lr * np.sqrt(1 - optimizer.beta2**t) / (1 - optimizer.beta1**t) * m / (np.sqrt(v) + optimizer.eps)


def _naive_relatives(
    optimizer: Any, p: np.ndarray, g: np.ndarray, memory: dict[str, Any], lr: Any, decay: np.ndarray
) -> None:
    """RMSprop, Adagrad and Lion as their papers, or PyTorch's documentation, write them."""
    if isinstance(optimizer, gn.Lion):
        c = optimizer.beta1 * memory.get("m", 0.0) + (1 - optimizer.beta1) * g
        memory["m"] = optimizer.beta2 * memory.get("m", 0.0) + (1 - optimizer.beta2) * g
        p -= lr * (np.sign(c) + optimizer.weight_decay * decay * p)
        return
    if isinstance(optimizer, gn.Adagrad):
        s = memory["s"] = memory.get("s", optimizer.initial_accumulator) + g**2
        p -= lr * g / (np.sqrt(s) + optimizer.eps)
        return
    v = memory["v"] = optimizer.rho * memory.get("v", 0.0) + (1 - optimizer.rho) * g**2
    m = memory["m"] = optimizer.rho * memory.get("m", 0.0) + (1 - optimizer.rho) * g
    u = g / (np.sqrt(np.maximum(v - m**2, 0.0) if optimizer.centered else v) + optimizer.eps)
    b = memory["b"] = optimizer.momentum * memory.get("b", 0.0) + u
    p -= lr * b
