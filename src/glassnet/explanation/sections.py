"""The sections of a recorded step: layers forward, loss, layers backward, update."""

from __future__ import annotations

import dataclasses

import numpy as np

from glassnet.explanation.document import Equation, Section, Term
from glassnet.explanation.layer_formulas import backward_of, forward_of, latex_of, parameter_symbol
from glassnet.explanation.loss_formulas import loss_backward, loss_forward
from glassnet.explanation.recording import Recording
from glassnet.explanation.update_formulas import clip_equation, update_equations
from glassnet.layers import Concatenate, Layer, Residual, Sequential

__all__ = ["sections_of"]


@dataclasses.dataclass
class _Place:
    """A layer with its name and number, and the symbols of its input and output."""

    name: str
    layer: Layer
    number: str
    source: str
    result: str


class _Walk:
    """Collects the sections of the layers of a recorded step, in order, and numbers the layers."""

    def __init__(self, record: Recording) -> None:
        self.record = record
        self.sections: list[Section] = []
        self.places: list[_Place] = []
        self._symbols: dict[int, str] = {}
        self._count = 0

    def chain(self, names: list[str], layers: list[Layer], source: str) -> str:
        """Add sections of successive layers; return the symbol of the last output."""
        for name, layer in zip(names, layers, strict=True):
            source = self.one(name, layer, source)
        return source

    def one(self, name: str, layer: Layer, source: str) -> str:
        """Add the sections of a layer, of containers those of the layers inside; return the symbol of its output."""
        inside = {f"{name}.{part}": child for part, child in layer.sublayers().items()}
        if type(layer) is Sequential:
            return self.chain(list(inside), list(inside.values()), source)
        if type(layer) is Residual:
            around = source
            if layer.shortcut is not None:
                around = self.one(f"{name}.shortcut", inside.pop(f"{name}.shortcut"), source)
            result = self.chain(list(inside), list(inside.values()), source)
            return self._joined(name, layer, f"{around} + {result}", f"{latex_of(around)} + {latex_of(result)}", source)
        if type(layer) is Concatenate:
            ends = [self.one(part, child, source) for part, child in inside.items()]
            text = ",\\; ".join(map(latex_of, ends))
            return self._joined(name, layer, f"[{', '.join(ends)}] side by side", f"[{text}]", source)
        number = self._next()
        equations, result = forward_of(layer, self.record.passage(layer), number, source)
        self.sections.append(Section(f"Forward: {name}, {_described(layer)}", tuple(equations)))
        self.places.append(_Place(name, layer, number, source, result))
        return result

    def _next(self) -> str:
        self._count += 1
        return str(self._count)

    def _joined(self, name: str, layer: Layer, formula: str, latex: str, source: str) -> str:
        number = self._next()
        result, passage = f"A{number}", self.record.passage(layer)
        equation = Equation(result, passage.Y, formula, latex)
        self.sections.append(Section(f"Forward: {name}, {type(layer).__name__}", (equation,)))
        self.places.append(_Place(name, layer, number, source, result))
        return result


def _described(layer: Layer) -> str:
    """Return the class and the main arguments of a layer as text."""
    config = layer.config()
    shown = [repr(config[name]) for name in ("units", "activation", "rate") if config.get(name) is not None]
    return f"{type(layer).__name__}({', '.join(shown)})"


def sections_of(record: Recording) -> list[Section]:
    """Return the whole step as sections."""
    walk, network = _Walk(record), record.network
    given = [Equation("A0", record.X, remark="the input X"), Equation("y", record.y)]
    if record.weight is not None:
        given.append(Equation("w", record.weight, remark="the weights of the rows"))
    logits = walk.chain(network.names, network.layers, "A0")
    loss = loss_forward(record, logits)
    found = [Section("Given", tuple(given)), *walk.sections, Section(f"Loss: {network.loss.name}", tuple(loss))]
    found.append(Section("Backward: loss", (loss_backward(record, logits),), "dX stands for the slope of L in X."))
    symbols = _parameters(walk)
    for place in reversed(walk.places):
        found += _backward(record, place, walk)
    penalty = _penalty(record, symbols)
    if penalty:
        found.append(Section("Penalties", tuple(penalty)))
    return [*found, *_updates(record, symbols)]


