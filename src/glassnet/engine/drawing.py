"""A network as columns to draw: inputs, layers and outputs, in words."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.charts.boxes import Column
from glassnet.engine.base_network import BaseNetwork

__all__ = ["network_columns"]


def network_columns(
    network: BaseNetwork, feature_names: Sequence[str] | None = None, class_names: Sequence[str] | None = None
) -> list[Column]:
    """Return what `glassnet.charts.boxes.network_chart` draws of a network.

    Parameters
    ----------
    network : BaseNetwork
        Built or not.
    feature_names, class_names : sequence of str, optional
        Names of inputs and outputs.
    """
    columns = [Column("inputs", "", tuple(feature_names or ()), len(feature_names or ()))]
    for layer in network.layers:
        columns.append(Column(type(layer).__name__, "", (), 0))
    columns.append(Column("outputs", network.loss.name, tuple(class_names or ()), len(class_names or ())))
    return columns
