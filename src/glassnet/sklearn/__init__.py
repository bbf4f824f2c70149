"""scikit-learn's multi-layer perceptrons, drop-in: the same numbers sooner, and what its maintainers had to refuse.

Change ``from sklearn.neural_network import MLPClassifier`` to ``from glassnet.sklearn import MLPClassifier``.
"""

from __future__ import annotations

from glassnet.checks import require_extra

require_extra("sklearn", "sklearn", "glassnet.sklearn")

from glassnet.sklearn.classifier import MLPClassifier  # noqa: E402  # after the check
from glassnet.sklearn.judgement import PoorFitWarning, SolverError  # noqa: E402
from glassnet.sklearn.regressor import MLPRegressor  # noqa: E402

__all__ = ["MLPClassifier", "MLPRegressor", "PoorFitWarning", "SolverError"]
