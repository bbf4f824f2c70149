"""What the explanation of a prediction shows in a notebook: bars to both sides, and their sum."""

from __future__ import annotations

from typing import Any

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.notebook import for_notebooks, paragraph, shown
from glassnet.utils.html import Markup
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle

__all__ = ["why_html", "whys_html"]

_MOST = 12  # columns
_MOST_ROWS = 10
_MOST_TERMS = 3  # that the sum writes out


@for_notebooks
def why_html(why: Any) -> str:
    """Return the explanation of one row as a fragment of a page."""
    return shown(_answer(why), *_reasons(why))


@for_notebooks
def whys_html(whys: Any) -> str:
    """Return the explanations of several rows as a fragment of a page."""
    if len(whys) == 1:
        return why_html(whys[0])
    parts: list[Markup] = []
    for i, why in enumerate(whys[:_MOST_ROWS]):
        parts += [paragraph(f"Row {i}: {_answer(why)}"), *_reasons(why)]
    rest = len(whys) - _MOST_ROWS
    more = paragraph(f"{count(rest, 'more row')}", quiet=True) if rest > 0 else ""
    return shown(f"Explanations of {count(len(whys), 'row')}, counted from 0", *parts, more)


def _answer(why: Any) -> str:
    """Return what was predicted."""
    if not why.label:
        return f"{plain(why.target, 60)} = {_number(why, why.answer)}"
    return f"{plain(why.target, 60)} = {plain(why.prediction, 60)} with probability {why.answer:.3f}"


def _reasons(why: Any) -> list[Markup]:
    """Return the contributions as bars, and their sum."""
    bars = [
        Bar(
            f"{cut_middle(plain(reason.column), 40)} = {cut_middle(plain(reason.value), 24)}",
            reason.contribution,
            _signed(why, reason.contribution),
            title=f"{reason.column} = {reason.value}",
        )
        for reason in why.reasons[:_MOST]
    ]
    rest = [reason.contribution for reason in why.reasons[_MOST:]]
    if rest:
        bars.append(Bar(count(len(rest), "more column"), sum(rest), _signed(why, sum(rest))))
    label = f"What each column adds to {_answer(why)}"
    table = bar_table(bars, head=("column", "lowers | raises", ""), label=label)
    return [
        table,
        paragraph(f"{why.beside[:1].upper()}{why.beside[1:]} {_number(why, why.base)}. {_sum(why)}", quiet=True),
    ]


def _sum(why: Any) -> str:
    """Return how the contributions add up, from the average to the answer."""
    terms = [reason.contribution for reason in why.reasons]
    words = _number(why, why.base)
    for term in terms[:_MOST_TERMS]:
        words += f" {'-' if term < 0.0 else '+'} {_number(why, abs(term))}"
    more = " + …" if len(terms) > _MOST_TERMS else ""
    return f"{words}{more} = {_number(why, why.answer)}"


def _number(why: Any, value: float) -> str:
    return str(why.number_text(value))


def _signed(why: Any, value: float) -> str:
    return str(why.number_text(value, signed=True))
