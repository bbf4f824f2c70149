"""Models as JavaScript compute what their plans do, whatever their names and cells, and notice every change."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from export_models import ENSEMBLES, NETWORKS, export_case
from export_tables import ESTIMATORS, TABLES, export_table
from glassnet.exports.lowering.lowering import lower, model_rows
from glassnet.exports.measuring import measure
from glassnet.exports.plan import Affine, Answer, Field, Flag, Join, Lookup, Map, Plan, Rank, Scaled, Value, Wave
from glassnet.exports.proof import Proof, made_up_rows, prove
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.targets.js_target import js_file
from glassnet.exports.targets.js_target.literals import js_value
from glassnet.exports.targets.js_target.steps import OWN_NAMES
from glassnet.exports.targets.registry import TARGETS
from glassnet.exports.targets.target import CannotRun, Options, Run
from glassnet.tabular import TabularRegressor
from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.rereading import reread
from glassnet.tabular.reading.form import Form

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
pytestmark = needs_node

QUICK = [
    *NETWORKS, *ENSEMBLES, "plain", "plain numbers", "far target", "yes or no", "nothing to learn", "hostile",
    "mlp labels", "mlp many quantiles", "mlp deviations", "pipe filled", "pipe log target", "small numbers",
]  # fmt: skip


def zoo(name: str, seed: int = 0) -> tuple[Plan, Rows]:
    """Return the plan of a model of the zoo, and rows for it."""
    from_networks = name in NETWORKS or name in ENSEMBLES
    model, given = export_case(name, seed) if from_networks else export_table(name, seed)
    plan = lower(model, name)
    return plan, model_rows(model, plan, given)


def proof_of(plan: Plan, rows: Rows | None = None) -> Proof:
    """Return the proof of a plan, from rows that are made up."""
    rows = made_up_rows(plan) if rows is None else rows
    return prove(plan, interpret(plan, rows), rows, np.float64)


def write(plan: Plan, folder: Path, suffix: str = ".js") -> Path:
    """Print a plan to a file."""
    path = folder / f"model{suffix}"
    path.write_bytes(js_file.print_plan(plan, proof_of(plan), Options())[suffix])
    return path


def error_of(run: Run, plan: Plan, rows: Rows) -> float:
    """Return the largest error of a run, relative to numbers above 1."""
    wanted = interpret(plan, rows)
    return float(np.max(np.abs(run.outputs - wanted) / np.maximum(1.0, np.abs(wanted))))


def node(program: str, folder: Path) -> Any:
    """Run a program in the folder of a model and return what it prints as JSON."""
    done = subprocess.run(["node", "-e", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def check(name: str, seed: int, folder: Path) -> None:
    """Compare a model of the zoo with its plan."""
    plan, rows = zoo(name, seed)
    run = js_file.run_file(write(plan, folder), plan, rows)
    assert run.failures == 0
    assert error_of(run, plan, rows) < 1e-9


# ---- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUICK)
def test_script_computes_what_the_plan_does(name: str, tmp_path: Path) -> None:
    """In double precision, to the last digits."""
    check(name, 0, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", [*NETWORKS, *ENSEMBLES, *TABLES, *ESTIMATORS])
def test_script_of_every_model_and_seed(name: str, seed: int, tmp_path: Path) -> None:
    """The same for the large ones too, and five seeds."""
    check(name, seed, tmp_path)


def test_module_and_script_are_one_text(tmp_path: Path) -> None:
    """The ES module computes the same, and offers the same names."""
    plan, rows = zoo("iris")
    script, module = write(plan, tmp_path), write(plan, tmp_path, ".mjs")
    runs = [js_file.run_file(path, plan, rows) for path in (script, module)]
    assert np.array_equal(runs[0].outputs, runs[1].outputs)
    assert runs[1].failures == 0
    program = 'import("./model.mjs").then((m) => console.log(JSON.stringify([Object.keys(m), Object.keys(m.default)])))'
    names, default = node(program, tmp_path)
    assert set(names) - {"default"} == set(default) == set(node(_KEYS, tmp_path))


_KEYS = 'console.log(JSON.stringify(Object.keys(require("./model.js"))))'


def test_a_classic_script_is_found_by_the_name_of_the_model(tmp_path: Path) -> None:
    """In a page, where there is no module, by an identifier that is no word of the language or of the window."""
    plan, _ = zoo("iris")
    script = js_file.print_plan(plan, proof_of(plan), Options())[".js"].decode()
    program = "const vm = require('vm'), fs = require('fs'); const room = vm.createContext({atob, self: {}});"
    (tmp_path / "page.js").write_text(script)
    found = node(
        f"{program} vm.runInContext(fs.readFileSync('page.js', 'utf8'), room);"
        "console.log(JSON.stringify([Object.keys(room.self), room.self.iris.selftest()]))",
        tmp_path,
    )
    assert found == [["iris"], 0]


_EXPORTS = """
import hashlib, pathlib
import glassnet as gn
net = gn.Network([gn.Dense(5, "mish"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=(4,))
for name in ("model.js", "model.mjs", "model.html"):
    gn.export(net, name, check=False)
    print(hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest())
"""


def test_equal_models_give_equal_bytes_in_two_processes(tmp_path: Path) -> None:
    """Nothing in a file depends on the time, the process or the order of a set."""
    digests = set()
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        words = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", _EXPORTS]
        digests.add(subprocess.run(command, cwd=folder, env=words, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1


def test_predictions_keep_no_state(tmp_path: Path) -> None:
    """A row gives the same whatever was predicted before, and by itself the same as among others."""
    plan, _ = zoo("plain")
    write(plan, tmp_path)
    program = """
const m = require("./model.js");
const once = m.examples.map((row) => m.predict(row));
const again = m.examples.map((row) => m.predict(row)).reverse().map((found) => JSON.stringify(found));
const many = m.predictMany(m.examples).reverse().map((found) => JSON.stringify(found));
console.log(JSON.stringify([once.reverse().map((found) => JSON.stringify(found)), again, many]));
"""
    once, again, many = node(program, tmp_path)
    assert once == again == many


# ---- proof -----------------------------------------------------------------------------------------------------------


def failures(text: bytes, folder: Path) -> int:
    """Return what the self-test of a changed script says; a script that does not load has failed."""
    (folder / "changed.js").write_bytes(text)
    program = "try { console.log(require('./changed.js').selftest()) } catch (error) { console.log(99) }"
    return int(node(program, folder))


def test_every_changed_weight_is_noticed(tmp_path: Path) -> None:
    """Of 40 single bits flipped anywhere among the weights, also in those that no test row needs."""
    plan, _ = zoo("plain")
    text = write(plan, tmp_path).read_bytes()
    blocks = [match for match in re.finditer(rb"decode\(`([^`]*)`", text) if match[1]]
    rng = np.random.default_rng(0)
    scripts = []
    for _ in range(40):
        block = blocks[int(rng.integers(len(blocks)))]
        weights = bytearray(base64.b64decode(block[1]))
        weights[int(rng.integers(len(weights)))] ^= 1 << int(rng.integers(8))
        scripts.append(text[: block.start(1)] + base64.b64encode(weights) + text[block.end(1) :])
    for i, script in enumerate(scripts):
        (tmp_path / f"changed_{i}.js").write_bytes(script)
    found = node(
        "console.log(JSON.stringify([...Array(40).keys()].map((i) => require(`./changed_${i}.js`).selftest())))",
        tmp_path,
    )
    assert all(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"t01"', b'"t91"'),  # a category that no test row has
        (b"Math.tanh(Z)", b"Math.sin(Z)"),
        (b"scaled(cells[0], ", b"scaled(cells[0], 1 + "),
        (b"low < 0", b"low < 1"),
        (b"o + 3 < outputs", b"o + 7 < outputs"),
    ],
)
def test_other_changes_are_noticed(old: bytes, new: bytes, tmp_path: Path) -> None:
    """Of categories, formulas, constants of columns and loops; a change that changes nothing passes."""
    plan, _ = zoo("plain numbers" if b"low" in old else "plain")
    text = write(plan, tmp_path).read_bytes()
    assert old in text
    assert failures(text, tmp_path) == 0
    harmless = b"o + 7" in new  # the rest of the outputs is summed one by one, to the same
    assert (failures(text.replace(old, new, 1), tmp_path) == 0) == harmless


# ---- names and cells -------------------------------------------------------------------------------------------------


def test_no_text_ends_the_script(tmp_path: Path) -> None:
    """Names, categories and labels with quotes, marks of comments and elements, and ends of lines."""
    plan, rows = zoo("hostile")
    text = write(plan, tmp_path).read_text(encoding="utf-8")
    code = text[text.index("*/") :]
    assert not re.search(r"</|<!--|[\u2028\u2029\x00]", code)
    run = js_file.run_file(tmp_path / "model.js", plan, rows)
    assert (run.failures, error_of(run, plan, rows) < 1e-9) == (0, True)
    assert isinstance(rows, dict)
    cells = {
        field.name: (rows[field.name][0] if field.is_text else float(rows[field.name][0])) for field in plan.fields
    }
    (tmp_path / "row.json").write_text(json.dumps(cells))
    program = """
const m = require("./model.js");
const found = m.predict(JSON.parse(require("fs").readFileSync("row.json", "utf8")));
console.log(JSON.stringify([found.label, Object.entries(found.probabilities)]));
"""
    label, probabilities = node(program, tmp_path)
    wanted = interpret(plan, rows)[0]
    assert label == plan.answer.labels[int(wanted.argmax())]
    assert dict(probabilities) == pytest.approx(dict(zip(plan.answer.names, wanted, strict=True)), rel=1e-9)


FORMS = {
    "plain": (Form("number", example="1.5"), "1 -2.5 +3 1e3 1E-3 .5 5. 007 1,5 1,000 x 1x (7) 7- --1 5-5 inf -inf NaN NA n.a. Missing 1_0"),
    "german": (Form("number", decimal=",", thousands=".", unit="€"), "1,5 1.250,50 1.250 -1.250,5 12.50 €5 5€ 1,5.0 1.25,0"),
    "indian": (Form("number", thousands=","), "1,00,000 12,34,567.5 1,000 1,0000 100,000 1,00 ,5"),
    "swiss": (Form("number", thousands="'", unit="CHF"), "1'250.50 CHF5 5CHF 1250 1'25 5USD"),
    "unit": (Form("number", unit="kg"), "5kg 5KG 5kgs 5g 5 -5kg kg5 5kg. 1e2kg"),
    "dollar": (Form("number", thousands=",", unit="$"), "$1,250.00 -$5 $-5 ($5) $ 5$"),
    "time": (Form("number", style="time"), "08:30 8:30 23:59:59 24:00 25:61 18:30:15.5 6:30PM 12:00am 13:00pm x 8"),
    "duration": (Form("number", style="duration"), "36:15:00 -1:30:00 1h30m 90m45s 2d 1:02:03.25 P1D"),
    "boolean": (Form("boolean", words=("no", "yes")), "yes No Y n true 1 maybe"),
    "truth": (Form("boolean"), "true FALSE t f yes x"),
    "iso": (Form("date", example="2024-05-31"), "2024-05-31 2024-02-30 2024-5-1 2024/05/31 0001-01-01 31.05.2024 2024-05 x"),
    "german date": (Form("date", order="dmy", example="31.05.2024"), "31.05.2024 5.6.24 1/2/1999 31-12-69 31.4.2024"),
    "american date": (Form("date", order="mdy", example="05/31/2024"), "05/31/2024 5/6/24 31/05/2024 2024-05-31"),
    "open date": (Form("date", example="2024-05-31"), "01/01/2024 01/02/2024"),
    "packed": (Form("date", example="20240531"), "20240531 20240230 2024-05-31"),
    "moment": (Form("date", example="2024-05-31 18:30"), "2024-05-31T18:30 2024-05-31T18:30:15.5Z 2024-05-31T18:30+02:00 2024-05-31T25:00"),
}  # fmt: skip
OPEN = {"boolean": {"true"}}  # which may stand alone
SPACED = {
    "named date": (Form("date", example="May 3, 2024"), ["May 3, 2024", "3 May 2024", "3. Mai 2024", "31 Feb 2024", "Foo 3, 2024", "03-Jan-99"]),
    "moment": (Form("date", example="2024-05-31 18:30"), ["2024-05-31 18:30", "2024-05-31 6:30 PM", "2024-05-31 18:30:00 UTC"]),
    "blanks": (Form("number", thousands=" ", unit="kg"), ["1 250 kg", "1\u202f250", "\u22125 kg", " 7 ", "1 25"]),
    "worded": (Form("number", style="duration"), ["1 day 02:00:00", "1h 30m", "2 days", "5 min 3 s"]),
    "zoned": (Form("date", example="2024-05-31 18:30 CET"), ["2024-05-31 18:30 +0130", "2024-05-31 18:30:59Z"]),
    "own gaps": (Form("number", missing=("leer",), loose=True), ["leer", "oops", "3"]),
}  # fmt: skip
CELLS = [
    *((name, form, texts.split()) for name, (form, texts) in FORMS.items()),
    *((name, form, texts) for name, (form, texts) in SPACED.items()),
]


@pytest.mark.parametrize(("name", "form", "texts"), CELLS, ids=[case[0] for case in CELLS])
def test_cells_are_read_as_training_read_them(name: str, form: Form, texts: list[str], tmp_path: Path) -> None:
    """Decimal commas, thousands, units, times, dates and words; what training would refuse is refused."""
    kind: Any = form.kind
    x = Value("x", (1,))
    plan = Plan("cells", (Field("c", kind, form),), (), (Scaled(x, 0, 0.0, 0.0, 1.0),), x, x, Answer("numbers", ("y",)))
    write(plan, tmp_path)
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    program = """
const m = require("./model.js");
const read = (text) => { try { return String(m.readCell(text, m.columns[0])); } catch (error) { return "bad"; } };
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync("texts.json", "utf8")).map(read)));
"""
    found = dict(zip(texts, node(program, tmp_path), strict=True))
    cells = Distinct.of(texts)
    values, missing, bad = reread(cells, form)
    for i, text in enumerate(texts):
        place = cells.place[i]
        if text in OPEN.get(name, ()):
            continue
        if bad[place]:
            assert found[text] == "bad", text
        elif missing[place]:
            assert found[text] == "NaN", text
        else:
            value = values[place]
            number = value.astype("M8[us]").astype(np.int64) / 86_400e6 if kind == "date" else float(value)
            number = number if np.isfinite(number) else np.nan
            assert float(found[text]) == pytest.approx(number, rel=1e-14, nan_ok=True), (text, found[text])


def test_rows_are_objects_or_lists(tmp_path: Path) -> None:
    """Missing keys are missing cells, unknown keys are named, and what cannot be read is refused by its column."""
    plan, _ = zoo("plain")
    write(plan, tmp_path)
    program = """
