"""``glassnet train --report``: one page with the report, pictures and findings, which loads nothing from anywhere."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.cli.output.outputs import check_output
from glassnet.cli.output.reasons_html import REASONS_STYLE, reasons_html
from glassnet.cli.output.report import network_name, training_text
from glassnet.cli.output.report_parts import interval_text, metric_name
from glassnet.cli.output.wording import count, metric_text, recipes_lines
from glassnet.cli.training.preparation import Prepared
from glassnet.cli.training.train_result import Outcome
from glassnet.plots.axes import axes_for
from glassnet.plots.predictions import draw_predicted
from glassnet.saving.model_file import write_atomically
from glassnet.tabular.attribution.reasons import explain_rows
from glassnet.utils.checks import require_extra
from glassnet.utils.html import Markup, page

__all__ = ["check_report", "write_report"]

_MOST_CLASSES = 30
_FLOW_ROWS = 500


def check_report(where: str, given: str, inputs: Iterable[str]) -> Path:
    """Return where the page goes, or say before the work begins why it cannot be written or drawn."""
    path = check_output(where, "--report", given, [".html", ".htm"], inputs)
    require_extra("matplotlib.pyplot", "plot", where)
    return path


def write_report(
    path: Path, result: dict[str, Any], outcome: Outcome, data: Prepared, importance: gn.Importance
) -> None:
    """Write the page.

    Parameters
    ----------
    path : Path
    result : dict
        What `train` returns.
    outcome : Outcome
        What was trained.
    data : Prepared
        The rows.
    importance : Importance
        Of the columns.
    """
    title = f"{Path(result['data']).name} \u2192 {result['target']}"
    parts = [
        f"<style>{_STYLE}{REASONS_STYLE}</style>",
        '<main class="glassnet-report">',
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(_summary(result))}</p>",
        "<h2>Scores</h2>",
        _scores(result),
        f"<p><b>{html.escape(result['verdict']['sentence'])}</b></p>",
        *(f"<p>{html.escape(line)}</p>" for line in _recipes(result)),
        _findings(result),
        "<h2>Pictures</h2>",
        '<div class="pictures">',
        *(_figure(*pair) for pair in _pictures(outcome, data, importance)),
        "</div>",
        "<h2>Why single rows are predicted as they are</h2>",
        *_whys(outcome, data),
        "<h2>Columns</h2>",
        _columns(result),
        "</main>",
    ]
    write_atomically(path, page(title, Markup("\n".join(parts))).encode())


def _summary(result: dict[str, Any]) -> str:
    rows, training = result["rows"], result["training"]
    used = ", ".join(f"{rows[part]:,} {part}" for part in ("training", "validation", "test") if part in rows)
    return (
        f"{result['task'].capitalize()} of {result['target']}; {count(rows['read'], 'row')} ({used}); "
        f"{network_name(result['network'])}: {training_text(result['network'], training)}; "
        f"glassnet {result['glassnet']}."
    )


def _recipes(result: dict[str, Any]) -> list[str]:
    """Return how long each recipe takes, if that is known."""
    lines = recipes_lines(result["recipes"], 1000)
    return [f"Recipes on this machine: {' '.join(lines)}."] if lines else []


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{first}</tr>{body}</table></div>'


def _scores(result: dict[str, Any]) -> str:
    ours = network_name(result["network"])
    names = {"network": ours, "linear": "linear model", "baseline": result["baseline"]["does"]}
    metrics = list(result["scores"]["network"])
    rows = [[words, *(metric_text(result["scores"][who][m]) for m in metrics)] for who, words in names.items()]
    table = _table(["", *map(metric_name, metrics)], rows)
    return table + (f"<p>{html.escape(interval_text(result['interval']))}</p>" if "interval" in result else "")


def _findings(result: dict[str, Any]) -> str:
    """Return what was found, notes included, each with its sentences."""
    parts = ["<h2>Findings</h2>"]
    if not result["findings"]:
        parts.append("<p>Nothing wrong was found in the data, at the start, in training or in the result.</p>")
    for finding in result["findings"]:
        lines = [("measured", finding["measured"]), ("why", finding["why"]), ("do", finding["advice"])]
        lines += [("tried", finding["tried"])] if finding["tried"] else []
        body = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in lines)
        head = html.escape(f"{finding['severity']}: {finding['code']}")
        parts.append(f'<section class="finding {finding["severity"]}"><h3>{head}</h3><dl>{body}</dl></section>')
    return "\n".join(parts)


def _columns(result: dict[str, Any]) -> str:
    rows = [[c["name"], c["kind"], f"{c['missing']:,}", c["done"]] for c in result["columns"]]
    return _table(["column", "kind", "missing", "what is done to it"], rows)


# ---- pictures ------------------------------------------------------------------------------------------------------


def _figure(words: str, picture: str) -> str:
    return f"<figure>{picture}<figcaption>{html.escape(words)}</figcaption></figure>"


def _pictures(outcome: Outcome, data: Prepared, importance: gn.Importance) -> list[tuple[str, str]]:
    """Return every picture as SVG, with a sentence; what cannot be drawn of several networks is that of the first."""
    from glassnet import plots

    one, several = outcome.first, len(outcome.histories) > 1
    which = f"the first of {len(outcome.histories)} networks" if several else "the network"
    X = outcome.coded.X["training"]
    history = "How the training of the first network went" if several else "How training went"
    found = [(f"{history}; findings are marked.", _drawn(plots.plot_history(outcome.history)))]
    found += _judged_pictures(outcome, data)
    words = "What it looks at: how much worse it gets without it."
    found.append((words, _drawn(plots.plot_importance(importance))))
    if any(isinstance(layer, (gn.Dense, gn.NTKDense)) for layer in one.layers):  # of others no weights are drawn
        found.append((f"{_upper(which)} and its strongest weights.", _drawn(plots.plot_network(one))))
    found.append((f"How the weights of each layer of {which} are spread.", _drawn(plots.plot_weights(one))))
    rows = slice(None, _FLOW_ROWS)
    flow = plots.plot_gradient_flow(one, X[rows], outcome.coded.y["training"][rows])
    found.append((f"How large the gradient is in each layer of {which}, at the end.", _drawn(flow)))
    return found


def _judged_pictures(outcome: Outcome, data: Prepared) -> list[tuple[str, str]]:
    """Return the pictures of how good the model is on the rows that it is judged by."""
    from glassnet import plots

    model, network = outcome.model, outcome.model.network
    X, y, labels = outcome.coded.X[data.judged_on], outcome.coded.y[data.judged_on], outcome.model.target.labels
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


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _drawn(ax: Any) -> str:
    """Return the figure of these axes as SVG to stand in a page, and forget it."""
    from matplotlib import pyplot as plt

    stream = io.StringIO()
    ax.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(ax.figure)
    text = stream.getvalue()
    return re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", text[text.index("<svg") :], count=1)


# ---- single rows ---------------------------------------------------------------------------------------------------


def _whys(outcome: Outcome, data: Prepared) -> list[str]:
    """Return why the row that was answered best, the one in the middle and the worst were."""
    model, part, truth = outcome.model, data.judged_on, data.truth
    answers = model.answers(outcome.coded.X[part])
    is_label = bool(model.target.labels)
    errors = 1.0 - answers[np.arange(len(answers)), truth] if is_label else np.abs(model.numbers(answers) - truth)
    order = np.argsort(errors, kind="stable")
    chosen = list(dict.fromkeys([int(order[0]), int(order[len(order) // 2]), int(order[-1])]))
    whys = explain_rows(model, data.part(part).inputs.take(np.asarray(chosen)), outcome.coded.X["training"])
    titles = [f"A {part} row: {how}" for how in ("answered best", "in the middle", "answered worst")]
    return [f"<h3>{title}</h3>{reasons_html(why)}" for title, why in zip(titles, whys, strict=False)]


_STYLE = """
.glassnet-report { font: 15px/1.5 system-ui, sans-serif; color: #1b2a33; max-width: 70rem; margin: 0 auto; }
.glassnet-report h1 { margin-bottom: 0.2rem; }
.glassnet-report h2 { margin-top: 2rem; border-bottom: 2px solid #00897b; }
.glassnet-report .wide { overflow-x: auto; }
.glassnet-report .wide table { border-collapse: collapse; }
.glassnet-report .wide td, .glassnet-report .wide th { padding: 0.2rem 1.2rem 0.2rem 0; text-align: left;
  vertical-align: top; }
.glassnet-report .finding { border-left: 4px solid #f9a825; padding: 0.1rem 1rem; margin: 0.8rem 0; }
.glassnet-report .finding.error { border-color: #c62828; } .glassnet-report .finding.note { border-color: #90a4ae; }
.glassnet-report .finding h3 { margin: 0.3rem 0; font-size: 1rem; }
.glassnet-report dl { display: grid; grid-template-columns: 5.5rem 1fr; gap: 0.1rem 0.5rem; margin: 0.3rem 0; }
.glassnet-report dt { color: #607d8b; } .glassnet-report dd { margin: 0; }
.glassnet-report .pictures { display: grid; gap: 1.2rem;
  grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr)); }
.glassnet-report figure { margin: 0; background: #fff; border: 1px solid #cfd8dc; border-radius: 6px; padding: 0.6rem; }
.glassnet-report figure svg { width: 100%; height: auto; }
.glassnet-report figcaption { color: #455a64; font-size: 0.9rem; }
@media (prefers-color-scheme: dark) { .glassnet-report { color: #eceff1; } .glassnet-report dt { color: #b0bec5; } }
"""
