"""The pieces that reports are made of: each takes facts from a result and returns something rich can draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.wording import as_ascii, count, metric_text, number_text, plain, sparkline
from glassnet.layers import LAYERS
from glassnet.metrics import GREATER_IS_BETTER

__all__ = [
    "columns_table",
    "confusion_parts",
    "curves",
    "errors_table",
    "facts_table",
    "heading",
    "importance_table",
    "indented",
    "interval_text",
    "layers_table",
    "metric_name",
    "parameters_text",
    "report_console",
    "scores_table",
]

_NAMES = {"auc": "AUC", "f1": "F1", "mae": "MAE", "pinball": "pinball loss", "r2": "R²", "rmse": "RMSE"}
_HEADS = {"balanced_accuracy": "balanced acc."}
_LABEL = 20  # cells for the name of a model, at least, or it is broken
_LISTED = 15  # columns of the data that are listed one by one
_REMARKS = 5  # columns that are spoken of one by one below the table
_SHORTER = {
    "standard deviation": "std",
    "scaled to its quartiles": "robust scale",
    "ranked, as quantiles of the normal distribution": "ranks as normal quantiles",
    "median about": "median",
    "a learned vector for each of": "learned vectors:",
    " categories, and one for missing and new ones": " categories",
}
_PLURALS = {"number": "numbers", "category": "categories", "boolean": "booleans", "date": "dates"}
_CORNER = "true \\ predicted"
_SHORT_LIST = 3  # entries that are shown
_CLASSES = 20  # classes of a confusion matrix, at most


@contextmanager
def report_console() -> Iterator[Console]:
    """Give a console for stdout that takes text as it is: a column called ``[red]`` is no markup.

    In a pipe the lines come without the blanks that fill a terminal's.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        yield console
        return
    with console.capture() as captured:
        yield console
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def heading(text: str, aside: str = "") -> Text:
    """Return the first line of a section."""
    line = Text(text, style="bold")
    return line.append(f"  {aside}", style="not bold dim") if aside else line


def _table(*, header: bool = True) -> Table:
    """Return a table without lines, indented by two."""
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=header, header_style="dim")


def _cut(text: str, width: int, style: str = "") -> Text:
    """Return the text in at most ``width`` cells of a terminal, of which some characters fill two."""
    cut = Text(text, style=style)
    cut.truncate(max(width, 1), overflow="ellipsis")
    return cut


def indented(part: RenderableType) -> RenderableType:
    """Return the part two columns further right."""
    from rich.padding import Padding

    return Padding(part, (0, 0, 0, 2))


def metric_name(metric: str) -> str:
    """Return a metric as it is written.

    Examples
    --------
    >>> metric_name("rmse"), metric_name("balanced_accuracy")
    ('RMSE', 'balanced accuracy')
    """
    return _NAMES.get(metric, metric.replace("_", " "))


def scores_table(rows: Sequence[tuple[str, dict[str, float | None] | None]], width: int) -> Table:
    """Return models and their scores; the best of each score is bold."""
    known = [(label, scores) for label, scores in rows if scores]
    names = list(known[0][1])
    heads = [_HEADS.get(name, metric_name(name)) for name in names]
    table = _table()
    room = width - 4 - sum(max(cell_len(head), 9) + 2 for head in heads)
    narrow = room < _LABEL
    # Where room is scarce, names are broken over several lines; numbers never are.
    table.add_column("", no_wrap=not narrow, overflow="fold")
    for head in heads:
        table.add_column(head.replace(" ", "\n") if narrow else head, justify="right", no_wrap=True)
    for label, scores in known:
        cells = [Text(plain(label, 60)) if narrow else _cut(plain(label), room)]
        for name in names:
            values = [value for _, other in known if (value := other[name]) is not None]
            best = (max if name in GREATER_IS_BETTER else min)(values, default=None)
            is_best = best is not None and scores[name] == best
            cells.append(Text(metric_text(scores[name]), style="bold" if is_best else ""))
        table.add_row(*cells)
    return table


