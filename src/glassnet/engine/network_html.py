"""What a network shows in a notebook: its drawing, and a table of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glassnet.charts.boxes import network_chart
from glassnet.charts.notebook import for_notebooks, grid, shown
from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.drawing import layer_words, network_columns
from glassnet.layers.tree import walk
from glassnet.utils.html import Markup, element
from glassnet.utils.short_text import bytes_text, count

__all__ = ["drawn_network", "layer_table", "network_html", "summary_html"]


@for_notebooks
def network_html(network: BaseNetwork) -> str:
    """Return a network as a fragment of a page: what it is, its drawing, and its layers."""
    details = element("details", element("summary", "Layers and parameters"), layer_table(network))
    return shown(f"{type(network).__name__}: {_about(network)}", drawn_network(network), details)


def summary_html(network: BaseNetwork) -> str:
    """Return the summary of a network as a fragment of a page: a table of its layers, and its drawing."""
    return shown(_about(network), layer_table(network), drawn_network(network))


def drawn_network(
    network: BaseNetwork, feature_names: Sequence[str] | None = None, class_names: Sequence[str] | None = None
) -> Markup:
    """Return the drawing of a network.

    Parameters
    ----------
    network : BaseNetwork
        Built or not.
    feature_names, class_names : sequence of str, optional
        Names of inputs and outputs; by default those of the table that the network was trained on, if it was one.
    """
    features, classes = _known_names(network)
    columns = network_columns(network, feature_names or features, class_names or classes)
    label = "Network: " + ", ".join(column.title for column in columns)
    return network_chart(columns, label=label)


def layer_table(network: BaseNetwork) -> Markup:
    """Return a table of all layers: name, what it is, shape of its output, number of parameters."""
    slots = [] if network._store is None else network._slots
    rows, fixed = [], False
    for name, layer in walk(network.names, network.layers):
        if layer.sublayers():
            continue
        n = sum(slot.stop - slot.start for slot in slots if slot.layer is layer)
        mark = "" if layer.trainable or not n else " (fixed)"
        fixed = fixed or bool(mark)
        shape = " × ".join(map(str, getattr(layer, "out_shape", ())))
        rows.append([name, layer_words(layer) or type(layer).__name__.lower(), shape, f"{n:,}{mark}" if n else ""])
    return grid(rows, ["layer", "what it is", "output", "parameters"], numbers_from=2)


def _about(network: BaseNetwork) -> str:
    """Return loss, size and training of a network in a few words."""
    words = [network.loss.name]
    if network._store is None:
        words.append("not built: the shape of the input is not known yet")
    else:
        words.append(count(network.n_parameters, "parameter"))
        words.append(f"{network.dtype}, {bytes_text(network.params.nbytes)}")
    if network.members:
        words.append(count(network.members, "member"))
    history = getattr(network, "history", None)
    epochs = getattr(history, "epochs", 0)
    words.append(f"trained for {count(epochs, 'epoch')}" if epochs else "not trained")
    return ", ".join(words)


def _known_names(network: BaseNetwork) -> tuple[list[str], list[str]]:
    """Return the columns and labels of the table that a network was trained on; empty for another network.

    A network of a table model carries its encoders as plain data.
    """
    table: Any = network.metadata.get("table")
    try:
        columns = [str(column["name"]) for column in table["encoder"]["columns"]]
        return columns, [str(label) for label in table["target"].get("labels") or ()]
    except (AttributeError, KeyError, TypeError):
        return [], []
