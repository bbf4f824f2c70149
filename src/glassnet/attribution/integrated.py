"""Integrated gradients: how much each input contributes to a prediction; the contributions add up to it."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, ShapeError
from glassnet.layers import Embedding, Step
from glassnet.layers.tree import every_layer
from glassnet.utils.array_advice import column_names
from glassnet.utils.checks import check_choice, check_number
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.short_text import count

__all__ = ["Attribution", "input_names", "integrated_gradients"]

_NODES = 5  # of Gauss-Legendre in an interval: exact for polynomials up to degree 9
_ROUNDS = 60
_MOST_INTERVALS = 4000  # per row and baseline
_POINTS = 8192  # at a time: a backward pass stores the outputs of all layers
_EDGE = 1e-3  # smallest distance of a cut from the ends of an interval


class Attribution:
    """How much each input contributes to each row's prediction.

    Attributes
    ----------
    values : ndarray of shape (n, *in_shape)
        The contributions, in units of the answer.
    outputs : ndarray of shape (n,)
        Which output is explained in each row.
    answers, baseline_answers : ndarray of shape (n,)
        The explained output of each row, and of the baseline; with several baselines the mean over them.
    gaps : ndarray of shape (n,)
        ``values.sum() - (answer - baseline_answer)`` for each row: the error of the sum.
    of : str
        ``"logit"`` or ``"probability"``.
    names : list of str
        Names of the inputs, in the order of ``values[0].ravel()``.
    """

    def __init__(
        self,
        values: np.ndarray,
        outputs: np.ndarray,
        answers: np.ndarray,
        baseline_answers: np.ndarray,
        of: str,
        names: Sequence[str] | None = None,
    ) -> None:
        self.values, self.outputs = values, outputs
        self.answers, self.baseline_answers, self.of = answers, baseline_answers, of
        self.names = input_names(values.shape[1:]) if names is None else [str(name) for name in names]

    @property
    def gaps(self) -> np.ndarray:
        """The error of the sum of each row's contributions."""
        sums = self.values.reshape(len(self.values), -1).sum(axis=1)
        return np.asarray(sums - (self.answers - self.baseline_answers))

    def __len__(self) -> int:
        return len(self.values)

    def _repr_html_(self) -> str:
        from glassnet.attribution.attribution_html import html_of_attribution

        return html_of_attribution(self)

    def __repr__(self) -> str:
        flat = self.values.reshape(len(self.values), -1)
        lines = [f"{len(self)} rows, contributions to the {self.of}; largest gap {np.abs(self.gaps).max():.1e}"]
        for i, row in enumerate(flat[:5]):
            largest = np.argsort(np.abs(row))[::-1][:5]
            parts = ", ".join(f"{self.names[j]} {row[j]:+.4g}" for j in largest.tolist())
            lines.append(f"row {i}: output {self.outputs[i]} = {self.answers[i]:.4g}; {parts}")
        return "\n".join(lines)


def input_names(shape: tuple[int, ...]) -> list[str]:
    """Return a name for each input of a sample: its position, in each axis if there are several.

    Examples
    --------
    >>> input_names((2,)), input_names((1, 2))
    (['feature 0', 'feature 1'], ['feature [0, 0]', 'feature [0, 1]'])
    """
    if len(shape) < 2:
        return [f"feature {j}" for j in range(math.prod(shape))]
    return [f"feature [{', '.join(map(str, place))}]" for place in np.ndindex(*shape)]


