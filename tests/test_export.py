"""`export` and ``glassnet export``: which target a path means, what is refused, what is reported, what is overwritten."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.cli.app import main
from glassnet.exports.lowering.builder import Builder
from glassnet.exports.lowering.columns import append_columns
from glassnet.exports.lowering.lowering import example_rows, lower, model_rows, predictions
from glassnet.exports.lowering.marks import missing_numbers, missing_texts
from glassnet.exports.measuring import largest_error, measure
from glassnet.exports.plan import Answer, Field, Plan
from glassnet.exports.proof import prove
from glassnet.exports.referee import encode, interpret
from glassnet.exports.targets.numpy_target import numpy_file
from glassnet.exports.targets.registry import TARGETS, find_target
from glassnet.sklearn import MLPClassifier
from glassnet.tabular import TableEncoder, TabularRegressor
from glassnet.tabular.encoding.category_coder import CategoryCoder
from glassnet.tabular.reading.form import Form


def small() -> gn.Network:
    """Return a network that nobody trained: its weights are numbers like others."""
    return gn.Network([gn.Dense(5, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=(4,))


@pytest.mark.parametrize(
    ("path", "to", "expected"),
    [
        ("m.onnx", None, "onnx"), ("m.c", None, "c"), ("m.h", None, "c"), ("m.js", None, "js"), ("m.mjs", None, "js"),
        ("M.HTML", None, "html"), ("m_torch.safetensors", None, "torch"), ("m.npz", None, "keras"), ("m.py", "numpy", "numpy"),
        ("m.py", "python", "python"), ("m_numpy.py", None, "numpy"), ("m.safetensors", "torch", "torch"),
    ],
)  # fmt: skip
def test_the_path_names_the_target(path: str, to: str | None, expected: str) -> None:
    """An ending that only one target has needs no name."""
    assert find_target(path, to).name == expected


@pytest.mark.parametrize(
    ("path", "to", "sentence"),
    [
        (
            "m.py",
            None,
            "export: the ending of 'm.py' leaves the target open; it must name one. Pass to='numpy' or 'python'.",
        ),
        ("m.safetensors", None, "Pass to='torch'."),
        ("m.txt", None, "the ending of 'm.txt' names no target; it must name one."),
        ("m", None, "the ending of 'm' names no target; it must name one."),
        ("m.py", "onnx", "the name of the file is 'm.py'; for to='onnx' it must end in .onnx."),
        ("m.onnx", "onyx", "'onnx'"),
    ],
)
def test_a_path_that_names_none_is_refused(path: str, to: str | None, sentence: str) -> None:
    """The message says what may be passed."""
    with pytest.raises(gn.ConfigError, match=r"^export: ") as caught:
        gn.export(small(), path, to)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


@pytest.mark.parametrize("to", TARGETS)
def test_every_target_writes_and_reports(to: str, tmp_path: Path) -> None:
    """What can run here is run; two exports have the same bytes, and nothing but the files is left."""
    target = TARGETS[to]
    path = tmp_path / f"m{target.suffixes[0]}"
    report = gn.export(small(), path, to)  # type: ignore[arg-type]
    first = [one.read_bytes() for one in report.paths]
    assert {*tmp_path.iterdir()} - {tmp_path / "__pycache__"} == {*report.paths}
    assert sum(map(len, first)) == report.n_bytes
    assert report.failures in (0, None)
    assert (report.error is None) == bool(report.unchecked)
    assert report.error is None or report.error < 1e-6
    assert target.title in str(report)
    gn.export(small(), path, to, check=False)  # type: ignore[arg-type]
    assert [one.read_bytes() for one in report.paths] == first
    assert all(report.digest.encode() in content for content in first[-1:])


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    """Only an export is written over, the file beside the main one included; force=True writes all the same."""
    path = tmp_path / "m.js"
    path.write_text("mine")
    with pytest.raises(gn.DataError, match="is a file that no export wrote, and would be lost"):
        gn.export(small(), path)
    assert path.read_text() == "mine"
    gn.export(small(), path, force=True, check=False)
    gn.export(small(), path, check=False)
    beside = tmp_path / "n_torch.py"
    beside.write_text("mine")
    with pytest.raises(gn.DataError, match=r"n_torch\.py"):
        gn.export(small(), tmp_path / "n.safetensors", "torch")
    assert beside.read_text() == "mine"
    assert not (tmp_path / "n.safetensors").exists()


def test_what_no_target_holds_is_named(tmp_path: Path) -> None:
    """A layer without a form is named, and for a target that cannot hold a step those that can."""
    own = gn.CustomActivation(np.sin, np.cos, name="sine")
    net = gn.Network([gn.Dense(5, own), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(4,))
    with pytest.raises(gn.ConfigError, match="formula"):
        gn.export(net, tmp_path / "m.js")
    with pytest.raises(gn.ConfigError, match="These can: ") as caught:
        gn.export(small(), tmp_path / "m.js", dtype="int8")
    assert "c" in caught.value.expected
    with pytest.raises(gn.ConfigError, match="it must be a Network"):
        gn.export({"W": 1}, tmp_path / "m.js")
    assert not list(tmp_path.iterdir())


def test_a_wrong_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that loses a bias is found by the self-test, and one that changes test rows too by the run."""
    plan, rows = lower(small(), "m"), np.random.default_rng(0).standard_normal((30, 4))
    wanted = interpret(plan, rows)
    proof = prove(plan, wanted, rows, np.float64)
    target, path = TARGETS["numpy"], tmp_path / "m.py"
    path.write_bytes(numpy_file.print_plan(plan, proof, _options())[".py"])
    assert measure(target, plan, proof, [path], rows, wanted, exact=True).failures == 0
    with pytest.raises(gn.DataError, match=r"'m\.py' has an error of .*; it must compute what the model predicts"):
        measure(target, plan, proof, [path], rows, wanted + 1e-3, exact=True)


