"""Table models and estimators as plans: what the steps compute is what the model predicts, and what proves a file."""

from __future__ import annotations

import dataclasses
import json
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import export_tables
import glassnet as gn
from export_tables import export_table
from glassnet.errors import ConfigError
from glassnet.exports.lowering.lowering import example_rows, lower, model_rows, predictions
from glassnet.exports.made_up import take_rows
from glassnet.exports.measuring import largest_error
from glassnet.exports.plan import Affine, Constant, Flag, Join, Lookup, Map, Plan, Scaled, Select, Value, Wave
from glassnet.exports.proof import digest_of, prove
from glassnet.exports.referee import encode, interpret
from glassnet.tabular.model import TableModel

TABLES, ESTIMATORS = list(export_tables.TABLES), list(export_tables.ESTIMATORS)
NAMES = [*TABLES, *ESTIMATORS]


def _answers(plan: Plan, outputs: np.ndarray) -> list[Any]:
    """Return labels as a file gives them."""
    if plan.answer.kind == "labels":
        return (outputs > 0.5).astype(int).tolist()
    return [plan.answer.labels[i] for i in outputs.argmax(axis=1).tolist()]


# ---- equal to the model ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "seed"), [(name, 0) for name in NAMES] + [
    pytest.param(name, seed, marks=pytest.mark.slow) for name in NAMES for seed in (1, 2, 3, 4)
])  # fmt: skip
def test_the_plan_predicts_what_the_model_does(name: str, seed: int) -> None:
    """Outputs agree within 1e-6, relative to numbers above 1, on rows with missing, unseen and extreme cells.

    With weights in single precision, as files have them, they do relative to the largest output.
    """
    model, frame = export_table(name, seed)
    exact, plan = lower(model, name, dtype=np.float64), lower(model, name)
    rows = model_rows(model, plan, frame)
    wanted = predictions(model, plan, rows)
    assert wanted.shape[1] == plan.y.size == len(plan.answer.names)
    assert np.isfinite(wanted).all()
    assert largest_error(interpret(exact, rows), wanted) < 1e-6
    size = np.maximum(1.0, np.abs(wanted).max(axis=0))
    assert largest_error(interpret(plan, rows) / size, wanted / size) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_a_row_by_itself_is_predicted_alike(name: str) -> None:
    """One row alone has the outputs that it has among others; no rows have none."""
    model, frame = export_table(name)
    plan = lower(model, name)
    rows = model_rows(model, plan, frame)
    together = interpret(plan, rows)
    for i in (0, len(together) // 2):
        assert largest_error(interpret(plan, take_rows(rows, [i])), together[i : i + 1]) < 1e-12
    assert interpret(plan, take_rows(rows, slice(0))).shape == (0, plan.y.size)


@pytest.mark.parametrize("name", NAMES)
def test_users_get_the_same_labels_and_numbers(name: str) -> None:
    """What ``predict`` returns for the frame, labels or numbers in units, follows from the plan's outputs."""
    model, frame = export_table(name)
    plan = lower(model, name)
    outputs = interpret(plan, model_rows(model, plan, frame))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gn.TableWarning)  # of the odd cells
        found = np.asarray(model.predict(frame))
    if plan.answer.kind in ("classes", "labels"):
        assert found.tolist() == _answers(plan, outputs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gn.TableWarning)
            probabilities = np.asarray(model.predict_proba(frame), dtype=np.float64)
        assert largest_error(outputs, probabilities) < 1e-6
        return
    if plan.answer.kind == "quantiles":
        outputs = outputs[:, list(plan.answer.middle)].mean(axis=1)
    elif "quantile 0.5" in plan.answer.names[0] or len(plan.answer.names) > found.size // len(found):
        outputs = outputs[:, 1::3]  # the median of each target
    # `predict` rounds what the network says to single precision before it is scaled.
    size = 1.0 + np.abs(found).max()
    assert np.abs(outputs.reshape(found.shape) - found).max() < 2e-7 * size


def test_clipping_is_of_each_member() -> None:
    """Each member is cut to the range of training before the mean, and after it too, as the model does it."""
    model, frame = export_table("realmlp ensemble")
    plan = lower(model)
    clipped = [step for step in plan.steps if isinstance(step, Map) and step.formula.startswith("min(max(")]
    assert [step.out.size for step in clipped] == [3, 1]
    outputs = interpret(plan, model_rows(model, plan, frame))
    assert outputs.min() >= model.target.scale.low
    assert outputs.max() <= model.target.scale.high


