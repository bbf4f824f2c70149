"""Plans of pipelines of scalers with an estimator for tables at the end, whose columns then read unscaled numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.lowering.chains import Chain, Stage, numbered_names
from glassnet.exports.plan import Constant, Field, Flag, Plan, Rank, Scaled, Step

__all__ = ["behind_scalers"]


def behind_scalers(plan: Plan, chain: Chain) -> Plan:
    """Return the plan of the estimator at the end of a chain as one that reads the rows in front of it.

    Raises
    ------
    ConfigError
        The scalers cut numbers, or a column of the estimator is no number.
    """
    first, *others = chain.stages()
    own = chain.table._columns[1] if chain.table is not None else []
    names = chain.names or numbered_names(chain.n_inputs)
    places = [own.index(field.name) for field in plan.fields]
    plain = first.is_nothing and chain.fill is None
    bad = None if plain else next((field for field in plan.fields if field.kind != "number" or field.codes), None)
    if others or first.ends is not None or bad is not None:
        must = "scalers before an estimator for tables must not cut numbers, and every column must hold some"
        got = f"is before the {bad.kind} {bad.name!r}" if bad is not None else "has clip=True"
        got += " with marks of missing values" if bad is not None and bad.codes else ""
        message = f"export: a scaler {got}; {must}. Fit it on the unscaled table: it scales by itself."
        raise ConfigError(message, expected=must, got=got)
    fields = tuple(_unscaled(field, names[j], first, j) for field, j in zip(plan.fields, places, strict=True))
    columns = [_reading(step, first, chain.fill, places) for step in plan.column_steps]
    return replace(plan, fields=fields, steps=(*columns, *plan.vector_steps))


def _unscaled(field: Field, name: str, stage: Stage, j: int) -> Field:
    center, unit = float(stage.center[j]), float(stage.unit[j])
    low, high, middle = (center + unit * value for value in (field.low, field.high, field.center))
    return replace(field, name=name, low=low, high=high, center=middle, unit=unit * field.unit)


def _reading(step: Step, stage: Stage, fill: np.ndarray | None, places: list[int]) -> Step:
    """Return a column step that reads unscaled numbers, of which missing ones are filled if there is a ``fill``."""
    if not isinstance(step, (Flag, Rank, Scaled)):
        return step
    j = places[step.field]
    center, unit = float(stage.center[j]), float(stage.unit[j])
    if isinstance(step, Flag):
        return step if fill is None else Constant(step.out, np.array([step.present]))
    filled = center + unit * step.fill if fill is None else float(fill[j])
    if isinstance(step, Rank):
        return replace(step, fill=filled, quantiles=center + unit * step.quantiles)
    return replace(step, fill=filled, center=center + unit * step.center, unit=unit * step.unit)