def _options() -> Any:
    from glassnet.exports.targets.target import Options

    return Options()


def test_errors_are_measured_on_the_rows_given(tmp_path: Path) -> None:
    """With ``data``, its first thousand rows are measured on, and eight of them are test rows; one row is enough."""
    X = np.random.default_rng(0).standard_normal((1500, 4)).astype(np.float32)
    report = gn.export(small(), tmp_path / "m.py", "numpy", data=X)
    assert (report.n_rows, report.n_run) == (1000, 1000)
    assert gn.export(small(), tmp_path / "m.py", "numpy", data=X[:1]).n_rows == 8
    with pytest.raises(gn.DataError, match="at least one row"):
        gn.export(small(), tmp_path / "m.py", "numpy", data=X[:0])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``glassnet export`` names the file after the model, prints the report, as JSON too, and refuses in one sentence."""
    monkeypatch.chdir(tmp_path)
    small().save("net.safetensors")
    assert main(["export", "net.safetensors", "--to", "numpy"]) == 0
    assert "self-test  passed" in capsys.readouterr().out
    assert main(["export", "net.safetensors", "-o", "other.mjs", "--json", "--no-check", "--name", "a */ b"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["target"], record["paths"], record["error"]) == ("JavaScript", ["other.mjs"], None)
    assert {one.name for one in tmp_path.iterdir()} >= {"net_numpy.py", "other.mjs"}
    for words, sentence in (
        ([], "neither --to nor --out is given"),
        (["--to", "fortran"], "fortran"),
        (["--to", "js", "--data", "penguins"], "needs a model of a table"),
        (["--to", "js", "--int8"], "These can: c."),
    ):
        assert main(["export", "net.safetensors", *words]) == 2
        assert sentence in capsys.readouterr().err


def test_int8_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option reaches the target."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    monkeypatch.chdir(tmp_path)
    small().save("net.safetensors")
    assert main(["export", "net.safetensors", "--to", "c", "--int8"]) == 0
    assert "int8" in Path("net.c").read_text()


def trained_with_marks() -> tuple[Any, Any]:
    """Return a regressor whose training declared -999 and "??" as missing, and its rows."""
    rng = np.random.default_rng(0)
    rows = {
        "temp": rng.choice([-999.0, 1.5, 2.5, 3.0], 120),
        "size": rng.normal(size=120),
        "code": rng.choice(np.array(["a", "b", "??"], dtype=object), 120),
    }
    y = rows["size"] + np.where(rows["temp"] == -999.0, 5.0, rows["temp"]) + 3.0 * (rows["code"] == "??")
    model = TabularRegressor("small", epochs=5, random_state=0, missing=[-999, "??"])
    return model.fit(rows, y), rows


def test_declared_missing_values_are_missing_in_files(tmp_path: Path) -> None:
    """Numbers and texts that training was told to take for missing are in the plan, in test rows, and in files."""
    model, rows = trained_with_marks()
    plan = lower(model)
    fields = {field.name: field for field in plan.fields}
    assert (fields["temp"].codes, fields["code"].codes, fields["code"].form.missing) == ((-999.0,), (), ("-999", "??"))
    table = dict.fromkeys(rows, ()) | {"temp": np.array([-999.0, np.nan]), "size": np.zeros(2)}
    table["code"] = np.array(["??", ""], dtype=object)
    first, second = interpret(plan, table)
    assert first == second == pytest.approx(float(model.predict({"temp": [np.nan], "size": [0.0], "code": [""]})[0]))
    proof = prove(plan, predictions(model, plan, example_rows(model, plan)), example_rows(model, plan), np.float64)
    assert isinstance(proof.rows, dict)
    assert proof.rows["temp"][proof.titles.index("marks of missing values")] == -999.0
    read = model_rows(model, plan, rows)
    assert isinstance(read, dict)
    assert (read["temp"] == -999.0).any()
    assert np.isnan(read["temp"]).any()
    assert {"??", "-999", ""} <= set(read["code"])
    assert interpret(plan, read)[:, 0] == pytest.approx(model.predict(rows), abs=1e-6)
    for name in ("m.onnx", "m.js", "m_numpy.py", "m_python.py"):
        report = gn.export(model, tmp_path / name, data=rows)
        assert report.failures in (0, None)
        assert report.error is None or report.error < 1e-5


def test_marks_of_columns_that_are_only_flagged() -> None:
    """A column of text without information is flagged for its marks too; a mark that is a category stays one."""
    rows = {"x": np.arange(60.0), "name": np.array((["a"] * 8 + ["??", ""]) * 6, dtype=object)}
    with pytest.warns(gn.errors.TableWarning, match="'name'"):
        model = TabularRegressor("small", epochs=2, random_state=0, missing=["??"]).fit(rows, rows["x"])
    plan = lower(model)
    table = {"x": np.zeros(3), "name": np.array(["??", "", "a"], dtype=object)}
    Z = encode(plan, {field.name: table[field.name] for field in plan.fields})
    assert np.array_equal(Z[0], Z[1])
    assert not np.array_equal(Z[0], Z[2])
    coder = CategoryCoder("c", 0, ("?", "a"))
    assert missing_texts(coder, ["?", "-9", ""]) == ("-9",)
    assert missing_numbers(coder, ["-9"]) == ()


def test_codes_that_single_precision_does_not_hold_are_read_in_double() -> None:
    """A float of C never equals -999.9."""
    assert Field("t", "number", Form("number"), -1.0, 1.0, codes=(-999.9,)).needs_double
    assert not Field("t", "number", Form("number"), -1.0, 1.0, codes=(-999.0,)).needs_double


def test_dates_under_a_bound_are_encoded_exactly() -> None:
    """Features of dates are rounded once, behind their bound, in the model as in its plan."""
    days = np.arange("2020-01-01", "2021-06-01", dtype="M8[D]").astype("M8[us]")
    rows = {"day": days, "x": np.linspace(-1.0, 1.0, len(days))}
    encoder = TableEncoder(scaling="robust")
    X = encoder.fit_transform(rows)
    builder = Builder(np.float64)
    fields, x = append_columns(builder, encoder)
    plan = Plan("m", fields, (), tuple(builder.steps), x, x, Answer("numbers", ("y",)))
    cells = {"day": days.astype(np.int64) / 86_400e6, "x": rows["x"]}
    assert np.array_equal(encode(plan, cells, np.float32), X)


def test_a_file_that_fails_is_not_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The good file stays, and a failing one leaves nothing; nothing but the file is written either way."""
    path = tmp_path / "m.py"
    gn.export(small(), path, "numpy")
    good = path.read_bytes()
    own = numpy_file.print_plan
    wrong = lambda *given: {".py": own(*given)[".py"].replace(b'DIGEST = "', b'DIGEST = "0')}  # noqa: E731  # one expression, in the place of the printer
    monkeypatch.setattr(numpy_file, "print_plan", wrong)
    with pytest.raises(gn.DataError, match=r"the self-test of 'm\.py' has .*; it must pass|must compute"):
        gn.export(small(), path, "numpy")
    assert path.read_bytes() == good
    with pytest.raises(gn.DataError):
        gn.export(small(), tmp_path / "other.py", "numpy")
    assert [one.name for one in tmp_path.iterdir()] == ["m.py"]


