"""A walk through the layers of a recorded step: their numbers, the symbols between them, and who uses which.

A symbol that several layers use has a slope of several parts: ``dA1_via2`` is what comes back through layer 2.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from glassnet.explanation.document import Equation, Section
from glassnet.explanation.layer_formulas import Slopes, backward_of, forward_of
from glassnet.explanation.penalty_formulas import with_penalties
from glassnet.explanation.recording import Pass, Recording
from glassnet.explanation.symbols import latex_of, parameter_symbol
from glassnet.explanation.terms import total
from glassnet.layers import Concatenate, Layer, Residual, Sequential
from glassnet.layers.tree import every_layer

__all__ = ["Place", "Walk"]


@dataclasses.dataclass
class Place:
    """A layer in the order of computation.

    Attributes
    ----------
    name : str
    layer : Layer
    number : str
    result : str
        Symbol of its output.
    sources : tuple of str
        Symbols of its inputs: of one, but for the places where branches meet.
    parameters : dict of str to str
        Symbols of its parameters by their names in the network.
    """

    name: str
    layer: Layer
    number: str
    result: str
    sources: tuple[str, ...]
    parameters: dict[str, str]


class Walk:
    """Collects the sections of the layers of a recorded step, and numbers the layers.

    Parameters
    ----------
    record : Pass
        A `Recording` where the way back is asked for.
    """

    def __init__(self, record: Pass) -> None:
        self.record = record
        self.forward: list[Section] = []
        self.places: list[Place] = []
        self._uses: dict[str, list[Place]] = {}
        self._numbers: dict[int, str] = {}
        network = record.network
        self.logits = self._chain(network.names, network.layers, "A0")

    @property
    def symbols(self) -> dict[str, str]:
        """Symbols of all parameters by their names in the network."""
        return {name: symbol for place in self.places for name, symbol in place.parameters.items()}

    # ---- forward ---------------------------------------------------------------------------------------------------

    def _chain(self, names: list[str], layers: list[Layer], source: str) -> str:
        """Walk through successive layers; return the symbol of the last output."""
        for name, layer in zip(names, layers, strict=True):
            source = self._one(name, layer, source)
        return source

    def _one(self, name: str, layer: Layer, source: str) -> str:
        """Walk through a layer, and through those inside a container of ours; return the symbol of its output."""
        inside = {f"{name}.{part}": child for part, child in layer.sublayers().items()}
        if type(layer) is Sequential:
            return self._chain(list(inside), list(inside.values()), source)
        if type(layer) is Residual:
            around = source
            if layer.shortcut is not None:
                around = self._one(f"{name}.shortcut", inside.pop(f"{name}.shortcut"), source)
            ends: tuple[str, ...] = (around, self._chain(list(inside), list(inside.values()), source))
            return self._joined(name, layer, ends, " + ".join(ends), " + ".join(map(latex_of, ends)))
        if type(layer) is Concatenate:
            ends = tuple(self._one(part, child, source) for part, child in inside.items())
            text = ",\\; ".join(map(latex_of, ends))
            return self._joined(name, layer, ends, f"[{', '.join(ends)}] side by side", f"[{text}]")
        return self._leaf(name, layer, source)

    def _leaf(self, name: str, layer: Layer, source: str) -> str:
        record, number = self.record, self._next(layer)
        for part in every_layer(list(layer.sublayers().values())):  # of a container of the user's own
            self._next(part)
        parameters = {
            slot.name: parameter_symbol(slot.spec.name, self._next(slot.layer))
            for slot in record.network._slots
            if slot.layer is layer or any(slot.layer is part for part in every_layer(list(layer.sublayers().values())))
        }
        values = {symbol: record.before[name] for name, symbol in parameters.items()}
        equations, result = forward_of(layer, record.passage(layer), number, source, values)
        self._add(Place(name, layer, number, result, (source,), parameters), _described(layer), equations)
        return result

    def _joined(self, name: str, layer: Layer, ends: tuple[str, ...], formula: str, latex: str) -> str:
        number = self._next(layer)
        result = f"A{number}"
        equation = Equation(result, self.record.passage(layer).Y, formula, latex)
        self._add(Place(name, layer, number, result, ends, {}), type(layer).__name__, [equation])
        return result

    def _next(self, layer: Layer) -> str:
        return self._numbers.setdefault(id(layer), str(len(self._numbers) + 1))

    def _add(self, place: Place, described: str, equations: list[Equation]) -> None:
        self.places.append(place)
        for source in place.sources:
            self._uses.setdefault(source, []).append(place)
        self.forward.append(Section(f"Forward: {place.name}, {described}", tuple(equations), layer=place.name))

    # ---- backward --------------------------------------------------------------------------------------------------

    def backward(self) -> list[Section]:
        """Return the sections of the layers backward, the last layer's first."""
        found = []
        for place in reversed(self.places):
            equations = [*self._whole(place.result), *self._back(place)]
            if equations:
                found.append(Section(f"Backward: {place.name}", tuple(equations), layer=place.name))
        return found

    def _whole(self, symbol: str) -> list[Equation]:
        """Return the equation of a slope that has several parts."""
        users = self._uses.get(symbol, [])
        parts = {f"d{symbol}_via{user.number}": self._part(user, symbol) for user in users}
        known = {name: part for name, part in parts.items() if part is not None}
        if len(parts) < 2 or len(known) < len(parts):
            return []
        return [total(f"d{symbol}", known, "what comes back through " + " and ".join(user.name for user in users))]

    def _slope(self, user: Place, symbol: str) -> str:
        """Return the symbol of what comes back to a symbol through one of its users; "" where that is not needed."""
        users = self._uses[symbol]
        if any(self._part(each, symbol) is None for each in users):
            return ""
        return f"d{symbol}" if len(users) == 1 else f"d{symbol}_via{user.number}"

    def _part(self, user: Place, symbol: str) -> np.ndarray | None:
        """Return what comes back to a symbol through one of its users; None where it is not computed."""
        passage = self.record.passage(user.layer)
        if passage.dY is None:
            return None
        if type(user.layer) not in (Residual, Concatenate):
            return passage.dX
        producer = next((place for place in self.places if place.result == symbol), None)
        inside = producer is not None and producer.name.startswith(f"{user.name}.")
        needed = passage.dX if not inside else self.record.passage(producer.layer).dY  # type: ignore[union-attr]
        return None if needed is None else passage.dY[..., self._columns(user, symbol)]

    def _columns(self, place: Place, symbol: str) -> slice:
        """Return which columns of the output of a place where branches meet are those of a symbol."""
        if type(place.layer) is Residual:
            return slice(None)
        start = 0
        for end, branch in zip(place.sources, place.layer.sublayers().values(), strict=True):
            if end == symbol:
                return slice(start, start + branch.out_shape[-1])
            start += branch.out_shape[-1]
        raise KeyError(symbol)

    def _back(self, place: Place) -> list[Equation]:
        record, passage = self.record, self.record.passage(place.layer)
        if passage.dY is None or not isinstance(record, Recording):
            return []
        if type(place.layer) in (Residual, Concatenate):
            return self._parted(place)
        source = place.sources[0]
        gradients = {symbol: record.gradients[name] for name, symbol in place.parameters.items()}
        names = Slopes(place.number, source, place.result, self._slope(place, source), gradients)
        return with_penalties(record, backward_of(place.layer, passage, names), place.parameters)

    def _parted(self, place: Place) -> list[Equation]:
        """Return the equations of what goes back into each branch."""
        found = []
        for source in place.sources:
            part, slope, columns = self._part(place, source), self._slope(place, source), self._columns(place, source)
            if part is None or not slope:
                continue
            formula, latex = f"d{place.result}", latex_of(f"d{place.result}")
            if type(place.layer) is Concatenate:
                formula = f"columns {columns.start} to {columns.stop - 1} of {formula}"
                latex = rf"\text{{columns {columns.start} to {columns.stop - 1} of }} {latex}"
            found.append(Equation(slope, part.copy(), formula, latex))
        return found


def _described(layer: Layer) -> str:
    """Return the class and the main arguments of a layer as text."""
    config = layer.config()
    shown = [repr(config[name]) for name in ("units", "activation", "rate") if config.get(name) is not None]
    return f"{type(layer).__name__}({', '.join(shown)})"
