"""What an exported C file proves: every changed constant is noticed, every missing cell seen, every program compiles."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from c_programs import STRICT, Subject, build, exit_code, outputs_of, proof_of, subject, text_of
from export_tables import quietly, table_model
from glassnet.exports.lowering.lowering import lower
from glassnet.exports.plan import Answer, Constant, Field, Flag, Join, Lookup, Plan, Rank, Scaled, Value, Wave
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.target import Options
from glassnet.tabular.reading.form import Form

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


# ---- every constant --------------------------------------------------------------------------------------------------

_FLIPS = r"""
#include <stdio.h>
#define UPPER_IMPLEMENTATION
#include "m.h"

static long tried, unnoticed;

static void look(const char *what, long place)
{
    tried++;
    if (prefix_selftest() == 0) {
        printf("%s[%ld]\n", what, place);
        unnoticed++;
    }
}

/* Flips the lowest and the highest bit of each number. */
static void numbers(const char *what, void *table, size_t size, long n)
{
    unsigned char *bytes = (unsigned char *)table;

    for (long i = 0; i < n; i++) {
        bytes[i * (long)size] ^= 1;
        look(what, i);
        bytes[i * (long)size] ^= 1;
        bytes[(i + 1) * (long)size - 1] ^= 0x80;
        look(what, i);
        bytes[(i + 1) * (long)size - 1] ^= 0x80;
    }
}

/* Changes the first and the last character of each text, cuts the last off, and changes the order. */
static void texts(const char *what, const char **table, long n)
{
    for (long i = 0; i < n; i++) {
        const char *kept = table[i];
        char other[2000] = "";
        size_t size = strlen(kept);

        strncpy(other, kept, 1999);
        table[i] = other;
        if (size > 0) {
            other[0] ^= 1;
            look(what, i);
            other[0] ^= 1;
            other[size - 1] ^= 1;
            look(what, i);
            other[size - 1] = '\0';
        } else {
            other[0] = 'x';
        }
        look(what, i);
        table[i] = kept;
        if (i > 0) {
            table[i] = table[i - 1];
            table[i - 1] = kept;
            look(what, i);
            table[i - 1] = table[i];
            table[i] = kept;
        }
    }
}

int main(void)
{
    long first = (long)prefix_selftest();

CALLS    printf("%ld %ld %ld %ld\n", first, (long)prefix_selftest(), tried, unnoticed);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("name", "dtype", "least"),
    [
        ("table: plain", "float32", 3000),
        ("table: plain numbers", "int8", 1000),
        ("table: yes or no", "float32", 100),
        ("table: hostile", "float32", 100),
    ],
)
def test_every_constant_in_tables(name: str, dtype: str, least: int, tmp_path: Path) -> None:
    """Each number in which a bit is flipped, each text of which a character is changed, and each order is a failure."""
    one = subject(name)
    one = Subject(one.plan, _first(one.rows, 2), one.wanted[:2])
    calibration = subject(name).rows
    text = text_of(one, dtype, calibration=calibration).split("#ifdef")[0:]
    text = "#ifdef".join(text).replace("static const ", "static ").replace("char *const ", "char *")
    tables = re.findall(r"^static (float|double|int8_t|int32_t) (\w+)\[(\d+)\] GN_CONST", text, flags=re.MULTILINE)
    lists = re.findall(r"^static char \*(\w+)\[(\w+)\]", text, flags=re.MULTILINE)
    text = re.sub(r"^static char \*", "static const char *", text, flags=re.MULTILINE)
    lists = [(table, n) for table, n in lists if re.search(r"(keys|labels)\w*$", table)]
    calls = [f'    numbers("{table}", {table}, sizeof({kind}), {n});\n' for kind, table, n in tables]
    calls += [f'    texts("{table}", {table}, {n});\n' for table, n in lists]
    driver = _FLIPS.replace("CALLS", "".join(calls)).replace("prefix", one.prefix).replace("UPPER", one.prefix.upper())
    printed = exit_code(build(tmp_path, {"m.h": text, "all.c": driver}, ["-w", "-O1"]))[1].splitlines()
    first, last, tried, unnoticed = map(int, printed[-1].split())
    assert (first, last, unnoticed) == (0, 0, 0), printed[:20]
    assert tried > least
    assert lists


