"""How much each column matters to a model that was trained, as far as time allows to measure it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from glassnet.attribution import Importance
from glassnet.tabular import TableModel
from glassnet.tabular.attribution.reasons import IN_UNITS, column_groups
from glassnet.tabular.attribution.shuffling import importance_of_columns
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.timing import work_per_row
from glassnet.utils.short_text import count

__all__ = ["Measured", "importance_in_time"]

_REPEATS = 3
_FEWEST_ROWS, _MOST_ROWS = 50, 2000  # rows that importance is measured on
_TIMED_ROWS = 200
_MOST_WORK = 500_000_000_000  # in units of `work_per_row`: some seconds
_SHARE_OF_LEFT = 0.5  # of what is left of a time limit


class Measured(NamedTuple):
    """The importance of columns, and how it was measured."""

    importance: Importance
    rows: int
    repeats: int  # shuffles of each column
    n_untried: int  # columns
    is_limited: bool  # by time or work

    def to_dict(self, unit: float = 1.0) -> dict[str, Any]:
        """Return plain data for JSON, with a note where fewer rows, shuffles or columns had to do.

        Errors of standardised numbers are multiplied by ``unit``, the target's spread: then they are in its units.
        """
        found = self.importance.to_dict()
        if found["metric"] in IN_UNITS:
            found["score"] *= unit
            found["importance"] = [
                {**row, "mean": unit * row["mean"], "std": unit * row["std"]} for row in found["importance"]
            ]
        how = {"rows": self.rows, "repeats": self.repeats, "not_tried": self.n_untried, "note": self._note()}
        return found | how

    def _note(self) -> str:
        if not self.is_limited:
            return ""
        often = "once" if self.repeats == 1 else f"{self.repeats} times"
        words = f"Measured on {count(self.rows, 'row')}, each column shuffled {often}"
        if self.n_untried:
            were = "was" if self.n_untried == 1 else "were"
            words += f"; {count(self.n_untried, 'column')} {were} not tried"
        return f"{words}."


def importance_in_time(model: TableModel, sample: Callable[[int], Rows], metric: str, deadline: Deadline) -> Measured:
    """Return how much worse the model gets when a column is shuffled, on rows that it was not trained on.

    These are 2000 at most, and each column is shuffled three times. There are fewer rows and one shuffle where
    predictions take long, as Ctrl-C is ignored meanwhile, or where little is left of the time. If even 50 rows of all
    columns take too long, blocks of columns are shuffled first, and only the columns of those that matter most are in
    the result.

    Parameters
    ----------
    model : TableModel
        What is looked at.
    sample : callable
        Returns at most so many rows.
    metric : str
        As of `permutation_importance`.
    deadline : Deadline
        Of which half of what is left is used, at most.
    """
    groups: Mapping[str, Sequence[int]] = column_groups(model.encoder)
    affordable = _affordable(model, sample, deadline)
    n = len(groups)
    repeats = _REPEATS if affordable >= _REPEATS * n * _FEWEST_ROWS else 1
    most = min(max(int(affordable / (n * repeats)), _FEWEST_ROWS), _MOST_ROWS)
    rows = sample(most)
    X, y = model.encoder.transform(rows.inputs), model.target.transform(rows.target)
    if affordable < n * _FEWEST_ROWS:
        blocks = _blocks(groups)
        found = importance_of_columns(model, X, y, metric=metric, groups=blocks, repeats=1)
        groups = _best(groups, found, int(affordable / _FEWEST_ROWS) - len(blocks))
    found = importance_of_columns(model, X, y, metric=metric, groups=groups, repeats=repeats, seed=0)
    is_limited = repeats < _REPEATS or len(groups) < n or len(X) == most < _MOST_ROWS
    return Measured(found, len(X), repeats, n - len(groups), is_limited)


def _affordable(model: TableModel, sample: Callable[[int], Rows], deadline: Deadline) -> float:
    """Return how many rows can be predicted."""
    work = work_per_row(model.network) * (model.network.members or 1)
    if not deadline.is_set:
        return _MOST_WORK / work
    X = model.encoder.transform(sample(_TIMED_ROWS).inputs)
    model.answers(X)  # the first time makes room, too
    before = deadline.clock()
    model.answers(X)
    each = (deadline.clock() - before) / len(X)
    return min(_MOST_WORK / work, _SHARE_OF_LEFT * deadline.left / max(each, 1e-12))


def _blocks(groups: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """Return about as many blocks of columns as a block has, by the number of its first column.

    Examples
    --------
    >>> _blocks({"a": [0], "b": [1, 2], "c": [3]})
    {'0': [0, 1, 2], '2': [3]}
    """
    names, size = list(groups), math.ceil(math.sqrt(len(groups)))
    starts = range(0, len(names), size)
    return {str(start): [place for name in names[start : start + size] for place in groups[name]] for start in starts}


def _best(groups: Mapping[str, Sequence[int]], blocks: Importance, most: int) -> dict[str, Sequence[int]]:
    """Return the columns of the best blocks: of at least one, and ``most`` columns in all."""
    names, size = list(groups), math.ceil(math.sqrt(len(groups)))
    kept: list[str] = []
    for place in blocks.ranking:
        start = int(blocks.names[place])
        block = names[start : start + size]
        if kept and len(kept) + len(block) > most:
            break
        kept += block
    return {name: groups[name] for name in kept}
