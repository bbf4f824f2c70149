"""Networks from models of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.exports.frameworks.assembling import Options, Piece, assembled, check_alike, framework, refuse
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    BatchNorm,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer

__all__ = ["from_keras"]

_WHERE = "from_keras"
_SAME = "A network would not compute the same."
_FUNCTIONS: dict[str, Callable[[], Layer]] = {
    "elu": ELU,
    "leaky_relu": lambda: LeakyReLU(0.2),  # of the function; the layer has 0.3
    "linear": Identity,
    "mish": Mish,
    "relu": ReLU,
    "selu": SELU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "softmax": Softmax,
    "softplus": Softplus,
    "tanh": Tanh,
}
_GRID = np.linspace(-8.0, 8.0, 257, dtype=np.float32)[:, None]


def from_keras(
    model: Any,
    *,
    loss: str | Loss | None = None,
    optimizer: str | Optimizer = "adam",
    input_shape: tuple[int, ...] | None = None,
) -> Network:
    """Return a network that computes what a model of Keras 3 does, if it is a stack of layers that are here too.

    Epsilons, momenta and slopes are those of the model.

    Parameters
    ----------
    model : keras.Model
        A built `Sequential`, or a functional model without branches.
    loss : str or Loss, optional
        Without it the network predicts what the model returns. A softmax or sigmoid at its end becomes part of the
        cross-entropy, and everything else is ``"squared_error"``. A model that ends in logits, for
        ``from_logits=True``, needs ``loss="cross_entropy"`` or ``loss="binary_cross_entropy"``, if probabilities are to
        be predicted.
    optimizer : str or Optimizer, default="adam"
        For further training.
    input_shape : tuple of int, optional
        Shape of one sample, where the model leaves it open.

    Returns
    -------
    Network
        Built; it was compared with the model on 16 rows.

    Raises
    ------
    ConfigError
        A layer, or an option of one, has no exact counterpart: GELU must be in its tanh form, for example.
    DataError
        The model computes something else than its layers say.
    """
    keras = framework(_WHERE, "keras")
    if not isinstance(model, keras.Model):
        must, advice = "it must be a keras.Model", "See from_torch and from_sklearn for others."
        raise refuse(_WHERE, f"the model is a {type(model).__name__}", must, advice)
    if not model.built:
        raise refuse(_WHERE, "the model has no weights", "it must be built", "Call model.build((None, d)) or fit it.")
    pieces = [piece for layer in _stack(model, keras) for piece in _pieces(layer, keras)]
    if not pieces:
        raise refuse(_WHERE, "the model has no layers", "it must have at least one", "Pass the model that was trained.")
    shape = input_shape or _input_shape(model)
    network = assembled(_WHERE, pieces, Options(loss, optimizer, shape))
    check_alike(_WHERE, network, lambda X: keras.ops.convert_to_numpy(model(X, training=False)))
    return network


def _input_shape(model: Any) -> tuple[int, ...] | None:
    found = getattr(model, "input_shape", None)
    shape = tuple(found[1:]) if isinstance(found, tuple) else ()
    return shape if shape and all(isinstance(axis, int) for axis in shape) else None


def _stack(model: Any, keras: Any) -> list[Any]:
    """Return the layers of a model without branches, one after the other."""
    if not isinstance(model, (keras.Sequential, keras.src.models.functional.Functional)) or _has_own_call(model, keras):
        must = "it must be a stack of layers: Sequential, or functional without branches"
        raise refuse(_WHERE, f"the model is a {type(model).__name__}", must, "Its own code cannot be read.")
    found: list[Any] = []
    for layer in model.layers:
        if not isinstance(model, keras.Sequential) and not _follows(layer, found[-1] if found else None, keras):
            must = "it must be a stack of layers: Sequential, or functional without branches"
            fact = f"the model has a branch at {layer.name!r}"
            raise refuse(_WHERE, fact, must, "Build it of Residual and Concatenate here.")
        found.append(layer)
    return [inner for layer in found for inner in (_stack(layer, keras) if isinstance(layer, keras.Model) else [layer])]


def _has_own_call(model: Any, keras: Any) -> bool:
    return type(model) not in (keras.Model, keras.Sequential, keras.src.models.functional.Functional)


def _follows(layer: Any, last: Any, keras: Any) -> bool:
    """Return whether a layer reads the output of the one before it, and nothing else, once."""
    if last is None:
        return isinstance(layer, keras.layers.InputLayer)
    nodes = layer._inbound_nodes
    if len(nodes) != 1 or len(nodes[0].input_tensors) != 1:
        return False
    return nodes[0].input_tensors[0]._keras_history.operation is last


def _pieces(layer: Any, keras: Any) -> list[Piece]:
    name = type(layer).__name__
    if name == "InputLayer":
        return []
    reader = _READERS.get(name)
    if reader is None or type(layer) is not getattr(keras.layers, name, None):
        fact = f"{name} ({layer.name!r}) has no counterpart here"
        raise refuse(_WHERE, fact, "every layer must have one", f"Known are {', '.join(sorted(_READERS))}.")
    pieces = reader(layer)
    pieces[0].trainable = bool(layer.trainable)
    return pieces


def _array(variable: Any) -> np.ndarray:
    return np.array(framework(_WHERE, "keras").ops.convert_to_numpy(variable))


def _exactly(layer: Any, **wanted: Any) -> None:
    """Refuse a layer with an option that none of ours has."""
    for name, value in wanted.items():
        found = getattr(layer, name, value)
        if found != value:
            must = f"it must have {name}={value!r}"
            raise refuse(_WHERE, f"{type(layer).__name__} has {name}={found!r}", must, _SAME)


def _last_axis(layer: Any, rank: int) -> None:
    axis = layer.axis if isinstance(layer.axis, int) else tuple(layer.axis)
    if axis not in (-1, rank - 1, (-1,), (rank - 1,)):
        raise refuse(_WHERE, f"{type(layer).__name__} has axis={axis}", "it must work on the last axis", _SAME)


def _activation(function: Any) -> list[Piece]:
    """Return the piece of an activation function; none for the linear one."""
    name = getattr(function, "__name__", type(function).__name__)
    known = _FUNCTIONS.get(name)
    if known is None and _is_tanh_gelu(function):
        known = GELU
    if known is None:
        advice = "GELU is here in its tanh form only, which differs by up to 5e-4." if name == "gelu" else _SAME
        raise refuse(_WHERE, f"the activation {name!r} has no counterpart here", "every one must have one", advice)
    return [] if known is Identity else [Piece(known())]


def _is_tanh_gelu(function: Any) -> bool:
    """Return whether a function of the user's own is GELU in its tanh form, by its values."""
    ops = framework(_WHERE, "keras").ops
    try:
        found = np.asarray(ops.convert_to_numpy(function(ops.convert_to_tensor(_GRID))))
    except Exception:  # it may be any function
        return False
    c, z = GELU.c, _GRID.astype(np.float64)
    exact = z * (1.0 + np.tanh(c * (z + 0.044715 * z**3))) / 2.0
    return found.shape == exact.shape and bool(np.abs(found - exact).max() < 1e-6)


