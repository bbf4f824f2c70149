"""Why a table model answers as it does: what each column contributes to a row's prediction, and to all of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from glassnet.attribution import Importance, integrated_gradients, permutation_importance
from glassnet.errors import DataError
from glassnet.layers import Embedding
from glassnet.layers.tree import every_layer
from glassnet.losses import EnsembleLoss
from glassnet.tabular.attribution.shapley import order_contributions
from glassnet.tabular.encoding.code_coder import CodeCoder
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.frames import to_table
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.text_table import text_table

__all__ = ["Reason", "Why", "column_groups", "column_importance", "reasons_of", "told_rows"]

_MOST_BACKGROUND = 50  # rows to compare with
_MOST_WORK = 1_000_000  # parameters times rows to compare with: beyond, gradients take many seconds for each row


class Reason(NamedTuple):
    """What one column contributes.

    Attributes
    ----------
    column : str
        Its name.
    value : str
        What the row has there, as text.
    contribution : float
        Towards the prediction: in probability, or in the target's units.
    """

    column: str
    value: str
    contribution: float


class Why:
    """Why one row is predicted as it is; printed as text.

    Attributes
    ----------
    prediction : str
        The label, or the number in the target's units.
    answer, base : float
        The probability of that label, or the number; and what it is on average over the rows compared with.
    reasons : list of Reason
        The largest first; they sum to ``answer - base``.
    beside : str
        What the row is compared with, in words.
    target : str
        What is predicted.
    """

    def __init__(
        self,
        target: str,
        prediction: str,
        answer: float,
        base: float,
        reasons: list[Reason],
        beside: str,
        *,
        label: bool,
    ) -> None:
        self.target, self.prediction, self.answer, self.base = target, prediction, answer, base
        self.reasons, self.beside, self._is_label = reasons, beside, label

    def text(self, most: int = 10) -> str:
        """Return it as text, with the ``most`` important columns."""
        what = f"{self.target} = {self.prediction}"
        if self._is_label:
            what += f" with probability {self.answer:.3f}"
        rows = [(f"  {r.column} = {r.value}", f"{r.contribution:+.4g}") for r in self.reasons[:most]]
        rest = [reason.contribution for reason in self.reasons[most:]]
        if rest:
            rows.append((f"  {len(rest)} more columns", f"{sum(rest):+.4g}"))
        return "\n".join([f"{what}; {self.beside} {self.base:.4g}", *text_table(rows)])

    def __repr__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "target": self.target,
            "prediction": self.prediction,
            "answer": self.answer,
            "base": self.base,
            "beside": self.beside,
            "reasons": [reason._asdict() for reason in self.reasons],
        }


def reasons_of(model: Predictor, frame: Any, background: Any = None) -> list[Why]:
    """Return for each row what its columns contribute to the prediction.

    They are found by `integrated_gradients`, and the contributions of all features that a column becomes added up; or
    where no gradient leads from the prediction to the columns, by `order_contributions`: through learned vectors of
    categories, averages of networks, quantiles, and numbers that are kept within a range; and of large networks beside
    many rows, for which gradients take too long.

    Parameters
    ----------
    model : Predictor
    frame : Table, DataFrame or mapping
        The rows to explain.
    background : Table, DataFrame or mapping, optional
        Rows to compare with, such as training rows, of which 50 are taken; by default one row of average numbers
        without any category.
    """
    table = to_table(frame)
    if not table.n_rows:
        message = "TableModel.why: the frame must have at least one row, got none."
        raise DataError(message)
    return told_rows(model, table, None if background is None else model.encoder.transform(to_table(background)))


def told_rows(model: Predictor, table: Table, background: np.ndarray | None) -> list[Why]:
    """Return the same for a table, compared with rows that are coded already.

    Parameters
    ----------
    model : Predictor
    table : Table
    background : ndarray of shape (m, d), optional
        Features of the rows to compare with.
    """
    X = model.encoder.transform(table)
    baseline, beside = _nothing(model.encoder), "a row of average numbers has"
    if background is not None:
        baseline = background[:: max(1, len(background) // _MOST_BACKGROUND)][:_MOST_BACKGROUND]
        beside = f"the average over {len(baseline)} rows is"
    is_quick = model.network.params.size * len(baseline) <= _MOST_WORK
    found = (_by_gradients if is_quick and _leads_gradients(model) else _by_orders)(model, X, baseline)
    labels, names = model.target.labels, list(column_groups(model.encoder))
    result = []
    for i in range(table.n_rows):
        answer = float(found.answers[i])
        prediction = str(labels[found.outputs[i]]) if labels else f"{answer:.6g}"
        shown = [_shown(table[name], i) for name in names]
        reasons = [Reason(*parts) for parts in zip(names, shown, found.values[i].tolist(), strict=True)]
        reasons.sort(key=lambda reason: -abs(reason.contribution))
        base = float(found.base[i])
        result.append(Why(model.target.name, prediction, answer, base, reasons, beside, label=bool(labels)))
    return result


class _Found(NamedTuple):
    """What columns contribute (n, columns) to the answers (n,) beside the base (n,), and to which output's."""

    values: np.ndarray
    answers: np.ndarray
    base: np.ndarray
    outputs: np.ndarray


