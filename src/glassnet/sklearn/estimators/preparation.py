"""What precedes training: checked data, a network, a solver, and rows in the form that the network takes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.validation import validate_data

from glassnet.errors import ConfigError, DataError
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.sklearn.estimators.attributes import own_state
from glassnet.sklearn.estimators.target_words import in_the_name_of, refuse_text
from glassnet.sklearn.estimators.weights import SettableWeights
from glassnet.sklearn.solvers.building import build_layers, draw_weights, hidden_sizes, make_optimizer, move_weights
from glassnet.sklearn.solvers.learning_rate import LearningRate
from glassnet.sklearn.solvers.rows import Rows, Scaling, check_rows
from glassnet.sklearn.solvers.shared_parameters import SharedParameters
from glassnet.utils.array_advice import frame_columns, frame_of_objects, non_numbers

__all__ = ["FitPreparation"]


class FitPreparation(SettableWeights, SharedParameters):
    """Part of an estimator: checks its data, and makes its network and solver before each fit."""

    _built: dict[str, str]

    # ---- differences of classifier and regressor -------------------------------------------------------------------

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

    def _slopes_in_units(self, slopes: np.ndarray, output: Any) -> np.ndarray:
        """Return derivatives in the units of the targets."""
        return slopes

    def _scales_target(self) -> bool:
        """Return whether the targets are scaled."""
        return False

    def _validated(self, X: Any, y: Any, *, reset: bool, y_numeric: bool = False) -> tuple[Any, np.ndarray]:
        """Return X and y as scikit-learn checks them, a single column of targets as a vector."""
        kinds, options = (np.float64, np.float32), {"multi_output": True, "y_numeric": y_numeric}
        if y_numeric and y is not None:
            refuse_text(self._name, y)
        try:
            X, y = validate_data(self, X, y, accept_sparse=["csr", "csc"], dtype=kinds, reset=reset, **options)
        except (TypeError, ValueError) as error:
            is_frame = frame_columns(X) is not None
            if not (is_frame and isinstance(error, TypeError)) and "could not convert string" not in str(error):
                raise
            got, advice = non_numbers(X, frame_of_objects(X) if is_frame else np.asarray(X))
            # NumPy's own words are what scikit-learn says, and what people search for.
            words = "" if is_frame else f" ({error})"
            message = f"{type(self).__name__}: X holds {got}{words}; it must be numeric. {advice}"
            raise DataError(message, got=got) from error
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    # ---- before a fit ----------------------------------------------------------------------------------------------

    def _prepare_fit(self, X: Any, y: Any, sample_weight: Any, mode: str) -> Rows:
        """Check the data, make or adapt the network, and return the rows in the form that it takes."""
        state, sizes = own_state(self), hidden_sizes(self._name, self.hidden_layer_sizes)
        keeps = mode != "fit"
        is_new = not hasattr(self, "coefs_") or (not self.warm_start and not keeps)
        X, Y = self._check_targets(X, y, incremental=keeps, reset=is_new, may_lack=mode == "continue")
        rows = check_rows(X, Y, sample_weight)
        self.n_outputs_ = Y.shape[1]
        if mode != "continue" or not hasattr(state, "random"):
            # scikit-learn restarts the random numbers with each partial_fit.
            state.random = check_random_state(self.random_state)
        if is_new:
            self._initialize(sizes, rows)
        else:
            self._take_over_weights(rows.X.dtype)
            self._follow_parameters(sizes, rows.Y)
        if not keeps or not hasattr(state, "learning_rate"):
            self._renew_solver()
        return self._prepare_rows(rows)

    def _initialize(self, sizes: list[int], rows: Rows) -> None:
        """Make a new network with scikit-learn's first weights, and reset counters and records."""
        state = own_state(self)
        state.n_iter = state.t = 0
        self.n_layers_ = len(sizes) + 2
        state.scaling = Scaling.of(self._name, rows, self.scale_inputs, self._scales_target())
        loss = self._make_loss()
        # The line search of L-BFGS fails in float32; scikit-learn's weights are float64 too, whatever X is.
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
        seed = int(self._state.random.get_state(legacy=False)["state"]["key"].sum())
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

    def _follow_parameters(self, sizes: list[int], Y: np.ndarray) -> None:
        """Replace the network by one of another structure, with its weights, if parameters have changed."""
        widths = [W.shape[1] for W in self.coefs_[:-1]]
        if sizes != widths:
            must = f"for weights that are kept it must stay {widths}"
            message = f"{self._name}: hidden_layer_sizes is {sizes}; {must}. Fit a new estimator."
            raise ConfigError(message, expected=widths, got=sizes)
        wanted = (self.scale_inputs, self._scales_target())
        scaling = self._state.scaling
        scaled = (scaling.scale is not None, scaling.target_scale is not None)
        if wanted != scaled:
            must = f"for weights that are kept they must stay {scaled[0]} and {scaled[1]}"
            fact = f"scale_inputs and scale_target are {wanted[0]} and {wanted[1]}"
            message = f"{self._name}: {fact}; {must}. Fit a new estimator."
            raise ConfigError(message, expected=scaled, got=wanted)
        if self._structure() == self._built:
            return
        old, loss = self._state.network, self._make_loss()
        n_outputs = self._network_outputs(Y, loss)
        if n_outputs != old.n_outputs:
            must = f"for weights that are kept it must keep its {old.n_outputs}"
            fact = f"with loss={self.loss!r} the network needs {n_outputs} outputs"
            message = f"{self._name}: {fact}; {must}. Fit a new estimator."
            raise ConfigError(message, expected=old.n_outputs, got=n_outputs)
        assert old.input_shape is not None
        self._state.network = self._new_network(sizes, n_outputs, old.input_shape[0], loss, old.dtype.name)
        move_weights(old, self._state.network)
        self._show_weights()

    def _renew_solver(self) -> None:
        """Reset the optimizer's moments and the learning rate."""
        state = self._state
        state.learning_rate = LearningRate.of(self)
        state.network.optimizer = make_optimizer(self._name, vars(self))
        state.network._run = None
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

    def _prepare_rows(self, rows: Rows) -> Rows:
        """Return scaled inputs, encoded targets and weights in the network's dtype."""
        network, scaling = self._state.network, self._state.scaling
        inputs = scaling.inputs(rows.X, network.dtype)
        with in_the_name_of(self._name, network.loss):
            targets = network.loss.prepare(scaling.target(self._encode(rows.Y)), network.n_outputs, network.dtype)
        weight = self._row_weights(rows.Y, rows.weight)
        return Rows(inputs, targets, None if weight is None else weight.astype(network.dtype), rows.Y)

    def _check_validation(self, data: Any) -> Rows:
        if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
            must = "it must be (X, y) or (X, y, sample_weight)"
            message = f"{self._name}.fit: validation_data is of type {type(data).__name__}; {must}."
            raise ConfigError(message, got=data)
        X, Y = self._check_targets(data[0], data[1], incremental=True, reset=False, may_lack=True)
        return self._prepare_rows(check_rows(X, Y, data[2] if len(data) == 3 else None))
