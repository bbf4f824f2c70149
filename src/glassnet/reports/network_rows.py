"""The rows that a report on a network is about, with their names and units, and the reasons for single answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.attribution import integrated_gradients
from glassnet.errors import GlassnetError
from glassnet.losses import EnsembleLoss, GaussianNLL, Loss, Poisson, Quantile
from glassnet.network import Network
from glassnet.tabular.predictor import loss_of_copies
from glassnet.utils.short_text import number_text, plain

__all__ = ["MOST_FEATURES", "NetworkRows", "explained"]

MOST_FEATURES = 300
_REASONS = 8
_WHOLE = 1e6  # whole numbers below are shown as they are, as years


@dataclass
class NetworkRows:
    """Checked rows, and what they are called."""

    where: str
    network: Network
    X: np.ndarray
    y: np.ndarray
    truth: np.ndarray  # (n, t) numbers in the targets' units, or y
    shown: np.ndarray  # the inputs in the user's units
    features: list[str] = field(default_factory=list)  # empty where a row is not a list of numbers
    classes: list[Any] = field(default_factory=list)
    logs: np.ndarray | None = None  # of the probabilities, where they are not the network's own
    center: np.ndarray | None = None  # of the targets that the network was trained on
    scale: np.ndarray | None = None
    target: str = "y"

    @property
    def loss(self) -> Loss:
        """The loss, of an ensemble that of each copy."""
        return loss_of_copies(self.network.loss)

    @property
    def n_outputs(self) -> int:
        """The outputs of one copy."""
        copies = self.network.loss.copies if isinstance(self.network.loss, EnsembleLoss) else 1
        return int(self.network.n_outputs or 1) // copies

    def predicted(self) -> np.ndarray:
        """Return predictions (n, k) in double precision, averaged over members, in the units of the network."""
        P = np.asarray(self.network.predict(self.X), np.float64)
        P = P if self.network.members is None else P.mean(axis=0)
        return P.reshape(len(self.X), -1)

    def in_units(self, P: np.ndarray) -> np.ndarray:
        """Return predictions in the units of the targets; several columns may belong to one target."""
        if self.scale is None or self.center is None:
            return P
        apart = P.reshape(len(P), len(self.scale), -1)
        found: np.ndarray = apart * self.scale[:, None] + self.center[:, None]
        return found.reshape(P.shape)


def explained(rows: NetworkRows, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with their numbers, and with reasons where the network allows that."""
    for each in found:
        each |= {"name": f"row {each['place']} (counted from 0)", "index": each["place"], "part": ""}
    loss, network = rows.loss, rows.network
    can = rows.features and network.members is None and not isinstance(network.loss, (EnsembleLoss, Poisson))
    if can and rows.logs is None and len(rows.features) <= MOST_FEATURES and found and "words" not in found[0]:
        places = [each["place"] for each in found]
        values, of = rows.X[places].astype(np.float64), "probability" if rows.classes else "logit"
        output = None
        if isinstance(loss, Quantile):
            output = int(np.abs(np.array(loss.levels) - 0.5).argmin())
        elif isinstance(loss, GaussianNLL):
            output = 0
        try:
            why = integrated_gradients(network, values, rows.X.mean(axis=0), output=output, of=of, tolerance=1e-4)
        except GlassnetError:  # a layer without a gradient in its inputs
            why = None
        for place, each in enumerate(found if why is not None else []):
            each["why"] = _why(rows, each, why, place)
    return [{name: value for name, value in each.items() if name != "place"} for each in found]


def _why(rows: NetworkRows, row: dict[str, Any], found: Any, place: int) -> dict[str, Any]:
    """Return the reasons for one row as plain data, as `chosen_rows` has them."""
    amounts = np.asarray(found.values[place], np.float64)
    base, answer = float(found.baseline_answers[place]), float(found.answers[place])
    if rows.scale is not None and rows.center is not None and not rows.classes:
        amounts, (base, answer) = (
            amounts * rows.scale[0],
            (value * float(rows.scale[0]) + float(rows.center[0]) for value in (base, answer)),
        )
    elif rows.classes and rows.n_outputs == 1 and row["answer"] == rows.classes[0]:
        amounts, base, answer = -amounts, 1.0 - base, 1.0 - answer  # the network's own output is of the other class
    order = np.argsort(-np.abs(amounts), kind="stable")
    values = rows.shown[row["place"]]
    reasons = [[plain(rows.features[j], 100), _value(float(values[j])), float(amounts[j])] for j in order]
    rest = float(amounts[order[_REASONS:]].sum())
    return {
        "base": base,
        "beside": "the average row has",
        "answer": answer,
        "reasons": reasons[:_REASONS],
        "others": [len(reasons) - _REASONS, rest] if len(reasons) > _REASONS else None,
    }


def _value(value: float) -> str:
    """Return a number with four digits; a whole one, as a year, as it is.

    Examples
    --------
    >>> _value(2019.0), _value(-1.674221), _value(0.5)
    ('2019', '-1.674', '0.5000')
    """
    return f"{value:.0f}" if value == round(value) and abs(value) < _WHOLE else number_text(value)