def test_no_stale_module_is_imported(tmp_path: Path) -> None:
    """Two exports within a second, of the same size, are told apart by who imports them; .PY is checked as .py is."""
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    for name in ("m.cpython-311.pyc", "mm.cpython-311.pyc"):
        (cache / name).write_bytes(b"old")
    gn.export(small(), tmp_path / "m.py", "numpy", check=False)
    assert [one.name for one in cache.iterdir()] == ["mm.cpython-311.pyc"]
    report = gn.export(small(), tmp_path / "M.PY", "numpy")
    assert (report.failures, report.paths) == (0, (tmp_path / "M.PY",))


@pytest.mark.parametrize("name", ["numpy.py", "json.py", "random.PY"])
def test_names_of_modules_are_refused(name: str, tmp_path: Path) -> None:
    """A file beside a program is imported in the place of the module of that name."""
    with pytest.raises(
        gn.ConfigError, match="is the name of a module that Python programs import; the file must have another"
    ):
        gn.export(small(), tmp_path / name, "numpy")


def test_words_in_a_file_do_not_make_it_an_export(tmp_path: Path) -> None:
    """Only the header at its place does."""
    path = tmp_path / "notes.py"
    for text in ("# a model written by glassnet\n", "#" * 50_000 + 'Model "m", written by glassnet 0.1'):
        path.write_text(text)
        with pytest.raises(gn.DataError, match="no export wrote"):
            gn.export(small(), path, "numpy")


