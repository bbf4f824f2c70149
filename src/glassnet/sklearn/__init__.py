"""scikit-learn's multi-layer perceptrons, drop-in: the same numbers sooner, and what its maintainers had to refuse.

Change ``from sklearn.neural_network import MLPClassifier`` to ``from glassnet.sklearn import MLPClassifier``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.utils.checks import require_extra
from glassnet.utils.keywords import unknown_name

require_extra("sklearn", "sklearn", "glassnet.sklearn")

from glassnet.sklearn.estimators.base import BaseMLP  # noqa: E402  # after the check
from glassnet.sklearn.estimators.classifier import MLPClassifier  # noqa: E402
from glassnet.sklearn.estimators.regressor import MLPRegressor  # noqa: E402
from glassnet.sklearn.reading_sklearn import from_sklearn, load  # noqa: E402
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning, SolverError  # noqa: E402

__all__ = ["BaseMLP", "MLPClassifier", "MLPRegressor", "PoorFitWarning", "SolverError", "from_sklearn", "load"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
