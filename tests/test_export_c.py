"""Exported C: every model computes what it predicts, in float32 and in integers, and proves it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from c_programs import STRICT, Subject, as_csv, build, exit_code, outputs_of, proof_of, subject, text_of
from export_models import ENSEMBLES, NETWORKS
from glassnet.exports.lowering.lowering import lower
from glassnet.exports.plan import Answer, Field, Join, Plan, Rank, Value
from glassnet.exports.proof import made_up_rows, prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.c_target import c_file
from glassnet.exports.targets.c_target.literals import double_literal, float_literal, string_literal
from glassnet.exports.targets.c_target.quantisation import calibration_rows, quantise, simulate
from glassnet.exports.targets.target import Options
from glassnet.tabular.encoding.robust_scaling import NormalScale
from glassnet.tabular.reading.form import Form

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

TABLES = [
    f"table: {name}"
    for name in (
        "plain", "plain numbers", "far target", "yes or no", "nothing to learn", "hostile", "mlp two softmax",
        "mlp labels", "mlp many quantiles", "pipe filled late", "pipe log target",
    )
]  # fmt: skip
NAMES = [*NETWORKS, *ENSEMBLES, *TABLES]
BOUND, BLUR = (
    5e-6,
    8.0,
)  # of the error, relative to max(1, |y|); of it in errors of NumPy in float32 where these are more


@pytest.fixture(scope="module")
def floats(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the outputs and failures of all models in one program."""
    subjects = {name: (subject(name), text_of(subject(name))) for name in NAMES}
    return outputs_of(tmp_path_factory.mktemp("float"), subjects, ["-std=c99", "-O0", *STRICT])


@pytest.fixture(scope="module")
def integers(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the same of all models in integers."""
    subjects = {name: (subject(name), text_of(subject(name), "int8")) for name in NAMES}
    return outputs_of(tmp_path_factory.mktemp("int8"), subjects, ["-std=c99", "-O0", *STRICT])


def _far(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.max(np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))))


@pytest.mark.parametrize("name", NAMES)
def test_float(name: str, floats: tuple[dict[str, np.ndarray], dict[str, int]]) -> None:
    """Outputs are the model's but for the rounding of float32, decisions are equal away from ties, the self-test passes."""
    outputs, failures = floats
    one = subject(name)
    blur = _far(interpret(one.plan, one.rows, np.float32), one.wanted)
    assert failures[name] == 0
    assert _far(outputs[name], one.wanted) <= max(BOUND, BLUR * blur)
    assert _decisions(one.plan, outputs[name], one.wanted)


def _decisions(plan: Plan, found: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether decisions are equal where the best two outputs differ by 1e-5 or more."""
    if plan.answer.kind != "classes":
        return True
    best = np.sort(wanted, axis=1)[:, -2:]
    sure = best[:, 1] - best[:, 0] > 1e-5
    return bool((found.argmax(axis=1) == wanted.argmax(axis=1))[sure].all())


@pytest.mark.parametrize("name", NAMES)
def test_integers(name: str, integers: tuple[dict[str, np.ndarray], dict[str, int]]) -> None:
    """In integers outputs are those of the simulation, whose codes are the same: one that differs moves them by 1e-4."""
    outputs, failures = integers
    one = subject(name)
    rows = calibration_rows(one.plan, one.rows)
    expected = simulate(one.plan, quantise(one.plan, rows), one.rows)
    blur = _far(interpret(one.plan, one.rows, np.float32), interpret(one.plan, one.rows))
    assert failures[name] == 0
    assert _far(outputs[name], expected) <= max(1e-6, BLUR * blur)
    if name in ("linear", "smooth", "bent"):  # nothing in float comes after the last layer
        assert np.array_equal(outputs[name].astype(np.float32), expected.astype(np.float32))


def test_integers_keep_decisions(integers: tuple[dict[str, np.ndarray], dict[str, int]]) -> None:
    """Where integers decide differently from float, the best two outputs are near each other."""
    for name in NETWORKS:
        one = subject(name)
        if one.plan.answer.kind == "classes":
            best = np.sort(one.wanted, axis=1)[:, -2:]
            same = integers[0][name].argmax(axis=1) == one.wanted.argmax(axis=1)
            assert (best[:, 1] - best[:, 0])[~same].max(initial=0.0) < 0.05, name


# ---- what is in the file ---------------------------------------------------------------------------------------------


def test_numbers_are_exact() -> None:
    """Nine digits give back every float32, and a number is one of C: tiny ones, whole ones, large ones."""
    values = np.array([1.0, -2.0, 0.1, 1e-6, 1.2345678e-38, 1e-45, 3.4e38, 1e6, 16777217.0, 0.0], dtype=np.float32)
    values = np.concatenate([values, np.random.default_rng(0).standard_normal(500).astype(np.float32) * 1e-6])
    for value in values:
        text = float_literal(float(value))
        assert text.endswith("f")
        assert "." in text or "e" in text
        assert np.float32(text[:-1]) == value
    assert double_literal(1.0) == "1.0"
    assert float(double_literal(1.7e9 + 0.1)) == 1.7e9 + 0.1


@pytest.mark.parametrize("text", ["", '"', "\\", "??/", "a\nb", "%s", "é1", "\x01f", "速度", "🙂", "*/", "n" * 500])
def test_texts_are_exact(text: str, tmp_path: Path) -> None:
    """A text of any characters is a literal in ASCII, which reads as the same bytes."""
    literal = string_literal(text)
    assert literal.isascii()
    plain = literal[1:-1].replace("\\?", "?")
    assert plain.encode().decode("unicode_escape").encode("latin-1").decode() == text


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_weights_of_any_size(scale: float, tmp_path: Path) -> None:
    """Weights of 1e-6 on inputs of 1e6 and the other way round keep their digits."""
    net = gn.Network([gn.Dense(6, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(5,))
    net.layers[0].W *= scale
    rows = np.random.default_rng(1).standard_normal((40, 5)).astype(np.float32).astype(np.float64) / scale
    plan = lower(net, "scaled")
    one = Subject(plan, rows, np.asarray(net.astype("float64").predict(rows)))
    outputs, failures = outputs_of(tmp_path, {"one": (one, text_of(one))}, ["-std=c99", *STRICT])
    assert failures["one"] == 0
    assert _far(outputs["one"], one.wanted) < 1e-6


def test_bytes_are_the_same() -> None:
    """Equal models give equal bytes, and the source is the header with one definition in front."""
    one = subject("realmlp")
    first, second = text_of(one, "int8"), text_of(one, "int8")
    assert first == second
    source, header = (text_of(one, suffix=suffix).split(" */\n", 1)[1] for suffix in (".c", ".h"))
    assert source.split("\n", 3)[3] == header
    assert first.isascii()


@pytest.mark.parametrize("name", ["realmlp", "population", "table: plain", "table: hostile"])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_manner(name: str, dtype: str) -> None:
    """No allocation, no recursion, no jump, no union, no function of more than 40 lines."""
    text = text_of(subject(name), dtype, ".c")
    code = re.sub(r"""/\*.*?\*/|'(?:\\.|[^'\\])+'|"(?:\\.|[^"\\])*\"""", "", text, flags=re.DOTALL)
    assert not re.search(r"\b(malloc|calloc|realloc|free|alloca|goto|union|va_list)\b", code)
    functions = re.findall(
        r"^(?:static )?[a-z][\w *]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", code, flags=re.DOTALL | re.MULTILINE
    )
    assert len(functions) > 10
    for function, body in functions:
        assert body.count("\n") + 3 <= 40, function
        assert not re.search(rf"\b{function}\(", body), f"{function} calls itself"


