"""The network: owner of parameters, gradients, statistics and scratch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.checks import check_choice, check_integer, check_matrix, check_same_length
from glassnet.errors import DataError, NotFittedError, ShapeError
from glassnet.initializers import INITIALIZERS
from glassnet.layers import Layer, Step
from glassnet.layout import Slot, check_layers, check_seeds, lay_out, name_layers, refuse_linked_output
from glassnet.losses import Loss, as_loss
from glassnet.metrics import METRICS
from glassnet.optimizers import Group, Optimizer, as_optimizer
from glassnet.passes import Workspace
from glassnet.randomness import Noise, Streams

if TYPE_CHECKING:
    from pathlib import Path

    from glassnet.training import History

__all__ = ["Network"]

_PREDICT_ROWS = 4096  # rows at a time, so that the scratch of a large prediction stays small


class Network:
    """A feed-forward network: layers, a loss, an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output. The last one gives logits: softmax and sigmoid belong to the loss.
    loss : str or Loss
        ``"cross_entropy"``, ``"binary_cross_entropy"`` or ``"squared_error"``.
    optimizer : str or Optimizer, default="adam"
        ``"sgd"``, ``"adam"``, ``"adamw"``, or an object such as ``Adam(1e-3)``.
    seed : int or sequence of int, optional
        Everything random follows from it. Drawn from the operating system and kept in ``seeds`` if left out. With
        members, one seed each, or the first of K consecutive ones.
    dtype : {"float32", "float64"}, default="float32"
        Of parameters and arithmetic.
    members : int, optional
        Train K independent networks of this architecture at once: parameters are (K, P), outputs (K, n, k).
    input_shape : tuple of int, optional
        Shape of one sample; otherwise it is learned from the first data.

    Attributes
    ----------
    params, grads, stats : ndarray of shape (P,) or (K, P)
        All parameters, their gradients, all running statistics, each one flat array that layers hold views of.
        Write ``net.params[:] = ...``; they are never replaced.
    metadata : dict
        JSON-able notes that travel in the model file.
    history : History or None
        What `fit` recorded so far.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> y = np.array([0, 1, 1, 0])
    >>> layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    >>> net = gn.Network(layers, loss="binary_cross_entropy", optimizer=gn.Adam(0.05), seed=0)
    >>> history = net.fit(X, y, epochs=200, batch_size=4)
    >>> net.predict(X).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    params: np.ndarray
    grads: np.ndarray
    stats: np.ndarray

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        loss: str | Loss,
        optimizer: str | Optimizer = "adam",
        seed: int | Sequence[int] | None = None,
        dtype: str = "float32",
        members: int | None = None,
        input_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.layers = check_layers(layers)
        self.loss = as_loss(loss)
        self.optimizer = as_optimizer(optimizer)
        self.members = None if members is None else check_integer("Network", "members", members, 1)
        self.seeds = check_seeds(seed, self.members)
        name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
        self.dtype = np.dtype(check_choice("Network", "dtype", name, ("float32", "float64")))
        self.metadata: dict[str, Any] = {}
        self.run: Any = None
        self.input_shape: tuple[int, ...] | None = None
        refuse_linked_output(self.layers[-1], self.loss)
        self.names = name_layers(self.layers)
        if input_shape is not None:
            self.build(input_shape)

    # ---- construction -------------------------------------------------------------------------------------------

    def build(self, input_shape: tuple[int, ...]) -> Network:
        """Fix the shape of one sample, allocate all arrays and draw the initial parameters; once only."""
        shape = tuple(int(d) for d in np.atleast_1d(np.asarray(input_shape, dtype=np.int64)))
        if self.input_shape is not None:
            if shape != self.input_shape:
                must = f"the network was built for samples of shape {self.input_shape}"
                message = f"Network.build: {must}, got {shape}. Make a new Network for other data."
                raise ShapeError(message, expected=self.input_shape, got=shape)
            return self
        out_shape = shape
        for layer in self.layers:
            out_shape = layer.build(out_shape)
        if len(out_shape) != 1:
            message = f"Network: the last layer must give one row of outputs per sample, got shape {out_shape}."
            raise ShapeError(message, expected="(k,)", got=out_shape)
        self.input_shape = shape
        self._allocate()
        self._bind()
        self._initialise()
        return self

    def _allocate(self) -> None:
        """Lay out and create the flat arrays."""
        self._slots = lay_out(self.names, self.layers, lambda layer: layer.param_specs())
        self._stat_slots = lay_out(self.names, self.layers, lambda layer: layer.stat_specs())
        lead = () if self.members is None else (self.members,)
        self.n_parameters = self._slots[-1].stop if self._slots else 0
        n_stats = self._stat_slots[-1].stop if self._stat_slots else 0
        self.params = np.zeros((*lead, self.n_parameters), dtype=self.dtype)
        self.stats = np.zeros((*lead, n_stats), dtype=self.dtype)
        self._allocate_gradients()

    def _allocate_gradients(self) -> None:
        """Create what is not saved: gradients, loss sum and weight sum in one array, so that they travel together."""
        self.sums = np.zeros((*self.params.shape[:-1], self.n_parameters + 2), dtype=self.dtype)
        self.grads = self.sums[..., : self.n_parameters]
        self._one_over_weight = np.ones(() if self.members is None else (self.members, 1), dtype=self.dtype)
        self.workspace = Workspace(self.layers, self.loss, self.members, self.dtype)

    def _bind(self) -> None:
        """Hand every layer its views: the only place where the flat arrays are sliced."""
        for index, layer in enumerate(self.layers):
            layer.index = index
            own = [slot for slot in self._slots if slot.layer is layer]
            layer.bind(
                {slot.spec.name: slot.view(self.params) for slot in own},
                {slot.spec.name: slot.view(self.grads) for slot in own},
                {slot.spec.name: slot.view(self.stats) for slot in self._stat_slots if slot.layer is layer},
                self.members,
            )

    def _initialise(self) -> None:
        """Draw initial values, layer by layer, each member from its own stream."""
        generators = [streams.initialisation() for streams in self.streams]
        for slots, flat in ((self._slots, self.params), (self._stat_slots, self.stats)):
            for slot in sorted(slots, key=lambda slot: slot.layer.index):
                spec, initialize = slot.spec, INITIALIZERS[slot.spec.initializer]
                draws = [initialize(rng, spec.shape, spec.fan_in, spec.fan_out) for rng in generators]
                slot.view(flat)[...] = draws[0] if self.members is None else np.stack(draws)

    @property
    def streams(self) -> list[Streams]:
        """The random streams, one per member."""
        return [Streams(seed) for seed in self.seeds]

    @property
    def param_groups(self) -> list[Group]:
        """The slices of ``params`` with their rate factor and whether they decay."""
        return [Group(slot.start, slot.stop, slot.spec.rate_factor, slot.spec.decays) for slot in self._slots]

    @property
    def slots(self) -> list[Slot]:
        """Names and places of all parameters in ``params``."""
        return self._built("slots")._slots

    @property
    def stat_slots(self) -> list[Slot]:
        """Names and places of all running statistics in ``stats``."""
        return self._built("stat_slots")._stat_slots

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return self._built("n_outputs").layers[-1].out_shape[0]

    def _built(self, where: str) -> Network:
        if self.input_shape is None:
            message = (
                f"Network.{where}: the shape of the input must be known, got no data yet. Call fit or build first."
            )
            raise NotFittedError(message)
        return self

    # ---- passes -------------------------------------------------------------------------------------------------

    def accumulate(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, step: Step) -> None:
        """Run one batch forward and backward: fill ``sums`` with gradients of the loss sum, loss sum, weight sum.

        The arrays must be checked and shaped already: X (K?, n, ...), y (K?, n, ...), weight (K?, n) or None.
        """
        prepared = self.workspace.pass_for(X.shape[0 if self.members is None else 1], keeps=True)
        A = X
        for forward, cache in prepared.forward:
            A = forward(A, cache, step)
        d: Any = prepared.dZ
        self.sums[..., -2] = self.loss.value_and_gradient(A, y, weight, prepared.dZ, prepared.loss_cache)
        self.sums[..., -1] = len(A) if weight is None and self.members is None else _weight_sum(A, weight)
        for backward, cache in prepared.backward:
            d = backward(d, cache)

    def average_gradients(self) -> None:
        """Divide the gradients by the sum of the weights, the one division of a step."""
        if self.members is None:
            self._one_over_weight[()] = 1.0 / float(self.sums[-1])
        else:
            # A member whose rows all weigh nothing has gradients of 0, and keeps them.
            weights = self.sums[:, -1:]
            np.divide(1.0, weights, out=self._one_over_weight, where=weights > 0.0)
        np.multiply(self.grads, self._one_over_weight, out=self.grads)

    def _logits(self, X: np.ndarray, mode: str = "predict") -> np.ndarray:
        """Return logits for checked inputs of shape (n, ...), a few thousand rows at a time, as a fresh array."""
        step = Step(mode)
        n = len(X)
        lead = () if self.members is None else (self.members,)
        Z = np.empty((*lead, n, self.n_outputs), dtype=self.dtype)
        for start in range(0, n, _PREDICT_ROWS):
            A = self.broadcast(X[start : start + _PREDICT_ROWS])
            prepared = self.workspace.pass_for(A.shape[len(lead)], keeps=False)
            for forward, cache in prepared.forward:
                A = forward(A, cache, step)
            Z[..., start : start + _PREDICT_ROWS, :] = A
        return Z

    def broadcast(self, array: np.ndarray) -> np.ndarray:
        """Return an array (n, ...) that all members share as (K, n, ...), a view; unchanged without members."""
        return array if self.members is None else np.broadcast_to(array, (self.members, *array.shape))

    # ---- checked input ------------------------------------------------------------------------------------------

    def check_inputs(self, where: str, X: Any) -> np.ndarray:
        """Return X as a finite array of the network's dtype and input shape; build the network if it is new."""
        inputs = check_matrix(where, "X", X, self.dtype)
        shape = inputs.shape[1:]
        if self.input_shape is None:
            self.build(shape)
        elif shape != self.input_shape:
            must = f"X must have shape (n, {', '.join(map(str, self.input_shape))})"
            message = f"{where}: {must}, got {inputs.shape}. The network was built for these features."
            raise ShapeError(message, expected=self.input_shape, got=inputs.shape)
        return inputs

    def check_data(
        self, where: str, X: Any, y: Any, sample_weight: Any = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Return checked inputs, targets as the loss wants them, and weights."""
        X = self.check_inputs(where, X)
        targets = self.loss.prepare(y, self.n_outputs, self.dtype)
        if sample_weight is None:
            check_same_length(where, X=X, y=targets)
            return X, targets, None
        weight = check_matrix(where, "sample_weight", sample_weight, self.dtype, min_ndim=1)
        check_same_length(where, X=X, y=targets, sample_weight=weight)
        if weight.ndim != 1:
            message = f"{where}: sample_weight must have shape (n,), got {weight.shape}."
            raise ShapeError(message, expected="(n,)", got=weight.shape)
        if weight.min() < 0.0 or not weight.any():
            must = "sample_weight must not be negative and not all zero"
            message = f"{where}: {must}, got values from {weight.min():g} to {weight.max():g}."
            raise DataError(message, expected=must)
        return X, targets, weight

    # ---- use ----------------------------------------------------------------------------------------------------

    def forward(self, X: Any) -> np.ndarray:
        """Return logits of shape (n, k), or (K, n, k) with members, with noise off."""
        self._built("forward")
        return self._logits(self.check_inputs("Network.forward", X))

    def predict(self, X: Any) -> np.ndarray:
        """Return what the loss links the logits to: probabilities for the cross-entropies, means for squared error."""
        self._built("predict")
        return self.loss.link(self._logits(self.check_inputs("Network.predict", X)))

    def evaluate(
        self, X: Any, y: Any, sample_weight: Any = None, metrics: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Return the loss and metrics on data, with noise off.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        metrics : sequence of str, optional
            Names in `glassnet.metrics.METRICS`; by default those of the loss.

        Returns
        -------
        dict
            ``{"loss": ..., "accuracy": ...}``: floats, or arrays (K,) with members.
        """
        self._built("evaluate")
        X, y, weight = self.check_data("Network.evaluate", X, y, sample_weight)
        names = self.loss.metrics if metrics is None else metrics
        chosen = [check_choice("Network.evaluate", "metrics", name, METRICS) for name in names]
        return self.scores(X, y, weight, chosen)

    def scores(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, metrics: Sequence[str]) -> dict[str, Any]:
        """Return loss and metrics for checked data."""
        Z = self._logits(X)
        result: dict[str, Any] = {"loss": self._loss_of(Z, y, weight)}
        prediction = self.loss.link(Z)
        for name in metrics:
            if self.members is None:
                result[name] = METRICS[name](y, prediction, weight)
            else:
                result[name] = np.array([METRICS[name](y, member, weight) for member in prediction])
        return result

    def _loss_of(self, Z: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
        """Return ``sum(w * l) / sum(w)`` for logits, a float or an array (K,)."""
        total: Any = 0.0
        for start in range(0, len(y), _PREDICT_ROWS):
            rows = slice(start, start + _PREDICT_ROWS)
            n = len(y[rows])
            prepared = self.workspace.pass_for(n, keeps=False)
            part = None if weight is None else self.broadcast(weight[rows])
            value = self.loss.value_and_gradient(
                Z[..., rows, :], self.broadcast(y[rows]), part, prepared.dZ, prepared.loss_cache
            )
            total = total + np.asarray(value, dtype=np.float64)
        mean = total / (len(y) if weight is None else weight.sum(dtype=np.float64))
        return float(mean) if self.members is None else mean

    def loss_and_gradients(self, X: Any, y: Any, sample_weight: Any = None, mode: str = "record") -> Any:
        """Return the mean loss of one batch and leave its gradients in ``grads``.

        Parameters
        ----------
        X, y, sample_weight
            One batch.
        mode : {"record", "train"}, default="record"
            With noise and the batch's statistics, or as in prediction.
        """
        check_choice("Network.loss_and_gradients", "mode", mode, ("record", "train"))
        X, y, weight = self.check_data("Network.loss_and_gradients", X, y, sample_weight)
        step = Step(mode, self.noise() if mode == "train" else None)
        self.accumulate(self.broadcast(X), self.broadcast(y), None if weight is None else self.broadcast(weight), step)
        self.average_gradients()
        loss = self.sums[..., -2] / self.sums[..., -1]
        return float(loss) if self.members is None else loss

    def noise(self) -> Noise:
        """Return the source of noise for layers, at epoch 0, batch 0."""
        return Noise(self.streams, self.members)

    def astype(self, dtype: str) -> Network:
        """Return a copy with parameters and statistics in another dtype, and no training state."""
        from glassnet.configuration import network_config, network_from_config

        twin = network_from_config({**network_config(self._built("astype")), "dtype": dtype}, self.layer_classes())
        twin.params[...] = self.params
        twin.stats[...] = self.stats
        return twin

    def layer_classes(self) -> list[type[Layer]]:
        """Return the classes of the layers, the user's own included."""
        return [type(layer) for layer in self.layers]

    # ---- copying ------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        left_out = {"grads", "sums", "workspace", "_one_over_weight"}
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self.input_shape is not None:
            self._allocate_gradients()
            self._bind()

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        return f"Network([{layers}], loss={self.loss.name!r}, optimizer={self.optimizer!r}, seed={self.seed!r})"

    @property
    def seed(self) -> int | list[int]:
        """What ``seed=`` would have to be for the same network."""
        return self.seeds[0] if self.members is None else list(self.seeds)

    # ---- delegates upwards --------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, *, epochs: int, **options: Any) -> History:
        """Train ``epochs`` more epochs.

        `glassnet.training.fit_network` explains the options: ``batch_size=32``, ``validation_data=None``,
        ``validation_split=0.0``, ``sample_weight=None``, ``shuffle=True``, ``metrics=None``, ``early_stopping=None``,
        ``callbacks=()``, ``max_seconds=None``, ``threads="auto"``, ``progress=None``.

        Parameters
        ----------
        X : array of shape (n, ...)
        y : array of shape (n,) or (n, k)
        epochs : int
            How many more: two calls with 5 leave the same bits as one with 10.

        Returns
        -------
        History
            Of all calls so far.
        """
        from glassnet.training import fit_network

        return fit_network(self, X, y, epochs=epochs, **options)

    @property
    def history(self) -> History | None:
        """What training recorded so far, over all calls of `fit`."""
        return None if self.run is None else self.run.history

    def save(self, path: str | Path, *, training_state: bool = False) -> None:
        """Write the network to one file; see `glassnet.files.save_network`."""
        from glassnet.files import save_network

        save_network(self, path, training_state=training_state)

    def summary(self) -> str:
        """Return a table of layers, shapes and parameters; see `glassnet.configuration.summary_table`."""
        from glassnet.configuration import summary_table

        return summary_table(self)


def _weight_sum(A: np.ndarray, weight: np.ndarray | None) -> Any:
    """Return ``sum(w)``, a scalar or (K,)."""
    return A.shape[-2] if weight is None else np.add.reduce(weight, axis=-1)
