"""Exported Python files, with NumPy and without: the same numbers as the model, in a process without glassnet."""

from __future__ import annotations

import ast
import csv
import dataclasses
import datetime as dt
import importlib.util
import io
import json
import random
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import glassnet as gn
from export_models import ENSEMBLES, NETWORKS, export_case
from export_tables import HOSTILE, TABLES, columns, export_table, numbers, table_model
from glassnet.cli.app import main
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.plan import Plan
from glassnet.exports.proof import prove, take_rows
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.python_parts.sources import names_in
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options
from glassnet.tabular import read_table, to_table

FLAVOURS = ["numpy", "python"]
FAST = ["iris", "two_classes", "residual", "tabm", "quantiles", "learnable", "images", "mean_and_variance"]
FAST_TABLES = ["plain", "plain numbers", "yes or no", "far target", "hostile"]


def _plan(model: Any, data: Any) -> tuple[Plan, Rows, np.ndarray]:
    plan = lower(model, 'a "model" */')
    rows = model_rows(model, plan, data)
    return plan, rows, predictions(model, plan, rows)


def _text(to: str, plan: Plan, rows: Rows, wanted: np.ndarray) -> bytes:
    n = len(wanted)
    if n < 8:
        take = np.arange(8) % n
        rows = {k: v[take] for k, v in rows.items()} if isinstance(rows, dict) else rows[take]
        wanted = wanted[take]
    return TARGETS[to].load().print_plan(plan, prove(plan, wanted, rows, np.float64), Options())[".py"]


