"""The same mathematics in other people's code: layers and losses by PyTorch or autograd, optimizers by PyTorch.

A layer's reference is a function ``(layer, params, X) -> Y``, where running statistics among the parameters say that
they are to be used, and noise to be left out. A loss's ``(loss, Z, y) -> losses of the rows``; both are
differentiated by the library they are written with. Only `freeze` imports this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # as all the world calls it
from autograd import grad

import glassnet as gn
from glassnet.layers.tree import name_layers

Params = dict[str, Any]


def _inside(params: Params, name: str) -> Params:
    """Return the parameters of one layer of a container, without its name."""
    return {key.removeprefix(f"{name}."): value for key, value in params.items() if key.startswith(f"{name}.")}


def _chain(layers: list[gn.Layer], params: Params, X: Any) -> Any:
    for name, layer in zip(name_layers(layers), layers, strict=True):
        X = torch_layer(layer, _inside(params, name), X)
    return X


def _dense(layer: Any, params: Params, X: Any) -> Any:
    Z = F.linear(X, params["weight"].T, params["bias"][0] if layer.use_bias else None)
    return torch_layer(layer.activation, {}, Z)


def _batch_norm(layer: Any, params: Params, X: Any) -> Any:
    mean, var = (params[name][0] if name in params else None for name in ("running_mean", "running_var"))
    return F.batch_norm(X, mean, var, params["gamma"][0], params["beta"][0], training=mean is None, eps=layer.eps)


def _layer_norm(layer: Any, params: Params, X: Any) -> Any:
    d = X.shape[-1:]
    return F.layer_norm(X, d, params["gamma"].reshape(d), params["beta"].reshape(d), eps=layer.eps)


def _residual(layer: Any, params: Params, X: Any) -> Any:
    around = X if layer.shortcut is None else torch_layer(layer.shortcut, _inside(params, "shortcut"), X)
    return around + _chain(layer.layers, params, X)


def _concatenate(layer: Any, params: Params, X: Any) -> Any:
    parts = [torch_layer(b, _inside(params, f"branch_{i + 1}"), X) for i, b in enumerate(layer.branches)]
    return torch.cat(parts, dim=-1)


def _parametric(layer: Any, params: Params, X: Any) -> Any:
    return X + params["alpha"] * (torch_layer(layer.activation, {}, X) - X)


def _periodic(layer: Any, params: Params, X: Any) -> Any:
    waves = torch.cos(2.0 * torch.pi * X[:, :, None] * params["frequency"][..., 0] + params["phase"][..., 0])
    linear = torch.einsum("nfm,fmd->nfd", waves, params["weight"]) + params["bias"][..., 0]
    return torch.cat([linear, X[:, :, None]], dim=-1).flatten(1)


def _piecewise(layer: Any, params: Params, X: Any) -> Any:
    columns = []
    for j, edges in enumerate(layer.edges):
        x, last = X[:, j], len(edges) - 2
        parts = []
        for t in range(last + 1):
            share = (x - edges[t]) / (edges[t + 1] - edges[t])
            share = share if t == 0 else torch.clamp(share, min=0.0)
            parts.append(share if t == last else torch.clamp(share, max=1.0))
        linear = x[:, None] * params["linear"][j, :, 0] + params["bias"][j, :, 0]
        columns.append(linear + torch.stack(parts, dim=1) @ params["weight"][j, : last + 1])
    return torch.cat(columns, dim=1)


def _ensemble_dense(layer: Any, params: Params, X: Any) -> Any:
    if layer.adapters:
        U = X * params["in_factor"] if layer.scales_inputs else X
        Z = (U @ params["weight"]) * params["out_factor"] + params["bias"]
    else:
        Z = X @ params["weight"] + params["bias"]
    return torch_layer(layer.activation, {}, Z)


def _ensemble_head(layer: Any, params: Params, X: Any) -> Any:
    return (torch.einsum("nki,kio->nko", X, params["weight"]) + params["bias"][:, 0]).flatten(1)


TORCH_LAYERS: dict[str, Callable[[Any, Params, Any], Any]] = {
    "BatchNorm": _batch_norm,
    "Calibration": lambda layer, params, X: X if layer.trainable else params["scale"] * X + params["shift"],
    "Copies": lambda layer, params, X: X[:, None, :] * params["factor"],
    "EnsembleDense": _ensemble_dense,
    "EnsembleHead": _ensemble_head,
    "NTKDense": lambda layer, params, X: X @ params["weight"] / X.shape[1] ** 0.5 + params["bias"],
    "PeriodicEmbedding": _periodic,
    "PiecewiseLinearEmbedding": _piecewise,
    "Embedding": lambda layer, params, X: F.embedding(X.long(), params["weight"]),
    "GaussianNoise": lambda layer, params, X: X,
    "PReLU": lambda layer, params, X: torch.where(X > 0, X, params["slope"] * X),
    "Parametric": _parametric,
    "Reshape": lambda layer, params, X: X.reshape(len(X), *layer.shape),
    "Scale": lambda layer, params, X: params["scale"] * X,
    "Select": lambda layer, params, X: X[..., layer.columns],
    "Softmax": lambda layer, params, X: torch.softmax(X, dim=-1),
    "Concatenate": _concatenate,
    "Dense": _dense,
    "Dropout": lambda layer, params, X: X,
    "ELU": lambda layer, params, X: F.elu(X, layer.alpha),
    "Flatten": lambda layer, params, X: torch.flatten(X, 1),
    "GELU": lambda layer, params, X: F.gelu(X, approximate="tanh"),
    "Identity": lambda layer, params, X: X,
    "LayerNorm": _layer_norm,
    "LeakyReLU": lambda layer, params, X: F.leaky_relu(X, layer.slope),
    "Mish": lambda layer, params, X: F.mish(X),
    "ReLU": lambda layer, params, X: F.relu(X),
    "Residual": _residual,
    "SELU": lambda layer, params, X: F.selu(X),
    "Sequential": lambda layer, params, X: _chain(layer.layers, params, X),
    "SiLU": lambda layer, params, X: F.silu(X),
    "Sigmoid": lambda layer, params, X: torch.sigmoid(X),
    "Softplus": lambda layer, params, X: F.softplus(X, threshold=700.0),
    "Tanh": lambda layer, params, X: torch.tanh(X),
}


def torch_layer(layer: gn.Layer, params: Params, X: Any) -> Any:
    """Return a layer's output by PyTorch."""
    return TORCH_LAYERS[type(layer).__name__](layer, params, X)


