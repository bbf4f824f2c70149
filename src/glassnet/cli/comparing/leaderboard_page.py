"""The leaderboard of ``glassnet compare`` as one HTML page, which loads no other files."""

from __future__ import annotations

from typing import Any

from glassnet.cli.comparing.compare_job import name_of
from glassnet.cli.comparing.leaderboard_text import LOSSES, remarks, rows_words, seconds_cell
from glassnet.utils.html import Markup, element, fragment, page, unbroken
from glassnet.utils.short_text import bytes_text, metric_name, metric_text, plain

__all__ = ["page_of_leaderboard"]

_STYLE = """
p.verdict { font-weight: 600; }
p.quiet, li { color: var(--quiet); }
td, .table th { font-variant-numeric: tabular-nums; }
td.number, .table th.number { text-align: right; white-space: nowrap; }
tr.kept td { font-weight: 600; }
div.range { position: relative; height: 1.2em; width: 11rem; background: var(--shade); border-radius: 3px; }
div.range i { position: absolute; top: 0.45em; height: 0.3em; background: var(--blue); opacity: 0.5; }
div.range b { position: absolute; top: 0.2em; height: 0.8em; width: 0.25em; background: var(--blue); }
td:first-child { overflow-wrap: anywhere; min-width: 5.5rem; }
code { overflow-wrap: anywhere; }
tr { break-inside: avoid; }
"""
_NARROW = Markup(
    "@media (max-width: 52rem) { .glassnet-leaderboard .more { display: none; } }\n"
    "@media (max-width: 32rem) { .glassnet-leaderboard .less { display: none; }\n"
    ".glassnet-leaderboard div.range { width: 4rem; } .glassnet-leaderboard .table table { font-size: 13px; }\n"
    ".glassnet-leaderboard .table td, .glassnet-leaderboard .table th { padding-right: 0.4rem; } }"
)


def page_of_leaderboard(result: dict[str, Any], repeat: str) -> str:
    """Return the page for what `compare_models` returns; ``repeat`` is the command that trains the kept model again."""
    title = f"{plain(result['data'], 120)} \u2192 {plain(result['target'], 120)}"
    chosen = next(row for row in result["models"] if row["chosen"])
    model = result["model"]
    where = f", saved in {plain(model['path'])} ({bytes_text(model['bytes'])})" if model else ""
    reason = f"the best of our models by its validation {metric_name(result['metric'])}"
    parts = [
        element("style", _NARROW),
        element("h1", title),
        element("p", rows_words(result), class_="quiet"),
        element("p", result["verdict"], class_="verdict"),
        element("div", _table(result), class_="table"),
        element("p", f"Kept: {name_of(chosen)}, {reason}{where}."),
        element("h2", "How to read it"),
        element("ul", *(element("li", line) for line in remarks(result))),
        element("h2", "To train the kept model again"),
        element("p", element("code", unbroken(repeat))),
    ]
    return page(title, fragment("leaderboard", _STYLE, *parts))


def _table(result: dict[str, Any]) -> Markup:
    """Return the models, the best first, with a picture of the range of chance of each."""
    rows, metric, second = result["models"], result["metric"], LOSSES[result["task"]]
    known = [end for row in rows for end in row["range"] if end is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    heads = [("model", ""), (metric_name(metric), "number"), ("range of chance", ""), ("to the best", "")]
    heads += [("time", "number less")] + ([(metric_name(second), "number more")] if second != metric else [])
    heads += [("file", "number more"), ("validation", "number more")]
    lines = [element("tr", *(element("th", text, class_=kind) for text, kind in heads))]
    for row in rows:
        value = metric_text(row["scores"].get(second))
        cells = [element("td", name_of(row)), element("td", metric_text(row["score"]), class_="number")]
        cells += [element("td", _range(row, low, high)), element("td", row["to_best"])]
        time = "" if row["kind"] == "constant" else seconds_cell(row["seconds"])
        cells.append(element("td", time, class_="number less"))
        more = [value] if second != metric else []
        more.append("" if row["bytes"] is None else bytes_text(row["bytes"]))
        more.append("" if row["validation"] is None else metric_text(row["validation"]))
        cells += [element("td", text, class_="number more") for text in more]
        lines.append(element("tr", *cells, class_="kept" if row["chosen"] else ""))
    return element("table", *lines)


def _range(row: dict[str, Any], low: float, high: float) -> Markup | str:
    """Return a bar from one end of the range to the other, with a mark at the score."""
    start, end = row["range"]
    if start is None or row["score"] is None:
        return ""
    width = (high - low) or 1.0

    def share(value: float) -> float:
        return 98.0 * (min(max(value, low), high) - low) / width

    bar = element("i", style=f"left: {share(start):.1f}%; width: {share(end) - share(start):.1f}%")
    mark = element("b", style=f"left: {share(row['score']):.1f}%")
    words = f"{metric_text(start)} to {metric_text(end)}"
    return element("div", bar, mark, class_="range", title=words, role="img", **{"aria-label": words})
