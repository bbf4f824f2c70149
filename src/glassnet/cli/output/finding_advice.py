"""What to do about a finding, in the options of ``glassnet train``; the library's advice names arguments of Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from glassnet.cli.output.wording import plain

__all__ = ["as_option", "worded_for_train"]

# For both kinds of network, for recipes, and for the plain network. Kinds that are not here keep the library's words.
_BOTH = {
    "leaking-column": "Leave the column out with --drop, unless it will be known for new rows.",
    "id-column": "Leave the column out with --drop.",
    "constant-columns": "Leave it out with --drop; it does no other harm.",
    "duplicate-columns": "Leave one of them out with --drop.",
    "unscaled-target": "Train on a column that holds the target divided by its size, or its logarithm.",
    "some-classes-only": "Weigh classes alike with --class-weight balanced, or collect more rows of it.",
    "imbalance": "Look at the balanced accuracy; --class-weight balanced weighs all classes alike.",
    "worse-than-linear": "Take the linear model, --layers none, or give the network more --epochs.",
}
_OTHER_RECIPE = "Try another --recipe, or another --seed."
_RECIPES = dict.fromkeys(
    (
        "symmetric-weights", "weights-all-positive", "start-too-large", "dead-signal", "vanishing-gradient",
        "exploding-gradient", "saturated-units", "diverged", "rate-too-high", "rate-too-low", "clipping-is-the-rate",
        "penalty-dominates", "dropout-too-strong", "too-few-units", "unlucky-start", "dead-units", "loss-does-not-fit",
        "output-cannot-reach", "linear-layers-in-a-row", "sorted-rows", "unscaled-inputs",
    ),
    _OTHER_RECIPE,
) | {
    "few-updates": "Raise --epochs, or lower --batch.",
    "plateau-at-prior": "Look whether the columns tell anything about the target; try another --recipe.",
    "cannot-overfit": "Look whether rows that are equal have different targets; try another --recipe.",
    "constant-output": "Look at the findings beside this one; try another --recipe, or another --seed.",
    "no-better-than-baseline": "Look whether the columns tell anything about the target; try another --recipe.",
    "overfit": "More rows help most, then --ensemble 5 or another --recipe.",
    "badly-calibrated": "Choose the epoch by the probabilities with --metric log_loss.",
}  # fmt: skip
_PLAIN = {
    "symmetric-weights": "Try another --seed, or another --activation.",
    "weights-all-positive": "Try another --seed.",
    "start-too-large": "Take fewer units in --layers.",
    "dead-signal": "Take fewer --layers, or --activation relu.",
    "vanishing-gradient": "Take --activation relu, or fewer --layers.",
    "exploding-gradient": "Take fewer --layers, or lower --rate.",
    "saturated-units": "Take --activation relu, or lower --rate.",
    "unscaled-inputs": "Lower --rate.",
    "output-cannot-reach": _OTHER_RECIPE,
    "loss-does-not-fit": "Say what the target is with --task.",
    "linear-layers-in-a-row": "Take another --activation, or --layers none.",
    "sorted-rows": _OTHER_RECIPE,
    "diverged": "Lower --rate.",
    "rate-too-high": "Lower --rate.",
    "rate-too-low": "Raise --rate.",
    "clipping-is-the-rate": "Lower --rate.",
    "penalty-dominates": "Lower --weight-decay.",
    "dropout-too-strong": "Lower --dropout.",
    "too-few-units": "Give --layers more units.",
    "unlucky-start": "Train again with another --seed, or with more units in --layers.",
    "few-updates": "Raise --epochs, or lower --batch.",
    "dead-units": "Lower --rate, or take --activation leaky_relu.",
    "plateau-at-prior": "Look whether the columns tell anything about the target; try another --rate or --seed.",
    "cannot-overfit": "Look whether rows that are equal have different targets; try another --rate, fewer --layers.",
    "constant-output": "Look at the findings beside this one; lower --rate, or take another --seed.",
    "no-better-than-baseline": "Look whether the columns tell anything about the target; lower --weight-decay.",
    "overfit": "More rows help most, then a higher --dropout or --weight-decay, or fewer units in --layers.",
    "badly-calibrated": "Raise --weight-decay or --dropout.",
}  # fmt: skip

_ARGUMENTS = (
    (re.compile(r"\blearning_rate(?= [\d.])"), "--rate"),
    (re.compile(r"\bseed=(?=\d)"), "--seed "),
    (re.compile(r" Pass threads=\d+ for a fixed number\."), ""),
)


_OF_CLASSES = ("single-class", "imbalance", "missing-classes", "no-better-than-baseline", "some-classes-only")
_CLASSES = re.compile(r"(?<=\bclass )\d+(?: \(\d+ rows\))?(?:, \d+(?: \(\d+ rows\))?)*")
_CLASS = re.compile(r"(?:^|(?<=, ))\d+")


def worded_for_train(finding: dict[str, Any], *, is_plain: bool, labels: Sequence[Any] = ()) -> dict[str, Any]:
    """Return a finding as plain data with the advice that ``glassnet train`` can follow, and ``labels`` of classes.

    Examples
    --------
    >>> found = {"code": "rate-too-high", "advice": "Lower learning_rate.", "tried": "with learning_rate 0.1, ..."}
    >>> worded_for_train(found, is_plain=True)
    {'code': 'rate-too-high', 'advice': 'Lower --rate.', 'tried': 'with --rate 0.1, ...'}
    """
    own = _BOTH | (_PLAIN if is_plain else _RECIPES)
    worded = finding | {"advice": own.get(finding["code"], finding["advice"]), "tried": as_option(finding["tried"])}
    if labels and finding["code"] in _OF_CLASSES:
        worded["measured"] = _with_labels(finding["measured"], labels)
    return worded


def _with_labels(measured: str, labels: Sequence[Any]) -> str:
    """Return a sentence with the labels of classes in place of their numbers.

    Examples
    --------
    >>> _with_labels("Of 30 rows none is answered with class 1 (11 rows), 2 (9 rows).", ["a", "b", "c"])
    "Of 30 rows none is answered with class 'b' (11 rows), 'c' (9 rows)."
    """
    names = {str(number): plain(repr(label), 30) for number, label in enumerate(labels)}
    return _CLASSES.sub(lambda found: _CLASS.sub(lambda one: names.get(one[0], one[0]), found[0]), measured)


def as_option(words: str) -> str:
    """Return words with options in place of the arguments that they stand for."""
    for pattern, option in _ARGUMENTS:
        words = pattern.sub(option, words)
    return words
