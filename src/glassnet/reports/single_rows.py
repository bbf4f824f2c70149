"""Rows that are shown one by one: the worst answered, one that is surely right, and a typical one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.reports.classes import named_classes
from glassnet.tabular import Column, Table, TableModel
from glassnet.tabular.attribution.reasons import reasons_of, rows_beside
from glassnet.tabular.fitting.timing import work_per_row
from glassnet.utils.short_text import number_text, plain, signed_text
from glassnet.utils.wording import cut_middle, plain_data

__all__ = [
    "Judged", "chosen_by_loss", "chosen_by_number", "chosen_by_probability", "chosen_rows", "counted_once",
    "reasons_words", "row_sentence",
]  # fmt: skip

_WORST = 5
_REASONS = 8
_FROM_ZERO = "counted from 0"
_FEWEST = 3  # rows that are explained, however long that takes
_PREDICTIONS = 200  # for one row and column
_MOST_WORK = 500_000_000_000  # in units of `work_per_row`: some seconds


@dataclass(frozen=True)
class Judged:
    """The rows that scores are reported on, as a table and as the model sees them."""

    inputs: Table
    column: Column  # of targets; it names the rows
    X: np.ndarray
    truth: np.ndarray  # class codes, or numbers in the target's units
    part: str = ""  # "test" or "validation" of a training


def chosen_rows(model: TableModel, judged: Judged, *, explained: bool) -> list[dict[str, Any]]:
    """Return the five worst rows, one that is surely right and a typical one, with truth, number and answer, JSON-able.

    A row of a file has the number that ``--row`` takes as ``row``, counted from 1; one of a frame or of an array its
    position as ``index``, counted from 0.

    Parameters
    ----------
    model : TableModel
        What predicted.
    judged : Judged
        The rows, of which there may be none.
    explained : bool
        Whether each has its reasons, as ``why``.
    """
    if not len(judged.truth):
        return []
    answers = model.answers(judged.X)
    if model.target.labels:
        found = chosen_by_probability(model.target.labels, judged.truth, answers)
    else:
        found = chosen_by_number(judged.truth, model.numbers(answers))
    for each in found:
        each["name"] = plain(judged.column.rows.in_words(each["place"]), 80)
        number = judged.column.rows.in_file(each["place"])
        each |= {"index": judged.column.rows.number(each["place"])} if number is None else {"row": number}
        if "error" in each and judged.column.kind == "number":  # as it was read; the other went through float32
            each["true"] = float(judged.column.values[each["place"]])
            each["error"] = each["answer"] - each["true"]
        each["part"] = judged.part
    if explained:
        _explain(model, judged, found)
    return [{name: value for name, value in each.items() if name != "place"} for each in found]


def chosen_by_probability(labels: Sequence[Any], codes: np.ndarray, P: np.ndarray) -> list[dict[str, Any]]:
    """Return the rows to show of a classification, by probabilities (n, k) of ``labels`` and true codes (n,)."""
    sure, of_truth, answered = P.max(axis=1), P[np.arange(len(P)), codes], P.argmax(axis=1)
    right = answered == codes
    wrong = np.flatnonzero(~right)
    worst = wrong[np.argsort(of_truth[wrong], kind="stable")][:_WORST]
    kinds = [(int(i), "worst") for i in worst]
    if right.any():
        best = np.flatnonzero(right)
        kinds.append((int(best[sure[best].argmax()]), "surest"))
    order = np.argsort(of_truth, kind="stable")
    kinds.append((int(order[len(order) // 2]), "typical"))
    return [
        {
            "place": i,
            "kind": kind,
            "true": plain_data(labels[codes[i]]),
            "answer": plain_data(labels[answered[i]]),
            "right": bool(right[i]),
            "probability": float(sure[i]),
            "probability_of_truth": float(of_truth[i]),
        }
        for i, kind in _each_once(kinds)
    ]


def chosen_by_number(truth: np.ndarray, numbers: np.ndarray) -> list[dict[str, Any]]:
    """Return the rows to show of a regression, by predicted ``numbers`` (n,) and true ones."""
    errors = np.abs(numbers - truth)
    order = np.argsort(-errors, kind="stable")
    kinds = [(int(i), "worst") for i in order[:_WORST]]
    kinds += [(int(order[-1]), "closest"), (int(order[len(order) // 2]), "typical")]
    return [
        {"place": i, "kind": kind, "true": float(truth[i]), "answer": float(numbers[i])}
        | {"error": float(numbers[i] - truth[i])}
        for i, kind in _each_once(kinds)
    ]


def chosen_by_loss(loss: np.ndarray, words: Callable[[int], str]) -> list[dict[str, Any]]:
    """Return the rows to show by their ``loss`` (n,), and the ``words`` on truth and answer of a row."""
    order = np.argsort(-loss, kind="stable")
    kinds = [(int(i), "worst") for i in order[:_WORST]]
    kinds += [(int(order[-1]), "closest"), (int(order[len(order) // 2]), "typical")]
    return [{"place": i, "kind": kind, "words": words(i)} for i, kind in _each_once(kinds)]


def _each_once(kinds: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return each row once, as the first of what it is."""
    first: dict[int, str] = {}
    for row, kind in kinds:
        first.setdefault(row, kind)
    return list(first.items())


