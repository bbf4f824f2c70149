"""Whether one model is better than another on the same rows, and the sentence that says so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.utils.short_text import count

__all__ = ["Scores", "beside_findings", "compare", "compare_losses", "verdict"]

_SIGNIFICANCE = 0.05  # largest p-value that counts as a difference
_SIGN_SIGNIFICANCE = 0.01
_TOO_FEW = 5  # fewer rows than these allow no conclusion
_EXACT = 1000  # most rows for which the sign test sums binomial coefficients


@dataclass(frozen=True)
class Scores:
    """The scores of one model on some rows by name, and what they were computed from."""

    values: dict[str, float | None]  # None where a score is not defined for so few rows
    right: np.ndarray | None  # whether each row's class was predicted; None for a regression
    loss: np.ndarray  # -log p of each row's true class, or its squared error, float64


def compare(ours: Scores, theirs: Scores) -> str:
    """Return whether our model is ``"better"`` or ``"worse"`` on the same rows, or ``"equal"`` within noise.

    Classes: a sign test on the rows that only one of the two has right. Numbers: a paired test on the squared errors.
    Both are two-sided at 5 %. Where a few rows make up most of the squares, numbers are compared by a sign test too, at
    1 %, if it agrees with the mean.

    References
    ----------
    Dietterich (1998), "Approximate statistical tests for comparing supervised classification learning algorithms".
    """
    if ours.right is None or theirs.right is None:
        found = compare_losses(ours, theirs)
        return _compare_signs(theirs.loss - ours.loss) if found == "equal" else found
    won = int(np.count_nonzero(ours.right & ~theirs.right))
    lost = int(np.count_nonzero(~ours.right & theirs.right))
    if _sign_test(won, lost) > _SIGNIFICANCE:
        return "equal"
    return "better" if won > lost else "worse"


def _compare_signs(gain: np.ndarray) -> str:
    """Return the same from how many rows have a smaller loss, if the mean agrees."""
    won, lost, mean = int(np.count_nonzero(gain > 0.0)), int(np.count_nonzero(gain < 0.0)), float(gain.mean())
    if _sign_test(won, lost) > _SIGN_SIGNIFICANCE or (won > lost) != (mean > 0.0):
        return "equal"
    return "better" if mean > 0.0 else "worse"


def compare_losses(ours: Scores, theirs: Scores) -> str:
    """Return the same from the loss of each row, which for classes also depends on the probabilities."""
    gain = theirs.loss - ours.loss
    n = len(gain)
    spread = float(gain.std(ddof=1)) if n > 1 else 0.0
    mean = float(gain.mean())
    if spread == 0.0 or math.erfc(abs(mean) / spread * math.sqrt(n / 2)) > _SIGNIFICANCE:
        return "equal"
    return "better" if mean > 0.0 else "worse"


def _sign_test(won: int, lost: int) -> float:
    """Return the probability of a split at least as uneven as this if both sides are equally likely."""
    n, least = won + lost, min(won, lost)
    if n > _EXACT:
        return math.erfc((n / 2 - least) / math.sqrt(n / 2))
    tail = sum(math.comb(n, i) for i in range(least + 1))
    return float(min(1.0, 2 * tail / 2**n))


def verdict(
    baseline: str,
    network: Scores,
    simple: Scores,
    linear: Scores | None = None,
    rows: str = "row",
    *,
    is_given_away: bool = False,
    is_linear: bool = False,
    no_better: str = "",
) -> dict[str, str]:
    """Return what the scores on the same rows mean: a ``sentence``, and how the network compares with each baseline.

    ``against_baseline`` and ``against_linear`` are ``"better"``, ``"equal"`` or ``"worse"``. ``baseline`` is what the
    constant baseline does, such as ``"always answering 'no'"``, ``simple`` its scores, ``rows`` what one of the rows is
    called, and ``is_given_away`` whether a column holds the answer: then no model is advised for its scores. Nor is the
    linear one where the network ``is_linear`` itself.
    ``no_better`` is what to say of a network that learned something, and is no better than the constant here.
    """
    n = len(network.loss)
    on = f"on {count(n, rows)}"
    if n < _TOO_FEW:
        names = ["against_baseline"] + (["against_linear"] if linear is not None else [])
        are = "is" if n == 1 else "are"
        sentence = f"{count(n, 'row')} {are} too few to tell whether the network beats {baseline}."
        return {"sentence": sentence, **dict.fromkeys(names, "equal")}
    against = {"against_baseline": compare(network, simple)}
    if linear is not None:
        against["against_linear"] = compare(network, linear)
    if against["against_baseline"] == "better":
        sentence = f"The network beats {baseline}" + _beside_linear(network, linear, on, is_given_away, is_linear)
        if network.right is not None and compare_losses(network, simple) == "worse":
            sentence += " But its probabilities are worse than the frequencies of the classes (see the log loss)."
    else:
        sentence = _no_better(baseline, network, simple, linear, on, no_better)
    return {"sentence": sentence, **against}


def _beside_linear(network: Scores, linear: Scores | None, on: str, is_given_away: bool, is_linear: bool) -> str:
    """Return the end of the sentence for a network that beats the constant baseline ``on`` so many rows."""
    if linear is None:
        return "."
    relation = compare(network, linear)
    if relation == "better":
        return " and the linear model."
    if relation == "worse" and is_given_away:
        return ", but the linear model is better still, as a column holds the answer: see the findings."
    if relation == "worse" and is_linear:
        return ", but the linear model, fitted to its optimum, is better still: try more --epochs, or another --rate."
    if relation == "worse":
        return ", but the linear model is better still: prefer it (--recipe plain --layers none), or try other options."
    first = next(iter(network.values))
    if network.values[first] == linear.values[first]:
        as_good = "is exactly as good" if network.right is None else "is right just as often"
        return f"; the linear model {as_good}, {on}."
    return f"; the difference to the linear model is within chance, {on}."


def _no_better(baseline: str, network: Scores, simple: Scores, linear: Scores | None, on: str, no_better: str) -> str:
    """Return the sentence for a network that does not beat the constant baseline ``on`` so many rows."""
    if network.right is not None and compare_losses(network, simple) == "better":
        sentence = f"The network is right no more often than {baseline}, {on}"
        return f"{sentence}; but its probabilities say more (see the log loss)."
    if no_better:
        return no_better
    if compare(network, simple) == "worse":
        if linear is not None and compare(linear, simple) != "better":  # there may be nothing to learn
            nothing = f"The network has learned nothing beyond {baseline}, nor has the linear model"
            return f"{nothing}; {on} the network is worse."
        sentence = f"The network is worse than {baseline}, {on}"
        return f"{sentence}." if linear is None else f"{sentence}; the linear model is better."
    if network.right is not None and compare_losses(network, simple) == "worse":
        sentence = f"The network is right no more often than {baseline}, {on}"
        return f"{sentence}; and its probabilities are worse than the frequencies of the classes (see the log loss)."
    sentence = f"The network has learned nothing beyond {baseline}"
    if linear is None:
        return f"{sentence}, as far as {count(len(network.loss), 'row')} can tell."
    beside = "but the linear model has" if compare(linear, simple) == "better" else "nor has the linear model"
    return f"{sentence}, as far as {count(len(network.loss), 'row')} can tell; {beside}."


def beside_findings(found: dict[str, str], findings: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a verdict that names the linear model where training found it better, and the scores have none.

    Parameters
    ----------
    found : dict
        Of `verdict`.
    findings : sequence of dict
        Of the training, as plain data.
    """
    warned = any(each["code"] == "worse-than-linear" and each["severity"] != "note" for each in findings)
    if not warned or found["against_baseline"] != "better" or "against_linear" in found:
        return found
    said = "A linear model did better in training: see the finding worse-than-linear."
    return {**found, "sentence": f"{found['sentence']} {said}"}
