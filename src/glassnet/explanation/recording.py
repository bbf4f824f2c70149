"""Record one training step of a copy in double precision, with the inputs and outputs of all layers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.engine.parameters import Slot
from glassnet.engine.penalties import limit_norms
from glassnet.explanation.shown_rates import shown_rate
from glassnet.layers import BatchNorm, Cache, Dense, Dropout, GaussianNoise, Layer, Step
from glassnet.layers.tree import every_layer
from glassnet.optimizers import OptimizerState, clip_gradients
from glassnet.utils.random_streams import Noise

__all__ = ["Pass", "Passage", "Recording", "record_prediction", "record_step"]


@dataclasses.dataclass
class Passage:
    """The arrays of one layer in a pass.

    Attributes
    ----------
    X, Y : ndarray
        Input and output.
    Z : ndarray or None
        Input of the activation of a `Dense`.
    dY, dX, dZ : ndarray or None
        Gradients of the mean loss; dX is None where no layer before this one is trained.
    cache : dict
        The cache of the layer.
    training : bool
        Whether it was a training step, not a prediction.
    """

    X: np.ndarray
    Y: np.ndarray
    cache: Cache
    Z: np.ndarray | None = None
    dY: np.ndarray | None = None
    dX: np.ndarray | None = None
    dZ: np.ndarray | None = None
    training: bool = True


@dataclasses.dataclass
class Pass:
    """One recorded pass forward.

    Attributes
    ----------
    network : BaseNetwork
        The copy, in double precision, with the weights from before the step.
    passages : dict of int to Passage
        By the id of the layer.
    X, Z : ndarray
        The batch, logits.
    before : dict of str to ndarray
        Parameters before an update, by name.
    """

    network: BaseNetwork
    passages: dict[int, Passage]
    X: np.ndarray
    Z: np.ndarray
    before: dict[str, np.ndarray]

    def passage(self, layer: Layer) -> Passage:
        """Return the arrays of a layer of the copy."""
        return self.passages[id(layer)]


@dataclasses.dataclass
class Recording(Pass):
    """One recorded training step: a pass forward with what follows.

    Attributes
    ----------
    y, weight : ndarray
        Targets of the batch as `Loss.prepare` returns them, weights or None.
    dZ : ndarray
        Gradient of the mean loss with respect to the logits.
    rows : ndarray of shape (n,)
        The loss of each row.
    loss : float
        The mean loss, without penalties.
    after : dict of str to ndarray
        Parameters after the update, by name.
    gradients, penalised : dict of str to ndarray
        Gradients of the loss, and of the loss with penalties.
    running : dict of int to tuple of ndarray
        Running mean and variance of each `BatchNorm` before the step, by the id of the layer.
    norm : float
        Norm of the whole gradient, before clipping.
    states, new_states : dict of str to dict of str to ndarray
        State of the optimizer for each parameter, before and after.
    rate, position : float
        Learning rate, and the position in epochs that it is taken at.
    t : int
        Number of steps of the optimizer, including this one.
    said : tuple of str
        Sentences on what is not as in the next step of `fit`.
    """

    y: np.ndarray
    weight: np.ndarray | None
    dZ: np.ndarray
    rows: np.ndarray
    loss: float
    after: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    penalised: dict[str, np.ndarray]
    running: dict[int, tuple[np.ndarray, np.ndarray]]
    norm: float
    states: dict[str, dict[str, np.ndarray]]
    new_states: dict[str, dict[str, np.ndarray]]
    rate: float
    position: float
    t: int
    said: tuple[str, ...]

    @property
    def penalises(self) -> bool:
        """Whether the loss has a part for large weights."""
        return any(self.penalties_of(slot) != (0.0, 0.0) for slot in self.network._slots)

    def penalties_of(self, slot: Slot) -> tuple[float, float]:
        """Return the strengths of the penalties ``l1`` and ``l2`` on a parameter."""
        factor = slot.layer.decay_factor if slot.spec.decays else 0.0
        return self.network.l1 * factor, self.network.l2 * factor

    def weights(self) -> np.ndarray:
        """Return the weight of each row."""
        return np.ones(len(self.X)) if self.weight is None else self.weight


def record_prediction(network: BaseNetwork, X: np.ndarray) -> Pass:
    """Return a pass forward as in a prediction, made by a copy.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members.
    X : ndarray
        Checked, in double precision.
    """
    copy = network._untrained().astype("float64")
    passages: dict[int, Passage] = {}
    for layer in every_layer(copy.layers):
        _record(layer, passages, 1.0)
    Z = copy._workspace.pass_for(len(X), True).chain.forward(X, Step("record"))
    return Pass(copy, passages, X, np.array(Z), _named(copy, copy.params))


def record_step(
    network: BaseNetwork, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, *, noise: bool = True
) -> Recording:
    """Return the next training step on a batch, made by a copy; the network is not changed.

    Parameters
    ----------
    network : BaseNetwork
        Built, without members.
    X, y, weight : ndarray
        Checked, in double precision.
    noise : bool, default=True
        Whether dropout and noise are on, as in training.
    """
    copy = network._untrained().astype("float64")
    if not noise:
        _switch_off_noise(copy)
    state, rate, streams, said = _position(network, copy)
    passages: dict[int, Passage] = {}
    total = float(len(X) if weight is None else weight.sum())
    running = {}
    for layer in every_layer(copy.layers):
        _record(layer, passages, 1.0 / total)
        if isinstance(layer, BatchNorm):
            running[id(layer)] = layer.running_mean.copy(), layer.running_var.copy()
    step = Step("train", streams)
    step.position = state.position
    copy._accumulate(X, y, weight, step)
    store = copy._built("explain")
    loss = float(store.loss_sum) / total
    store.average_gradients()
    before, gradients, states = _named(copy, copy.params), _named(copy, copy.grads), _states(copy, state)
    copy._penalties().add_gradients()
    penalised = _named(copy, copy.grads)
    trained = [slot.view(copy.grads) for slot in copy._slots if slot.layer.trainable]
    norm = float(np.sqrt(sum(float((g * g).sum()) for g in trained)))
    after, new_states = _update(copy, state, rate)
    last = passages[id(copy.layers[-1])]
    return Recording(
        network=copy, passages=passages, X=X, y=y, weight=weight, Z=last.Y, dZ=_slope(copy, last, y, weight, total),
        rows=_row_losses(copy, last.Y, y), loss=loss, before=before, after=after, gradients=gradients,
        penalised=penalised, running=running, norm=norm, states=states, new_states=new_states, rate=rate,
        position=state.position, t=state.t, said=said,
    )  # fmt: skip


def _switch_off_noise(copy: BaseNetwork) -> None:
    """Let dropout keep every input of the copy, and noise add nothing."""
    for layer in every_layer(copy.layers):
        if isinstance(layer, Dropout):
            layer.rate = 0.0
        elif isinstance(layer, GaussianNoise):
            layer.std = 0.0


def _update(
    network: BaseNetwork, state: OptimizerState, rate: float
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, np.ndarray]]]:
    """Return the parameters and the optimizer's state after the step; the network keeps the weights that it has."""
    store, kept = network._built("explain"), network.params.copy()
    if network.optimizer.clip_norm is not None:
        clip_gradients(store.grads, network.optimizer.clip_norm, state.groups)
    network.optimizer.step(network.params, network.grads, state, rate)
    if network.max_norm is not None:
        limit_norms(store, network.max_norm)
    after = _named(network, network.params)
    network.params[...] = kept
    return after, _states(network, state)