@advises_on_names
def integrated_gradients(
    network: BaseNetwork,
    X: Any,
    baseline: Any = None,
    *,
    output: Any = None,
    of: str = "logit",
    tolerance: float = 1e-6,
    feature_names: Sequence[str] | None = None,
) -> Attribution:
    """Return how much each input contributes to the network's prediction, compared with a baseline.

    ``values_i = (x_i - b_i) * integral from 0 to 1 of d f(b + t * (x - b)) / d x_i  dt``

    The contributions of a row sum to ``f(x) - f(b)``. The integral is taken piece by piece, each piece checked against
    the answers at its ends and cut at the kinks of rectifiers, so that this holds to ``tolerance`` for networks with
    kinks as for smooth ones. All is computed in double precision by a copy.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members; it is not changed.
    X : array of shape (n, ...)
        The rows to explain.
    baseline : array of shape (...) or (m, ...), optional
        What the rows are compared with; of several rows the mean over them is taken. By default all zeros, which is the
        mean row where columns were scaled.
    output : int or array of n ints, optional
        The output to explain; by default the most probable class, or the only output.
    of : {"logit", "probability"}, default="logit"
        What is explained: the output itself, or the probability that the loss makes of it.
    tolerance : float, default=1e-6
        Largest gap allowed, relative to ``max(1, |f(x) - f(b)|)``; `Attribution.gaps` has the gaps that remain.
    feature_names : sequence of str, optional
        Names of the inputs; by default those of the columns of X, if it is a frame, else "feature 0" and so on.

    Returns
    -------
    Attribution
        Contributions, answers, and the errors of their sums.

    Raises
    ------
    ConfigError
        The network has members, or an `Embedding`, whose codes have no gradient.

    References
    ----------
    Sundararajan, Taly & Yan (2017), arXiv:1703.01365, eq. 1 and proposition 1. Several baselines: Erion et al. (2021),
    arXiv:1906.10670, "expected gradients".

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=2)
    >>> net.params[:] = [3.0, -1.0, 0.5]
    >>> found = gn.integrated_gradients(net, [[10.0, 20.0]], baseline=[1.0, 1.0])
    >>> found.values.round(6).tolist(), round(found.answers.item() - found.baseline_answers.item(), 6)
    ([[27.0, -19.0]], 8.0)
    """
    where = "integrated_gradients"
    network._built(where)
    _refuse(where, network)
    check_choice(where, "of", of, ("logit", "probability"))
    tolerance = check_number(where, "tolerance", tolerance, 0.0, open_minimum=True)
    rows = np.asarray(network._check_inputs(where, X)[:], dtype=np.float64)
    names = _names(where, X, rows, feature_names)
    starts = _baselines(where, network, baseline)
    function = _Answer(network, of)
    outputs = _outputs(where, function, rows, output)
    values = np.zeros_like(rows)
    base = np.zeros(len(rows))
    for start in starts:
        values += function.integral(rows, start, outputs, tolerance) / len(starts)
        base += function.values(np.broadcast_to(start, rows.shape), outputs) / len(starts)
    return Attribution(values, outputs, function.values(rows, outputs), base, of, names)


def _names(where: str, X: Any, rows: np.ndarray, given: Sequence[str] | None) -> Sequence[str] | None:
    """Return names of the inputs, given or those of a frame's columns; None if there are none."""
    names, n = column_names(X) if given is None else given, math.prod(rows.shape[1:])
    if names is not None and len(names) != n:
        fact = f"feature_names has {count(len(names), 'name')} for {count(n, 'input')}"
        message = f"{where}: {fact}; there must be one for each. Pass {count(n, 'name')}."
        raise ShapeError(message, expected=n, got=len(names))
    return names


def _refuse(where: str, network: BaseNetwork) -> None:
    if network.members is not None:
        message = f"{where}: the network has members={network.members}; it must have none. Explain one of its kind."
        raise ConfigError(message, got=network.members)
    if any(isinstance(layer, Embedding) for layer in every_layer(network.layers)):
        message = f"{where}: the network has an Embedding, whose codes have no gradient; inputs must be numbers."
        raise ConfigError(message)


def _baselines(where: str, network: BaseNetwork, baseline: Any) -> np.ndarray:
    """Return the baselines as rows (m, ...)."""
    shape = network.input_shape or ()
    if baseline is None:
        return np.zeros((1, *shape))
    rows = np.asarray(baseline)
    rows = rows[None] if rows.shape == shape else rows
    if rows.shape[1:] != shape:
        must = f"it must be {shape} or (m, {', '.join(map(str, shape))})"
        message = f"{where}: baseline has shape {rows.shape}; {must}."
        raise ShapeError(message, expected=shape, got=rows.shape)
    return np.asarray(network._check_inputs(where, rows)[:], dtype=np.float64)


def _outputs(where: str, function: _Answer, rows: np.ndarray, output: Any) -> np.ndarray:
    """Return the number of one output for each row."""
    k = function.k
    if output is None:
        return function.logits(rows).argmax(axis=1) if k > 1 else np.zeros(len(rows), dtype=np.int64)
    chosen = np.asarray(output)
    if chosen.dtype.kind in "iu" and chosen.shape in ((), (len(rows),)) and 0 <= chosen.min() <= chosen.max() < k:
        return np.broadcast_to(chosen, (len(rows),)).astype(np.int64)
    must = f"it must be a whole number from 0 to {k - 1}, or {len(rows)} of them"
    message = f"{where}: output is {output!r}; {must}."
    raise ConfigError(message, expected=must, got=output)