const m = require("./model.js");
const tried = (row) => { try { return m.predict(row).warnings; } catch (error) { return error.message; } };
const rows = [{}, {size: ""}, {size: "  "}, {size: null, colour: "c1"}, {size: 1e9}, {colour: " purple "}, {Size: 1},
  {size: "big"}, {old: 2}, {old: true, born: new Date(0)}, [1, 2], 7, {born: "2020-02-30"}, {colour: "constructor"},
  {size: new Date(0)}, {born: true}];
const same = [{size: 2, rooms: 3, colour: "c1"}, {size: "2", rooms: "3.0", colour: "c1 "}, {size: " 2 ", rooms: 3, colour: "c1", old: "NA"}];
console.log(JSON.stringify([rows.map(tried), same.map((row) => m.outputs(row).join())]));
"""
    found, same = node(program, tmp_path)
    full = "far, rooms and side are missing, where training had none."
    assert found[0][0] == full
    assert found[0][1].endswith(" are not in the row: missing.")
    assert all(full in sentences for sentences in found[:4])
    assert re.fullmatch(r"size: 1000000000 is outside the range of training, -\d.* to \d.*\.", found[4][0])
    assert found[5][0] == 'colour: "purple" did not occur in training.'
    assert found[6][-1] == "Size is no column of this model and was not used."
    assert found[7] == 'size is "big"; it must be a number.'
    assert found[8] == 'old is "2"; it must be true or false.'
    assert "born: 1970-01-01 is outside" in found[9][0]
    assert found[10] == "predict: the row has 2 cells; it must have 12."
    assert found[11] == "predict: the row is no object or array; it must be one."
    assert re.match("born is .*; it must be dates", found[12])
    assert found[13][0] == 'colour: "constructor" did not occur in training.'
    assert re.fullmatch(r"size is .*; it must be a number\.", found[14])
    assert re.match("born is .*; it must be dates", found[15])
    assert len(set(same)) == 1


def one_column(form: Form, folder: Path, **known: Any) -> None:
    """Write a model of one column that gives what it reads."""
    kind: Any = form.kind
    x = Value("x", (1,))
    field = Field("c", kind, form, **known)
    steps = (Scaled(x, 0, -5.0, 0.0, 1.0),)
    write(Plan("cells", (field,), (), steps, x, x, Answer("numbers", ("y",))), folder)


_READ = """
const m = require("./model.js");
const read = (cell, i) => { try { return String(m.readCell(cell, m.columns[0])); } catch (error) { return error.message; } };
"""


def test_cells_that_are_no_values_are_refused(tmp_path: Path) -> None:
    """Lists, objects, large whole numbers of their own type and invalid dates, in one sentence each."""
    one_column(Form("number"), tmp_path)
    cells = "[[5], {}, 5n, Symbol('a'), () => 1, new Date(0)]"
    found = node(f"{_READ} console.log(JSON.stringify({cells}.map(read)))", tmp_path)
    kinds = ["a list", "a value of type object", "a value of type bigint", "a value of type symbol"]
    assert found == [f"c is {kind}; it must be a number." for kind in [*kinds, "a value of type function", "a Date"]]
    one_column(Form("date", example="2024-05-31"), tmp_path)
    found = node(f"{_READ} console.log(JSON.stringify([new Date('x'), new Date(864e5)].map(read)))", tmp_path)
    assert found == ["c is an invalid Date; it must be dates such as '2024-05-31'.", "1"]


def test_infinite_numbers_and_codes_are_missing_in_tables(tmp_path: Path) -> None:
    """As numbers and as text; what JavaScript alone takes for a number is refused."""
    one_column(Form("number", example="1.5"), tmp_path, codes=(-999.0, 9999.0))
    cells = '["inf", "-Infinity", "∞", "1e999", Infinity, "-999", -999, "9999.0", "999", "0x10", "0b1", "1_0"]'
    found = node(f"{_READ} console.log(JSON.stringify({cells}.map(read)))", tmp_path)
    assert found[:9] == ["NaN"] * 8 + ["999"]
    assert all("must be a number" in message for message in found[9:])
    assert node("console.log(require('./model.js').outputs({c: Infinity})[0])", tmp_path) == -5


@pytest.mark.parametrize(
    ("form", "texts", "values"),
    [
        (Form("number"), ["1,5", "1.5", "1 000", "1'000", "1,234", "1,234.5", "\uff15", "\u0663", "5-"], [1.5, 1.5, 1000, 1000, None, 1234.5, 5, 3, -5]),
        (Form("number", decimal=",", thousands=".", example="1.250,50"), ["1.234,-", "1.234,--", "1.234,5-", "5-"], [1234, 1234, -1234.5, -5]),
        (Form("number", unit="$", example="$5"), ["5 USD", "USD 5", "US$5", "€5", "5 kg"], [5, 5, 5, None, None]),
        (Form("number", unit="kg", example="5 kg"), ["kg 5", "5 KG"], [None, 5]),
        (Form("boolean", words=("no", "yes")), ["true", "FALSE", "y", "1", "0", "ja"], [1, 0, 1, None, None, None]),
        (Form("boolean"), ["ja", "wahr", "on", "off", "N", "1"], [1, 1, 1, 0, 0, None]),
        (Form("date", order="dmy", example="01.02.2021"), ["1 Feb 2021", "Feb 1, 2021", "1. Februar 2021", "2021-W05", "Q1 2021", "32 Feb 2021"], [18659, 18659, 18659, 18659, 18628, None]),
        (Form("number", style="time", example="15:41"), ["10:30 Uhr", "10 am", "6pm", "PT1H", "13 pm"], [37800, 36000, 64800, 3600, None]),
        (Form("number", style="duration", example="2h 20m"), ["2h 70m", "2h 20m", "1w 1d"], [None, 8400, 691200]),
        (Form("number", decimal=",", example="1,5"), ["k.A.", "k.a.", "K.A.", "nA", "n.a."], [None, "NaN", "NaN", None, "NaN"]),
    ],
)  # fmt: skip
def test_cells_are_read_as_predict_reads_them(form: Form, texts: list[str], values: list[Any], tmp_path: Path) -> None:
    """One by one, in other spellings than those of training, and refused where predict refuses them."""
    one_column(form, tmp_path)
    found = node(f"{_READ} console.log(JSON.stringify({json.dumps(texts)}.map(read)))", tmp_path)
    for text, value, said in zip(texts, values, found, strict=True):
        assert re.match("c is .*; it must be", said) if value is None else said == str(value), (text, said)


def test_all_cells_of_a_column_show_how_it_is_written(tmp_path: Path) -> None:
    """Where training left it open: 1,234 beside 30.5 has thousands, and beside 1,5 three decimals."""
    one_column(Form("number"), tmp_path)
    program = """