def _first(rows: Any, n: int) -> Any:
    return {key: cells[:n] for key, cells in rows.items()} if isinstance(rows, dict) else rows[:n]


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", ["table: plain", "table: plain numbers", "table: hostile", "realmlp", "bent"])
def test_no_constant_stands_elsewhere(name: str, dtype: str) -> None:
    """The code that reads rows and calls layers has places and sizes in it, and all other numbers from the tables."""
    code = re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', "TEXT", text_of(subject(name), dtype), flags=re.DOTALL)
    functions = re.findall(r"^(?:static )?void \w+_(?:encode|forward)\w*\([^;{}]*\)\n\{\n(.*?)^\}", code, re.M | re.S)
    assert functions
    for body in functions:
        assert not re.findall(r"\d\.\d*|\d[eE][-+]?\d|TEXT\"", body)


# ---- every literal ---------------------------------------------------------------------------------------------------


def _value(name: str, width: int = 1) -> Value:
    return Value(name, (width,))


FIELDS = (
    Field("age", "number", Form("number", decimal=",", unit="kg", missing=("-999",)), 0.0, 1e2, 40.5, 10.25, (-999.0,)),
    Field("city", "category", Form("category"), categories=("Rome", "Paris")),
    Field("when", "date", Form("date", order="dmy", example="31.12.2024"), 18000.0, 20000.0, 19000.0, 100.0),
    Field("ok", "boolean", Form("boolean", words=("nein", "ja")), 0.0, 1.0, 0.5, 0.5),
    Field("wait", "number", Form("number"), 0.0, 9.0, 4.0, 2.0, (99.1, -1.0)),
)
STEPS = (
    Scaled(_value("age"), 0, 40.125, 39.5, 10.25, 3.0),
    Flag(_value("gap"), 0, 0.25, 0.75),
    Lookup(_value("city"), 1, FIELDS[1].categories, np.array([[0.5], [-1.5], [1.25], [2.75]])),
    Scaled(_value("day"), 2, 19000.5, 18999.0, 123.25),
    Wave(_value("year", 2), 2, 365.2425, np.array([0.125, -0.25]), np.array([0.7, 0.71]), 2.5),
    Flag(_value("no ok"), 3, 0.25, 0.75),
    Rank(_value("wait"), 4, 3.75, np.array([0.0, 1.0, 2.5, 4.0, 9.0])),
    Flag(_value("no wait"), 4, 0.0, 1.0),
    Constant(_value("bias"), np.array([1.5])),
    Join(_value("x", 10), (*map(_value, ("age", "gap", "city", "day")), _value("year", 2),
                           *map(_value, ("no ok", "wait", "no wait", "bias")))),
)  # fmt: skip
PLAN = Plan(
    "shows",
    FIELDS,
    (),
    STEPS,
    _value("x", 10),
    _value("x", 10),
    Answer("classes", tuple("ABCDEFGHIJ"), tuple("ABCDEFGHIJ")),
)
"""A model that returns what it has read, with every column step."""


def _source(plan: Plan) -> str:
    rows = made_up_rows(plan, 50)
    return c_file.print_plan(plan, prove(plan, interpret(plan, rows), rows, np.float32), Options())[".c"].decode()


def _mutants(text: str) -> list[tuple[str, str]]:
    """Return what is changed and the text for each literal of the data of a file: digits of numbers, letters of texts."""
    found = []
    for block in re.finditer(r"^static const (?!\w+ \w+_test_)[^;=]*= \{\n.*?^\};", text, re.MULTILINE | re.DOTALL):
        if re.search(r"gone|words", block.group().split("\n")[0]):  # long lists: one of each below
            continue
        for literal in re.finditer(
            r'"(?:\\.|[^"\\])+"|(?<!\w)\d[\d.]*(?:e[-+]\d+)?', block.group()[block.group().index("{") :]
        ):
            digits = literal.group()
            inner = re.search(r"[A-Za-z]|\d(?=[^\d]*$)", digits)
            if inner is None:
                continue
            start = block.start() + block.group().index("{") + literal.start() + inner.start()
            old = text[start]
            new = chr(ord(old) ^ 1) if old.isdigit() or old not in "zZ@" else "q"
            found.append((f"{block.group().splitlines()[0]} {digits}", text[:start] + new + text[start + 1 :]))
    return found


