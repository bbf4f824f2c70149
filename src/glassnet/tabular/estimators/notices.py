"""What the estimators say about the columns of a table: one warning for each fit, and one for each prediction."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from glassnet.errors import TableWarning
from glassnet.tabular.encoding.encoder import TableEncoder
from glassnet.tabular.encoding.told import absent_classes_words, infinite_words, left_out_words
from glassnet.tabular.reading.table import Column, Table
from glassnet.training import History
from glassnet.utils.callers import stacklevel_outside

__all__ = ["issue", "notices_of_fit", "warn_of_interruption"]

_MOST = 8  # sentences


def notices_of_fit(
    inputs: Table, target: Column, encoder: TableEncoder, absent: Sequence[Any], given: Any
) -> list[str]:
    """Return sentences about training rows: columns left out and why, ``absent`` classes, how cells were read.

    If a `Table` was ``given``, its notes were issued when it was read, and are not repeated.
    """
    read_before = _reading_notes(given) if isinstance(given, Table) else []
    found = ["No column differs between rows, so all get the same answer."] if encoder.is_constant else []
    found += [left_out_words(encoder.describe()), absent_classes_words(absent)]
    found += [infinite_words(column) for column in inputs.columns]
    found += [note for note in _reading_notes(inputs) if note not in read_before] + [*target.notes]
    return [sentence for sentence in dict.fromkeys(found) if sentence]


def _reading_notes(table: Table) -> list[str]:
    return [*table.notes, *(note for column in table.columns for note in column.notes)]


def issue(where: str, sentences: Sequence[str], more: str) -> None:
    """Issue one `TableWarning` of all sentences, if there are any; ``more`` says where those beyond eight are."""
    if not sentences:
        return
    ordered = sorted(sentences, key=lambda sentence: "outside the range of training" in sentence)
    rest = len(ordered) - _MOST
    shown = [*ordered[:_MOST], *([f"{rest} more: see {more}."] if rest > 0 else [])]
    warnings.warn(f"{where}: {' '.join(shown)}", TableWarning, stacklevel=stacklevel_outside("sklearn"))


def warn_of_interruption(name: str, histories: Sequence[History], n_networks: int, most_epochs: int) -> None:
    """Warn that Ctrl-C ended a training, in the words that scikit-learn has for it; ``name`` is the estimator's."""
    of = f" after {max(history.epochs for history in histories)} of {most_epochs} epochs"
    if n_networks > 1:
        of = f": {len(histories)} of {n_networks} networks are averaged"
    message = f"Training interrupted by user{of}. The best weights so far are kept."
    warnings.warn(f"{name}.fit: {message}", UserWarning, stacklevel=stacklevel_outside())