const m = require("./model.js");
const columns = [["30.5", "1,234"], ["1,5", "1,234"], ["950", "1,234"], ["1.234.567", "1.234"], ["NA", "x", "1.234"]];
const read = (text, column) => { try { return m.readCell(text, column); } catch (error) { return "bad"; } };
console.log(JSON.stringify(columns.map((texts) => read(texts[texts.length - 1], m.fitted(texts, m.columns[0])))));
"""
    assert node(program, tmp_path) == [1234, 1.234, 1234, 1234, 1.234]
    one_column(Form("date"), tmp_path)
    program = program.replace(
        "const columns = ",
        'const columns = [["31/01/2021", "02/01/2021"], ["01/31/2021", "02/01/2021"], ["02/01/2021"]]; const _ = ',
    )
    assert node(program, tmp_path) == [18629, 18659, "bad"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("plain", r'const labels = \["(\w+)", "(\w+)"', r'const labels = ["\2", "\1"'),
        ("plain", r'name: "rooms"', 'name: "Rooms"'),
        ("plain", r'trues: \["(\w+)"', 'trues: ["oui"'),
        ("plain", r"\|N/A\|", "|"),
        ("plain", r"\|n\.a\.\|", "|"),
        ("plain", r"low: -?[\d.]+", "low: -1e6"),
        ("iris", r'names: \["', 'names: ["b'),
    ],
)
def test_changed_facts_are_noticed(name: str, old: str, new: str, tmp_path: Path) -> None:
    """Labels and their order, names of columns and outputs, and words that cells are read by: by the checksum."""
    text = write(zoo(name)[0], tmp_path).read_text(encoding="utf-8")
    changed, count = re.subn(old, new, text, count=1)
    assert count == 1
    assert failures(changed.encode(), tmp_path) == 1


def test_plain_numbers_must_be_numbers(tmp_path: Path) -> None:
    """An empty text is no zero, and nothing is missing in a model that has no such rows."""
    plan, _ = zoo("iris")
    write(plan, tmp_path)
    program = """