def test_what_is_no_path_or_name_is_refused(tmp_path: Path) -> None:
    """One sentence says what must be passed; a matrix is for ONNX files of tables."""
    for given in ({"path": None}, {"path": tmp_path / "m.js", "name": 5}):
        with pytest.raises(gn.ConfigError, match="the path must be a str or a Path, and the name a str"):
            gn.export(small(), **given)  # type: ignore[arg-type]
    for name in ("m.js", "m.onnx"):
        with pytest.raises(
            gn.ConfigError, match=r"inputs='matrix' is given with .*; it is for ONNX files of models of tables\."
        ):
            gn.export(small(), tmp_path / name, inputs="matrix")


def test_weights_that_float32_cannot_hold_are_refused(tmp_path: Path) -> None:
    """Rounding them may cost a thousandth of the spread of the outputs; what was float64 is said."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0, input_shape=(1,), dtype="float64")
    report = gn.export(net, tmp_path / "m.py", "numpy")
    assert "those of float64, rounded to float32" in str(report)
    net.layers[0].W[...], net.layers[0].b[...] = 1.0, -1.6e9 - 0.123
    X = 1.6e9 + np.arange(100.0)[:, None]
    for name in ("m.c", "m_numpy.py"):
        with pytest.raises(gn.ConfigError, match="must be about what float32 can hold"):
            gn.export(net, tmp_path / name, data=X)


def test_errors_near_zero_are_relative_to_the_largest_output() -> None:
    """An output of 1e-3 among thousands has no better digits than these."""
    wanted = np.array([[4000.0], [0.001]])
    assert largest_error(wanted + np.array([[0.0], [0.004]]), wanted) == pytest.approx(1e-6)
    assert largest_error(np.array([[np.nan], [1.0]]), wanted) == np.inf


def test_the_command_speaks_of_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Messages name what can be typed; an estimator with a loss of its own is read as what it is."""
    monkeypatch.chdir(tmp_path)
    small().save("net.safetensors")
    for words, sentence in (
        (["-o", "m.py"], "Pass --to numpy or --to python."),
        (
            ["--to", "js", "--matrix"],
            "--matrix is given with a model of plain numbers, which reads a matrix anyway; it is for ONNX files",
        ),
        (["--to", "js", "--int8"], "--int8 is for C"),
    ):
        assert main(["export", "net.safetensors", *words]) == 2
        assert sentence in capsys.readouterr().err
    X = np.random.default_rng(0).normal(size=(60, 2))
    estimator = MLPClassifier((4,), max_iter=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, (X[:, 0] > 0).astype(int)).save("est.safetensors")
    assert main(["export", "est.safetensors", "--to", "numpy"]) == 0
    assert "self-test  passed" in capsys.readouterr().out


def fitted(*steps: Any, X: np.ndarray) -> Any:
    """Return a pipeline of steps and a small classifier."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make_pipeline(*steps, MLPClassifier((4,), max_iter=3, random_state=0)).fit(X, np.arange(len(X)) % 2)


def test_pipelines_that_fill_numbers_read_plain_rows(tmp_path: Path) -> None:
    """Rows without names stay a matrix, in which NaN is filled; constants are constants."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    X[::7, 0] = np.nan
    for imputer in (SimpleImputer(), SimpleImputer(strategy="constant", fill_value=2)):
        model = fitted(imputer, StandardScaler(), X=X)
        plan = lower(model)
        assert plan.fills_missing
        assert not plan.is_table
        for name in ("m_numpy.py", "m_python.py", "m.js", "m.onnx"):
            report = gn.export(model, tmp_path / name, data=X)
            assert report.failures in (0, None)
            assert report.error is None or report.error < 1e-6


def test_steps_of_ones_own_are_refused_and_idle_ones_passed_over() -> None:
    """A subclass that transforms otherwise is no StandardScaler; "passthrough" may stand first."""

    class Cubed(StandardScaler):
        def transform(self, X: Any, copy: Any = None) -> Any:
            return super().transform(X) ** 3

    X = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(
        gn.ConfigError,
        match="Cubed has methods of its own; a step must transform as the StandardScaler of scikit-learn does",
    ):
        lower(fitted(Cubed(), X=X))
    model = fitted("passthrough", StandardScaler(), X=X)
    assert interpret(lower(model), X) == pytest.approx(model.predict_proba(X), abs=1e-6)
    with pytest.raises(ValueError, match="NaN"):
        model[-1].predict_proba([[None, 0.0]])
