"""The loss of an ensemble inside one network: the mean of the losses of its copies."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import ConfigError, ShapeError
from glassnet.layers.base import Cache
from glassnet.losses.base import Loss
from glassnet.losses.registry import LOSSES, as_loss
from glassnet.utils.arrays import Buffers
from glassnet.utils.checks import check_class, check_integer

__all__ = ["EnsembleLoss"]


class EnsembleLoss(Loss):
    """The mean of another loss over k copies; predictions are the mean of the copies' predictions.

    With ``Z[i]`` the logits of copy i, and ``l_i`` and ``dZ_i`` their loss and its gradient: ``l = sum_i l_i / k``,
    ``dZ[i] = dZ_i / k``, ``prediction = sum_i link(Z[i]) / k``

    It is not the loss of the mean prediction: each copy is trained by itself, so their errors differ. The last
    layer has the outputs of copy 1, then those of copy 2, and so on, as `EnsembleHead` gives them.

    Parameters
    ----------
    loss : str or Loss
        The loss of each copy.
    copies : int
        Number of copies, k.

    References
    ----------
    Gorishniy, Kotelnikov & Babenko (2024), arXiv:2410.24210, section 3: how TabM is trained.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> layers = [gn.Copies(4), gn.EnsembleDense(8, "tanh"), gn.EnsembleHead(2)]
    >>> loss = gn.EnsembleLoss("cross_entropy", copies=4)
    >>> net = gn.Network(layers, loss=loss, optimizer=gn.Adam(0.05), seed=0)
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> history = net.fit(X, y, epochs=200)
    >>> net.predict(X).argmax(axis=1).tolist()
    [0, 1, 1, 0]
    """

    name = "ensemble"

    def __init__(self, loss: str | Loss | dict[str, Any], copies: int) -> None:
        self.loss = _inner(loss)
        self.copies = check_integer("EnsembleLoss", "copies", copies, 1)
        self.metrics, self.default_metrics = self.loss.metrics, self.loss.default_metrics
        self.includes = self.loss.includes

    @property
    def classifies(self) -> bool:  # type: ignore[override]
        """Whether targets are classes."""
        return self.loss.classifies

    def outputs(self, y: Any) -> int:
        return self.loss.outputs(y) * self.copies

    def prepare(self, y: Any, n_outputs: int, dtype: np.dtype[Any]) -> np.ndarray:
        if n_outputs % self.copies:
            must = f"it must have a multiple of {self.copies}, the same number for each copy"
            message = f"EnsembleLoss: the last layer has {n_outputs} outputs; {must}. End with EnsembleHead(units)."
            raise ShapeError(message, expected=must, got=n_outputs)
        return self.loss.prepare(y, n_outputs // self.copies, dtype)

    def make_cache(self, scratch: Buffers, out_shape: tuple[int, ...]) -> Cache:
        inner = self.loss.make_cache(scratch.spread(self.copies), (out_shape[-1] // self.copies,))
        shape = (*scratch.lead, scratch.batch_size, *out_shape)
        return {
            "dZ": inner["dZ"].reshape(shape),
            "inner": inner,
            "rows": inner["dZ"].shape,
            "one_over_k": scratch.constant(1.0 / self.copies),
            "y": None,
        }

    def value_and_gradient(
        self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None, out: np.ndarray, cache: Cache
    ) -> Any:
        rows = cache["rows"]
        given = weight if weight is None else np.repeat(weight, self.copies, axis=-1)
        value = self.loss.value_and_gradient(
            Z.reshape(rows), self._repeated(y, rows, cache), given, out.reshape(rows), cache["inner"]
        )
        np.multiply(out, cache["one_over_k"], out)
        return value / self.copies

    def _repeated(self, y: np.ndarray, rows: tuple[int, ...], cache: Cache) -> np.ndarray:
        """Return the targets of all copies, one row after the other."""
        per_row = y.shape[len(rows) - 1 :]
        if cache["y"] is None or cache["y"].dtype != y.dtype or cache["y"].shape[len(rows) - 1 :] != per_row:
            cache["y"] = np.empty((*rows[:-1], *per_row), dtype=y.dtype)
        found: np.ndarray = cache["y"]
        n = rows[-2] // self.copies
        apart = found.reshape(*rows[:-2], n, self.copies, *per_row)
        np.copyto(apart, np.expand_dims(y, len(rows) - 1))
        return found

    def link(self, Z: np.ndarray) -> np.ndarray:
        lead, n = Z.shape[:-2], Z.shape[-2]
        P = self.loss.link(np.ascontiguousarray(Z).reshape(*lead, n * self.copies, Z.shape[-1] // self.copies))
        mean: np.ndarray = P.reshape(*lead, n, self.copies, P.shape[-1]).mean(axis=-2)
        return mean

    def config(self) -> dict[str, Any]:
        return {"loss": {"class": type(self.loss).__name__, **self.loss.config()}, "copies": self.copies}

    def __repr__(self) -> str:
        return f"EnsembleLoss({self.loss!r}, copies={self.copies})"


def _inner(value: str | Loss | dict[str, Any]) -> Loss:
    """Return the loss of each copy: one of the library's losses, so that it can be saved to a file."""
    known = {found.__name__: found for found in LOSSES.values()}
    if isinstance(value, dict):
        arguments = {name: argument for name, argument in value.items() if name != "class"}
        made: Loss = check_class("EnsembleLoss", "class", value.get("class"), known)(**arguments)
        return made
    loss = as_loss(value)
    if type(loss) not in known.values():
        message = f"EnsembleLoss: loss is {loss!r}; it must be one of the library's."
        raise ConfigError(message, got=loss)
    return loss