def test_every_literal_of_a_file(tmp_path: Path) -> None:
    """A digit or a letter changed anywhere in the data, a table's or the program's, is a failure of the self-test."""
    text = _source(PLAN)
    mutants = _mutants(text)
    assert len(mutants) > 60
    for words in ("gone_numbers", "gone", "words_3"):
        changed = re.sub(rf'(shows_{words}\[\d+\] = \{{\n\s*"[^"]*", ")', r"\1x", text)
        assert changed != text
        mutants.append((words, changed))
    order = text.replace('"A", "B"', '"B", "A"')
    assert order.count('"B", "A"') >= 2
    mutants += [("order", order), ("mark", text.replace("'n', ',',", "'n', '.',"))]
    rng = np.random.default_rng(0)
    chosen = [*rng.choice(len(mutants) - 5, 5, replace=False), *range(len(mutants) - 5, len(mutants))]
    assert _failures(tmp_path, text) == 0
    unnoticed = [mutants[i][0] for i in chosen if _failures(tmp_path, mutants[i][1]) == 0]
    assert not unnoticed


@pytest.mark.slow
def test_every_literal_of_a_file_without_choice(tmp_path: Path) -> None:
    """All of them."""
    assert not [what for what, changed in _mutants(_source(PLAN)) if _failures(tmp_path, changed) == 0]


def _failures(folder: Path, text: str) -> int:
    program = build(folder, {"m.c": text}, ["-std=c99", "-O0", "-w", "-DSHOWS_MAIN"])
    return int(exit_code(program, "--selftest")[1].split()[1])


# ---- missing and far numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [["-std=c99", "-O2", *STRICT], ["-std=c99", "-O3", "-ffast-math"]])
def test_missing_and_far_numbers(flags: list[str], tmp_path: Path) -> None:
    """Infinite numbers and declared codes are missing, and far numbers are as far as features may be."""
    cells = [np.nan, np.inf, -np.inf, -999.0, -998.0, -1.0, 99.1, 0.0, -0.0, 1e30, -1e30, 3e38, -3e38, 5.0, 1e-30]
    n = len(cells)
    rows = {
        "age": np.array(cells),
        "city": np.array(["Rome", "", "Paris"] * 5, dtype=object),
        "when": np.array([*cells[1:], 1e300]),
        "ok": np.array([np.nan, 0.0, np.inf] * 5),
        "wait": np.array([*cells[2:], 1e308, -1e308]),
    }
    plain = replace(STEPS[0], out=_value("plain"), bound=None, unit=1e-3)
    steps = (*STEPS[:-1], plain, Join(_value("x", 11), (*STEPS[-1].parts, plain.out)))
    plan = Plan("far", FIELDS, (), steps, _value("x", 11), _value("x", 11), Answer("numbers", tuple("abcdefghijk")))
    wanted = interpret(plan, rows)
    one = Subject(plan, rows, wanted)
    text = c_file.print_plan(plan, proof_of(one), Options())[".h"].decode()
    outputs, failures = outputs_of(tmp_path, {"one": (one, text)}, flags)
    assert wanted.shape == (n, 11)
    assert np.max(np.abs(outputs["one"] - wanted) / np.maximum(1.0, np.abs(wanted))) < 1e-5
    assert failures["one"] == 0


# ---- programs of every kind ------------------------------------------------------------------------------------------


