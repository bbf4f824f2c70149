"""What a network shows of itself: one-line delegates to the rooms that look inside, explain and draw."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Views"]


class Views:
    """The methods of `Network` that only look; each imports its room when it is first used."""

    def activations(self: Any, X: Any) -> dict[str, np.ndarray]:
        """Return the output of every layer for ``X``, by name; see `glassnet.engine.inspection.layer_outputs`."""
        from glassnet.engine.inspection import layer_outputs

        return layer_outputs(self, X)

    def hidden(self: Any, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer``, by name or position, for ``X``."""
        from glassnet.engine.inspection import layer_output

        return layer_output(self, X, layer)

    def input_gradient(self: Any, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return how the answer to each row of ``X`` changes with the row: its loss if ``y`` is given, else a logit.

        ``output`` says which logit; see `glassnet.engine.inspection.input_gradient`.
        """
        from glassnet.engine.inspection import input_gradient

        return input_gradient(self, X, y, output=output)

    def summary(self: Any) -> str:
        """Return a table of layers, shapes and parameters; see `glassnet.saving.configuration.summary_table`."""
        from glassnet.saving.configuration import summary_table

        self.built("summary")
        return summary_table(self)

    def explain(self: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Return the next training step on a few rows ``X``, ``y``, worked out: see `glassnet.explanation.explain`.

        ``sample_weight`` weighs the rows as in `fit`.
        """
        from glassnet.explanation import explain

        return explain(self, X, y, sample_weight)

    # ---- pictures, with matplotlib ------------------------------------------------------------------------------

    def plot_history(self: Any, column: str = "loss", *, ax: Any = None) -> Any:
        """Draw a ``column`` of the history, findings marked, into ``ax``; see `glassnet.plots.plot_history`."""
        from glassnet.plots import plot_history

        return plot_history(self.history, column, ax=ax)

    def plot_network(self: Any, X: Any = None, *, most_units: int = 12, ax: Any = None) -> Any:
        """Draw units and weights, with the answers to one row ``X``; see `glassnet.plots.plot_network`.

        ``most_units`` of a layer are drawn, into ``ax``.
        """
        from glassnet.plots import plot_network

        return plot_network(self, X, most_units=most_units, ax=ax)

    def plot_weights(self: Any, *, ax: Any = None) -> Any:
        """Draw how the weights of every layer are spread, into ``ax``; see `glassnet.plots.plot_weights`."""
        from glassnet.plots import plot_weights

        return plot_weights(self, ax=ax)

    def plot_gradient_flow(self: Any, X: Any, y: Any, sample_weight: Any = None, *, ax: Any = None) -> Any:
        """Draw how large the gradient on ``X``, ``y`` is in each layer; see `glassnet.plots.plot_gradient_flow`.

        ``sample_weight`` weighs the rows; ``ax`` is where to draw.
        """
        from glassnet.plots import plot_gradient_flow

        return plot_gradient_flow(self, X, y, sample_weight, ax=ax)

    def plot_decision_regions(self: Any, X: Any, y: Any = None, **options: Any) -> Any:
        """Draw where in the plane of ``X`` which class is answered, and the rows by their ``y``.

        The ``options`` are those of `glassnet.plots.plot_decision_regions`.
        """
        from glassnet.plots import plot_decision_regions

        return plot_decision_regions(self, X, y, **options)

    def plot_confusion(self: Any, X: Any, y: Any, **options: Any) -> Any:
        """Draw how often each class of ``y`` is taken for which, for the rows ``X``.

        The ``options`` are those of `glassnet.plots.plot_confusion`.
        """
        from glassnet.plots import plot_confusion

        return plot_confusion(self, X, y, **options)

    def plot_calibration(self: Any, X: Any, y: Any, **options: Any) -> Any:
        """Draw how often the class answered for ``X`` was that in ``y``, against how sure the network was.

        The ``options`` are those of `glassnet.plots.plot_calibration`.
        """
        from glassnet.plots import plot_calibration

        return plot_calibration(self, X, y, **options)

    def plot_predicted(self: Any, X: Any, y: Any, **options: Any) -> Any:
        """Draw the predictions for ``X`` against the true numbers ``y``.

        The ``options`` are those of `glassnet.plots.plot_predicted`.
        """
        from glassnet.plots import plot_predicted

        return plot_predicted(self, X, y, **options)
