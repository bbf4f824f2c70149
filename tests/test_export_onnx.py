"""ONNX files: every step, column and option of them, run in onnxruntime, and what their own tests notice."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from export_models import ENSEMBLES, NETWORKS, export_case
from export_onnx import check_model, close, file_of, outputs_of, proof_of, rounded, session_of, small_plan, table_plan
from export_tables import export_table
from glassnet.exports.lowering.lowering import lower, model_rows
from glassnet.exports.plan import Affine, Answer, Embed, Map, Normalise, Plan, Rank, Scaled, Softmax, Value
from glassnet.exports.proof import made_up_rows
from glassnet.exports.referee import interpret
from glassnet.exports.targets.onnx_target import onnx_file, running
from glassnet.exports.targets.onnx_target.facts import SELF_TEST
from glassnet.exports.targets.target import CannotRun, Options
from glassnet.utils.formula import evaluate

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

MODELS = (
    "plain", "plain numbers", "realmlp", "realmlp quantiles", "far target", "yes or no", "nothing to learn", "hostile",
    "other order", "mlp two", "mlp labels", "mlp numbers", "mlp quantiles", "pipe clipped", "pipe filled",
)  # fmt: skip
"""Those that are quickly trained; the slow tests have all."""
SIZES = (0, 1, 3, 4097)
HOSTILE = ('a"b', "*/ </script> %s %n", "é 速度 \N{SNOWMAN}\n\t\\", "x" * 500, "'; import os", "\x00\x01")


def network_plan(name: str, seed: int = 0) -> tuple[Plan, np.ndarray]:
    """Return the plan of a network of the tests, and rows for it."""
    case = export_case(name, seed)
    X = case.X.reshape(len(case.X), -1)
    return lower(case.model), np.resize(X, (4097, X.shape[1]))


def model_plan(name: str, seed: int = 0) -> tuple[Any, Plan, Any]:
    """Return a table model or estimator of the tests, its plan, and rows for it."""
    model, frame = export_table(name, seed)
    plan = lower(model)
    return model, plan, model_rows(model, plan, frame)


def check(plan: Plan, rows: Any, slack: float = 1.0, **options: Any) -> list[np.ndarray]:
    """Check that a file computes what the referee does for 0, 1, 3 and 4,097 rows; return all outputs for the last."""
    session = session_of(file_of(plan, rows, **options))
    for n in SIZES:
        own = rounded(plan, {k: v[:n] for k, v in rows.items()} if isinstance(rows, dict) else rows[:n])
        outputs = outputs_of(session, plan, own)
        close(plan, outputs[0], interpret(plan, own), slack)
    return outputs


def facts(content: bytes) -> dict[str, str]:
    """Return the metadata of a file."""
    return {one.key: one.value for one in onnx.load_from_string(content).metadata_props}


# ---- what they compute ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NETWORKS, *ENSEMBLES])
def test_every_network(name: str) -> None:
    """A file computes what the plan does, for no row, one, three, and thousands."""
    plan, X = network_plan(name)
    check(plan, X)


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    """A file computes what the model predicts for numbers of single precision, and decides alike away from ties."""
    model, plan, rows = model_plan(name)
    check_model(model, plan, rows)


@pytest.mark.parametrize("options", [{}, {"inputs": "matrix"}, {"opset": 17}, {"opset": 21}, {"opset": 24}], ids=str)
def test_every_column_and_step(options: dict[str, Any]) -> None:
    """All kinds of columns, with missing and unknown cells, and all steps compute what the referee does."""
    plan = table_plan()
    rows = made_up_rows(plan, 4097)
    assert isinstance(rows, dict)
    edges = next(step.quantiles for step in plan.steps if isinstance(step, Rank))
    rows["age"][:6] = [np.nan, edges[10], edges[0], edges[-1], -5.0, 200.0]
    rows["city"][:3] = ["", "elsewhere", "a"]
    rows["when"][1], rows["member"][2], rows["h1"][0] = np.nan, np.nan, -0.0
    outputs = check(plan, rows, **options)
    np.testing.assert_array_equal(outputs[1], np.array(["low", "", "high"], object)[outputs[0].argmax(axis=1)])


def test_infinite_numbers_are_missing() -> None:
    """An infinite number counts as missing, as the model itself takes it."""
    plan = table_plan()
    rows = made_up_rows(plan, 3)
    session = session_of(file_of(plan, made_up_rows(plan)))
    infinite = {**rows, "age": np.array([np.inf, -np.inf, np.nan])}  # type: ignore[dict-item]
    missing = {**rows, "age": np.full(3, np.nan)}  # type: ignore[dict-item]
    np.testing.assert_array_equal(outputs_of(session, plan, infinite)[0], outputs_of(session, plan, missing)[0])


def test_ranks_are_those_of_double_precision() -> None:
    """Ranks among quantiles, ties and ends of them included, are right to the last digit of float32."""
    edges = np.sort(np.random.default_rng(0).normal(size=(3, 200)).round(1), axis=1)
    edges[1, :20], edges[1, -30:], edges[2] = 0.5 - 9.0, 9.0, np.repeat([0.0, 1.0], 100)
    plan = table_plan()
    fields = tuple(replace(plan.fields[0], name=name) for name in "abc")
    steps = [Rank(Value(f"r{i}", (1,)), i, 0.25, edges[i]) for i in range(3)]
    x = Value("x", (3,))
    join = type(plan.steps[13])(x, tuple(step.out for step in steps))
    ranks = replace(plan, fields=fields, steps=(*steps, join), x=x, y=x, answer=Answer("numbers", ("a", "b", "c")))
    cells = np.concatenate([edges.ravel(), np.nextafter(edges.ravel(), 9.0), np.linspace(-10, 10, 999), [np.nan, 1e30]])
    rows = rounded(ranks, dict.fromkeys("abc", cells))
    found = outputs_of(session_of(file_of(ranks, rows)), ranks, rows)[0]
    wanted = interpret(ranks, rows).astype(np.float32)
    assert np.abs(found - wanted).max() <= 2 * np.spacing(np.float32(5.2))
    assert (found == wanted).mean() > 0.99


@pytest.mark.parametrize("double", [False, True])
def test_every_function_of_formulas(double: bool) -> None:
    """Each function and operator is right within the precision computed in, near 0 and far from it too."""
    wide, above = (
        np.array([-80.0, -9.0, -1.0, -1e-4, -1e-7, 0.0, 1e-7, 1e-4, 0.3, 1.0, 5.0, 80.0]),
        np.geomspace(1e-6, 1e6, 12),
    )
    cases = {
        "abs(Z)": wide, "cos(Z)": wide, "sin(Z)": wide, "expm1(Z)": wide, "log1p(Z)": above, "log(Z / pi)": above,
        "max(Z, a)": wide, "min(Z, 1.5)": wide, "max(0, Z)": wide, "sigmoid(Z)": wide, "softplus(Z)": wide,
        "sign(Z)": wide, "sqrt(Z)": above, "tanh(Z)": wide, "exp(Z)": wide, "Z**2 + Z**3 - Z**0.5": above,
        "-Z / (a + 3)": wide, "Z if Z > 0 else a * Z": wide, "1 if Z <= a else 0": wide, "Z / (1 + exp(-Z))": wide / 2,
        "1 / (1 + exp(Z))": wide, "log(1 + exp(Z))": wide / 2, "(Z > a) * Z": wide, "2 * a": wide, "3 * (Z if Z > 0 else a * expm1(min(Z, 0)))": wide, "Z": wide,
    }  # fmt: skip
    for expression, Z in cases.items():
        step = Map(Value("h1", (12,)), Value("x", (12,)), expression, {"a": 0.25}, double=double)
        plan = small_plan(step, d=12, double_inputs=double)
        with np.errstate(all="ignore"):  # the test rows of a file have numbers below 0 as well
            content = file_of(plan, np.stack([Z] * 9))
        found = outputs_of(session_of(content), plan, Z[None])[0][0]
        seen = Z if double else Z.astype(np.float32).astype(np.float64)
        with np.errstate(all="ignore"):
            wanted = np.broadcast_to(evaluate(expression, Z=seen, a=0.25), Z.shape).astype(np.float32)
        # onnxruntime's own logistic function and softplus are right to 1e-8 or so, and not to so many digits.
        of_its_own = any(
            word in expression for word in ("sigmoid", "softplus", "exp(-Z)", "exp(Z))", "log(", "min(Z, 0)")
        )
        bound, least = (1e-7 if double else 2e-6), 1e-7 if of_its_own else 1e-30
        np.testing.assert_allclose(found, wanted, rtol=bound, atol=least, err_msg=expression)


def test_normalising_far_from_zero() -> None:
    """Normalised values keep their digits where the mean is large beside the deviation."""
    step = Normalise(Value("h1", (8,)), Value("x", (8,)), 1e-5)
    X = 1000.0 + np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    plan = small_plan(step, d=8)
    found = outputs_of(session_of(file_of(plan, X)), plan, X)[0]
    assert np.abs(found - interpret(plan, X.astype(np.float64))).max() < 2e-3  # one pass in float32 is wrong by 0.5


@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_small_and_large_weights(size: float) -> None:
    """Weights of any size are written with all their digits, and the order of two classes is kept."""
    rng = np.random.default_rng(0)
    x, h, y = Value("x", (4,)), Value("h1", (1, 1, 6)), Value("h2", (1, 1, 2))
    first = Affine(h, Value("x", (1, 1, 4)), rng.normal(size=(1, 4, 6)) * size, rng.normal(size=(1, 6)))
    second = Affine(y, h, rng.normal(size=(1, 6, 2)), np.array([[0.7, -0.7]]))
    steps = (first, second, Softmax(Value("y", (1, 2)), Value("h2", (1, 2))))
    plan = small_plan(*steps, d=x.size, answer=Answer("classes", ("no", "yes"), ("no", "yes")))
    check(plan, rng.normal(size=(4097, 4)) / size, slack=2.0)


def test_numbers_far_from_zero_are_read_in_double_precision() -> None:
    """Columns such as seconds since 1970 are inputs of double precision, where float32 would lose the digits."""
    plan = table_plan()
    fields = (replace(plan.fields[0], center=1.7e9, unit=1000.0), replace(plan.fields[0], name="near", center=1e4))
    steps = [Scaled(Value(f"s{i}", (1,)), i, field.center, field.center, 1.0) for i, field in enumerate(fields)]
    x = Value("x", (2,))
    join = type(plan.steps[13])(x, tuple(step.out for step in steps))
    far = replace(plan, fields=fields, steps=(*steps, join), x=x, y=x, answer=Answer("numbers", ("a", "b")))
    rows = {"age": 1.7e9 + np.linspace(-9, 9, 50), "near": 1e4 + np.linspace(-9, 9, 50)}
    session = session_of(file_of(far, rows))
    assert [one.type for one in session.get_inputs()] == ["tensor(double)", "tensor(double)"]
    np.testing.assert_allclose(outputs_of(session, far, rows)[0], interpret(far, rows), rtol=1e-6, atol=1e-6)


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [(("a", "", "é"), object), ((3, 1, 2), np.int64), ((0, 1, 2), np.int64), ((0.5, 1.5, 2.5), np.float64),
     ((False, True, True), np.bool_), ((1, "a", True), object), ((np.int64(5), 6, 7), np.int64), ((2**70, 1, 0), object)],
    ids=str,
)  # fmt: skip
def test_labels_are_of_their_own_type(labels: tuple[Any, ...], dtype: Any) -> None:
    """The label of the largest probability comes out as text, number or truth value."""
    step = Softmax(Value("h1", (1, 3)), Value("x", (1, 3)))
    plan = small_plan(step, d=3, answer=Answer("classes", ("a", "b", "c"), labels))
    X = np.array([[0.0, 1.0, 0.0], [9.0, 0.0, 1.0], [0.0, 0.0, 1.0], [2.0, 2.0, 2.0]])
    session = session_of(file_of(plan, np.tile(X, (3, 1))))
    label = outputs_of(session, plan, X)[1]
    assert label.dtype == dtype
    wanted = [labels[i] for i in (1, 0, 2, 0)]
    assert label.tolist() == ([str(one) for one in wanted] if dtype is object else wanted)


@pytest.mark.parametrize(
    ("answer", "names"),
    [(Answer("labels", ("a", "b", "c")), ["probabilities", "labels"]), (Answer("numbers", ("a", "b", "c")), ["prediction"]),
     (Answer("quantiles", ("a", "b", "c"), levels=(0.1, 0.5, 0.9), middle=(1,)), ["quantiles", "prediction"]),
     (Answer("quantiles", ("a", "b", "c"), levels=(0.1, 0.4, 0.6), middle=(1, 2)), ["quantiles", "prediction"])],
    ids=lambda value: getattr(value, "kind", None),
)  # fmt: skip
def test_outputs_by_kind(answer: Answer, names: list[str]) -> None:
    """The outputs have the names of their kind, and follow from the first."""
    plan = small_plan(Map(Value("h1", (3,)), Value("x", (3,)), "sigmoid(Z)"), d=3, answer=answer)
    X = np.random.default_rng(0).normal(size=(20, 3))
    session = session_of(file_of(plan, X))
    assert [one.name for one in session.get_outputs()] == names
    first, *rest = outputs_of(session, plan, X)
    if answer.kind == "labels":
        np.testing.assert_array_equal(rest[0], first > 0.5)
    if answer.kind == "quantiles":
        np.testing.assert_allclose(rest[0][:, 0], first[:, list(answer.middle)].mean(axis=1), rtol=1e-6)


def test_a_plan_without_steps() -> None:
    """A model that hands its row on is a graph too."""
    x = Value("x", (2,))
    plan = Plan("same", (), (), (), x, x, Answer("numbers", ("a", "b")))
    X = np.arange(20.0).reshape(10, 2)
    np.testing.assert_array_equal(outputs_of(session_of(file_of(plan, X)), plan, X)[0], X)


# ---- the file --------------------------------------------------------------------------------------------------------


def test_the_bytes_are_those_that_protobuf_writes() -> None:
    """Parsed and written again by onnx itself, a file is the same to the byte."""
    for plan, rows in ((table_plan(), made_up_rows(table_plan())), network_plan("residual")):
        content = file_of(plan, rows)
        assert onnx.load_from_string(content).SerializeToString(deterministic=True) == content


def test_equal_models_give_equal_files() -> None:
    """The same plan gives the same bytes again, and in another process with other hashes."""
    content = file_of(table_plan(), made_up_rows(table_plan()))
    assert file_of(table_plan(), made_up_rows(table_plan())) == content
    code = (
        "import sys; sys.modules.update(onnx=None, onnxruntime=None);"  # neither is needed to write a file
        "import hashlib; from export_onnx import *; from glassnet.exports.proof import made_up_rows;"
        "print(hashlib.sha256(file_of(table_plan(), made_up_rows(table_plan()))).hexdigest())"
    )
    folders = [str(Path(__file__).parent), str(Path(onnx_file.__file__).parents[4])]
    # The kernels of the products stay those of this process: others round otherwise.
    setting = {**os.environ, "PYTHONPATH": ":".join(folders), "PYTHONHASHSEED": "7", "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=setting)
    assert found.stdout.strip() == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", [*NETWORKS, "plain", "plain numbers", "small", "realmlp", "hostile"])
def test_files_are_small(name: str) -> None:
    """Beside weights, texts and metadata a file has at most 2 kB and 200 bytes a column, 2 kB more for the recipes."""
    plan, rows = network_plan(name) if name in NETWORKS else model_plan(name)[1:]
    model = onnx.load_from_string(file_of(plan, rows))
    del model.metadata_props[:]
    model.ClearField("doc_string")
    texts = [
        *(text for field in plan.fields for text in (*[field.name] * 2, *field.categories)),
        *map(str, plan.answer.labels),
    ]
    quantiles = sum(step.quantiles.size for step in plan.steps if isinstance(step, Rank))  # in double precision
    given = 4 * (plan.n_weights + quantiles) + sum(len(text.encode()) + 8 for text in texts)
    recipe = (
        2000 if name in ("plain numbers", "small", "realmlp") else 0
    )  # ranks, smooth clipping, embeddings: 80 nodes
    assert model.ByteSize() <= given + 2000 + 200 * (len(plan.fields) or plan.x.size) + recipe


def test_operators_are_of_the_core() -> None:
    """Only the lookup of text comes from another domain, and a file without text has one domain."""
    model = onnx.load_from_string(file_of(table_plan(), made_up_rows(table_plan())))
    assert {node.op_type for node in model.graph.node if node.domain} == {"LabelEncoder"}
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 18), ("ai.onnx.ml", 3)]
    plain = onnx.load_from_string(file_of(*network_plan("iris")))
    assert [(one.domain, one.version) for one in plain.opset_import] == [("", 18)]
    assert (plain.ir_version, plain.producer_name) == (8, "glassnet")


@pytest.mark.parametrize(("opset", "ir"), [(17, 8), (18, 8), (19, 9), (20, 9), (21, 10), (22, 10), (23, 11), (24, 12)])
def test_every_opset(opset: int, ir: int) -> None:
    """The format's version rises with the operator set, as in the releases of onnx."""
    plan, X = network_plan("residual")
    content = file_of(plan, X, opset=opset)
    assert onnx.load_from_string(content).ir_version == ir
    close(plan, outputs_of(session_of(content), plan, X[:9])[0], interpret(plan, X[:9]))