def _imported(text: bytes | str, path: Path) -> ModuleType:
    """Return the file as a module."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode("ascii"))
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _made(to: str, model: Any, data: Any, path: Path) -> tuple[ModuleType, Plan, Rows]:
    plan, rows, wanted = _plan(model, data)
    return _imported(_text(to, plan, rows, wanted), path / "model.py"), plan, rows


def _far(found: Any, wanted: np.ndarray) -> float:
    return float(np.max(np.abs(np.asarray(found) - wanted) / np.maximum(1.0, np.abs(wanted)), initial=0.0))


def _check(to: str, model: Any, data: Any, path: Path) -> None:
    plan, rows, wanted = _plan(model, data)
    file = path / "model.py"
    file.write_bytes(_text(to, plan, rows, wanted))
    if to == "python" and plan.n_weights > 50_000:  # which takes long without NumPy
        rows, wanted = take_rows(rows, np.arange(30)), wanted[:30]
    run = TARGETS[to].load().run_file(file, plan, rows)
    assert run.failures == 0
    assert _far(run.outputs, interpret(plan, rows)) <= 1e-9
    assert _far(run.outputs, wanted) <= 1e-6


# ---- the same numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("name", FAST)
def test_networks_give_the_numbers_of_the_referee(to: str, name: str, tmp_path: Path) -> None:
    """A file computes what the referee computes in double precision."""
    case = export_case(name)
    module, plan, rows = _made(to, case.model, case.X, tmp_path)
    assert _far(module.compute(rows if to == "numpy" else rows.tolist()), interpret(plan, rows)) <= 1e-9
    assert module.selftest() == 0


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("name", FAST_TABLES)
def test_tables_give_the_numbers_of_the_referee(to: str, name: str, tmp_path: Path) -> None:
    """A file for tables does, too, with missing cells, unknown categories and names of any kind."""
    model, frame = export_table(name)
    module, plan, rows = _made(to, model, frame, tmp_path)
    assert _far(module.compute({k: v.tolist() for k, v in rows.items()}), interpret(plan, rows)) <= 1e-9
    assert module.selftest() == 0


@pytest.mark.parametrize("to", FLAVOURS)
def test_a_file_runs_without_glassnet(to: str, tmp_path: Path) -> None:
    """The file runs in a process in which neither glassnet nor, without NumPy, any package can be imported."""
    _check(to, *export_case("iris"), tmp_path)
    _check(to, *export_table("plain"), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("name", [*NETWORKS, *ENSEMBLES])
def test_all_networks(to: str, name: str, seed: int, tmp_path: Path) -> None:
    """Every kind of network, in a process of its own and without warnings."""
    _check(to, *export_case(name, seed), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("name", list(TABLES))
def test_all_tables(to: str, name: str, tmp_path: Path) -> None:
    """Every kind of table model, in a process of its own and without warnings."""
    _check(to, *export_table(name), tmp_path)


@pytest.mark.parametrize("to", FLAVOURS)
def test_one_row_gives_what_many_give(to: str, tmp_path: Path) -> None:
    """A row by itself, and none at all, are predicted like rows among others."""
    case = export_case("iris")
    module, _, rows = _made(to, case.model, case.X, tmp_path)
    every = module.predict_proba(rows.tolist())
    assert _far(module.predict_proba(rows[:1].tolist())[0], np.asarray(every[0])) <= 1e-15
    assert len(module.predict(rows[:0])) == 0
    with pytest.raises(ValueError, match="there are no rows; there must be at least one"):
        module.predict([])
    model, frame = export_table("plain")
    module, *_ = _made(to, model, frame, tmp_path)
    assert len(module.predict({name: [] for name in frame})) == 0
    one = {name: cells[0] for name, cells in frame.items()}
    assert list(module.predict([one])) == list(module.predict(frame))[:1]


@pytest.mark.parametrize("to", FLAVOURS)
def test_two_classes_keep_their_order(to: str, tmp_path: Path) -> None:
    """The columns of two probabilities stand in the order of the labels."""
    case = export_case("two_classes")
    module, plan, rows = _made(to, case.model, case.X, tmp_path)
    wanted = interpret(plan, rows)
    assert np.ptp(wanted[:, 0]) > 0.1
    assert _far(module.predict_proba(rows.tolist()), wanted) <= 1e-9
    assert list(module.predict(rows.tolist())) == wanted.argmax(axis=1).tolist()


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_weights_of_any_size(to: str, size: float, tmp_path: Path) -> None:
    """Tiny and huge weights are written in full."""
    rng = np.random.default_rng(0)
    net = gn.Network([gn.Dense(5, "tanh"), gn.Dense(2)], loss="squared_error", seed=0, input_shape=(3,))
    net.layers[0].W[...] *= size
    net.layers[1].W[...] /= size
    X = (rng.standard_normal((40, 3)) / size).astype(np.float32).astype(np.float64)
    module, plan, rows = _made(to, net, X, tmp_path)
    assert _far(module.compute(rows if to == "numpy" else rows.tolist()), interpret(plan, rows)) <= 1e-9


# ---- a wrong file is noticed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("kind", ["network", "table"])
def test_one_changed_weight_is_noticed(to: str, kind: str, tmp_path: Path) -> None:
    """50 files in each of which one digit of one weight has changed: every self-test counts a failure."""
    model, data = export_case("tabm") if kind == "network" else export_table("plain")
    plan, rows, wanted = _plan(model, data)
    text = _text(to, plan, rows, wanted).decode()
    start = text.index("\n# The weights.")
    end = text.index("\nNUMBERS")
    pattern = r"[A-Za-z0-9+/]{8}\n" if to == "numpy" else r"\d\.\d+"
    places = [match.start() for match in re.finditer(pattern, text[start:end])]
    rng = random.Random(0)
    for _ in range(50):
        at = start + rng.choice(places)
        changed = "A" if text[at] != "A" else "Q"
        if to == "python":
            changed = str((int(text[at]) + 1) % 10)
        assert _imported(text[:at] + changed + text[at + 1 :], tmp_path / "changed.py").selftest() > 0


@pytest.mark.parametrize("to", FLAVOURS)
def test_a_changed_column_is_noticed(to: str, tmp_path: Path) -> None:
    """A changed centre or unit of a column, a renamed category and exchanged labels fail the self-test."""
    plan, rows, wanted = _plan(*export_table("plain"))
    text = _text(to, plan, rows, wanted).decode()
    for old, new in (("'high', 'low'", "'low', 'high'"), ('"c0": 2', '"c9": 2'), ('"present": 0.0', '"present": 0.5')):
        found = old.replace("'", '"')
        assert found in text
        changed = text.replace(found, new.replace("'", '"'), 1)
        assert _imported(changed, tmp_path / "changed.py").selftest() > 0
    changed = re.sub(r'"unit": (\d)', lambda match: f'"unit": 1{match[1]}', text, count=1)
    assert _imported(changed, tmp_path / "changed.py").selftest() > 0


@pytest.mark.parametrize("to", FLAVOURS)
def test_equal_models_give_equal_files(to: str) -> None:
    """The bytes of a file depend on the model alone, and are ASCII."""
    plan, rows, wanted = _plan(*export_table("hostile"))
    text = _text(to, plan, rows, wanted)
    again = _plan(*TABLES["hostile"](0))
    assert _text(to, *again) == text
    assert text.isascii()


# ---- the text of a file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("name", ["iris", "residual", "hostile", "plain"])
def test_the_text_is_old_and_harmless_python(to: str, name: str) -> None:
    """Python 3.8 parses a file; it imports nothing unusual, and evaluates no text."""
    case = export_case(name) if name in NETWORKS else export_table(name)
    text = _text(to, *_plan(*case)).decode()
    tree = ast.parse(text, feature_version=(3, 8))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"eval", "exec", "compile", "__import__", "pickle"}
    imported = {
        name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in (a.name for a in node.names)
    }
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    standard = set(
        [
            "__future__",
            "array",
            "base64",
            "bisect",
            "collections.abc",
            "csv",
            "datetime",
            "hashlib",
            "io",
            "itertools",
            "math",
            "operator",
            "os",
            "re",
            "statistics",
            "sys",
            "typing",
        ]
    )
    assert imported <= standard | ({"numpy"} if to == "numpy" else set())


@pytest.mark.parametrize("to", FLAVOURS)
def test_a_layer_is_one_line(to: str) -> None:
    """The network reads as a person writes it."""
    text = _text(to, *_plan(*export_case("iris"))).decode()
    lines = {
        "numpy": "    h = relu(x @ W1 + b1)\n    return softmax(h @ W2 + b2)\n",
        "python": "    h = relu(dense(x, W1, b1))\n    return softmax(dense(h, W2, b2))\n",
    }
    assert lines[to] in text


def test_files_pass_ruff(tmp_path: Path) -> None:
    """Ruff finds nothing in any file."""
    pytest.importorskip("ruff", reason="ruff is not installed")
    _write_all(tmp_path)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--target-version", "py38", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_files_pass_mypy(tmp_path: Path) -> None:
    """The strict type checker finds nothing in any file."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    files = _write_all(tmp_path)
    for file in files:
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stdout[-3000:]