def test_copies_inside_of_members_are_averaged_before_the_cut() -> None:
    """TabM networks with a target that is cut: the mean of the copies is cut, and then the mean of the members taken."""
    frame = {"x": np.linspace(-1.0, 1.0, 40).tolist()}
    y = [3.0 * x**3 for x in frame["x"]]
    layers = [gn.Copies(4), gn.EnsembleDense(8, "tanh"), gn.EnsembleHead(1)]
    loss: Any = gn.EnsembleLoss("squared_error", copies=4)
    one = export_tables.table_model(frame, y, seed=0, loss=loss, layers=layers, clip=True)
    layers = [gn.Copies(4), gn.EnsembleDense(8, "tanh"), gn.EnsembleHead(1)]
    networks = gn.Network(layers, loss=loss, seed=[0, 1, 2], members=3, input_shape=(1,))
    networks.params[...] *= 3.0
    model = TableModel(networks, one.encoder, one.target)
    plan = lower(model)
    rows = model_rows(model, plan, {"x": [-5.0, -1.0, 0.1, 2.0, 9.0]})
    assert largest_error(interpret(plan, rows), predictions(model, plan, rows)) < 1e-7


# ---- columns ---------------------------------------------------------------------------------------------------------


def _columns_of(name: str) -> dict[str, list[Any]]:
    """Return the steps of each field."""
    plan = lower(export_table(name)[0])
    found: dict[str, list[Any]] = {field.name: [] for field in plan.fields}
    for step in plan.column_steps:
        if hasattr(step, "field"):
            found[plan.fields[step.field].name].append(step)
    return found


def test_columns_become_few_steps() -> None:
    """A number is scaled and flagged, categories are looked up in one table, of a column left out the flag stays."""
    found = {name: [type(step) for step in steps] for name, steps in _columns_of("plain").items()}
    assert found["far"] == [Scaled]
    assert found["size"] == [Scaled, Flag]
    assert found["colour"] == found["side"] == found["town"] == [Lookup]
    assert found["born"] == [Scaled, Wave, Wave, Wave, Flag]
    assert found["opens"] == [Scaled, Wave, Flag]
    assert found["one"] == [Flag]
    assert "id" not in found


def test_a_category_column_has_a_row_for_each_case() -> None:
    """Missing, unknown and rare cells get what the encoder gives them: the flag, and the feature of the others."""
    model, _ = export_table("plain numbers")
    (step,) = _columns_of("plain numbers")["town"]
    field = next(field for field in lower(model).fields if field.name == "town")
    assert step.table.shape == (2 + len(step.categories), len(step.categories) + 2)
    assert step.table[0].tolist() == [0.0] * (len(step.categories) + 1) + [1.0]
    assert step.table[1].tolist() == [0.0] * len(step.categories) + [1.0, 0.0]
    assert set(step.categories) < set(field.categories)


def test_bounds_are_folded_into_tables_and_constants() -> None:
    """With robust scaling every indicator, flag, date and wave has the value that the encoder gives it after its bound."""
    model, frame = export_table("small")
    plan = lower(model)
    wanted = model.encoder.transform(model.table(frame))
    found = encode(plan, model_rows(model, plan, frame), np.float32)
    assert np.abs(found - wanted).max() < 5e-7  # a date is rounded once more by the encoder, between its two scalings
    exact = [i for i, role in enumerate(model.encoder.roles) if role == "indicator"]
    assert np.array_equal(found[:, exact], wanted[:, exact])


def test_a_number_that_never_varies_is_a_constant() -> None:
    """Where the quartiles and the range of training leave nothing to divide by, the feature is 0 for every row."""
    model, frame = export_table("realmlp")
    coders = list(model.encoder.coders)
    place = next(i for i, coder in enumerate(coders) if coder.name == "far")
    coders[place] = dataclasses.replace(coders[place], scale=dataclasses.replace(coders[place].scale, q=0.0))
    encoder = type(model.encoder).from_config(model.encoder.config())
    encoder._coders = coders
    changed = TableModel(model.network, encoder, model.target)
    plan = lower(changed)
    assert any(isinstance(step, Constant) for step in plan.column_steps)
    rows = model_rows(changed, plan, frame)
    assert largest_error(interpret(plan, rows), predictions(changed, plan, rows)) < 1e-6


