"""What histories and findings show in a notebook: curves with the best epoch marked, and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.charts.axes import finite_values
from glassnet.charts.lines import Line, Mark, line_chart
from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, number_text, plain

__all__ = ["NOT_KEPT", "diagnosis_html", "finding_html", "history_charts", "html_of_history"]

NOT_KEPT = "best by early stopping, not kept"
_MOST_MEMBERS = 12  # curves of members that are drawn
_MOST_CHARTS = 4


@for_notebooks
def html_of_history(history: Any) -> str:
    """Return a history as a fragment of a page: curves, the last values, and what was found."""
    if not history.epochs:
        return shown("History: no epochs yet", paragraph("fit records one row for each epoch.", quiet=True))
    ended = f", ended by: {history.stop_reason}" if history.stop_reason else ""
    title = f"History: {count(history.epochs, 'epoch')}, {number_text(history.seconds, 2)} s{ended}"
    charts = element("div", *history_charts(history), class_="beside")
    notes = [paragraph(note, quiet=True) for note in history.notes]
    return shown(title, charts, _values(history), _findings(history.findings), *notes)


def history_charts(history: Any) -> list[Markup]:
    """Return the curves of a history: the loss, then each metric, training and validation data in one chart.

    Parameters
    ----------
    history : History
        With any columns, also those of members.
    """
    names = [name for name in history.columns if name != "learning_rate"]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.removeprefix("valid_"), []).append(name)
    marks = _marks(history)
    charts = []
    for name, columns in sorted(groups.items(), key=lambda item: item[0] != "loss")[:_MOST_CHARTS]:
        lines = [line for column in columns for line in _lines(column, history.columns[column])]
        label = f"{name} by epoch: {' and '.join(columns)}"
        y_label = columns[0] if len(columns) == 1 else name
        charts.append(line_chart(lines, x_label="epoch", y_label=y_label, marks=marks, label=label))
        marks = [mark for mark in marks if mark.kind == "best"]
    return charts


def _lines(name: str, column: Sequence[Any]) -> list[Line]:
    """Return the curve of a column; with members thin ones and their mean."""
    style: Any = "second" if name.startswith("valid_") else "main"
    k = max((len(value) for value in column if isinstance(value, list)), default=0)
    if not k:
        return [Line(name, column, style=style)]
    table = np.array([value if isinstance(value, list) else [np.nan] * k for value in column], np.float64)
    faint = [Line(f"{name} of a member", table[:, i], style="faint") for i in range(min(k, _MOST_MEMBERS))]
    return [*faint, Line(f"mean {name}", table.mean(axis=1), style=style)]


def _marks(history: Any) -> list[Mark]:
    """Return the best epoch, and the epochs of findings."""
    marks, best = [], history.best_epoch
    if isinstance(best, int) and best:
        is_kept = history.kept_epoch == best
        marks.append(Mark(best, f"epoch {best}: {'these weights were kept' if is_kept else NOT_KEPT}"))
    for finding in history.findings:
        if finding.epoch:
            marks.append(Mark(finding.epoch, f"epoch {finding.epoch}: {finding.code}", "finding"))
    return sorted(marks, key=lambda mark: mark.x)


def _values(history: Any) -> Markup:
    """Return a table of first, last and best values of each column."""
    best = history.best_epoch if isinstance(history.best_epoch, int) else None
    rows = []
    for name, column in history.columns.items():
        cells = [_cell(column[0]), _cell(column[-1])]
        if best is not None and 0 < best <= len(column):
            cells.insert(1, _cell(column[best - 1]))
        rows.append([name, *cells])
    how = "kept" if history.kept_epoch == best else NOT_KEPT
    middle = [f"epoch {best} ({how})"] if best is not None and 0 < best <= history.epochs else []
    return grid(rows, ["column", "epoch 1", *middle, f"epoch {history.epochs}"])


def _cell(value: Any) -> str:
    """Return a value of a column; of members the range."""
    if isinstance(value, list):
        found = finite_values(value)
        if np.isnan(found).all():
            return "-"
        return f"{number_text(float(np.nanmin(found)))} to {number_text(float(np.nanmax(found)))}"
    return "-" if value is None or value != value else number_text(float(value))


def _findings(findings: Any) -> Markup:
    """Return what was found, in a paragraph; nothing if that is nothing."""
    if not len(findings):
        return Markup()
    words = ", ".join(findings.codes)
    return element(
        "p", f"{findings._head}: {plain(words, 500)}. ", element("code", "history.findings"), " has details."
    )


@for_notebooks
def diagnosis_html(diagnosis: Any) -> str:
    """Return findings as a fragment of a page, each with what was measured, why it matters, and what to do."""
    return shown(diagnosis._head, *map(_finding, diagnosis))


@for_notebooks
def finding_html(finding: Any) -> str:
    """Return one finding as a fragment of a page."""
    return shown("1 problem" if finding.severity != "note" else "1 note", _finding(finding))


def _finding(finding: Any) -> Markup:
    """Return one finding."""
    place = f" ({finding.place})" if finding.place else ""
    head = element("p", element("b", f"{finding.severity}: {finding.code}"), place)
    lines = [part for heading, text in finding.lines for part in (element("dt", heading), element("dd", text))]
    return element("div", head, element("dl", *lines), class_=f"finding {finding.severity}")