const m = require("./model.js");
const tried = (row) => { try { return m.predict(row).label; } catch (error) { return error.message; } };
const rows = [["1", 2, 3, "4e0"], ["", 1, 2, 3], ["1,5", 1, 2, 3], [NaN, 1, 2, 3], [null, 1, 2, 3], [[], 1, 2, 3], {x1: 1},
  [Infinity, 1, 2, 3], ["0x10", 1, 2, 3], ["1e999", 1, 2, 3], [[5], 1, 2, 3], [5n, 1, 2, 3]];
console.log(JSON.stringify([rows.map(tried), tried({x1: 1, x2: 2, x3: 3, x4: 4}) === tried([1, 2, 3, 4]),
  tried(Float32Array.from([1, 2, 3, 4])) === tried([1, 2, 3, 4])]));
"""
    found, by_name, typed = node(program, tmp_path)
    assert found[0] in (0, 1, 2)
    assert found[1:4] == [
        'x1 is ""; it must be a number.',
        'x1 is "1,5"; it must be a number.',
        'x1 is "NaN"; it must be a number.',
    ]
    assert all(isinstance(message, str) for message in found[4:])
    assert (by_name, typed) == (True, True)


def test_numbers_as_categories_are_written_as_in_python(tmp_path: Path) -> None:
    """1, 1.0 and "1" are one category, and small numbers have Python's exponents."""
    categories = ("1", "1.5", "1e-07", "1e-05", "0.0001", "100000000000000000000", "True", "-3")
    x = Value("x", (1,))
    table = np.arange(10.0)[:, None]
    steps = (Lookup(x, 0, categories, table),)
    plan = Plan(
        "codes",
        (Field("c", "category", Form("category"), categories=categories),),
        (),
        steps,
        x,
        x,
        Answer("numbers", ("y",)),
    )
    write(plan, tmp_path)
    cells = '[1, 1.0, "1", 1.5, 1e-7, 1e-5, 1e-4, 1e20, true, -3, "NA", "", null, "1.0", undefined]'
    found = node(
        f"const m = require('./model.js'); console.log(JSON.stringify({cells}.map((c) => m.outputs([c])[0])))", tmp_path
    )
    assert found == [2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 1, 0]


