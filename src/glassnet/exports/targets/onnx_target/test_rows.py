"""The test rows that an ONNX file carries: as few digits as will do, and what the referee computes for just these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import encode, interpret, interpret_features

__all__ = ["written_rows"]

_TOLERANCE = 2e-5
_NOISE = 8.0  # times what float32 was seen to lose here: others add in another order
_DIGITS, _DIGITS_OF_FEATURES, _ALL_DIGITS = 6, 4, 17


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
            shown = known if field.is_text else _few_digits(known, dtype, _DIGITS)
            rows[field.name] = known if field.is_text else shown.astype(dtype).astype(np.float64)
            cells[name] = shown[:, None]
        exact, rounded = (interpret(plan, rows, dtype) for dtype in (np.float64, np.float32))
    else:
        [(name, dtype)] = inputs.items()
        shown = _few_digits(encode(plan, proof.rows, np.float64), dtype, _DIGITS_OF_FEATURES)
        cells, Z = {name: shown}, shown.astype(dtype)
        exact = interpret_features(plan, Z.astype(np.float64), np.float64)
        rounded = interpret_features(plan, Z, np.float32)
    noise = float(np.max(np.abs(rounded - exact) / np.maximum(1.0, np.abs(exact)), initial=0.0))
    return {
        "inputs": {name: _plain(array.tolist()) for name, array in cells.items()},
        "output": output,
        "expected": _plain(_few_digits(exact, "float64", 9).tolist()),
        "tolerance": float(f"{max(_TOLERANCE, _NOISE * noise):.1e}"),
    }


def _few_digits(values: np.ndarray, dtype: str, digits: int) -> np.ndarray:
    """Return numbers rounded to some digits; those that an input of this type cannot hold are missing."""
    digits = _ALL_DIGITS if dtype == "float64" and digits != 9 else digits
    found = np.array([float(f"{value:.{digits}g}") for value in values.ravel().tolist()]).reshape(values.shape)
    return np.where(np.abs(found) < np.finfo(dtype).max, found, np.nan)


def _plain(cells: Any) -> Any:
    """Return what JSON holds, in its shortest form: whole numbers without a point, None for missing ones."""
    if isinstance(cells, list):
        return [_plain(cell) for cell in cells]
    if isinstance(cells, str):
        return cells
    if cells != cells:  # NaN
        return None
    return int(cells) if cells == int(cells) and abs(cells) < 1e15 else cells
