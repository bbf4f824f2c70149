"""What is said of a network that is no better than a constant on some rows, beside the scores of its training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.reports.comparison import Scores
from glassnet.utils.short_text import count, metric_name, metric_text

__all__ = ["no_better_here"]

_SURE = 4.0  # standard errors between the scores of then and now
_FEWEST = 30  # rows that can show it
_LARGER = 1.5  # times the squares of then


def no_better_here(baseline: str, now: Scores, trained: dict[str, Any], *, is_worse: bool = False) -> str:
    """Return a sentence on a network that is no better here than a constant prediction; "" if it never was.

    Parameters
    ----------
    baseline : str
        What the constant prediction is, as in "always answering 'no'".
    now : Scores
        On the rows at hand.
    trained : dict
        The notes on the training; empty if there are none.
    is_worse : bool, default=False
        Whether it is worse here than the constant prediction, by more than chance.
    """
    judged = trained.get("verdict")
    if isinstance(judged, dict) and judged.get("against_baseline") != "better":
        return ""
    name, n = now.main, len(now.loss)
    relation, sure = (
        ("worse than", f"on {count(n, 'row')}")
        if is_worse
        else ("no better than", f"as far as {count(n, 'row')} can tell")
    )
    then = trained["scores"]["network"].get(name) if trained else None
    if then is None or now.values[name] is None:
        return f"Here the network is {relation} {baseline}, {sure}."
    label = metric_name(name)
    scores = f"{label} {metric_text(now.values[name])} against {metric_text(then)}"
    if now.main in ("accuracy", "rmse") and _is_surely_worse(now, float(then), trained["rows"][trained["judged_on"]]):
        worse = f"The network does worse here than when it was trained ({scores}), and {relation} {baseline}"
        return f"{worse}, {sure}: they are unlike the rows that it was trained on."
    return f"Here the network is {relation} {baseline}, {sure} ({scores} when it was trained)."


def _is_surely_worse(now: Scores, then: float, n_then: int) -> bool:
    """Return whether the first score is worse than it was on other rows by more than chance."""
    n = len(now.loss)
    if min(n, n_then) < _FEWEST:
        return False
    if now.right is not None:
        share = (float(now.right.sum()) + then * n_then) / (n + n_then)
        error = math.sqrt(share * (1.0 - share) * (1.0 / n + 1.0 / n_then))
        return then - float(now.right.mean()) > _SURE * error
    squares, rmse = float(np.mean(now.loss)), now.values["rmse"]
    if not squares or not rmse or not math.isfinite(squares):
        return False
    spread = float(now.loss.std(ddof=1)) / squares  # of the squares, as a share of their mean
    ratio = (then / rmse) ** 2
    error = spread * math.sqrt(1.0 / n + ratio**2 / n_then)
    return ratio < 1.0 / _LARGER and 1.0 - ratio > _SURE * error
