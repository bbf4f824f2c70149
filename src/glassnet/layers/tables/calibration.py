"""A scale and a shift of a network's outputs that are fitted on held-out rows, once it is trained."""

from __future__ import annotations

import numpy as np

from glassnet.layers.base import Cache, Layer, ParamSpec, Step, Views
from glassnet.utils.arrays import Buffers

__all__ = ["Calibration"]


class Calibration(Layer):
    """Scale and shift the outputs in prediction: ``Y = scale * X + shift``, ``dX = scale * dY``; X itself in training.

    It is the last layer of a network whose outputs are calibrated after training, on rows that it was not trained on:
    ``scale`` is 1 / T for a temperature T, ``shift`` moves quantiles. Both are statistics, as the running mean of
    `BatchNorm`: saved, and never trained. A training pass sets them back to 1 and 0, since they belonged to weights
    that change, so that a training that goes on is what it would have been without them. A layer that is not
    ``trainable`` keeps them and applies them in training too.

    Shapes
    ------
    X, Y : (n, ..., k)      scale, shift : (1, ..., k)

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), arXiv:1706.04599, section 4.2: temperature scaling.

    Examples
    --------
    >>> import glassnet as gn
    >>> layer = gn.Calibration()
    >>> net = gn.Network([gn.Dense(2, initializer="ones"), layer], loss="cross_entropy", seed=0, input_shape=1)
    >>> net.layers[0].b[...] = [0.0, 2.0]
    >>> net.forward([[0.0]]).tolist()
    [[0.0, 2.0]]
    >>> layer.scale[...] = 0.5  # a temperature of 2
    >>> net.forward([[0.0]]).tolist()
    [[0.0, 1.0]]
    """

    def stat_specs(self) -> tuple[ParamSpec, ...]:
        shape = (1, *self.in_shape)
        return ParamSpec("scale", shape, "ones", non_negative=True), ParamSpec("shift", shape, "zeros")

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        self.scale, self.shift = stats["scale"], stats["shift"]

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        return {"Y": scratch.array(self.in_shape), "applied": True}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        applied = not (step.training and self.trainable)
        if step.keeps:
            cache["applied"] = applied
        if not applied:
            self.scale.fill(1.0)
            self.shift.fill(0.0)
            return X
        Y: np.ndarray = cache["Y"]
        np.multiply(X, self.scale, Y)
        np.add(Y, self.shift, Y)
        return Y

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray:
        if cache["applied"]:
            np.multiply(dY, self.scale, dY)
        return dY