def test_refusals() -> None:
    """What an ONNX file cannot hold is said in one sentence."""
    plan = small_plan(Map(Value("h1", (3,)), Value("x", (3,)), "Z"), d=3)
    assert onnx_file.refusal(plan, Options(opset=25)) == "opset is 25; that of an ONNX file must be one of 17 to 24."
    assert onnx_file.refusal(plan, Options(opset=16)) == "opset is 16; that of an ONNX file must be one of 17 to 24."
    said = "dtype is 'int8'; ONNX files are written in float32."
    assert onnx_file.refusal(plan, Options(dtype="int8")) == said
    unknown = small_plan(Map(Value("h1", (3,)), Value("x", (3,)), "erf(Z)"), d=3)
    assert onnx_file.refusal(unknown, Options()) == "the function erf in 'erf(Z)' has no ONNX form yet."


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_names(word: str) -> None:
    """Columns, categories and labels may have any characters and any length."""
    names = (word, f"{word}2", "when", "", "h5", "label")
    plan = table_plan(names, (word, "b", f"{word} "), (word, "", "probabilities"))
    rows = made_up_rows(plan, 60)
    session = session_of(file_of(plan, rows))
    own = rounded(plan, rows)
    outputs = outputs_of(session, plan, own)
    close(plan, outputs[0], interpret(plan, own))
    shown = word.replace("\0", "?")
    assert [one.name for one in session.get_inputs()] == [shown, f"{shown}2", "when", "column", "h5", "label"]
    assert [one.name for one in session.get_outputs()] == ["probabilities", "label_2"]
    assert set(outputs[1]) <= {word, "", "probabilities"}