def _write_all(folder: Path) -> list[Path]:
    files = []
    for name in ("iris", "residual", "tabm", "quantiles", "plain", "hostile", "plain numbers"):
        case = export_case(name) if name in NETWORKS else export_table(name)
        plan, rows, wanted = _plan(*case)
        for to in FLAVOURS:
            files.append(folder / f"{name.replace(' ', '_')}_{to}.py")
            files[-1].write_bytes(_text(to, plan, rows, wanted))
    return files


# ---- rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FLAVOURS)
def test_rows_come_in_several_forms(to: str, tmp_path: Path) -> None:
    """A list of dicts, a dict of lists and a DataFrame give the same predictions, missing cells in any spelling."""
    model, frame = export_table("plain")
    module, plan, rows = _made(to, model, frame, tmp_path)
    wanted = interpret(plan, rows)
    few = {name: cells[:60] for name, cells in frame.items()}
    assert _far(module.predict_proba(few), wanted[:60]) <= 1e-9
    dicts = [dict(zip(few, cells, strict=True)) for cells in zip(*few.values(), strict=True)]
    assert _far(module.predict_proba(dicts), wanted[:60]) <= 1e-9
    without = [{name: cell for name, cell in row.items() if cell is not None} for row in dicts]
    assert _far(module.predict_proba(without), wanted[:60]) <= 1e-9
    nan = {name: [float("nan") if cell is None else cell for cell in cells] for name, cells in few.items()}
    assert _far(module.predict_proba(nan), wanted[:60]) <= 1e-9
    pandas = pytest.importorskip("pandas")
    assert _far(module.predict_proba(pandas.DataFrame(few)), wanted[:60]) <= 1e-9


