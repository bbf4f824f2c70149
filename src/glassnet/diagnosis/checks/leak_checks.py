"""Check for columns that give the target away: copies of it, rounded, bent, with noise or gaps, alone or together."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.diagnosis.autoencoders import share_restored
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.class_leaks import leaked_classes
from glassnet.diagnosis.checks.leaks import Leak
from glassnet.diagnosis.checks.number_leaks import leaked_numbers
from glassnet.diagnosis.checks.whole_columns import flat, upper
from glassnet.diagnosis.remedies.suspicions import Suspicion, suspect
from glassnet.diagnosis.sampling import listed_columns
from glassnet.layers import Embedding
from glassnet.losses import SquaredError
from glassnet.utils.distinct_values import numbered

__all__ = ["check_leaks"]

_FEWEST_ROWS = 40
_FEWEST_COLUMNS = 3
_INFORMATIVE = 0.08  # share of the variance that other columns explain, where the answer depends on more than one
_ROWS_INFORMED = 12  # as much is explained by chance of so many rows
_OUTPUTS = 3  # columns of y that are looked at
_FEW_VALUES, _FEWEST_OF_A_VALUE = 10, 10  # of y: these are classes, each of so many rows
_OF_SEVERAL = re.compile(r"\bfrom (?:each of them|each|them)\b")
_NEARLY_ALL = 0.975  # of the target: less is not all of it
_CLOSE = 0.05  # share of the loss that may be left where parts of the target are looked for


def check_leaks(case: Case) -> Iterator[Suspicion]:
    """Report columns that give nearly all of the target, while all others together are far from it.

    Where the others say nothing about y it may depend on one column by design, as in many examples: that is a note.
    """
    if case.n_rows < _FEWEST_ROWS or any(isinstance(layer, Embedding) for layer in case.original.layers):
        return
    columns = case.looked_at
    few = flat(case.probe[0], columns)
    columns = columns[few.min(axis=0) < few.max(axis=0)]
    if len(columns) < _FEWEST_COLUMNS:
        return
    # Rows may be sorted: neighbours among equal numbers, and the halves of the sample, are drawn by chance.
    order = np.random.default_rng(0).permutation(case.n_sampled)

    def read(most: int) -> np.ndarray:
        return case.part(order[:most], columns)

    y, codes = case.sample[1][order], case.codes(case.sample[1])
    if codes is not None:
        leak = leaked_classes(read, columns, codes[order])
        if leak is not None:
            yield _described(case, leak)
    elif y.ndim == 2 and y.dtype.kind == "f":
        is_close = not case.is_trained or _is_close(case)
        copied = share_restored(case)
        if copied == 1.0:
            return
        for index in range(min(y.shape[1], _OUTPUTS)):
            leak = _leaked_number(read, columns, y[:, index].astype(np.float64), is_close=is_close)
            if leak is not None:
                name = "y" if y.shape[1] == 1 else f"output {index} (counted from 0) of y"
                found = _described(case, leak, name)
                if copied > 0.0:  # some of the columns may be asked for on purpose
                    found = found._replace(finding=dataclasses.replace(found.finding, severity="note"))
                yield found
                return


def _leaked_number(
    read: Callable[[int], np.ndarray], columns: np.ndarray, y: np.ndarray, *, is_close: bool
) -> Leak | None:
    """Return the columns from which a number follows; of few different numbers as from classes."""
    values, codes, counts = numbered(y)
    if len(values) <= _FEW_VALUES and counts.min() >= _FEWEST_OF_A_VALUE:
        return leaked_classes(read, columns, codes)
    return leaked_numbers(read, columns, y, looks_for_parts=is_close)


def _is_close(case: Case) -> bool:
    """Return whether hardly any of the loss is left."""
    assert case.history is not None
    loss = case.history.columns["loss"][-1]
    if loss is None or case.baseline is None or not isinstance(case.loss, SquaredError):
        return loss is not None
    return bool(loss < _CLOSE * case.baseline)


def _described(case: Case, leak: Leak, target: str = "y") -> Suspicion:
    """Return the finding in words."""
    which = leak.columns
    together = len({case.names[j] for j in which}) > 1  # one category may be in several columns of one name
    names = upper(listed_columns(case.names, which))
    alone = f"{names} {'each give' if leak.each and together else 'together give' if together else 'alone gives'}"
    how = leak.how if together else _OF_SEVERAL.sub("from it", leak.how)
    how += f" (of {case.n_rows})" if case.n_sampled < case.n_rows else ""
    is_alone = leak.others < max(_INFORMATIVE, _ROWS_INFORMED / case.n_sampled)
    rest = "the other columns say next to nothing about it" if is_alone else leak.others_in_words
    what = "the target" if leak.score >= _NEARLY_ALL else "nearly all of the target"
    measured = f"{alone} {what}: {how.replace('y ', f'{target} ', 1)}; {rest}."
    evidence = {"columns": which, "column": which[0], "score": leak.score, "others": leak.others}
    details: dict[str, Any] = {"severity": "note" if is_alone or leak.is_doubtful else "warning", "evidence": evidence}
    if together:
        details["advice"] = "Leave these columns out, unless they will be known for new rows."
    return suspect("leaking-column", measured, epoch=0, **details)
