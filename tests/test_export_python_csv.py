"""What exported Python files read and refuse in CSV files, and what their digest covers."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export_models import export_case
from export_tables import table_model
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.plan import Affine
from glassnet.exports.proof import prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.python_parts.columns import form_of
from glassnet.exports.targets.python_parts.templates import cells as reading
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import Options
from glassnet.tabular import read_table
from glassnet.tabular.reading.form import Form

FLAVOURS = ["numpy", "python"]


def _text(to: str, model: Any, data: Any, **changes: Any) -> str:
    plan = dataclasses.replace(lower(model, "m"), **changes)
    rows = model_rows(model, plan, data)
    wanted = predictions(model, plan, rows)
    return str(TARGETS[to].load().print_plan(plan, prove(plan, wanted, rows, np.float64), Options())[".py"].decode())


def _module(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "exported", "__file__": "exported.py"}
    exec(compile(text, "exported.py", "exec"), names)
    return names


def _run(file: Path, content: str, *words: str) -> tuple[int, list[str], str]:
    file.with_name("new.csv").write_bytes(content.encode())
    command = [sys.executable, "-I", str(file), *words, str(file.with_name("new.csv"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


# ---- what the digest covers ------------------------------------------------------------------------------------------


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return "x" + value[1:] if isinstance(value, str) else 2 * value + 1


@pytest.mark.parametrize("to", FLAVOURS)
def test_every_changed_literal_of_a_table_file_is_noticed(to: str, tmp_path: Path) -> None:
    """Columns, words, reading forms, labels, names, constants of features: all that the top of a file assigns."""
    with (tmp_path / "train.csv").open("w") as file:
        file.write("size,ok,day,town\n")
        file.writelines(f"{i}.5 kg,{'yes' if i % 3 else 'no'},{i % 28 + 1}.12.2020,{'ab'[i % 2]}\n" for i in range(60))
    table = read_table(tmp_path / "train.csv")
    model = table_model(table, ["up" if i % 3 else "down" for i in range(60)], seed=0)
    text = _text(to, model, table)
    tree = ast.parse(text)
    names = _module(text)
    assert names["selftest"]() == 0
    left_out = {"ROWS", "EXPECTED", "SETTINGS", "NUMBERS", "Array", "Form", *_arrays(tree)}
    unnoticed, tried = [], 0
    for node in tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        assert isinstance(target, ast.Name)
        if target.id in left_out:
            continue
        constants = [one for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
        for constant in constants[:: 1 if len(constants) < 12 else 20]:
            kept: Any = constant.value
            if isinstance(kept, (str, int, float)):
                constant.value = _other(kept)
                tried += 1
                unnoticed += [] if _is_noticed(tree) else [(target.id, kept)]
                constant.value = kept
    assert unnoticed == []
    assert tried > 40


def _arrays(tree: ast.Module) -> set[str]:
    numbers = next(
        node.value for node in tree.body if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "NUMBERS"
    )
    assert numbers is not None
    return {node.id for node in ast.walk(numbers) if isinstance(node, ast.Name)}


def _is_noticed(tree: ast.Module) -> bool:
    names: dict[str, Any] = {"__name__": "exported", "__file__": "exported.py"}
    try:
        exec(compile(tree, "exported.py", "exec"), names)
        return bool(names["selftest"]() > 0)
    except Exception:
        return True


# ---- files of plain numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", FLAVOURS)
def test_files_of_plain_numbers_go_by_names_or_by_order(to: str, tmp_path: Path) -> None:
    """A file without a header loses no row; names in another order are followed; a mixture is refused."""
    case = export_case("iris")
    file = tmp_path / "m.py"
    file.write_text(_text(to, case.model, case.X, inputs=("x1", "x2", "x3", "x4")))
    body = "5.1,3.5,1.4,0.2\n6,3,4,1.5\n"
    wanted = _run(file, "x1,x2,x3,x4\n" + body, "--probabilities")
    assert wanted[0] == 0
    assert len(wanted[1]) == 3
    assert _run(file, body, "--probabilities") == wanted
    assert _run(file, "a,b,c,d\n" + body, "--probabilities") == wanted
    assert _run(file, "x4,z,x3,x2,x1\n0.2,?,1.4,3.5,5.1\n1.5,?,4,3,6\n", "--probabilities") == wanted
    assert _run(file, "x1;x2;x3;x4\n" + body.replace(",", ";"), "--probabilities") == wanted
    assert "lacks 'x3'" in _run(file, "x1,x2,c,x4\n" + body)[2]
    assert "the file has 3 columns; it must have 4" in _run(file, "1,2,3\n")[2]
    assert "the file is empty; it must hold a table" in _run(file, "")[2]
    assert "at least one row" in _run(file, "x1,x2,x3,x4\n")[2]
    assert "line 2: column 'x3' holds nan; it must hold finite numbers" in _run(file, "x1,x2,x3,x4\n1,2,nan,4\n")[2]


@pytest.mark.parametrize("to", FLAVOURS)
def test_rows_of_plain_numbers(to: str) -> None:
    """Rows of text and an empty list are refused; rows of several axes are taken."""
    case = export_case("iris")
    names = _module(_text(to, case.model, case.X))
    for rows, said in (
        ([], "at least one"),
        ([["1", "2", "3", "4"]], "finite numbers"),
        (["abcd"], "it must be one of 4 numbers"),
    ):
        with pytest.raises(ValueError, match=said):
            names["predict"](rows)
    nested = names["predict_proba"]([[[5.1, 3.5], [1.4, 0.2]]])
    assert np.array_equal(nested, names["predict_proba"]([[5.1, 3.5, 1.4, 0.2]]))


def test_probabilities_of_a_regression_are_refused(tmp_path: Path) -> None:
    """As by the command; and a pipe that is closed early is no error."""
    case = export_case("smooth")
    file = tmp_path / "m.py"
    file.write_text(_text("numpy", case.model, case.X))
    content = "a,b,c,d\n" + "1,2,3,4\n" * 20_000
    code, out, said = _run(file, content, "--probabilities")
    assert (code, out) == (2, []), said
    assert said.startswith("--probabilities: ")
    command = f'"{sys.executable}" "{file}" "{tmp_path / "new.csv"}" | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


# ---- tables ----------------------------------------------------------------------------------------------------------

LAYOUTS = {
    "a line that names the separator": lambda text: "sep=,\n" + text,
    "a comment above": lambda text: "# made by hand\n" + text,
    "a title above": lambda text: "My table\n\n" + text,
    "blanks below": lambda text: text + "   \n\n",
    "commas below": lambda text: text + ",,\n",
    "one empty cell too many": lambda text: text.rstrip("\n") + ",\n",
    "a blank before a quote": lambda text: text.replace(",b,", ', "b",'),
    "a column twice": lambda text: (
        text.replace("size,", "size,size,").replace("\n1.5", "\n1.5,9").replace("\n2", "\n2,9")
    ),
}


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a model of three columns."""
    folder = tmp_path_factory.mktemp("sizes")
    lines = [f"{i / 4},{'ab'[i % 2]},{'yes' if i % 3 else 'no'}\n" for i in range(60)]
    (folder / "train.csv").write_text("size,town,ok\n" + "".join(lines))
    table = read_table(folder / "train.csv")
    (folder / "m.py").write_text(_text("python", table_model(table, [float(i) for i in range(60)], seed=0), table))
    return folder / "m.py"


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_that_predict_reads(name: str, sizes: Path) -> None:
    """Lines above and below a table are left out, and superfluous cells."""
    text = "size,town,ok\n1.5,b,yes\n2,a,no\n"
    wanted = _run(sizes, text)
    found = _run(sizes, LAYOUTS[name](text))
    assert found[:2] == wanted[:2], found
    assert ("were numbered" in found[2]) == (name == "a column twice")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("size,town,ok\n", "at least one row"),
        ("size,town,ok\n1,b\0,yes\n", "binary data"),
        ("size,town,ok\n1,b,TRUE\n2,b,yes\n", "column 'ok' holds 'TRUE'; it must hold yes or no"),
        ("size,town,ok\n1,b,yes,x\n", "the row has 4 cells; it must have 3 like the first"),
        ('size,town,ok\n"1,234",b,yes\n', "may be 1234 or 1.234"),
    ],
)
def test_files_that_predict_refuses(text: str, said: str, sizes: Path) -> None:
    """Each with one sentence."""
    code, out, words = _run(sizes, text)
    assert (code, out) == (1, [])
    assert said in words
    assert words.count("\n") == 1


