"""What searches, folds, populations and ensembles show in a notebook."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.lines import Line, Mark, line_chart
from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.engine.network_html import drawn_network
from glassnet.populations.apart import NOT_TRAINED, failed_in_words
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, metric_name, number_text

__all__ = ["ensemble_html", "folds_html", "population_html", "rates_html", "sweep_html"]

_MOST_TRIALS = 20
_MOST_FOLDS = 50
_MOST_CURVES = 30


@for_notebooks
def sweep_html(found: Any) -> str:
    """Return a sweep as a fragment of a page: a bar for each trial, the best first."""
    bars = []
    for trial in found.trials[:_MOST_TRIALS]:
        spread = trial.std if math.isfinite(trial.std) else None
        more = f" ± {trial.std:.2g}" if spread is not None else ""
        text = f"{number_text(trial.mean)}{more}"
        if math.isnan(trial.mean):
            text = "diverged" if len(trial._known) else "not trained"
        bars.append(Bar(_settings(trial.settings), trial.mean, text, spread))
    better = "lower is better" if found.sign > 0 else "higher is better"
    head = ("settings", f"{found.monitor} ({better})", "")
    rest = len(found.trials) - len(bars)
    title = f"Sweep: {count(len(found.trials), 'trial')}, {number_text(found.seconds, 2)} s"
    best = paragraph(f"Best: {_settings(found.trials[0].settings)}") if found.trials else ""
    more = paragraph(f"{count(rest, 'trial')} left out; table({len(found.trials)}) has all", quiet=True)
    return shown(title, best, bar_table(bars, head=head, label=title), more if rest > 0 else "")


def _settings(settings: dict[str, Any]) -> str:
    """Return the settings of a trial in words."""
    return ", ".join(
        f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}" for name, value in settings.items()
    )


@for_notebooks
def folds_html(found: Any) -> str:
    """Return a cross-validation as a fragment of a page: the scores of each fold, their mean and deviation."""
    names, n = list(found.scores), len(found.networks)
    rows = [
        [f"fold {i + 1}", *(number_text(float(found.scores[name][i])) for name in names)]
        for i in range(min(n, _MOST_FOLDS))
    ]
    rows.append(["mean", *(number_text(found.mean[name]) for name in names)])
    rows.append(["standard deviation", *("-" if math.isnan(v) else number_text(v) for v in found.std.values())])
    title = f"Cross-validation: {count(n, 'fold')}"
    histories = [history for history in found.histories if history.epochs]
    column = "valid_loss" if all("valid_loss" in history for history in histories) else "loss"
    curves = _curves((history[column] for history in histories), column, "fold")
    failed = [
        paragraph(f"Fold {fold + 1} {'' if why.startswith(NOT_TRAINED) else 'diverged: '}{why}")
        for fold, why in list(found.failures.items())[:5]
    ]
    table = grid(rows, ["", *map(metric_name, names)], marked=[len(rows) - 2])
    return shown(title, table, *failed, curves)


def _curves(columns: Iterable[Any], name: str, what: str) -> Markup:
    """Return the curves of several networks, thin, with their mean where all have the same length."""
    all_columns = [[math.nan if value is None else value for value in column] for column in columns]
    lines = [Line(f"one {what}", column, style="faint") for column in all_columns[:_MOST_CURVES]]
    longest = max(map(len, all_columns), default=0)
    if len(all_columns) > 1 and longest:
        table = np.full((len(all_columns), longest), np.nan)
        for row, column in zip(table, all_columns, strict=True):
            row[: len(column)] = column
        # Where some have ended, the mean of the others would jump.
        shared = min(map(len, all_columns))
        lines.append(Line("mean", table[:, :shared].mean(axis=0)))
    return line_chart(lines, x_label="epoch", y_label=name, label=f"{name} of each {what} by epoch")


@for_notebooks
def rates_html(found: Any) -> str:
    """Return a search for a learning rate as a fragment of a page: the loss over the rates, the best one marked."""
    line = Line("loss", found.losses, found.rates)
    marks = [Mark(found.best, f"learning rate {found.best:.3g}: lowest loss, {np.nanmin(found.losses):.4g}")]
    title = f"Learning rates: {count(len(found.rates), 'rate')} tried, best {found.best:.3g}"
    chart = line_chart([line], x_label="learning rate", y_label="loss", marks=marks, log_x=True, label=title)
    gone = int(np.isnan(found.losses).sum())
    start = f"Loss at the start {found.first_loss:.4g}; it fell up to a rate of {found.largest:.3g}"
    return shown(title, chart, paragraph(start + (f"; {count(gone, 'rate')} diverged." if gone else ".")))


@for_notebooks
def population_html(population: Any) -> str:
    """Return a population as a fragment of a page: one member drawn, and the curves of all."""
    histories = [history for history in population.histories if history.epochs]
    epochs = max((history.epochs for history in histories), default=0)
    title = f"Population: {count(len(population), 'network')}, {count(epochs, 'epoch')}"
    failed = paragraph(f"Networks: {failed_in_words(population.failures)}") if population.failures else ""
    if not epochs:
        return shown(title, paragraph("Each network:"), drawn_network(population.networks[0]))
    column = next((name for name in (population._monitor, "valid_loss", "loss") if name in histories[0]), "loss")
    last = np.array([history[column][-1] for history in histories], np.float64)
    words = (
        f"{column} of the last epoch: {np.nanmin(last):.4g} to {np.nanmax(last):.4g}, median {np.nanmedian(last):.4g}"
    )
    curves = _curves((history[column] for history in histories), column, "network")
    drawn = element("details", element("summary", "Each network"), drawn_network(population.networks[0]))
    return shown(title, failed, paragraph(words), curves, drawn)


@for_notebooks
def ensemble_html(ensemble: Any) -> str:
    """Return an ensemble as a fragment of a page: how many networks it averages, and one of them drawn."""
    title = f"Ensemble: average of {count(len(ensemble), 'network')}"
    return shown(title, paragraph("Each network:", quiet=True), drawn_network(ensemble.networks[0]))
