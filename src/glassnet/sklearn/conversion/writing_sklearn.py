"""From a fitted estimator of ours to one of scikit-learn."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import numpy as np
from sklearn import neural_network

from glassnet.errors import ConfigError
from glassnet.layers import Activation, BatchNorm, Dense, Dropout, Identity, Layer
from glassnet.losses import GaussianNLL, Quantile
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import FITTED_ATTRIBUTES, FitState

__all__ = ["to_sklearn"]

_ACTIVATIONS = {"Identity": "identity", "ReLU": "relu", "Sigmoid": "logistic", "Tanh": "tanh"}


def to_sklearn(estimator: SharedParameters, state: FitState) -> Any:
    """Return a fitted estimator of scikit-learn that predicts the same; see `BaseMLP.to_sklearn`."""
    where = f"{type(estimator).__name__}.to_sklearn"
    network, labels = state.network, state.labels
    kind = neural_network.MLPRegressor if labels is None else neural_network.MLPClassifier
    if isinstance(network.loss, (Quantile, GaussianNLL)):
        message = f"{where}: loss is {estimator.loss!r}; it must predict one number per target."
        raise ConfigError(message, got=estimator.loss)
    weights, biases, activation = _folded(where, network.layers, state.scaling)
    is_binary = labels is not None and len(labels.classes_) == 2 and not labels.y_type_.startswith("multilabel")
    if is_binary and weights[-1].shape[1] == 2:  # softmax of two logits is the sigmoid of their difference
        weights[-1], biases[-1] = np.diff(weights[-1], axis=1), np.diff(biases[-1])
    found = kind(**_parameters_of(kind, estimator, [W.shape[1] for W in weights[:-1]], activation))
    for name in FITTED_ATTRIBUTES:
        if hasattr(estimator, name):
            setattr(found, name, copy.deepcopy(getattr(estimator, name)))
    if labels is not None:
        found._label_binarizer = copy.deepcopy(labels)
    found.coefs_, found.intercepts_ = weights, biases
    found.n_outputs_ = weights[-1].shape[1]
    if is_binary:
        found.out_activation_ = "logistic"
    return found


def _folded(where: str, layers: list[Layer], scaling: Scaling) -> tuple[list[np.ndarray], list[np.ndarray], str]:
    """Return weights and biases with norms and scaling folded in, and the name of the hidden activation."""
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    names: list[str] = []
    for layer in layers:
        if isinstance(layer, Dense):
            weights.append(layer.W.copy())
            biases.append(layer.b.reshape(-1).copy())
            names.append(type(layer.activation).__name__)
        elif isinstance(layer, BatchNorm):
            # This is how it predicts.
            factor = (layer.gamma / np.sqrt(layer.running_var + layer.eps)).reshape(-1)
            shift = layer.beta.reshape(-1) - layer.running_mean.reshape(-1) * factor
            weights[-1] *= factor
            biases[-1] = (biases[-1] * factor + shift).astype(factor.dtype)
        elif isinstance(layer, Activation):
            names[-1] = type(layer).__name__
        elif not isinstance(layer, Dropout):
            message = f"{where}: scikit-learn has no layer like {layer!r}; it must know all of them."
            raise ConfigError(message, got=layer)
    hidden = {*names[:-1]} or {Identity.__name__}
    if len(hidden) > 1 or not hidden <= _ACTIVATIONS.keys():
        must = f"all must be the same one of {', '.join(map(repr, _ACTIVATIONS.values()))}"
        message = f"{where}: the hidden activations are {', '.join(sorted(hidden))}; {must}."
        raise ConfigError(message, got=hidden)
    _fold_scaling(scaling, weights, biases)
    return weights, biases, _ACTIVATIONS[hidden.pop()]


def _fold_scaling(scaling: Scaling, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """Fold the scaling of inputs into the first layer, and that of targets into the last."""
    if scaling.scale is not None and scaling.center is not None:
        dtype = weights[0].dtype
        weights[0] = (weights[0] / scaling.scale[:, None]).astype(dtype)
        biases[0] = (biases[0] - scaling.center @ weights[0]).astype(dtype)
    if scaling.target_scale is not None and scaling.target_center is not None:
        weights[-1] = (weights[-1] * scaling.target_scale).astype(weights[-1].dtype)
        biases[-1] = (biases[-1] * scaling.target_scale + scaling.target_center).astype(biases[-1].dtype)


def _parameters_of(kind: type[Any], estimator: SharedParameters, sizes: list[int], activation: str) -> dict[str, Any]:
    """Return the parameters that scikit-learn has, without values that it does not know."""
    found = {name: copy.deepcopy(getattr(estimator, name)) for name in inspect.signature(kind).parameters}
    found |= {"activation": activation, "hidden_layer_sizes": tuple(sizes)}
    allowed: dict[str, tuple[str, ...]] = {
        "solver": ("adam", "lbfgs", "sgd"),
        "learning_rate": ("adaptive", "constant", "invscaling"),
    }
    if "loss" in found:
        allowed["loss"] = ("poisson", "squared_error")
    for name, values in allowed.items():
        if not isinstance(found[name], str) or found[name] not in values:
            del found[name]
    if "loss" in allowed and estimator.out_activation_ == "exp":
        found["loss"] = "poisson"
    return found