def test_marks_of_new_numbers(sizes: Path) -> None:
    """Where training showed none, the new cells of a column decide together."""
    wanted = _run(sizes, "size,town,ok\n1.5,b,yes\n1234,a,no\n")[1]
    assert _run(sizes, 'size;town;ok\n1,5;b;true\n"1.234,0";a;false\n')[1] == wanted
    assert _run(sizes, 'size,town,ok\n1.5,b,yes\n"1,234",a,no\n')[1] == wanted
    assert _run(sizes, "size,town,ok\n1.5,b,yes\n1 234,a,no\n")[1] == wanted


def test_a_decimal_comma_shows_that_dots_separate_thousands(tmp_path: Path) -> None:
    """What one column of new numbers leaves open another decides, as when a file is predicted."""
    lines = [f"{i / 4},{i / 8 + 2000}\n" for i in range(60)]
    (tmp_path / "train.csv").write_text("size,price\n" + "".join(lines))
    table = read_table(tmp_path / "train.csv")
    model = table_model(table, [float(i) for i in range(60)], seed=0)
    for to in FLAVOURS:
        (tmp_path / "m.py").write_text(_text(to, model, table))
        wanted = _run(tmp_path / "m.py", "size,price\n1.5,950\n2.5,1348\n")
        assert _run(tmp_path / "m.py", "size;price\n1,5;950\n2,5;1.348\n") == wanted
        assert _run(tmp_path / "m.py", "size;price\n1,5;950\n2,5;1.3480\n") != wanted


