"""The test rows that an ONNX file carries: as few digits as will do, and what the referee computes for just these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import encode, interpret, interpret_features

__all__ = ["written_rows"]

_TOLERANCE = 2e-5
_NOISE = 8.0  # times what float32 was seen to lose here: others add in another order
_DIGITS = 3


def written_rows(
    plan: Plan, proof: Proof, inputs: Mapping[str, str], output: str, *, is_matrix: bool
) -> dict[str, Any]:
    """Return the inputs by name, the outputs that are expected, and how far they may be off, relative to max(1, |y|).

    ``inputs`` has the type of each input by its name.
    """
    if not is_matrix:
        assert isinstance(proof.rows, Mapping)
        cells, rows = {}, {}
        for (name, dtype), field in zip(inputs.items(), plan.fields, strict=True):
            known = proof.rows[field.name]
            shown = known if field.is_text else _shown(known, dtype, field.codes)
            rows[field.name] = known if field.is_text else shown.astype(dtype).astype(np.float64)
            cells[name] = shown[:, None]
        exact, rounded = (interpret(plan, rows, dtype) for dtype in (np.float64, np.float32))
    else:
        [(name, dtype)] = inputs.items()
        Z = encode(plan, proof.rows, np.float64)
        shown = np.stack([_few_digits(column, dtype) for column in Z.T], axis=1)
        cells, Z = {name: shown}, shown.astype(dtype)
        exact = interpret_features(plan, Z.astype(np.float64), np.float64)
        rounded = interpret_features(plan, Z, np.float32)
    noise = float(np.max(np.abs(rounded - exact) / np.maximum(1.0, np.abs(exact)), initial=0.0))
    return {
        "inputs": {name: _plain(array.tolist()) for name, array in cells.items()},
        "output": output,
        "expected": _plain([[float(f"{y:.9g}") for y in row] for row in exact.tolist()]),
        "tolerance": float(f"{max(_TOLERANCE, _NOISE * noise):.1e}"),
    }


def _shown(column: np.ndarray, dtype: str, codes: tuple[float, ...]) -> np.ndarray:
    """Return numbers in few digits, but those that stand for a missing value as they are."""
    is_code = np.isin(column, codes)
    return np.where(is_code, column, _few_digits(np.where(is_code, np.nan, column), dtype))


def _few_digits(column: np.ndarray, dtype: str) -> np.ndarray:
    """Return numbers rounded to a hundredth of their spread, but to three digits at least.

    Whole numbers stay, since they may be codes of categories. Those that an input of this type cannot hold are missing.
    """
    known = column[np.isfinite(column)]
    places = _places(float(known.std())) if known.size else 0
    found = np.array([_rounded(x, places) for x in column.tolist()])
    return np.where(np.abs(found) < np.finfo(dtype).max, found, np.nan)


def _rounded(x: float, places: int) -> float:
    return x if not math.isfinite(x) or x == int(x) else round(x, max(places, _places(x)))


def _places(size: float) -> int:
    """Return how many places behind the point show three digits of a number; 0 for zero."""
    return _DIGITS - 1 - math.floor(math.log10(abs(size))) if size else 0


def _plain(cells: Any) -> Any:
    """Return what JSON holds, in its shortest form: whole numbers without a point, None for missing ones."""
    if isinstance(cells, list):
        return [_plain(cell) for cell in cells]
    if isinstance(cells, str):
        return cells
    if cells != cells:  # NaN
        return None
    return int(cells) if cells == int(cells) and abs(cells) < 1e15 else cells
