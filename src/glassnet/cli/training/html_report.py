"""``glassnet train --report``: one HTML page with scores, findings and pictures, which loads no other files."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.cli.output.outputs import check_page_output
from glassnet.cli.output.reading import left_out_sentence, reading_lines, with_target
from glassnet.cli.output.reasons_html import REASONS_STYLE, why_html
from glassnet.cli.output.report import network_name
from glassnet.cli.output.report_parts import calibration_facts, interval_text
from glassnet.cli.output.wording import recipes_lines
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_result import Outcome
from glassnet.plots.axes import axes_for, pictures_for_files
from glassnet.plots.predictions import draw_predicted
from glassnet.reports.split_text import how_divided
from glassnet.reports.training_words import shortage_sentences, training_text
from glassnet.saving.writing import write_atomically
from glassnet.tabular.attribution.reasons import explain_rows
from glassnet.utils.html import Markup, element, fragment, page, table
from glassnet.utils.short_text import count, metric_name, metric_text, number_text

__all__ = ["check_report", "write_report"]

_MOST_CLASSES = 30
_FLOW_ROWS = 500


def check_report(where: str, given: str, inputs: Iterable[str]) -> Path:
    """Return the path of the page; raise an error, before any work, if it cannot be written or drawn."""
    path = check_page_output(where, "--report", given, inputs)
    with pictures_for_files(where):
        return path


def write_report(
    path: Path, result: dict[str, Any], outcome: Outcome, data: Prepared, importance: gn.Importance
) -> None:
    """Write the page about a training, from the ``result`` that `train` returns and what it was computed from."""
    title = f"{Path(result['data']).name} \u2192 {result['target']}"
    with pictures_for_files("train"):
        pictures = _pictures(outcome, data, importance, result)
    parts = [
        element("h1", title),
        element("p", _summary(result)),
        *_reading(result),
        element("h2", "Scores"),
        *_scores(result),
        element("p", element("b", result["verdict"]["sentence"])),
        *(element("p", sentence) for sentence in shortage_sentences(result)),
        *(element("p", line) for line in [*_division(result["split"]), *_recipes(result)]),
        element("h2", "Findings"),
        *_findings(result),
        element("h2", "Pictures"),
        element("div", *(_figure(*pair) for pair in pictures), class_="pictures"),
        element("h2", "Three predictions explained"),
        *_whys(outcome, data),
        element("h2", "Columns"),
        _columns(result),
    ]
    write_atomically(path, page(title, fragment("report", _STYLE + REASONS_STYLE, *parts)).encode())


def _summary(result: dict[str, Any]) -> str:
    """Return task, rows, network and training in one sentence."""
    rows, training = result["rows"], result["training"]
    used = ", ".join(f"{rows[part]:,} {part}" for part in ("training", "validation", "test") if part in rows)
    return (
        f"{result['task'].capitalize()} of {result['target']}; {count(rows['read'], 'row')} ({used}); "
        f"{network_name(result['network'])}: {training_text(result['network'], training)}; "
        f"glassnet {result['glassnet']}."
    )


def _reading(result: dict[str, Any]) -> list[Markup]:
    """Return what was left out, and what cells were taken for, where that is not plain."""
    left_out = left_out_sentence(result["columns"], result["dropped"])
    lines = [[", ".join(names), words] for names, words in reading_lines(with_target(result))]
    parts = [element("p", sentence) for sentence in ([left_out] if left_out else []) + result["notes"]]
    parts += [element("div", table(lines, head=["column", "its cells"]), class_="table")] if lines else []
    return [element("h2", "What was read"), *parts] if parts else []


def _division(split: dict[str, Any]) -> list[str]:
    """Return how the rows were divided, and what there is to say about that."""
    divided = how_divided(split)
    return [*([f"Rows were divided {divided}."] if divided else []), *split["warnings"], *split["notes"]]


def _recipes(result: dict[str, Any]) -> list[str]:
    """Return how long each recipe takes, if that was estimated."""
    lines = recipes_lines(result["recipes"], 1000)
    return [f"Recipes on this machine: {' '.join(lines)}."] if lines else []


def _scores(result: dict[str, Any]) -> list[Markup]:
    """Return the scores of network, linear model and constant baseline as a table."""
    ours = network_name(result["network"])
    names = {"network": ours, "linear": "linear model", "baseline": result["baseline"]["does"]}
    metrics = list(result["scores"]["network"])
    rows = [[words, *(metric_text(result["scores"][who][m]) for m in metrics)] for who, words in names.items()]
    found = [element("div", table(rows, head=["", *map(metric_name, metrics)]), class_="table")]
    found += [element("p", interval_text(result["interval"]))] if "interval" in result else []
    return found + _calibration(result)


def _calibration(result: dict[str, Any]) -> list[Markup]:
    """Return how probabilities or quantiles were calibrated, with the held-out rows in groups by their confidence."""
    facts = calibration_facts(result["calibration"], result.get("reliability"), result["judged_on"])
    parts = [element("p", f"{name}: {words}.") for name, words in facts]
    fitted = result["calibration"]
    if fitted is None or not fitted.get("bins"):
        return parts
    rows = [
        [f"{share:.0%}", f"{before[0]:.3f}", f"{before[1]:.3f}", f"{sure:.3f}", f"{right:.3f}"]
        for before, (sure, right, share) in zip(fitted["bins_before"], fitted["bins"], strict=True)
    ]
    head = ["held-out rows", "confidence before", "right", "confidence after", "right"]
    return [*parts, element("div", table(rows, head=head), class_="table")]


def _findings(result: dict[str, Any]) -> list[Markup]:
    """Return all findings, notes included, each with its sentences."""
    if not result["findings"]:
        return [element("p", "Nothing wrong was found in the data, at the start, in training or in the result.")]
    parts = []
    for finding in result["findings"]:
        lines = [("measured", finding["measured"]), ("why", finding["why"]), ("do", finding["advice"])]
        lines += [("tried", finding["tried"])] if finding["tried"] else []
        body = element(
            "dl", *(element(tag, text) for line in lines for tag, text in zip(("dt", "dd"), line, strict=True))
        )
        head = element("h3", f"{finding['severity']}: {finding['code']}")
        parts.append(element("section", head, body, class_=f"finding {finding['severity']}"))
    return parts


def _columns(result: dict[str, Any]) -> Markup:
    """Return the columns and how they are coded as a table."""
    rows = [[c["name"], c["kind"], f"{c['missing']:,}", c["done"]] for c in result["columns"]]
    return element("div", table(rows, head=["column", "kind", "missing", "what is done to it"]), class_="table")


# ---- pictures ------------------------------------------------------------------------------------------------------


def _figure(words: str, picture: str) -> Markup:
    """Return a picture with its caption."""
    return element("figure", Markup(picture), element("figcaption", words))


def _pictures(
    outcome: Outcome, data: Prepared, importance: gn.Importance, result: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return a caption and an SVG for each picture; what only one network has is drawn for the first."""
    from glassnet import plots

    one, several = outcome.first, len(outcome.histories) > 1
    which = f"the first of {len(outcome.histories)} networks" if several else "the network"
    X = outcome.trained.features("training")
    history = "How the training of the first network went" if several else "How training went"
    found = [(f"{history}; findings are marked.", _drawn(plots.plot_history(outcome.history)))]
    found += _score_pictures(outcome, data)
    note = result["importance"]["note"]
    words = "Feature importance: increase of the loss when a column is shuffled." + (f" {note}" if note else "")
    found.append((words, _drawn(plots.plot_importance(importance))))
    if any(isinstance(layer, (gn.Dense, gn.NTKDense)) for layer in one.layers):  # weights of other layers are not drawn
        found.append((f"{which[0].upper()}{which[1:]} and its strongest weights.", _drawn(plots.plot_network(one))))
    found.append((f"How the weights of each layer of {which} are spread.", _drawn(plots.plot_weights(one))))
    rows = slice(None, _FLOW_ROWS)
    flow = plots.plot_gradient_flow(one, X[rows], outcome.trained.targets("training")[rows])
    found.append((f"How large the gradient is in each layer of {which}, at the end.", _drawn(flow)))
    return found