# ---- steps and answers -----------------------------------------------------------------------------------------------


def test_column_steps_at_their_limits(tmp_path: Path) -> None:
    """Ranks with ties and beyond the ends, waves of negative times, flags, and missing cells in all of them."""
    form = Form("number")
    edges = np.array([-1e300, -5.0, 0.0, 0.0, 0.0, 1e-300, 2.0, 2.0, 1e300])
    parts = (Value("r", (1,)), Value("w", (2,)), Value("f", (1,)), Value("s", (1,)))
    x = Value("x", (5,))
    steps = (
        Rank(parts[0], 0, 0.5, edges),
        Wave(parts[1], 0, 7.0, np.array([0.1, -0.2]), np.array([0.5, 2.0]), 3.0),
        Flag(parts[2], 0, -0.5, 1.5),
        Scaled(parts[3], 0, 1.0, 0.1, 0.3, 3.0),
        Join(x, parts),
    )
    plan = Plan("limits", (Field("a", "number", form, -1.0, 1.0),), (), steps, x, x, Answer("numbers", tuple("vwxyz")))
    cells = np.array([np.nan, -1e301, -1e300, -7.0, -5.0, -0.0, 0.0, 5e-301, 1e-300, 1.0, 2.0, 3.0, 1e300, 1e305])
    run = js_file.run_file(write(plan, tmp_path), plan, {"a": cells})
    assert error_of(run, plan, {"a": cells}) < 1e-7  # features are rounded to single precision
    assert (run.outputs != interpret(plan, {"a": cells})).sum() <= 2


