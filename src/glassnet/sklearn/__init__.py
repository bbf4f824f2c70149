"""scikit-learn's multi-layer perceptrons, drop-in: the same numbers sooner, and what its maintainers had to refuse.

Change ``from sklearn.neural_network import MLPClassifier`` to ``from glassnet.sklearn import MLPClassifier``.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Any

from glassnet.errors import ConfigError
from glassnet.utils.checks import require_extra

require_extra("sklearn", "sklearn", "glassnet.sklearn")

from glassnet.sklearn.conversion.storage import read_estimator  # noqa: E402
from glassnet.sklearn.conversion.writing_sklearn import carry_state  # noqa: E402
from glassnet.sklearn.estimators.base import BaseMLP  # noqa: E402
from glassnet.sklearn.estimators.classifier import MLPClassifier  # noqa: E402  # after the check
from glassnet.sklearn.estimators.regressor import MLPRegressor  # noqa: E402
from glassnet.sklearn.solvers.poor_fit import PoorFitWarning, SolverError  # noqa: E402

__all__ = ["BaseMLP", "MLPClassifier", "MLPRegressor", "PoorFitWarning", "SolverError", "from_sklearn", "load"]


def from_sklearn(fitted: Any) -> MLPClassifier | MLPRegressor:
    """Return an estimator of ours that goes on where a fitted one of scikit-learn stands.

    Weights, labels, learning curve and the optimizer's moments come along, so ``partial_fit`` does what it would have
    done there; and parameters that scikit-learn does not have may be set.

    Parameters
    ----------
    fitted : sklearn.neural_network.MLPClassifier or MLPRegressor
        It is left as it is.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> import glassnet as gn
    >>> X, y = load_iris(return_X_y=True)
    >>> theirs = MLPClassifier((20,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> ours = gn.from_sklearn(theirs)
    >>> bool((ours.predict(X) == theirs.predict(X)).all())
    True
    """
    from sklearn import neural_network

    for theirs, ours in ((neural_network.MLPClassifier, MLPClassifier), (neural_network.MLPRegressor, MLPRegressor)):
        if isinstance(fitted, theirs):
            found: MLPClassifier | MLPRegressor = carry_state(fitted, ours)
            return found
    message = f"from_sklearn: it must be a fitted MLPClassifier or MLPRegressor of scikit-learn, got {fitted!r}."
    raise ConfigError(message, got=fitted)


def load(path: str | PathLike[str], custom: Iterable[Any] = ()) -> MLPClassifier | MLPRegressor:
    """Return the estimator that its ``save`` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.
    custom : iterable of classes and objects
        Activations, losses, optimizers and schedules of your own that the file names; see `glassnet.load`.

    Raises
    ------
    FormatError
        Not such a file, or damaged.
    """
    kinds: dict[str, Any] = {kind.__name__: kind for kind in (MLPClassifier, MLPRegressor)}
    found: MLPClassifier | MLPRegressor = read_estimator(path, kinds, custom)
    return found