@pytest.mark.parametrize("to", FLAVOURS)
def test_categories_are_compared_as_in_training(to: str, tmp_path: Path) -> None:
    """1, 1.0, "1" and numbers of NumPy are one category; True and "" are not 1."""
    frame = {"code": [1, 2, 3, 1, 2, 3, 1, 2] * 4, "x": np.linspace(0.0, 1.0, 32).tolist()}
    table = to_table(frame, read={"code": "category"})
    module, *_ = _made(to, table_model(table, ["a", "b"] * 16, seed=0), frame, tmp_path)
    same = [1, 1.0, "1", " 1 ", np.int64(1), np.float32(1.0), np.str_("1")]
    found = np.asarray(module.predict_proba({"code": same, "x": [0.5] * len(same)}))
    assert np.ptp(found, axis=0).max() == 0.0
    other = np.asarray(module.predict_proba({"code": ["1.0", True, ""], "x": [0.5] * 3}))
    assert (np.abs(other - found[0]).max(axis=1) > 1e-6).all()


@pytest.mark.parametrize("to", FLAVOURS)
def test_what_cannot_be_read_is_said(to: str, tmp_path: Path) -> None:
    """A missing column, a cell of another kind, a row in another form: one sentence each."""
    model, frame = export_table("plain")
    module, *_ = _made(to, model, frame, tmp_path)
    row = {name: cells[20] for name, cells in frame.items()}
    cases: list[tuple[Any, str]] = [
        ([{k: v for k, v in row.items() if k != "size"}], "the rows lack the column 'size'."),
        ([{**row, "size": "ten"}], "row 0: column 'size' holds 'ten'; it must hold numbers."),
        ([row, {**row, "born": 12}], "row 1: column 'born' holds 12; it must hold dates such as 2024-05-31."),
        ([{**row, "old": "maybe"}], "row 0: column 'old' holds 'maybe'; it must hold true or false."),
        ([[1.0, 2.0]], "row 0: the row is [1.0, 2.0]; it must be a dict of cells by the names of columns."),
        (row, "a column is no list of cells; each must be one. For one row pass [row]."),
    ]
    for rows, message in cases:
        with pytest.raises(ValueError, match=r"\.$") as caught:
            module.predict(rows)
        assert str(caught.value) == message
    case = export_case("iris")
    module, *_ = _made(to, case.model, case.X, tmp_path)
    for rows, message in [
        ([[1.0, 2.0, 3.0]], "row 0: the row has 3 numbers; it must have 4."),
        ([[1.0, 2.0, 3.0, 4.0], [1.0, None, 3.0, 4.0]], "row 1: column 1 holds None; it must hold finite numbers."),
        ([[1.0, 2.0, float("nan"), 4.0]], "row 0: column 2 holds nan; it must hold finite numbers."),
        ([1.0, 2.0, 3.0, 4.0], "row 0: the row is no list; it must be one of 4 numbers. For one row pass [row]."),
    ]:
        with pytest.raises(ValueError, match=r"\.$") as caught:
            module.predict(rows)
        assert str(caught.value) == message


@pytest.mark.parametrize("to", FLAVOURS)
def test_codes_out_of_range_are_refused(to: str, tmp_path: Path) -> None:
    """A code that the embedding does not have is an error, and not its last row."""
    case = export_case("realmlp")
    module, *_ = _made(to, case.model, case.X, tmp_path)
    for code in (-1.0, 5.0, 0.5):
        with pytest.raises(ValueError, match=r"codes are .*; they must be whole numbers from 0 to 4"):
            module.predict([[0.0, 0.0, 0.0, code]])


# ---- the program -----------------------------------------------------------------------------------------------------


