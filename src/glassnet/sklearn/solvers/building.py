"""Layers, loss, optimizer and initial weights from the parameters of an estimator."""

from __future__ import annotations

import copy
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import ConfigError
from glassnet.layers import ACTIVATIONS, BatchNorm, Dense, Dropout, Layer, LayerNorm
from glassnet.layers.activations.by_name import make_activation
from glassnet.layers.tree import leaves
from glassnet.losses import LOSSES, Loss, as_loss
from glassnet.network import Network
from glassnet.optimizers import OPTIMIZERS, SGD, Adam, Optimizer
from glassnet.schedules import Schedule
from glassnet.utils.checks import check_choice, check_number

__all__ = [
    "SOLVERS", "build_layers", "choose_loss", "dense_layers", "draw_weights", "hidden_sizes", "make_optimizer",
    "move_weights",
]  # fmt: skip

SOLVERS = ("adam", "lbfgs", "sgd")
_NORMS = {"batch": BatchNorm, "layer": LayerNorm}


def hidden_sizes(where: str, sizes: Any) -> list[int]:
    """Return the widths of the hidden layers as a list; a single number is one layer; ``where`` is for messages."""
    found = list(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str) else [sizes]
    if any(isinstance(size, numbers.Real) and size <= 0 for size in found):
        message = f"hidden_layer_sizes must be > 0, got {found}."  # scikit-learn's words, which its tests check
        raise ConfigError(message, got=sizes)
    must = "it must be a whole number of at least 1, or a tuple of them"
    for size in found:
        if isinstance(size, bool) or not isinstance(size, numbers.Integral):
            advice = "Text is not read as numbers." if isinstance(size, str) else ""
            message = f"{where}: hidden_layer_sizes is {sizes!r}; {must}. {advice}".rstrip()
            raise ConfigError(message, expected=must, got=sizes)
    return [int(size) for size in found]


def choose_loss(where: str, value: Any, own: Mapping[str, type[Loss]], *, classifies: bool) -> Loss:
    """Return the loss of this name, looked up in ``own`` first, or the loss object itself."""
    if isinstance(value, str) and value in own:
        return own[value]()
    if not isinstance(value, (Loss, type)) and not (isinstance(value, str) and value in LOSSES):
        fitting = {name for name, loss in LOSSES.items() if loss.classifies == classifies}
        check_choice(where, "loss", value, sorted({*fitting, *own}), advice="Or pass a loss object.")
    return as_loss(value)


def build_layers(
    where: str, sizes: Sequence[int], n_outputs: int, *, activation: Any, dropout: Any, normalization: str | None,
    frozen: Iterable[int],
) -> list[Layer]:  # fmt: skip
    """Return the layers: for each hidden width ``Dense``, a norm, the activation, dropout; then the outputs.

    Without a norm the activation is part of the ``Dense``.
    """
    n = len(sizes)
    activations = _per_layer(where, "activation", activation, n)
    rates = _per_layer(where, "dropout", dropout, n)
    norm = None if normalization is None else _NORMS[check_choice(where, "normalization", normalization, _NORMS)]
    layers: list[Layer] = []
    for width, given, rate in zip(sizes, activations, rates, strict=True):
        chosen = activation_of(where, given)
        if norm is None:
            layers.append(Dense(width, chosen))
        else:
            layers += [Dense(width), norm(), make_activation(where, chosen)]
        if check_number(where, "dropout", rate, 0.0, 1.0, open_maximum=True):
            layers.append(Dropout(rate))
    layers.append(Dense(n_outputs))
    _freeze(where, layers, frozen)
    return layers


def activation_of(where: str, activation: Any) -> Any:
    """Return an activation under its name in `glassnet.layers`; scikit-learn calls the sigmoid "logistic"."""
    if activation is not None and not isinstance(activation, str):
        return make_activation(where, activation)
    check_choice(where, "activation", activation, sorted([*ACTIVATIONS, "logistic"]))
    return "sigmoid" if activation == "logistic" else activation


def _per_layer(where: str, name: str, value: Any, n: int) -> list[Any]:
    """Return one value for each hidden layer; a pair of functions is one activation."""
    is_pair = isinstance(value, tuple) and len(value) == 2 and all(map(callable, value))
    if not isinstance(value, (list, tuple, np.ndarray)) or is_pair:
        return [value] * n
    if len(value) != n:
        must = f"it must be one, or one for each of {n} hidden layers"
        message = f"{where}: {name} has {len(value)} values; {must}. Look at hidden_layer_sizes."
        raise ConfigError(message, expected=n, got=value)
    return list(value)


