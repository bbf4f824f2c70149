"""Compare gradients with finite differences of the loss, per layer, weights and biases apart."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.evaluation import loss_and_gradients
from glassnet.errors import ConfigError
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names
from glassnet.utils.text_table import table_lines

__all__ = ["GradientReport", "ParameterCheck", "check_gradients"]

_STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_TOLERANCE = 1e-6
_KINK = 1e-3  # the slopes on the two sides of a kink differ by more than this share of the array's largest slope


class ParameterCheck(NamedTuple):
    """One parameter array's comparison.

    Attributes
    ----------
    name : str
        As in ``"dense_1.weight"``.
    error : float
        ``|a - n| / (|a| + |n|)`` in Euclidean norms; 0 where both are 0.
    tolerance : float
        1e-6, and more where the loss is so large that its rounding shows in the differences.
    cosine : float
        Between the two directions; -1 is a wrong sign. NaN where one of them is 0.
    ratio : float
        ``|a| / |n|``: the batch size, say, where a mean was forgotten. NaN where the numeric one is 0.
    n_checked : int
        How many entries were compared.
    n_kinks : int
        How many of them sit on a kink, as a rectifier's do at exactly 0: there any slope between those of the two sides
        is right.
    """

    name: str
    error: float
    tolerance: float
    cosine: float
    ratio: float
    n_checked: int
    n_kinks: int

    @property
    def passed(self) -> bool:
        """Whether the error is at most the tolerance."""
        return self.error <= self.tolerance


class GradientReport:
    """What `check_gradients` found: true if all is well, and printed as a table.

    Attributes
    ----------
    checks : list of ParameterCheck
        One for each parameter array.
    """

    def __init__(self, checks: list[ParameterCheck]) -> None:
        self.checks = checks

    @property
    def passed(self) -> bool:
        """Whether every error is within its tolerance."""
        return all(check.passed for check in self.checks)

    def __bool__(self) -> bool:
        return self.passed

    def _repr_html_(self) -> str:
        from glassnet.diagnosis.gradients_html import html_of_gradients

        return html_of_gradients(self)

    def __repr__(self) -> str:
        rows = [["parameter", "error", "cosine", "ratio", "checked"]]
        for c in self.checks:
            marks = (f" ({c.n_kinks} on a kink)" if c.n_kinks else "") + ("" if c.passed else "  WRONG")
            rows.append([c.name, f"{c.error:.1e}", f"{c.cosine:6.3f}", f"{c.ratio:6.3f}", f"{c.n_checked}{marks}"])
        verdict = "all gradients are those of the loss" if self.passed else "some gradients are not those of the loss"
        end = f"{verdict} (tolerance {_TOLERANCE:.0e}, float64, central differences)"
        return "\n".join([*table_lines(rows), end])


@advises_on_names
def check_gradients(
    network: BaseNetwork,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    mode: Literal["train", "record"] = "train",
    max_entries: int = 200,
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that back-propagation computes with finite differences of the loss.

    ``numeric = (loss(p + h) - loss(p - h)) / (2 * h)`` for each checked entry p, in float64 on a copy: the network
    itself, its statistics and its run stay as they are. Noise is held fixed, so dropout can be checked too.

    Parameters
    ----------
    network : BaseNetwork
        Built or not; without parameters yet, it is built for X.
    X, y, sample_weight
        A few rows, as for `Network.fit`.
    mode : {"train", "record"}, default="train"
        ``"train"`` computes with noise and the batch's statistics, ``"record"`` as prediction does.
    max_entries : int, default=200
        Entries to check per parameter array, drawn at random where it has more.
    seed : int, default=0
        Seed of that draw.

    Returns
    -------
    GradientReport
        True if all errors are within their tolerance; printing it shows a table.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> net = gn.Network([gn.Dense(5, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0)
    >>> bool(gn.check_gradients(net, np.eye(4), [0, 1, 2, 0]))
    True
    """
    check_choice("check_gradients", "mode", mode, ("train", "record"))
    check_integer("check_gradients", "max_entries", max_entries, 1)
    network._check_data("check_gradients", X, y, sample_weight)
    network = network.astype("float64")
    if network.n_parameters == 0:
        message = "check_gradients: the network has no parameters; it must have some. Add a layer such as Dense."
        raise ConfigError(message)
    slopes = _Slopes(network, X, y, sample_weight, mode)
    rng = np.random.default_rng(seed)
    checks = []
    for slot in network._slots:
        places = [(m, e) for m in range(len(slopes.flat)) for e in range(slot.start, slot.stop)]
        if len(places) > max_entries:
            places = [places[i] for i in sorted(rng.choice(len(places), max_entries, replace=False))]
        found = np.array([slopes.analytic[place] for place in places])
        below, above = np.array([slopes.measure(member, entry) for member, entry in places]).T
        kinks, truncation = _kinks(slopes, places, below, above)
        noise = slopes.rounding * float(np.sqrt(len(places))) + float(np.linalg.norm(truncation))
        checks.append(_compare(slot.name, found, below, above, kinks, noise))
    return GradientReport(checks)