def test_vectors_of_every_shape_are_broadcast(tmp_path: Path) -> None:
    """Along any axes of the value."""
    rng = np.random.default_rng(0)
    out = Value("y", (2, 3, 4))
    shapes = {
        "a": (1, 1, 4),
        "b": (2, 1, 1),
        "c": (1, 3, 1),
        "d": (2, 1, 4),
        "e": (2, 3, 1),
        "f": (2, 3, 4),
        "g": (1, 1, 1),
    }
    vectors = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    step = Map(out, Value("x", (1, 3, 4)), "a + 2 * b + c * Z + d**2 * e - f / (2 + abs(g))", {}, vectors)
    plan = Plan(
        "broadcast", (), (), (step,), Value("x", (12,)), out, Answer("numbers", tuple(f"y{i}" for i in range(24)))
    )
    rows = rng.standard_normal((5, 12))
    run = js_file.run_file(write(plan, tmp_path), plan, rows)
    assert error_of(run, plan, rows) < 1e-14


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("name", ["two_classes", "tabm"])
def test_small_and_large_weights_keep_their_digits(name: str, size: float, tmp_path: Path) -> None:
    """A scaler folded into the weights makes them tiny: no digit is cut, and two classes come in their order."""
    plan, rows = zoo(name)
    steps = list(plan.steps)
    place = next(i for i, step in enumerate(steps) if isinstance(step, Affine))
    steps[place] = replace(steps[place], W=steps[place].W * np.float32(size))
    scaled = replace(plan, steps=tuple(steps))
    rows = rows / size
    run = js_file.run_file(write(scaled, tmp_path), scaled, rows)
    assert (run.failures, error_of(run, scaled, rows) < 1e-9) == (0, True)
    assert np.array_equal(run.outputs.argmax(axis=1), interpret(scaled, rows).argmax(axis=1))


