"""What integers change in the answers of a model, and which layer does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glassnet.exports.plan import Affine, Plan
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.c_target.quantisation import calibration_rows, quantise, simulate
from glassnet.exports.targets.target import Options

__all__ = ["Change", "change_of", "reason_against"]

_LEAST_ROWS = 200
_AGREEMENT, _FAR = 0.99, 0.05


@dataclass(frozen=True)
class Change:
    """How answers differ from those in float on the calibration rows.

    Parameters
    ----------
    agreement : float
        Share of equal decisions; of numbers 1 minus the root of the mean squared change, in standard deviations.
    worst : float
        Largest change of an output, relative to max(1, abs).
    n_rows : int
        Number of rows.
    """

    agreement: float
    worst: float
    n_rows: int


def change_of(plan: Plan, wanted: np.ndarray, found: np.ndarray) -> Change:
    """Return how outputs in integers differ from those in float."""
    worst = float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))
    if plan.answer.kind == "classes":
        agreement = float(np.mean(found.argmax(axis=1) == wanted.argmax(axis=1)))
    elif plan.answer.kind == "labels":
        agreement = float(np.mean((found > 0.5) == (wanted > 0.5)))
    else:
        spread = np.maximum(wanted.std(axis=0), 1e-12)
        agreement = 1.0 - float(np.max(np.sqrt(np.mean(np.square(found - wanted), axis=0)) / spread))
    return Change(agreement, worst, len(wanted))


def reason_against(plan: Plan, options: Options) -> str:
    """Return why a plan should not be written in integers, or ""."""
    if not any(isinstance(step, Affine) for step in plan.vector_steps):
        return "int8 needs a layer with weights, of which the model has none. Leave out dtype."
    rows = calibration_rows(plan, options.calibration)
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    if options.force:
        return ""
    if n < _LEAST_ROWS:
        fact = f"int8 would be calibrated on {n} rows"
        return f"{fact}; there must be at least {_LEAST_ROWS}. Pass more rows, or force=True."
    wanted = interpret(plan, rows)
    found = change_of(plan, wanted, simulate(plan, quantise(plan, rows), rows))
    decides = plan.answer.kind in ("classes", "labels")
    least = _AGREEMENT if decides else 1.0 - _FAR
    if found.agreement >= least:
        return ""
    what = f"decides as in float in {found.agreement:.1%}" if decides else f"keeps {found.agreement:.1%} of the spread"
    return (
        f"int8 {what} of {n:,} calibration rows, and should in {least:.0%}; most is lost in "
        f"{_worst_layer(plan, rows, wanted)}. Use dtype='float32', or force=True."
    )


def _worst_layer(plan: Plan, rows: Rows, wanted: np.ndarray) -> str:
    """Return the name of the layer that changes most when it alone is in integers."""
    changes = {
        step.out.name: np.mean(np.square(simulate(plan, quantise(plan, rows, only=step.out.name), rows) - wanted))
        for step in plan.vector_steps
        if isinstance(step, Affine)
    }
    return max(changes, key=lambda name: float(changes[name]))