class _Slopes:
    """Analytic gradients of a float64 network, and its loss at moved parameters."""

    def __init__(self, network: BaseNetwork, X: Any, y: Any, sample_weight: Any, mode: str) -> None:
        self._network, self._batch = network, (X, y, sample_weight, mode)
        self._statistics = network.stats.copy()
        self.flat = network.params.reshape(-1, network.n_parameters)
        self._here = self._losses()
        self.analytic = network.grads.reshape(self.flat.shape).copy()
        # What rounding of the loss alone puts into a difference.
        self.rounding = 4.0 * np.finfo(np.float64).eps * float(np.abs(self._here).max()) / _STEP

    def _losses(self) -> np.ndarray:
        self._network.stats[...] = self._statistics
        return np.atleast_1d(loss_and_gradients(self._network, *self._batch))

    def measure(self, member: int, entry: int, step: float = _STEP) -> tuple[float, float]:
        """Return the slopes below and above one parameter."""
        kept = self.flat[member, entry]
        h = step * max(1.0, abs(kept))
        losses = []
        for value in (kept - h, kept + h):
            self.flat[member, entry] = value
            losses.append(self._losses()[member])
        self.flat[member, entry] = kept
        here = self._here[member]
        return float((here - losses[0]) / h), float((losses[1] - here) / h)


def _kinks(
    slopes: _Slopes, places: list[tuple[int, int]], below: np.ndarray, above: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which entries sit on a kink, and the truncation errors of strongly curved ones.

    The two sides of a strongly curved loss differ too, but by a quarter as much at a quarter of the step. The central
    difference is then a sixteenth as far off, or a quarter where the curvature itself jumps, as Huber's: its change is
    at least three quarters of the error, and twice that change is more than the error.
    """
    scale = float(np.abs(below + above).max()) / 2.0
    kinks: np.ndarray = np.abs(above - below) > _KINK * scale + 1e3 * slopes.rounding
    truncation = np.zeros(len(kinks))
    for i in np.flatnonzero(kinks):
        lower, upper = slopes.measure(*places[i], step=_STEP / 4.0)
        kinks[i] = abs((upper - lower) / (above[i] - below[i]) - 0.25) > 0.02
        if not kinks[i]:
            truncation[i] = 2.0 * abs((lower + upper) / 2.0 - (below[i] + above[i]) / 2.0)
    return kinks, truncation


def _compare(
    name: str, analytic: np.ndarray, below: np.ndarray, above: np.ndarray, kinks: np.ndarray, noise: float
) -> ParameterCheck:
    numeric = (below + above) / 2.0
    scale = float(np.abs(numeric).max())
    # A one-sided difference is only good to about h: the ends of the interval get that much room.
    room = 10.0 * _STEP * scale
    between = np.clip(analytic, np.minimum(below, above) - room, np.maximum(below, above) + room)
    numeric = np.where(kinks, between, numeric)
    a, n = float(np.linalg.norm(analytic)), float(np.linalg.norm(numeric))
    difference = float(np.linalg.norm(analytic - numeric))
    n_checked, n_kinks = len(numeric), int(kinks.sum())
    # Where both are noise there is no direction to compare.
    if a + n < max(1e-9, noise):
        return ParameterCheck(name, 0.0, _TOLERANCE, float("nan"), float("nan"), n_checked, n_kinks)
    cosine = float(analytic @ numeric / (a * n)) if a and n else float("nan")
    tolerance = _TOLERANCE + noise / (a + n)
    return ParameterCheck(
        name, difference / (a + n), tolerance, cosine, a / n if n else float("nan"), n_checked, n_kinks
    )
