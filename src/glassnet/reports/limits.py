"""What a model was not tested on: few rows, rare classes, values outside those of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.reports.classes import class_facts, class_names
from glassnet.tabular import TableEncoder
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle, few

__all__ = ["limits_of", "ranges_of"]

_FEW_ROWS, _FEW_OF_A_CLASS = 200, 10
_TOO_FEW = 5  # for intervals
_HARDLY = 0.5  # recall
_RARE = 0.1  # share of a class
_MOST = 6  # names in a sentence


def ranges_of(encoder: TableEncoder) -> list[list[str]]:
    """Return ``[column, lowest, highest]`` of the numbers in training, for columns that are used as numbers."""
    found = []
    for coder in encoder.coders:
        scale = getattr(coder, "scale", None)
        low, high = getattr(scale, "low", None), getattr(scale, "high", None)
        if coder.training_kind == "number" and low is not None and high is not None and np.isfinite([low, high]).all():
            found.append([coder.name, f"{float(low):.6g}", f"{float(high):.6g}"])
    return found


def limits_of(facts: dict[str, Any], n: int, ranges: list[list[str]]) -> list[str]:
    """Return sentences on what the scores do not show.

    Parameters
    ----------
    facts : dict
        Of a report.
    n : int
        Rows that were scored.
    ranges : list
        Of `ranges_of`.
    """
    found = []
    if facts.get("judged_on") == "validation":
        found.append("No test rows: the rows of the scores also chose the best epoch, which flatters the network.")
    if n < _TOO_FEW:
        found.append(f"The scores are of {count(n, 'row')}: too few to say anything of other rows.")
    elif n < _FEW_ROWS:
        found.append(f"The scores are of {count(n, 'row')}: see how wide their intervals are.")
    if "confusion" in facts:
        found += _of_classes(facts["confusion"])
    split = facts.get("split")
    if split is not None and split.get("by") == "rows":
        found.append(
            "Rows were divided at random: later times, or groups that are not in the table, may be answered worse."
        )
    if ranges:
        words = few([f"{cut_middle(plain(name), 40)} {low} to {high}" for name, low, high in ranges], _MOST, "; ")
        found.append(f"Trained on numbers within {words}: outside of them it guesses.")
    found.append("Importance and reasons say what the model uses, not what causes what.")
    return found


def _of_classes(confusion: dict[str, Any]) -> list[str]:
    """Return sentences on classes that are rare, or hardly found."""
    labels = class_names(confusion["labels"], 30)
    classes = class_facts(confusion["counts"])
    total = sum(each.rows for each in classes) or 1
    found = []
    scarce = [f"{labels[each.place]} ({each.rows})" for each in classes if each.rows < _FEW_OF_A_CLASS]
    if scarce:
        found.append(f"Fewer than {_FEW_OF_A_CLASS} rows of {few(scarce, _MOST)}: their recall is rough.")
    hardly = [each for each in classes if each.recall is not None and each.recall < _HARDLY]
    if hardly:
        words = few([f"{labels[each.place]} ({100 * (each.recall or 0):.0f} %)" for each in hardly], _MOST)
        found.append(f"Found less than half the time: {words}.")
    largest, smallest = (pick(classes, key=lambda each: each.rows) for pick in (max, min))
    if len(classes) > 1 and smallest.rows < _RARE * largest.rows:
        share = 100 * largest.rows / total
        found.append(
            f"Unbalanced: {labels[largest.place]} is {share:.0f} % of the rows; look at the balanced accuracy too."
        )
    return found
