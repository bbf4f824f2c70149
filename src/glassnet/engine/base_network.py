"""The network without what is built on it: owner of parameters, gradients, statistics and buffers."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from glassnet.engine.arguments import check_layers, check_seeds, check_shape, refuse_linked_output
from glassnet.engine.custom_layer_check import try_own_layers
from glassnet.engine.data_dependent_init import start_from_data
from glassnet.engine.inputs import check_data, check_inputs
from glassnet.engine.one_fit import refuse_during_fit
from glassnet.engine.one_line import network_line
from glassnet.engine.parameters import Slot, Store
from glassnet.engine.penalties import Penalties
from glassnet.engine.workspace import Workspace
from glassnet.errors import ConfigError, NotFittedError, ShapeError
from glassnet.layers import Layer, Step
from glassnet.layers.tree import every_layer, leaves, name_layers
from glassnet.losses import Loss, as_loss
from glassnet.optimizers import Optimizer, as_optimizer
from glassnet.utils.checks import check_choice, check_integer, check_number
from glassnet.utils.keywords import AdvisesOnNames, advises_on_names, unknown_attribute
from glassnet.utils.names import DTypeName, LossName, OptimizerName
from glassnet.utils.random_streams import Noise, Streams

__all__ = ["BaseNetwork"]

_PREDICT = Step("predict")
# What a network made from another has of its own.
_STATE = frozenset((
    "attachments", "dtype", "input_shape", "l1", "l2", "layers", "loss", "max_norm", "members", "metadata", "names",
    "optimizer", "_input_names", "_run", "seeds", "_store", "_workspace",
))  # fmt: skip


class BaseNetwork(AdvisesOnNames):
    """Layers, a loss and an optimizer over flat arrays: forward, backward and checked input.

    `glassnet.Network` adds what users call, and documents the parameters.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        loss: LossName | Loss,
        optimizer: OptimizerName | Optimizer = "adam",
        seed: int | Sequence[int] | None = None,
        dtype: DTypeName | type[np.floating[Any]] | np.dtype[Any] = "float32",
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
        self.attachments: dict[str, np.ndarray] = {}  # arrays that are no part of it, and are saved with it
        self._run: Any = None
        self.input_shape: tuple[int, ...] | None = None
        refuse_linked_output(self.layers[-1], self.loss)
        self.names = name_layers(self.layers)
        self._store: Store | None = None
        if input_shape is not None:
            self.build(input_shape)
        self._own_layers()

    if not TYPE_CHECKING:  # a checker would take every attribute for one that exists

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):  # a property that raised an AttributeError, which is to be seen
                return object.__getattribute__(self, name)
            raise unknown_attribute(type(self), name)

    # ---- construction -------------------------------------------------------------------------------------------

    @advises_on_names
    def build(self, input_shape: tuple[int, ...]) -> Self:
        """Fix ``input_shape``, that of one sample, allocate all arrays and draw the initial parameters; once only."""
        shape = check_shape("Network.build", input_shape)
        if self.input_shape is not None:
            if shape != self.input_shape:
                fact = f"input_shape is {shape}, but the network was built for samples of shape {self.input_shape}"
                message = f"Network.build: {fact}. Make a new Network for other data."
                raise ShapeError(message, expected=self.input_shape, got=shape)
            return self
        store = self._plan(shape)
        store.allocate(self._streams)
        try_own_layers(store.layers, self.members, self.dtype)
        self._store, self.input_shape = store, shape
        self._workspace = Workspace(self.layers, self.loss, self.members, self.dtype)
        return self

    def _plan(self, input_shape: tuple[int, ...]) -> Store:
        """Return the names and places of all arrays for samples of this shape; nothing is allocated."""
        out_shape = input_shape
        for layer in self.layers:
            out_shape = layer.build(out_shape)
        if len(out_shape) != 1:
            message = f"Network: the last layer gives samples of shape {out_shape}; they must be rows. Add Flatten()."
            raise ShapeError(message, expected="(k,)", got=out_shape)
        return Store(leaves(self.names, self.layers), self.members, self.dtype)

    def _shadow(self) -> Self:
        """Return a network that shares parameters and statistics with this one, and nothing that a pass writes.

        Its layers are copies; to train it would be to train the original without its optimizer.
        """
        shadow, layers = type(self).__new__(type(self)), copy.deepcopy(self.layers)
        vars(shadow).update({**vars(self), "layers": layers, "_run": None})
        shadow._store = self._built("shadow").shared_with(leaves(self.names, layers))
        shadow._workspace = Workspace(layers, self.loss, self.members, self.dtype)
        return shadow

    def _like(self, layers: Sequence[Layer], **changes: Any) -> Self:
        """Return a new network of other layers, with the settings of this one but for ``changes``.

        A subclass keeps its class and what its own constructor left, which does not run again. The layers must be new
        ones, or copies.
        """
        names = ("loss", "optimizer", "seed", "members", "input_shape", "l1", "l2", "max_norm")
        kept = {name: getattr(self, name) for name in names if name not in changes}
        if "optimizer" in kept:
            kept["optimizer"] = copy.deepcopy(self.optimizer)
        other = type(self).__new__(type(self))
        BaseNetwork.__init__(other, layers, dtype=self.dtype, **kept, **changes)
        vars(other).update({name: value for name, value in vars(self).items() if name not in _STATE})
        return other

    def _own_layers(self) -> None:
        """Mark every layer as one of this network: a layer cannot be in two networks."""
        for layer in every_layer(self.layers):
            layer.owner = weakref.ref(self)

    def _forget_shape(self) -> None:
        """Return to the state before `build`."""
        self._store = self.input_shape = None

    def init_from_data(self, X: Any) -> Self:
        """Draw initial parameters anew with a look at training rows ``X``, layer by layer, and return the network.

        Layers that have no such start keep theirs; `NTKDense` has one. Call it before the first `fit`.
        """
        where = refuse_during_fit(self, "Network.init_from_data")
        if self._run is not None:
            message = f"{where}: the network was trained for {self._run.epoch} epochs; it must be new."
            raise ConfigError(message, expected="a new network", got=self._run.epoch)
        X = self._check_inputs(where, X)
        start_from_data(self.layers, X, [streams.start_from_data() for streams in self._streams], self.members)
        return self

    _input_names: Sequence[str] = ()  # of the columns of the frame it was trained on

    def _built(self, where: str) -> Store:
        """Return the store; raise an error for ``where`` if the network is not built."""
        if self._store is None:
            message = f"Network.{where}: the network is not built: its input shape is unknown. Call fit or build first."
            raise NotFittedError(message)
        return self._store

    @property
    def params(self) -> np.ndarray:
        """All parameters, flat; write ``net.params[:] = ...``."""
        return self._built("params").params

    @property
    def grads(self) -> np.ndarray:
        """The gradients of the last step, in the places of ``params``."""
        return self._built("grads").grads

    @property
    def stats(self) -> np.ndarray:
        """All running statistics, flat."""
        return self._built("stats").stats

    @property
    def n_parameters(self) -> int:
        """Number of parameters of one member."""
        return self._built("n_parameters").n_parameters

    @property
    def _slots(self) -> list[Slot]:
        """Names and places of all parameters in ``params``."""
        return self._built("slots").slots

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        self._built("n_outputs")
        return self.layers[-1].out_shape[0]

    @property
    def _streams(self) -> list[Streams]:
        """The random streams, one per member."""
        return [Streams(seed) for seed in self.seeds]

    # ---- passes -------------------------------------------------------------------------------------------------

    def _accumulate(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, step: Step) -> None:
        """Run one batch forward and backward: fill ``sums`` with gradients of the loss sum, loss sum, weight sum.

        The arrays must be checked and shaped already: X (K?, n, ...), y (K?, n, ...), weight (K?, n) or None.
        """
        n = X.shape[0 if self.members is None else 1]
        prepared = self._workspace.pass_for(n, True)
        Z = prepared.chain.forward(X, step)
        store = self._store or self._built("accumulate")
        store.loss_sum[...] = self.loss.value_and_gradient(Z, y, weight, prepared.dZ, prepared.loss_cache)
        store.weight_sum[...] = n if weight is None else np.add.reduce(weight, axis=-1)
        prepared.chain.backward(prepared.dZ)

    def _logits(self, X: np.ndarray, mode: str = "predict") -> np.ndarray:
        """Return logits for checked inputs, a few thousand rows at a time, as a fresh array.

        ``X`` has the shape (n, ...), or (K, n, ...) if each member has rows of its own; see `has_own_rows`.
        """
        step = _PREDICT if mode == "predict" else Step(mode)
        together = self._workspace.predict_rows
        if self.members is None and len(X) <= together:
            A = X if type(X) is np.ndarray else X[:]
            return self._workspace.pass_for(len(A), False).chain.forward(A, step).copy()
        own = self._has_own_rows(X)
        n = X.shape[1 if own else 0]
        lead = () if self.members is None else (self.members,)
        Z = np.empty((*lead, n, self.n_outputs), dtype=self.dtype)
        for start in range(0, n, together):
            rows = slice(start, start + together)
            A = X[:, rows] if own else self._broadcast(X[rows])
            prepared = self._workspace.pass_for(A.shape[len(lead)], keeps=False)
            Z[..., rows, :] = prepared.chain.forward(A, step)
        return Z

    def _has_own_rows(self, X: Any) -> bool:
        """Return whether checked inputs have the axis of members."""
        return self.members is not None and len(X.shape) > 1 + len(self.input_shape or ())

    def _broadcast(self, array: np.ndarray) -> np.ndarray:
        """Return an array (n, ...) that all members share as (K, n, ...), a view; unchanged without members."""
        return array if self.members is None else np.broadcast_to(array, (self.members, *array.shape))

    # ---- checked input ------------------------------------------------------------------------------------------

    def _check_inputs(self, where: str, X: Any) -> Any:
        """Return X as a finite array of the network's dtype and input shape."""
        return check_inputs(self, where, X)

    def _check_data(self, where: str, X: Any, y: Any, sample_weight: Any = None, *, is_part: bool = False) -> Any:
        """Return checked inputs, targets and weights."""
        return check_data(self, where, X, y, sample_weight, is_part=is_part)

    # ---- use ----------------------------------------------------------------------------------------------------

    @advises_on_names
    def forward(self, X: Any) -> np.ndarray:
        """Return logits of shape (n, k) for n rows ``X``, or (K, n, k) with members, with noise off."""
        self._built("forward")
        return self._logits(self._check_inputs("Network.forward", X))

    @advises_on_names
    def predict(self, X: Any) -> np.ndarray:
        """Return predictions for ``X``, the logits as the loss reads them: probabilities for the cross-entropies.

        Means for squared error, rates for Poisson loss, quantiles, means and variances: each loss says which.
        """
        if self._store is None:
            self._built("predict")
        return self.loss.link(self._logits(check_inputs(self, "Network.predict", X)))

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters and running statistics by name, as in files and `summary`."""
        return self._built("state_dict").to_dict()

    def load_state_dict(self, arrays: Mapping[str, Any]) -> None:
        """Fill all parameters and running statistics with ``arrays``, what `state_dict` of such a network returned.

        Raises
        ------
        ShapeError
            Names or shapes differ, all of them named; nothing was changed.
        """
        self._built("load_state_dict").from_dict(refuse_during_fit(self, "Network.load_state_dict"), arrays)

    def _penalties(self) -> Penalties:
        """Return the penalties ``l1`` and ``l2`` on the weights as they are; falsy if there are none."""
        return Penalties(self._built("penalties"), self.l1, self.l2)

    def _noise(self) -> Noise:
        """Return the source of noise for layers, at epoch 0, batch 0."""
        return Noise(self._streams, self.members)

    def astype(self, dtype: DTypeName) -> Self:
        """Return a copy whose ``dtype`` is ``"float32"`` or ``"float64"``, without training state."""
        self._built("astype")
        cast = self._untrained()
        cast.dtype = np.dtype(check_choice("Network.astype", "dtype", dtype, ("float32", "float64")))
        cast._built("astype").cast(cast.dtype)
        cast._workspace = Workspace(cast.layers, cast.loss, cast.members, cast.dtype)
        return cast

    # ---- copying ------------------------------------------------------------------------------------------------

    def _untrained(self) -> Self:
        """Return a copy of the network as it is, whose training begins anew; others may be reading this one."""
        new = type(self).__new__(type(self))
        new.__setstate__(copy.deepcopy(self.__getstate__() | {"_run": None}))
        return new

    def _renewed(self, seed: int) -> Self:
        """Return a new network like this one, with another seed and initial weights of its own."""
        new = self._untrained()
        shape, new.seeds, new.metadata, new.attachments = new.input_shape, (seed,), {}, {}
        new._forget_shape()
        return new if shape is None else new.build(shape)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_workspace"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._own_layers()
        if self._store is not None:
            self._workspace = Workspace(self.layers, self.loss, self.members, self.dtype)

    def __copy__(self) -> Self:
        # Two networks cannot share layers, so a shallow copy would break the original.
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        return network_line(self)

    @property
    def seed(self) -> int | list[int]:
        """What ``seed=`` would have to be for the same network."""
        return self.seeds[0] if self.members is None else list(self.seeds)
