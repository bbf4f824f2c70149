"""The base class of layers: the protocol, with defaults for layers without parameters.

The network owns every array. A layer describes its parameters (`Layer.param_specs`), is given views of them
(`Layer.bind`), and works in buffers that it is given (`Layer.make_cache`). Shapes in this package leave out the
member axis: with members, K networks trained at once, every array of a layer has one leading axis more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from glassnet.layers.initializers import INITIALIZERS
from glassnet.utils.arrays import BufferPool, Buffers
from glassnet.utils.checks import check_flag, check_number
from glassnet.utils.keywords import AdvisesOnNames, unknown_attribute
from glassnet.utils.random_streams import Noise

__all__ = ["Cache", "Layer", "ParamSpec", "Step", "Views"]

Cache = dict[str, Any]
"""What one layer needs for one pass: scratch arrays, and what forward leaves for backward."""

_ROWS = 4096  # in one pass over many

Views = dict[str, np.ndarray]
"""Arrays by the names of their specs, each a view into one of the network's flat arrays."""


class ParamSpec(NamedTuple):
    """One array of a layer, which the network allocates.

    Attributes
    ----------
    name : str
        Its public name within the layer, as in ``"dense_1.weight"``.
    shape : tuple of int
        Shape for one network, without the axis of members.
    initializer : str
        A name in `glassnet.layers.initializers.INITIALIZERS`.
    fan_in, fan_out : int
        The fans that the initializer scales by.
    decays : bool
        Whether weight decay applies: to weights, not to biases and norms.
    rate_factor : float
        Multiplies the learning rate.
    non_negative : bool
        Whether a file in which it is below 0 is damaged, as for a variance.
    """

    name: str
    shape: tuple[int, ...]
    initializer: str
    fan_in: int = 1
    fan_out: int = 1
    decays: bool = False
    rate_factor: float = 1.0
    non_negative: bool = False


class Step:
    """Mode of a pass (predict, record, train) and its position in the run.

    Attributes
    ----------
    mode : str
        ``"predict"`` keeps nothing. ``"record"`` does the arithmetic of prediction and keeps what a backward pass
        needs. ``"train"`` adds noise and updates running statistics.
    keeps : bool
        Whether a backward pass may follow: in every mode but ``"predict"``.
    training : bool
        Whether the mode is ``"train"``.
    rng : Noise or None
        Source of noise in ``"train"``.
    progress : float
        Position in the run, in [0, 1).
    position : float
        The same in epochs, for settings that follow a schedule.
    """

    __slots__ = ("keeps", "mode", "position", "progress", "rng", "training")

    def __init__(self, mode: str, rng: Noise | None = None, progress: float = 0.0) -> None:
        self.mode = mode
        self.keeps = mode != "predict"
        self.training = mode == "train"
        self.rng = rng
        self.progress = progress
        self.position = 0.0


