"""Networks from modules of PyTorch."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.exports.frameworks.assembling import Options, Piece, assembled, check_alike, framework, refuse
from glassnet.exports.frameworks.state_dicts import filled
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    BatchNorm,
    Dense,
    Dropout,
    Embedding,
    Flatten,
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

__all__ = ["from_torch"]

_WHERE = "from_torch"
_FEWEST_THRESHOLD = 20.0  # of Softplus, beyond which log1p(exp(-z)) is less than 3e-9


def from_torch(
    model: Any,
    layers: Sequence[Layer] | None = None,
    *,
    loss: str | Loss | None = None,
    optimizer: str | Optimizer = "adam",
    input_shape: tuple[int, ...] | None = None,
) -> Network:
    """Return a network that computes what a module of PyTorch does.

    A stack of modules that have the same layer here is read from the module itself. For any other architecture give the
    weights, and the ``layers`` that they belong to: those of the network that was exported, say, and the state dict of
    the module that was trained further.

    Parameters
    ----------
    model : torch.nn.Module, state dict, or path
        A stack; or with ``layers``, any module, its state dict, whose arrays may be tensors or of NumPy, or a
        ``.safetensors`` file of it; PyTorch is not needed for these two.
    layers : sequence of Layer, optional
        What the weights belong to; they are copied.
    loss : str or Loss, optional
        Without it the network predicts what the module returns. A softmax or sigmoid at its end becomes part of the
        cross-entropy, a log-softmax too, whose probabilities are predicted then, and everything else is
        ``"squared_error"``. A module for ``nn.CrossEntropyLoss`` needs ``loss="cross_entropy"``, one for
        ``nn.BCEWithLogitsLoss`` ``loss="binary_cross_entropy"``, if probabilities are to be predicted.
    optimizer : str or Optimizer, default="adam"
        For further training.
    input_shape : tuple of int, optional
        Shape of one sample, where the first module with weights does not say it.

    Returns
    -------
    Network
        Built; given a module, it was compared with that on 16 rows, in evaluation mode.

    Raises
    ------
    ConfigError
        A module, or an option of one, has no exact counterpart: GELU must be in its tanh form, for example.
    DataError
        The module computes something else than its parts say, as with a hook.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> state = {"0.weight": np.array([[1.0, 2.0]]), "0.bias": np.array([0.5])}
    >>> from_torch(state, [gn.Dense(1)], input_shape=(2,)).predict([[3.0, 4.0]]).tolist()
    [[11.5]]
    """
    options = Options(loss, optimizer, input_shape)
    if isinstance(model, (Mapping, str, os.PathLike)):
        return filled(_WHERE, model, layers, options)
    torch = framework(_WHERE, "torch")
    if not isinstance(model, torch.nn.Module):
        must = "it must be a torch.nn.Module, or a state dict with layers="
        advice = "See from_keras and from_sklearn for others."
        raise refuse(_WHERE, f"the model is a {type(model).__name__}", must, advice)
    if layers is None:
        network = assembled(_WHERE, _pieces(model, torch, loss), options)
    else:
        network = filled(_WHERE, model.state_dict(), layers, options)
    check_alike(_WHERE, network, lambda X: _run(model, X, torch))
    return network


def _run(model: Any, X: np.ndarray, torch: Any) -> np.ndarray:
    """Return what a module computes in evaluation mode, which does not stay on."""
    modes = {module: module.training for module in model.modules()}
    first = next(model.parameters(), torch.empty(0))
    rows = torch.from_numpy(X).to(first.device)
    if isinstance(next(iter(_leaves(model, torch))), torch.nn.Embedding):
        rows = rows.long()
    try:
        with torch.no_grad():
            return np.asarray(model.eval()(rows).cpu().numpy())
    finally:
        for module, mode in modes.items():
            module.training = mode


def _leaves(module: Any, torch: Any) -> list[Any]:
    """Return the modules of a stack, one after the other."""
    if isinstance(module, torch.nn.Sequential) and type(module).forward is torch.nn.Sequential.forward:
        return [leaf for inner in module for leaf in _leaves(inner, torch)]
    return [module]


def _pieces(model: Any, torch: Any, loss: str | Loss | None) -> list[Piece]:
    pieces: list[Piece] = []
    modules = _leaves(model, torch)
    for module in modules:
        reader = _READERS.get(type(module).__name__)
        if reader is None or type(module) is not getattr(torch.nn, type(module).__name__, None):
            must = "the model must be a stack of modules that have one"
            advice = f"Those are {', '.join(sorted(_READERS))}. For other modules pass layers= too."
            raise refuse(_WHERE, f"{type(module).__name__} has no counterpart here", must, advice)
        if type(module).__name__ == "LogSoftmax" and (module is not modules[-1] or not _is_of_classes(loss)):
            must = "it must be the last module, and the loss a cross-entropy"
            fact = "LogSoftmax is in another place, or with another loss"
            raise refuse(_WHERE, fact, must, "Pass the module without it.")
        piece = reader(module)
        parameters = list(module.parameters())
        piece.trainable = not parameters or any(parameter.requires_grad for parameter in parameters)
        pieces.append(piece)
    if not pieces:
        fact, must = "the model has no modules", "it must have at least one"
        raise refuse(_WHERE, fact, must, "Pass the module that was trained.")
    return pieces


def _is_of_classes(loss: str | Loss | None) -> bool:
    name = loss if loss is None or isinstance(loss, str) else loss.name
    return name in (None, "cross_entropy", "focal_cross_entropy")


def _array(tensor: Any) -> np.ndarray:
    if str(tensor.dtype) not in ("torch.float32", "torch.float64"):
        must = "they must all be float32, or all float64"
        raise refuse(_WHERE, f"weights are {tensor.dtype}", must, "Convert the module with model.float().")
    return np.array(tensor.detach().cpu().numpy())


def _exactly(module: Any, **wanted: Any) -> None:
    """Refuse a module with an option that no layer has."""
    for name, value in wanted.items():
        found = getattr(module, name)
        if found != value:
            fact, must = f"{type(module).__name__} has {name}={found!r}", f"it must have {name}={value!r}"
            raise refuse(_WHERE, fact, must, "A network would not compute the same.")


def _linear(module: Any) -> Piece:
    arrays = {"weight": _array(module.weight).T}
    if module.bias is not None:
        arrays["bias"] = _array(module.bias)
    layer = Dense(module.out_features, use_bias=module.bias is not None)
    return Piece(layer, arrays, (module.in_features,))


def _batch_norm(module: Any) -> Piece:
    _exactly(module, track_running_stats=True)
    if module.momentum is None:
        fact = "BatchNorm1d has the momentum None, an average over all batches"
        raise refuse(_WHERE, fact, "it must have a number", "Set module.momentum = 0.1.")
    mean, var = _array(module.running_mean), _array(module.running_var)
    scales = {"gamma": np.ones_like(mean), "beta": np.zeros_like(mean)}
    if module.affine:
        scales = {"gamma": _array(module.weight), "beta": _array(module.bias)}
    layer = BatchNorm(momentum=round(1.0 - module.momentum, 12), eps=module.eps)
    return Piece(layer, {**scales, "running_mean": mean, "running_var": var}, (module.num_features,))


def _layer_norm(module: Any) -> Piece:
    if len(module.normalized_shape) != 1:
        fact = f"LayerNorm normalises the shape {tuple(module.normalized_shape)}"
        raise refuse(_WHERE, fact, "it must normalise the last axis alone", "Put nn.Flatten() before it.")
    d = module.normalized_shape[0]
    gamma = np.ones(d, dtype=np.float32) if module.weight is None else _array(module.weight)
    beta = np.zeros_like(gamma) if module.bias is None else _array(module.bias)
    return Piece(LayerNorm(eps=module.eps), {"gamma": gamma, "beta": beta})


def _embedding(module: Any) -> Piece:
    _exactly(module, max_norm=None)
    layer = Embedding(module.num_embeddings, module.embedding_dim)
    return Piece(layer, {"weight": _array(module.weight)})


def _prelu(module: Any) -> Piece:
    shared = module.num_parameters == 1
    reads = None if shared else (module.num_parameters,)
    return Piece(PReLU(shared=shared), {"slope": _array(module.weight)}, reads)


def _flatten(module: Any) -> Piece:
    _exactly(module, start_dim=1, end_dim=-1)
    return Piece(Flatten())


def _unflatten(module: Any) -> Piece:
    if module.dim not in (1, -1):
        _exactly(module, dim=1)
    return Piece(Reshape(tuple(module.unflattened_size)))


def _gelu(module: Any) -> Piece:
    if module.approximate != "tanh":
        must = "it must be in its tanh form, the one that there is here"
        advice = "They differ by up to 5e-4: train it as nn.GELU(approximate='tanh'), or set it and see what changes."
        raise refuse(_WHERE, "GELU is in its exact form", must, advice)
    return Piece(GELU())


def _softplus(module: Any) -> Piece:
    _exactly(module, beta=1.0)
    if module.threshold < _FEWEST_THRESHOLD:
        _exactly(module, threshold=_FEWEST_THRESHOLD)
    return Piece(Softplus())


def _softmax(module: Any) -> Piece:
    if module.dim not in (1, -1):
        _exactly(module, dim=-1)
    return Piece(Softmax())


def _leaky_relu(module: Any) -> Piece:
    slope = float(module.negative_slope)
    return Piece(LeakyReLU(slope) if slope else ReLU())


def _dropout(module: Any) -> Piece:
    if not math.isclose(module.p, 1.0):
        return Piece(Dropout(module.p))
    raise refuse(_WHERE, "Dropout must keep some of its inputs", "p=1.0", "Lower p.")


_READERS: dict[str, Callable[[Any], Piece]] = {
    "BatchNorm1d": _batch_norm,
    "Dropout": _dropout,
    "ELU": lambda module: Piece(ELU(module.alpha)),
    "Embedding": _embedding,
    "Flatten": _flatten,
    "GELU": _gelu,
    "Identity": lambda module: Piece(Identity()),
    "LayerNorm": _layer_norm,
    "LeakyReLU": _leaky_relu,
    "Linear": _linear,
    "LogSoftmax": _softmax,
    "Mish": lambda module: Piece(Mish()),
    "PReLU": _prelu,
    "ReLU": lambda module: Piece(ReLU()),
    "SELU": lambda module: Piece(SELU()),
    "SiLU": lambda module: Piece(SiLU()),
    "Sigmoid": lambda module: Piece(Sigmoid()),
    "Softmax": _softmax,
    "Softplus": _softplus,
    "Tanh": lambda module: Piece(Tanh()),
    "Unflatten": _unflatten,
}