class _Answer:
    """One answer of a network in double precision as a function of its input: values, and gradients along a path."""

    def __init__(self, network: BaseNetwork, of: str) -> None:
        self._network = copy.copy(network).astype("float64")._shadow()
        self._is_probability = of == "probability" and bool(network.loss.includes)
        if of == "probability" and not self._is_probability:
            must = "of='probability' needs a loss that predicts probabilities"
            message = f"integrated_gradients: the loss is {network.loss.name!r}; {must}. Pass of='logit'."
            raise ConfigError(message, expected=must, got=network.loss.name)
        self.k = network.n_outputs

    def logits(self, X: np.ndarray) -> np.ndarray:
        """Return the logits for rows."""
        return self._network._logits(X)

    def values(self, X: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return the answer to each row."""
        Z = self.logits(np.ascontiguousarray(X))
        if self._is_probability:
            Z = self._network.loss.link(Z)
        return np.asarray(Z[np.arange(len(Z)), outputs])

    def slopes(self, X: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Return the gradient of the answer to each row."""
        found = []
        for start in range(0, len(X), _POINTS):
            rows = slice(start, start + _POINTS)
            points, chosen = np.ascontiguousarray(X[rows]), outputs[rows]
            prepared = self._network._workspace.pass_for(len(points), keeps=True, input_gradient=True)
            Z = prepared.chain.forward(points, Step("record"))
            places = np.arange(len(points)), chosen
            prepared.dZ[...] = 0.0
            prepared.dZ[places] = 1.0
            if self._is_probability:
                P = self._network.loss.link(Z)
                if self._network.loss.includes == "the softmax":  # the probabilities of a row sum to 1
                    prepared.dZ[...] = P[places][:, None] * (prepared.dZ - P)
                else:
                    prepared.dZ[places] = P[places] * (1.0 - P[places])
            found.append(np.array(prepared.chain.backward(prepared.dZ)).reshape(points.shape))
        return np.concatenate(found)

    def integral(self, rows: np.ndarray, start: np.ndarray, outputs: np.ndarray, tolerance: float) -> np.ndarray:
        """Return the contributions of all inputs on the way from ``start`` to each row."""
        paths = (rows - start).reshape(len(rows), -1)
        found = np.zeros_like(paths)
        ends = self.values(rows, outputs) - self.values(np.broadcast_to(start, rows.shape), outputs)
        # Each piece gets a part of the tolerance, since the gaps of the pieces add up.
        allowed = 0.01 * tolerance * np.maximum(1.0, np.abs(ends))
        which, low, high = np.arange(len(rows)), np.zeros(len(rows)), np.ones(len(rows))
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        for round_ in range(_ROUNDS):
            at = (low + high)[:, None] / 2 + np.outer(high - low, nodes) / 2
            slopes = self._along(start, rows, outputs, which, at)
            parts = np.einsum("mqd,q->md", slopes, weights) * ((high - low) / 2)[:, None] * paths[which]
            edges = self._edges(start, rows, outputs, which, low, high)
            good = np.abs(parts.sum(axis=1) - (edges[1] - edges[0])) <= allowed[which]
            if round_ == _ROUNDS - 1 or len(which) > _MOST_INTERVALS * len(rows):
                good[:] = True
            np.add.at(found, which[good], parts[good])
            if good.all():
                break
            cuts = self._cuts(start, rows, outputs, which[~good], low[~good], high[~good], edges[:, ~good], paths)
            which, low, high = (
                np.concatenate(pair) for pair in ((which[~good],) * 2, (low[~good], cuts), (cuts, high[~good]))
            )
        contributions: np.ndarray = found.reshape(rows.shape)
        return contributions

    def _along(
        self, start: np.ndarray, rows: np.ndarray, outputs: np.ndarray, which: np.ndarray, at: np.ndarray
    ) -> np.ndarray:
        """Return the gradients (m, q, d) at q places on the paths of m pieces."""
        shape = (*at.shape, *(1,) * (rows.ndim - 1))
        points = start + at.reshape(shape) * (rows[which] - start)[:, None]
        flat = self.slopes(points.reshape(-1, *rows.shape[1:]), np.repeat(outputs[which], at.shape[1]))
        return flat.reshape(*at.shape, -1)

    def _edges(self, start: Any, rows: Any, outputs: Any, which: Any, low: Any, high: Any) -> np.ndarray:
        """Return the answers at both ends of the pieces, shape (2, m)."""
        shape = (-1, *(1,) * (rows.ndim - 1))
        ends = [start + t.reshape(shape) * (rows[which] - start) for t in (low, high)]
        return np.stack([self.values(end, outputs[which]) for end in ends])

    def _cuts(
        self, start: Any, rows: Any, outputs: Any, which: Any, low: Any, high: Any, edges: Any, paths: np.ndarray
    ) -> np.ndarray:
        """Return where to cut each piece: where the tangents at its ends meet, the kink if there is just one."""
        inside = np.stack([low + _EDGE * (high - low), high - _EDGE * (high - low)], axis=1)
        slopes = np.einsum("mqd,md->mq", self._along(start, rows, outputs, which, inside), paths[which])
        left, right = slopes[:, 0], slopes[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            meet = (edges[1] - edges[0] + left * low - right * high) / (left - right)
        width = high - low
        fits = np.isfinite(meet) & (meet > low + _EDGE * width) & (meet < high - _EDGE * width)
        return np.asarray(np.where(fits, meet, (low + high) / 2))
