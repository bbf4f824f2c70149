"""What an exported file carries to prove itself: test rows with expected outputs, and a digest of the model."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.exports.made_up import N_TYPICAL, join_rows, made_up_rows, special_rows, take_rows
from glassnet.exports.plan import Plan
from glassnet.exports.referee import Rows, interpret

__all__ = ["N_TYPICAL", "Proof", "digest_of", "largest_error", "made_up_rows", "prove", "take_rows"]

_N_ROWS = 16
_TOO_FAR, _TOO_ROUGH = 1e30, 5e-6  # outputs, and errors in single precision, beyond which a row tests no file
_TOLERANCE, _NOISE = 2e-5, 8.0  # of a file in single precision: at least, and in units of the referee's own error
_SUBSTITUTE = "one more typical row"


@dataclass(frozen=True)
class Proof:
    """Test rows with expected outputs, and what the outputs of the file were measured to be worth.

    Parameters
    ----------
    rows : Rows
        16 of them: typical ones, the ends of the training range, missing cells, unknown and rare categories, zeros, an
        outlier; a typical one in the place of each whose outputs single precision cannot hold.
    titles : tuple of str
        What each of them is.
    outputs : ndarray of shape (16, k)
        What the referee computes for them in double precision.
    digest : str
        SHA-256 of all that the outputs depend on, in hexadecimal digits.
    worst : float
        `largest_error` of the arithmetic of the target, against what the model itself predicts.
    n_rows : int
        Number of rows on which that was measured.
    tolerance : float
        What the error of a right file in single precision stays below on the test rows, each relative to
        ``max(1, abs(y))``: more than 2e-5 where outputs are small differences of large numbers.
    """

    rows: Rows
    titles: tuple[str, ...]
    outputs: np.ndarray
    digest: str
    worst: float
    n_rows: int
    tolerance: float = _TOLERANCE


def largest_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest error, relative to the largest number that is wanted of an output; infinite for no number.

    Numbers below 1 count as 1. One that happens to be near 0 is no nearer in any arithmetic than the others.

    Examples
    --------
    >>> largest_error(np.array([[0.1], [202.0]]), np.array([[0.0], [200.0]]))
    0.01
    """
    size = np.maximum(1.0, np.abs(wanted).max(axis=0, initial=1.0))
    return float(np.nan_to_num(np.abs(found - wanted) / size, nan=np.inf).max(initial=0.0))


def prove(plan: Plan, predictions: np.ndarray, rows: Rows, dtype: Any) -> Proof:
    """Return the proof of a plan.

    Parameters
    ----------
    predictions : ndarray of shape (n, k)
        What the model predicts for ``rows``.
    rows : Rows
        Such as `made_up_rows`, at least one; the first are the typical ones among the test rows.
    dtype : dtype
        That the target computes in.
    """
    own, titles = _test_rows(plan, rows, predictions)
    with np.errstate(over="ignore", invalid="ignore"):
        found = interpret(plan, rows, dtype)
    worst = largest_error(found, predictions)
    outputs = interpret(plan, own)
    noise = float(np.max(_far(interpret(plan, own, np.float32), outputs)))
    tolerance = float(f"{max(_TOLERANCE, _NOISE * noise):.1e}")
    return Proof(own, titles, outputs, digest_of(plan), worst, len(predictions), tolerance)


# ---- digest ----------------------------------------------------------------------------------------------------------


def digest_of(plan: Plan) -> str:
    """Return the SHA-256 of all that the outputs of a plan depend on, and of their meaning.

    It has numbers, formulas, categories and the forms of cells, but not the names of models.
    """
    found = hashlib.sha256()
    for part in _parts((plan.fields, plan.inputs, plan.steps, plan.x, plan.y, plan.answer, plan.double_inputs)):
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    """Yield the parts of a value, of which equal values have the same in every process."""
    if isinstance(value, np.ndarray):
        yield f"array {value.shape}".encode()
        yield np.ascontiguousarray(value, dtype="<f8").tobytes()
    elif isinstance(value, Mapping):
        yield from _parts(sorted(value.items()))
    elif isinstance(value, (tuple, list)):
        yield f"{len(value)} parts".encode()
        for one in value:
            yield from _parts(one)
    elif dataclasses.is_dataclass(value):
        yield type(value).__name__.encode()
        yield from _parts(vars(value))
    elif isinstance(value, float):
        yield value.hex().encode()
    elif isinstance(value, str):
        yield b"text"
        yield value.encode(errors="surrogatepass")
    else:
        yield repr(value).encode()


# ---- test rows -------------------------------------------------------------------------------------------------------


def _test_rows(plan: Plan, rows: Rows, predictions: np.ndarray) -> tuple[Rows, tuple[str, ...]]:
    """Return 16 test rows, the first 8 of ``rows`` among them, and what each is.

    Numbers without names are never missing there: few languages can write down that a number is none.
    """
    if not isinstance(rows, Mapping):
        whole = ~np.isnan(rows).any(axis=1)
        rows = rows[whole] if whole.any() else np.nan_to_num(rows, nan=0.0)
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    special, titles = special_rows(plan, rows)
    holds = _can_test(plan, special, np.abs(predictions).max(axis=0))
    places = [i for i, title in enumerate(titles) if title != "outlier"]
    outlier = [i for i, title in enumerate(titles) if title == "outlier" and holds[i]][:1]
    places = [i for i in places if holds[i]] + outlier
    n_more = _N_ROWS - N_TYPICAL - len(places)
    typical = [f"typical {i + 1}" for i in range(N_TYPICAL)]
    chosen = join_rows(take_rows(rows, np.arange(N_TYPICAL) % n), take_rows(special, places))
    chosen = join_rows(chosen, take_rows(rows, (N_TYPICAL + np.arange(n_more)) % n))
    return chosen, (*typical, *(titles[i] for i in places), *(_SUBSTITUTE for _ in range(n_more)))


def _can_test(plan: Plan, rows: Rows, usual: np.ndarray) -> np.ndarray:
    """Return for which rows single precision computes about what double precision does; ``usual`` is a large output."""
    with np.errstate(over="ignore", invalid="ignore"):
        exact, single = interpret(plan, rows), interpret(plan, rows, np.float32)
        far = np.abs(single - exact) / np.maximum(1.0, np.maximum(usual, np.abs(exact)))
        return np.asarray(((np.abs(exact) < _TOO_FAR) & (np.nan_to_num(far, nan=np.inf) < _TOO_ROUGH)).all(axis=1))


def _far(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return errors, relative to numbers above 1; infinite where one of both is no number."""
    far = np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))
    return np.asarray(np.nan_to_num(far, nan=np.inf))
