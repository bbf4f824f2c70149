"""The explanation of one row as a page: the network drawn, the contributions as bars, the training step."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from glassnet.charts.boxes import network_chart
from glassnet.cli.output.explanation_text import answer_text, features_text, place_text, step_sentence, sum_text
from glassnet.cli.output.prediction_files import cell_text
from glassnet.cli.output.reasons_html import REASONS_STYLE, reasons_table
from glassnet.engine.drawing import network_columns
from glassnet.explanation import Explanation
from glassnet.explanation.document import Section
from glassnet.layers import LAYERS
from glassnet.tabular import TableModel
from glassnet.utils.html import Markup, element, fragment, page, table
from glassnet.utils.short_text import count

__all__ = ["layer_words", "page_of_row"]

_STYLE = """
h2 { font-size: 1.1rem; margin: 1.4rem 0 0.3rem; }
p.quiet, span.quiet { color: var(--quiet); }
"""


def page_of_row(result: dict[str, Any], model: TableModel, digits: int, full: bool) -> str:
    """Return the explanation as one page that loads no other files."""
    title = place_text(result)
    rows = [[part["column"], part["value"], features_text(part, digits)] for part in result["encoding"]]
    step: Explanation | None = result["step"]
    parts = [
        element("h1", f"{title} of {Path(result['data']).name}"),
        element("p", answer_text(result)),
        *_drawing(model),
        element("h2", "Why"),
        reasons_table(result["why"]),
        element("p", sum_text(result["why"])),
        *([element("p", result["compared"])] if result["compared"] else []),
        element("h2", "What the network is given"),
        element("div", table(rows, head=["column", "value", "becomes"]), class_="table"),
        element("h2", "A training step on this row"),
    ]
    parts += [element("p", result["no_step"])] if step is None else _step(step, digits, full)
    return page(f"{title} of {Path(result['data']).name}", fragment("row", _STYLE + REASONS_STYLE, *parts))


def _drawing(model: TableModel) -> list[Markup]:
    """Return the network drawn, with the names of its inputs and classes."""
    labels = [str(cell_text(label)) for label in model.target.labels] or [model.target.name]
    columns = network_columns(model.network, model.encoder.feature_names, labels)
    label = f"The network, from {count(len(model.encoder.feature_names), 'feature')} to {model.target.name}"
    return [element("h2", "The network"), network_chart(columns, label=label)]


def _step(step: Explanation, digits: int, full: bool) -> list[Markup]:
    """Return the step without its title, which is a chain of all layers, and with layers named in words."""
    said = f"One step of training {step_sentence(step)}."
    sections = [dataclasses.replace(section, title=_title(section)) for section in step.sections]
    shown = Explanation(["", said, *step.head[1:]], sections)
    return [shown.fragment(digits=digits, full=full)]


def _title(section: Section) -> str:
    """Return the title of a section with its layer in words, which say its class already."""
    if not section.layer:
        return section.title
    words = layer_words(section.layer)
    if section.parameter:
        name = section.parameter.rpartition(".")[2]
        return section.title.replace(section.parameter, f"{name} of {words}")
    title = section.title.replace(section.layer, words)
    found = re.fullmatch(r"(Forward: .+), (\w+)(\(.*\))?", title)
    if found and words.startswith(f"{found[2]} "):
        title = found[1] + (f" {found[3]}" if found[3] not in (None, "()") else "")
    return title


def layer_words(name: str) -> str:
    """Return the name of a layer in words, the innermost layer first.

    Examples
    --------
    >>> layer_words("concatenate_1.branch_1.periodic_embedding_1"), layer_words("re_lu_1")
    ('PeriodicEmbedding 1 in branch 1 of Concatenate 1', 'ReLU 1')
    """
    classes = {_snake(each): each for each in LAYERS}
    parts = []
    for part in name.split("."):
        kind, _, number = part.rpartition("_")
        known = classes.get(kind.replace("_", ""))
        parts.append(f"{known} {number}" if known and number.isdigit() else part.replace("_", " "))
    words = [parts[-1]]
    for place, part in enumerate(reversed(parts[:-1])):
        words.append(f"{'in' if place == 0 else 'of'} {part}")
    return " ".join(words)


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