class Layer(AdvisesOnNames):
    """Base of all layers: the names of the protocol, and defaults for a layer without parameters.

    Arrays are the network's: a layer's attributes that are arrays are views, and are written with ``out=`` or
    ``[...] =``, never assigned.

    Attributes
    ----------
    in_shape, out_shape : tuple of int
        Shapes of one sample, known after `build`.
    trainable : bool
        Whether `fit` may change its parameters and running statistics. May be set at any time.
    rate_factor : float
        Multiplies the learning rate for its parameters.
    decay_factor : float
        Multiplies weight decay and the penalties ``l1`` and ``l2`` for its weights.
    index : int
        Position in the network: it separates the noise of two layers.
    owner : weakref to Network or None
        The network that it is part of.
    saved_by_name : bool
        Whether a file holds only class and ``name``, as for objects made of functions; ``load`` needs the object.
    is_scheduled : bool
        Whether a setting of it changes in the course of training, by ``step.position``.
    frees_output : bool
        Whether its output is an array of its own that it does not read again, so that the next layer may write to it.
    works_in_place : bool
        Whether `forward` writes its output over X where the cache says ``"in_place"``, which a `Chain` sets where the
        layer before frees its output: what is in the processor's cache is then used again.
    member_settings : tuple of str
        Arguments, numbers, in which K networks that are trained at once may differ: each may then be an array
        (K, 1, ...) instead.
    """

    in_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    trainable: bool = True
    rate_factor: float = 1.0
    decay_factor: float = 1.0
    index: int = 0
    owner: Any = None
    saved_by_name: bool = False
    is_scheduled: bool = False
    frees_output: bool = False
    works_in_place: ClassVar[bool] = False
    member_settings: ClassVar[tuple[str, ...]] = ()
    _views: frozenset[str] = frozenset()

    if not TYPE_CHECKING:  # a checker would take every attribute for one that exists

        def __getattr__(self, name: str) -> Any:
            raise unknown_attribute(type(self), name)

    def build(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Check the shape of one input sample and return the shape of one output sample.

        Parameters
        ----------
        in_shape : tuple of int
            Without the axis of samples and without that of members.
        """
        self.in_shape = self.out_shape = tuple(in_shape)
        return self.out_shape

    def param_specs(self) -> tuple[ParamSpec, ...]:
        """Return what the optimizer trains."""
        return ()

    def initial_values(self, spec: ParamSpec, rng: np.random.Generator) -> np.ndarray:
        """Return the values that an array starts with, of shape ``spec.shape``, in double precision.

        Parameters
        ----------
        spec : ParamSpec
            One of those that `param_specs` or `stat_specs` returned.
        rng : numpy.random.Generator
            The member's own.
        """
        return INITIALIZERS[spec.initializer](rng, spec.shape, spec.fan_in, spec.fan_out)

    def stat_specs(self) -> tuple[ParamSpec, ...]:
        """Return running statistics: saved with the network, never optimised."""
        return ()

    def bind(self, params: Views, grads: Views, stats: Views, members: int | None) -> None:
        """Take views into the network's flat arrays, by the names of the specs.

        Parameters
        ----------
        params, grads : dict of str to ndarray
            Parameters and their gradients, each of shape (K?, *spec.shape).
        stats : dict of str to ndarray
            Running statistics, likewise.
        members : int, optional
            Number K of networks; None for a single one, whose arrays have no axis of members.
        """

    def init_from_data(self, X: np.ndarray, rngs: Sequence[np.random.Generator]) -> None:
        """Initialise parameters from the rows that the layer will get; most layers do nothing.

        Parameters
        ----------
        X : ndarray of shape (K?, n, *in_shape)
            The layer's input for training rows, with noise off.
        rngs : sequence of numpy.random.Generator
            One per member.
        """

    def passed(self, X: np.ndarray, members: int | None) -> np.ndarray:
        """Return the output for any number of rows as a fresh array, with noise off.

        Parameters
        ----------
        X : ndarray of shape (K?, n, *in_shape)
            The input.
        members : int, optional
            Number K of networks.
        """
        lead, axis = X.shape[: X.ndim - 1 - len(self.in_shape)], X.ndim - 1 - len(self.in_shape)
        Y = np.empty((*lead, X.shape[axis], *self.out_shape), dtype=X.dtype)
        for start in range(0, X.shape[axis], _ROWS):
            part = (*(slice(None) for _ in lead), slice(start, start + _ROWS))
            rows = X[part]
            scratch = Buffers(BufferPool(members, X.dtype), rows.shape[axis], keeps=False)
            Y[part] = self.forward(rows, self.make_cache(scratch, need_dX=False), Step("predict"))
        return Y

    def make_cache(self, scratch: Buffers, need_dX: bool) -> Cache:
        """Return what `forward` and `backward` need for batches of ``scratch.batch_size``.

        Parameters
        ----------
        scratch : Buffers
            Provides arrays for one batch size: ``scratch.array(sample_shape)``.
        need_dX : bool
            False where nothing in front of this layer can learn, so that `backward` may return None.
        """
        return {}

    def forward(self, X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        """Return the output for a batch; ``X`` is not written, but for a layer that `works_in_place`.

        Parameters
        ----------
        X : ndarray of shape (K?, n, *in_shape)
            The input, not to be written.
        cache : dict
            What `make_cache` returned; the place for what `backward` needs.
        step : Step
            What the pass is for: prediction, a record of it, or training.
        """
        raise NotImplementedError

    def backward(self, dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        """Overwrite the layer's gradients and return the gradient with respect to the input of `forward`.

        ``dY`` may be consumed. Returns None where the cache was made without ``need_dX``.

        Parameters
        ----------
        dY : ndarray of shape (K?, n, *out_shape)
            Gradient of the loss with respect to the output; may be overwritten.
        cache : dict
            As `forward` left it.
        """
        raise NotImplementedError

    def check_raw(self, X: np.ndarray) -> np.ndarray | None:
        """Check the network's input before anything is computed.

        Returns the part of it that the next layer gets, or None where those are no longer the user's own numbers.

        Parameters
        ----------
        X : ndarray of shape (n, *in_shape)
            The user's own numbers, finite and of the network's dtype.
        """
        return None

    def sublayers(self) -> dict[str, Layer]:
        """Return the layers inside by name; a layer that has some has no parameters of its own."""
        return {}

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able; layers among them as their `entry`."""
        return {}

    def tuned(
        self, *, trainable: bool | None = None, rate_factor: float | None = None, decay_factor: float | None = None
    ) -> Self:
        """Set how the layer is trained, and return it; what is left out stays as it is.

        Parameters
        ----------
        trainable : bool, optional
            Whether `fit` may change the layer.
        rate_factor : float, optional
            Multiplies the learning rate, at least 0.
        decay_factor : float, optional
            Multiplies weight decay and the penalties, at least 0.

        Examples
        --------
        >>> from glassnet.layers import Dense
        >>> Dense(8).tuned(rate_factor=0.1).rate_factor
        0.1
        """
        name = type(self).__name__
        if trainable is not None:
            self.trainable = check_flag(name, "trainable", trainable)
        if rate_factor is not None:
            self.rate_factor = check_number(name, "rate_factor", rate_factor, 0.0)
        if decay_factor is not None:
            self.decay_factor = check_number(name, "decay_factor", decay_factor, 0.0)
        return self

    def tuning(self) -> dict[str, Any]:
        """Return what was set by `tuned` and is not the default, JSON-able."""
        names = ("trainable", "rate_factor", "decay_factor")
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(Layer, name)}

    def entry(self) -> dict[str, Any]:
        """Return the layer as plain data: class, arguments, and how it is trained if that was set."""
        tuning = self.tuning()
        kept = {"name": getattr(self, "name", None)} if self.saved_by_name else self.config()
        return {"class": type(self).__name__, **kept, **({"tuning": tuning} if tuning else {})}

    def __repr__(self) -> str:
        # What a file describes by a dict is an object of the layer: an activation, say.
        shown = {n: getattr(self, n, value) if isinstance(value, dict) else value for n, value in self.config().items()}
        arguments = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{type(self).__name__}({arguments}){self._tuned_text()}"

    def _tuned_text(self) -> str:
        tuning = ", ".join(f"{name}={value!r}" for name, value in self.tuning().items())
        return f".tuned({tuning})" if tuning else ""

    def note_views(self, flats: tuple[np.ndarray, ...]) -> None:
        """Note which attributes are views of the network's flat arrays; called after `bind`."""
        self._views = frozenset(
            name
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray) and any(np.may_share_memory(value, flat) for flat in flats)
        )

    def __getstate__(self) -> dict[str, Any]:
        # What `bind` sets anew: copied views would be arrays of their own, and skops cannot write NumPy's functions.
        left_out = {*self._views, "_views", "_product", "owner"}
        return {name: value for name, value in vars(self).items() if name not in left_out}