def test_names_of_inner_values_give_way() -> None:
    """A column may be called like anything inside the graph."""
    plain = onnx.load_from_string(file_of(table_plan(), made_up_rows(table_plan())))
    inner = [name for node in plain.graph.node for name in node.output] + [one.name for one in plain.graph.initializer]
    for i in range(0, len(inner) - 6, 18):
        plan = table_plan(tuple(inner[i : i + 6]))
        rows = made_up_rows(plan, 20)
        close(
            plan,
            outputs_of(session_of(file_of(plan, rows)), plan, rounded(plan, rows))[0],
            interpret(plan, rounded(plan, rows)),
        )


def test_many_categories() -> None:
    """A column of 5,000 categories finds each of them."""
    words = tuple(f"word {i}" for i in range(5000))
    plan = table_plan()
    table = np.random.default_rng(0).normal(size=(5002, 2)).astype(np.float32)
    lookup = replace(plan.steps[6], out=Value("c", (2,)), categories=words, table=table)  # type: ignore[call-arg]
    x = Value("x", (2,))
    join = type(plan.steps[13])(x, (lookup.out,))
    many = replace(plan, steps=(lookup, join), x=x, y=x, answer=Answer("numbers", ("a", "b")))
    rows = {**made_up_rows(plan, 5002), "city": np.array(["", "?", *words], object)}  # type: ignore[dict-item]
    content = file_of(many, rows)
    np.testing.assert_array_equal(outputs_of(session_of(content), many, rows)[0], table)
    assert len(content) < 4 * table.size + sum(map(len, words)) + 8 * len(words) + 8000


