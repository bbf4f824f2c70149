"""What a network shows in a notebook: its line, its drawing, and a table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.charts.boxes import network_chart
from glassnet.charts.notebook import for_notebooks, paragraph, shown
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.drawing import network_columns
from glassnet.engine.one_line import network_line
from glassnet.engine.summary import Summary
from glassnet.engine.summary_html import summary_table
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import count, number_text

__all__ = ["drawn_network", "html_of_network"]


@for_notebooks
def html_of_network(network: BaseNetwork) -> str:
    """Return a network as a fragment of a page: what it is, its drawing, and its layers."""
    details = ""
    if network._store is not None:
        details = element("details", element("summary", "Layers and parameters"), summary_table(Summary(network)))
    return shown(network_line(network), drawn_network(network), paragraph(_training(network), quiet=True), details)


def drawn_network(
    network: BaseNetwork, feature_names: Sequence[str] | None = None, class_names: Sequence[str] | None = None
) -> Markup:
    """Return the drawing of a network.

    Parameters
    ----------
    network : BaseNetwork
        Built or not.
    feature_names, class_names : sequence of str, optional
        Names of inputs and outputs; by default those of the table or frame that the network was trained on.
    """
    features, classes = _known_names(network)
    columns = network_columns(network, feature_names or features, class_names or classes)
    label = "Network: " + ", ".join(column.title for column in columns)
    return network_chart(columns, label=label)


def _training(network: BaseNetwork) -> str:
    """Return how long a network was trained, and to which loss."""
    history = getattr(network, "history", None)
    epochs = getattr(history, "epochs", 0)
    if not epochs or history is None:
        return "Not trained."
    last = {name: value for name, value in history.last.items() if "loss" in name and isinstance(value, float)}
    words = ", ".join(f"{name} {number_text(value)}" for name, value in last.items() if value == value)
    return f"Trained for {count(epochs, 'epoch')}" + (f"; in the last one {words}." if words else ".")


def _known_names(network: BaseNetwork) -> tuple[list[str], list[str]]:
    """Return the columns and labels of the table that a network was trained on; of a frame it knows the columns.

    A network of a table model carries its encoders as plain data.
    """
    table: Any = network.metadata.get("table")
    try:
        columns = [str(column["name"]) for column in table["encoder"]["columns"]]
        return columns, [str(label) for label in table["target"].get("labels") or ()]
    except (AttributeError, KeyError, TypeError):
        return [*network._input_names], []
