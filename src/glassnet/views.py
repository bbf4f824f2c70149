"""What a network shows of itself: one-line delegates to the rooms that look inside, explain and draw."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Views"]


class Views:
    """The methods of `Network` that only look; each imports its room when it is first used."""

    def activations(self: Any, X: Any) -> dict[str, np.ndarray]:
        """Return the output of every layer for ``X``, by name; see `glassnet.analysis.layer_outputs`."""
        from glassnet.analysis import layer_outputs

        return layer_outputs(self, X)

    def hidden(self: Any, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer``, by name or position, for ``X``; see `glassnet.analysis.layer_output`."""
        from glassnet.analysis import layer_output

        return layer_output(self, X, layer)

    def input_gradient(self: Any, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return how the answer to each row of ``X`` changes with the row: its loss if ``y`` is given, else a logit.

        ``output`` says which logit; see `glassnet.analysis.input_gradient`.
        """
        from glassnet.analysis import input_gradient

        return input_gradient(self, X, y, output=output)

    def summary(self: Any) -> str:
        """Return a table of layers, shapes and parameters; see `glassnet.configuration.summary_table`."""
        from glassnet.configuration import summary_table

        self.built("summary")
        return summary_table(self)

    def explain(self: Any, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Return the next training step on a few rows ``X``, ``y``, worked out: see `glassnet.explanation.explain`.

        ``sample_weight`` weighs the rows as in `fit`.
        """
        from glassnet.explanation import explain

        return explain(self, X, y, sample_weight)
