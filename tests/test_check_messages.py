"""What the shared checks of arguments say: the fact, the rule, what to do, in this order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.utils.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_matrix,
    check_number,
    check_options,
    check_same_length,
    check_weights,
)

F64 = np.dtype(np.float64)
FORMS = ("sklearn", "torch")

# Each refusal on one line.
REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a whole number": (lambda: check_integer("Dense", "units", 0, 1), ConfigError, "Dense: units is 0; it must be a whole number of at least 1."),
    "no whole number": (lambda: check_integer("Dense", "units", 2.5, 1), ConfigError, "Dense: units is 2.5; it must be a whole number of at least 1."),
    "too many": (lambda: check_integer("fit", "epochs", 9, 1, "Train less.", maximum=5), ConfigError, "fit: epochs is 9; it must be a whole number of at most 5. Train less."),
    "any number": (lambda: check_number("fit", "shift", np.nan), ConfigError, "fit: shift is nan; it must be a finite number."),
    "a number from": (lambda: check_number("SGD", "l2", -1.0, 0.0), ConfigError, "SGD: l2 is -1.0; it must be a finite number of at least 0."),
    "a number above": (lambda: check_number("Huber", "delta", 0, 0.0, open_minimum=True), ConfigError, "Huber: delta is 0; it must be a finite number above 0."),
    "a number between": (lambda: check_number("SGD", "momentum", "x", 0.0, 1.0, open_maximum=True), ConfigError, "SGD: momentum is 'x'; it must be a finite number of at least 0 and below 1."),
    "a number up to": (lambda: check_number("split", "share", 2, maximum=1.0), ConfigError, "split: share is 2; it must be a finite number of at most 1."),
    "a flag": (lambda: check_flag("SGD", "nesterov", 1), ConfigError, "SGD: nesterov is 1; it must be True or False."),
    "a misspelt choice": (lambda: check_choice("Adam", "form", "troch", FORMS), ConfigError, "Adam: unknown form 'troch'. Did you mean 'torch'? The choices are 'sklearn', 'torch'."),
    "another choice": (lambda: check_choice("Adam", "form", "x", FORMS, "See the guide."), ConfigError, "Adam: unknown form 'x'. The choices are 'sklearn', 'torch'. See the guide."),
    "no text": (lambda: check_choice("Adam", "form", 3, FORMS), ConfigError, "Adam: form is 3; it must be one of 'sklearn', 'torch'."),
    "a name that is no noun": (lambda: check_choice("gradients", "of", "x", FORMS), ConfigError, "gradients: of is 'x'; it must be one of 'sklearn', 'torch'."),
    "a name with an article": (lambda: check_choice("run", "the problem", "x", ["xor"]), ConfigError, "run: unknown problem 'x'. The only choice is 'xor'."),
    "no choice at all": (lambda: check_choice("plot", "layer", "x", []), ConfigError, "plot: unknown layer 'x'. There is no choice."),
    "a very long text": (lambda: check_choice("Adam", "form", "x" * 999, FORMS), ConfigError, f"Adam: unknown form '{'x' * 195} .... The choices are 'sklearn', 'torch'."),
    "an option": (lambda: check_options("fit", ["epoch"], ["epochs", "seed"]), TypeError, "fit: unknown option epoch. Did you mean epochs? The options are epochs, seed."),
    "no array": (lambda: check_matrix("fit", "X", None, F64), DataError, "fit: X is None; it must be an array of numbers."),
    "one row": (lambda: check_matrix("predict", "X", np.zeros(3), F64, sample_shape=(3,)), ShapeError, "predict: X has shape (3,); it must be (n, 3): one row per sample. For one row: X.reshape(1, -1)"),
    "one picture": (lambda: check_matrix("predict", "X", np.zeros(3), F64, sample_shape=(2, 3)), ShapeError, "predict: X has shape (3,); it must be (n, 2, 3): one row per sample."),
    "one dimension": (lambda: check_matrix("fit", "X", [1.0, 2.0], F64), ShapeError, "fit: X has shape (2,); it must have at least 2 dimensions, one sample per row. For one feature: np.reshape(X, (-1, 1)), for one row: [X]"),
    "no rows": (lambda: check_matrix("fit", "X", np.zeros((0, 3)), F64), DataError, "fit: X has shape (0, 3); it must have at least one row and one value."),
    "ragged": (lambda: check_matrix("fit", "X", [[1.0], [1.0, 2.0]], F64), DataError, "fit: X has rows of different length; it must be a table with as many numbers in every row."),
    "text": (lambda: check_matrix("fit", "X", [["a"]], F64), DataError, "fit: X holds text; it must be numeric. Code text and categories as numbers first."),
    "a gap": (lambda: check_matrix("fit", "X", [[1.0, np.nan], [np.nan, 0.0]], F64), DataError, "fit: X holds nan at row 0, column 1 (2 such values); it must be finite. Fill or drop missing values first."),
    "lengths": (lambda: check_same_length("fit", X=[1, 2], y=[1], sample_weight=[1, 2]), ShapeError, "fit: X has 2 rows, y 1, sample_weight 2; they must have the same number."),
    "weights in columns": (lambda: check_weights("fit", [[1.0]]), ShapeError, "fit: sample_weight has shape (1, 1); it must have shape (n,)."),
    "negative weights": (lambda: check_weights("fit", [1.0, -1.0]), DataError, "fit: sample_weight holds values from -1 to 1; no weight may be negative, nor all of them zero."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_the_fact_comes_first(case: str) -> None:
    """Every check says what is so, then what must hold, then what to do; programs find both in attributes."""
    call, kind, message = REFUSED[case]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
    if kind is not TypeError:
        assert caught.value.expected is not None  # type: ignore[attr-defined]  # of a GlassnetError
        assert caught.value.got is not None  # type: ignore[attr-defined]  # of a GlassnetError
