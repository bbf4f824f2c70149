"""What importances and attributions show in a notebook: bars."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.notebook import for_notebooks, paragraph, shown
from glassnet.utils.short_text import count, metric_name, number_text

__all__ = ["html_of_attribution", "importance_html"]

_MOST_NAMES = 20
_MOST_ROWS = 5
_MOST_INPUTS = 8


@for_notebooks
def importance_html(importance: Any) -> str:
    """Return an importance as a fragment of a page: a bar for each column, the most important first."""
    mean, std = importance.mean, importance.std
    bars = [
        Bar(importance.names[i], mean[i], f"{mean[i]:+.3g} ± {std[i]:.2g}", float(std[i]))
        for i in importance.ranking[:_MOST_NAMES]
    ]
    metric, rest = metric_name(importance.metric), len(importance.names) - len(bars)
    what = f"how much worse the {metric} ({number_text(importance.score)}) gets when a column is shuffled"
    repeats = importance.drops.shape[1]
    title = f"Permutation importance, {count(repeats, 'repeat')}"
    more = paragraph(f"{count(rest, 'column')} of less importance left out", quiet=True) if rest > 0 else ""
    return shown(title, paragraph(what), bar_table(bars, head=("column", "worse by", ""), label=what), more)


@for_notebooks
def html_of_attribution(attribution: Any) -> str:
    """Return an attribution as a fragment of a page: the largest contributions to the first rows' answers."""
    n = len(attribution)
    parts = []
    for i in range(min(n, _MOST_ROWS)):
        row = np.asarray(attribution.values[i])
        flat = row.ravel()
        order = np.argsort(-np.abs(flat), kind="stable")[:_MOST_INPUTS].tolist()
        bars = [Bar(attribution.names[j], float(flat[j]), f"{flat[j]:+.4g}") for j in order]
        rest = np.delete(flat, order)
        if rest.size:
            bars.append(Bar(f"{count(rest.size, 'other input')}", float(rest.sum()), f"{rest.sum():+.4g}"))
        base, answer = float(attribution.baseline_answers[i]), float(attribution.answers[i])
        words = f"Row {i}: {attribution.of} of output {attribution.outputs[i]} = {number_text(answer)}"
        words += f", of the baseline {number_text(base)}"
        parts += [paragraph(words), bar_table(bars, label=words)]
    more = paragraph(f"{count(n - _MOST_ROWS, 'more row')}", quiet=True) if n > _MOST_ROWS else ""
    title = f"Attribution: contributions of the inputs to the {attribution.of}, {count(n, 'row')}"
    title += ", counted from 0" if n > 1 else ""
    return shown(title, *parts, more)
