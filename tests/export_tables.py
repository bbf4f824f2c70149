"""Trained models of tables and estimators to export, small and by name: each with a frame of rows to predict.

Every function of `TABLES` and `ESTIMATORS` takes a seed and returns ``(model, frame)``; `export_table` keeps what it made. The frames have missing cells, categories that training did not
have, and numbers far outside of its range.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

N, ROWS = 160, 500
Made = tuple[Any, Any]


def columns(n: int, seed: int) -> dict[str, list[Any]]:
    """Return a table with every kind of column, and missing cells in most of them."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {
        "size": (2.0 + 3.0 * rng.standard_normal(n)).round(3).tolist(),
        "pay": rng.lognormal(8.0, 1.5, n).round(2).tolist(),
        "far": (1e4 + rng.standard_normal(n)).tolist(),
        "seconds": (1.7e9 + rng.integers(0, 10**7, n)).astype(float).tolist(),
        "rooms": rng.integers(1, 6, n).tolist(),
        "colour": [f"c{i}" for i in rng.integers(0, 5, n)],
        "side": rng.choice(["left", "right"], n).tolist(),
        "town": [f"t{i:02d}" for i in rng.zipf(1.5, n) % 60],
        "old": [bool(flag) for flag in rng.random(n) < 0.5],
        "born": [dt.datetime(2019, 5, 1) + dt.timedelta(hours=int(hours)) for hours in rng.integers(0, 20_000, n)],
        "opens": [dt.time(int(h), int(m)) for h, m in zip(rng.integers(0, 24, n), rng.integers(0, 60, n), strict=True)],
        "one": ["same"] * n,
        "id": [f"row {seed} {i}" for i in range(n)],
    }
    for j, (name, values) in enumerate(found.items()):
        if name not in ("far", "side", "rooms"):
            for i in range(j, n, 13):
                values[i] = None
    return found


def new_rows(seed: int, n: int = ROWS) -> dict[str, list[Any]]:
    """Return rows to predict, 60 or more: as `columns`, and some with cells that training did not have."""
    found = columns(n, seed + 1000)
    odd: dict[str, list[Any]] = {
        "size": [1e9, -1e9, float("inf"), -float("inf"), -0.0, 0.0, None],
        "pay": [0.0, 1e12, -5.0, 1e-300, None],
        "far": [0.0, 2e4, None],
        "seconds": [0.0, 4e9, None],
        "rooms": [0, -3, 99, None],
        "colour": ["never seen", "c0 ", "", None],
        "side": ["middle", None],
        "town": ["nowhere", "t59", None],
        "born": [dt.datetime(1900, 1, 1), dt.datetime(2200, 12, 31, 23, 59, 59, 999_999), None],
        "opens": [dt.time(0, 0), dt.time(23, 59, 59), None],
    }
    for j, (name, cells) in enumerate(odd.items()):
        for i, cell in enumerate(cells):
            found[name][(7 * j + 11 * i) % n] = cell
    return found


def classes(frame: dict[str, list[Any]]) -> list[str]:
    """Return labels that follow from the columns of `columns`."""
    score = _score(frame)
    return ["low" if s < -0.5 else "high" if s > 0.7 else "middle" for s in score]


def numbers(frame: dict[str, list[Any]]) -> list[float]:
    """Return numbers that follow from the columns of `columns`."""
    return (250.0 + 40.0 * _score(frame)).tolist()


def _score(frame: dict[str, list[Any]]) -> np.ndarray:
    size = np.array([2.0 if x is None else x for x in frame["size"]])
    colour = np.array([c == "c1" for c in frame["colour"]])
    return np.asarray((size - 2.0) / 3.0 + colour - 0.2 + (np.array(frame["rooms"]) == 2))


# ---- table models ----------------------------------------------------------------------------------------------------


