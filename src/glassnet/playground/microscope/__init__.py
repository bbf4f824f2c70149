"""Every number of a step with the sum it comes from: of a neuron, an edge, a layer, and of all six stops of the step.

Nothing is computed here: the numbers and their texts are those of `glassnet.explanation`.
"""

from __future__ import annotations

__all__: list[str] = []