def _lines(n: int, seed: int) -> list[dict[str, str]]:
    """Return rows of a file in which every column is written in a way of its own."""
    rng = random.Random(seed)
    rows = []
    for _ in range(n):
        moment = dt.datetime(2019, 1, 1) + dt.timedelta(hours=rng.randrange(40_000))
        rows.append(
            {
                "price": f"{rng.randrange(1, 9)}.{rng.randrange(100, 999)},{rng.randrange(10, 99)} €",
                "plain": rng.choice(["1.5", "2.25", "-3", "4e2", "NA", "", ".5", "7."]),
                "day": moment.strftime("%d.%m.%Y"),
                "moment": moment.isoformat(sep=" "),
                "clock": moment.strftime("%H:%M"),
                "lasts": f"{rng.randrange(30, 90)}:{rng.randrange(60):02d}:00",
                "member": rng.choice(["yes", "no"]),
                "town": rng.choice(["Rome", "Köln", "a,b", 'say "hi"', "two\nlines", "", "1.0", "7"]),
                "code": rng.choice(["007", "012", "123", "9"]),
                "named": moment.strftime("%d %b %Y"),
                "mass": rng.choice(["3 kg", "4.5 kg", "12kg"]),
                "us": moment.strftime("%m/%d/%Y %I:%M %p"),
            }
        )
    return rows


ODD = {
    "price": ["", "NA", "-", "1.234", "(5)", "€ 12,5", "12,5 EUR", "-3", "1.234.567,8", "+4"],
    "plain": ["inf", "1e400", "-.5", "+3", "5-", "\u22122", "nan"],
    "day": ["", "2020-01-31", "1.2.2020 13:30", "29.2.2020", "n.a.", "3.4.99", "Missing"],
    "clock": ["", "8:05", "23:59:59", "7:05 pm"],
    "lasts": ["", "5:00:00", "2 days 03:04:05", "PT1H30M", "-1:00:00", "-1 days +23:00:00"],
    "mass": ["", "7", "7 KG", "7.5kg"],
    "named": ["", "3 Mai 2020", "March 3, 2020", "2020-03-03"],
    "us": ["", "3/4/2020", "12/31/1999 11:59 AM", "2020-02-03T04:05:06Z", "2020-02-03 04:05+02:00"],
    "member": ["", "YES", "n", "none"],
    "town": ["nowhere", "NA", "None", " Rome "],
}


def _write(path: Path, rows: list[dict[str, str]], **style: Any) -> None:
    with path.open("w", newline="", encoding=style.pop("encoding", "utf-8")) as file:
        writer = csv.DictWriter(file, list(rows[0]), **style)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with models of a file, saved, and the models."""
    folder = tmp_path_factory.mktemp("csv")
    _write(folder / "train.csv", _lines(200, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of its dates has the month first
        table = read_table(folder / "train.csv", day_first=True)
    labels = ["up" if word else "down" for word in table["member"].values]
    number = [float(i % 7) + 0.25 for i in range(200)]
    models = {"labels": table_model(table, labels, seed=0), "numbers": table_model(table, number, seed=1)}
    models["far numbers"] = table_model(table, [1e9 + one for one in number], seed=1)
    models["boolean labels"] = table_model(table, [bool(word) for word in table["member"].values], seed=0)
    models["quantiles"] = table_model(
        table, number, seed=2, loss=gn.Quantile([0.1, 0.5, 0.9]), layers=[gn.Dense(9, "tanh"), gn.Dense(3)]
    )
    for name, model in models.items():
        model.save(folder / f"{name}.safetensors")
    new = _lines(150, 7)
    for j, (name, cells) in enumerate(ODD.items()):
        for i, cell in enumerate(cells):
            new[(j + 13 * i) % 150][name] = cell
    _write(folder / "new.csv", new)
    return folder, models


class Done(NamedTuple):
    """What a program wrote, and its exit code."""

    returncode: int
    stdout: bytes
    stderr: bytes


def _run(file: Path, *words: str, data: bytes = b"") -> Done:
    """Run the program of a file in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(content), "utf-8", write_through=True) for content in (data, b"", b"")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(file), *words])
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        code = _imported(file.read_bytes(), file).main()
    written = [stream.detach().getvalue() for stream in streams[1:]]
    return Done(code, *written)