def _fitted(task: str, seed: int, n: int = N, **options: Any) -> Any:
    """Return an estimator for tables, trained for a few epochs."""
    from glassnet.tabular import TabularClassifier, TabularRegressor

    frame = columns(n, seed)
    given: dict[str, Any] = {"epochs": 4, "random_state": seed, "diagnose": False, **options}
    if task == "classes":
        return quietly(TabularClassifier(**given), frame, classes(frame))
    return quietly(TabularRegressor(**given), frame, numbers(frame))


def _recipe(task: str, recipe: str, **options: Any) -> Callable[[int], Made]:
    trained, predicted = (50, 60) if recipe.startswith("tabm") else (N, ROWS)  # 32 copies take their time
    return lambda seed: (_fitted(task, seed, trained, recipe=recipe, **options).model_, new_rows(seed, predicted))


def table_model(
    frame: Any, y: Any, *, seed: int, loss: str | None = None, layers: Any = None, clip: bool = False, **coding: Any
) -> Any:
    """Return a table model of a small network, trained for a few epochs."""
    import glassnet as gn
    from glassnet.tabular.encoding.encoder import TableEncoder
    from glassnet.tabular.encoding.target import TargetEncoder
    from glassnet.tabular.model import TableModel

    encoder, target = TableEncoder(**coding).fit(frame), TargetEncoder(clip=clip).fit(y)
    layers = layers or [gn.Dense(12, "tanh"), gn.Dropout(0.1), gn.Dense(target.n_outputs)]
    net = gn.Network(layers, loss=loss or target.loss, optimizer=gn.Adam(0.01), seed=seed)
    net.fit(encoder.transform(frame), target.transform(y), epochs=5, batch_size=64)
    return TableModel(net, encoder, target)


def plain(seed: int) -> Made:
    """A network on standardised columns, as the command line trains with settings of one's own."""
    frame = columns(N, seed)
    return table_model(frame, classes(frame), seed=seed), new_rows(seed)


def plain_numbers(seed: int) -> Made:
    """The same for numbers, with ranks in the place of standardised numbers."""
    frame = columns(N, seed)
    return table_model(frame, numbers(frame), seed=seed, scaling="normal", max_categories=5), new_rows(seed)


def far_target(seed: int) -> Made:
    """Numbers to predict that float32 does not tell apart."""
    frame = columns(N, seed)
    return table_model(frame, (1e9 + np.array(numbers(frame))).tolist(), seed=seed, clip=True), new_rows(seed)


def yes_or_no(seed: int) -> Made:
    """A boolean target, from whole numbers and dates without a time."""
    rng = np.random.default_rng(seed)
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 1500, N)]
    frame = {"n": rng.integers(0, 50, N).tolist(), "day": days}
    y = [bool(n > 20) for n in frame["n"]]
    later = [dt.date(2024, 2, 29), dt.date(1970, 1, 1), None]
    return table_model(frame, y, seed=seed), {"n": [3, 49, -0.0], "day": later}


def many_categories(seed: int) -> Made:
    """A column of 5,000 categories, which an embedding looks up."""
    rng = np.random.default_rng(seed)
    n = 6000
    frame = {"sku": [f"s{i % 5000:04d}" for i in range(n)], "price": rng.lognormal(2.0, 1.0, n).tolist()}
    from glassnet.tabular import TabularRegressor

    y = [np.log(price) + (sku < "s25") for sku, price in zip(frame["sku"], frame["price"], strict=True)]
    model = TabularRegressor(epochs=1, random_state=seed, diagnose=False).fit(frame, y).model_
    places = rng.integers(0, n, ROWS)
    rows = {"sku": [frame["sku"][i] for i in places], "price": [frame["price"][i] for i in places]}
    rows["sku"][:3], rows["price"][3:5] = ["s9999", None, "S0001"], [None, 1e9]
    return model, rows


def nothing_to_learn(seed: int) -> Made:
    """Only columns that are left out: every row gets the same answer."""
    from glassnet.tabular import TabularClassifier

    frame = {"one": ["same"] * 30, "id": [f"i{i}" for i in range(30)]}
    made = TabularClassifier(epochs=2, random_state=seed, diagnose=False)
    return quietly(made, frame, ["a", "b", "a"] * 10).model_, {"one": ["same", "other", None], "id": ["i1", "x", None]}


