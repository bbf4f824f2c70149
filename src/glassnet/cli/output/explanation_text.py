"""The explanation of one row as text: the answer, the truth, the contribution of each column, the training step."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from glassnet.explanation import Explanation
from glassnet.tabular.attribution.reasons import Why
from glassnet.utils.short_text import plain
from glassnet.utils.wording import distinct_cuts

__all__ = [
    "answer_lines",
    "answer_text",
    "features_text",
    "layers_hint",
    "place_text",
    "step_sentence",
    "step_text",
    "sum_text",
]

_MOST = 10  # columns with a line of their own
_DIGITS = 9  # of a float32
_NAME, _BAR = 40, 12  # characters of a column with its value, and of the longest bar to either side
_NARROWEST = 40


def place_text(result: dict[str, Any]) -> str:
    """Return which row it is: data rows are counted from 1, and other messages name lines."""
    return f"Row {result['row']}" + ("" if result["line"] is None else f", line {result['line']}")


def answer_lines(result: dict[str, Any], width: int) -> list[str]:
    """Return the answer beside the truth, and how the columns add up to it."""
    why: Why = result["why"]
    place, answer = f"{place_text(result)} of {plain(result['data'])}:", answer_text(result)
    found = [f"{place} {answer}"] if len(place) + len(answer) < width else [place, *textwrap.wrap(answer, width)]
    found += [_probabilities(result)] if len(result["probabilities"]) > 2 else []
    found += ["", *_bars(why, width), "", *textwrap.wrap(sum_text(why), width)]
    return found + (textwrap.wrap(plain(result["compared"]), width) if result["compared"] else [])


def answer_text(result: dict[str, Any]) -> str:
    """Return the answer, with the truth beside it where that is known."""
    why: Why = result["why"]
    if why.label:
        return f"{plain(why.target)} = {plain(why.prediction)} with probability {why.answer:.3f}{_truth(result)}"
    return f"{plain(why.target)} = {why.number_text(why.answer)}{_quantiles(result)}{_truth(result)}"


def _quantiles(result: dict[str, Any]) -> str:
    """Return the lowest and the highest quantile that the model predicts for the row, if it predicts several."""
    edges = list(result["quantiles"].items())
    if len(edges) < 2:
        return ""
    (low, least), (high, most) = edges[0], edges[-1]
    why: Why = result["why"]
    return f", between {why.number_text(least)} and {why.number_text(most)} (quantiles {low} and {high})"


def _truth(result: dict[str, Any]) -> str:
    """Return the truth in brackets, and for a label whether the answer is right; nothing where it is not known."""
    truth, why = result["truth"], result["why"]
    if truth is None:
        return ""
    if not why.label:
        return f" (true: {why.number_text(truth)})"
    return f" (true: {plain(str(truth))}, {'right' if result['is_right'] else 'wrong'})"


def _probabilities(result: dict[str, Any]) -> str:
    """Return the likeliest labels with their probabilities."""
    likeliest = sorted(result["probabilities"].items(), key=lambda each: -each[1])[:3]
    return "Likeliest: " + ", ".join(f"{plain(str(label))} {p:.3f}" for label, p in likeliest)


def _bars(why: Why, width: int) -> list[str]:
    """Return a line for each of the largest contributions, with bars to both sides of a line, and one for the rest."""
    shown = why.reasons[:_MOST] if len(why.reasons) > _MOST + 1 else why.reasons
    rows = [(f"{plain(r.column)} = {plain(r.value)}", r.contribution) for r in shown]
    rest = [reason.contribution for reason in why.reasons[len(shown) :]]
    rows += [(f"{len(rest)} more columns", sum(rest))] if rest else []
    numbers = [why.number_text(value, signed=True) for _, value in rows]
    digits = max(map(len, numbers), default=0)
    bar = max(4, min(_BAR, (width - _NARROWEST) // 4))
    name = max(12, min(_NAME, width - 2 * bar - digits - 9, max((len(text) for text, _ in rows), default=0)))
    largest = max((abs(value) for _, value in rows), default=0.0) or 1.0
    block, line = ("█", "│") if _writes_blocks() else ("#", "|")
    lines = [f"  {'':{name}}  {'':{digits}}  {'against':>{bar}} {line} for"]
    for text, (_, value), number in zip(distinct_cuts([text for text, _ in rows], name), rows, numbers, strict=True):
        ends = block * round(bar * abs(value) / largest)
        left, right = ("", ends) if value > 0 else (ends, "")
        lines.append(f"  {text:{name}}  {number:>{digits}}  {left:>{bar}} {line} {right}".rstrip())
    return lines


def _writes_blocks() -> bool:
    """Return whether the output has characters for bars."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "").startswith("utf")


def sum_text(why: Why) -> str:
    """Return how the contributions add up: what the rows compared with have, and the answer.

    Examples
    --------
    >>> sum_text(Why("y", "a", 0.928, 0.499, [], "typical training rows have", label=True))
    '0.499 (typical training rows) + 0.429 (all columns) = 0.928'
    """
    base, answer = why.number_text(why.base), why.number_text(why.answer)
    change = float(answer.replace(",", "")) - float(base.replace(",", ""))
    sign, all_of_them = "-" if change < 0 else "+", why.number_text(abs(change))
    beside = why.beside.removesuffix(" have").removesuffix(" has").removesuffix(" is")
    return f"{base} ({beside}) {sign} {all_of_them} (all columns) = {answer}"


def step_text(result: dict[str, Any], digits: int, full: bool) -> str:
    """Return what the network is given for the row, and the training step on it."""
    lines = ["", "What the network is given", "-------------------------"]
    parts = result["encoding"]
    width = max((len(f"{plain(part['column'])} = {plain(part['value'])}") for part in parts), default=0)
    for part in parts:
        raw = f"{plain(part['column'])} = {plain(part['value'])}".ljust(min(width, 40))
        lines.append(f"  {raw}  ->  {features_text(part, digits)}")
    step: Explanation | None = result["step"]
    if step is None:
        return "\n".join([*lines, "", result["no_step"]])
    title = f"A training step on this row, {step_sentence(step)}"
    return "\n".join([*lines, "", title, "-" * len(title), step.text(digits=digits, full=full)])


def step_sentence(step: Explanation) -> str:
    """Return at which learning rate a step is worked, and that noise is off."""
    rate = f"at learning rate {float(step['lr']):.3g}" if "lr" in step.symbols else "of one layer"
    return f"{rate}; dropout off"


def features_text(part: dict[str, Any], digits: int) -> str:
    """Return the features of a column as text; of several, those that are not 0."""
    features = part["features"]
    shown = features if len(features) == 1 else {name: value for name, value in features.items() if value}
    digits = min(digits, _DIGITS)
    heads = {name: "" if name == part["column"] else f"{plain(name)}: " for name in shown}
    words = [f"{heads[name]}{value:.{digits}g}" for name, value in shown.items()]
    return ", ".join(words) or "0 in all features"


def layers_hint(layers: Sequence[str]) -> str:
    """Return how one layer's part of the step is asked for."""
    return f"One layer's part of the step: --layer NAME, as in --layer {layers[-1]}."