def _kinds() -> dict[str, Any]:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("sklearn")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from glassnet.sklearn import MLPClassifier

    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 3))
    y = np.where(X[:, 0] > 0, "yes", "no")
    frame = pd.DataFrame(X, columns=["a", "the b", 'c"d'])
    mlp = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
    texts = {"town": ["Rome", "Paris", "Bonn"] * 20, "side": ["left", "right"] * 30}
    mixed = {**texts, "size": X[:, 0].tolist(), "old": [True, False] * 30}
    return {
        "table": table_model(mixed, y.tolist(), seed=0),
        "texts": table_model(texts, y.tolist(), seed=0),
        "numbers": quietly(MLPClassifier(**mlp), X, y),
        "names": quietly(MLPClassifier(**mlp), frame, y),
        "pipe": quietly(make_pipeline(StandardScaler(), MLPClassifier(**mlp)), frame, y),
        "network": gn.Network([gn.Dense(4, "relu"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,)),
    }


def test_programs_of_every_kind(tmp_path: Path) -> None:
    """Models of tables, of texts only, of numbers with names and without, and pipelines compile and predict a CSV."""
    table = "town,side,size,old\nRome,left,0.5,yes\n"
    named = 'a,the b,"c""d"\n1,2,3\n'
    inputs = {"table": table, "texts": table, "numbers": "p,q,r\n1,2,3\n", "names": named, "pipe": named}
    for kind, model in _kinds().items():
        plan = lower(model, kind)
        program = build(tmp_path, {"m.c": _source(plan)}, ["-std=c99", "-O0", *STRICT, f"-D{kind.upper()}_MAIN"])
        assert exit_code(program, "--selftest")[:2] == (0, "self-test: 0 failures\n"), kind
        code, printed, said = exit_code(program, stdin=inputs.get(kind, "p,q,r\n1,2,3\n"))
        assert (code, said, printed.count("\n")) == (0, "", 2), kind


# ---- what the file says ----------------------------------------------------------------------------------------------


def test_the_header_tells_how_to_use_the_file(tmp_path: Path) -> None:
    """A source is compiled by itself, a header included; a source and a header of one model make a program."""
    one = subject("iris")
    source, header = text_of(one, suffix=".c"), text_of(one)
    assert "Compile this file as it is, once in a program" in source.split("*/")[0]
    assert "IRIS_IMPLEMENTATION" not in source.split("*/")[0]
    assert "define IRIS_IMPLEMENTATION before it in one file only" in " ".join(header.split("*/")[0].split())
    user = '#include "iris.h"\n#include "iris.h"\nint main(void)\n{\n    return (int)iris_selftest();\n}\n'
    program = build(tmp_path, {"iris.c": source, "iris.h": header, "user.c": user}, ["-std=c99", *STRICT])
    assert exit_code(program)[0] == 0


def test_a_report_on_integers_says_what_they_change(tmp_path: Path) -> None:
    """Beside the worst error stands how many decisions are as in float, and on whose rows."""
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=(4,))
    X = np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32)
    given = gn.export(net, tmp_path / "a.c", dtype="int8", data=X)
    assert re.search(r"int8 +\d+\.\d\d% of the decisions are those of float on 300 given rows", given.table())
    made_up = gn.export(net, tmp_path / "b.c", dtype="int8")
    assert re.search(r"on 1,000 made-up rows", made_up.notes["int8"])
    assert not gn.export(net, tmp_path / "c.c").notes


def test_the_tolerance_is_that_of_the_proof() -> None:
    """Where outputs are small differences of large numbers, the proof says how much single precision loses."""
    one = subject("iris")
    text = c_file.print_plan(one.plan, replace(proof_of(one), tolerance=3e-4), Options())[".h"].decode()
    assert "<= 0.000300000014f * size" in text


def test_words_of_templates_in_texts(tmp_path: Path) -> None:
    """Columns, labels and categories that hold words of the printer's own are printed as they are."""
    words = ("my NAME", "INPUTS x", "the KIND of OUTPUTS", "UPPER_H", "#NAME?", "it's a \"NAME\" 'NAME'")
    frame = {words[0]: [words[i % 6] for i in range(60)], words[1]: np.arange(60.0).tolist()}
    plan = lower(table_model(frame, [words[1 + i % 3] for i in range(60)], seed=0), "m")
    text = _source(plan)
    for word in words[:5]:
        assert f'"{word}"'.replace("?", "\\?") in text
    program = build(tmp_path, {"m.c": text}, ["-std=c99", "-O0", *STRICT, "-DM_MAIN"])
    assert exit_code(program, "--selftest")[0] == 0
    rows = made_up_rows(plan, 20)
    assert c_file.run_file(tmp_path / "m.c", plan, rows).failures == 0