HOSTILE = (
    "*/", "/*", "//", "</script>", "<!--", "-->", "'", '"', '"""', "`${1}`", "%", "%s%n", "{}", "{{0}}", "\\", "a\\",
    "\\n", "a\nb", "a\tb", "\x00", "??/", "#define X", "class", "int", "for", "function", "lambda", "None", "NaN", "null",
    "__proto__", "constructor", "toString", "hasOwnProperty", "x", "h1", "Größe", "größe", "GRÖSSE", "速度", "🙂", "\u2028",
    "a b", "a-b", "a_b", "A_B", "9", "1.0", "", "n" * 500, "n" * 499 + "m", "; DROP TABLE", "$(rm -rf)", "=1+1", "\ufeff",
    "é", "e\u0301",
)  # fmt: skip
"""Texts that some language takes for something else."""


def hostile(seed: int) -> Made:
    """Columns, categories and labels with names that break careless printers."""
    rng = np.random.default_rng(seed)
    texts = [text for text in HOSTILE if text.strip() and text not in ("NaN", "None", "null")]  # these mean no value
    n = 4 * len(texts)
    frame: dict[str, Any] = {f"{text}": rng.standard_normal(n).tolist() for text in HOSTILE}
    frame[" blanks "] = [texts[i % len(texts)] for i in range(n)]
    frame["*/ text"] = [texts[int(i)] for i in rng.integers(0, len(texts), n)]
    y = [texts[i % len(texts)] for i in range(n)]
    model = table_model(frame, y, seed=seed, max_categories=len(texts) - 3)
    rows = {name: cells[:80] for name, cells in frame.items()}
    rows["*/ text"] = [*texts, "*/ unknown </script>", None][:80] + [None] * (78 - len(texts))
    return model, rows


TABLES: dict[str, Callable[[int], Made]] = {
    "plain": plain,
    "plain numbers": plain_numbers,
    "realmlp": _recipe("classes", "realmlp"),
    "realmlp numbers": _recipe("numbers", "realmlp"),
    "realmlp quantiles": _recipe("numbers", "realmlp", quantiles=(0.1, 0.4, 0.6, 0.9)),
    "realmlp ensemble": _recipe("numbers", "realmlp", n_ensemble=3),
    "realmlp folds": _recipe("classes", "realmlp", n_folds=2),
    "small": _recipe("classes", "small"),
    "small numbers": _recipe("numbers", "small"),
    "tabm": _recipe("classes", "tabm", epochs=1),
    "tabm quantiles": _recipe("numbers", "tabm", epochs=1, quantiles=(0.25, 0.5, 0.75)),
    "tabm-mini": _recipe("classes", "tabm-mini", epochs=1),
    "tabm-mini numbers": _recipe("numbers", "tabm-mini", epochs=1),
    "far target": far_target,
    "yes or no": yes_or_no,
    "many categories": many_categories,
    "nothing to learn": nothing_to_learn,
    "hostile": hostile,
}
"""Table models by name."""


# ---- estimators ------------------------------------------------------------------------------------------------------


def matrix(seed: int, n: int = N) -> np.ndarray:
    """Return numbers in their own units: around 0, large ones, 1e4 ± 1, and unix seconds."""
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n, 4))
    return Z * [1.0, 250.0, 1.0, 1e6] + [0.0, 1000.0, 1e4, 1.7e9]


def _units(X: np.ndarray) -> np.ndarray:
    return np.asarray((X - [0.0, 1000.0, 1e4, 1.7e9]) / [1.0, 250.0, 1.0, 1e6])


def _targets(kind: str, X: np.ndarray) -> np.ndarray:
    Z = _units(X)
    score = Z[:, 0] + Z[:, 1] * Z[:, 2]
    found: dict[str, Callable[[], np.ndarray]] = {
        "two": lambda: np.where(score > 0, "yes", "no"),
        "three": lambda: np.digitize(score, [-0.7, 0.7]) * 10,
        "labels": lambda: np.stack([score > 0, Z[:, 3] > 0, Z[:, 0] > 0.5], axis=1).astype(int),
        "number": lambda: 100.0 + 20.0 * score,
        "numbers": lambda: np.stack([score, 1000.0 * Z[:, 3]], axis=1),
        "counts": lambda: np.floor(np.exp(score / 3.0)),
    }
    return found[kind]()


