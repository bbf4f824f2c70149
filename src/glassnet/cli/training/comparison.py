"""Whether one model is better than another on the same rows, and what may be said about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from glassnet.cli.output.wording import count

__all__ = ["Judged", "compare", "compare_losses", "verdict"]

_CHANCE = 0.05  # a difference that chance alone would make more often than this proves nothing
_TOO_FEW = 5  # on fewer rows than these nothing is concluded
_EXACT = 1000  # up to here the sign test sums binomial coefficients


@dataclass(frozen=True)
class Judged:
    """The scores of one model on some rows, and for each row what they are made of.

    Parameters
    ----------
    scores : dict of str to float or None
        For a report; None is a score that so few rows do not have.
    right : ndarray of bool, or None
        Whether the row's class was found; None for a regression.
    loss : ndarray of float64
        The row's ``-log p`` of the true class, or its squared error.
    """

    scores: dict[str, float | None]
    right: np.ndarray | None
    loss: np.ndarray


def compare(ours: Judged, theirs: Judged) -> str:
    """Say whether our model is ``"better"`` or ``"worse"`` on the same rows, or whether it may be chance (``"equal"``).

    Classes: a sign test on the rows that one of the two has right and the other wrong. Numbers: a paired test on the
    squared errors. Both two-sided at 5 %.

    References
    ----------
    Dietterich (1998), "Approximate statistical tests for comparing supervised classification learning algorithms".
    """
    if ours.right is None or theirs.right is None:
        return compare_losses(ours, theirs)
    won = int(np.count_nonzero(ours.right & ~theirs.right))
    lost = int(np.count_nonzero(~ours.right & theirs.right))
    if _sign_test(won, lost) > _CHANCE:
        return "equal"
    return "better" if won > lost else "worse"


def compare_losses(ours: Judged, theirs: Judged) -> str:
    """Say the same by the loss of each row, which for classes also sees how sure the model was."""
    gain = theirs.loss - ours.loss
    n = len(gain)
    spread = float(gain.std(ddof=1)) if n > 1 else 0.0
    mean = float(gain.mean())
    if spread == 0.0 or math.erfc(abs(mean) / spread * math.sqrt(n / 2)) > _CHANCE:
        return "equal"
    return "better" if mean > 0.0 else "worse"


def _sign_test(won: int, lost: int) -> float:
    """Return the chance of a split as uneven as this, or more so, if both sides are equally likely."""
    n, least = won + lost, min(won, lost)
    if n > _EXACT:
        return math.erfc((n / 2 - least) / math.sqrt(n / 2))
    tail = sum(math.comb(n, i) for i in range(least + 1))
    return float(min(1.0, 2 * tail / 2**n))


def verdict(baseline: str, network: Judged, simple: Judged, linear: Judged | None = None) -> dict[str, str]:
    """Put into one sentence what the scores mean.

    Parameters
    ----------
    baseline : str
        What the simplest rival does, such as ``"always answering 'no'"``.
    network, simple, linear : Judged
        On the same rows; the linear model may be left out.

    Returns
    -------
    dict
        ``sentence``, ``against_baseline`` and ``against_linear``: ``"better"``, ``"equal"`` or ``"worse"``.
    """
    n = len(network.loss)
    if n < _TOO_FEW:
        names = ["against_baseline"] + (["against_linear"] if linear is not None else [])
        sentence = (
            f"{count(n, 'row')} {'is' if n == 1 else 'are'} too few to tell whether the network beats {baseline}."
        )
        return {"sentence": sentence, **dict.fromkeys(names, "equal")}
    against = {"against_baseline": compare(network, simple)}
    if linear is not None:
        against["against_linear"] = compare(network, linear)
    if against["against_baseline"] == "better":
        sentence = f"The network beats {baseline}" + _beside_linear(network, linear)
    else:
        sentence = _nothing_learned(baseline, network, simple, linear)
    return {"sentence": sentence, **against}


def _rows(judged: Judged) -> str:
    return f"on {count(len(judged.loss), 'held-out row')}"


def _beside_linear(network: Judged, linear: Judged | None) -> str:
    """Return the end of the sentence for a network that beats the simplest rival."""
    if linear is None:
        return "."
    relation = compare(network, linear)
    if relation == "better":
        return " and the linear model."
    if relation == "worse":
        return ", but the linear model is better still: prefer it (--layers none), or try other options."
    first = next(iter(network.scores))
    if network.scores[first] == linear.scores[first]:
        as_good = "is exactly as good" if network.right is None else "is right just as often"
        return f"; the linear model {as_good}, {_rows(network)}."
    return f"; from the linear model it differs no more than chance may, {_rows(network)}."


def _nothing_learned(baseline: str, network: Judged, simple: Judged, linear: Judged | None) -> str:
    """Return the sentence for a network that does not beat the simplest rival."""
    if network.right is not None and compare_losses(network, simple) == "better":
        sentence = f"The network is right no more often than {baseline}, {_rows(network)}"
        return f"{sentence}; but its probabilities say more (see the log loss)."
    sentence = f"The network has learned nothing beyond {baseline}"
    if linear is None:
        return f"{sentence}, as far as {count(len(network.loss), 'row')} can tell."
    rival = "but the linear model has" if compare(linear, simple) == "better" else "nor has the linear model"
    return f"{sentence}, as far as {count(len(network.loss), 'row')} can tell; {rival}."
