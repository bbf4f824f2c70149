"""Tables, targets and validation rows with one fault each, and healthy ones: what is to be said of them, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["FAULTS", "SOUND", "Data", "Fault", "cls", "reg"]


class Data(NamedTuple):
    """What a network is trained on: inputs, targets, and options of ``fit``."""

    X: np.ndarray
    y: np.ndarray
    options: dict[str, Any] = {}  # noqa: RUF012  (never changed)
    loss: str = ""


class Fault(NamedTuple):
    """A fault: the code of the finding that must come first, what it must say, and the data."""

    code: str
    says: str
    make: Callable[[np.random.Generator], Data]


FAULTS: dict[str, Fault] = {}
SOUND: dict[str, Callable[[np.random.Generator], Data]] = {}


def reg(g: np.random.Generator, n: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Return six columns and a smooth function of three of them, of unit size."""
    X = g.standard_normal((n, 6))
    return X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + 0.5 * X[:, 3] + 0.1 * g.standard_normal(n)


def cls(g: np.random.Generator, n: int = 500, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return six columns and classes that overlap a little."""
    X = g.standard_normal((n, 6))
    Z = np.column_stack([X[:, 0] + 0.5 * X[:, 1], X[:, 2], -X[:, 0] + X[:, 3]])[:, :k]
    return X, (Z + 0.3 * g.standard_normal(Z.shape)).argmax(axis=1)


def fault(code: str, says: str = "") -> Callable[[Any], Any]:
    """Register a function as data with a fault."""

    def register(make: Callable[[np.random.Generator], Data]) -> Any:
        FAULTS[make.__name__] = Fault(code, says, make)
        return make

    return register


def sound(make: Callable[[np.random.Generator], Data]) -> Any:
    """Register a function as data with nothing to warn of."""
    SOUND[make.__name__] = make
    return make


def scaled(X: np.ndarray, by: np.ndarray | None = None) -> np.ndarray:
    """Return columns of mean 0 and spread 1, or scaled as ``by`` would be."""
    by = X if by is None else by
    return (X - by.mean(axis=0)) / np.where(by.std(axis=0) > 0, by.std(axis=0), 1.0)


def held_out(X: np.ndarray, y: np.ndarray, n: int = 125, **options: Any) -> Data:
    """Return the last rows as validation rows."""
    return Data(X[:-n], y[:-n], {"validation_data": (X[-n:], y[-n:]), **options})


def changed(X: np.ndarray, y: np.ndarray, change: Callable[[np.ndarray], np.ndarray], n: int = 125) -> Data:
    """Return validation rows whose columns were changed."""
    return Data(X[:-n], y[:-n], {"validation_data": (change(X[-n:].copy()), y[-n:])})


# ---- outliers ------------------------------------------------------------------------------------------------------


def one_target(value: float, n: int = 500, by: Callable[[np.ndarray], np.ndarray] = lambda y: y) -> Any:
    """Return a maker of data with one target that is far from all others."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g, n)
        y[17] = value
        return Data(X, by(y))

    return make


for _name, _make in {
    "one_target_of_1e9": one_target(1e9),
    "one_target_of_minus_1e5": one_target(-1e5),
    "one_target_of_500": one_target(500.0),
    "one_target_standardised_after": one_target(1e6, by=scaled),
    "one_target_of_80_rows": one_target(1e4, 80),
    "one_target_of_4000_rows": one_target(1e7, 4000),
}.items():
    FAULTS[_name] = Fault("outlier-in-target", "row 17 (counted from 0)", _make)


@fault("outlier-in-target", "row 17 ")
def one_huge_price(g: np.random.Generator) -> Data:
    X, y = reg(g)
    y = np.exp(1 + 0.7 * y)
    y[17] = 1e8
    return Data(X, y)


@fault("outlier-in-target")
def a_hundredth_of_the_targets_in_other_units(g: np.random.Generator) -> Data:
    X, y = reg(g, 1000)
    y[::125] *= 1000
    return Data(X, y)


@fault("code-for-missing", "y ")
def missing_targets_as_minus_999(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return Data(X, np.where(g.random(len(y)) < 0.05, -999.0, y))


@fault("outlier-in-target")
def three_targets_mistyped(g: np.random.Generator) -> Data:
    X, y = reg(g)
    y[[3, 100, 300]] = [3e4, -8e4, 5e4]
    return Data(X, y)


@fault("outlier-in-target", "row 17 ")
def one_of_two_targets(g: np.random.Generator) -> Data:
    X, y = reg(g)
    Y = np.column_stack([y, X[:, 0]])
    Y[17, 1] = 1e5
    return Data(X, Y)


def one_cell(value: float, by: Callable[[np.ndarray], np.ndarray] = lambda X: X, n: int = 500) -> Any:
    """Return a maker of data with one cell that is far from all others of its column."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g, n)
        X[17, 2] = value
        return Data(by(X), y)

    return make


for _name, _make in {
    "one_cell_of_1e9": one_cell(1e9),
    "one_cell_of_minus_3000": one_cell(-3000.0),
    "one_cell_standardised_after": one_cell(1e6, by=scaled),
    "one_cell_of_60_rows": one_cell(5000.0, n=60),
    "one_cell_of_3000_rows": one_cell(1e5, n=3000),
}.items():
    FAULTS[_name] = Fault("outlier-in-inputs", "column 2 (counted from 0)", _make)


@fault("outlier-in-inputs", "row 17 ")
def one_count_mistyped(g: np.random.Generator) -> Data:
    X, y = cls(g)
    X[:, 4] = g.poisson(2.0, len(X))
    X[17, 4] = 50_000
    return Data(X, y)


@fault("outlier-in-inputs", "row 17 ")
def one_cell_of_money(g: np.random.Generator) -> Data:
    X, y = reg(g)
    X[:, 4] = np.exp(X[:, 4])
    X[17, 4] = 1e7
    return Data(X, y)


# ---- codes for missing ---------------------------------------------------------------------------------------------


def coded(
    code: float, share: float = 0.1, columns: Any = slice(None), by: Callable[[np.ndarray], np.ndarray] = lambda X: X
) -> Any:
    """Return a maker of data with a code in some cells."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g, 600)
        part = X[:, columns]
        part[g.random(part.shape) < share] = code
        X[:, columns] = part
        return Data(by(X), y, {"epochs": 40})

    return make


for _name, _make in {
    "missing_as_minus_999": coded(-999),
    "missing_as_minus_999_standardised": coded(-999, by=scaled),
    "missing_as_9999_in_three_columns": coded(9999, columns=[0, 1, 2]),
    "missing_as_1e30_scaled_back": coded(1e30, 0.05, by=lambda X: X / 1e28),
    "missing_as_minus_99_in_two_columns": coded(-99, 0.2, [0, 3]),
    "missing_as_minus_9999_in_one_column": coded(-9999, 0.05, [1]),
    "missing_as_99999_standardised": coded(99999, 0.3, by=scaled),
}.items():
    FAULTS[_name] = Fault("code-for-missing", "", _make)


@fault("code-for-missing", "column 1 ")
def year_of_minus_1(g: np.random.Generator) -> Data:
    X, y = reg(g)
    X[:, 1] = np.round(1980 + 10 * X[:, 1])
    X[g.random(len(X)) < 0.08, 1] = -1
    return Data(scaled(X), y)


# ---- skewed targets ------------------------------------------------------------------------------------------------


def skewed(factor: float, shift: float = 0.0, by: float = 1.0) -> Any:
    """Return a maker of targets whose logarithm is easy to learn."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g, 600)
        return Data(X, np.maximum(by * (np.exp(factor * y) - shift), 0.0), {"epochs": 30})

    return make


for _name, _make in {
    "lognormal_target": skewed(4.0),
    "lognormal_target_of_three": skewed(3.0),
    "prices_in_thousands": skewed(2.5, by=1e4),
    "lognormal_target_with_zeros": skewed(3.0, 0.05, 100.0),
}.items():
    FAULTS[_name] = Fault("skewed-target", "log", _make)


# ---- leaks ---------------------------------------------------------------------------------------------------------

Column = Callable[[np.ndarray, np.random.Generator], Any]


def leak_of_number(*columns: Column) -> Any:
    """Return a maker of data with columns made of the target."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g)
        return Data(np.column_stack([X, *(column(y, g) for column in columns)]), y, {"epochs": 10})

    return make


def leak_of_class(*columns: Column, k: int = 2) -> Any:
    """Return a maker of data with columns made of the class."""

    def make(g: np.random.Generator) -> Data:
        X, y = cls(g, k=k)
        return Data(np.column_stack([X, *(column(y, g) for column in columns)]), y, {"epochs": 10})

    return make


def with_gaps(values: np.ndarray, g: np.random.Generator, share: float = 0.05) -> np.ndarray:
    """Return values of which some are replaced by the mean."""
    return np.where(g.random(len(values)) < share, values.mean(), values)


def parts(y: np.ndarray, g: np.random.Generator) -> np.ndarray:
    """Return two columns that add up to the target."""
    part = 0.5 * y + g.standard_normal(len(y))
    return np.column_stack([part, y - part])


for _name, _make in {
    "leak_of_a_number": leak_of_number(lambda y, g: 3 * y + 1),
    "leak_rounded": leak_of_number(lambda y, g: np.round(y, 1)),
    "leak_with_noise_of_1_percent": leak_of_number(lambda y, g: y * (1 + 0.01 * g.standard_normal(len(y)))),
    "leak_with_noise": leak_of_number(lambda y, g: y + 0.01 * y.std() * g.standard_normal(len(y))),
    "leak_with_gaps": leak_of_number(lambda y, g: with_gaps(y, g)),
    "leak_twice": leak_of_number(lambda y, g: y, lambda y, g: -2 * y),
    "leak_exponential": leak_of_number(lambda y, g: scaled(np.exp(y))),
    "leak_logarithm": leak_of_number(lambda y, g: np.log(y - y.min() + 1)),
    "leak_rank": leak_of_number(lambda y, g: scaled(y.argsort().argsort() + 5.0 * g.random(len(y)))),
    "leak_of_net_and_gross": leak_of_number(lambda y, g: 1.19 * y, lambda y, g: y / 1.07),
    "leak_in_two_parts": leak_of_number(parts),
    "leak_clipped": leak_of_number(lambda y, g: np.clip(y, *np.quantile(y, [0.02, 0.98]))),
    "leak_in_cents": leak_of_number(lambda y, g: scaled(np.round(100 * y))),
    "leak_rounded_with_gaps": leak_of_number(lambda y, g: with_gaps(np.round(y, 1), g, 0.03)),
    "leak_of_yes_and_no": leak_of_class(lambda y, g: y, lambda y, g: 1 - y),
    "leak_of_a_class": leak_of_class(lambda y, g: 0.7 * y + 0.1, k=3),
    "leak_of_a_class_with_noise": leak_of_class(lambda y, g: y + 0.01 * g.standard_normal(len(y)), k=3),
    "leak_of_a_class_with_gaps": leak_of_class(lambda y, g: with_gaps(y, g)),
    "leak_of_three_classes_with_gaps": leak_of_class(lambda y, g: with_gaps(y, g), k=3),
    "leak_in_one_hot_columns": leak_of_class(lambda y, g: np.eye(3)[y], k=3),
    "leak_in_one_hot_columns_scaled": leak_of_class(lambda y, g: scaled(np.eye(3)[y]), k=3),
    "leak_of_a_class_flipped_in_1_percent": leak_of_class(lambda y, g: np.where(g.random(len(y)) < 0.01, 1 - y, y)),
    "leak_of_an_amount": leak_of_class(lambda y, g: y * np.exp(g.standard_normal(len(y)))),
    "leak_of_a_permuted_code": leak_of_class(lambda y, g: np.array([2.0, 0.0, 1.0])[y], k=3),
}.items():
    FAULTS[_name] = Fault("leaking-column", "olumn", _make)


# ---- shared rows ---------------------------------------------------------------------------------------------------


def drawn(draw: Callable[[np.ndarray, np.random.Generator], np.ndarray], make: Any = cls) -> Any:
    """Return a maker of data of which rows were copied before the split."""

    def made(g: np.random.Generator) -> Data:
        X, y = make(g)
        rows = g.permutation(draw(y, g))
        return held_out(X[rows], y[rows], len(rows) // 5)

    return made


for _name, _make in {
    "rows_twice_before_the_split": drawn(lambda y, g: np.tile(np.arange(len(y)), 2)),
    "rows_of_numbers_twice": drawn(lambda y, g: np.tile(np.arange(len(y)), 2), reg),
    "bootstrap_before_the_split": drawn(lambda y, g: g.integers(0, len(y), len(y))),
    "class_drawn_ten_times": drawn(lambda y, g: np.r_[np.flatnonzero(y > 0), np.repeat(np.flatnonzero(y == 0), 10)]),
    "a_fifth_of_the_rows_twice": drawn(lambda y, g: np.r_[np.arange(len(y)), np.arange(len(y) // 4)]),
}.items():
    FAULTS[_name] = Fault("shared-rows", "validation rows are training rows too", _make)


@fault("shared-rows", "validation rows are training rows too")
def validation_is_training(g: np.random.Generator) -> Data:
    X, y = cls(g)
    return Data(X, y, {"validation_data": (X, y)})


@fault("shared-rows", "validation rows are training rows too")
def validation_from_training(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return Data(X, y, {"validation_data": (X[100:200], y[100:200])})


@fault("shared-rows", "validation rows are training rows too")
def copies_of_many_discrete_columns(g: np.random.Generator) -> Data:
    X = g.integers(0, 5, (500, 12)).astype(float)
    y = (X[:, 0] + X[:, 1] > X[:, 2] + X[:, 3]).astype(int)
    rows = g.permutation(np.tile(np.arange(500), 2))
    return held_out(X[rows], y[rows], 200)


# ---- validation rows unlike training rows --------------------------------------------------------------------------


@fault("unscaled-prediction")
def validation_not_scaled(g: np.random.Generator) -> Data:
    X, y = cls(g)
    return changed(X, y, lambda V: V * 50 + 300)


@fault("unscaled-prediction")
def validation_of_numbers_not_scaled(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return changed(X, y, lambda V: V * [3, 20, 1000, 5, 80, 2] + [10, 100, 5000, 30, -300, 12])


@fault("outside-training-range or unscaled-inputs", "olumn")
def only_validation_scaled(g: np.random.Generator) -> Data:
    X, y = cls(g)
    X = X * [3, 20, 10, 5, 8, 2] + [10, 100, 50, 30, -30, 12]
    return changed(X, y, scaled)


@fault("column-order")
def validation_in_another_order(g: np.random.Generator) -> Data:
    X, y = cls(g)
    return changed(X * [1, 10, 0.1, 3, 1, 1] + [0, 50, 1, -20, 5, 9], y, lambda V: V[:, [1, 0, 2, 3, 4, 5]])


def one_column(j: int, change: Callable[[np.ndarray], Any], shift: float = 0.0) -> Any:
    """Return a maker of data whose validation rows differ in one column."""

    def make(g: np.random.Generator) -> Data:
        def edit(V: np.ndarray) -> np.ndarray:
            V[:, j] = change(V[:, j])
            return V

        X, y = cls(g)
        X[:, j] += shift
        return changed(X, y, edit)

    return make


for _name, _make in {
    "a_column_of_other_units": one_column(2, lambda x: x * 1000),
    "a_column_in_inches": one_column(2, lambda x: x / 2.54, shift=5.0),
    "a_column_shifted": one_column(2, lambda x: x + 4),
    "a_column_constant_in_validation": one_column(2, lambda x: 0 * x),
    "a_column_of_the_other_sign": one_column(2, lambda x: -x, shift=3.0),
    "a_column_filled_otherwise": one_column(2, lambda x: np.where(np.arange(len(x)) % 3 == 0, -9.0, x)),
}.items():
    FAULTS[_name] = Fault("validation-differs or outside-training-range", "column 2 (counted from 0)", _make)


@fault("validation-differs", "changed places")
def scaled_columns_in_another_order(g: np.random.Generator) -> Data:
    X, _ = cls(g, 600)
    X[:, 1] = 0.8 * X[:, 0] + 0.6 * X[:, 1]
    y = (X[:, 0] + X[:, 1] + 0.3 * X[:, 4] > 0).astype(int) + (X[:, 3] > 1)
    return changed(X, y, lambda V: V[:, [3, 2, 1, 0, 4, 5]], 150)


@fault("validation-differs", "class")
def validation_of_one_class(g: np.random.Generator) -> Data:
    X, y = cls(g)
    order = np.argsort(y, kind="stable")
    return held_out(X[order], y[order])


@fault("validation-differs", "class")
def classes_unseen_in_training(g: np.random.Generator) -> Data:
    X, y = cls(g)
    order = np.r_[g.permutation(np.flatnonzero(y < 2)), np.flatnonzero(y == 2)]
    return held_out(X[order], y[order], int((y == 2).sum()) + 60)


@fault("validation-differs", "y")
def only_training_targets_scaled(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return Data(X[:400], y[:400], {"validation_data": (X[400:], 20 + 7 * y[400:])})


@fault("validation-differs", "y")
def sorted_by_target_and_cut(g: np.random.Generator) -> Data:
    X, y = reg(g)
    order = np.argsort(y)
    return held_out(X[order], y[order])


@fault("validation-differs", "row 7 ")
def one_validation_target_of_1e6(g: np.random.Generator) -> Data:
    X, y = reg(g)
    y[407] = 1e6
    return Data(X[:400], y[:400], {"validation_data": (X[400:], y[400:])})


@fault("shared-rows", "validation rows are training rows too")
def rows_twice_and_a_split_by_fit(g: np.random.Generator) -> Data:
    X, y = cls(g)
    rows = g.permutation(np.tile(np.arange(len(y)), 2))
    return Data(X[rows], y[rows], {"validation_split": 0.2})


@fault("validation-differs", "y")
def targets_of_other_units(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return Data(X[:400], y[:400], {"validation_data": (X[400:], y[400:] * 1000)})


# ---- order, weights ------------------------------------------------------------------------------------------------


def curves(g: np.random.Generator, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return six columns and classes with curved borders."""
    X = g.standard_normal((n, 6))
    return X, np.column_stack([X[:, 0] * X[:, 1], X[:, 2], X[:, 3] ** 2 - 1]).argmax(axis=1)


def places(g: np.random.Generator, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return points of a plane and their height."""
    X = g.uniform(-2, 2, (n, 2))
    return X, np.sin(2 * X[:, 0]) * np.cos(2 * X[:, 1])


def ordered(key: Callable[[np.ndarray, np.ndarray], np.ndarray], make: Any, epochs: int = 10) -> Any:
    """Return a maker of data whose rows are in an order, and stay in it."""

    def made(g: np.random.Generator) -> Data:
        X, y = make(g)
        order = np.argsort(key(X, y), kind="stable")
        return Data(X[order], y[order], {"shuffle": False, "epochs": epochs})

    return made


for _name, _make in {
    "sorted_by_class": ordered(lambda X, y: y, curves),
    "classes_in_blocks": ordered(lambda X, y: np.array([1, 2, 0])[y], curves),
    "sorted_by_number": ordered(lambda X, y: y, places, 20),
    "sorted_downwards": ordered(lambda X, y: -y, places, 20),
}.items():
    FAULTS[_name] = Fault("sorted-rows", "shuffle=False", _make)

SOUND["sorted_and_learned_all_the_same"] = ordered(lambda X, y: y, cls)


@fault("weights-on-one-class", "class 1")
def sample_weights_on_one_class(g: np.random.Generator) -> Data:
    X, y = cls(g)
    return Data(X, y, {"sample_weight": (y == 1).astype(float)})


@fault("weights-on-one-class", "class 0")
def class_weights_on_one_class(g: np.random.Generator) -> Data:
    X, y = cls(g, k=2)
    return Data(X, y, {"class_weight": {0: 1.0, 1: 0.0}})


@fault("weights-on-few-rows", "One row")
def a_weight_of_a_million(g: np.random.Generator) -> Data:
    X, y = cls(g)
    weight = np.ones(len(X))
    weight[3] = 1e6
    return Data(X, y, {"sample_weight": weight})


# ---- sound data ----------------------------------------------------------------------------------------------------

DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda g, n: g.standard_normal(n),
    "uniform": lambda g, n: g.random(n),
    "exponential": lambda g, n: g.exponential(size=n),
    "lognormal": lambda g, n: np.exp(g.standard_normal(n)),
    "wide_lognormal": lambda g, n: np.exp(2 * g.standard_normal(n)),
    "t3": lambda g, n: g.standard_t(3, n),
    "counts": lambda g, n: g.poisson(2.0, n).astype(float),
    "rare_counts": lambda g, n: g.poisson(0.1, n).astype(float),
    "zero_inflated": lambda g, n: np.where(g.random(n) < 0.7, 0.0, np.exp(5 + g.standard_normal(n))),
    "rare_one_hot": lambda g, n: (np.arange(n) == n // 2).astype(float),
    "two_humps": lambda g, n: g.standard_normal(n) + 10 * (g.random(n) < 0.3),
    "money": lambda g, n: np.round(np.exp(7 + 1.2 * g.standard_normal(n)), 2),
    "rarely_lit": lambda g, n: np.where(g.random(n) < 0.98, 0, g.integers(1, 256, n)) / 255.0,
    "censored": lambda g, n: np.minimum(g.exponential(2.0, n), 5.0),
    "rectified": lambda g, n: np.maximum(g.standard_normal(n), 0.0),
    "ordinal": lambda g, n: g.choice([1.0, 2, 3, 4, 5], n, p=[0.1, 0.1, 0.2, 0.2, 0.4]),
    "booleans": lambda g, n: (g.random(n) < 0.3).astype(float),
    "gamma": lambda g, n: g.gamma(0.3, size=n),
    "switched_off": lambda g, n: np.where(g.random(n) < 0.3, 0.0, 3 + g.random(n)),
}


def column_of(draw: Callable[[np.random.Generator, int], np.ndarray], n: int, *, scales: bool) -> Any:
    """Return a maker of data with two columns that are drawn in some way, among others."""

    def make(g: np.random.Generator) -> Data:
        X, y = reg(g, n)
        own = np.column_stack([draw(g, n), draw(g, n)])
        X[:, 3] = own[:, 0] / (own[:, 0].std() or 1.0)
        X[:, 5] = own[:, 1] / (own[:, 1].std() or 1.0)
        return Data(
            scaled(X) if scales else X, y - 0.3 * X[:, 3] / (1 + abs(X[:, 3])), {"epochs": 150 if n < 100 else 20}
        )

    return make


for _name, _draw in DRAWS.items():
    SOUND[f"column_{_name}"] = column_of(_draw, 400, scales=False)
    SOUND[f"column_{_name}_few_rows_scaled"] = column_of(_draw, 60, scales=True)

for _name in ("normal", "uniform", "exponential", "lognormal", "t3", "counts", "two_humps", "gamma"):

    def _target(g: np.random.Generator, draw: Any = DRAWS[_name]) -> Data:
        X, y = reg(g, 400)
        values = np.sort(draw(g, 400))[np.argsort(np.argsort(y))]
        return Data(X, (values - values.mean()) / values.std())

    SOUND[f"target_{_name}"] = _target


@sound
def one_of_three_columns_is_the_law(g: np.random.Generator) -> Data:
    X = g.standard_normal((400, 4))
    return Data(X, 3 * X[:, 0] + 1)


@sound
def a_curve_of_one_column(g: np.random.Generator) -> Data:
    X = g.uniform(-2, 2, (400, 3))
    return Data(X, np.tanh(2 * X[:, 1]))


@sound
def a_sign_of_one_column(g: np.random.Generator) -> Data:
    X = g.standard_normal((400, 4))
    return Data(X, (X[:, 0] > 0).astype(int))


@sound
def a_linear_law(g: np.random.Generator) -> Data:
    X = g.standard_normal((400, 5))
    return Data(X, 3 * X[:, 0] + 0.1 * X[:, 1] - 0.2 * X[:, 2] + 0.02 * g.standard_normal(400))


@sound
def a_linear_law_of_few_columns(g: np.random.Generator) -> Data:
    X = g.standard_normal((400, 8))
    return Data(X, X[:, 0] - X[:, 1] + 0.5 * X[:, 2])


@sound
def celsius_and_fahrenheit(g: np.random.Generator) -> Data:
    X = g.normal(0, 1, (300, 1))
    return Data(X, 1.8 * X[:, 0] + 3.2)


@sound
def powers_of_one_number(g: np.random.Generator) -> Data:
    x = g.uniform(0, 2, 300)
    return Data(np.column_stack([x, x**2, x**3, np.sin(5 * x)]), np.exp(x / 2))


@sound
def age_and_its_group(g: np.random.Generator) -> Data:
    X, _ = reg(g)
    return Data(X, np.digitize(X[:, 0] + 0.15 * g.standard_normal(len(X)), [-0.6, 0.6]))


@sound
def a_strong_column(g: np.random.Generator) -> Data:
    X, y = reg(g)
    X[:, 4] = y + 0.25 * g.standard_normal(len(y))
    return Data(X, y)


@sound
def blobs_far_apart(g: np.random.Generator) -> Data:
    y = g.integers(0, 3, 300)
    return Data(g.standard_normal((300, 4)) + 9 * np.eye(4)[y], y)


@sound
def two_blobs_far_apart(g: np.random.Generator) -> Data:
    y = g.integers(0, 2, 300)
    return Data(g.standard_normal((300, 5)) + 8 * y[:, None], y)


@sound
def a_good_test_for_a_disease(g: np.random.Generator) -> Data:
    X, y = cls(g, k=2)
    return Data(np.column_stack([X, np.where(g.random(len(y)) < 0.06, 1 - y, y)]), y)


@sound
def a_walk_and_its_past(g: np.random.Generator) -> Data:
    walk = np.cumsum(g.standard_normal(420))
    walk = (walk - walk.mean()) / walk.std()
    return Data(np.column_stack([walk[i : 400 + i] for i in range(5)]), walk[5:405])


@sound
def waves_and_their_past(g: np.random.Generator) -> Data:
    wave = np.sin(np.arange(420) / 9) + 0.02 * g.standard_normal(420)
    return Data(np.column_stack([wave[i : 400 + i] for i in range(5)]), wave[5:405])


# ---- sound splits --------------------------------------------------------------------------------------------------


def split_of(n_valid: int, make: Any = cls, n: int = 500) -> Any:
    """Return a maker of an honest split."""

    def made(g: np.random.Generator) -> Data:
        return held_out(*make(g, n), n_valid)

    return made


for _n in (20, 30, 60, 100):
    SOUND[f"{_n}_validation_rows"] = split_of(_n)
    SOUND[f"{_n}_validation_rows_for_numbers"] = split_of(_n, reg)


def heavy(power: float, n_valid: int) -> Any:
    """Return a maker of an honest split of columns with heavy tails."""

    def made(g: np.random.Generator) -> Data:
        X, y = cls(g, 400)
        return held_out(scaled(np.sign(X) * np.abs(X) ** power), y, n_valid)

    return made


SOUND["heavy_columns_split"] = heavy(2.0, 100)
SOUND["heavier_columns_split"] = heavy(3.0, 60)


@sound
def grid_of_few_values_split(g: np.random.Generator) -> Data:
    X = g.integers(0, 5, (500, 4)).astype(float)
    return held_out(scaled(X), (X[:, 0] + X[:, 1] > X[:, 2] + 1).astype(int))


@sound
def counts_split(g: np.random.Generator) -> Data:
    X = g.poisson(1.0, (500, 4)).astype(float)
    return held_out(X, (X[:, 0] + 0.5 * g.standard_normal(500) > X[:, 1]).astype(int))


@sound
def rare_words_split(g: np.random.Generator) -> Data:
    X = (g.random((600, 20)) < 0.05).astype(float)
    return held_out(X, ((X[:, :10].sum(axis=1) > 0) ^ (g.random(600) < 0.05)).astype(int))


@sound
def table_of_four_rows(g: np.random.Generator) -> Data:
    X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    return Data(X, y, {"validation_data": (X, y), "epochs": 400})


@sound
def table_of_four_rows_repeated(g: np.random.Generator) -> Data:
    X = np.tile([[0.0, 0], [0, 1], [1, 0], [1, 1]], (100, 1))
    y = np.tile([0, 1, 1, 0], 100)
    rows = g.permutation(400)
    return held_out(X[rows], y[rows], 100, epochs=60)


@sound
def a_grid_of_places_split(g: np.random.Generator) -> Data:
    x = g.integers(0, 20, 500) / 10 - 1
    return held_out(np.column_stack([x, x**2, x**3, np.abs(x), np.sin(x)]), np.tanh(3 * x))


@sound
def one_row_of_a_rare_class_in_validation(g: np.random.Generator) -> Data:
    X, y = cls(g, k=3)
    rows = np.r_[np.flatnonzero(y < 2), np.flatnonzero(y == 2)[:1]]
    rest = g.permutation(rows[:-1])
    return held_out(X[np.r_[rest, rows[-1:]]], y[np.r_[rest, rows[-1:]]], 60, epochs=5)


@sound
def rare_class_drawn_more_often_after_the_split(g: np.random.Generator) -> Data:
    X = g.standard_normal((1500, 4))
    y = (X[:, 0] + 0.3 * g.standard_normal(1500) > 1.7).astype(int)
    rows = np.r_[np.arange(1100), g.choice(np.flatnonzero(y[:1100] == 1), 900)]
    return Data(X[rows], y[rows], {"validation_data": (X[1100:], y[1100:]), "epochs": 5})


@sound
def later_rows_of_a_slow_drift(g: np.random.Generator) -> Data:
    X, y = cls(g)
    X[:, 5] = np.linspace(-2, 2, len(X)) + 0.2 * g.standard_normal(len(X))
    return held_out(X, y, epochs=5)


@sound
def validation_scaled_by_its_own_numbers(g: np.random.Generator) -> Data:
    X, y = reg(g)
    return Data(scaled(X[:400]), y[:400], {"validation_data": (scaled(X[400:]), y[400:])})


@sound
def shuffled_without_shuffle(g: np.random.Generator) -> Data:
    return Data(*cls(g), {"shuffle": False})


@sound
def sorted_in_one_batch(g: np.random.Generator) -> Data:
    X, y = cls(g)
    order = np.argsort(y)
    return Data(X[order], y[order], {"shuffle": False, "batch_size": len(y), "epochs": 150})


@sound
def sorted_and_shuffled(g: np.random.Generator) -> Data:
    X, y = cls(g)
    order = np.argsort(y)
    return Data(X[order], y[order])


@sound
def weights_on_two_classes(g: np.random.Generator) -> Data:
    X, y = cls(g)
    return Data(X, y, {"sample_weight": (y > 0).astype(float)})
