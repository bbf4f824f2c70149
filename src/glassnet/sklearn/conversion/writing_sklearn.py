"""A fitted network from scikit-learn to us, to train on with more options, and from us to scikit-learn."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn import neural_network
from sklearn.utils.validation import check_is_fitted

from glassnet.errors import ConfigError
from glassnet.layers import Activation, BatchNorm, Dense, Dropout, Identity, Layer
from glassnet.losses import GaussianNLL, Quantile
from glassnet.optimizers import Adam
from glassnet.sklearn.solvers.building import dense_layers
from glassnet.sklearn.solvers.rows import Scaling
from glassnet.training import RunState

if TYPE_CHECKING:
    from glassnet.sklearn.estimators.base import BaseMLP

__all__ = ["carry_state", "to_sklearn"]

# What a fit leaves behind, beside weights and the optimizer.
_FITTED = (
    "_label_binarizer", "_no_improvement_count", "_random_state", "best_loss_", "best_validation_score_", "classes_",
    "feature_names_in_", "loss_", "loss_curve_", "n_features_in_", "n_iter_", "n_layers_", "n_outputs_",
    "out_activation_", "t_", "validation_scores_",
)  # fmt: skip
_ACTIVATIONS = {"Identity": "identity", "ReLU": "relu", "Sigmoid": "logistic", "Tanh": "tanh"}


def carry_state(fitted: Any, ours: type[BaseMLP]) -> BaseMLP:
    """Return an estimator of ours with parameters, weights and optimizer of a fitted one of scikit-learn."""
    check_is_fitted(fitted)
    estimator = ours(**fitted.get_params(deep=False))
    for name in _FITTED:
        if hasattr(fitted, name):
            setattr(estimator, name, copy.deepcopy(getattr(fitted, name)))
    estimator.coefs_ = [np.array(W) for W in fitted.coefs_]
    estimator.intercepts_ = [np.array(b) for b in fitted.intercepts_]
    estimator._take_over_weights()
    estimator._built = estimator._structure()
    theirs = getattr(fitted, "_optimizer", None)
    if theirs is not None:
        estimator._renew_solver()
        _carry_optimizer(theirs, estimator)
    return estimator


def _carry_optimizer(theirs: Any, estimator: BaseMLP) -> None:
    """Go on with scikit-learn's moments or velocities, and with its learning rate."""
    network = estimator._network
    run = network.run = RunState(network)
    state, optimizer = run.optimizer_state, network.optimizer
    if isinstance(optimizer, Adam):
        state.t = theirs.t
        kept = {"M": (theirs.ms, 1.0 - optimizer.beta1), "V": (theirs.vs, 1.0 - optimizer.beta2)}
    else:
        estimator._optimizer.learning_rate = float(theirs.learning_rate)
        kept = {"velocity": (theirs.velocities, 1.0)} if "velocity" in state.arrays else {}
    dense = dense_layers(network)
    for name, (arrays, scale) in kept.items():
        weights, biases = arrays[: len(dense)], arrays[len(dense) :]
        for slot in network.slots:
            index = next(i for i, layer in enumerate(dense) if layer is slot.layer)
            array = np.asarray((weights if slot.spec.name == "weight" else biases)[index])
            slot.view(state.arrays[name])[...] = np.reshape(array / scale, slot.spec.shape)


def to_sklearn(estimator: BaseMLP) -> Any:
    """Return a fitted estimator of scikit-learn that predicts the same; see `BaseMLP.to_sklearn`."""
    where = f"{type(estimator).__name__}.to_sklearn"
    network = estimator._network
    kind = neural_network.MLPClassifier if estimator._is_classifier else neural_network.MLPRegressor
    if isinstance(network.loss, (Quantile, GaussianNLL)):
        message = f"{where}: loss must predict one number per target, got {estimator.loss!r}."
        raise ConfigError(message, got=estimator.loss)
    weights, biases, activation = _folded(where, network.layers, estimator._scaling)
    is_binary = estimator._is_classifier and len(estimator.classes_) == 2 and not _is_multilabel(estimator)
    if is_binary and weights[-1].shape[1] == 2:  # softmax of two logits is the sigmoid of their difference
        weights[-1], biases[-1] = np.diff(weights[-1], axis=1), np.diff(biases[-1])
    theirs = kind(**_shared_parameters(estimator, kind, [W.shape[1] for W in weights[:-1]], activation))
    for name in _FITTED:
        if hasattr(estimator, name):
            setattr(theirs, name, copy.deepcopy(getattr(estimator, name)))
    theirs.coefs_, theirs.intercepts_ = weights, biases
    theirs.n_outputs_ = weights[-1].shape[1]
    if is_binary:
        theirs.out_activation_ = "logistic"
    return theirs


def _is_multilabel(estimator: Any) -> bool:
    return str(estimator._label_binarizer.y_type_).startswith("multilabel")


def _folded(where: str, layers: list[Layer], scaling: Scaling) -> tuple[list[np.ndarray], list[np.ndarray], str]:
    """Return weights and biases with everything in them that scikit-learn does not have, and the hidden activation."""
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    names: list[str] = []
    for layer in layers:
        if isinstance(layer, Dense):
            weights.append(layer.W.copy())
            biases.append(layer.b.reshape(-1).copy())
            names.append(type(layer.activation).__name__)
        elif isinstance(layer, BatchNorm):
            factor, shift = _affine(layer)
            weights[-1] *= factor
            biases[-1] = (biases[-1] * factor + shift).astype(factor.dtype)
        elif isinstance(layer, Activation):
            names[-1] = type(layer).__name__
        elif not isinstance(layer, Dropout):
            message = f"{where}: scikit-learn must know every layer, got {layer!r}."
            raise ConfigError(message, got=layer)
    hidden = {*names[:-1]} or {Identity.__name__}
    if len(hidden) > 1 or not hidden <= _ACTIVATIONS.keys():
        must = f"all hidden activations must be one of {', '.join(map(repr, _ACTIVATIONS.values()))}"
        message = f"{where}: {must}, got {', '.join(sorted(hidden))}."
        raise ConfigError(message, got=hidden)
    _fold_scaling(scaling, weights, biases)
    return weights, biases, _ACTIVATIONS[hidden.pop()]


def _affine(norm: BatchNorm) -> tuple[np.ndarray, np.ndarray]:
    """Return factor and shift of a batch norm in prediction."""
    factor = (norm.gamma / np.sqrt(norm.running_var + norm.eps)).reshape(-1)
    return factor, norm.beta.reshape(-1) - norm.running_mean.reshape(-1) * factor


def _fold_scaling(scaling: Scaling, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """Let the first layer take inputs, and the last give targets, in their own units."""
    if scaling.scale is not None and scaling.center is not None:
        dtype = weights[0].dtype
        weights[0] = (weights[0] / scaling.scale[:, None]).astype(dtype)
        biases[0] = (biases[0] - scaling.center @ weights[0]).astype(dtype)
    if scaling.target_scale is not None and scaling.target_center is not None:
        weights[-1] = (weights[-1] * scaling.target_scale).astype(weights[-1].dtype)
        biases[-1] = (biases[-1] * scaling.target_scale + scaling.target_center).astype(biases[-1].dtype)


def _shared_parameters(estimator: BaseMLP, kind: type[Any], sizes: list[int], activation: str) -> dict[str, Any]:
    """Return the parameters that scikit-learn has, with its own values where ours are none of its own."""
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