def _columns(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a loss that averages its columns, from one of PyTorch's."""
    return lambda loss, Z, y: function(loss, Z, y.reshape(len(Z), -1)).mean(dim=-1)


def _binary(loss: Any, Z: Any, y: Any) -> Any:
    smooth = y * (1.0 - loss.label_smoothing) + loss.label_smoothing / 2.0
    return F.binary_cross_entropy_with_logits(Z, smooth, reduction="none")


def _softmax(loss: Any, Z: Any, y: Any) -> Any:
    return F.cross_entropy(Z, y, reduction="none", label_smoothing=loss.label_smoothing)


def _gaussian(loss: Any, Z: Any, y: Any) -> Any:
    t = Z.shape[1] // 2
    variance = torch.exp(Z[:, t:]) + loss.min_variance
    return F.gaussian_nll_loss(Z[:, :t], y, variance, full=True, eps=0.0, reduction="none")


TORCH_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "AbsoluteError": _columns(lambda loss, Z, y: F.l1_loss(Z, y, reduction="none")),
    "BinaryCrossEntropy": _columns(_binary),
    "GaussianNLL": _columns(_gaussian),
    "Huber": _columns(lambda loss, Z, y: F.huber_loss(Z, y, delta=loss.delta, reduction="none")),
    "Poisson": _columns(lambda loss, Z, y: F.poisson_nll_loss(Z, y, reduction="none")),
    "SoftmaxCrossEntropy": _softmax,
    "SquaredError": _columns(lambda loss, Z, y: F.mse_loss(Z, y, reduction="none")),
}


def _quantile(loss: Any, Z: Any, y: Any) -> Any:
    levels = np.atleast_1d(loss.levels)
    r = y[:, :, None] - Z.reshape(len(Z), -1, len(levels))
    return anp.mean(anp.where(r >= 0, levels * r, (levels - 1.0) * r), axis=(1, 2))


def _binary_focal(loss: Any, Z: Any, y: Any) -> Any:
    p = 1.0 / (1.0 + anp.exp(anp.where(y == 1, -Z, Z)))
    a = 1.0 if loss.alpha is None else np.where(y == 1, loss.alpha, 1.0 - loss.alpha)
    return anp.mean(-a * (1.0 - p) ** loss.gamma * anp.log(p), axis=1)


