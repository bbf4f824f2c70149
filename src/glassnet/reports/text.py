"""The report as text of some thirty lines, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glassnet.reports.calibration_facts import interval_text
from glassnet.reports.classes import times, which_classes, worst_classes
from glassnet.reports.page import title_of
from glassnet.reports.page_scores import summary_of, warnings_of
from glassnet.reports.single_rows import counted_once, reasons_words, row_sentence
from glassnet.utils.short_text import count, metric_name, number_text, plain, score_text, signed_text
from glassnet.utils.text_table import table_lines
from glassnet.utils.wording import cut_middle, distinct_cuts, shortened

__all__ = ["report_text"]

_WARNINGS, _CLASSES, _ROWS, _COLUMNS, _FINDINGS, _LIMITS = 3, 5, 3, 5, 3, 3
_OUTPUTS = 6
_WIDE = 160  # characters of a sentence


def report_text(facts: dict[str, Any]) -> str:
    """Return title, verdict, scores with intervals beside baselines, worst rows, findings and card."""
    return "\n".join(_lines(facts))


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield title_of(facts)
    yield summary_of(facts)
    if facts.get("verdict"):
        yield facts["verdict"]["sentence"]
    yield from (f"! {shortened(warning, _WIDE)}" for warning in warnings_of(facts)[:_WARNINGS])
    yield ""
    yield from _scores(facts)
    yield from _results(facts)
    rows = [row for row in facts.get("single_rows") or () if row["kind"] == "worst"][:_ROWS]
    if rows:
        rows, counted = counted_once(rows)
        yield from ("", f"Worst rows{counted and ', '}{counted}")
        labels = facts.get("labels") or ()
        for row in rows:
            yield f"  {row_sentence(row, labels)}"
            if row.get("why", {}).get("reasons"):
                yield f"    {reasons_words(row['why'])}"
    found = (facts.get("importance") or {}).get("importance", [])[:_COLUMNS]
    if found:
        name = metric_name(facts["importance"]["metric"])
        yield from ("", f"Feature importance (increase of the {name} when a column is shuffled)")
        yield from _indented([[cut_middle(plain(row["name"]), 40), signed_text(row["mean"])] for row in found])
    yield from _findings(facts)
    card = facts.get("card")
    if card:
        yield ""
        yield from table_lines([[name, shortened(words, _WIDE)] for name, words in card["lines"][2:]])
        yield from (f"- {shortened(words, _WIDE)}" for words in facts.get("limits", ())[:_LIMITS])


def _scores(facts: dict[str, Any]) -> Iterator[str]:
    """Yield the scores, each with its interval in brackets."""
    known = {who: scores for who, scores in facts["scores"].items() if scores}
    metrics = list(known["network"])
    rows = [["", *map(metric_name, metrics)]]
    for who, scores in known.items():
        own = (facts.get("intervals") or {}).get(who) or {}
        cells = [score_text(metric, scores.get(metric)) for metric in metrics]
        for place, metric in enumerate(metrics):
            if own.get(metric):
                low, high = (score_text(metric, edge) for edge in own[metric])
                cells[place] += f" [{low}, {high}]"
        rows.append([cut_middle(plain(facts["names"].get(who, who)), 58), *cells])
    yield from table_lines(rows)
    if facts.get("interval_words"):
        yield facts["interval_words"]


def _results(facts: dict[str, Any]) -> Iterator[str]:
    """Yield the worst classes, or the sizes of the errors."""
    if "confusion" in facts:
        labels = distinct_cuts([plain(label) for label in facts["confusion"]["labels"]], 30)
        worst = worst_classes(facts["confusion"]["counts"], _CLASSES)
        rows = [["class", "rows", "recall", "most often taken for"]]
        for each in worst:
            taken = "" if each.taken_for is None else f"{labels[each.taken_for]} ({times(each.often)})"
            recall = f"{100 * (each.recall or 0):.0f} %"
            rows.append([labels[each.place], f"{each.rows:,}", recall, taken])
        of = f", {which_classes(len(worst), facts['confusion']['counts'])}" if len(worst) < len(labels) else ""
        yield from ("", f"{count(len(labels), 'class', 'classes')}{of}")
        yield from _indented(rows)
    elif "errors" in facts:
        absolute = facts["errors"]["absolute"]
        yield ""
        yield (
            f"Half of the rows are off by at most {number_text(absolute['0.5'])}, "
            f"90 % by {number_text(absolute['0.9'])}, all by {number_text(absolute['1.0'])}."
        )
    if facts.get("interval"):
        yield ""
        yield f"{interval_text(facts['interval'])}."
    if facts.get("outputs"):
        rows = facts["outputs"]["rows"]
        yield ""
        yield from _indented([facts["outputs"]["head"], *rows[:_OUTPUTS]])
        if len(rows) > _OUTPUTS:
            yield f"  and {len(rows) - _OUTPUTS} more"


def _findings(facts: dict[str, Any]) -> Iterator[str]:
    """Yield the findings that are no notes."""
    found = [each for each in facts.get("findings") or () if each["severity"] != "note"]
    if found:
        yield from ("", "Findings")
        for each in found[:_FINDINGS]:
            yield f"  {each['severity']}: {each['code']}: {shortened(each['measured'], _WIDE)}"


def _indented(rows: list[list[str]]) -> Iterator[str]:
    yield from (f"  {line}" for line in table_lines(rows))
