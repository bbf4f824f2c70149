"""The parts of a report's page on the training and the model: findings, curves, the network, columns, the card."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from glassnet.charts.boxes import Column, network_chart
from glassnet.charts.lines import Line, Mark, line_chart
from glassnet.reports.reading_text import left_out_sentence, reading_lines, with_target
from glassnet.training.history_html import NOT_KEPT
from glassnet.utils.html import Markup, element, table, unbroken
from glassnet.utils.short_text import count, metric_name, plain
from glassnet.utils.wording import cut_middle

__all__ = ["card_part", "columns_part", "findings_part", "network_part", "training_part"]

_MOST_COLUMNS = 40
_MARKS = 4  # findings in a curve
_MEMBERS = 12  # whose epochs are named


def findings_part(facts: dict[str, Any]) -> list[Markup]:
    """Return all findings, notes included, each with its sentences."""
    if "findings" not in facts or not (facts["findings"] or facts.get("examined", True)):
        return []
    parts = [element("h2", "Findings")]
    found = facts["findings"]
    if not found:
        return [*parts, element("p", "No problem was found in the data, at the start, in training or in the result.")]
    for finding in found:
        lines = [("measured", finding["measured"]), ("why", finding["why"]), ("do", finding["advice"])]
        lines += [("tried", finding["tried"])] if finding["tried"] else []
        body = _listed([line for line in lines if line[1]])
        head = element("h3", f"{finding['severity']}: {finding['code']}")
        parts.append(element("section", head, body, class_=f"finding {finding['severity']}"))
    return parts


def _listed(lines: Sequence[Sequence[str]]) -> Markup:
    """Return names with what they are."""
    return element("dl", *(element(tag, text) for line in lines for tag, text in zip(("dt", "dd"), line, strict=True)))


def training_part(facts: dict[str, Any]) -> list[Markup]:
    """Return the curves of the training, with the best epoch."""
    curve = facts.get("curve")
    if not curve or len(next(iter(curve["columns"].values()), ())) < 2:
        return []
    columns, best, monitor = curve["columns"], curve["best_epoch"], curve["monitor"]
    several = f" of the first of {curve['networks']} networks" if curve["networks"] > 1 else ""
    several = f", mean of {count(curve['members'], 'member')}" if curve.get("members") else several
    parts = [element("h2", "Training")]
    if facts.get("training_words"):
        parts.append(element("p", f"{facts['names']['network']}: {facts['training_words']}."))
    words = _epoch_words(best, is_kept=curve["is_kept"])
    if words and isinstance(best, list):
        parts.append(element("p", f"{words}.", class_="quiet"))
    marks = [Mark(float(best), words, "best")] if words and not isinstance(best, list) else []
    marks += [
        Mark(float(each["epoch"]), f"{each['code']} (epoch {each['epoch']})", "finding")
        for each in facts.get("findings") or ()
        if each.get("epoch") and each["severity"] != "note"
    ][:_MARKS]
    lines = [Line("training loss", _gaps(columns["loss"]), style="second")] if "loss" in columns else []
    if "valid_loss" in columns:
        lines.insert(0, Line("validation loss", _gaps(columns["valid_loss"]), style="main"))
    others = [Line("other networks", _gaps(values), style="faint") for values in curve["others"]]
    charts = []
    if lines:
        label = f"Loss by epoch{several}"
        charts.append(
            element(
                "div",
                element("h3", label),
                line_chart([*lines, *others], x_label="epoch", y_label="loss", marks=marks, label=label),
            )
        )
    chosen = columns.get(f"valid_{monitor}")
    if chosen and monitor != "loss":
        name = metric_name(monitor)
        label = f"Validation {name}, which chose the epoch{several}"
        line = Line(f"validation {name}", _gaps(chosen), style="main")
        chart = line_chart([line], x_label="epoch", y_label=name, marks=marks, log_y=False, label=label)
        charts.append(element("div", element("h3", label), chart))
    parts.append(element("div", *charts, class_="pair"))
    if facts.get("recipes_words"):
        parts.append(element("p", f"Recipes on this machine: {facts['recipes_words']}.", class_="quiet"))
    return parts


def _epoch_words(best: int | list[int] | None, *, is_kept: bool) -> str:
    """Return which epoch early stopping found best, of members each one's, and whether its weights were kept."""
    if isinstance(best, list):
        how = f"{'kept' if is_kept else NOT_KEPT}, one for each member"
        return f"Epochs {', '.join(map(str, best[:_MEMBERS]))}{', …' if len(best) > _MEMBERS else ''}: {how}"
    if not best:
        return ""
    return f"epoch {best} was kept" if is_kept else f"epoch {best}: {NOT_KEPT}"


def _gaps(values: Sequence[Any]) -> list[float]:
    """Return numbers with NaN for what is not known."""
    return [math.nan if value is None else float(value) for value in values]


def network_part(facts: dict[str, Any]) -> list[Markup]:
    """Return the network drawn as boxes."""
    if not facts.get("diagram"):
        return []
    network = facts["network"]
    several = f"{network['networks']} x " if network.get("networks", 1) > 1 else ""
    words = f"{facts['names']['network']}, {several}{count(network['parameters'], 'parameter')}."
    chart = network_chart([Column(**column) for column in facts["diagram"]], label=f"The network: {words}")
    return [element("h2", "The network"), element("p", words, class_="quiet"), chart]


def columns_part(facts: dict[str, Any]) -> list[Markup]:
    """Return what the data were read as: what was left out, how cells were read, how columns are coded."""
    if not facts.get("columns"):
        return []
    left_out = left_out_sentence(facts["columns"], facts["dropped"])
    lines = [[", ".join(names), words] for names, words in reading_lines(with_target(facts))]
    parts = [element("h2", "What was read")]
    parts += [element("p", sentence) for sentence in ([left_out] if left_out else []) + facts["notes"]]
    parts += [element("div", table(lines, head=["column", "its cells"]), class_="table")] if lines else []
    ranges = {name: f"{low} to {high}" for name, low, high in facts.get("ranges", ())}
    rows = [
        [
            element("span", cut_middle(plain(c["name"]), 40), title=c["name"]),
            c["kind"],
            f"{c['missing']:,}",
            ranges.get(c["name"], ""),
            c["done"],
        ]
        for c in facts["columns"]
    ]
    head = ["column", "kind", "missing in training", "range in training", "what is done to it"]
    shown = element("div", table(rows, head=head), class_="table wide")
    if len(rows) > _MOST_COLUMNS:
        shown = element("details", element("summary", f"All {len(rows)} columns"), shown)
    return [*parts, shown]


def card_part(facts: dict[str, Any]) -> list[Markup]:
    """Return the card: data, date, versions, limits, how to repeat it and how to use the model."""
    card = facts.get("card")
    if not card:
        return []
    inside = [_listed(card["lines"])]
    if facts.get("limits"):
        inside += [element("h3", "Limits"), element("ul", *(element("li", words) for words in facts["limits"]))]
    if card["repeat"]:
        inside += [element("h3", "Repeat it"), element("pre", element("code", unbroken(card["repeat"])))]
    if card["uses"]:
        inside.append(element("h3", "Use the model"))
        for title, words in card["uses"]:
            inside += [element("p", title, class_="quiet"), element("pre", element("code", unbroken(words)))]
    return [element("h2", "Card"), element("section", *inside, class_="card")]
