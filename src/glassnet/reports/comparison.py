"""Whether one model is better than another on the same rows, and the sentence that says so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from glassnet.utils.short_text import count

__all__ = ["Goal", "Scores", "beside_findings", "compare", "compare_losses", "verdict"]

_SIGNIFICANCE = 0.05  # largest p-value that counts as a difference
_SIGN_SIGNIFICANCE = 0.01
_TOO_FEW = 5  # fewer rows than these allow no conclusion
_EXACT = 1000  # most rows for which the sign test sums binomial coefficients


_CLEAR = 1.96  # standard errors that two scores are apart, for a difference at 5 %
_BY = {"balanced_accuracy": " by the balanced accuracy", "auc": " by the AUC", "log_loss": " by the log loss"}


class Goal(NamedTuple):
    """What a model was trained for: the metric that chose the epoch, and whether classes were weighed."""

    metric: str = ""
    weighs: bool = False

    def judged_by(self, n_classes: int) -> str:
        """Return the score by which models of classes are compared.

        Examples
        --------
        >>> Goal("accuracy").judged_by(2), Goal("accuracy", weighs=True).judged_by(2), Goal("auc").judged_by(2)
        ('accuracy', 'balanced_accuracy', 'auc')
        """
        if self.metric in ("log_loss", "brier"):
            return "log_loss"
        if self.metric == "auc" and n_classes == 2:
            return "auc"
        return "balanced_accuracy" if self.weighs or self.metric in ("auc", "balanced_accuracy", "f1") else "accuracy"


@dataclass(frozen=True)
class Scores:
    """The scores of one model on some rows by name, and what they were computed from."""

    values: dict[str, float | None]  # None where a score is not defined for so few rows
    right: np.ndarray | None  # whether each row's class was predicted; None for a regression
    loss: np.ndarray  # -log p of each row's true class, or its squared error, float64
    codes: np.ndarray | None = None  # the true class of each row, where they are compared by classes
    by: str = "accuracy"  # the score of classes that a comparison goes by

    @property
    def main(self) -> str:
        """The name of the score that a comparison goes by."""
        return self.by if self.right is not None and self.by in self.values else next(iter(self.values))


def compare(ours: Scores, theirs: Scores) -> str:
    """Return whether our model is ``"better"`` or ``"worse"`` on the same rows, or ``"equal"`` within noise.

    Classes: a sign test on the rows that only one of the two has right, or a paired test on what ``ours.by`` names: the
    recalls of the classes, the log loss, or the AUC. Numbers: a paired test on the squared errors. All are two-sided at
    5 %. Where a few rows make up most of the squares, numbers are compared by a sign test too, at 1 %, if it agrees
    with the mean.

    References
    ----------
    Dietterich (1998), "Approximate statistical tests for comparing supervised classification learning algorithms".
    """
    if ours.right is None or theirs.right is None:
        found = compare_losses(ours, theirs)
        return _compare_signs(theirs.loss - ours.loss) if found == "equal" else found
    if ours.by == "log_loss":
        return compare_losses(ours, theirs)
    if ours.by != "accuracy" and ours.codes is not None:
        gain, error = _gain_of_auc(ours, theirs) if ours.by == "auc" else _gain_of_recalls(ours, theirs)
        return "equal" if abs(gain) <= _CLEAR * error else "better" if gain > 0.0 else "worse"
    won = int(np.count_nonzero(ours.right & ~theirs.right))
    lost = int(np.count_nonzero(~ours.right & theirs.right))
    if _sign_test(won, lost) > _SIGNIFICANCE:
        return "equal"
    return "better" if won > lost else "worse"


def _gain_of_recalls(ours: Scores, theirs: Scores) -> tuple[float, float]:
    """Return how much larger our mean recall is, and its standard error.

    Each class counts as if one more of its rows were won and one more lost, so that a few equal rows are not sure.
    """
    assert ours.codes is not None
    gain = np.asarray(ours.right, np.float64) - np.asarray(theirs.right, np.float64)
    occurs, place = np.unique(ours.codes, return_inverse=True)
    n = np.bincount(place)
    total, squares = np.bincount(place, gain), np.bincount(place, gain * gain)
    variance = (squares + 2.0) / (n + 2.0) - (total / (n + 2.0)) ** 2
    return float((total / n).mean()), float(np.sqrt((variance / n).sum())) / len(occurs)


def _gain_of_auc(ours: Scores, theirs: Scores) -> tuple[float, float]:
    """Return how much larger our AUC is, and its standard error as if both were independent.

    References
    ----------
    Hanley and McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC) curve".
    """
    assert ours.codes is not None
    areas = ours.values.get("auc"), theirs.values.get("auc")
    if areas[0] is None or areas[1] is None:
        return 0.0, 0.0
    of_class = int(np.count_nonzero(ours.codes))
    others, variance = len(ours.codes) - of_class, 0.0
    for area in areas:
        if area in (None, 0.5):  # a constant's, which no choice of rows changes
            continue
        one, two = area / (2.0 - area) - area * area, 2.0 * area * area / (1.0 + area) - area * area
        spread = area * (1.0 - area) + (of_class - 1) * one + (others - 1) * two
        variance += max(spread, 0.25) / (of_class * others)
    return areas[0] - areas[1], math.sqrt(variance)


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
        sentence = f"The network beats {baseline}{_by(network)}" + _beside_linear(
            network, linear, on, is_given_away, is_linear
        )
        if network.right is not None and network.by != "log_loss" and compare_losses(network, simple) == "worse":
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
    main = network.main
    if network.values[main] == linear.values[main]:
        as_good = "is right just as often" if main == "accuracy" else "is exactly as good"
        return f"; the linear model {as_good}, {on}."
    return f"; the difference to the linear model is within chance, {on}."


def _by(network: Scores) -> str:
    """Return by what a comparison goes, in words; "" for the accuracy, and for numbers."""
    return "" if network.right is None else _BY.get(network.by, "")


def _no_better_by(baseline: str, network: Scores, simple: Scores, linear: Scores | None, on: str) -> str:
    """Return the sentence for a network that is no better by a score other than the accuracy."""
    than = f"{baseline}{_by(network)}"
    if compare(network, simple) == "worse":
        sentence = f"The network is worse than {than}, {on}"
    else:
        sentence = f"The network is no better than {than}, as far as {on.removeprefix('on ')} can tell"
    if linear is None:
        return f"{sentence}."
    is_better = compare(linear, simple) == "better"
    return f"{sentence}; {'the linear model is better' if is_better else 'nor is the linear model better'}."


def _no_better(baseline: str, network: Scores, simple: Scores, linear: Scores | None, on: str, no_better: str) -> str:
    """Return the sentence for a network that does not beat the constant baseline ``on`` so many rows."""
    if _by(network):
        return no_better or _no_better_by(baseline, network, simple, linear, on)
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