def _slope(network: BaseNetwork, last: Passage, y: np.ndarray, weight: np.ndarray | None, total: float) -> np.ndarray:
    """Return the slope of the mean loss in the logits, also where no layer takes it further."""
    if last.dY is not None:
        return last.dY
    prepared = network._workspace.pass_for(len(y), keeps=True)
    network.loss.value_and_gradient(last.Y, y, weight, prepared.dZ, prepared.loss_cache)
    return np.array(prepared.dZ) / total


def _position(network: BaseNetwork, copy: BaseNetwork) -> tuple[OptimizerState, float, Noise, tuple[str, ...]]:
    """Return the optimizer's state in double precision, the learning rate, the noise, and sentences on these."""
    groups = copy._built("explain").groups
    state = copy.optimizer.new_state(copy.params, groups)
    noise, schedule = copy._noise(), network.optimizer.schedule
    run = network._run
    if run is None:
        rate, state.position, said = shown_rate(schedule, 0.0, schedule.new_memory())
        return state, rate, noise, said
    for name, array in run.optimizer_state.arrays.items():
        if name in state.arrays:
            state.arrays[name][...] = array
    state.t = run.optimizer_state.t
    epoch, batch, length = run.epoch, run.step, run.steps_per_epoch
    if length and batch >= length:  # the last step of an epoch that was not closed yet
        epoch, batch = epoch + 1, 0
    position = epoch + (batch / length if length else 0.0)
    rate, state.position, said = shown_rate(schedule, position, run.schedule_memory)
    noise.epoch, noise.batch = epoch, batch
    return state, rate, noise, said


def _record(layer: Layer, passages: dict[int, Passage], scale: float) -> None:
    """Wrap the methods of a layer of the copy so that they record its arrays."""
    forward, backward = layer.forward, layer.backward

    def recorded_forward(X: np.ndarray, cache: Cache, step: Step) -> np.ndarray:
        given = np.array(X)
        Y = forward(X, cache, step)
        passages[id(layer)] = passage = Passage(given, np.array(Y), cache, training=step.training)
        if isinstance(layer, Dense):
            passage.Z = given @ layer.W + (layer.b if layer.use_bias else 0.0)
        return Y

    def recorded_backward(dY: np.ndarray, cache: Cache) -> np.ndarray | None:
        passage = passages[id(layer)]
        passage.dY = dY * scale
        dX = backward(dY, cache)
        passage.dX = None if dX is None else np.array(dX) * scale
        return dX

    layer.forward, layer.backward = recorded_forward, recorded_backward  # type: ignore[method-assign]
    if isinstance(layer, Dense):
        activation = layer.activation
        differentiate = activation.differentiate

        def recorded_slope(dY: np.ndarray, Y: np.ndarray, work: Any) -> None:
            differentiate(dY, Y, work)
            passages[id(layer)].dZ = dY * scale

        activation.differentiate = recorded_slope  # type: ignore[method-assign]


def _named(network: BaseNetwork, flat: np.ndarray) -> dict[str, np.ndarray]:
    return {slot.name: slot.view(flat).copy() for slot in network._slots}


def _states(network: BaseNetwork, state: OptimizerState) -> dict[str, dict[str, np.ndarray]]:
    return {slot.name: {n: slot.view(a).copy() for n, a in state.arrays.items()} for slot in network._slots}


def _row_losses(network: BaseNetwork, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the loss of each row on its own."""
    prepared = network._workspace.pass_for(1, keeps=False)
    values = [
        float(network.loss.value_and_gradient(Z[i : i + 1], y[i : i + 1], None, prepared.dZ, prepared.loss_cache))
        for i in range(len(Z))
    ]
    return np.array(values)