# ---- what the files say of themselves --------------------------------------------------------------------------------


def test_metadata() -> None:
    """A file says what made it, what its columns are, and what it is worth."""
    found = facts(file_of(table_plan(), made_up_rows(table_plan())))
    columns = json.loads(found["glassnet.columns"])
    assert columns[0] == {"name": "age", "kind": "number", "type": "float32", "low": 0.0, "high": 90.0}
    assert columns[1] == {"name": "city", "kind": "category", "type": "str", "missing": ""}
    assert "an empty one is missing" in found["glassnet.cells"]
    assert columns[2]["unit"] == "days since 1970-01-01"
    answer = json.loads(found["glassnet.answer"])
    assert (answer["target"], answer["labels"], answer["outputs"]) == (
        "risk",
        ["low", "", "high"],
        ["probabilities", "label"],
    )
    assert json.loads(found["glassnet.made_from"]) == {"model": "made by hand"}
    assert "on 1000 rows" in found["glassnet.worst_error"]
    assert len(json.loads(found["glassnet.vectors"])["expected"]) == 16
    assert sum(map(len, found.values())) < 6000


def test_the_self_test_in_the_file(tmp_path: Path) -> None:
    """The script in the metadata passes on the file, by itself, and notices a weight that was changed."""
    content = file_of(table_plan(), made_up_rows(table_plan()))
    script, good, bad = tmp_path / "selftest.py", tmp_path / "good.onnx", tmp_path / "bad.onnx"
    script.write_text(facts(content)["glassnet.selftest"])
    assert script.read_text() == SELF_TEST
    good.write_bytes(content)
    model = onnx.load_from_string(content)
    weights = next(one for one in model.graph.initializer if one.name.endswith(".W"))
    weights.raw_data = bytes([weights.raw_data[0] ^ 1]) + weights.raw_data[1:]
    bad.write_bytes(model.SerializeToString())
    found = [
        subprocess.run([sys.executable, str(script), str(path)], capture_output=True, check=False)
        for path in (good, bad)
    ]
    assert [one.returncode for one in found] == [0, 1], found
    assert onnx_file.self_test(good) == 0
    assert onnx_file.self_test(bad) == 1


