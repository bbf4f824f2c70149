"""A network from the layers that were read from another framework's model."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from glassnet.errors import ConfigError, DataError, MissingExtraError
from glassnet.layers import Dense, Embedding, Layer, Sigmoid, Softmax
from glassnet.layers.activations.base import Activation
from glassnet.layers.activations.by_name import activation_name
from glassnet.layers.tree import name_layers
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer

__all__ = ["Options", "Piece", "assembled", "check_alike", "framework", "refuse"]

_PIP = {
    "torch": "pip install torch (a build for the CPU is enough)",
    "keras": "pip install keras, and torch, jax or tensorflow for it to run on",
    "onnx": "pip install onnx",
    "skl2onnx": "pip install skl2onnx",
}
_LINKED: dict[type[Layer], tuple[str, ...]] = {
    Softmax: ("cross_entropy", "focal_cross_entropy"),
    Sigmoid: ("binary_cross_entropy", "binary_focal_cross_entropy"),
}
_ROWS, _TOLERANCE = 16, 1e-4


@dataclass
class Piece:
    """A layer, its arrays by the names that ours have, and the shape of its input where it says that."""

    layer: Layer
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    reads: tuple[int, ...] | None = None
    trainable: bool = True


@dataclass(frozen=True)
class Options:
    """What the user asked for: loss, optimizer and shape of the input."""

    loss: str | Loss | None = None
    optimizer: str | Optimizer = "adam"
    input_shape: tuple[int, ...] | None = None


def framework(where: str, name: str) -> ModuleType:
    """Import a framework, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        message = f"{where}: needs {package}, which cannot be imported here. Run: {_PIP[package]}"
        raise MissingExtraError(message, expected=package) from error


def refuse(where: str, fact: str, must: str, advice: str) -> ConfigError:
    """Return the error for a model that is not the same as any network of ours."""
    return ConfigError(f"{where}: {fact}; {must}. {advice}", expected=must, got=fact)


def assembled(where: str, pieces: Sequence[Piece], options: Options) -> Network:
    """Return the network of some pieces, with their numbers."""
    pieces, loss = _without_link(list(pieces), options.loss)
    shape = options.input_shape or _shape(where, pieces)
    pieces = _joined(pieces)
    kinds = {array.dtype for piece in pieces for array in piece.arrays.values()} or {np.dtype(np.float32)}
    if len(kinds) > 1 or not kinds <= {np.dtype(np.float32), np.dtype(np.float64)}:
        must = "they must all be float32, or all float64"
        raise refuse(where, f"weights are {' and '.join(sorted(map(str, kinds)))}", must, "Convert the model before.")
    layers = [piece.layer if piece.trainable else piece.layer.tuned(trainable=False) for piece in pieces]
    network = Network(layers, loss=loss, optimizer=options.optimizer, dtype=kinds.pop(), input_shape=shape)  # type: ignore[arg-type]  # checked above
    names = name_layers(layers)
    given = {
        f"{name}.{key}": array for name, piece in zip(names, pieces, strict=True) for key, array in piece.arrays.items()
    }
    network.load_state_dict({key: given[key].reshape(own.shape) for key, own in network.state_dict().items()})
    return network


def _without_link(pieces: list[Piece], loss: str | Loss | None) -> tuple[list[Piece], str | Loss]:
    """Return the pieces without a softmax or sigmoid at the end that belongs to the loss, and the loss."""
    links = _LINKED.get(type(pieces[-1].layer), ()) if pieces else ()
    if loss is None:
        loss = links[0] if links else "squared_error"
    name = loss if isinstance(loss, str) else loss.name
    return (pieces[:-1] if name in links else pieces), loss


def _shape(where: str, pieces: Sequence[Piece]) -> tuple[int, ...]:
    """Return the shape of the input, which the first layer with weights says."""
    for piece in pieces:
        if piece.reads is not None:
            return piece.reads
        if not isinstance(piece.layer, Activation) and type(piece.layer).__name__ not in ("Dropout", "GaussianNoise"):
            break
    must = "it must be known"
    raise refuse(where, "no layer shows the shape of one sample", must, "Pass input_shape=, such as (28, 28).")


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with each activation inside the dense layer before it."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1].layer if found else None
        if isinstance(piece.layer, Activation) and isinstance(last, Dense) and last._is_linear:
            activation = piece.layer if piece.layer.config() else activation_name(piece.layer)
            found[-1].layer = Dense(last.units, activation, use_bias=last.use_bias)  # type: ignore[arg-type]  # a name that Dense knows
        else:
            found.append(piece)
    return found


def check_alike(where: str, network: Network, run: Callable[[np.ndarray], Any]) -> None:
    """Compare logits, predictions or their logarithms with the outputs of the model, which ``run`` returns.

    Raises
    ------
    DataError
        They differ: something in the model was not seen.
    """
    rng = np.random.default_rng(0)
    shape = (_ROWS, *(network.input_shape or ()))
    first = network.layers[0]
    X = rng.integers(0, first.n_categories, shape) if isinstance(first, Embedding) else rng.standard_normal(shape)
    X = X.astype(network.dtype)
    theirs = np.asarray(run(X), dtype=np.float64).reshape(_ROWS, -1)
    with np.errstate(divide="ignore"):
        predicted = network.predict(X)
        candidates = (network.forward(X), predicted, np.log(np.maximum(predicted, 0.0)))
    scale = np.maximum(1.0, np.abs(theirs))
    far = min(float(np.nan_to_num(np.abs(found - theirs) / scale, nan=np.inf).max()) for found in candidates)
    if far > _TOLERANCE:
        must = "the network must compute what the model does"
        fact = f"the outputs of network and model differ by {far:.1e}"
        message = f"{where}: {fact}; {must}. Something in the model is not in its layers."
        raise DataError(message, expected=must, got=far)