def _score_pictures(outcome: Outcome, data: Prepared) -> list[tuple[str, str]]:
    """Return the pictures of how good the model is on the rows that scores are reported on."""
    from glassnet import plots

    model, network = outcome.model, outcome.model.network
    X, y = outcome.trained.features(data.scored_on), outcome.trained.targets(data.scored_on)
    labels = model.target.labels
    found = []
    if labels and len(labels) <= _MOST_CLASSES:
        found.append(("Which class is taken for which.", _drawn(plots.plot_confusion(network, X, y, labels=labels))))
    if labels:
        found.append(("Whether probabilities mean what they say.", _drawn(plots.plot_calibration(network, X, y))))
    else:
        ax = draw_predicted(data.truth, model.numbers(model.answers(X)), ax=axes_for("train", None))
        found.append((f"Predicted against true {model.target.name}.", _drawn(ax)))
    is_plane = X.shape[1] == 2 and "code" not in model.encoder.roles
    if is_plane and network.members is None and not model.levels:
        found.append(("What is answered where.", _drawn(plots.plot_decision_regions(network, X, y))))
    return found


def _drawn(ax: Any) -> str:
    """Return the figure of these axes as SVG for a page."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a character that the font does not have is drawn as a box
        ax.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", text[text.index("<svg") :], count=1)


# ---- single rows ---------------------------------------------------------------------------------------------------


def _whys(outcome: Outcome, data: Prepared) -> list[Markup]:
    """Return the reasons of three predictions: with the smallest, the median and the largest error."""
    model, part, truth = outcome.model, data.scored_on, data.truth
    answers = model.answers(outcome.trained.features(part))
    is_label = bool(model.target.labels)
    errors = 1.0 - answers[np.arange(len(answers)), truth] if is_label else np.abs(model.numbers(answers) - truth)
    order = np.argsort(errors, kind="stable")
    chosen = list(dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])]))
    whys = explain_rows(model, data.part(part).inputs.take(np.asarray(chosen)), outcome.trained.features("training"))
    hows = ("most certain and right", "typical", "most wrong") if is_label else ("closest", "typical", "furthest off")
    truths = [model.target.labels[truth[i]] if is_label else number_text(float(truth[i])) for i in chosen]
    titles = [f"A {part} row, {how} (true: {true})" for how, true in zip(hows, truths, strict=False)]
    return [part for title, why in zip(titles, whys, strict=False) for part in (element("h3", title), why_html(why))]


_STYLE = """
h2 { margin-top: 2rem; border-bottom: 2px solid #00897b; }
.finding { border-left: 4px solid #f9a825; padding: 0.1rem 1rem; margin: 0.8rem 0; }
.finding.error { border-color: #c62828; }
.finding.note { border-color: #90a4ae; }
.finding h3 { margin: 0.3rem 0; font-size: 1rem; }
dl { display: grid; grid-template-columns: 5.5rem 1fr; gap: 0.1rem 0.5rem; margin: 0.3rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
.pictures { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr)); }
figure { margin: 0; background: #fff; border: 1px solid #cfd8dc; border-radius: 6px; padding: 0.6rem; }
figure svg { width: 100%; height: auto; }
figcaption { color: #455a64; font-size: 0.9rem; }
"""
