"""What to do about a finding, in the options of ``glassnet train``; the library's advice names arguments of Python."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from glassnet.tabular.fitting.recipe_words import advice_of_recipes, on_a_rare_class, without_given
from glassnet.training.finding_words import NOT_TRIED, Words, phrases
from glassnet.training.findings import Finding
from glassnet.utils.short_text import plain
from glassnet.utils.wording import few

__all__ = ["as_option", "worded_for_train", "words_of_options"]

_NAMES = {
    "balanced": "--class-weight balanced",
    "batch": "--batch",
    "calibrate": "",
    "drop": " with --drop",
    "ensemble": "--ensemble 5",
    "epochs": "--epochs",
    "fair": "--metric balanced_accuracy",
    "linear": ", --layers none",
    "logarithm": " (a column that holds it)",
    "mae": "--metric mae",
    "missing": "--missing",
    "recipe": "--recipe",
    "seed": "--seed",
}
_OTHER_RECIPE = "Try another --recipe, or another --seed."
_TARGET = "Check whether the columns are related to the target"
_DIVIDED = {
    "validation-differs": "Let the rows be divided at random: leave --time, --group and --split out.",
}
_PLAIN = {
    "outlier-in-target": "Check the row: correct it or leave it out.",
    "symmetric-weights": "Try another --seed, or another --activation.",
    "weights-all-positive": "Try another --seed.",
    "start-too-large": "Take fewer units in --layers.",
    "dead-signal": "Take fewer --layers, or --activation relu.",
    "vanishing-gradient": "Take --activation relu, or fewer --layers.",
    "exploding-gradient": "Take fewer --layers, or lower --rate.",
    "saturated-units": "Take --activation relu, or lower --rate.",
    "hidden-activation": "Take --activation relu.",
    "unscaled-inputs": "Lower --rate.",
    "output-cannot-reach": _OTHER_RECIPE,
    "loss-does-not-fit": "Say what the target is with --task.",
    "one-softmax-unit": "Say what the target is with --task.",
    "linear-layers-in-a-row": "Take another --activation, or --layers none.",
    "diverged": "Lower --rate.",
    "rate-too-high": "Lower --rate.",
    "rate-too-low": "Raise --rate.",
    "clipping-is-the-rate": "Lower --rate.",
    "penalty-dominates": "Lower --weight-decay.",
    "dropout-too-strong": "Lower --dropout.",
    "too-few-units": "Give --layers more units.",
    "unlucky-start": "Train again with another --seed, or with more units in --layers.",
    "schedule-ended": "Raise --epochs.",
    "dead-units": "Lower --rate, or take --activation leaky_relu.",
    "plateau-at-prior": f"{_TARGET}; try another --rate or --seed.",
    "cannot-overfit": "Check whether equal rows have different targets; try another --rate, fewer --layers.",
    "constant-output": "See the other findings; lower --rate, or take another --seed.",
    "no-better-than-baseline": f"{_TARGET}; lower --weight-decay.",
    "overfit": "More rows help most, then a higher --dropout or --weight-decay, or fewer units in --layers.",
    "some-classes-only": "Weigh classes alike with --class-weight balanced, or collect more rows.",
    "class-too-rare": "Collect more rows of it, or weigh classes alike with --class-weight balanced.",
    "badly-calibrated": "Raise --weight-decay or --dropout.",
    "past-best-epoch": "Lower --patience: the weights of the best epoch are the ones that were kept.",
    "imbalance": "Look at the balanced accuracy; --class-weight balanced weighs all classes alike.",
}

_OPTIONS = phrases(
    {
        NOT_TRIED: "",
        r"\bearly stopping on 'valid_(\w+)'": r"early stopping by the \1",
        r"\blearning_rate[ =](?=[\d.])": "--rate ",
        r"\bseed=(?=\d)": "--seed ",
        r"\bbatch_size=(?=\d)": "--batch ",
        r"\bclass_weight='balanced'": "--class-weight balanced",
        r"(?:\b\d+ units and )?\bloss='[^']*'": "a loss for classes",
        r"\bcut to clip_norm=": "cut to a norm of ",
        r"\bclip_norm=[\d.]+": "clipped gradients",
        r"(?: Pass|, or pass) early_stopping=EarlyStopping\([^)]*\)|\bEarlyStopping\([^)]*\)": "",
        r" Pass threads=\d+ for a fixed number\.": "",
    }
)
_Y = r"(?<![\w'\"])[yY](?![\w'\"(])"  # the targets, in a sentence


def words_of_options(
    *,
    is_plain: bool,
    target: str = "",
    labels: Sequence[Any] = (),
    row_name: Callable[[int], str] | None = None,
    given: Collection[str] = (),
) -> Words:
    """Return the words for findings about what ``glassnet train`` trained.

    Parameters
    ----------
    is_plain : bool
        Whether the network is the plain one, whose layers and rates are options.
    target : str
        The column that is predicted.
    labels : sequence
        Of the classes, by their codes.
    row_name : callable, optional
        Names a row of the table.
    given : collection of {"balanced", "fair"}
        Whether classes have weights already, and whether the balanced accuracy chooses the epoch.
    """
    shown = plain(repr(target), 40).replace("\\", r"\\") if target else ""
    of_target = phrases({_Y: shown}) if shown else ()
    classes = [plain(repr(label), 30) for label in labels]
    names = {name: words for name, words in _NAMES.items() if not (is_plain and name == "fair")}
    advice = advice_of_recipes(_NAMES) | _DIVIDED | (_PLAIN if is_plain else {})
    advice |= without_given(names, given)
    return Words(advice, (*_OPTIONS, *of_target), classes, row_name, fill=partial(_filled, given))


def _filled(given: Collection[str], finding: Finding, advice: str) -> str:
    """Return advice with the columns to drop, the values that mean "missing", or what helps a rare class."""
    if finding.code == "no-better-than-baseline":
        return advice + on_a_rare_class(finding.evidence, _NAMES, given)
    names, values = finding.evidence.get("columns", ()), finding.evidence.get("values", ())
    if finding.code == "leaking-column" and names and all(isinstance(name, str) for name in names):
        options = few([f"--drop {shlex.quote(plain(name))}" for name in names], 5, " ")
        these, they = ("the column", "it") if len(names) == 1 else ("these columns", "they")
        advice = f"Leave {these} out with {options}, unless {they} will be known for new rows."
    if finding.code == "code-for-missing" and values:
        advice = advice.replace("--missing", few([f"--missing {value:g}" for value in dict.fromkeys(values)], 5, " "))
    return advice


def worded_for_train(finding: dict[str, Any], *, is_plain: bool, labels: Sequence[Any] = ()) -> dict[str, Any]:
    """Return a finding as plain data with the advice that ``glassnet train`` can follow, and ``labels`` of classes.

    Examples
    --------
    >>> found = {"code": "rate-too-high", "advice": "Lower learning_rate.", "tried": "with learning_rate 0.1, ..."}
    >>> worded_for_train(found, is_plain=True)
    {'code': 'rate-too-high', 'advice': 'Lower --rate.', 'tried': 'with --rate 0.1, ...'}
    """
    words = words_of_options(is_plain=is_plain, labels=labels)
    said = {key: words.sentence(finding[key]) for key in ("measured", "tried") if key in finding}
    return finding | said | {"advice": words.sentence(words.advice.get(finding["code"], finding["advice"]))}


def as_option(text: str) -> str:
    """Return words with options in place of the arguments that they stand for."""
    return Words(phrases=_OPTIONS).sentence(text)
