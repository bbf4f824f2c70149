"""What an exported file carries to prove itself: test rows with expected outputs, and a digest of its weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.exports.code_inputs import code_counts
from glassnet.exports.plan import Field, Plan
from glassnet.exports.referee import Rows, interpret

__all__ = ["N_TYPICAL", "Proof", "digest_of", "made_up_rows", "prove", "take_rows"]

N_TYPICAL, _MEASURED = 8, 1000
_UNKNOWN = "\N{SNOWMAN} not in training"
_SPECIAL = (
    "lowest", "highest", "lowest and highest by turns", "highest and lowest by turns", "missing", "unknown", "zeros",
    "outlier",
)  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """Test rows with expected outputs, and what the outputs of the file were measured to be worth.

    Parameters
    ----------
    rows : Rows
        16 of them: typical ones, the ends of the training range, missing cells, an unknown category, zeros, an outlier.
    titles : tuple of str
        What each of them is.
    outputs : ndarray of shape (16, k)
        What the referee computes for them in double precision.
    digest : str
        SHA-256 of the weights, in hexadecimal digits.
    worst : float
        Largest ``abs(y - expected) / max(1, abs(expected))`` of the arithmetic of the target, where expected is what
        the model itself predicts.
    n_rows : int
        Number of rows on which that was measured.
    """

    rows: Rows
    titles: tuple[str, ...]
    outputs: np.ndarray
    digest: str
    worst: float
    n_rows: int


def digest_of(plan: Plan) -> str:
    """Return the SHA-256 of all numbers of a plan, in order, with their names and shapes."""
    found = hashlib.sha256()
    for step in plan.steps:
        for name, array in step.arrays():
            found.update(f"{step.out.name}.{name}{array.shape}".encode())
            found.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return found.hexdigest()


def prove(plan: Plan, predictions: np.ndarray, rows: Rows, dtype: Any) -> Proof:
    """Return the proof of a plan.

    Parameters
    ----------
    predictions : ndarray of shape (n, k)
        What the model predicts for ``rows``.
    rows : Rows
        Such as `made_up_rows`; the first are the typical ones among the test rows.
    dtype : dtype
        That the target computes in.
    """
    own, titles = _test_rows(plan, rows)
    found = interpret(plan, rows, dtype)
    worst = float(np.max(np.abs(found - predictions) / np.maximum(1.0, np.abs(predictions)), initial=0.0))
    return Proof(own, titles, interpret(plan, own), digest_of(plan), worst, len(predictions))


def take_rows(rows: Rows, places: Any) -> Rows:
    """Return some of the rows."""
    return {name: cells[places] for name, cells in rows.items()} if isinstance(rows, Mapping) else rows[places]


def made_up_rows(plan: Plan, n: int = _MEASURED) -> Rows:
    """Return rows like those of training as far as the plan knows them, always the same."""
    rng = np.random.default_rng(0)
    if not plan.is_table:
        drawn = rng.standard_normal((n, plan.x.size)).astype(np.float32).astype(np.float64)
        for place, count in code_counts(plan).items():
            drawn[:, place] = rng.integers(0, count, n)
        return drawn
    return {field.name: _made_up_cells(field, rng, n) for field in plan.fields}


def _made_up_cells(field: Field, rng: np.random.Generator, n: int) -> np.ndarray:
    if field.is_text:
        return rng.choice(np.array([*field.categories, ""], dtype=object), n)
    if field.kind == "boolean":
        return rng.integers(0, 2, n).astype(np.float64)
    drawn = field.center + field.unit * rng.standard_normal(n)
    low, high = (field.low, field.high) if np.isfinite(field.low) else (-np.inf, np.inf)
    return np.asarray(np.clip(drawn, low, high))


def _test_rows(plan: Plan, rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """Return 16 test rows, the first 8 of ``rows`` among them, and what each is."""
    titles = (*(f"typical {i + 1}" for i in range(N_TYPICAL)), *_SPECIAL)
    typical = take_rows(rows, np.arange(N_TYPICAL))
    if not isinstance(typical, Mapping):
        assert not isinstance(rows, Mapping)
        return np.concatenate([typical, _special_numbers(plan, rows)]), titles
    found = {}
    for position, field in enumerate(plan.fields):
        special = np.array(
            [_special_cell(field, title, position) for title in _SPECIAL], dtype=typical[field.name].dtype
        )
        found[field.name] = np.concatenate([typical[field.name], special])
    return found, titles


def _special_cell(field: Field, title: str, position: int) -> Any:
    """Return the cell of a special row; ``position`` is that of the field, for those that go by turns."""
    low, high = field.low, field.high
    if not np.isfinite(low):
        low, high = field.center - field.unit, field.center + field.unit
    if field.kind == "boolean":
        low, high = 0.0, 1.0
    first, last = (field.categories[0], field.categories[-1]) if field.categories else ("", "")
    turns = position % 2 == 0
    numbers = {
        "lowest": low,
        "highest": high,
        "lowest and highest by turns": low if turns else high,
        "highest and lowest by turns": high if turns else low,
        "missing": np.nan,
        "unknown": field.center,
        "zeros": 0.0,
        "outlier": high if field.kind == "boolean" else field.center + 100.0 * field.unit,
    }
    texts = {
        "lowest": first,
        "highest": last,
        "lowest and highest by turns": first if turns else last,
        "highest and lowest by turns": last if turns else first,
        "missing": "",
        "unknown": _UNKNOWN,
        "zeros": "0",
        "outlier": last,
    }
    return texts[title] if field.is_text else numbers[title]


def _special_numbers(plan: Plan, rows: np.ndarray) -> np.ndarray:
    """Return the special rows for a model of plain numbers, whose cells are never missing."""
    low, high, middle = rows.min(axis=0), rows.max(axis=0), rows.mean(axis=0)
    turns = np.arange(rows.shape[1]) % 2 == 0
    alike = [low, high, np.where(turns, low, high), np.where(turns, high, low), middle, -middle, 0.0 * middle]
    special = np.stack([*alike, middle + 100.0 * (high - low)])
    for place, count in code_counts(plan).items():
        special[:, place] = np.clip(np.rint(special[:, place]), 0.0, count - 1.0)
    return special
