"""Estimators of ours from fitted ones of scikit-learn, and from files."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from os import PathLike
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import ConfigError
from glassnet.optimizers import Adam
from glassnet.sklearn.conversion.storage import SavedEstimator, read_estimator
from glassnet.sklearn.estimators.classifier import MLPClassifier
from glassnet.sklearn.estimators.regressor import MLPRegressor
from glassnet.sklearn.solvers.building import dense_layers
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.state import FITTED_ATTRIBUTES, FitState, known_labels
from glassnet.training import RunState

__all__ = ["from_sklearn", "load"]

_KINDS: dict[str, type[MLPClassifier] | type[MLPRegressor]] = {
    "MLPClassifier": MLPClassifier,
    "MLPRegressor": MLPRegressor,
}


def from_sklearn(fitted: Any) -> MLPClassifier | MLPRegressor:
    """Return an estimator of ours that continues where a fitted one of scikit-learn ended.

    Weights, labels, learning curve and the optimizer's moments are copied, so ``partial_fit`` does what it would have
    done there; and parameters that scikit-learn does not have may be set.

    Parameters
    ----------
    fitted : sklearn.neural_network.MLPClassifier or MLPRegressor
        It is not changed.

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
    for theirs, ours in ((neural_network.MLPClassifier, MLPClassifier), (neural_network.MLPRegressor, MLPRegressor)):
        if isinstance(fitted, theirs):
            return carry_state(fitted, ours(**fitted.get_params(deep=False)))
    must = "it must be a fitted MLPClassifier or MLPRegressor of scikit-learn"
    message = f"from_sklearn: the estimator is {fitted!r}; {must}."
    raise ConfigError(message, got=fitted)


def carry_state(fitted: Any, estimator: MLPClassifier | MLPRegressor) -> MLPClassifier | MLPRegressor:
    """Copy weights, fitted attributes and the optimizer's arrays of scikit-learn's estimator into ours; return ours."""
    check_is_fitted(fitted)
    for name in (*FITTED_ATTRIBUTES, "_label_binarizer"):
        if hasattr(fitted, name):
            setattr(estimator, name, copy.deepcopy(getattr(fitted, name)))
    estimator.coefs_ = [np.array(W) for W in fitted.coefs_]
    estimator.intercepts_ = [np.array(b) for b in fitted.intercepts_]
    estimator._take_over_weights()
    estimator._built = estimator._structure()
    theirs = getattr(fitted, "_optimizer", None)
    if theirs is not None:
        estimator._renew_solver()
        _carry_optimizer(theirs, estimator._state)
    return estimator


def _carry_optimizer(theirs: Any, fit: FitState) -> None:
    """Copy scikit-learn's moments or velocities, and its learning rate."""
    network = fit.network
    run = network._run = RunState(network)
    state, optimizer = run.optimizer_state, network.optimizer
    if isinstance(optimizer, Adam):
        state.t = theirs.t
        kept = {"M": (theirs.ms, 1.0 - optimizer.beta1), "V": (theirs.vs, 1.0 - optimizer.beta2)}
    else:
        fit.learning_rate.learning_rate = float(theirs.learning_rate)
        kept = {"velocity": (theirs.velocities, 1.0)} if "velocity" in state.arrays else {}
    dense = dense_layers(network)
    for name, (arrays, scale) in kept.items():
        weights, biases = arrays[: len(dense)], arrays[len(dense) :]
        for slot in network._slots:
            index = next(i for i, layer in enumerate(dense) if layer is slot.layer)
            array = np.asarray((weights if slot.spec.name == "weight" else biases)[index])
            slot.view(state.arrays[name])[...] = np.reshape(array / scale, slot.spec.shape)


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
        The file does not hold an estimator, or is damaged.
    """
    return read_estimator(path, _restored, custom)


def _restored(saved: SavedEstimator) -> MLPClassifier | MLPRegressor:
    """Return the estimator that a file describes."""
    estimator = _KINDS[saved.kind](**saved.parameters)
    state = estimator._state = saved.state
    for name, value in saved.attributes.items():
        setattr(estimator, name, value)
    estimator._built = estimator._structure()
    if isinstance(estimator, MLPClassifier):
        state.labels = known_labels(str(saved.label_kind), estimator.classes_)
    if saved.learning_rate is not None:
        state.learning_rate = LearningRate.of(estimator)
        state.learning_rate.learning_rate = saved.learning_rate
    estimator._show_weights()
    return estimator