def test_answers_say_what_was_predicted(tmp_path: Path) -> None:
    """A label with probabilities, several labels, one number, several, or quantiles."""
    found = {}
    for name in ("mlp two", "labels", "mlp number", "mlp numbers", "quantiles"):
        plan, rows = zoo(name)
        write(plan, tmp_path)
        assert isinstance(rows, np.ndarray)
        program = f"console.log(JSON.stringify(require('./model.js').predict({rows[0].tolist()})))"
        found[name] = (node(program, tmp_path), interpret(plan, rows[:1])[0], plan.answer)
    said, y, answer = found["mlp two"]
    assert said["label"] == answer.labels[int(y.argmax())]
    assert list(said["probabilities"].values()) == pytest.approx(y.tolist(), rel=1e-12)
    said, y, answer = found["labels"]
    assert said["labels"] == [label for label, share in zip(answer.labels, y, strict=True) if share > 0.5]
    assert found["mlp number"][0]["number"] == pytest.approx(found["mlp number"][1][0], rel=1e-12)
    assert list(found["mlp numbers"][0]["numbers"].values()) == pytest.approx(
        found["mlp numbers"][1].tolist(), rel=1e-12
    )
    said, y, answer = found["quantiles"]
    assert said["number"] == pytest.approx(y[list(answer.middle)].mean(), rel=1e-12)
    assert said["quantiles"] == pytest.approx(
        {f"{level:g}": value for level, value in zip(answer.levels, y, strict=True)}
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\u2028</script>", '"a\\u2028\\u003c/script>"'),
        ("\u202eevil", '"\\u202eevil"'),
        (True, "true"),
        (2**53, '"9007199254740992"'),
        (np.float64(3.0), "3"),
        (np.float32(0.1), "0.10000000149011612"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_literals(value: Any, text: str) -> None:
    """Every value as a literal that is itself again in JavaScript."""
    assert js_value(value) == text


def test_names_of_values_hide_no_function() -> None:
    """A layer or column may be called like any function of the script."""
    text = js_file.print_plan(*_everything(), Options())[".js"].decode()
    used = set(re.findall(r"^(?:function|const) (\w+)", text, re.MULTILINE))
    parts = resources.files("glassnet.exports.targets.js_target") / "parts"
    for part in parts.iterdir():
        used |= set(re.findall(r"^(?:function|const) (\w+)", part.read_text(encoding="utf-8"), re.MULTILINE))
    used -= {
        name for name in used if re.fullmatch(r"h\d+|map_\d+|\w+_(?:w|b|table|places|categories|values|edges)", name)
    }
    names = {name for name in used if name == name.lower()}
    assert names <= OWN_NAMES | {"model"}


def _everything() -> tuple[Plan, Proof]:
    plan, _ = zoo("plain")
    return plan, proof_of(plan)


def test_refusals_and_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a script cannot hold, and why it was not run."""
    plan, rows = zoo("iris")
    assert js_file.refusal(plan, Options()) == ""
    assert "int8" in js_file.refusal(plan, Options(dtype="int8"))
    path = write(plan, tmp_path)
    path.write_text("throw new Error('broken')")
    run = js_file.run_file(path, plan, rows)
    assert (run.failures, "broken" in run.notes["error"]) == (1, True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CannotRun, match="node is not installed"):
        js_file.run_file(path, plan, rows)


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return TypeScript's compiler."""
    folder = tmp_path_factory.mktemp("typescript")
    done = subprocess.run(["npm", "install", "--no-audit", "typescript"], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("TypeScript cannot be installed here")
    return folder / "node_modules" / ".bin" / "tsc"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".js", ".mjs"])
@pytest.mark.parametrize(
    "name", ["iris", "labels", "tabm", "plain", "plain numbers", "realmlp quantiles", "yes or no", "hostile"]
)
def test_types_hold(name: str, suffix: str, compiler: Path, tmp_path: Path) -> None:
    """The types in the comments are those of the code, by TypeScript's strict rules."""
    path = write(zoo(name)[0], tmp_path, suffix)
    options = ["--allowJs", "--checkJs", "--strict", "--noEmit", "--target", "es2022", "--lib", "es2022,dom"]
    done = subprocess.run([str(compiler), *options, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@needs_node
def test_a_declared_mark_is_no_new_category(tmp_path: Path) -> None:
    """A word that stands for a missing cell is not said to be unknown, and answers as a missing one."""
    table = {"size": [1.0, 2.0, 3.0, 4.0] * 6, "code": ["a", "b", "??", "a"] * 6}
    model = TabularRegressor("small", epochs=1, random_state=0, missing=["??"]).fit(table, np.arange(24.0))
    path = tmp_path / "m.js"
    gn.export(model, path, check=False)
    rows = '[{size: 1, code: "??"}, {size: 1, code: null}, {size: 1, code: "new"}]'
    script = f"const m = require({str(path)!r}); console.log(JSON.stringify(m.predictMany({rows})))"
    found = json.loads(subprocess.run(["node", "-e", script], capture_output=True, check=True).stdout)
    assert found[0]["number"] == found[1]["number"]
    assert [bool(one["warnings"]) for one in found] == [False, False, True]


COLUMNS_WITH_GAPS: dict[str, tuple[str, str]] = {
    "own words": ("ja", "nein"),
    "true and false": ("true", "false"),
    "numbers": ("0", "1"),
    "a unit": ("1.50 €", "2.25 €"),
    "dates": ("2024-01-31", "2024-05-02"),
    "times": ("08:30", "21:15"),
}


@needs_node
@pytest.mark.parametrize("marks", [["-999"], ["-999", "9999"]], ids=" ".join)
@pytest.mark.parametrize("kind", COLUMNS_WITH_GAPS)
def test_a_number_for_no_value_is_one_in_columns_of_every_kind(kind: str, marks: list[str], tmp_path: Path) -> None:
    """Where numbers mean "no value", the file passes its self-test, and takes them as numbers and as text."""
    words = COLUMNS_WITH_GAPS[kind]
    cells = [marks[i % len(marks)] if i % 5 == 3 else words[i % 7 < 3] for i in range(40)]
    table = {"size": [float(i % 9) for i in range(40)], "flag": cells}
    model = TabularRegressor("small", epochs=1, random_state=0, missing=marks)
    model.fit(table, np.arange(40.0))
    for name in ("m.js", "m.html"):
        assert gn.export(model, tmp_path / name).failures == 0
    rows = json.dumps(
        [{"size": 1, "flag": None}] + [{"size": 1, "flag": f(mark)} for mark in marks for f in (str, int)]
    )
    found = node(f"console.log(JSON.stringify(require('./m.js').predictMany({rows})))", tmp_path)
    gaps = found[:1] if kind == "dates" else found  # a number among dates is a day
    assert len({one["number"] for one in gaps}) == 1


def test_failures_are_counted_in_english(tmp_path: Path) -> None:
    """One failure has no plural."""
    plan, rows = zoo("plain")
    path = write(plan, tmp_path)
    path.write_text("throw new Error('broken')")
    target = TARGETS["js"]
    with pytest.raises(gn.DataError, match=r"the self-test of 'model\.js' has 1 failure in node; it must pass"):
        measure(target, plan, proof_of(plan, rows), [path], rows, interpret(plan, rows), exact=True)