def test_every_changed_number_is_noticed(tmp_path: Path) -> None:
    """One bit of any array, one letter of a category, and any number beside them changes the checksum."""
    content = file_of(table_plan(), made_up_rows(table_plan()))
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert running.self_test_feed(path).is_whole
    rng = np.random.default_rng(0)
    names = [one.name for one in onnx.load_from_string(content).graph.initializer]
    for name in names:
        model = onnx.load_from_string(content)
        array = next(one for one in model.graph.initializer if one.name == name)
        if array.raw_data:
            changed = bytearray(array.raw_data)
            changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
            array.raw_data = bytes(changed)
        else:
            array.string_data[0] += b"?"
        path.write_bytes(model.SerializeToString())
        assert not running.self_test_feed(path).is_whole, name
    path.write_bytes(file_of(*network_plan("bent")))
    assert running.self_test_feed(path).is_whole
    for change in (_other_text, _other_place, _other_slope):
        model = onnx.load_from_string(file_of(*network_plan("bent")) if change is _other_slope else content)
        change([one for node in model.graph.node for one in node.attribute])
        path.write_bytes(model.SerializeToString())
        assert not running.self_test_feed(path).is_whole, change


def _other_text(attributes: Any) -> None:
    next(one for one in attributes if len(one.strings) > 1).strings[1] = b"z"