def test_cells_by_their_forms() -> None:
    """Codes of no value, units on the wrong side, words for true and false, bytes."""
    assert np.isnan(reading.read_number(-9.0, form_of("number", Form("number"), (-9.0,))))
    assert np.isnan(reading.read_number("-9", form_of("number", Form("number"), (-9.0,))))
    with pytest.raises(ValueError, match=r"^$"):
        reading.read_number("kg 5", form_of("number", Form("number", unit="kg", example="5 kg")))
    assert reading.read_number("5 $", form_of("number", Form("number", unit="$", example="$5"))) == 5.0
    with pytest.raises(ValueError, match=r"^$"):
        reading.read_category(b"a", form_of("category", Form("category")))
    for word, truth in {"ja": 1.0, "wahr": 1.0, "on": 1.0, "off": 0.0}.items():
        assert reading.read_boolean(word, form_of("boolean", Form("boolean", example="true"))) == truth


@pytest.mark.parametrize("to", FLAVOURS)
def test_weights_of_double_precision_lose_nothing(to: str) -> None:
    """A network of float64 is printed in all of its digits."""
    case = export_case("iris")
    plan = lower(case.model, "m")
    steps = tuple(
        dataclasses.replace(step, W=step.W / 3.0) if isinstance(step, Affine) else step for step in plan.steps
    )
    plan = dataclasses.replace(plan, steps=steps)
    rows = np.asarray(case.X, dtype=np.float64)
    wanted = interpret(plan, rows)
    text = TARGETS[to].load().print_plan(plan, prove(plan, wanted, rows, np.float64), Options())[".py"].decode()
    assert ('"<f8"' in text) == (to == "numpy")
    names = _module(text)
    assert names["selftest"]() == 0
    assert np.abs(np.asarray(names["compute"](rows.tolist() if to == "python" else rows)) - wanted).max() < 1e-14