def _mlp(kind: str, **options: Any) -> Any:
    from glassnet import Quantile
    from glassnet.sklearn import MLPClassifier, MLPRegressor

    if "loss" in options and options["loss"] is None:
        options["loss"] = Quantile([0.1, 0.5, 0.8])
    given: dict[str, Any] = {"hidden_layer_sizes": (9,), "max_iter": 5, "diagnose": False, **options}
    return (MLPClassifier if kind in ("two", "three", "labels") else MLPRegressor)(**given)


def _estimator(kind: str, dtype: str = "float64", **options: Any) -> Callable[[int], Made]:
    def made(seed: int) -> Made:
        X = matrix(seed)
        scaled = options.get("scale_inputs", False)
        X, new = (X, matrix(seed + 1, ROWS)) if scaled else (_units(X), _units(matrix(seed + 1, ROWS)))
        y = _targets(kind, matrix(seed))
        return quietly(_mlp(kind, random_state=seed, **options), X.astype(dtype), y), new.astype(dtype)

    return made


def quietly(model: Any, X: Any, y: Any) -> Any:
    """Return a fitted model, without warnings of columns that are left out and of few epochs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)


def _piped(
    kind: str, make: Callable[[Any, Any], Any], *, gaps: bool = False, framed: bool = False
) -> Callable[[int], Made]:
    """Return a function that fits what ``make`` puts around a perceptron on raw numbers, with ``gaps`` in them."""

    def made(seed: int) -> Made:
        import sklearn.neural_network as theirs

        X, new = matrix(seed), matrix(seed + 1, ROWS)
        y = _targets(kind, X)
        if gaps:
            rng = np.random.default_rng(seed)
            X[rng.random(X.shape) < 0.1] = np.nan
            new[rng.random(new.shape) < 0.1] = np.nan
        if framed:
            import pandas as pd

            X, new = (pd.DataFrame(part, columns=["a */ b", "größe", "class", "x 3"]) for part in (X, new))
        return quietly(make(_mlp(kind, random_state=seed), theirs), X, y), new

    return made


def _pipes() -> dict[str, Callable[[int], Made]]:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

    from glassnet.tabular import TabularClassifier, TabularRegressor

    quick: dict[str, Any] = {"epochs": 2, "random_state": 0, "diagnose": False}

    def logs(ours: Any, theirs: Any) -> Any:
        inner = make_pipeline(
            StandardScaler(), theirs.MLPRegressor(hidden_layer_sizes=(9,), max_iter=5, random_state=0)
        )
        return TransformedTargetRegressor(inner, func=np.log1p, inverse_func=np.expm1)

    def clipped(ours: Any, theirs: Any) -> Any:
        return make_pipeline(MinMaxScaler(clip=True), "passthrough", RobustScaler(), ours)

    def searched(ours: Any, theirs: Any) -> Any:
        return GridSearchCV(make_pipeline(StandardScaler(), ours), {"mlpclassifier__alpha": [1e-4, 1e-2]}, cv=2)

    return {
        "pipe standard": _piped("three", lambda ours, theirs: make_pipeline(StandardScaler(), ours)),
        "pipe theirs": _piped(
            "two", lambda ours, theirs: make_pipeline(RobustScaler(), theirs.MLPClassifier((9,), max_iter=5))
        ),
        "pipe clipped": _piped("number", clipped),
        "pipe largest": _piped("numbers", lambda ours, theirs: make_pipeline(MaxAbsScaler(), StandardScaler(), ours)),
        "pipe filled": _piped(
            "two",
            lambda ours, theirs: make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), ours),
            gaps=True,
        ),
        "pipe filled late": _piped(
            "number",
            lambda ours, theirs: make_pipeline(MinMaxScaler(clip=True), SimpleImputer(), StandardScaler(), ours),
            gaps=True,
        ),
        "pipe target": _piped(
            "number",
            lambda ours, theirs: TransformedTargetRegressor(
                make_pipeline(StandardScaler(), ours), transformer=StandardScaler()
            ),
        ),
        "pipe log target": _piped("counts", logs),
        "pipe search": _piped("three", searched),
        "pipe frame": _piped("two", lambda ours, theirs: make_pipeline(StandardScaler(), ours), framed=True),
        "pipe filled frame": _piped(
            "three", lambda ours, theirs: make_pipeline(SimpleImputer(), MinMaxScaler(), ours), gaps=True, framed=True
        ),
        "pipe table": _piped(
            "three", lambda ours, theirs: make_pipeline(RobustScaler(), TabularClassifier(**quick)), gaps=True
        ),
        "pipe filled table": _piped(
            "number",
            lambda ours, theirs: make_pipeline(
                SimpleImputer(), StandardScaler(), TabularRegressor("small", quantiles=(0.2, 0.8), **quick)
            ),
            gaps=True,
        ),
        "pipe log table": _piped(
            "counts",
            lambda ours, theirs: TransformedTargetRegressor(
                make_pipeline(MaxAbsScaler(), TabularRegressor("small", **quick)), func=np.log1p, inverse_func=np.expm1
            ),
        ),
    }


def other_order(seed: int) -> Made:
    """Labels that the estimator sorts as numbers, and its model as text."""
    frame = columns(N, seed)
    from glassnet.tabular import TabularClassifier

    places = {"low": 2, "middle": 10, "high": 2**60 + 1}
    y = np.array([places[label] for label in classes(frame)])
    return quietly(TabularClassifier(epochs=2, random_state=seed, diagnose=False), frame, y), new_rows(seed)


def object_matrix(seed: int) -> Made:
    """A matrix of numbers and text without names, as scikit-learn's users have it."""
    from glassnet.tabular import TabularClassifier

    def made(frame: dict[str, list[Any]]) -> np.ndarray:
        return np.array([frame[name] for name in ("size", "colour", "side", "pay")], dtype=object).T

    frame = columns(N, seed)
    model = TabularClassifier(epochs=2, random_state=seed, diagnose=False)
    return quietly(model, made(frame), classes(frame)), made(new_rows(seed))