def _parameters(walk: _Walk) -> dict[str, str]:
    """Return the symbols of the parameters by their names in the network."""
    return {
        slot.name: parameter_symbol(slot.spec.name, place.number)
        for place in walk.places
        for slot in walk.record.network.slots
        if slot.layer is place.layer
    }


def _backward(record: Recording, place: _Place, walk: _Walk) -> list[Section]:
    passage = record.passage(place.layer)
    if passage.dY is None:
        return []
    if place.layer.sublayers():
        formula = f"d{place.result} along every way, and the sum of what comes back"
        if passage.dX is None:
            return []
        equation = Equation(f"d{place.source}", passage.dX, formula)
        return [Section(f"Backward: {place.name}, {type(place.layer).__name__}", (equation,))]
    own = {slot.spec.name: record.gradients[slot.name] for slot in record.network.slots if slot.layer is place.layer}
    equations = backward_of(place.layer, passage, place.number, place.source, place.result, own)
    return [Section(f"Backward: {place.name}", tuple(equations))] if equations else []


def _penalty(record: Recording, symbols: dict[str, str]) -> list[Equation]:
    """Return the equations of the gradients with penalties, if there are any."""
    network, found = record.network, []
    if not record.penalty:
        return []
    found.append(
        Equation("L", np.array(record.loss + record.penalty), f"{record.loss:.6g} + penalty of {record.penalty:.6g}")
    )
    for slot in network.slots:
        factor = slot.layer.decay_factor if slot.spec.decays else 0.0
        if not factor or slot.name not in symbols:
            continue
        s, W, dW = symbols[slot.name], record.before[slot.name], record.gradients[slot.name]
        l1, l2 = network.l1 * factor, network.l2 * factor
        tail = (f" + 2 * {l2:g} * {s}" if l2 else "") + (f" + {l1:g} * sign({s})" if l1 else "")

        def work(
            index: tuple[int, ...], W: np.ndarray = W, dW: np.ndarray = dW, l1: float = l1, l2: float = l2
        ) -> list[Term]:
            terms = [Term("{g}", {"g": dW[index]})]
            terms += [Term("2 * {l2} * {w}", {"l2": l2, "w": W[index]})] if l2 else []
            return terms + ([Term("{l1} * sign({w})", {"l1": l1, "w": W[index]})] if l1 else [])

        found.append(Equation(f"d{s}", record.penalised[slot.name], f"d{s}{tail}", "", work, "from here on"))
    return found


def _updates(record: Recording, symbols: dict[str, str]) -> list[Section]:
    optimizer, cut, found = record.network.optimizer, 1.0, []
    clipped = clip_equation(record)
    if clipped is not None:
        equation, cut = clipped
        found.append(Section("Clipping", (equation,), "Every gradient below is multiplied by it."))
    name = type(optimizer).__name__
    remark = f"lr = {record.rate:.6g}, step {record.t} of the optimizer; a prime marks the new value."
    order = list(symbols)
    for slot in sorted((s for s in record.network.slots if s.name in symbols), key=lambda s: order.index(s.name)):
        symbol = symbols[slot.name]
        equations = update_equations(record, slot, symbol, cut)
        if record.network.max_norm is not None and slot.spec.decays:
            last = dataclasses.replace(
                equations[-1], work=None, remark=f"then columns cut to max_norm={record.network.max_norm:g}"
            )
            equations = [*equations[:-1], last]
        found.append(Section(f"Update: {slot.name}, {name}", tuple(equations), remark))
        remark = ""
    return found