def _softmax_focal(loss: Any, Z: Any, y: Any) -> Any:
    p = (anp.exp(Z) / anp.sum(anp.exp(Z), axis=1, keepdims=True))[np.arange(len(y)), y]
    a = 1.0 if loss.alpha is None else np.asarray(loss.alpha)[y]
    return -a * (1.0 - p) ** loss.gamma * anp.log(p)


AUTOGRAD_LOSSES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "BinaryFocalCrossEntropy": _binary_focal,
    "CustomLoss": lambda loss, Z, y: anp.sum(anp.log(anp.cosh(Z - y)), axis=1),
    "Quantile": _quantile,
    "SoftmaxFocalCrossEntropy": _softmax_focal,
}


def loss_figures(loss: gn.Loss, Z: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the losses of the rows, and the gradient of their weighted sum, by PyTorch or else by autograd."""
    name = type(loss).__name__
    if name == "EnsembleLoss":
        # By its definition: the mean over the copies of what the loss says of each.
        found = [loss_figures(loss.loss, part, y, weight) for part in np.split(Z, loss.copies, axis=1)]
        mean = sum(rows for rows, _ in found) / loss.copies
        return mean, np.concatenate([dZ for _, dZ in found], axis=1) / loss.copies
    if name in TORCH_LOSSES:
        logits = torch.tensor(Z, requires_grad=True)
        rows = TORCH_LOSSES[name](loss, logits, torch.tensor(y))
        (rows * torch.tensor(weight)).sum().backward()
        return rows.detach().numpy(), logits.grad.numpy()
    function = AUTOGRAD_LOSSES[name]
    return function(loss, Z, y), grad(lambda logits: anp.sum(weight * function(loss, logits, y)))(Z)


def _weights_and_rest(model: Any, decay: float) -> list[dict[str, Any]]:
    """Return parameter groups in which biases do not decay, as here."""
    parameters = list(model.parameters())
    weights, rest = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim < 2]
    return [{"params": weights, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def torch_optimizer(optimizer: Any, model: Any) -> Any:
    """Return PyTorch's counterpart of an optimizer, or None if it has none."""
    rate, name = optimizer.learning_rate, type(optimizer).__name__
    if getattr(optimizer, "eps_form", "torch") != "torch" or optimizer.is_scheduled:
        return None
    if name == "SGD":
        options = {"momentum": optimizer.momentum, "nesterov": optimizer.nesterov}
        return torch.optim.SGD(model.parameters(), lr=rate, **options)
    betas = {"betas": (getattr(optimizer, "beta1", 0.0), getattr(optimizer, "beta2", 0.0))}
    if name == "Adam":
        return torch.optim.Adam(model.parameters(), lr=rate, eps=optimizer.eps, **betas)
    if name == "AdamW":
        groups = _weights_and_rest(model, optimizer.weight_decay)
        return torch.optim.AdamW(groups, lr=rate, eps=optimizer.eps, **betas)
    if name == "RMSprop":
        options = {"alpha": optimizer.rho, "momentum": optimizer.momentum, "centered": optimizer.centered}
        return torch.optim.RMSprop(model.parameters(), lr=rate, eps=optimizer.eps, **options)
    if name == "Adagrad":
        start = {"initial_accumulator_value": optimizer.initial_accumulator}
        return torch.optim.Adagrad(model.parameters(), lr=rate, eps=optimizer.eps, **start)
    return None


def twenty_steps(optimizer: Any, start: dict[str, np.ndarray], X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Return the parameters of a 4-5-3 tanh classifier after 20 steps on one batch, or {} without a counterpart."""
    first, second = torch.nn.Linear(4, 5, dtype=torch.float64), torch.nn.Linear(5, 3, dtype=torch.float64)
    model = torch.nn.Sequential(first, torch.nn.Tanh(), second)
    with torch.no_grad():
        for name, linear in (("dense_1", first), ("dense_2", second)):
            linear.weight.copy_(torch.tensor(start[f"{name}.weight"].T))
            linear.bias.copy_(torch.tensor(start[f"{name}.bias"][0]))
    steps = torch_optimizer(optimizer, model)
    if steps is None:
        return {}
    for _ in range(20):
        steps.zero_grad()
        F.cross_entropy(model(torch.tensor(X)), torch.tensor(y)).backward()
        steps.step()
    return {
        f"{name}.{part}": array.detach().numpy()
        for name, linear in (("dense_1", first), ("dense_2", second))
        for part, array in (("weight", linear.weight.T), ("bias", linear.bias[None, :]))
    }
