"""The parts of a report's page on single rows and on columns: worst rows with their reasons, feature importance."""

from __future__ import annotations

from typing import Any

from glassnet.charts.bars import Bar, bar_table
from glassnet.reports.classes import named_classes
from glassnet.reports.single_rows import counted_once, row_sentence
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import metric_name, metric_text, number_text, plain, signed_text
from glassnet.utils.wording import cut_middle

__all__ = ["importance_part", "rows_part"]

_KINDS = {"surest": "Most certain and right: ", "closest": "Closest: ", "typical": "Typical: "}
_COLUMNS = 15
_LABEL = 32  # characters beside a bar


def rows_part(facts: dict[str, Any]) -> list[Markup]:
    """Return single rows with truth, answer, number, and why."""
    rows = facts.get("single_rows")
    if not rows:
        return []
    rows, counted = counted_once(rows)
    wrong = [row for row in rows if row["kind"] == "worst"]
    others = [row for row in rows if row["kind"] != "worst"]
    words = "Bars: what each column adds to the prediction (right, blue) or takes from it (left, orange)."
    words = words if any(row.get("why") for row in rows) else ""
    words += f" Rows are {counted}." if counted else ""
    parts = [element("h2", "Worst rows")]
    if not wrong:
        parts.append(element("p", "No row is wrong."))
    parts += [element("p", words.strip(), class_="quiet")] if words else []
    parts.append(element("div", *(_row(row, facts) for row in wrong), class_="pair"))
    if others:
        parts += [element("h3", "For comparison"), element("div", *(_row(row, facts) for row in others), class_="pair")]
    return parts


def _named_value(name: str, value: str) -> str:
    """Return a column with its value for one line: the longer of the two is cut.

    Examples
    --------
    >>> _named_value("age", "41"), _named_value("town", "a very long name that goes on and on")
    ('age = 41', 'town = a very long n…s on and on')
    """
    half = (_LABEL - 3) // 2
    room = max(_LABEL - 3 - len(value), half), max(_LABEL - 3 - len(name), half)
    return f"{cut_middle(name, room[0])} = {cut_middle(value, room[1])}"


def _row(row: dict[str, Any], facts: dict[str, Any]) -> Markup:
    """Return one row in a frame."""
    part = f"{row['part']} " if row.get("part") else ""
    name, _, words = row_sentence(row, facts.get("labels") or ()).partition(": ")
    title = f"{_KINDS.get(row['kind'], '')}{part}{name}"
    parts = [element("h3", title[:1].upper() + title[1:]), element("p", words[:1].upper() + words[1:])]
    why = row.get("why")
    if why:
        bars = [
            Bar(
                _named_value(name, value),
                amount,
                signed_text(amount),
                title=f"{name} = {value}",
            )
            for name, value, amount in why["reasons"]
        ]
        if why["others"]:
            n, rest = why["others"]
            bars.append(Bar(f"{n} more columns" if n > 1 else "1 more column", rest, signed_text(rest)))
        is_label = "error" not in row
        ours = f"{why['answer']:.3f}" if is_label else number_text(why["answer"])
        base = f"{why['base']:.3f}" if is_label else number_text(why["base"])
        label = f"Reasons for {row['name']}"
        parts.append(bar_table(bars, label=label))
        answer = named_classes([row["answer"]], facts.get("labels") or ())[0] if is_label else ""
        what = f"probability of {answer}" if is_label else cut_middle(plain(facts["target"]), 40)
        parts.append(element("p", f"{what}: {ours}; {why['beside']} {base}.", class_="quiet"))
    return element("section", *parts, class_="row")


def importance_part(facts: dict[str, Any]) -> list[Markup]:
    """Return how much worse the model gets when a column is shuffled."""
    found = facts.get("importance")
    if not found or not found["importance"]:
        return []
    rows = found["importance"]
    shown = rows[:_COLUMNS]
    bars = [
        Bar(cut_middle(row["name"], 44), row["mean"], signed_text(row["mean"]), row["std"], title=row["name"])
        for row in shown
    ]
    name = "loss" if found["metric"] == "loss" else metric_name(found["metric"])
    words = f"Increase of the {name} ({metric_text(found['score'])}) when a column is shuffled among the rows."
    parts = [element("h2", "Feature importance"), element("p", words, class_="quiet")]
    parts.append(bar_table(bars, head=("column", "", f"increase of the {name}"), label="Feature importance"))
    rest = rows[len(shown) :]
    if rest:
        most = max(row["mean"] for row in rest)
        parts.append(element("p", f"{len(rest)} more columns, each at most {signed_text(most)}.", class_="quiet"))
    return parts + ([element("p", found["note"], class_="quiet")] if found.get("note") else [])