def _explain(model: TableModel, judged: Judged, found: list[dict[str, Any]]) -> None:
    """Put the reasons of the answers into the facts of rows, of fewer rows where they take long."""
    each_row = _PREDICTIONS * (len(model.encoder.coders) + 1) * (model.network.members or 1)
    most = int(max(_FEWEST, _MOST_WORK // max(each_row * work_per_row(model.network), 1)))
    chosen = found[:most]
    table = judged.inputs
    whys = reasons_of(model, table.take(np.array([each["place"] for each in chosen])), rows_beside(model, table))
    for each, why in zip(chosen, whys, strict=True):
        reasons = [[plain(r.column, 100), plain(r.value, 60), float(r.contribution)] for r in why.reasons]
        rest = sum(float(r.contribution) for r in why.reasons[_REASONS:])
        each["why"] = {
            "base": float(why.base),
            "beside": why.beside,
            "answer": float(why.answer),
            "reasons": reasons[:_REASONS],
            "others": [len(reasons) - _REASONS, rest] if len(reasons) > _REASONS else None,
        }


def counted_once(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Return rows with shorter names, and the words on counting that all of their names ended with.

    Examples
    --------
    >>> counted_once([{"name": "row 5 (counted from 0)"}, {"name": "row 2 (counted from 0)"}])
    ([{'name': 'row 5'}, {'name': 'row 2'}], 'counted from 0')
    >>> counted_once([{"name": "row 5 (line 6)"}])
    ([{'name': 'row 5 (line 6)'}], '')
    """
    end = f" ({_FROM_ZERO})"
    if not rows or not all(row["name"].endswith(end) for row in rows):
        return list(rows), ""
    return [row | {"name": row["name"].removesuffix(end)} for row in rows], _FROM_ZERO


def reasons_words(why: dict[str, Any], most: int = 2) -> str:
    """Return the largest reasons for an answer, on one line.

    Examples
    --------
    >>> reasons_words({"reasons": [["age", "41", 0.31], ["town", "Ulm", -0.042], ["size", "2", 0.01]]})
    'mostly age = 41 (+0.310), town = Ulm (-0.0420)'
    """
    found = [
        f"{cut_middle(name, 30)} = {cut_middle(value, 20)} ({signed_text(amount)})"
        for name, value, amount in why["reasons"][:most]
    ]
    return f"mostly {', '.join(found)}" if found else ""


def row_sentence(row: dict[str, Any], labels: Sequence[Any] = ()) -> str:
    """Return what a row was answered, and what is true; classes have the names that they have among all ``labels``.

    Examples
    --------
    >>> facts = {"name": "row 97 (line 98)", "true": "good", "answer": "bad", "right": False, "probability": 0.923}
    >>> row_sentence(facts | {"probability_of_truth": 0.077})
    "row 97 (line 98): true 'good', predicted 'bad' with probability 0.923 ('good': 0.077)"
    >>> row_sentence({"name": "row 4", "true": 50.0, "answer": 22.35, "error": -27.65})
    'row 4: true 50.00, predicted 22.35, off by -27.65'
    """
    if "words" in row:
        return f"{row['name']}: {row['words']}"
    if "error" in row:
        true, answer = number_text(row["true"]), number_text(row["answer"])
        return f"{row['name']}: true {true}, predicted {answer}, off by {signed_text(row['error'], 4)}"
    true, answer = named_classes([row["true"], row["answer"]], labels)
    if row["right"]:
        return f"{row['name']}: predicted {answer} with probability {row['probability']:.3f}, which is right"
    of_truth = f"({true}: {row['probability_of_truth']:.3f})"
    return f"{row['name']}: true {true}, predicted {answer} with probability {row['probability']:.3f} {of_truth}"
