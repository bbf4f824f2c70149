"""The parts of a report's page on how good the predictions are: scores, classes or errors, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.charts.bars import Bar, bar_table
from glassnet.charts.matrix import matrix_table
from glassnet.charts.points import Group, reliability_chart, scatter_chart
from glassnet.reports.calibration_facts import calibration_lines, interval_text
from glassnet.reports.classes import times, which_classes, worst_classes
from glassnet.reports.split_text import how_divided
from glassnet.reports.training_words import shortage_sentences
from glassnet.utils.html import Markup, element, table, unbroken
from glassnet.utils.shares import wilson
from glassnet.utils.short_text import count, metric_name, number_text, plain, score_text
from glassnet.utils.wording import cut_middle, distinct_cuts

__all__ = ["calibration_part", "results_part", "scores_part", "summary_of", "warnings_of"]

_MATRIX, _MOST_MATRIX = 12, 30  # classes of a matrix by itself, and beside the list of the worst
_WORST = 12
_WARNINGS = 8


def scores_part(facts: dict[str, Any]) -> list[Markup]:
    """Return the verdict, and the scores with their intervals beside those of the baselines."""
    parts = [element("p", facts["verdict"]["sentence"], class_="lead")] if facts.get("verdict") else []
    parts.append(element("p", summary_of(facts), class_="quiet"))
    for warning in warnings_of(facts)[:_WARNINGS]:
        parts.append(element("p", warning, class_="warn"))
    parts.append(_scores(facts))
    notes = [facts["verdict"]["hint"]] if facts.get("verdict", {}).get("hint") else []
    notes += [facts["interval_words"]] if facts.get("interval_words") else []
    split = facts.get("split")
    if facts.get("command") == "train" and split:
        divided = how_divided(split)
        notes += [*([f"Rows were divided {divided}."] if divided else []), *split["notes"]]
    return parts + [element("p", unbroken(note), class_="quiet") for note in notes]


def summary_of(facts: dict[str, Any]) -> str:
    """Return task, rows and training in one sentence."""
    rows = facts["rows"]
    task = str(facts["task"])
    if facts.get("labels"):
        task += f" with {count(len(facts['labels']), 'class', 'classes')}"
    if facts.get("command") == "train":
        used = ", ".join(f"{rows[part]:,} {part}" for part in ("training", "validation", "test") if part in rows)
        words = f"{task.capitalize()}; {count(rows['read'], 'row')} ({used})"
    else:
        words = f"{task.capitalize()}; {count(facts['n_scored'], 'row')} scored"
        if facts.get("trained_rows"):
            source = plain(facts.get("trained_on", "other data"), 80)
            words += f"; trained on {count(facts['trained_rows'], 'row')} of {source}"
    training = f"; {facts['names']['network']}: {facts['training_words']}" if facts.get("training_words") else ""
    return f"{words}{training}."


def warnings_of(facts: dict[str, Any]) -> list[str]:
    """Return what stands above the scores because it says how to read them."""
    found = list(facts.get("warnings", ()))
    if facts.get("command") == "train":
        found += [*shortage_sentences(facts), *facts["split"]["warnings"]]
        if facts["judged_on"] == "validation":
            found.append(
                "The scores are of validation rows, which also chose the best epoch: they flatter the network."
            )
    return found


def _scores(facts: dict[str, Any]) -> Markup:
    """Return the table of scores."""
    known = {who: scores for who, scores in facts["scores"].items() if scores}
    metrics = list(known["network"])
    intervals = facts.get("intervals", {})
    lines = [element("tr", element("th"), *(element("th", metric_name(metric)) for metric in metrics))]
    for who, scores in known.items():
        name = element("td", plain(facts["names"].get(who, who), 80), class_="name")
        cells = [element("td", *_score(m, scores.get(m), (intervals.get(who) or {}).get(m))) for m in metrics]
        lines.append(element("tr", name, *cells, **({"class_": "ours"} if who == "network" else {})))
    return element("div", element("table", *lines), class_="table scores")


def _score(metric: str, value: float | None, interval: Sequence[float] | None) -> list[str]:
    """Return a score, and below it its interval."""
    if interval is None:
        return [score_text(metric, value)]
    low, high = (score_text(metric, edge) for edge in interval)
    return [score_text(metric, value), element("span", element("span", f"{low} to"), f" {high}", class_="range")]


def results_part(facts: dict[str, Any]) -> list[Markup]:
    """Return which class is taken for which, or how large the errors of numbers are."""
    parts: list[Markup] = []
    if "confusion" in facts:
        parts = _classes(facts["confusion"], facts["n_scored"])
    elif "errors" in facts:
        parts = _errors(facts)
    elif facts.get("interval"):
        parts = [element("h2", "Interval"), element("p", interval_text(facts["interval"]) + ".")]
    if facts.get("outputs"):
        name = facts["outputs"]["head"][0].capitalize()
        listed = table(facts["outputs"]["rows"], head=facts["outputs"]["head"])
        parts += [element("h2", f"{name}s"), element("div", listed, class_="table")]
    return parts


def _classes(confusion: dict[str, Any], n: int) -> list[Markup]:
    """Return the confusion matrix, and of many classes the worst."""
    labels = [plain(label, 100) for label in confusion["labels"]]
    cuts = distinct_cuts(labels, 26)
    counts, k = confusion["counts"], len(confusion["labels"])
    parts = [element("h2", "Classes")]
    wrong = n - sum(counts[i][i] for i in range(k))
    parts.append(element("p", f"{wrong:,} of {count(n, 'row')} are taken for another class.", class_="quiet"))
    matrix = matrix_table(counts, labels) if k <= _MOST_MATRIX else None
    worst = worst_classes(counts, k if k <= _MATRIX else _WORST)
    rows = []
    for each in worst:
        taken = "" if each.taken_for is None else f"{cuts[each.taken_for]} ({times(each.often)})"
        share = "never predicted" if each.precision is None else f"{100 * each.precision:.0f}\u00a0%"
        name = element("span", cuts[each.place], title=labels[each.place])
        rows.append([name, f"{each.rows:,}", f"{100 * (each.recall or 0):.0f}\u00a0%", share, taken])
    heads = ["class", "rows", "recall", "precision", "taken for"]
    listed = element("div", table(rows, head=heads), class_="table classes")
    if k > _MATRIX:
        is_all = len(worst) == sum(map(any, counts))
        words = f"Of {k} classes {which_classes(len(worst), counts)}, by recall"
        title = element("h3", words if is_all else f"The {len(worst)} worst of {k} classes, by recall")
        parts += [title, listed]
        if matrix is not None:
            parts.append(element("details", element("summary", f"All {k} classes as a table"), matrix, open="open"))
        return parts
    if matrix is None:
        return [*parts, listed]
    return [*parts, element("div", element("div", matrix), listed, class_="pair")]


def _errors(facts: dict[str, Any]) -> list[Markup]:
    """Return the sizes of the errors, and predicted against true numbers."""
    target = plain(facts["target"], 40)
    names = {"0.5": "half of the rows", "0.75": "75 %", "0.9": "90 %", "0.95": "95 %", "1.0": "all"}
    absolute = facts["errors"]["absolute"]
    bars = [Bar(names.get(key, key), value, number_text(value)) for key, value in absolute.items()]
    sizes = bar_table(bars, head=("share of the rows", "", "off by at most"), label="Absolute errors")
    parts: list[Markup] = [element("h3", f"Absolute errors, in units of {target}"), sizes]
    if facts.get("interval"):
        parts.append(element("p", interval_text(facts["interval"]) + "."))
    if not facts.get("points"):
        return [element("h2", "Errors"), *parts]
    true, predicted = facts["points"]
    n = facts["n_scored"]
    shown = "" if len(true) == n else f" ({len(true)} of {count(n, 'row')})"
    chart = scatter_chart(
        true,
        predicted,
        x_label=f"true {cut_middle(target, 30)}",
        y_label="predicted",
        diagonal=True,
        label=f"Predicted against true {target}",
    )
    picture = element("div", element("h3", f"Predicted against true{shown}"), chart)
    return [element("h2", "Errors"), element("div", element("div", *parts), picture, class_="pair")]


def calibration_part(facts: dict[str, Any]) -> list[Markup]:
    """Return whether probabilities are right as often as they say, and how they were calibrated."""
    fitted, reliability = facts.get("calibration"), facts.get("reliability")
    words = calibration_lines(fitted, reliability, facts.get("judged_on", "scored"))
    if not words:
        return []
    parts = [element("h2", "Calibration")]
    parts += [element("p", f"{name}: {text}.") for name, text in words]
    if reliability and reliability["bins"]:
        n = facts["n_scored"]
        groups = []
        for confidence, right, share in reliability["bins"]:
            rows = max(1, round(share * n))
            groups.append(Group(confidence, right, *wilson(right * rows, rows), rows))
        parts.append(reliability_chart(groups, label="How often the predicted class is right, by its probability"))
    if fitted and fitted.get("bins") and fitted.get("bins_before"):
        parts.append(_before_and_after(fitted))
    return parts


def _before_and_after(fitted: dict[str, Any]) -> Markup:
    """Return the groups of held-out rows before and after calibration, folded."""
    rows = [
        [f"{share:.0%}", f"{before[0]:.3f}", f"{before[1]:.3f}", f"{sure:.3f}", f"{right:.3f}"]
        for before, (sure, right, share) in zip(fitted["bins_before"], fitted["bins"], strict=True)
    ]
    head = ["held-out rows", "confidence before", "right", "confidence after", "right"]
    title = element("summary", "The rows that calibrated them, before and after")
    return element("details", title, element("div", table(rows, head=head), class_="table"))