def test_infinite_numbers_are_missing_and_absurd_ones_saturate() -> None:
    """An infinite number counts as missing; numbers at the end of double precision give finite outputs everywhere."""
    for name in ("plain", "plain numbers", "realmlp"):
        model, _ = export_table(name)
        plan = lower(model)
        rows = take_rows(example_rows(model, plan), np.arange(4))
        assert not isinstance(rows, np.ndarray)
        numbers = [field.name for field in plan.fields if field.kind == "number"]
        infinite = {**rows, **{key: np.array([np.inf, -np.inf, np.inf, -np.inf]) for key in numbers}}
        missing = {**rows, **{key: np.full(4, np.nan) for key in numbers}}
        assert np.array_equal(interpret(plan, infinite), interpret(plan, missing))
        far = {**rows, **{key: np.array([1.7e308, -1.7e308, 5e-324, -0.0]) for key in numbers}}
        assert np.isfinite(interpret(plan, far)).all()
        assert np.isfinite(interpret(plan, far, np.float32)).all()


def test_fields_say_what_a_form_must_know() -> None:
    """Kinds, ranges and categories are those of training; columns far from 0 say that they need double precision."""
    fields = {field.name: field for field in lower(export_table("realmlp")[0]).fields}
    assert [fields[name].kind for name in ("size", "colour", "old", "born", "opens")] == [
        "number", "category", "boolean", "date", "number"
    ]  # fmt: skip
    assert fields["rooms"].low == 1.0
    assert fields["rooms"].high == 5.0
    assert fields["colour"].categories == ("c0", "c1", "c2", "c3", "c4")
    assert fields["opens"].form.style == "time"
    assert [name for name, field in fields.items() if field.needs_double] == ["far", "seconds", "born"]


def test_values_have_names_of_their_own() -> None:
    """Columns that differ only in characters that no identifier has get different names, none of them a keyword."""
    plan = lower(export_table("hostile")[0])
    names = [step.out.name for step in plan.steps]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert all(name.startswith("z_") for name in names[: len(plan.column_steps) - 1])


# ---- what proves a file ----------------------------------------------------------------------------------------------


def _proof(name: str) -> tuple[Plan, Any]:
    model, _ = export_table(name)
    plan = lower(model)
    rows = example_rows(model, plan, 60)
    return plan, prove(plan, predictions(model, plan, rows), rows, np.float64)


@pytest.mark.parametrize("name", NAMES)
def test_sixteen_rows_that_single_precision_can_hold(name: str) -> None:
    """There are 16 test rows with finite outputs, which single precision computes within the tolerance of files."""
    plan, proof = _proof(name)
    assert len(proof.titles) == len(proof.outputs) == 16
    assert proof.titles[:8] == tuple(f"typical {i + 1}" for i in range(8))
    assert np.isfinite(proof.outputs).all()
    assert proof.worst < 1e-5
    assert largest_error(interpret(plan, proof.rows, np.float32), proof.outputs) < 0.2 * proof.tolerance
    assert proof.tolerance == 2e-5 or name in ("mlp numbers", "mlp many quantiles")


def test_rows_are_what_their_titles_say() -> None:
    """Each special row has the cells that its title names, in every column."""
    plan, proof = _proof("plain numbers")
    row = {title: {k: v[i] for k, v in proof.rows.items()} for i, title in enumerate(proof.titles)}
    fields = {field.name: field for field in plan.fields}
    numbers = [field for field in plan.fields if field.kind == "number"]
    assert all(row["lowest"][field.name] == field.low for field in numbers)
    assert all(row["highest"][field.name] == field.high for field in numbers)
    turns = row["lowest and highest by turns"], row["highest and lowest by turns"]
    assert [turns[0]["size"], turns[0]["pay"]] == [fields["size"].low, fields["pay"].high]
    assert [turns[1]["size"], turns[1]["pay"]] == [fields["size"].high, fields["pay"].low]
    assert all(cell == "" if fields[k].is_text else np.isnan(cell) for k, cell in row["missing"].items())
    unknown = row["unknown categories, negative zeros"]
    assert all(unknown[field.name] not in field.categories for field in plan.fields if field.is_text)
    assert all(np.signbit(unknown[field.name]) and unknown[field.name] == 0.0 for field in numbers)
    rare = row["zeros, rare categories"]
    (step,) = [s for s in plan.column_steps if isinstance(s, Lookup) and fields["town"] is plan.fields[s.field]]
    assert rare["town"] in fields["town"].categories
    assert rare["town"] not in step.categories
    assert all(rare[field.name] == 0.0 and not np.signbit(rare[field.name]) for field in numbers)
    assert all(row["outlier"][field.name] > field.high for field in numbers if field.name != "pay")