@pytest.mark.parametrize("to", FLAVOURS)
@pytest.mark.parametrize("kind", ["labels", "boolean labels", "numbers", "far numbers", "quantiles"])
def test_the_program_predicts_what_glassnet_predicts(
    to: str, kind: str, trained: tuple[Path, dict[str, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    """For a file with cells in many spellings it writes what ``glassnet predict`` writes, to six digits."""
    folder, models = trained
    options = ["--probabilities"] if "labels" in kind else []
    assert main(["predict", str(folder / f"{kind}.safetensors"), str(folder / "new.csv"), *options]) == 0
    theirs = list(csv.reader(io.StringIO(capfd.readouterr().out)))
    plan = lower(models[kind], kind)
    table = read_table(folder / "new.csv", like=models[kind])
    rows = model_rows(models[kind], plan, table)
    file = folder / f"{kind}_{to}.py"
    file.write_bytes(_text(to, plan, rows, predictions(models[kind], plan, rows)))
    done = _run(file, *options, str(folder / "new.csv"))
    assert done.returncode == 0, done.stderr.decode()
    ours = list(csv.reader(io.StringIO(done.stdout.decode())))
    isolated = ["-I", "-S"] if to == "python" else ["-I"]
    command = [sys.executable, *isolated, "-W", "error", str(file), *options, str(folder / "new.csv")]
    if kind == "labels":
        assert subprocess.run(command, capture_output=True, check=True).stdout == done.stdout
    assert ours[0] == theirs[0]
    assert len(ours) == len(theirs)
    for own, other in zip(ours[1:], theirs[1:], strict=True):
        for a, b in zip(own, other, strict=True):
            assert a == b or float(a) == pytest.approx(float(b), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("to", FLAVOURS)
def test_the_program_reads_many_layouts(to: str, trained: tuple[Path, dict[str, Any]]) -> None:
    """Semicolons, tabs, a byte order mark, other encodings, another order of columns and further ones, standard input."""
    folder, models = trained
    plan = lower(models["labels"], "labels")
    file = folder / f"layouts_{to}.py"
    rows = model_rows(models["labels"], plan, read_table(folder / "new.csv", like=models["labels"]))
    file.write_bytes(_text(to, plan, rows, predictions(models["labels"], plan, rows)))
    new = _lines(20, 3)
    _write(folder / "usual.csv", new)
    wanted = _run(file, str(folder / "usual.csv")).stdout
    assert wanted.count(b"\n") == 21
    shuffled = [{"other": "x", **{name: row[name] for name in sorted(row, reverse=True)}, "": ""} for row in new]
    styles: list[tuple[list[dict[str, str]], dict[str, Any]]] = [
        (new, {"delimiter": ";"}),
        (new, {"delimiter": "\t", "encoding": "utf-8-sig"}),
        (new, {"encoding": "utf-16"}),
        (new, {"encoding": "cp1252"}),
        (shuffled, {"lineterminator": "\n", "quoting": csv.QUOTE_ALL}),
    ]
    for lines, style in styles:
        _write(folder / "other.csv", lines, **style)
        assert _run(file, str(folder / "other.csv")).stdout == wanted
    data = (folder / "usual.csv").read_bytes()
    assert _run(file, data=data).stdout == wanted
    assert _run(file, "-", data=data).stdout == wanted


@pytest.mark.parametrize("to", FLAVOURS)
def test_the_program_says_what_is_wrong(to: str, trained: tuple[Path, dict[str, Any]]) -> None:
    """One sentence with the line and the column, no traceback and no predictions."""
    folder, models = trained
    plan = lower(models["numbers"], "numbers")
    file = folder / f"wrong_{to}.py"
    rows = model_rows(models["numbers"], plan, read_table(folder / "new.csv", like=models["numbers"]))
    file.write_bytes(_text(to, plan, rows, predictions(models["numbers"], plan, rows)))
    new = _lines(3, 3)
    new[0]["town"] = "two\nlines"
    must = "numbers such as '2.361,25 €', with decimal commas, thousands dots and the unit '€'"
    cases = {
        "price": ("12 kg", re.escape(must).replace("2\\.361,25", ".*"), 5),
        "day": ("31/31/2020", "dates such as .*, day first", 4),
        "clock": ("25 o'clock", "times of day such as .*", 4),
        "member": ("perhaps", "yes or no", 4),
    }
    for name, (cell, sentence, _) in cases.items():
        changed = [dict(row) for row in new]
        changed[1][name] = cell
        _write(folder / "bad.csv", changed)
        done = _run(file, str(folder / "bad.csv"))
        assert done.returncode == 1
        assert done.stdout == b""
        said = done.stderr.decode()
        assert re.fullmatch(
            rf".*bad\.csv, line 4: column '{name}' holds {re.escape(repr(cell))}; it must hold {sentence}\.\n", said
        ), said
    _write(folder / "bad.csv", [{k: v for k, v in row.items() if k != "mass"} for row in new])
    done = _run(file, str(folder / "bad.csv"))
    assert done.stderr.decode().endswith("bad.csv: the rows lack the column 'mass'.\n")
    (folder / "bad.csv").write_text("a,b\n1,2\n3\n")
    assert b", line 3: " in _run(file, str(folder / "bad.csv")).stderr
    assert _run(file, str(folder / "absent.csv")).returncode == 1
    assert _run(file, "--nonsense").returncode == 2
    assert b"self-test passed" in _run(file, "--selftest").stdout
    assert b"selftest()" in _run(file, "--help").stdout


@pytest.mark.parametrize("to", FLAVOURS)
def test_programs_of_plain_numbers(to: str, tmp_path: Path) -> None:
    """Without names the columns are taken in their order, with names by these; several outputs are several columns."""
    case = export_case("smooth")
    plan, rows, wanted = _plan(*case)
    assert isinstance(rows, np.ndarray)
    file = tmp_path / "model.py"
    file.write_bytes(_text(to, plan, rows, wanted))
    (tmp_path / "new.csv").write_text("a,b,c,d\n" + "".join(f"{','.join(map(repr, x))}\n" for x in rows[:5].tolist()))
    ours = list(csv.reader(io.StringIO(_run(file, str(tmp_path / "new.csv")).stdout.decode())))
    assert ours[0] == ["prediction_1", "prediction_2"]
    assert _far(np.array(ours[1:], dtype=float), wanted[:5]) <= 1e-9
    named = dataclasses.replace(plan, inputs=("a", 'b "x"', "c\\", "d"))
    file.write_bytes(_text(to, named, rows, wanted))
    with (tmp_path / "new.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [["d", "c\\", "z", 'b "x"', "a"], *([*x[:1:-1], "?", *x[1::-1]] for x in rows[:5].tolist())]
        )
    ours = list(csv.reader(io.StringIO(_run(file, str(tmp_path / "new.csv")).stdout.decode())))
    assert _far(np.array(ours[1:], dtype=float), wanted[:5]) <= 1e-9
    (tmp_path / "new.csv").write_text('a,"b ""x""",c\\,d\n1,2,3,4\n1,2,,4\n')
    said = _run(file, str(tmp_path / "new.csv")).stderr.decode()
    assert said.endswith("new.csv, line 3: column 'c\\\\' holds ''; it must hold finite numbers.\n")


@pytest.mark.parametrize("to", FLAVOURS)
def test_names_may_be_anything(to: str, tmp_path: Path) -> None:
    """Columns, categories and labels with quotes, newlines, braces, backslashes, keywords: all are predicted."""
    model, frame = export_table("hostile")
    module, plan, rows = _made(to, model, frame, tmp_path)
    assert set(module.COLUMNS) == {field.name for field in plan.fields}
    assert set(module.predict(frame)) <= set(module.LABELS) <= set(HOSTILE)
    wanted = [plan.answer.labels[i] for i in interpret(plan, rows).argmax(axis=1)]
    assert list(module.predict(frame)) == wanted


def test_large_plain_files_are_remarked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a number of weights the report advises the file with NumPy."""
    monkeypatch.setattr("glassnet.exports.targets.python_target.python_file._MANY", 60)
    plan, rows, wanted = _plan(*export_case("iris"))
    (tmp_path / "model.py").write_bytes(_text("python", plan, rows, wanted))
    run = TARGETS["python"].load().run_file(tmp_path / "model.py", plan, rows)
    assert run.notes["size"] == "67 numbers as text are slow to load and to multiply; to='numpy' is faster"


def test_what_python_cannot_hold_is_refused() -> None:
    """int8 and encoded features are refused in one sentence."""
    plan, *_ = _plan(*export_case("iris"))
    for to in FLAVOURS:
        assert "int8" in TARGETS[to].load().refusal(plan, Options(dtype="int8"))
        assert "encoded features" in TARGETS[to].load().refusal(plan, Options(inputs="matrix"))
        assert TARGETS[to].load().refusal(plan, Options()) == ""


def test_ranks_beyond_the_range_of_training(tmp_path: Path) -> None:
    """Ranks of equal, huge and infinite numbers are those of the referee."""
    frame = columns(160, 3)
    y = numbers(frame)
    frame["size"] = [1e308, -1e308, *([2.0] * 40), *frame["size"][42:]]
    model = table_model(frame, y, seed=0, scaling="normal")
    for to in FLAVOURS:
        _check(to, model, frame, tmp_path)


_PYODIDE = """
const { loadPyodide } = require("pyodide");
const fs = require("fs");
loadPyodide().then((pyodide) => {
  pyodide.FS.writeFile("model.py", fs.readFileSync(process.argv[2], "utf8"));
  pyodide.globals.set("rows", fs.readFileSync(process.argv[3], "utf8"));
  console.log(pyodide.runPython(
    "import json, sys; sys.path.insert(0, ''); import model\\n" +
    "json.dumps([model.selftest(), model.predict_proba(json.loads(rows)), 'numpy' in sys.modules])"));
});
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "plain"])
def test_the_plain_file_runs_in_pyodide(name: str, tmp_path: Path) -> None:
    """Python in WebAssembly computes the same, without NumPy."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    got = subprocess.run([npm, "install", "pyodide"], cwd=tmp_path, capture_output=True, check=False)
    if got.returncode:
        pytest.skip("pyodide cannot be installed here")
    case = export_case(name) if name in NETWORKS else export_table(name)
    plan, rows, wanted = _plan(*case)
    (tmp_path / "model.py").write_bytes(_text("python", plan, rows, wanted))
    frame = case[1]
    given = frame.tolist() if isinstance(frame, np.ndarray) else {k: list(map(_as_json, v)) for k, v in frame.items()}
    (tmp_path / "rows.json").write_text(json.dumps(given))
    (tmp_path / "run.js").write_text(_PYODIDE)
    command = ["node", "run.js", "model.py", "rows.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    failures, found, has_numpy = json.loads(done.stdout.splitlines()[-1])
    assert failures == 0
    assert not has_numpy
    assert _far(found, interpret(plan, rows)) <= 1e-9


def test_names_are_found_among_numbers() -> None:
    """What decides which functions a file needs are all names in it, also those between rows of weights."""
    rows = (
        "    1.0, -2e-05,\n    a,\n    [3.0, 4.0],\n    [b, 1.0],\n    [\n        5.0, 6.0,\n        nan, 7,\n    ],\n"
    )
    text = f"x: list[float] = single([\n{rows}])\ny = [\n    1,\n]\n\ndef f(z):\n    1.0, 2.0,\n    return z + c\n"
    assert names_in(text) == {"x", "y", "a", "b", "c", "z", "nan", "single", "list", "float"}


def _as_json(cell: Any) -> Any:
    """Return a cell as JSON has it: dates and times as text."""
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return None if isinstance(cell, float) and not np.isfinite(cell) else cell
