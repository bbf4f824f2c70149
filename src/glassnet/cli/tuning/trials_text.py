"""The result of ``glassnet tune``, printed on a terminal or into a pipe."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from glassnet.cli.comparing.leaderboard_text import rows_words, seconds_cell, title_of
from glassnet.cli.output.report_parts import heading, indented, plain_table, report_console, scores_table
from glassnet.cli.tuning.search import Trial
from glassnet.utils.short_text import bytes_text, count, metric_name, metric_text, plain

__all__ = ["print_trials", "progress_line"]

_SHOWN = 8  # trials
_HEADS = {"rate_factor": "rate\nfactor", "weight_decay": "weight\ndecay", "label_smoothing": "label\nsmoothing"}
_ALWAYS = 3  # columns of settings that are shown however narrow the terminal is
_NAMES = {"tuned": "tuned", "defaults": "defaults", "linear": "linear model"}


def progress_line(trial: Trial, number: int, metric: str) -> str:
    """Return a line on a trial that is done."""
    what = "the defaults" if trial.is_default else ", ".join(f"{name} {_text(v)}" for name, v in trial.settings.items())
    note = f", {trial.note}" if trial.note else ""
    value = metric_text(trial.validation)
    return f"trial {number}: validation {metric_name(metric)} {value}, {seconds_cell(trial.seconds)}{note}; {what}"


def print_trials(result: dict[str, Any]) -> None:
    """Print the best trials, the scores of the best one beside the defaults, and how to train it again."""
    with report_console() as console:
        console.print(title_of(result))
        console.print(Text(rows_words(result), style="dim"))
        for warning in result["split"]["warnings"]:
            console.print(Text(f"  {plain(warning)}", style="yellow"))
        console.print()
        diverged = f", {count(result['n_diverged'], 'more', 'more')} failed" if result["n_diverged"] else ""
        chosen = f"compared on {count(result['rows']['validation'], 'validation row')}"
        shown = f", the best {_SHOWN}" if result["n_trials"] > _SHOWN else ""
        console.print(heading("Trials", f"{result['n_trials']} of {result['recipe']}{diverged}, {chosen}{shown}"))
        console.print(indented(_trials_table(result, console.width)))
        if result.get("lost"):
            lost = f"{len(result['lost'])} more did not come back from their workers: {result['lost'][0]}"
            console.print(Text(f"  {plain(lost)}", style="yellow"))
        console.print()
        console.print(heading("Scores", f"on {count(result['judged_rows'], 'test row')}"))
        rows = [(_NAMES.get(name, result["baseline"]), each["scores"]) for name, each in result["test"].items()]
        console.print(indented(scores_table(rows, console.width)))
        console.print()
        console.print(Text(result["verdict"], style="bold"))
        ranges = [_range_text(name, result["test"]) for name in ("tuned", "defaults") if name in result["test"]]
        console.print(Text(f"Range of chance (95 %): {', '.join(ranges)}.", style="dim"))
        console.print()
        console.print(Text(_kept(result)))
        console.print(Text(f"To train it again: {plain(result['repeat'])}"), soft_wrap=True)


def _range_text(name: str, test: dict[str, Any]) -> str:
    low, high = test[name]["range"]
    return f"{name} -" if low is None else f"{name} {metric_text(low)} to {metric_text(high)}"


def _trials_table(result: dict[str, Any], width: int) -> Any:
    """Return the best trials; of the settings as many as fit."""
    trials = result["trials"][:_SHOWN]
    if not any(trial["default"] for trial in trials):
        trials = [*trials, next(trial for trial in result["trials"] if trial["default"])]
    names = list(trials[0]["settings"])
    cells = {name: [_text(trial["settings"][name]) for trial in trials] for name in names}
    widths = [max(*map(len, _HEADS.get(name, name).split("\n")), *map(len, cells[name])) + 2 for name in names]
    while len(names) > _ALWAYS and sum(widths[: len(names)]) + 32 > width:
        names.pop()
    table = plain_table()
    table.add_column(f"validation\n{metric_name(result['metric'])}", justify="right", no_wrap=True)
    for name in names:
        table.add_column(_HEADS.get(name, name), justify="right", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for i, trial in enumerate(trials):
        style = "bold" if i == 0 else ""
        values = [Text(cells[name][i], style=style) for name in names]
        value = Text(metric_text(trial["validation"]), style=style)
        table.add_row(value, *values, seconds_cell(trial["seconds"]), "defaults" if trial["default"] else "")
    return table


def _text(value: Any) -> str:
    """Return the value of a setting."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}"


def _kept(result: dict[str, Any]) -> str:
    """Return which trial was kept, and where."""
    what = "The defaults" if result["kept_defaults"] else "The best trial on the validation rows"
    model = result["model"]
    if model is None:
        return f"{what}: not saved."
    replaced = ", overwrote the old file" if model["replaced"] else ""
    return f"{what}: saved in {plain(model['path'])} ({bytes_text(model['bytes'])}{replaced})."