def test_symbols(tmp_path: Path) -> None:
    """All that others see are the five functions under the model's name, and nothing is written outside of the stack."""
    (tmp_path / "m.c").write_text(text_of(subject("table: plain"), suffix=".c"))
    subprocess.run(["gcc", "-c", "m.c", "-o", "m.o"], cwd=tmp_path, check=True)
    listed = subprocess.run(["nm", "m.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    kinds = [line.split()[-2:] for line in listed.splitlines()]
    seen = sorted(name for kind, name in kinds if kind == "T")
    assert seen == [f"table_plain_{name}" for name in ("encode", "forward", "label", "predict", "selftest")]
    assert not [name for kind, name in kinds if kind.lower() in ("b", "c")]
    assert not [
        name
        for kind, name in kinds
        if kind in ("D", "d") and not re.search("keys|labels|test_rows|layer|columns", name)
    ]


def test_header_says_what_it_is() -> None:
    """The header has sizes, worst error and digest; in integers also agreement, rounding and whether rows were made up."""
    one = subject("iris", 300)
    head = text_of(one).split("*/")[0]
    for fact in (
        "float32",
        "bytes of buffers on the stack",
        "Worst error",
        "on 300 rows",
        "SHA-256",
        "IRIS_IMPLEMENTATION",
    ):
        assert fact in head
    head = text_of(one, "int8").split("*/")[0]
    assert re.search(r"int8: (9\d\.\d\d|100\.00)% of the decisions are those of float on 300 given rows", head)
    assert "nearest with halves away from zero" in head
    made_up = c_file.print_plan(one.plan, proof_of(one), Options(dtype="int8"))[".c"].decode()
    assert "on 1,000 made-up rows" in made_up


# ---- it proves itself ------------------------------------------------------------------------------------------------

_FLIPS = """
#include <stdio.h>
#define PREFIX_IMPLEMENTATION
#include "m.h"

int main(void)
{
    printf("%ld\\n", (long)prefix_selftest());
CHANGES    printf("%ld\\n", (long)prefix_selftest());
    return 0;
}
"""


@pytest.mark.parametrize(
    ("name", "dtype"), [("realmlp", "float32"), ("realmlp", "int8"), ("table: plain numbers", "float32")]
)
def test_every_changed_weight_is_noticed(name: str, dtype: str, tmp_path: Path) -> None:
    """One number changed in its last bits, of 50 in all tables, is a failure each; set back, there is none."""
    text = text_of(subject(name), dtype).replace("static const", "static")
    tables = re.findall(r"^static (float|double|int8_t|int32_t) (\w+)\[(\d+)\] GN_CONST", text, flags=re.MULTILINE)
    rng = np.random.default_rng(0)
    changes = []
    for kind, table, size in [tables[i % len(tables)] for i in range(50)]:
        place = f"{table}[{rng.integers(int(size))}]"
        other = f"{place} + 1" if kind.startswith("int") else f"{place} * 1.000001f + 1e-30f"
        changes.append(
            f"    {{ {kind} kept = {place}; {place} = ({kind})({other});\n"
            f'    printf("%ld\\n", (long)prefix_selftest()); {place} = kept; }}\n'
        )
    prefix = subject(name).prefix
    driver = _FLIPS.replace("CHANGES", "".join(changes)).replace("prefix", prefix).replace("PREFIX", prefix.upper())
    found = [int(line) for line in exit_code(build(tmp_path, {"m.h": text, "all.c": driver}, ["-w"]))[1].split()]
    assert len(tables) > 3
    assert found[0] == found[-1] == 0
    assert all(found[1:-1]), found


_THREADS = """
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "one.h"
#include "two.h"

static void *work(void *wrong)
{
    for (int i = 0; i < 200; i++) {
        *(int *)wrong += (int)(one_selftest() + two_selftest());
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[8];
    int wrong[8] = {0};
    int sum = 0;

    for (int i = 0; i < 8; i++) {
        pthread_create(&threads[i], NULL, work, &wrong[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        sum += wrong[i];
    }
    printf("%d", sum);
    return 0;
}
"""


def test_two_models_in_eight_threads(tmp_path: Path) -> None:
    """Two models, each in a file of its own and a header seen twice, link to a program, and 8 threads call both."""
    first, second = subject("realmlp"), subject("tabm")
    one = Subject(lower(_model("realmlp"), "one"), first.rows, first.wanted)
    two = Subject(lower(_model("tabm"), "two"), second.rows, second.wanted)
    texts = {"one.h": text_of(one), "two.h": text_of(two, "int8"), "all.c": _THREADS}
    texts |= {f"{name}.c": f'#define {name.upper()}_IMPLEMENTATION\n#include "{name}.h"\n' for name in ("one", "two")}
    assert exit_code(build(tmp_path, texts, ["-O1"]))[1] == "0"


def _model(name: str) -> gn.Network:
    from export_models import export_case

    return export_case(name).model


@pytest.mark.parametrize("name", ["table: plain", "table: hostile"])
def test_missing_cells_in_fast_arithmetic(name: str, tmp_path: Path) -> None:
    """Missing numbers are seen where the compiler takes NaN for impossible."""
    one = subject(name)
    _, failures = outputs_of(tmp_path, {"one": (one, text_of(one))}, ["-std=c99", "-O2", "-ffast-math"])
    assert failures["one"] == 0


HOSTILE = [
    "wide names",
    "real upper outputs",
    "*/",
    "</script>",
    '"%s%n"',
    "int",
    "class",
    "速度",
    "a\\",
    "9 lives",
    "n" * 500,
    "__x__",
    "??/",
    "GN",
    "",
]


def test_hostile_model_names(tmp_path: Path) -> None:
    """Models of any name compile, together, as C and as names that neither C nor C++ keeps to itself."""
    net, rows = _model("iris"), subject("iris").rows
    subjects = {}
    taken: set[str] = set()
    for name in HOSTILE:
        one = Subject(lower(net, name), rows, subject("iris").wanted)
        prefix = re.search(r"void (\w+)_forward", text_of(one)).group(1)  # type: ignore[union-attr]
        assert "__" not in prefix
        if prefix not in taken:
            subjects[name] = (one, text_of(one))
        taken.add(prefix)
    assert len(subjects) > 8
    _, failures = outputs_of(
        tmp_path, {k: v for k, v in subjects.items() if v[0].prefix in taken}, ["-std=c99", *STRICT]
    )
    assert not any(failures.values())


# ---- ranks -----------------------------------------------------------------------------------------------------------


def test_ranks(tmp_path: Path) -> None:
    """Ranks among quantiles with ties, huge and tiny distances, and the normal quantile in all of its parts."""
    edges = np.array([-1e300, -5.0, -1.0, -1.0, -1.0, 0.0, 1e-9, 0.5, 2.0, 2.0, 3.0, 1e300])
    field = Field("x", "number", Form("number"), center=0.0, unit=1.0, ranked=True)
    x = Value("x", (1,))
    steps = (Rank(Value("r", (1,)), 0, 0.25, edges), Join(x, (Value("r", (1,)),)))
    plan = Plan("ranks", (field,), (), steps, x, x, Answer("numbers", ("y",)))
    rng = np.random.default_rng(0)
    cells = np.concatenate(
        [edges, rng.normal(0, 2, 200), rng.normal(0, 2, 50) * 1e299, [np.nan, np.inf, -np.inf, 1e-10]]
    )
    scale = NormalScale(0.25, 1.0, edges[0], edges[-1], tuple(edges.tolist()))
    wanted = scale.forward(np.where(np.isnan(cells), 0.25, np.clip(cells, -1.7e308, 1.7e308)))[:, None]
    one = Subject(plan, {"x": np.clip(cells, -1.7e308, 1.7e308)}, wanted)
    outputs, failures = outputs_of(tmp_path, {"one": (one, text_of(one))}, ["-std=c99", *STRICT])
    assert failures["one"] == 0
    assert _far(outputs["one"], wanted) < 1e-6


# ---- refusals --------------------------------------------------------------------------------------------------------


def test_refusals() -> None:
    """What C cannot hold is refused in one sentence; integers that decide differently name the layer."""
    one = subject("smooth", 400)
    assert c_file.refusal(one.plan, Options()) == ""
    assert "Leave out inputs" in c_file.refusal(one.plan, Options(inputs="matrix"))
    few = c_file.refusal(one.plan, Options(dtype="int8", calibration=np.asarray(one.rows)[:50]))
    assert few == "int8 would be calibrated on 50 rows; there must be at least 200. Pass more rows, or force=True."
    net = gn.Network([gn.Dense(4, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(3,))
    net.layers[0].W[:, 0] *= 1e4
    net.layers[1].W[0] *= 1e-6
    plan = lower(net, "uneven")
    reason = c_file.refusal(plan, Options(dtype="int8"))
    assert re.search(
        r"decides as in float in \d+\.\d% of 1,000 calibration rows.* most is lost in dense_2\.", reason
    ), reason
    assert c_file.refusal(plan, Options(dtype="int8", force=True)) == ""
    first = replace(plan.steps[0], W=np.full_like(plan.steps[0].W, np.nan))  # type: ignore[call-arg,attr-defined]
    assert "NaN" in c_file.refusal(replace(plan, steps=(first, *plan.steps[1:])), Options())


def test_a_missing_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a compiler the file is not run, and the reason says so."""
    from glassnet.exports.targets.target import CannotRun

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(CannotRun, match="a C compiler is not installed"):
        c_file.run_file(tmp_path / "m.c", subject("iris").plan, subject("iris").rows)


def test_run_file(tmp_path: Path) -> None:
    """The program reads a CSV of the rows, and its predictions are the model's."""
    for name in ("table: plain", "double"):
        one = subject(name)
        plan = one.plan
        path = tmp_path / "m.c"
        rows = made_up_rows(plan, 50)
        wanted = interpret(plan, rows)
        path.write_bytes(c_file.print_plan(plan, prove(plan, wanted, rows, np.float32), Options())[".c"])
        run = c_file.run_file(path, plan, rows)
        assert run.failures == 0
        assert run.seconds is not None
        assert _far(run.outputs, wanted) < 2e-5


@pytest.mark.parametrize("name", ["two_classes", "table: hostile", "iris"])
def test_decisions_of_the_program(name: str, tmp_path: Path) -> None:
    """The program prints the label of the largest output, that of class 0 and of the second of two classes included."""
    one = subject(name)
    flags = ["-O1", f"-D{one.prefix.upper()}_MAIN"]
    program = build(tmp_path, {"m.c": text_of(one, suffix=".c")}, flags)
    code, printed, said = exit_code(program, "--probabilities", stdin=as_csv(one.plan, one.rows))
    assert (code, said) == (0, "")
    records = list(csv.reader(io.StringIO(printed)))
    names = [name.split("\0")[0] for name in one.plan.answer.names]  # which ends a text in C
    assert records[0] == ["prediction", *(f"probability_{name}" for name in names)]
    found = np.array([[float(cell) for cell in record[1:]] for record in records[1:]])
    assert [record[0] for record in records[1:]] == [names[i] for i in found.argmax(axis=1)]
    assert _decisions(one.plan, found, one.wanted)
    assert len(set(found.argmax(axis=1))) > 1