def importance_table(rows: Sequence[dict[str, Any]], width: int, *, ascii_only: bool) -> list[RenderableType]:
    """Return columns with a bar each for how much they matter, the most important first."""
    table = _table(header=False)
    room = max(10, min(30, width - 50))
    table.add_column("", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    largest = max((row["mean"] for row in rows), default=0.0)
    for row in rows:
        share = max(row["mean"], 0.0) / largest if largest > 0.0 else 0.0
        bar = ("#" if ascii_only else "\u2588") * round(share * room)
        table.add_row(_cut(plain(row["name"]), width - room - 16), f"{row['mean']:+.3g}", Text(bar, style="cyan"))
    return [table]


# ---- confusion --------------------------------------------------------------------------------------------------


def confusion_parts(confusion: dict[str, Any], width: int) -> list[RenderableType]:
    """Return the confusion matrix, of the largest classes if not all fit, and what is confused most often."""
    labels = [plain(label) for label in confusion["labels"]]
    counts: list[list[int]] = confusion["counts"]
    k = len(labels)
    shown, cell = list(range(k)), _cell_width(labels, counts, 12)
    head = min(max([len(_CORNER), *map(cell_len, labels)]), 20 if k * (cell + 2) + 31 <= width else len(_CORNER))
    room = width - 2 - (head + 2) - (len("found") + 2)
    if k > min(_CLASSES, room // (cell + 2)):
        cell = _cell_width(labels, counts, 8)
        fitting = max(2, min(_CLASSES, room // (cell + 2)))
        if k > fitting:
            largest = sorted(shown, key=lambda i: (-sum(counts[i]), i))[: fitting - 1]
            shown = sorted(largest)
    parts: list[RenderableType] = [_matrix(labels, counts, shown, head, cell)]
    pairs = [(counts[i][j], -i, -j) for i in range(k) for j in range(k) if i != j and counts[i][j]]
    if pairs and k > 3:
        words = [f"{labels[-i]} taken for {labels[-j]} ({n} times)" for n, i, j in sorted(pairs, reverse=True)[:3]]
        parts.append(Text(f"Most often: {', '.join(words)}", style="dim"))
    return parts


def _cell_width(labels: list[str], counts: list[list[int]], most: int) -> int:
    longest = max(len(f"{n:,}") for row in counts for n in row)
    return max(longest, min(most, max(map(cell_len, labels))))


def _matrix(labels: list[str], counts: list[list[int]], shown: list[int], head: int, cell: int) -> Table:
    rest = [i for i in range(len(labels)) if i not in shown]
    groups = [[i] for i in shown] + ([rest] if rest else [])
    names = [labels[i] for i in shown] + (["(others)"] if rest else [])
    table = _table()
    table.add_column(_CORNER, no_wrap=True)
    for name in names:
        table.add_column(_cut(name, cell), justify="right", no_wrap=True)
    table.add_column("found", justify="right", no_wrap=True)
    for name, rows in zip(names, groups, strict=True):
        cells = [sum(counts[i][j] for i in rows for j in columns) for columns in groups]
        total = sum(sum(counts[i]) for i in rows)
        right = sum(counts[i][i] for i in rows)
        styled = [_cell(n, columns == rows) for n, columns in zip(cells, groups, strict=True)]
        table.add_row(_cut(name, head), *styled, Text(f"{100 * right / total:.0f} %" if total else "-"))
    return table


def _cell(n: int, diagonal: bool) -> Text:
    return Text(f"{n:,}", style="bold" if diagonal else "dim" if n == 0 else "")


def errors_table(errors: dict[str, Any]) -> Table:
    """Return how far off predictions are."""
    table = _table()
    table.add_column("share of rows", no_wrap=True)
    names = {"0.5": "50 %", "0.75": "75 %", "0.9": "90 %", "0.95": "95 %", "1.0": "all"}
    for key in errors["absolute"]:
        table.add_column(names.get(key, key), justify="right", no_wrap=True)
    table.add_row("are off by at most", *(number_text(v) for v in errors["absolute"].values()))
    return table


def interval_text(interval: dict[str, Any]) -> str:
    """Return how many rows the outer quantiles enclose.

    Examples
    --------
    >>> interval_text({"levels": [0.05, 0.5, 0.95], "expected": 0.9, "inside": 0.871, "width": 12.5})
    '87 % of the rows lie between the quantiles 0.05 and 0.95 (90 % should), on average 12.50 apart'
    """
    low, high = interval["levels"][0], interval["levels"][-1]
    inside, expected = (f"{100 * interval[name]:.0f} %" for name in ("inside", "expected"))
    words = f"{inside} of the rows lie between the quantiles {low:g} and {high:g} ({expected} should)"
    return f"{words}, on average {number_text(interval['width'])} apart"


# ---- columns ----------------------------------------------------------------------------------------------------


def columns_table(columns: Sequence[dict[str, Any]], width: int) -> list[RenderableType]:
    """Return what is done to each column, or to each group of columns if there are many."""
    used = [column for column in columns if column["features"]]
    groups = [[column] for column in used] if len(used) <= _LISTED else _groups(used)
    rows = [_column_row(group) for group in groups[:_LISTED]]
    lost = any(missing for _, _, missing, _ in rows)
    names = min(max(cell_len(row[0]) for row in rows), max(14, min(width // 3, 40)))
    kinds = max(len(row[1]) for row in rows)
    room = width - 2 - (names + 2) - (kinds + 2) - (len("missing") + 2 if lost else 0) - 1
    table = _table(header=lost)
    for head in ("", "", *(["missing"] if lost else []), ""):
        table.add_column(head, no_wrap=True, justify="right" if head else "left")
    for name, kind, missing, done in rows:
        table.add_row(_cut(name, names), Text(kind, style="dim"), *([missing] if lost else []), _cut(done, room))
    parts: list[RenderableType] = [table]
    hidden = sum(map(len, groups[_LISTED:]))
    if hidden:
        parts.append(Text(f"and {count(hidden, 'more column')}: see --json", style="dim"))
    return parts + _remarks(columns)


def _remarks(columns: Sequence[dict[str, Any]]) -> list[RenderableType]:
    """Return why columns were left out, and what is odd about others."""
    out = [column for column in columns if not column["features"]]
    parts: list[RenderableType] = []
    if out:
        reasons = [f"{plain(c['name'], 40)} ({plain(c['done']).removeprefix('left out: ')})" for c in out[:_REMARKS]]
        more = f" and {count(len(out) - _REMARKS, 'more column')}" if len(out) > _REMARKS else ""
        parts.append(Text(f"Left out: {', '.join(reasons)}{more}.", style="yellow"))
    notes = [column for column in columns if column["note"]]
    parts += [Text(f"{plain(c['name'], 40)} {plain(c['note'])}.", style="yellow") for c in notes[:_REMARKS]]
    return parts


def _column_row(group: Sequence[dict[str, Any]]) -> tuple[str, str, str, str]:
    """Return names, kind, missing values and what is done, for columns that are treated alike."""
    first = group[0]
    alone = len(group) == 1
    name = ", ".join(plain(column["name"]) for column in group)
    plural = _PLURALS.get(first["kind"], first["kind"])
    kind = first["kind"] if alone else f"{len(group)} {plural}"
    n_missing = sum(column["missing"] for column in group)
    done = _done(first) if alone else _kind_of_done(first)
    return name, kind, f"{n_missing:,}" if n_missing else "", plain(done)


def _groups(columns: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return columns that are treated alike together."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for column in columns:
        key = (column["kind"], _kind_of_done(column), column["missing"] > 0)
        groups.setdefault(key, []).append(column)
    return list(groups.values())


def _done(column: dict[str, Any]) -> str:
    """Return what is done to a column without what every column has."""
    done = str(column["done"]).partition(";")[0].removesuffix(", softly cut at 3")
    for long, short in _SHORTER.items():
        done = done.replace(long, short)
    return done


def _kind_of_done(column: dict[str, Any]) -> str:
    """Return what is done without the numbers of this very column."""
    done = _done(column)
    return "two categories: 1 and -1" if " = 1, " in done else done.partition(":")[0].partition(",")[0]


def layers_table(layers: Sequence[dict[str, Any]], width: int) -> Table:
    """Return the layers, one a line, and further right what is inside them."""
    rows = [_layer_row(layer, depth) for layer, depth in _with_inner(layers)]
    widths = [max(cell_len(row[i]) for row in [("", "outputs", "parameters"), *rows]) for i in range(3)]
    table = _table()
    for name, justify in (("", "left"), ("outputs", "right"), ("parameters", "right"), ("", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    room = width - 2 - sum(widths) - 2 * len(widths) - 1
    for kind, outputs, parameters, settings in rows:
        table.add_row(Text(kind), outputs, parameters, _cut(settings, room))
    return table


def _with_inner(layers: Sequence[dict[str, Any]], depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    for layer in layers:
        yield layer, depth
        yield from _with_inner(layer.get("inside", ()), depth + 1)


def _layer_row(layer: dict[str, Any], depth: int) -> tuple[str, str, str, str]:
    outputs = " x ".join(map(str, layer["outputs"]))
    parameters = f"{layer['parameters']:,}" if layer["parameters"] and "inside" not in layer else ""
    return "  " * depth + plain(layer["class"]), outputs, parameters, ", ".join(_settings(layer))


def _settings(layer: dict[str, Any]) -> list[str]:
    """Return a layer's arguments that are not said elsewhere, and are not what they are without a word."""
    elsewhere = ("name", "class", "outputs", "parameters", "units", "inside", "layers", "branches", "inner", "shortcut")
    usual = signature(LAYERS[layer["class"]]).parameters if layer["class"] in LAYERS else {}
    settings = {
        key: value
        for key, value in layer.items()
        if key not in elsewhere and value is not None and not (key in usual and usual[key].default == value)
    }
    return [part for key, value in settings.items() for part in _setting(key, value)]


def _setting(key: str, value: Any) -> list[str]:
    """Return an argument in words, one for each entry of a dictionary without a name."""
    if isinstance(value, dict):
        name = value.get("schedule") or value.get("class")
        return [f"{key} {name}"] if name else [part for inner in value.items() for part in _setting(*inner)]
    if isinstance(value, list):
        return [f"{key} {value}" if len(value) <= _SHORT_LIST else f"{len(value)} {key}"]
    words = key.replace("_", " ")
    if isinstance(value, bool):
        return [words if value else f"no {words}"]
    return [str(value) if key == "activation" else f"{words} {value}"]


def parameters_text(network: dict[str, Any]) -> str:
    """Return how many parameters there are.

    Examples
    --------
    >>> parameters_text({"parameters": 5315}), parameters_text({"parameters": 141247, "networks": 4})
    ('5,315 parameters', '4 x 141,247 parameters')
    """
    several = f"{network['networks']} x " if network.get("networks", 1) > 1 else ""
    return several + count(network["parameters"], "parameter")


# ---- the rest ---------------------------------------------------------------------------------------------------


def curves(history: dict[str, list[float]], width: int, *, ascii_only: bool) -> list[tuple[str, Text]]:
    """Return the losses as sparklines on one scale."""
    known = {name: history[name] for name in ("loss", "valid_loss") if history.get(name)}
    together = [v for values in known.values() for v in values]
    rows = []
    for name, values in known.items():
        line = sparkline(values, max(8, min(60, width - 34)), min(together), max(together))
        text = Text(as_ascii(line) if ascii_only else line, style="cyan")
        end = f" {metric_text(values[0])} → {metric_text(values[-1])}"
        rows.append(("Training loss" if name == "loss" else "Validation loss", text.append(end, style="dim")))
    return rows


def facts_table(facts: Sequence[tuple[str, str | Text]]) -> Table:
    """Return names and what belongs to them."""
    table = _table(header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in facts:
        table.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return table
