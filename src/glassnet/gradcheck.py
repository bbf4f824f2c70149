"""Are the gradients those of the loss? Analytic against numeric ones, per layer, weights and biases apart."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.checks import check_choice, check_integer
from glassnet.network import Network

__all__ = ["GradientReport", "ParameterCheck", "check_gradients"]

_STEP = 1e-5  # cube root of float64's precision, where truncation and rounding of a central difference balance
_TOLERANCE = 1e-6


class ParameterCheck(NamedTuple):
    """One parameter array's comparison.

    Attributes
    ----------
    name : str
        As in ``"dense_1.weight"``.
    error : float
        ``|a - n| / (|a| + |n|)`` in Euclidean norms; 0 where both are 0.
    cosine : float
        Between the two directions; -1 is a wrong sign. NaN where one of them is 0.
    ratio : float
        ``|a| / |n|``: the batch size, say, where a mean was forgotten. NaN where the numeric one is 0.
    n_checked : int
        How many entries were compared.
    """

    name: str
    error: float
    cosine: float
    ratio: float
    n_checked: int


class GradientReport:
    """What `check_gradients` found.

    Attributes
    ----------
    checks : list of ParameterCheck
    passed : bool
        Whether every error is at most 1e-6.
    """

    def __init__(self, checks: list[ParameterCheck]) -> None:
        self.checks = checks

    @property
    def passed(self) -> bool:
        """Whether every error is at most the tolerance."""
        return all(check.error <= _TOLERANCE for check in self.checks)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        width = max(len(check.name) for check in self.checks)
        lines = [f"{'parameter'.ljust(width)}  error    cosine  ratio   checked"]
        lines += [
            f"{c.name.ljust(width)}  {c.error:.1e}  {c.cosine:6.3f}  {c.ratio:6.3f}  {c.n_checked}"
            + ("" if c.error <= _TOLERANCE else "  WRONG")
            for c in self.checks
        ]
        verdict = "all gradients are those of the loss" if self.passed else "some gradients are not those of the loss"
        return "\n".join([*lines, f"{verdict} (tolerance {_TOLERANCE:.0e}, float64, central differences)"])


def check_gradients(
    network: Network,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    mode: str = "train",
    max_entries: int = 200,
    seed: int = 0,
) -> GradientReport:
    """Compare the gradients that back-propagation computes with finite differences of the loss.

    ``numeric = (loss(p + h) - loss(p - h)) / (2 * h)`` for each checked entry p, in float64 on a copy: the network
    itself, its statistics and its run stay as they are. Noise is held fixed, so dropout can be checked too.

    Parameters
    ----------
    network : Network
        Built or not; without parameters yet, it is built for X.
    X, y, sample_weight
        A few rows, as for `Network.fit`.
    mode : {"train", "record"}, default="train"
        With noise and the batch's statistics, or with the arithmetic of prediction.
    max_entries : int, default=200
        Entries to check per parameter array, drawn at random where it has more.
    seed : int, default=0
        For that draw.

    Returns
    -------
    GradientReport
        True if all errors are at most 1e-6; printing it shows a table.

    Notes
    -----
    At a kink, where a rectifier's input is within h of 0, the two sides rightly differ; other rows or another seed
    of the network decide.

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
    network.check_inputs("check_gradients", X)
    twin = network.astype("float64")
    twin.loss_and_gradients(X, y, sample_weight, mode)
    analytic = twin.grads.copy()
    statistics = twin.stats.copy()
    rng = np.random.default_rng(seed)
    flat = twin.params.reshape(-1, twin.n_parameters)

    def loss_at(member: int, entry: int, value: float) -> float:
        kept, flat[member, entry] = flat[member, entry], value
        twin.stats[...] = statistics
        losses = twin.loss_and_gradients(X, y, sample_weight, mode)
        flat[member, entry] = kept
        return float(np.atleast_1d(losses)[member])

    checks = []
    for slot in twin.slots:
        places = [(m, e) for m in range(len(flat)) for e in range(slot.start, slot.stop)]
        if len(places) > max_entries:
            places = [places[i] for i in sorted(rng.choice(len(places), max_entries, replace=False))]
        numeric = np.empty(len(places))
        for i, (member, entry) in enumerate(places):
            at, h = flat[member, entry], _STEP * max(1.0, abs(flat[member, entry]))
            numeric[i] = (loss_at(member, entry, at + h) - loss_at(member, entry, at - h)) / (2.0 * h)
        found = np.array([analytic.reshape(flat.shape)[place] for place in places])
        checks.append(_compare(slot.name, found, numeric))
    return GradientReport(checks)


def _compare(name: str, analytic: np.ndarray, numeric: np.ndarray) -> ParameterCheck:
    a, n = float(np.linalg.norm(analytic)), float(np.linalg.norm(numeric))
    difference = float(np.linalg.norm(analytic - numeric))
    # Below this a central difference of a loss near 1 is rounding noise, and so is its direction.
    if a + n < 1e-9:
        return ParameterCheck(name, 0.0 if difference < 1e-9 else 1.0, float("nan"), float("nan"), len(numeric))
    cosine = float(analytic @ numeric / (a * n)) if a and n else float("nan")
    return ParameterCheck(name, difference / (a + n), cosine, a / n if n else float("nan"), len(numeric))