def test_typical_rows_are_the_background_of_the_model() -> None:
    """The rows that a model keeps are decoded to cells that it predicts about as the averages that it kept."""
    for name in ("realmlp", "tabm-mini numbers"):
        model, _ = export_table(name)
        plan = lower(model)
        rows = example_rows(model, plan, 20)
        m = len(model.background)
        found = predictions(model, plan, take_rows(rows, np.arange(m)))
        wanted = model.answers(model.background)
        wanted = wanted if model.target.labels else model.target.in_units(wanted)
        spread = np.ptp(wanted)
        assert np.abs(np.sort(found[:, 0]) - np.sort(wanted[:, 0])).mean() < 0.25 * spread


def test_rows_of_codes_are_whole_numbers_that_exist() -> None:
    """Made-up and special rows of a network with an embedding in front hold codes that the embedding has."""
    layers = [gn.Concatenate([gn.Select([1]), [gn.Select([2, 0]), gn.Embedding(7, 3), gn.Flatten()]]), gn.Dense(2)]
    net = gn.Network(layers, loss="squared_error", seed=0, input_shape=(3,))
    plan = lower(net)
    rows = example_rows(net, plan)
    proof = prove(plan, predictions(net, plan, rows), rows, np.float32)
    for cells in (rows, proof.rows):
        assert isinstance(cells, np.ndarray)
        codes = cells[:, [0, 2]]
        assert np.array_equal(codes, np.clip(np.rint(codes), 0, 6))
        assert set(codes[:, 0]) >= {0.0, 6.0}
        assert not np.array_equal(cells[:, 1], np.rint(cells[:, 1]))


def test_rows_that_overflow_are_replaced() -> None:
    """An outlier whose outputs no file can hold gives way to a nearer one, or to a typical row."""
    net = gn.Network([gn.Dense(1, initializer="ones")], loss="squared_error", seed=0, input_shape=(1,))
    plan = lower(net)
    y = Value("y", (1,))
    steep = dataclasses.replace(plan, steps=(*plan.steps, Map(y, plan.y, "exp(9 * Z)")), y=y)
    rows = np.linspace(-1.0, 1.0, 20)[:, None]
    proof = prove(steep, interpret(steep, rows), rows, np.float64)
    assert len(proof.titles) == 16
    assert np.isfinite(proof.outputs).all()
    assert proof.outputs.max() < 1e30
    steeper = dataclasses.replace(plan, steps=(*plan.steps, Map(y, plan.y, "exp(2500 * Z)")), y=y)
    proof = prove(steeper, interpret(steeper, 0.01 * rows), 0.01 * rows, np.float64)
    assert proof.titles[-1] == "one more typical row"
    assert "outlier" not in proof.titles


@pytest.mark.parametrize("n", [1, 3])
def test_few_rows_of_the_callers_prove_a_file(n: int) -> None:
    """A single row is enough for 16 test rows."""
    for name in ("plain", "mlp three"):
        model, frame = export_table(name)
        plan = lower(model)
        rows = take_rows(model_rows(model, plan, frame), np.arange(n))
        proof = prove(plan, predictions(model, plan, rows), rows, np.float64)
        assert len(proof.titles) == len(proof.outputs) == 16
        assert proof.n_rows == n