def _dense(layer: Any) -> list[Piece]:
    if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
        raise refuse(_WHERE, "Dense is quantized or has LoRA", "it must have weights of its own alone", _SAME)
    arrays = {"weight": _array(layer.kernel)}
    if layer.use_bias:
        arrays["bias"] = _array(layer.bias)
    dense = Piece(Dense(layer.units, use_bias=layer.use_bias), arrays, (arrays["weight"].shape[0],))
    return [dense, *_activation(layer.activation)]


def _batch_norm(layer: Any) -> list[Piece]:
    _last_axis(layer, 2)
    mean, var = _array(layer.moving_mean), _array(layer.moving_variance)
    gamma = _array(layer.gamma) if layer.scale else np.ones_like(mean)
    beta = _array(layer.beta) if layer.center else np.zeros_like(mean)
    arrays = {"gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var}
    return [Piece(BatchNorm(momentum=layer.momentum, eps=layer.epsilon), arrays, mean.shape)]


def _layer_norm(layer: Any) -> list[Piece]:
    _exactly(layer, rms_scaling=False)
    weights = [_array(weight) for weight in layer.weights]
    if not weights:
        fact, must = "LayerNormalization has neither a factor nor a summand", "it must have one of them"
        raise refuse(_WHERE, fact, must, "Its width cannot be read. Use scale=True.")
    _last_axis(layer, len(layer.input.shape) if hasattr(layer, "_inbound_nodes") and layer._inbound_nodes else 2)
    gamma = weights[0] if layer.scale else np.ones_like(weights[0])
    beta = weights[-1] if layer.center else np.zeros_like(weights[0])
    return [Piece(LayerNorm(eps=layer.epsilon), {"gamma": gamma, "beta": beta})]


def _embedding(layer: Any) -> list[Piece]:
    _exactly(layer, mask_zero=False)
    W = _array(layer.embeddings)
    return [Piece(Embedding(*W.shape), {"weight": W})]


def _prelu(layer: Any) -> list[Piece]:
    alpha = _array(layer.alpha)
    return [Piece(PReLU(shared=alpha.size == 1), {"slope": alpha})]


def _relu(layer: Any) -> list[Piece]:
    _exactly(layer, max_value=None, threshold=0.0)
    slope = float(layer.negative_slope)
    return [Piece(LeakyReLU(slope) if slope else ReLU())]


def _softmax(layer: Any) -> list[Piece]:
    _exactly(layer, axis=-1)
    return [Piece(Softmax())]


_READERS: dict[str, Callable[[Any], list[Piece]]] = {
    "Activation": lambda layer: _activation(layer.activation) or [Piece(Identity())],
    "BatchNormalization": _batch_norm,
    "Dense": _dense,
    "Dropout": lambda layer: [Piece(Dropout(layer.rate))],
    "ELU": lambda layer: [Piece(ELU(layer.alpha))],
    "Embedding": _embedding,
    "Flatten": lambda layer: [Piece(Flatten())],
    "GaussianNoise": lambda layer: [Piece(GaussianNoise(layer.stddev))],
    "Identity": lambda layer: [Piece(Identity())],
    "LayerNormalization": _layer_norm,
    "LeakyReLU": lambda layer: [Piece(LeakyReLU(float(layer.negative_slope)))],
    "PReLU": _prelu,
    "ReLU": _relu,
    "Reshape": lambda layer: [Piece(Reshape(layer.target_shape))],
    "Softmax": _softmax,
}
