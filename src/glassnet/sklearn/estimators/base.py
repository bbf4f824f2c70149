"""What classifier and regressor share: fitting, continuing, predicting, and the fitted attributes."""

from __future__ import annotations

import math
import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from glassnet.errors import ConfigError
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.sklearn.conversion.storage import write_estimator
from glassnet.sklearn.conversion.writing_sklearn import to_sklearn
from glassnet.sklearn.estimators.attributes import FitAttribute, own_state
from glassnet.sklearn.estimators.parameters import check_parameters
from glassnet.sklearn.estimators.weights import SettableWeights
from glassnet.sklearn.solvers.building import build_layers, draw_weights, hidden_sizes, make_optimizer, move_weights
from glassnet.sklearn.solvers.lbfgs import total_loss
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.poor_fit import SolverError, check_fit
from glassnet.sklearn.solvers.rows import Rows, Scaling, check_rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.sklearn.solvers.solving import hold_out, solve_lbfgs, solve_stochastic
from glassnet.sklearn.solvers.stochastic import CoupledL2
from glassnet.training.history import History
from glassnet.utils.checks import check_integer

__all__ = ["BaseMLP", "is_stochastic"]


class BaseMLP(SettableWeights, SharedParameters):
    """Methods that `MLPClassifier` and `MLPRegressor` share.

    The weights live in a `Network`; ``coefs_`` and ``intercepts_`` are views of them, and lists that are set in their
    place are copied into it before anything is computed.
    """

    loss_ = FitAttribute[float]("loss")
    best_loss_ = FitAttribute[float | None]("best_loss")
    loss_curve_ = FitAttribute[list[float]]("loss_curve")
    validation_scores_ = FitAttribute[list[float] | None]("validation_scores")
    best_validation_score_ = FitAttribute[float | None]("best_validation_score")
    t_ = FitAttribute[int]("t")
    n_iter_ = FitAttribute[int]("n_iter")
    # Names that scikit-learn's own perceptrons have, which its tests read and files hold.
    _no_improvement_count = FitAttribute[int]("no_improvement")
    _optimizer = FitAttribute[LearningRate]("learning_rate")
    _random_state = FitAttribute[np.random.RandomState]("random")

    if TYPE_CHECKING:  # scikit-learn makes this method for every class with such a `partial_fit`

        def set_partial_fit_request(self, **requests: bool | str | None) -> Self: ...

    # ---- what the two kinds differ in ------------------------------------------------------------------------------

    def _make_loss(self) -> Loss:
        """Return the loss for the targets that were checked last."""
        raise NotImplementedError

    def _check_targets(
        self, X: Any, y: Any, *, incremental: bool, reset: bool, may_lack: bool = False
    ) -> tuple[Any, np.ndarray]:
        """Return checked X and y, y with a column per output; with ``may_lack`` some classes may be missing in it."""
        raise NotImplementedError

    def _encode(self, Y: np.ndarray) -> np.ndarray:
        """Return checked targets as the loss takes them."""
        raise NotImplementedError

    def _row_weights(self, Y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray | None:
        """Return the sample weights multiplied by the class weights, or None."""
        return sample_weight

    def _network_outputs(self, Y: np.ndarray, loss: Loss) -> int:
        """Return the number of outputs that the network must have."""
        raise NotImplementedError

    def _score(self, y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None) -> float:
        """Return the score that early stopping monitors: accuracy, or R squared."""
        raise NotImplementedError

    # ---- fitting ---------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Self:
        """Train from the beginning, or with ``warm_start`` from the weights of the last fit.

        Parameters
        ----------
        X : array, data frame or sparse matrix of shape (n, n_features)
            float32 is computed in float32, everything else in float64.
        y : array of shape (n,) or (n, n_outputs)
            Labels of any kind, or numbers.
        sample_weight : array of shape (n,), optional
            The loss is ``sum(w * l) / sum(w)``.
        validation_data : (X, y) or (X, y, sample_weight), optional
            Evaluated after each epoch and recorded in ``history_``; with ``early_stopping`` it replaces the rows that
            would be held out.

        Returns
        -------
        self
            The estimator.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any) -> Self:
        if self.early_stopping:
            message = "partial_fit does not support early_stopping=True"  # scikit-learn's words
            raise ConfigError(message)
        return self._fit(X, y, sample_weight, mode="partial", epochs=1)

    def continue_fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, max_iter: int | None = None, validation_data: Any = None
    ) -> Self:
        """Train more epochs, exactly as if the last fit had not ended.

        ``fit`` with ``max_iter=5`` and ``continue_fit(max_iter=5)`` on the same rows leave the bits of one fit with 10:
        the order of rows, the optimizer's moments, the learning rate and the counters of stopping go on.
        (``warm_start`` and ``partial_fit`` keep scikit-learn's meaning and begin some of these anew.)

        Parameters
        ----------
        X, y, sample_weight, validation_data
            As in `fit`.
        max_iter : int, optional
            Number of additional epochs; by default the estimator's ``max_iter``.
        """
        self._check_is_fitted()
        if self.solver == "lbfgs":
            message = f"{self._name}.continue_fit: solver must be stochastic, got 'lbfgs'. Use warm_start=True."
            raise ConfigError(message)
        epochs = self.max_iter if max_iter is None else check_integer(self._name, "max_iter", max_iter, 1)
        return self._fit(X, y, sample_weight, mode="continue", epochs=epochs, validation_data=validation_data)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, *, mode: str = "fit", epochs: int = 0, validation_data: Any = None
    ) -> Self:
        """Check everything, have the network ready, run the solver, and warn of a poor fit.

        ``mode`` is "fit", "partial" or "continue".
        """
        check_parameters(self._name, vars(self))
        state, continues = own_state(self), mode == "continue"
        prepared = self._prepare_fit(X, y, sample_weight, mode)
        if self.solver == "lbfgs" and validation_data is not None:
            message = (
                f"{self._name}.fit: validation_data must be left out with solver='lbfgs', got some. Use solver='adam'."
            )
            raise ConfigError(message)
        reason = ""
        if self.solver == "lbfgs":
            solve_lbfgs(state, self, prepared)
        else:
            rows, valid = prepared, None if validation_data is None else self._check_validation(validation_data)
            if self.early_stopping and valid is None:
                rows, valid = hold_out(state, self.validation_fraction, prepared, continues=continues)
            n_epochs = epochs or self.max_iter
            reason = solve_stochastic(state, self, rows, valid, n_epochs, self._score, continues=continues)
            planned = state.network.optimizer.schedule.horizon  # a schedule that ends there meant to end there
            if reason == "finished" and mode != "partial" and not (planned and n_epochs >= planned):
                self._warn_of_max_iter(n_epochs)
        if not np.isfinite(state.network.params).all():
            raise SolverError(self._name, "weights that are not finite")
        if mode == "fit" and reason != "interrupted":
            check_fit(state, self, prepared)
        return self

    def _prepare_fit(self, X: Any, y: Any, sample_weight: Any, mode: str) -> Rows:
        """Check the data, have a network that fits the parameters, and return the rows as it takes them."""
        sizes = hidden_sizes(self.hidden_layer_sizes)
        keeps = mode != "fit"
        is_new = not hasattr(self, "coefs_") or (not self.warm_start and not keeps)
        X, Y = self._check_targets(X, y, incremental=keeps, reset=is_new, may_lack=mode == "continue")
        rows = check_rows(X, Y, sample_weight)
        self.n_outputs_ = Y.shape[1]
        if mode != "continue" or not hasattr(self, "_random_state"):
            # scikit-learn begins the random numbers anew with each partial_fit.
            self._random_state = check_random_state(self.random_state)
        if is_new:
            self._initialize(sizes, rows)
        else:
            self._take_over_weights(rows.X.dtype)
            self._follow_parameters(sizes, rows.Y)
        if not keeps or not hasattr(self, "_optimizer"):
            self._renew_solver()
        return self._prepare_rows(rows)

    def _initialize(self, sizes: list[int], rows: Rows) -> None:
        """Make a new network with scikit-learn's first weights, and reset counters and records."""
        state = own_state(self)
        state.n_iter = state.t = 0
        self.n_layers_ = len(sizes) + 2
        state.scaling = Scaling.of(self._name, rows, self.scale_inputs, self._scales_target())
        loss = self._make_loss()
        # L-BFGS loses its way in float32; scikit-learn's too leaves float64 weights, whatever X is.
        dtype = "float64" if self.solver == "lbfgs" else rows.X.dtype.name
        n_outputs = self._network_outputs(rows.Y, loss)
        state.network = self._new_network(sizes, n_outputs, rows.X.shape[1], loss, dtype)
        is_logistic = isinstance(self.activation, str) and self.activation == "logistic"
        draw_weights(state.network, state.random, rows.X.dtype, is_logistic=is_logistic)
        self._show_weights()
        state.forget_epochs()
        vars(state).pop("learning_rate", None)
        if self.solver != "lbfgs":
            state.loss_curve = []
            state.no_improvement = 0
            state.best_loss = None if self.early_stopping else math.inf
            state.validation_scores = [] if self.early_stopping else None
            state.best_validation_score = -math.inf if self.early_stopping else None

    def _new_network(self, sizes: list[int], n_outputs: int, n_features: int, loss: Loss, dtype: str) -> Network:
        layers = build_layers(
            self._name, sizes, n_outputs, activation=self.activation, dropout=self.dropout,
            normalization=self.normalization, frozen=self.frozen,
        )  # fmt: skip
        # Seeds the noise of dropout; nothing is drawn, so that all other numbers stay those of scikit-learn.
        seed = int(self._random_state.get_state(legacy=False)["state"]["key"].sum())
        optimizer = make_optimizer(self._name, vars(self))
        self._built = self._structure()
        return Network(
            layers, loss=loss, optimizer=optimizer, seed=seed, dtype=np.dtype(dtype), input_shape=(n_features,)
        )

    def _structure(self) -> dict[str, str]:
        """Return the parameters that a network is made from, as text that can be compared."""
        return {
            name: repr(getattr(self, name)) for name in ("activation", "dropout", "frozen", "loss", "normalization")
        }

    def _scales_target(self) -> bool:
        """Return whether the targets are scaled."""
        return False

    def _follow_parameters(self, sizes: list[int], Y: np.ndarray) -> None:
        """Replace the network by one of another structure, with its weights, if parameters have changed."""
        widths = [W.shape[1] for W in self.coefs_[:-1]]
        if sizes != widths:
            message = f"{self._name}: hidden_layer_sizes must stay {widths} for weights that are kept, got {sizes}."
            raise ConfigError(message, expected=widths, got=sizes)
        wanted = (self.scale_inputs, self._scales_target())
        scaling = self._state.scaling
        scaled = (scaling.scale is not None, scaling.target_scale is not None)
        if wanted != scaled:
            must = f"scale_inputs and scale_target must stay {scaled[0]} and {scaled[1]} for weights that are kept"
            message = f"{self._name}: {must}, got {wanted[0]} and {wanted[1]}. Fit a new estimator."
            raise ConfigError(message, expected=scaled, got=wanted)
        if self._structure() == self._built:
            return
        old, loss = self._state.network, self._make_loss()
        n_outputs = self._network_outputs(Y, loss)
        if n_outputs != old.n_outputs:
            must = f"the network must keep its {old.n_outputs} outputs for weights that are kept"
            message = f"{self._name}: {must}, got loss={self.loss!r}, which needs {n_outputs}. Fit a new estimator."
            raise ConfigError(message, expected=old.n_outputs, got=n_outputs)
        assert old.input_shape is not None
        self._state.network = self._new_network(sizes, n_outputs, old.input_shape[0], loss, old.dtype.name)
        move_weights(old, self._state.network)
        self._show_weights()

    def _renew_solver(self) -> None:
        """Begin with fresh moments and the first learning rate."""
        state = self._state
        state.learning_rate = LearningRate.of(self)
        state.network.optimizer = make_optimizer(self._name, vars(self))
        state.network.run = None
        state.forget_epochs()

    def _make_network_for(self, shapes: list[tuple[int, ...]], dtype: Any) -> None:
        name = np.dtype(dtype).name if np.dtype(dtype).name in ("float32", "float64") else "float64"
        state = own_state(self)
        if not hasattr(state, "random"):
            state.random = check_random_state(self.random_state)
        self.n_outputs_ = shapes[-1][1]
        sizes = [shape[1] for shape in shapes[:-1]]
        state.network = self._new_network(sizes, shapes[-1][1], shapes[0][0], self._make_loss(), name)
        state.forget_epochs()

    # ---- fitted attributes, files and scikit-learn -----------------------------------------------------------------

    @property
    def history_(self) -> History:
        """Every epoch's losses, learning rate and validation scores."""
        network = self.network_
        if network.run is None:
            message = f"{self._name}.history_: solver must be stochastic, got 'lbfgs'."
            raise AttributeError(message)
        return network.history

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)
        self._take_over_weights()

    def hidden(self, X: Any, layer: int | str) -> np.ndarray:
        """Return the output of one ``layer`` of the network for X, by name or position; see `Network.hidden`."""
        return self.network_.hidden(self._state.scaling.scaled(self._checked_inputs(X)), layer)

    def input_gradient(self, X: Any, y: Any = None, *, output: Any = None) -> np.ndarray:
        """Return the derivative of an output of the network with respect to each row of X.

        ``output`` selects the output; with ``y``, labels or numbers as in `fit`, it is the derivative of the loss; see
        `Network.input_gradient`. Where the model scales, the derivatives are in the units of X and of the targets.
        """
        network, scaling = self.network_, self._state.scaling
        inputs = scaling.scaled(self._checked_inputs(X))
        targets = None if y is None else self._check_validation((X, y)).y
        slopes = network.input_gradient(inputs, targets, output=output)
        if scaling.scale is not None:
            slopes = (slopes / scaling.scale).astype(slopes.dtype, copy=False)
        return self._slopes_in_units(slopes, output) if y is None else slopes

    def _slopes_in_units(self, slopes: np.ndarray, output: Any) -> np.ndarray:
        """Return derivatives in the units of the targets."""
        return slopes

    @property
    def network_(self) -> Network:
        """The network itself."""
        self._check_is_fitted()
        return self._state.network

    def save(self, path: str | PathLike[str], *, training_state: bool = False) -> None:
        """Write the fitted estimator to one file, for `glassnet.sklearn.load`; its network for `glassnet.load` too.

        The file holds numbers, texts and JSON only, so nothing in it is ever executed, unlike a pickle. It is written
        whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced.
        training_state : bool, default=False
            Whether to keep what `continue_fit` needs: the optimizer's moments, the order of rows.
        """
        self._check_is_fitted()
        write_estimator(self, self._state, path, training_state=training_state)

    def to_sklearn(self) -> Any:
        """Return a fitted ``sklearn.neural_network`` estimator that predicts the same, as a copy.

        Batch norm and scaling are folded into the weights, dropout is left out. What scikit-learn cannot represent
        (other activations, layer norm, quantiles, several different activations) is refused.
        """
        self._check_is_fitted()
        return to_sklearn(self, self._state)

    # ---- prediction ------------------------------------------------------------------------------------------------

    def _inputs(self, X: Any) -> Any:
        """Return checked rows for the network."""
        network, scaling = self._state.network, self._state.scaling
        if (
            type(X) is np.ndarray
            and X.dtype is network.dtype
            and X.shape[1:] == network.input_shape
            and len(X)
            and "feature_names_in_" not in self.__dict__
            and math.isfinite(X.sum())
        ):
            return scaling.scaled(X)
        return scaling.inputs(self._checked_inputs(X), network.dtype)

    def _checked_inputs(self, X: Any) -> Any:
        """Return X as scikit-learn checks it: a matrix of numbers, dense or sparse."""
        return validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)

    def _predictions(self, X: Any) -> np.ndarray:
        """Return the outputs of the network after the loss's link: probabilities, or numbers."""
        self._check_is_fitted()
        network = self._state.network
        with np.errstate(all="ignore"):
            return network.loss.link(network.logits(self._inputs(X)))

    # ---- rows for the solvers --------------------------------------------------------------------------------------

    def _prepare_rows(self, rows: Rows) -> Rows:
        """Return rows and targets as the network takes them."""
        network, scaling = self._state.network, self._state.scaling
        inputs = scaling.inputs(rows.X, network.dtype)
        targets = network.loss.prepare(scaling.target(self._encode(rows.Y)), network.n_outputs, network.dtype)
        weight = self._row_weights(rows.Y, rows.weight)
        return Rows(inputs, targets, None if weight is None else weight.astype(network.dtype), rows.Y)

    def _check_validation(self, data: Any) -> Rows:
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            message = (
                f"{self._name}.fit: validation_data must be (X, y) or (X, y, sample_weight), got {type(data).__name__}."
            )
            raise ConfigError(message, got=data)
        X, Y = self._check_targets(data[0], data[1], incremental=True, reset=False, may_lack=True)
        return self._prepare_rows(check_rows(X, Y, data[2] if len(data) == 3 else None))

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, X: Any, y: np.ndarray, sample_weight: Any, *scratch: Any
    ) -> tuple[float, np.ndarray]:
        """Return loss and gradient at these weights and biases, under the name that scikit-learn's own tests call."""
        network = self._state.network
        network.params[...] = packed
        rows = self._prepare_rows(Rows(X, y, sample_weight, y))
        penalties = CoupledL2(network.built("fit"), self.alpha)
        return total_loss(network, rows.X, rows.y, rows.weight, penalties), network.grads.copy()

    def _warn_of_max_iter(self, n_epochs: int) -> None:
        what = f"Maximum iterations ({n_epochs}) reached and the optimization hasn't converged yet."
        warnings.warn(f"Stochastic Optimizer: {what}", ConvergenceWarning, stacklevel=4)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def is_stochastic(estimator: BaseMLP) -> bool:
    """Return True if there is a `partial_fit`, otherwise raise the error that says why there is none."""
    if isinstance(estimator.solver, str) and estimator.solver == "lbfgs":
        message = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        raise AttributeError(message)
    return True