def _freeze(where: str, layers: list[Layer], frozen: Iterable[int]) -> None:
    """Make some dense layers not trainable; they are counted as in ``coefs_``."""
    dense = [layer for layer in layers if isinstance(layer, Dense)]
    must = f"it must be a sequence of places in coefs_, 0 to {len(dense) - 1}"
    if not isinstance(frozen, Iterable) or isinstance(frozen, str):
        advice = "Write frozen=[0] for the first layer, frozen=() for none."
        message = f"{where}: frozen is {frozen!r}; {must}. {advice}"
        raise ConfigError(message, got=frozen)
    for index in frozen:
        if isinstance(index, bool) or not isinstance(index, (int, np.integer)) or not 0 <= index < len(dense):
            advice = "Count the layer of outputs too, and count from 0."
            message = f"{where}: frozen holds {index!r}; {must}. {advice}"
            raise ConfigError(message, got=index)
        dense[index].tuned(trainable=False)


def dense_layers(network: Network) -> list[Dense]:
    """Return the layers whose weights are ``coefs_`` and ``intercepts_``."""
    return [layer for layer in leaves(network.names, network.layers).values() if isinstance(layer, Dense)]


def draw_weights(network: Network, random: np.random.RandomState, dtype: np.dtype[Any], *, is_logistic: bool) -> None:
    """Fill all dense layers as scikit-learn does, with the same random numbers.

    Weights and biases are uniform between ``-bound`` and ``bound`` with ``bound = sqrt(6 / (fan_in + fan_out))``, or
    ``sqrt(2 / ...)`` where the hidden activation is logistic; rounded to ``dtype``.

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """
    for layer in dense_layers(network):
        d_in, d_out = layer.W.shape
        bound = math.sqrt((2.0 if is_logistic else 6.0) / (d_in + d_out))
        layer.W[...] = random.uniform(-bound, bound, size=(d_in, d_out)).astype(dtype)
        layer.b[...] = random.uniform(-bound, bound, size=(d_out,)).astype(dtype)


def move_weights(old: Network, new: Network) -> None:
    """Copy the weights of a network into another with the same dense layers, and its run if all slots are the same."""
    layouts = [[(slot.name, slot.spec.shape) for slot in network._slots] for network in (old, new)]
    if layouts[0] == layouts[1]:
        new.params[...], new.stats[...], new._run = old.params, old.stats, old._run
        return
    for theirs, ours in zip(dense_layers(old), dense_layers(new), strict=True):
        ours.W[...], ours.b[...] = theirs.W, theirs.b


def make_optimizer(where: str, parameters: dict[str, Any]) -> Optimizer:
    """Return the optimizer that ``solver`` and the parameters for it describe.

    ``"sgd"`` and ``"adam"`` are scikit-learn's forms; other names and objects are those of `glassnet.optimizers`.
    """
    solver, clip = parameters["solver"], parameters["clip_norm"]
    if isinstance(solver, Optimizer):
        if clip is not None:
            must = "with an optimizer object it must be None"
            message = f"{where}: clip_norm is {clip}; {must}. Give it to the optimizer."
            raise ConfigError(message, got=clip)
        return copy.deepcopy(solver)  # a fit may not change the estimator's parameters
    check_choice(where, "solver", solver, sorted({*OPTIMIZERS, *SOLVERS}))
    schedule = parameters["learning_rate"]
    rate = schedule if isinstance(schedule, Schedule) else parameters["learning_rate_init"]
    if solver == "sgd":
        return _sgd(rate, parameters)
    if solver in ("adam", "lbfgs"):  # L-BFGS is SciPy's; its network needs some optimizer
        betas = {"beta1": parameters["beta_1"], "beta2": parameters["beta_2"]}
        return Adam(rate, **betas, eps=parameters["epsilon"], eps_form="sklearn", clip_norm=clip)
    return OPTIMIZERS[solver](rate, clip_norm=clip)


def _sgd(rate: Any, parameters: dict[str, Any]) -> SGD:
    momentum, clip = parameters["momentum"], parameters["clip_norm"]
    nesterov = bool(parameters["nesterovs_momentum"] and momentum)
    optimizer = SGD(rate, momentum=min(momentum, 0.5), nesterov=nesterov, clip_norm=clip)
    optimizer.momentum = momentum  # scikit-learn allows 1 as well
    return optimizer