def _other_place(attributes: Any) -> None:
    next(one for one in attributes if one.name == "values_int64s").ints[0] += 1


def _other_slope(attributes: Any) -> None:
    next(one for one in attributes if one.name == "alpha").f += 1e-6


def test_wrong_outputs_are_counted(tmp_path: Path) -> None:
    """The self-test counts the rows that are off, no number among them."""
    path = tmp_path / "model.onnx"
    path.write_bytes(file_of(table_plan(), made_up_rows(table_plan())))
    tests = running.self_test_feed(path)
    found = tests.expected.copy()
    assert tests.failures(found) == 0
    found[3, 0] += 1e-3
    found[5, 1] = np.nan
    assert tests.failures(found) == 2


def test_running_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is run in a process that has nothing of this package, and where there is no onnxruntime that is said."""
    plan = table_plan()
    rows = rounded(plan, made_up_rows(plan, 50))
    path = tmp_path / "model.onnx"
    path.write_bytes(file_of(plan, rows))
    ran = onnx_file.run_file(path, plan, rows)
    close(plan, ran.outputs, interpret(plan, rows))
    assert ran.failures == 0
    assert ran.ran_in.startswith("onnxruntime ")
    assert ran.seconds is not None
    assert "worst error" in ran.notes["rounded rows"]
    assert 'sys.modules["glassnet"] = None' in running._CHILD
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CannotRun, match=r"^onnxruntime is not installed$"):
        onnx_file.run_file(path, plan, rows)


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    """A file that onnxruntime refuses is not passed over as one that cannot be run here."""
    path = tmp_path / "model.onnx"
    content = file_of(table_plan(), made_up_rows(table_plan()))
    path.write_bytes(content.replace(b"Softmax", b"Softmix"))
    with pytest.raises(RuntimeError, match="Softmix"):
        onnx_file.self_test(path)


def test_test_rows_keep_codes(tmp_path: Path) -> None:
    """Whole numbers among encoded features are codes of categories, which are not rounded."""
    table = np.arange(5000.0).reshape(1, 5000, 1)
    embed = Embed(Value("h1", (1, 1, 1)), Value("x", (1, 1)), table)
    plan = small_plan(embed, d=1, answer=Answer("numbers", ("y",)))
    X = np.linspace(0, 4999, 40).round()[:, None]
    proof = replace(proof_of(small_plan(Map(Value("h1", (1,)), Value("x", (1,)), "Z"), d=1), X), rows=X[-16:])
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx_file.print_plan(plan, proof, Options())[".onnx"])
    assert running.self_test_feed(path).expected.max() == 4999.0
    assert onnx_file.self_test(path) == 0


def test_the_usage_in_the_file(tmp_path: Path) -> None:
    """The example in the metadata runs as it stands, on one thread."""
    (tmp_path / "table.onnx").write_bytes(file_of(table_plan(), made_up_rows(table_plan())))
    usage = facts((tmp_path / "table.onnx").read_bytes())["glassnet.usage"]
    assert "options.intra_op_num_threads = 1" in usage
    code = usage + "print(probabilities.shape, label.shape)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert found.stdout == "(1, 3) (1,)\n"
    ast.parse(SELF_TEST)


def test_outputs_have_the_documented_names(tmp_path: Path) -> None:
    """A step of the plan that is called like an output does not take its name, and the opset is the one asked for."""
    onnx = pytest.importorskip("onnx")
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=(2,))
    gn.export(net, tmp_path / "m.onnx", check=False)
    model = onnx.load(tmp_path / "m.onnx")
    assert [one.name for one in model.graph.output] == ["probabilities", "label"]
    gn.export(net, tmp_path / "m.onnx", check=False, opset=21)
    assert onnx.load(tmp_path / "m.onnx").opset_import[0].version == 21
    with pytest.raises(gn.ConfigError, match="opset"):
        gn.export(net, tmp_path / "m.onnx", opset=99)
