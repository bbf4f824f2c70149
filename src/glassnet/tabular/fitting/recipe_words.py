"""What to do about findings where a recipe chooses layers and rates, in the words of whoever offers the recipes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["advice_of_recipes", "on_a_rare_class", "without_given"]

_OTHER = "Try another {recipe}, or another {seed}."
_TARGET = "Check whether the columns are related to the target"

# By code; in braces what the options of a door are called.
_ADVICE = dict.fromkeys(
    (
        "symmetric-weights", "weights-all-positive", "start-too-large", "dead-signal", "vanishing-gradient",
        "exploding-gradient", "saturated-units", "diverged", "rate-too-high", "rate-too-low", "clipping-is-the-rate",
        "penalty-dominates", "dropout-too-strong", "too-few-units", "unlucky-start", "dead-units", "loss-does-not-fit",
        "output-cannot-reach", "linear-layers-in-a-row", "sorted-rows", "unscaled-inputs", "nothing-trainable",
        "one-softmax-unit", "hidden-activation", "frozen-layers", "schedule-ended",
    ),
    _OTHER,
) | {
    "constant-target": "Check how the target was made, and which rows were left out.",
    "single-class": "Check how the target was made, and which rows were left out.",
    "all-columns-constant": "Check how the table was made.",
    "weights-on-one-class": "Check how the weights were made.",
    "weights-on-few-rows": "Check how the weights were made.",
    "outlier-in-target": "Check the row: correct it or leave it out, or learn medians with {mae}.",
    "code-for-missing": "Say which value stands for \"missing\" with {missing}; it is then filled in and flagged.",
    "outlier-in-inputs": "Check the row: correct it or leave it out.",
    "leaking-column": "Leave the column out{drop}, unless it will be known for new rows.",
    "shared-rows": "Divide the rows before anything is copied or drawn again, and drop the copies.",
    "validation-differs": "Draw the validation rows at random from the same table.",
    "id-column": "Leave the column out{drop}, unless it measures something, such as a time or a dose.",
    "skewed-target": "Train on the logarithm of the target{logarithm}, and undo it on the predictions.",
    "unscaled-target": "Train on the target divided by its size.",
    "small-normalised-batches": "Raise {batch}.",
    "schedule-not-begun": "Raise {epochs}.",
    "few-updates": "Raise {epochs}, or lower {batch}.",
    "still-falling": "Raise {epochs}.",
    "plateau-at-prior": f"{_TARGET}; try another {{recipe}}.",
    "cannot-overfit": "Check whether equal rows have different targets; try another {recipe}.",
    "constant-output": "See the other findings; try another {recipe}, or another {seed}.",
    "no-better-than-baseline": f"{_TARGET}; try another {{recipe}}.",
    "validation-at-chance": f"{_TARGET}, and whether the validation rows are like the others.",
    "overfit": "More rows help most, then {ensemble} or another {recipe}.",
    "some-classes-only": "Weigh classes alike with {balanced}, choose the epoch with {fair}, or collect more rows.",
    "class-too-rare": "Collect more rows of it, weigh classes alike with {balanced}, and choose the epoch with {fair}.",
    "badly-calibrated": "Calibrate the probabilities on held-out rows{calibrate}.",
    "worse-than-linear": "Take the linear model{linear}, or raise {epochs}.",
    "past-best-epoch": "Lower {epochs}; the weights of the best epoch are the ones that were kept.",
    "skewed-inputs": "Take the logarithm of the column.",
    "missing-classes": "Check where the rows of these classes are.",
    "imbalance": "Look at the balanced accuracy: {fair} chooses the epoch by it, {balanced} weighs all classes alike.",
    "constant-columns": "Leave it out{drop}; it does no other harm.",
    "duplicate-columns": "Leave one of them out{drop}.",
    "column-order": "Give the columns in the order of training.",
    "unscaled-prediction": "Give new rows in the units of the training rows.",
    "outside-training-range": "Check the rows, and their units.",
}  # fmt: skip


_RARE = 0.75  # share of the largest class, from which on a network may know much and answer nothing else


def advice_of_recipes(options: Mapping[str, str]) -> dict[str, str]:
    """Return what to do by code, for users of a recipe.

    Parameters
    ----------
    options : dict of str to str
        What is named in braces above, in the words of a door.

    Examples
    --------
    >>> names = ("balanced batch calibrate drop ensemble epochs fair linear logarithm mae missing recipe seed").split()
    >>> advice_of_recipes({name: f"--{name}" for name in names})["few-updates"]
    'Raise --epochs, or lower --batch.'
    """
    return {code: words.format_map(options) for code, words in _ADVICE.items()}


def without_given(options: Mapping[str, str], given: Collection[str]) -> dict[str, str]:
    """Return the advice on rare classes without those of the options "balanced" and "fair" that are ``given`` already.

    Examples
    --------
    >>> without_given({"balanced": "--weigh", "fair": "--metric fair"}, ["fair"])["imbalance"]
    'Look at the balanced accuracy; weigh classes alike with --weigh.'
    """
    if not given:
        return {}
    ways = {"balanced": f"weigh classes alike with {options['balanced']}"}
    ways |= {"fair": f"choose the epoch with {options['fair']}"} if "fair" in options else {}
    open_ways = [words for way, words in ways.items() if way not in given]
    collect = ", or ".join(["Collect more rows of it", *open_ways])
    look = "; ".join(["Look at the balanced accuracy", *open_ways])
    return {"some-classes-only": f"{collect}.", "class-too-rare": f"{collect}.", "imbalance": f"{look}."}


def on_a_rare_class(evidence: Mapping[str, Any], options: Mapping[str, str], given: Collection[str] = ()) -> str:
    """Return what else to try where a network answers only the class of most rows; "" if no class has so many.

    Examples
    --------
    >>> on_a_rare_class({"majority": 0.9}, {"balanced": "class_weight='balanced'"})[:72]
    " Where one class is rare, weigh classes alike with class_weight='balance"
    """
    if evidence.get("majority", 0.0) < _RARE:
        return ""
    weigh = "" if "balanced" in given else f"weigh classes alike with {options['balanced']}, or "
    return f" Where one class is rare, {weigh}answer it from a lower probability on: the ranking may still be good."
