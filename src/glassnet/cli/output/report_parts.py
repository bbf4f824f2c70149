"""Parts of the reports on a terminal: each function takes values of a result and returns something rich can print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.wording import as_ascii, sparkline
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.reports.calibration_facts import calibration_lines, interval_text
from glassnet.utils.short_text import count, metric_name, metric_text, number_text, plain, score_text, signed_text
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = [
    "calibration_lines", "curves", "cut", "errors_table", "facts_table", "heading", "importance_table", "indented",
    "interval_text", "parameters_text", "plain_table", "report_console", "scores_table", "worst_table",
]  # fmt: skip

_HEADS = {"balanced_accuracy": "balanced acc."}
_LABEL = 20  # fewest cells for the name of a model on one line


@contextmanager
def report_console() -> Iterator[Console]:
    """Yield a console for stdout that prints text literally: a column called ``[red]`` is not markup.

    In a pipe the blanks at the end of each line are removed.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        yield console
        return
    with console.capture() as captured:
        yield console
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def heading(text: str, aside: str = "") -> Text:
    """Return the heading of a section, with a remark in fainter type."""
    line = Text(text, style="bold")
    return line.append(f"  {aside}", style="not bold dim") if aside else line


def plain_table(*, header: bool = True) -> Table:
    """Return an empty table without rules, its columns two cells apart."""
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=header, header_style="dim")


def cut(text: str, width: int, style: str = "") -> Text:
    """Return the text shortened to ``width`` cells of a terminal; some characters fill two."""
    shortened = Text(text, style=style)
    shortened.truncate(max(width, 1), overflow="ellipsis")
    return shortened


def indented(part: RenderableType) -> RenderableType:
    """Return the part indented by two cells."""
    return Padding(part, (0, 0, 0, 2))


def scores_table(rows: Sequence[tuple[str, dict[str, float | None] | None]], width: int) -> Table:
    """Return a table of models and their scores; the best value of each score is bold."""
    known = [(label, scores) for label, scores in rows if scores]
    names = list(known[0][1])
    heads = [_HEADS.get(name, metric_name(name)) for name in names]
    table = plain_table()
    room = width - 4 - sum(max(cell_len(head), 9) + 2 for head in heads)
    narrow = room < _LABEL
    # Where room is scarce, names are broken over several lines; numbers never are.
    table.add_column("", no_wrap=not narrow, overflow="fold")
    for head in heads:
        table.add_column(head.replace(" ", "\n") if narrow else head, justify="right", no_wrap=True)
    for label, scores in known:
        cells = [Text(cut_middle(plain(label), 60)) if narrow else cut(cut_middle(plain(label), room), room)]
        for name in names:
            values = [value for _, other in known if (value := other[name]) is not None]
            best = (max if name in GREATER_IS_BETTER else min)(values, default=None)
            is_best = best is not None and scores[name] == best
            cells.append(Text(score_text(name, scores[name]), style="bold" if is_best else ""))
        table.add_row(*cells)
    return table


def importance_table(rows: Sequence[dict[str, Any]], width: int, *, ascii_only: bool) -> Table:
    """Return a table with one bar per column: its importance, in the order of ``rows``."""
    table = plain_table(header=False)
    room = max(10, min(30, width - 50))
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    largest = max((row["mean"] for row in rows), default=0.0)
    names = distinct_cuts([plain(row["name"]) for row in rows], max(width - room - 18, 8))
    for row, name in zip(rows, names, strict=True):
        share = max(row["mean"], 0.0) / largest if largest > 0.0 else 0.0
        bar = ("#" if ascii_only else "\u2588") * round(share * room)
        table.add_row(cut(name, width - room - 18), signed_text(row["mean"]), Text(bar, style="cyan"))
    return table


def errors_table(errors: dict[str, Any]) -> Table:
    """Return a table with quantiles of the absolute errors."""
    table = plain_table()
    table.add_column("share of rows", no_wrap=True)
    names = {"0.5": "50 %", "0.75": "75 %", "0.9": "90 %", "0.95": "95 %", "1.0": "all"}
    for key in errors["absolute"]:
        table.add_column(names.get(key, key), justify="right", no_wrap=True)
    table.add_row("are off by at most", *(number_text(v) for v in errors["absolute"].values()))
    return table


def worst_table(rows: Sequence[dict[str, Any]], width: int, labels: Sequence[Any] = ()) -> Table:
    """Return a table of single rows, one on each line: what is true, and what was predicted."""
    table = plain_table()
    is_label = "error" not in rows[0]
    names = [plain(row["name"]) for row in rows]
    heads = ["", "true", "predicted", *(["probability"] if is_label else ["off by"])]
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i == 3 or (i and not is_label) else "left", no_wrap=True)
    longest = min(max(map(cell_len, names)), max(10, width // 3))
    room = max(6, (width - 2 - longest - 2 - 4 - 11) // 2)
    known = [plain(label) for label in labels]
    known += [label for row in rows for key in ("true", "answer") if (label := plain(row[key])) not in known]
    cuts = dict(zip(known, distinct_cuts(known, room), strict=True))
    for name, row in zip(names, rows, strict=True):
        if is_label:
            cells = [cuts[plain(row["true"])], cuts[plain(row["answer"])], f"{row['probability']:.3f}"]
        else:
            cells = [number_text(row["true"]), number_text(row["answer"]), signed_text(row["error"], 4)]
        table.add_row(cut(name, longest), *(cut(cell, room) for cell in cells[:2]), cells[2])
    return table


def parameters_text(network: dict[str, Any]) -> str:
    """Return the number of parameters, of each network if there are several.

    Examples
    --------
    >>> parameters_text({"parameters": 5315}), parameters_text({"parameters": 141247, "networks": 4})
    ('5,315 parameters', '4 x 141,247 parameters')
    """
    several = f"{network['networks']} x " if network.get("networks", 1) > 1 else ""
    return several + count(network["parameters"], "parameter")


def curves(history: dict[str, list[float]], width: int, *, ascii_only: bool) -> list[tuple[str, Text]]:
    """Return training and validation loss as named sparklines on one scale."""
    found = {name: [v for v in history.get(name, ()) if v is not None] for name in ("loss", "valid_loss")}
    known = {name: values for name, values in found.items() if values}
    together = [v for values in known.values() for v in values]
    rows = []
    for name, values in known.items():
        line = sparkline(values, max(8, min(60, width - 34)), min(together), max(together))
        text = Text(as_ascii(line) if ascii_only else line, style="cyan")
        end = f" {metric_text(values[0])} → {metric_text(values[-1])}"
        rows.append(("Training loss" if name == "loss" else "Validation loss", text.append(end, style="dim")))
    return rows


def facts_table(facts: Sequence[tuple[str, str | Text]]) -> Table:
    """Return a table of names and values, without a header."""
    table = plain_table(header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in facts:
        table.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return table
