"""Attribute the predictions of a table model to the columns of the table, for one row and overall."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

import numpy as np

from glassnet.attribution import Importance, integrated_gradients
from glassnet.errors import DataError
from glassnet.layers import Embedding
from glassnet.layers.tree import every_layer
from glassnet.losses import EnsembleLoss
from glassnet.tabular.attribution.shapley import order_contributions
from glassnet.tabular.attribution.shuffling import importance_of_columns
from glassnet.tabular.encoding.category_coder import CodeCoder
from glassnet.tabular.encoding.encoder import TableEncoder, placed_coders
from glassnet.tabular.predictor import Predictor
from glassnet.tabular.reading.renamed import ask_for_renamed
from glassnet.tabular.reading.shown_cells import shown_cell
from glassnet.tabular.reading.table import Column, Table
from glassnet.utils.short_text import number_text, summand_text
from glassnet.utils.text_table import table_lines

__all__ = [
    "IN_UNITS", "Reason", "Why", "Whys", "column_groups", "column_importance", "importance_metric", "reasons_of",
    "rows_beside",
]  # fmt: skip

IN_UNITS = ("mae", "pinball", "rmse")
"""Metrics of numbers that are in the units of the target."""

_MOST_BACKGROUND = 50  # rows to compare with
_FEWEST_BACKGROUND = 10
_MOST_WORK = 1_000_000  # parameters times rows to compare with: above it, gradients take many seconds for each row


class Reason(NamedTuple):
    """Contribution of one column to a prediction.

    Attributes
    ----------
    column : str
        Name of the column.
    value : str
        Value of the row, as text.
    contribution : float
        In probability, or in the target's units.
    """

    column: str
    value: str
    contribution: float


@dataclass(eq=False, repr=False)
class Why:
    """Explanation of the prediction for one row; printed as text.

    Attributes
    ----------
    target : str
        Name of the target.
    prediction : str
        The label, or the number in the target's units.
    answer, base : float
        The probability of that label, or the number; and its average over the rows compared with.
    reasons : list of Reason
        The largest first; they sum to ``answer - base``.
    beside : str
        Description of the rows compared with.
    label : bool
        Whether a label is predicted.
    """

    target: str
    prediction: str
    answer: float
    base: float
    reasons: list[Reason]
    beside: str
    _: KW_ONLY
    label: bool

    def text(self, most: int = 10) -> str:
        """Return the explanation as text, with the ``most`` important columns."""
        what = f"{self.target} = {self.prediction if self.label else self.number_text(self.answer)}"
        if self.label:
            what += f" with probability {self.answer:.3f}"
        amounts = [(f"  {reason.column} = {reason.value}", reason.contribution) for reason in self.reasons[:most]]
        rest = [reason.contribution for reason in self.reasons[most:]]
        if rest:
            amounts.append((f"  {len(rest)} more columns", sum(rest)))
        rows = [(name, self.number_text(amount, signed=True)) for name, amount in amounts]
        return "\n".join([f"{what}; {self.beside} {self.number_text(self.base)}", *table_lines(rows)])

    def number_text(self, value: float, *, signed: bool = False) -> str:
        """Return a contribution, the answer or the base as text, all with the same number of decimals."""
        largest = 1.0 if self.label else max(abs(self.answer), abs(self.base))
        return summand_text(value, largest, signed=signed)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from glassnet.tabular.attribution.reasons_html import why_html

        return why_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = {name: getattr(self, name) for name in ("target", "prediction", "answer", "base", "beside")}
        return {**plain, "reasons": [reason._asdict() for reason in self.reasons]}


class Whys(list[Why]):
    """The explanations of several rows: a list, which a notebook draws."""

    def _repr_html_(self) -> str:
        from glassnet.tabular.attribution.reasons_html import whys_html

        return whys_html(self)


def reasons_of(model: Predictor, frame: Any, background: Any = None) -> Whys:
    """Return for each row of ``frame`` the contributions of its columns to the prediction.

    They are computed by `integrated_gradients`, summed over the features of a column. `order_contributions` computes
    them if the prediction has no gradient in the features (embeddings of categories, averages of networks, quantiles,
    clipped numbers), or if gradients take too long (large networks and many rows to compare with).

    ``background`` has rows to compare with; 50 of them are used. By default they are the model's typical training rows
    (`typical_rows`), and for a model without these one row of average numbers without any category.
    """
    table = model.table(frame)
    if not table.n_rows:
        message = "TableModel.why: the frame has no rows; it must have at least one."
        raise DataError(message)
    X = model.encoded(table)
    baseline, beside = _average_row(model.encoder), "a row of average numbers has"
    if background is not None:
        given = model.encoded(model.table(background))
        baseline = given[:: max(1, len(given) // _MOST_BACKGROUND)][:_MOST_BACKGROUND]
        beside = f"the average over {len(baseline)} rows is"
    elif model.background is not None:
        baseline, beside = model.background, "typical training rows have"
    is_quick = model.network.params.size * len(baseline) <= _MOST_WORK
    found = (_by_gradients if is_quick and _is_differentiable(model) else _by_orders)(model, X, baseline)
    labels, names = model.target.labels, list(column_groups(model.encoder))
    result = Whys()
    for i in range(table.n_rows):
        answer = float(found.answers[i])
        prediction = str(labels[found.outputs[i]]) if labels else _in_digits(answer)
        shown = [_shown(table[name], i) for name in names]
        reasons = [Reason(*parts) for parts in zip(names, shown, found.values[i].tolist(), strict=True)]
        reasons.sort(key=lambda reason: -abs(reason.contribution))
        base = float(found.base[i])
        result.append(Why(model.target.name, prediction, answer, base, reasons, beside, label=bool(labels)))
    return result


def rows_beside(model: Predictor, table: Table) -> Table | None:
    """Return the rows that a row of ``table`` is compared with if the model keeps no typical ones, or None.

    These are the table itself. None stands for the typical rows that the model keeps, or for its row of average numbers
    where it keeps none and the table has fewer than 10 rows.
    """
    return table if model.background is None and table.n_rows >= _FEWEST_BACKGROUND else None


class _Found(NamedTuple):
    """Contributions (n, columns) to the answers (n,) less the base (n,), and the outputs that are explained (n,)."""

    values: np.ndarray
    answers: np.ndarray
    base: np.ndarray
    outputs: np.ndarray


def _is_differentiable(model: Predictor) -> bool:
    """Return whether the prediction is the output of one network and differentiable in the features."""
    network = model.network
    codes = any(isinstance(layer, Embedding) for layer in every_layer(network.layers))
    averages = network.members is not None or isinstance(network.loss, EnsembleLoss)
    return not (codes or averages or model.levels or model.target.clip)


def _average_row(encoder: TableEncoder) -> np.ndarray:
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
    is_clock = column.form is not None and column.form.style in ("time", "duration")
    if is_clock or not isinstance(value, (float, np.floating)):
        return shown_cell(value, column.form)
    return _in_digits(float(value))


def _in_digits(value: float) -> str:
    """Return a number with six significant digits, or more where it would have an exponent, such as ``"1234567"``."""
    text = f"{value:.6g}"
    return number_text(value).replace(",", "") if "e" in text else text


def column_groups(encoder: TableEncoder) -> dict[str, list[int]]:
    """Return the positions of the features of each column of the table."""
    return {coder.name: list(range(places.start, places.stop)) for coder, places in placed_coders(encoder)}


def importance_metric(model: Predictor) -> str:
    """Return the metric by which the importance of columns is measured: log loss, RMSE, or pinball loss of quantiles.

    It is not the loss of the training, which is another number where labels are smoothed or weighted, and where the
    predictions of several copies are averaged.
    """
    if model.target.labels:
        return "log_loss"
    return "pinball" if model.levels else "rmse"


def column_importance(
    model: Predictor, frame: Any, *, metric: str | None = None, repeats: int = 5, seed: int = 0
) -> Importance:
    """Return how much worse the predictions get when a column of the table is shuffled; see `importance_of_columns`.

    ``frame`` has the target among its columns, preferably for rows that the model was not trained on. The ``metric`` is
    by default that of `importance_metric`; errors of numbers are in the units of the target.
    """
    table = model.table(frame)
    if model.target.name not in table:
        question = ask_for_renamed([model.target.name], [name for name in table.names if name not in model.forms])
        message = f"TableModel.importance: the target {model.target.name!r} is not in the frame; it must be. {question}"
        message = message.rstrip()
        raise DataError(message, expected=model.target.name)
    groups = column_groups(model.encoder)
    X, y = model.encoded(table), model.target.transform(table[model.target.name])
    chosen = importance_metric(model) if metric is None else metric
    found = importance_of_columns(model, X, y, metric=chosen, groups=groups, repeats=repeats, seed=seed)
    if model.target.labels or chosen not in IN_UNITS:
        return found
    unit = float(model.target.scale.std)
    return Importance(found.names, found.drops * unit, chosen, found.score * unit)
