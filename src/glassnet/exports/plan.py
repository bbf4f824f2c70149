"""What a model computes for one row, as a short list of steps on named values: the form that every target prints.

A value is an array of fixed shape, the same for every row, laid out row-major; a reshape is another view of it and no
step. Column steps turn the cells of a table into features, vector steps turn values into values. Noise is left out,
running statistics are folded in, and the weights of members carry a leading axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from glassnet.exports.fields import Field
from glassnet.exports.values import Core, Value

__all__ = [
    "FARTHEST", "FILLING", "Add", "Affine", "Answer", "ColumnStep", "Constant", "Core", "Embed", "Field", "Flag",
    "Join", "Lookup", "Map", "Mean", "Normalise", "Plan", "Rank", "Scaled", "Select", "Softmax", "Sort", "Step",
    "Value", "VectorStep", "Wave",
]  # fmt: skip

FILLING = "Z if abs(Z) <= largest else fill"
"""The formula by which a model of plain numbers fills missing ones, if it does: no comparison holds for NaN."""

FARTHEST = 1e30
"""Units from its centre beyond which a number counts as that far."""


@dataclass(frozen=True)
class Step:
    """Base of all steps: makes the value ``out``."""

    out: Value

    def inputs(self) -> tuple[Value, ...]:
        """Return the values that the step reads."""
        return ()

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the arrays of numbers that the step holds, by name."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                yield name, value
            elif isinstance(value, dict):
                yield from ((key, one) for key, one in value.items() if isinstance(one, np.ndarray))


# ---- from cells to features: ``out`` has the shape (width,) --------------------------------------------------------


@dataclass(frozen=True)
class ColumnStep(Step):
    """Base of the steps that read one cell, of the field in this position; computed in double precision."""

    field: int


@dataclass(frozen=True)
class Scaled(ColumnStep):
    """``z = (x - center) / unit``, with ``fill`` for a missing x; with a ``bound`` then ``z / hypot(1, z / bound)``.

    z is cut at ±`FARTHEST` before, so that no number overflows; where the model refuses such a row, a file saturates.
    """

    fill: float
    center: float
    unit: float
    bound: float | None = None


@dataclass(frozen=True)
class Rank(ColumnStep):
    """Normal quantile of the rank of x among ``quantiles``, as `NormalScale.forward`; ``fill`` for a missing x."""

    fill: float
    quantiles: np.ndarray


@dataclass(frozen=True)
class Wave(ColumnStep):
    """``s = [sin(2 pi x / period), cos(2 pi x / period)]``, 0 for a missing x; then as `Scaled` where bounded.

    ``center`` and ``unit`` are of shape (2,), and ``bound`` applies to both; without one they are 0 and 1.
    """

    period: float
    center: np.ndarray
    unit: np.ndarray
    bound: float | None = None


@dataclass(frozen=True)
class Flag(ColumnStep):
    """The number ``missing`` for a missing cell, else ``present``."""

    present: float
    missing: float


@dataclass(frozen=True)
class Lookup(ColumnStep):
    """A row of ``table``: of a missing cell, an unknown text, then of each category; (2 + categories, width)."""

    categories: tuple[str, ...]
    table: np.ndarray


@dataclass(frozen=True)
class Constant(Step):
    """The same numbers for every row."""

    values: np.ndarray


# ---- from values to values -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VectorStep(Step):
    """Base of the steps that read one value."""

    x: Value

    def inputs(self) -> tuple[Value, ...]:
        return (self.x,)


@dataclass(frozen=True)
class Affine(VectorStep):
    """``y[g, r] = x[g, r] @ W[g] + b[g]`` for every group g and row r of a sample.

    x is (G, R, d_in), or (1, R, d_in) if all groups read the same; W is (G, d_in, d_out), b (G, d_out) or None, and y
    (G, R, d_out). A usual layer has G = R = 1.
    """

    W: np.ndarray
    b: np.ndarray | None


@dataclass(frozen=True)
class Map(VectorStep):
    """An expression in Z, the entries of x: ``"max(Z, 0)"``, with numbers and arrays by further names.

    x and the arrays are broadcast to the shape of ``out``, all of the same number of axes. The expression is in the
    language of `Formula` and neither overflows nor loses digits. ``double`` demands double precision inside. ``word``
    is what people call the function, an identifier such as ``"mish"``; empty if it has no name.
    """

    formula: str
    constants: dict[str, float] = field(default_factory=dict)
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    double: bool = False
    word: str = ""


@dataclass(frozen=True)
class Select(VectorStep):
    """``y[i] = x[places[i]]`` over the entries of x in row-major order."""

    places: np.ndarray


@dataclass(frozen=True)
class Embed(VectorStep):
    """``y[g, j] = table[g, x[g, j]]``: x holds whole numbers, (G or 1, m); ``table`` is (G, n, dim), y (G, m, dim).

    The codes of a table are always in range. Where they are numbers of a row, a file may refuse others or take the
    nearest, as the interpreter does, but must not read beyond the table.
    """

    table: np.ndarray


@dataclass(frozen=True)
class Softmax(VectorStep):
    """``exp(x - max(x)) / sum(exp(x - max(x)))`` along the last axis."""


@dataclass(frozen=True)
class Normalise(VectorStep):
    """``(x - mean(x)) / sqrt(var(x) + eps)`` along the last axis, with the biased variance."""

    eps: float


@dataclass(frozen=True)
class Mean(VectorStep):
    """The mean over the first axis of x."""


@dataclass(frozen=True)
class Sort(VectorStep):
    """x in rising order along its last axis."""


@dataclass(frozen=True)
class Join(Step):
    """Values one after the other along the last axis; the axes before it are the same in all."""

    parts: tuple[Value, ...]

    def inputs(self) -> tuple[Value, ...]:
        return self.parts


@dataclass(frozen=True)
class Add(Step):
    """The sum of two values of the same shape."""

    a: Value
    b: Value

    def inputs(self) -> tuple[Value, ...]:
        return (self.a, self.b)


@dataclass(frozen=True)
class Answer:
    """What the outputs of a plan are.

    Parameters
    ----------
    kind : {"classes", "labels", "numbers", "quantiles"}
        Probabilities of which the largest decides (the first of equal ones); probabilities of labels each of which
        is there above 0.5; numbers; or quantiles of one number in rising order.
    labels : tuple
        Labels of the outputs of a classification: str, int, float or bool.
    names : tuple of str
        Names of the outputs, as people read them.
    levels : tuple of float
        Levels of quantiles.
    middle : tuple of int
        The positions of the quantiles whose mean is the number that is predicted.
    target : str
        What is predicted.
    """

    kind: Literal["classes", "labels", "numbers", "quantiles"]
    names: tuple[str, ...]
    labels: tuple[Any, ...] = ()
    levels: tuple[float, ...] = ()
    middle: tuple[int, ...] = ()
    target: str = "target"


@dataclass(frozen=True)
class Plan:
    """A model as steps.

    Parameters
    ----------
    name : str
        Short, for people; targets make identifiers of it.
    fields : tuple of Field
        The columns of a row; empty for a model of plain numbers, whose row is the value ``x`` of shape (n_inputs,).
    inputs : tuple of str
        The names of the numbers of such a row, which may be empty where it has no names.
    steps : tuple of Step
        In the order of computation.
    x, y : Value
        The encoded features (the row itself for plain numbers) and the outputs.
    answer : Answer
        What the outputs are.
    made_from : mapping of str to str
        What the model is, for the header: class, layers, loss, version, training.
    double_inputs : bool
        Whether a row of plain numbers must be read in double precision.
    core : Core, optional
        The network inside.
    """

    name: str
    fields: tuple[Field, ...]
    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    x: Value
    y: Value
    answer: Answer
    made_from: Mapping[str, str] = field(default_factory=dict)
    double_inputs: bool = False
    core: Core | None = field(default=None, compare=False, repr=False)

    @property
    def is_table(self) -> bool:
        """Whether a row is one of a table, with names and kinds."""
        return bool(self.fields)

    @property
    def fills_missing(self) -> bool:
        """Whether numbers of a row without names may be missing: the first step fills them."""
        first = self.steps[0] if self.steps else None
        return isinstance(first, Map) and FILLING in first.formula and first.x.name == self.x.name

    @property
    def column_steps(self) -> tuple[Step, ...]:
        """The steps up to the encoded features, and their `Join`."""
        return self.steps[: self._first_vector_step]

    @property
    def vector_steps(self) -> tuple[Step, ...]:
        """The steps from the encoded features to the outputs."""
        return self.steps[self._first_vector_step :]

    @property
    def _first_vector_step(self) -> int:
        made = [step.out.name for step in self.steps]
        return made.index(self.x.name) + 1 if self.x.name in made else 0

    @property
    def n_weights(self) -> int:
        """Number of numbers in all steps."""
        return sum(array.size for step in self.steps for _, array in step.arrays())