def _leads_gradients(model: Predictor) -> bool:
    """Return whether the prediction is one network's answer, a smooth function of the features."""
    network = model.network
    codes = any(isinstance(layer, Embedding) for layer in every_layer(network.layers))
    averages = network.members is not None or isinstance(network.loss, EnsembleLoss)
    return not (codes or averages or model.levels or model.target.clip)


def _nothing(encoder: TableEncoder) -> np.ndarray:
    """Return the row of average numbers without any category, shape (1, d)."""
    firsts = [coder.first if isinstance(coder, CodeCoder) else 0 for coder in encoder.coders for _ in coder.features]
    return np.array([firsts], dtype=np.float32)


def _by_gradients(model: Predictor, X: np.ndarray, baseline: np.ndarray) -> _Found:
    is_label = bool(model.target.labels)
    found = integrated_gradients(model.network, X, baseline, of="probability" if is_label else "logit", tolerance=1e-5)
    scale = 1.0 if is_label else float(model.target.scale.std)
    shift = 0.0 if is_label else float(model.target.scale.mean)
    groups = column_groups(model.encoder).values()
    values = np.stack([found.values[:, group].sum(axis=1) * scale for group in groups], axis=1)
    return _Found(values, found.answers * scale + shift, found.baseline_answers * scale + shift, found.outputs)


def _by_orders(model: Predictor, X: np.ndarray, baseline: np.ndarray) -> _Found:
    answers = model.answers(X)
    outputs = answers.argmax(axis=1) if model.target.labels else np.zeros(len(X), dtype=np.int64)

    def predict(Z: np.ndarray, row: int) -> np.ndarray:
        found = model.answers(Z)
        return found[:, outputs[row]] if model.target.labels else model.numbers(found)

    values, base = order_contributions(predict, X, baseline, list(column_groups(model.encoder).values()))
    return _Found(values, base + values.sum(axis=1), base, outputs)


def _shown(column: Column, row: int) -> str:
    if column.missing[row]:
        return "missing"
    value = column.values[row]
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def column_groups(encoder: TableEncoder) -> dict[str, list[int]]:
    """Return the features of each column of the table, by their places."""
    groups, start = {}, 0
    for coder in encoder.coders:
        if coder.features:
            groups[coder.name] = list(range(start, start + len(coder.features)))
            start += len(coder.features)
    return groups


def column_importance(
    model: Predictor, frame: Any, *, metric: str = "loss", repeats: int = 5, seed: int = 0
) -> Importance:
    """Return how much worse the model gets when a column of the table is shuffled; see `permutation_importance`.

    Parameters
    ----------
    model : Predictor
    frame : Table, DataFrame or mapping
        Rows with the target, best ones that the model was not trained on.
    metric, repeats, seed
        As of `permutation_importance`.
    """
    table = to_table(frame)
    if model.target.name not in table:
        message = f"TableModel.importance: the frame must have the target {model.target.name!r}, got none."
        raise DataError(message, expected=model.target.name)
    groups = column_groups(model.encoder)
    X, y = model.encoder.transform(table), model.target.transform(table[model.target.name])
    return permutation_importance(model.network, X, y, metric=metric, groups=groups, repeats=repeats, seed=seed)