ESTIMATORS: dict[str, Callable[[int], Made]] = {
    "tabular classifier": lambda seed: (_fitted("classes", seed), new_rows(seed)),
    "tabular regressor": lambda seed: (_fitted("numbers", seed, recipe="small"), new_rows(seed)),
    "other order": other_order,
    "object matrix": object_matrix,
    "mlp two": _estimator("two", scale_inputs=True),
    "mlp three": _estimator("three", solver="lbfgs"),
    "mlp three single": _estimator("three", dtype="float32", activation="tanh"),
    "mlp three apart": _estimator("three", loss="binary_cross_entropy"),
    "mlp two softmax": _estimator("two", loss="cross_entropy"),
    "mlp labels": _estimator("labels"),
    "mlp number": _estimator("number", scale_inputs=True, scale_target=True, solver="lbfgs"),
    "mlp numbers": _estimator("numbers", scale_inputs=True, scale_target=True),
    "mlp counts": _estimator("counts", loss="poisson"),
    "mlp quantiles": _estimator("number", loss=None, scale_target=True),
    "mlp many quantiles": _estimator("numbers", loss=None, scale_target=True),
    "mlp deviations": _estimator("number", loss="gaussian_nll", scale_target=True),
    "mlp norm": _estimator("three", normalization="batch", dropout=0.1),
    **_pipes(),
}
"""Estimators and pipelines by name."""


@cache
def export_table(name: str, seed: int = 0) -> Made:
    """Return a trained model of `TABLES` or `ESTIMATORS` with a frame of rows; neither may be changed."""
    return {**TABLES, **ESTIMATORS}[name](seed)
