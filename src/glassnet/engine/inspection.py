"""Look inside a network without disturbing it: outputs of every layer, gradients with respect to the input.

Everything here works on a shadow of the network, which reads the same parameters and statistics and has gradients and
scratch of its own. So it may be called from a callback, or another thread, in the middle of a training step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError
from glassnet.layers import Cache, Layer, Step
from glassnet.layers.tree import walk
from glassnet.utils.checks import check_choice, check_integer

__all__ = ["input_gradient", "layer_output", "layer_outputs", "tap"]

_JACOBIAN_ROWS = 512  # rows at a time: a backward pass keeps the outputs of all layers


def layer_outputs(network: BaseNetwork, X: Any) -> dict[str, np.ndarray]:
    """Return the output of every layer for X, with noise off.

    Parameters
    ----------
    network : BaseNetwork
        Built; it is not changed.
    X : array of shape (n, ...)
        Rows to look at.

    Returns
    -------
    dict of str to ndarray
        By the names of `Network.summary`, those of containers included, in the order of computation; shape
        (n, *out_shape), with members (K, n, *out_shape). The last one is `Network.forward`'s.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(3, "relu"), gn.Dense(1)], loss="squared_error", input_shape=(2,), seed=0)
    >>> {name: output.shape for name, output in net.activations(np.ones((4, 2))).items()}
    {'dense_1': (4, 3), 'dense_2': (4, 1)}
    """
    return _outputs(network, X, "Network.activations", None)


def layer_output(network: BaseNetwork, X: Any, layer: int | str) -> np.ndarray:
    """Return the output of one layer for X, with noise off: a representation of the rows.

    Parameters
    ----------
    network : BaseNetwork
        Built; it is not changed.
    X : array of shape (n, ...)
        Rows to look at.
    layer : int or str
        Position in ``network.layers``, negative ones from the end, or a name as in `Network.summary`.
    """
    if not isinstance(layer, str):
        layer = network.names[_position(layer, len(network.names))]
    return _outputs(network, X, "Network.hidden", layer)[layer]


def _position(value: Any, n: int) -> int:
    """Return a position counted from 0; negative ones are counted from the end."""
    position = check_integer("Network.hidden", "layer", value, -n)
    if position >= n:
        message = f"Network.hidden: layer is {position}; it must be from {-n} to {n - 1}. The network has {n} layers."
        raise ConfigError(message, expected=n, got=position)
    return position % n


def _outputs(network: BaseNetwork, X: Any, where: str, only: str | None) -> dict[str, np.ndarray]:
    network._built(where.removeprefix("Network."))
    inputs = network._check_inputs(where, X)
    shadow = network._shadow()
    parts = dict(walk(shadow.names, shadow.layers))
    if only is not None:
        parts = {check_choice(where, "layer", only, parts): parts[only]}
    taken = tap(parts)
    together = shadow._workspace.predict_rows
    for start in range(0, len(inputs), together):
        rows = shadow._broadcast(inputs[start : start + together])
        prepared = shadow._workspace.pass_for(rows.shape[0 if shadow.members is None else 1], keeps=False)
        prepared.chain.forward(rows, Step("predict"))
    axis = 0 if network.members is None else 1
    return {name: np.concatenate(blocks, axis=axis) for name, blocks in taken.items()}


def tap(layers: dict[str, Layer]) -> dict[str, list[np.ndarray]]:
    """Make layers of a copy leave a copy of each output, from now on, in the lists that are returned."""
    taken: dict[str, list[np.ndarray]] = {}
    for name, layer in layers.items():
        _tap(layer, taken.setdefault(name, []))
    return taken


def _tap(layer: Layer, taken: list[np.ndarray]) -> None:
    forward: Callable[[np.ndarray, Cache, Step], np.ndarray] = layer.forward

    def tapped(X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        Y = forward(X, cache, step)
        taken.append(np.array(Y))
        return Y

    layer.forward = tapped  # type: ignore[method-assign]  # of this object only, and it lives as long as the copy


def input_gradient(network: BaseNetwork, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
    """Return the gradient of each row's output with respect to the row: ``dX[i] = d output_i / d X[i]``.

    The arithmetic is that of prediction: noise off, running statistics.

    Parameters
    ----------
    network : BaseNetwork
        Built; it is not changed.
    X : array of shape (n, ...)
        Rows to look at.
    y : array of shape (n,) or (n, k), optional
        Targets: the gradient is then that of each row's own loss.
    output : int or array of n ints, optional
        The logit to differentiate, one for all rows or one for each. Without it and without ``y`` all logits are
        differentiated; a network with a single output has just one.

    Returns
    -------
    ndarray
        Of shape (n, *in_shape); for every logit (n, k, *in_shape) where k > 1. With members (K, n, ...).

    References
    ----------
    Simonyan, Vedaldi & Zisserman (2014), arXiv:1312.6034, section 3: saliency.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,))
    >>> net.params[:] = [3.0, -1.0, 0.5]
    >>> net.input_gradient([[10.0, 20.0]]).tolist()
    [[3.0, -1.0]]
    """
    where = "Network.input_gradient"
    network._built("input_gradient")
    if y is not None and output is not None:
        message = f"{where}: y and output are both given; only one may be. Pass y for the loss, output for a logit."
        raise ConfigError(message)
    targets = None
    if y is None:
        inputs = network._check_inputs(where, X)
    else:
        inputs, targets, _ = network._check_data(where, X, y)
    shadow, k = network._shadow(), network.n_outputs
    rows_axis = 0 if network.members is None else 1
    blocks = []
    for start in range(0, len(inputs), _JACOBIAN_ROWS):
        rows = slice(start, start + _JACOBIAN_ROWS)
        if targets is not None:
            blocks.append(_pull_back(shadow, inputs[rows], loss_of=targets[rows]))
        elif output is not None or k == 1:
            chosen = _check_output(where, 0 if output is None else output, len(inputs), k)
            blocks.append(_pull_back(shadow, inputs[rows], outputs=chosen[rows]))
        else:
            n = len(inputs[rows])
            each = [_pull_back(shadow, inputs[rows], outputs=np.full(n, j)) for j in range(k)]
            blocks.append(np.stack(each, axis=rows_axis + 1))
    return np.concatenate(blocks, axis=rows_axis)


def _check_output(where: str, output: Any, n: int, k: int) -> np.ndarray:
    """Return the number of one logit for each row."""
    chosen = np.asarray(output)
    fits = chosen.dtype.kind in "iu" and chosen.shape in ((), (n,))
    if fits and chosen.size and chosen.min() >= 0 and chosen.max() < k:
        return np.broadcast_to(chosen, (n,)).astype(np.int64)
    must = f"it must be a whole number from 0 to {k - 1}, or {n} of them"
    message = f"{where}: output is {output!r}; {must}."
    raise ConfigError(message, expected=must, got=output)


def _pull_back(
    shadow: BaseNetwork, X: np.ndarray, *, outputs: np.ndarray | None = None, loss_of: np.ndarray | None = None
) -> np.ndarray:
    """Return the gradient of one logit per row, or of each row's loss, with respect to X, as a fresh array."""
    rows, step = shadow._broadcast(X), Step("record")
    prepared = shadow._workspace.pass_for(len(X), keeps=True, input_gradient=True)
    Z = prepared.chain.forward(rows, step)
    if loss_of is not None:
        shadow.loss.value_and_gradient(Z, shadow._broadcast(loss_of), None, prepared.dZ, prepared.loss_cache)
    elif outputs is not None:
        prepared.dZ[...] = 0.0
        prepared.dZ[..., np.arange(len(X)), outputs] = 1.0
    dX = prepared.chain.backward(prepared.dZ)
    return np.array(dX).reshape(rows.shape)
