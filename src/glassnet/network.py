"""The network: owner of parameters, gradients, statistics and scratch."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.arguments import check_layers, check_seeds, check_shape, refuse_linked_output
from glassnet.engine.custom_layer_check import try_own_layers
from glassnet.engine.data_dependent_init import init_from_data
from glassnet.engine.inputs import check_data, check_inputs
from glassnet.engine.parameters import Slot, Store
from glassnet.engine.penalties import Penalties
from glassnet.engine.workspace import Workspace
from glassnet.errors import NotFittedError, ShapeError
from glassnet.layers import Layer, Step
from glassnet.layers.tree import every_layer, leaves, name_layers
from glassnet.losses import Loss, MetricChoice, as_loss
from glassnet.optimizers import Optimizer, as_optimizer
from glassnet.utils.checks import check_choice, check_integer, check_number
from glassnet.utils.random_streams import Noise, Streams
from glassnet.views import Views

if TYPE_CHECKING:
    from pathlib import Path

    from glassnet.training import History

__all__ = ["Network"]

_PREDICT = Step("predict")


class Network(Views):
    """A feed-forward network: layers, a loss, an optimizer.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output. The last one gives logits: softmax and sigmoid belong to the loss.
    loss : str or Loss
        ``"cross_entropy"``, ``"binary_cross_entropy"``, ``"squared_error"`` or another of `glassnet.losses`, or an
        object such as ``Huber(delta=2.0)``.
    optimizer : str or Optimizer, default="adam"
        ``"sgd"``, ``"adam"``, ``"adamw"``, or an object such as ``Adam(1e-3)``.
    seed : int or sequence of int, optional
        Everything random follows from it. Drawn from the operating system and kept in ``seeds`` if left out. With
        members, one seed each, or the first of K consecutive ones.
    dtype : {"float32", "float64"}, default="float32"
        Precision of parameters and arithmetic.
    members : int, optional
        Train K independent networks of this architecture at once: parameters are (K, P), outputs (K, n, k).
    input_shape : tuple of int, optional
        Shape of one sample; otherwise it is learned from the first data.
    l1, l2 : float, default=0.0
        Penalties on weights, part of the loss: ``l1 * sum |w| + l2 * sum w**2``; see `glassnet.engine.penalties`.
    max_norm : float, optional
        Largest Euclidean norm of the weights into one unit of a `Dense`; larger ones are scaled down after each step.

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
        l1: float = 0.0,
        l2: float = 0.0,
        max_norm: float | None = None,
    ) -> None:
        self.layers = check_layers(layers)
        self.loss = as_loss(loss)
        self.optimizer = as_optimizer(optimizer)
        self.members = None if members is None else check_integer("Network", "members", members, 1)
        self.seeds = check_seeds(seed, self.members)
        name = getattr(dtype, "name", getattr(dtype, "__name__", dtype))  # also np.float32 and np.dtype("float32")
        self.dtype = np.dtype(check_choice("Network", "dtype", name, ("float32", "float64")))
        self.l1, self.l2 = check_number("Network", "l1", l1, 0.0), check_number("Network", "l2", l2, 0.0)
        self.max_norm = (
            None if max_norm is None else check_number("Network", "max_norm", max_norm, 0.0, open_minimum=True)
        )
        self.metadata: dict[str, Any] = {}
        self.run: Any = None
        self.input_shape: tuple[int, ...] | None = None
        refuse_linked_output(self.layers[-1], self.loss)
        self.names = name_layers(self.layers)
        self.store: Store | None = None
        if input_shape is not None:
            self.build(input_shape)
        self._own_layers()

    # ---- construction -------------------------------------------------------------------------------------------

    def build(self, input_shape: tuple[int, ...]) -> Network:
        """Fix ``input_shape``, that of one sample, allocate all arrays and draw the initial parameters; once only."""
        shape = check_shape("Network.build", input_shape)
        if self.input_shape is not None:
            if shape != self.input_shape:
                must = f"the network was built for samples of shape {self.input_shape}"
                message = f"Network.build: {must}, got {shape}. Make a new Network for other data."
                raise ShapeError(message, expected=self.input_shape, got=shape)
            return self
        store = self.plan(shape)
        store.allocate(self.streams)
        try_own_layers(store.layers, self.members, self.dtype)
        self.store, self.input_shape = store, shape
        self.workspace = Workspace(self.layers, self.loss, self.members, self.dtype)
        return self

    def plan(self, input_shape: tuple[int, ...]) -> Store:
        """Return the names and places of all arrays for samples of this shape; nothing is allocated."""
        out_shape = input_shape
        for layer in self.layers:
            out_shape = layer.build(out_shape)
        if len(out_shape) != 1:
            message = f"Network: the last layer must give one row of outputs per sample, got shape {out_shape}."
            raise ShapeError(message, expected="(k,)", got=out_shape)
        return Store(leaves(self.names, self.layers), self.members, self.dtype)

    def twin(self, layers: list[Layer]) -> Network:
        """Return a network of these copied layers that shares parameters and statistics, with gradients of its own."""
        twin = Network.__new__(Network)
        vars(twin).update({**vars(self), "layers": layers, "run": None})
        twin.store = self.built("twin").twin(leaves(self.names, layers))
        twin.workspace = Workspace(layers, self.loss, self.members, self.dtype)
        return twin

    def _own_layers(self) -> None:
        """Tell every layer whose it is: one layer cannot serve two networks."""
        for layer in every_layer(self.layers):
            layer.owner = weakref.ref(self)

    def forget_shape(self) -> None:
        """Be as new as before `build`."""
        self.store = self.input_shape = None

    def init_from_data(self, X: Any) -> Network:
        """Draw initial parameters anew with a look at training rows ``X``, layer by layer, and return the network.

        Layers that have no such start keep theirs; `NTKDense` has one. Call it before the first `fit`.
        """
        init_from_data(self, X)
        return self

    def built(self, where: str) -> Store:
        """Return the store, or say that ``where`` needs one."""
        if self.store is None:
            must = "the shape of the input must be known"
            message = f"Network.{where}: {must}, got no data yet. Call fit or build first."
            raise NotFittedError(message)
        return self.store

    @property
    def params(self) -> np.ndarray:
        """All parameters, flat; write ``net.params[:] = ...``."""
        return self.built("params").params

    @property
    def grads(self) -> np.ndarray:
        """The gradients of the last step, in the places of ``params``."""
        return self.built("grads").grads

    @property
    def stats(self) -> np.ndarray:
        """All running statistics, flat."""
        return self.built("stats").stats

    @property
    def n_parameters(self) -> int:
        """Number of parameters of one member."""
        return self.built("n_parameters").n_parameters

    @property
    def slots(self) -> list[Slot]:
        """Names and places of all parameters in ``params``."""
        return self.built("slots").slots

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        self.built("n_outputs")
        return self.layers[-1].out_shape[0]

    @property
    def streams(self) -> list[Streams]:
        """The random streams, one per member."""
        return [Streams(seed) for seed in self.seeds]

    # ---- passes -------------------------------------------------------------------------------------------------

    def accumulate(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, step: Step) -> None:
        """Run one batch forward and backward: fill ``sums`` with gradients of the loss sum, loss sum, weight sum.

        The arrays must be checked and shaped already: X (K?, n, ...), y (K?, n, ...), weight (K?, n) or None.
        """
        n = X.shape[0 if self.members is None else 1]
        prepared = self.workspace.pass_for(n, True)
        Z = prepared.chain.forward(X, step)
        store = self.store or self.built("accumulate")
        store.loss_sum[...] = self.loss.value_and_gradient(Z, y, weight, prepared.dZ, prepared.loss_cache)
        store.weight_sum[...] = n if weight is None else np.add.reduce(weight, axis=-1)
        prepared.chain.backward(prepared.dZ)

    def logits(self, X: np.ndarray, mode: str = "predict") -> np.ndarray:
        """Return logits for checked inputs, a few thousand rows at a time, as a fresh array.

        ``X`` has the shape (n, ...), or (K, n, ...) if each member has rows of its own; see `has_own_rows`.
        """
        step = _PREDICT if mode == "predict" else Step(mode)
        together = self.workspace.predict_rows
        if self.members is None and len(X) <= together:
            A = X if type(X) is np.ndarray else X[:]
            return self.workspace.pass_for(len(A), False).chain.forward(A, step).copy()
        own = self.has_own_rows(X)
        n = X.shape[1 if own else 0]
        lead = () if self.members is None else (self.members,)
        Z = np.empty((*lead, n, self.n_outputs), dtype=self.dtype)
        for start in range(0, n, together):
            rows = slice(start, start + together)
            A = X[:, rows] if own else self.broadcast(X[rows])
            prepared = self.workspace.pass_for(A.shape[len(lead)], keeps=False)
            Z[..., rows, :] = prepared.chain.forward(A, step)
        return Z

    def has_own_rows(self, X: Any) -> bool:
        """Return whether checked inputs have the axis of members."""
        return self.members is not None and len(X.shape) > 1 + len(self.input_shape or ())

    def broadcast(self, array: np.ndarray) -> np.ndarray:
        """Return an array (n, ...) that all members share as (K, n, ...), a view; unchanged without members."""
        return array if self.members is None else np.broadcast_to(array, (self.members, *array.shape))

    # ---- checked input ------------------------------------------------------------------------------------------

    def check_inputs(self, where: str, X: Any) -> Any:
        """Return X as a finite array of the network's dtype and input shape."""
        return check_inputs(self, where, X)

    def check_data(self, where: str, X: Any, y: Any, sample_weight: Any = None, *, is_part: bool = False) -> Any:
        """Return checked inputs, targets and weights."""
        return check_data(self, where, X, y, sample_weight, is_part=is_part)

    # ---- use ----------------------------------------------------------------------------------------------------

    def forward(self, X: Any) -> np.ndarray:
        """Return logits of shape (n, k) for n rows ``X``, or (K, n, k) with members, with noise off."""
        self.built("forward")
        return self.logits(self.check_inputs("Network.forward", X))

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions for ``X``, the logits as the loss reads them: probabilities for the cross-entropies.

        Means for squared error, rates for Poisson loss, quantiles, means and variances: each loss says which.
        """
        if self.store is None:
            self.built("predict")
        return self.loss.link(self.logits(check_inputs(self, "Network.predict", X)))

    def evaluate(self, X: Any, y: Any, sample_weight: Any = None, metrics: MetricChoice = None) -> dict[str, Any]:
        """Return the loss and metrics on data, with noise off.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        metrics : str, function, or sequence of them, optional
            Names among ``net.loss.metrics``, and functions ``f(y, prediction, weight)`` or ``f(y, prediction)`` of your
            own, called by their ``__name__``; by default the loss's ``default_metrics``.

        Returns
        -------
        dict
            ``{"loss": ..., "accuracy": ...}``: floats, or arrays (K,) with members.
        """
        from glassnet.engine.evaluation import scores

        self.built("evaluate")
        X, y, weight = self.check_data("Network.evaluate", X, y, sample_weight)
        return scores(self, X, y, weight, self.loss.choose_metrics("Network.evaluate", metrics))

    def loss_and_gradients(self, X: Any, y: Any, sample_weight: Any = None, mode: str = "record") -> Any:
        """Return the mean loss of one batch and leave its gradients in ``grads``; not while a fit is running.

        Parameters
        ----------
        X, y, sample_weight
            One batch, as in `fit`.
        mode : {"record", "train"}, default="record"
            ``"record"`` computes as prediction does, ``"train"`` with noise and the batch's statistics.
        """
        from glassnet.engine.evaluation import loss_and_gradients

        return loss_and_gradients(self, X, y, sample_weight, mode)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters and running statistics by name, as in files and `summary`."""
        return self.built("state_dict").to_dict()

    def load_state_dict(self, arrays: Mapping[str, Any]) -> None:
        """Fill all parameters and running statistics with ``arrays``, what `state_dict` of such a network returned.

        Raises
        ------
        ShapeError
            Names or shapes differ, all of them named; nothing was changed.
        """
        self.built("load_state_dict").from_dict("Network.load_state_dict", arrays)

    def penalties(self) -> Penalties:
        """Return the penalties ``l1`` and ``l2`` on the weights as they are; falsy if there are none."""
        return Penalties(self.built("penalties"), self.l1, self.l2)

    def noise(self) -> Noise:
        """Return the source of noise for layers, at epoch 0, batch 0."""
        return Noise(self.streams, self.members)

    def astype(self, dtype: str) -> Network:
        """Return a copy whose ``dtype`` is ``"float32"`` or ``"float64"``, without training state."""
        self.built("astype")
        twin = self.untrained()
        twin.dtype = np.dtype(check_choice("Network.astype", "dtype", dtype, ("float32", "float64")))
        twin.built("astype").cast(twin.dtype)
        twin.workspace = Workspace(twin.layers, twin.loss, twin.members, twin.dtype)
        return twin

    # ---- copying ------------------------------------------------------------------------------------------------

    def untrained(self) -> Network:
        """Return a copy of the network as it is, whose training begins anew; others may be reading this one."""
        twin = type(self).__new__(type(self))
        twin.__setstate__(copy.deepcopy(self.__getstate__() | {"run": None}))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "workspace"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._own_layers()
        if self.store is not None:
            self.workspace = Workspace(self.layers, self.loss, self.members, self.dtype)

    def __copy__(self) -> Network:
        # Two networks cannot share layers, so a shallow copy would break the original.
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        options = f"loss={self.loss!r}, optimizer={self.optimizer!r}, seed={self.seed!r}, dtype={self.dtype.name!r}"
        options += f", members={self.members}, input_shape={self.input_shape}"
        limits = {"l1": self.l1, "l2": self.l2, "max_norm": self.max_norm}
        options += "".join(f", {name}={value}" for name, value in limits.items() if value)
        return f"Network([{layers}], {options})"

    @property
    def seed(self) -> int | list[int]:
        """What ``seed=`` would have to be for the same network."""
        return self.seeds[0] if self.members is None else list(self.seeds)

    # ---- delegates upwards --------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, *, epochs: int, diagnose: Any = True, **options: Any) -> History:
        """Train ``epochs`` more epochs.

        `glassnet.training.fit_network` explains the options: ``batch_size=32``, ``validation_data=None``,
        ``validation_split=0.0``, ``sample_weight=None``, ``class_weight=None``, ``shuffle=True``, ``drop_last=False``,
        ``steps_per_epoch=None``, ``metrics=None``, ``early_stopping=None``, ``callbacks=()``, ``max_seconds=None``,
        ``checkpoint=None``, ``resume=False``, ``deterministic=False``, ``threads="auto"``, ``progress=None``.

        Parameters
        ----------
        X : array of shape (n, ...), sparse matrix, or batches of your own
            One sample per row, or where batches come from.
        y : array of shape (n,) or (n, k), optional
            One target per row, as the loss wants them; left out with batches of your own.
        epochs : int
            How many more: two calls with 5 leave the same bits as one with 10.
        diagnose : bool or Watch, default=True
            Whether to look for what goes wrong, in the data, at the start and in training: it is told in warnings and
            in ``history.findings``, with what helped when it was tried on a copy. `glassnet.diagnosis.Watch` has
            options. Nothing is changed by it.
        **options
            As listed above.

        Returns
        -------
        History
            Of all calls so far.
        """
        from glassnet.diagnosis import fit_watched

        return fit_watched(self, X, y, epochs, diagnose, options)

    @property
    def history(self) -> History | None:
        """What training recorded so far, over all calls of `fit`."""
        return None if self.run is None else self.run.history

    def save(self, path: str | Path, *, training_state: bool = False) -> None:
        """Write the network to the file ``path``, with ``training_state`` all that training on needs.

        See `glassnet.saving.model_file.save_network`.
        """
        from glassnet.saving.model_file import save_network

        self.built("save")
        save_network(self, path, training_state=training_state)