def _variants(plan: Plan) -> dict[str, Plan]:
    """Return plans that differ from one in a single detail."""

    def with_step(kind: type[Any], **changes: Any) -> Plan:
        place = next(i for i, step in enumerate(plan.steps) if isinstance(step, kind))
        values = {key: change(getattr(plan.steps[place], key)) for key, change in changes.items()}
        changed = dataclasses.replace(plan.steps[place], **values)
        return dataclasses.replace(plan, steps=(*plan.steps[:place], changed, *plan.steps[place + 1 :]))

    def bumped(array: np.ndarray) -> np.ndarray:
        found = array.copy()
        found.reshape(-1)[-1] += 1.0
        return found

    fields = (dataclasses.replace(plan.fields[0], form=dataclasses.replace(plan.fields[0].form, decimal=",")),)
    return {
        "center": with_step(Scaled, center=lambda x: float(np.nextafter(x, np.inf))),
        "fill": with_step(Scaled, fill=lambda x: x + 1.0),
        "flag": with_step(Flag, missing=lambda x: x + 1.0),
        "field": with_step(Flag, field=lambda i: i + 1),
        "period": with_step(Wave, period=lambda x: x / 2.0),
        "category": with_step(Lookup, categories=lambda names: (*names[:-1], names[-1] + " ")),
        "table": with_step(Lookup, table=bumped),
        "weight": with_step(Affine, W=bumped),
        "formula": with_step(Map, formula=lambda text: f"-({text})"),
        "order": with_step(Join, parts=lambda parts: parts[::-1]),
        "places": with_step(Select, places=lambda places: places[::-1]),
        "label": dataclasses.replace(plan, answer=dataclasses.replace(plan.answer, labels=("a", "b", "c"))),
        "form": dataclasses.replace(plan, fields=(*fields, *plan.fields[1:])),
    }


def test_the_digest_covers_everything() -> None:
    """Every constant, category, formula, place, label and form changes the digest; a name does not."""
    plan = lower(export_table("realmlp")[0], "one")
    found = {name: digest_of(variant) for name, variant in _variants(plan).items()}
    assert len({digest_of(plan), *found.values()}) == 1 + len(found), found
    assert digest_of(lower(export_table("realmlp")[0], "two")) == digest_of(plan)


_ELSEWHERE = """
import json, sys, pickle
import glassnet as gn
from glassnet.tabular import TableModel
from glassnet.exports.lowering.lowering import lower
from glassnet.exports.proof import digest_of
found = {}
for path in sys.argv[1:]:
    if path.endswith(".pickle"):
        model = pickle.load(open(path, "rb"))
    elif "/mlp" in path:
        import glassnet.sklearn
        model = glassnet.sklearn.load(path)
    else:
        model = TableModel.load(path)
        assert "sklearn" not in sys.modules
    plan = lower(model, "model")
    found[path] = [digest_of(plan), repr(plan.fields), repr(plan.answer), dict(plan.made_from)]
print(json.dumps(found))
"""


def test_plans_are_the_same_after_a_file_and_in_another_process(tmp_path: Path) -> None:
    """A model that was saved and loaded elsewhere has the same plan, without scikit-learn if it is a table model."""
    names = [name for name in TABLES if not name.startswith(("tabm", "many", "realmlp "))]
    models = {f"{name}.safetensors": export_table(name)[0] for name in (*names, "mlp two", "mlp three single")}
    pickled = {f"{name}.pickle": export_table(name)[0] for name in ("pipe filled", "pipe target", "other order")}
    for name, model in models.items():
        model.save(tmp_path / name)
    for name, model in pickled.items():
        (tmp_path / name).write_bytes(pickle.dumps(model))
    paths = [str(tmp_path / name) for name in (*models, *pickled)]
    done = subprocess.run([sys.executable, "-c", _ELSEWHERE, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name, model in (models | pickled).items():
        plan = lower(model, "model")
        wanted = [digest_of(plan), repr(plan.fields), repr(plan.answer), dict(plan.made_from)]
        assert found[str(tmp_path / name)] == wanted, name


# ---- what has no form ------------------------------------------------------------------------------------------------


def test_a_step_that_has_no_form_is_named() -> None:
    """A pipeline with another transformer, a classifier of others and an indicator are refused in one sentence."""
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from glassnet.sklearn import MLPClassifier

    X, y = export_tables.matrix(0), np.arange(export_tables.N) % 2
    mlp = MLPClassifier((3,), max_iter=1, diagnose=False)
    for steps, text in (
        ((PCA(2), mlp), "a step before the model is PCA.*; it must be "),
        ((SimpleImputer(add_indicator=True), mlp), "a step before the model is SimpleImputer.*; it must fill NaN "),
        ((LogisticRegression(),), "the model is a LogisticRegression; it must be, or end in, "),
    ):
        fitted = export_tables.quietly(make_pipeline(*steps), X, y)
        with pytest.raises(ConfigError, match=text):
            lower(fitted)


def test_what_is_no_model_is_refused() -> None:
    """The sentence says what can be exported."""
    with pytest.raises(ConfigError, match=r"export: the model is of type dict; it must be a Network, .*\."):
        lower({})
