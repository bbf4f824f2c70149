"""scikit-learn's `MLPClassifier`, drop-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target, unique_labels

from glassnet.diagnosis import Watch
from glassnet.engine.one_fit import alone
from glassnet.errors import ConfigError, DataError
from glassnet.losses import Loss, SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy
from glassnet.sklearn.estimators.attributes import FitAttribute
from glassnet.sklearn.estimators.base import BaseMLP, is_stochastic
from glassnet.sklearn.estimators.target_words import labels_only
from glassnet.sklearn.solvers.building import choose_loss
from glassnet.sklearn.solvers.losses import BinaryLogLoss, LogLoss
from glassnet.sklearn.solvers.rows import weights_of_classes
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.state import known_labels
from glassnet.utils.docstrings import shares_documentation
from glassnet.utils.estimator_types import ClassifierMixin, available_if

__all__ = ["MLPClassifier"]

_SOFTMAX = (SoftmaxCrossEntropy, SoftmaxFocalCrossEntropy)


@shares_documentation(SharedParameters)
class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron for classes: scikit-learn's parameters, random numbers and results, and more options.

    With scikit-learn's parameters alone, weights, losses and predictions are those of
    ``sklearn.neural_network.MLPClassifier`` up to rounding.

    Parameters
    ----------
    loss : str or Loss, default="log_loss"
        Or a loss of `glassnet.losses` by name or as an object, a `CustomLoss` too.
    class_weight : dict or "balanced", optional
        Weights by label, which multiply those of the rows. "balanced" gives every class the same sum of weights.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, in the order of `predict_proba`'s columns.
    out_activation_ : str
        "softmax" or "logistic".

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from glassnet.sklearn import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> mlp = MLPClassifier((20,), solver="lbfgs", random_state=0, scale_inputs=True).fit(X, y)
    >>> mlp.score(X, y) > 0.97
    True
    """

    class_weight: Any
    classes_: np.ndarray
    _label_binarizer = FitAttribute[LabelBinarizer]("labels")

    def __init__(
        # scikit-learn's parameters
        self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *,
        solver: Any = "adam", alpha: float = 0.0001, batch_size: Any = "auto",
        learning_rate: Any = "constant", learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True, early_stopping: bool = False,
        validation_fraction: float = 0.1, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8,
        n_iter_no_change: float = 10, max_fun: int = 15000,
        # and those that it does not have
        loss: Any = "log_loss", class_weight: Any = None, dropout: Any = 0.0, normalization: str | None = None,
        clip_norm: float | None = None, frozen: Sequence[int] = (), scale_inputs: bool = False, metrics: Any = None,
        callbacks: Any = (), max_seconds: float | None = None, progress: bool | None = False, threads: Any = "auto",
        diagnose: bool | Watch = True,
    ) -> None:  # fmt: skip
        self._keep(locals())

    # ---- targets ---------------------------------------------------------------------------------------------------

    def _check_targets(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, may_lack: bool = False
    ) -> tuple[Any, np.ndarray]:
        X, y = self._validated(X, y, reset=reset)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._learn_classes(y)
        else:
            self._compare_classes(y, all_of_them=self.warm_start and not may_lack)
        return X, self._indicators(y)

    def _indicators(self, y: np.ndarray) -> np.ndarray:
        """Return one column for the second of two classes, or one for each of several classes or labels."""
        if y.ndim == 2:
            return np.asarray(self._label_binarizer.transform(y)).astype(bool)
        if len(self.classes_) <= 2:
            second: np.ndarray = np.equal(y, self.classes_[-1])[:, None] & (len(self.classes_) == 2)
            return second
        found: np.ndarray = np.zeros((len(y), len(self.classes_)), dtype=bool)
        found[np.arange(len(y)), np.searchsorted(self.classes_, y)] = True
        return found

    def _learn_classes(self, labels: Any) -> None:
        # For these `numpy.unique` finds the same classes as scikit-learn.
        is_plain = isinstance(labels, np.ndarray) and labels.ndim == 1 and labels.dtype.kind in "biuU"
        classes = np.unique(labels) if is_plain else None
        if classes is None or len(classes) > len(labels) / 2:  # scikit-learn raises or warns
            with labels_only(self._name, labels):
                self._label_binarizer = LabelBinarizer().fit(labels)
        else:
            self._label_binarizer = known_labels("binary" if len(classes) <= 2 else "multiclass", classes)
        self.classes_ = self._label_binarizer.classes_

    def _compare_classes(self, y: np.ndarray, *, all_of_them: bool) -> None:
        """Raise scikit-learn's error for labels that the last fit did not have."""
        with labels_only(self._name, y):
            classes = unique_labels(y)
        if all_of_them:
            if set(classes) != set(self.classes_):
                message = (
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
                raise DataError(message, expected=self.classes_, got=classes)
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            message = f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            raise DataError(message, expected=self.classes_, got=classes)

    @property
    def _kind(self) -> str:
        """Return "binary", "multiclass" or "multilabel-indicator"."""
        return str(self._label_binarizer.y_type_)

    def _make_loss(self) -> Loss:
        if not isinstance(self.loss, str) or self.loss != "log_loss":
            loss = choose_loss(self._name, self.loss, {"log_loss": LogLoss}, classifies=True)
            if not loss.classifies and not loss.saved_by_name:
                must = "it must be one for classes"
                message = f"{self._name}: loss is {self.loss!r}; {must}. Use MLPRegressor for numbers."
                raise ConfigError(message, got=self.loss)
            if isinstance(loss, _SOFTMAX) and self._kind.startswith("multilabel"):
                must = "with several labels per row it must be a binary one"
                message = f"{self._name}: loss is {self.loss!r}; {must}. Take loss='binary_cross_entropy'."
                raise ConfigError(message, got=self.loss)
            return loss
        return LogLoss() if self._kind == "multiclass" else BinaryLogLoss()

    def _network_outputs(self, Y: np.ndarray, loss: Loss) -> int:
        self.out_activation_ = "softmax" if isinstance(loss, _SOFTMAX) else "logistic"
        return max(2, int(Y.shape[1])) if isinstance(loss, _SOFTMAX) else int(Y.shape[1])

    def _encode(self, Y: np.ndarray) -> np.ndarray:
        if isinstance(self._state.network.loss, _SOFTMAX):
            return Y.argmax(axis=1) if Y.shape[1] > 1 else Y[:, 0].astype(np.int64)
        return Y.astype(self._state.network.dtype)

    def _row_weights(self, Y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        if self.class_weight is None:
            return sample_weight
        labels = self._label_binarizer.inverse_transform(Y)
        weight = weights_of_classes(self._name, self.class_weight, labels, self.classes_, sample_weight)
        weight = weight if sample_weight is None else weight * sample_weight
        if not weight.any():
            fact = "class_weight and sample_weight leave no row a weight above 0"
            message = f"{self._name}.fit: {fact}. Give the classes of these rows other weights."
            raise DataError(message)
        return weight

    def _score(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        if not np.isfinite(prediction).all():
            return float("nan")
        if y.ndim == 1:
            right = prediction.argmax(axis=1) == y
        elif self._kind == "multiclass":
            right = prediction.argmax(axis=1) == y.argmax(axis=1)
        else:
            right = ((prediction > 0.5) == (y > 0.5)).all(axis=1)
        return float(np.average(right, weights=weight))

    # ---- fitting and predicting ------------------------------------------------------------------------------------

    @available_if(is_stochastic)
    @alone
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Train one epoch on ``X``, ``y`` and ``sample_weight``, which are as in `fit`, and return the estimator.

        Parameters
        ----------
        classes : array, optional
            All labels that will ever come; needed in the first call.
        """
        if not hasattr(self, "classes_"):
            if classes is None:
                message = "classes must be passed on the first call to partial_fit."  # scikit-learn's words
                raise DataError(message)
            with labels_only(self._name, classes):
                labels = y if type_of_target(y).startswith("multilabel") else unique_labels(classes)
            self._learn_classes(labels)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            message = f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {self.classes_!r}"
            raise DataError(message, expected=self.classes_, got=classes)
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Return labels (n,) for X of shape (n, n_features), or 0 and 1 for each of several labels, (n, n_classes)."""
        P = self._predictions(X)
        if self._kind.startswith("multilabel"):
            return (P > 0.5).astype(int)
        if P.shape[1] == 1:
            index = (P[:, 0] > 0.5).astype(np.intp) if len(self.classes_) > 1 else np.zeros(len(P), dtype=np.intp)
        else:
            # Softmax has two outputs even where there is only one class.
            index = P[:, : len(self.classes_)].argmax(axis=1)
        return np.asarray(self.classes_[index])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities (n, n_classes) for X of shape (n, n_features), in the order of ``classes_``."""
        P = self._predictions(X)
        if P.shape[1] > 1:
            if self._kind == "multiclass" and not isinstance(self._state.network.loss, _SOFTMAX):
                P /= P.sum(axis=1, keepdims=True)  # each class has a probability of its own
            return P
        both = np.empty((len(P), 2), dtype=P.dtype)
        both[:, 1] = P[:, 0]
        np.subtract(1.0, both[:, 1], out=both[:, 0])
        return both

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of `predict_proba` for X."""
        P = self.predict_proba(X)
        found: np.ndarray = np.log(P, out=P)
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
