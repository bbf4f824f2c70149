"""Charts from plain numbers: every input gives well-formed markup that loads nothing, and says what it shows."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glassnet.charts import (
    CHART_STYLE,
    Bar,
    Column,
    Group,
    Line,
    Mark,
    bar_table,
    line_chart,
    matrix_table,
    network_chart,
    reliability_chart,
    scatter_chart,
)
from glassnet.charts.axes import Axis, axis_of, finite_values, tick_text
from glassnet.charts.notebook import for_notebooks, grid, shown
from glassnet.utils.html import Markup, fragment, page
from glassnet.utils.wording import cut_middle, distinct_cuts

HOSTILE = ["<script>alert(1)</script>", "a\"b'c", "&amp;", "名前の長い列", "a\x1b[31mb", "x" * 500, "", "🐧", "-1\n2"]
EXTREME = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-300, 5e-324, 1e300, 1.7e308, -1.7e308]
COLUMNS = {
    "empty": [],
    "one": [0.5],
    "constant": [0.5] * 10,
    "zero": [0.0] * 4,
    "tiny": [1e-12, 3e-12, 2e-12],
    "huge": [1e12, 3e12, -2e12],
    "wide": [1e-12, 1.0, 1e12],
    "nearly constant": [1e6, 1e6 + 1e-3, 1e6 + 2e-3],
    "equal but for rounding": [1.0, 1.0 + 2e-16],
    "gaps": [1.0, math.nan, 2.0, None, 3.0, math.inf, 4.0],
    "nothing finite": [math.nan, math.inf, None],
    "extreme": EXTREME,
    "subnormal": [5e-324, 1e-323],
    "many": np.sin(np.arange(5000) / 100.0).tolist(),
}


def parsed(markup: str) -> ET.Element:
    """Return the elements of markup; it is an error if it is not well-formed, or holds what only HTML allows."""
    text = markup.replace("<wbr>", "<wbr/>").replace("<br>", "<br/>")
    return ET.fromstring(f"<body>{text}</body>")


def texts(markup: str) -> str:
    """Return all text of markup."""
    return " ".join(parsed(markup).itertext())


def places(markup: str) -> list[float]:
    """Return all numbers of paths."""
    return [float(n) for d in re.findall(r' d="([^"]*)"', markup) for n in re.findall(r"-?\d+(?:\.\d+)?", d)]


def chart(values: object) -> Markup:
    """Return a line chart of one column."""
    return line_chart([Line("loss", values)], x_label="epoch", y_label="loss", label="Loss")  # type: ignore[arg-type]  # wrong values on purpose


@pytest.mark.parametrize("name", COLUMNS)
def test_line_charts_of_any_column(name: str) -> None:
    """A column of any numbers gives a drawing whose places are finite and on the paper, and does not warn."""
    drawn = chart(COLUMNS[name])
    parsed(drawn)
    assert "nan" not in drawn
    assert "inf" not in drawn.replace("info", "")
    assert all(-40.0 <= place <= 345.0 for place in places(drawn))
    assert ("no values yet" in drawn) == (name in ("empty", "nothing finite"))


def test_any_numbers_in_any_chart() -> None:
    """Numbers of any size, missing and infinite ones among them, neither raise nor warn nor leave the paper."""
    rng = np.random.default_rng(1)
    pool = [*EXTREME, 1.0, -1.0, 1e-12, 1e12, 1e6, 1e6 + 1e-9, -1e300, 1.0 / 3.0]

    def draw(n: int) -> list[float]:
        ordinary = rng.uniform(-1.0, 1.0, n) * 10.0 ** rng.integers(-15, 15, n)
        return np.where(rng.random(n) < 0.7, rng.choice(pool, n), ordinary).tolist()

    for _ in range(200):
        n = int(rng.integers(0, 7))
        lines = [Line("a", draw(n), draw(n)), Line("b", draw(n), style="second")]
        marks = [Mark(value, "mark") for value in draw(2)]
        log_y = [None, True, False][rng.integers(3)]
        curves = line_chart(
            lines, x_label="x", y_label="y", marks=marks, log_x=bool(rng.integers(2)), log_y=log_y, label=""
        )
        points = scatter_chart(draw(n), draw(n), x_label="", y_label="", diagonal=bool(rng.integers(2)), label="")
        table = bar_table([Bar("x", value, spread=by) for value, by in zip(draw(n), draw(n), strict=True)], label="")
        for markup in (curves, points, table):
            parsed(markup)
            assert "nan" not in markup
            assert [place for place in places(markup) if not -60.0 <= place <= 345.0] == []


def test_curves_keep_gaps_and_peaks() -> None:
    """A gap breaks the curve, a lone point is a dot, and thinning keeps the highest and lowest value."""
    gaps = chart([1.0, 2.0, math.nan, 3.0, None, 4.0, 5.0])
    curve = re.findall(r'd="([^"]*)" class="line c0"', gaps)[0]
    assert curve.count("M") == 3
    assert 'class="dots c0"' in gaps
    values = np.zeros(10_000)
    values[[4321, 7777]] = 1.0, -1.0
    thin = re.findall(r'd="([^"]*)" class="line c0"', chart(values))[0]
    ys = [float(point.split()[1]) for point in re.split("[ML]", thin) if point]
    assert len(ys) < 700
    assert min(ys) < 30.0
    assert max(ys) > 160.0


def test_logarithms_where_sizes_differ() -> None:
    """The vertical axis is logarithmic where all is positive and sizes differ a hundredfold, or where it is asked for."""
    assert "log scale" in chart([1.0, 0.005])
    assert "log scale" not in chart([1.0, 0.02])
    assert "log scale" not in chart([1.0, 0.0])
    asked = line_chart([Line("a", [1.0, 0.0, 2.0])], x_label="", y_label="y", log_y=True, label="")
    assert "log scale" in asked
    assert "log scale" not in line_chart([Line("a", [-1.0, 0.0])], x_label="", y_label="y", log_y=True, label="")
    rates = line_chart([Line("a", [1, 2, 3], [1e-5, 1e-3, 0.1])], x_label="rate", y_label="y", log_x=True, label="")
    assert "rate (log scale)" in rates


def test_ticks_are_round_and_enough() -> None:
    """Ticks are multiples of 1, 2 or 5, lie in the range, are at least two and at most seven, and read differently."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        low = float(rng.normal() * 10.0 ** rng.integers(-9, 9))
        axis = axis_of(np.array([low, low + abs(float(rng.normal())) * 10.0 ** rng.integers(-9, 9)]))
        if axis.constant is not None:
            continue
        ticks = axis.ticks()
        assert 2 <= len(ticks) <= 7
        assert len({text for _, text in ticks}) == len(ticks)
        assert all(axis.low - 1e-9 * abs(axis.low) <= value <= axis.high + 1e-9 * abs(axis.high) for value, _ in ticks)
    for low, high in ((1e-12, 1e12), (0.3, 0.9), (1.0, 150.0), (1e-300, 1e300), (3.0, 4.0)):
        ticks = Axis(low, high, log=True).ticks()
        assert 2 <= len(ticks) <= 8
    assert [text for _, text in Axis(1.0, 3.0, whole=True).ticks()] == ["1", "2", "3"]
    assert tick_text(1e6, 0.002) == "1,000,000"
    assert finite_values([None, 1]).tolist()[1] == 1.0


def test_legends_and_marks() -> None:
    """Several names have a legend of pieces that differ without colour; marks have a sign and a sentence."""
    names = [f"household_income_before_tax_{year}" for year in (2019, 2020)]
    lines = [Line(name, [1.0, 2.0], style="second") for name in names] + [Line("fold", [2.0, 1.0], style="faint")] * 9
    marks = [Mark(2, "epoch 2: kept"), Mark(1, "epoch 1: rate-too-high", "finding"), Mark(99, "far away")]
    drawn = line_chart(lines, x_label="epoch", y_label="loss", marks=marks, label="")
    found = parsed(drawn)
    legend = found.find(".//div[@class='legend']")
    assert legend is not None
    assert "".join(legend.itertext()) == "".join([*(cut_middle(name, 36) for name in names), "fold"])
    pieces = [part.get("class") for part in legend.iter("path")]
    assert pieces == ["line c1", "line c2", "line faint"]
    rules = {rule.split()[2]: rule for rule in CHART_STYLE.splitlines() if rule.startswith("figure.chart svg .c")}
    assert len({re.sub(r"var\(.*?\)", "", rules[f".c{i}"].split("{")[1]) for i in range(4)}) == 4  # dashes, not colour
    assert "◆ epoch 2: kept" in texts(drawn).replace("◆  ", "◆ ")
    assert drawn.count('class="finding"') == 1
    assert drawn.count('class="best"') == 1  # 99 is outside
    assert "legend" not in chart([1.0, 2.0])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_text(hostile: str) -> None:
    """A name of any characters is text in every chart, never markup or a character that a page cannot hold."""
    drawn = [
        line_chart(
            [Line(hostile, [1.0]), Line("b", [2.0])],
            x_label=hostile,
            y_label=hostile,
            marks=[Mark(1, hostile)],
            label=hostile,
        ),
        bar_table([Bar(hostile, 1.0, hostile, title=hostile)], head=(hostile, hostile, hostile), label=hostile),
        matrix_table([[1, 0], [0, 1]], [hostile, "b"], row_name=hostile, column_name=hostile),
        scatter_chart([1.0], [1.0], x_label=hostile, y_label=hostile, diagonal=True, label=hostile),
        reliability_chart([Group(0.5, 0.5, 0.4, 0.6, 10)], label=hostile),
        network_chart([Column(hostile, hostile, [hostile], 1), Column(hostile, hostile, (), 3)], label=hostile),
        network_chart([Column(hostile, hostile, [hostile] * 9, 9), Column(hostile, hostile, (), 0)], label=hostile),
        shown(hostile, hostile, grid([[hostile, hostile]], [hostile, hostile])),
    ]
    for markup in drawn:
        for style in re.findall(r"<style>.*?</style>", markup, re.DOTALL):
            markup = Markup(markup.replace(style, ""))
        parsed(markup)
        assert "<script" not in markup
        assert "\x1b" not in markup


def test_bars_go_to_both_sides() -> None:
    """Bars below 0 lie left of a line and are of another class; lengths are in proportion; NaN has no bar."""
    table = bar_table([Bar("a", 2.0, spread=0.5), Bar("b", -1.0), Bar("c", math.nan), Bar("d", 0.0)], label="Effects")
    spans = re.findall(r'class="(plus|minus)" style="left:([\d.]+)%;width:([\d.]+)%"', table)
    (plus, at, long), (minus, start, short), (_, _, none) = spans
    assert (plus, minus) == ("plus", "minus")
    assert math.isclose(float(start) + float(short), float(at), abs_tol=0.02)
    assert math.isclose(float(long), 2.0 * float(short), abs_tol=0.03)
    assert float(none) == 0.0
    assert table.count('class="middle"') == 4
    assert '<table class="bars" aria-label="Effects">' in table
    upward = bar_table([Bar("a", 2.0), Bar("b", 1.0)], label="")
    assert "middle" not in upward
    assert "left:0.00%;width:100.00%" in upward
    for values in ([], [0.0], EXTREME, [-1.0, -2.0], [1e-320]):
        found = bar_table([Bar("x", value) for value in values], label="")
        parsed(found)
        assert "nan%" not in found
        assert "inf%" not in found


def test_numbers_are_not_broken() -> None:
    """A name may be broken after an underscore and a point, a number beside it never."""
    table = bar_table([Bar("größe_of_2019 = -1.67422", 1.0), Bar("a.b/c = 1,234.5", 1.0), Bar("v1.5_x", 1.0)], label="")
    assert '<wbr>2019 = <span class="whole">-1.67422</span>' in table
    assert 'a.<wbr>b/<wbr>c = <span class="whole">1,234.5</span>' in table
    assert "v1.5_<wbr>x" in table


def test_long_names_stay_different() -> None:
    """Names that differ at their ends only are cut in the middle, and of those that would be equal the part is shown that differs."""
    names = [f"household_income_before_tax_{year}" for year in (2019, 2020, 2021)]
    table = texts(bar_table([Bar(f"{name}_of_all_people_in_the_household", 1.0) for name in names], label=""))
    assert set(re.findall(r"20\d\d", table.replace(" ", ""))) == {"2019", "2020", "2021"}
    assert cut_middle("household_income_2019", 12) == "househ…_2019"
    assert [len(cut_middle("x" * 50, most)) for most in (3, 4, 5, 20)] == [3, 4, 5, 20]
    assert distinct_cuts(names, 12) == ["househ…_2019", "househ…_2020", "househ…_2021"]
    same_ends = [f"aaaaaaaaaa{i}bbbbbbbbbb" for i in range(3)]
    assert len(set(distinct_cuts(same_ends, 12))) == 3
    assert all(len(cut) <= 12 for cut in distinct_cuts(same_ends, 12))
    assert [cut[-2:] for cut in distinct_cuts([f"{'ab' * n}" for n in range(20, 23)], 12)] == ["1)", "2)", "3)"]
    for most in (6, 8, 12, 16, 24, 30):
        cuts = distinct_cuts([f"plant disease number {n:02d} of the leaf" for n in range(12)], most)
        assert all(f"{n:02d}" in cut and len(cut) <= most for n, cut in enumerate(cuts))
    assert distinct_cuts(["a" * 30, "a" * 30], 12) == ["aaaaaa…aaaaa"] * 2  # the same name twice


def test_matrix_tints_and_totals() -> None:
    """Every count is shown, the diagonal marked; beyond 32 classes the rarest are taken together, without loss."""
    found = matrix_table([[8, 2], [0, 5]], ["no", "yes"], row_name="true", column_name="predicted")
    cells = [cell.text for cell in parsed(found).iter("td")]
    assert cells == ["8", "2", "·", "5"]
    assert found.count('class="right"') == 2
    assert 'title="no → yes: 20.0%"' in found
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, (50, 50)) + np.diag(np.arange(50))
    many = matrix_table(counts, [f"class {i}" for i in range(50)])
    shown_counts = [int(cell.text.replace("·", "0")) for cell in parsed(many).iter("td") if cell.text]
    assert len(shown_counts) == 32 * 32
    assert sum(shown_counts) == counts.sum()
    assert "19 others" in many
    parsed(matrix_table(np.zeros((0, 0)), []))
    parsed(matrix_table(np.zeros((2, 2)), ["a", "b"]))


def test_points_that_matter_are_drawn() -> None:
    """Points that are not finite are left out, of very many some are drawn, and the one farthest off is among them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=5000)
    y = x.copy()
    y[1234] = 50.0
    drawn = scatter_chart(x, y, x_label="true", y_label="predicted", diagonal=True, label="")
    assert re.search(r"6\d\d of 5,000 rows drawn", texts(drawn))
    tops = [float(at) for at in re.findall(r"M[\d.-]+ ([\d.-]+)h0", drawn)]
    assert min(tops) < 40.0
    for a, b in (([], []), ([math.nan], [1.0]), ([1.0], [1.0]), (EXTREME, EXTREME)):
        for diagonal in (True, False):
            found = scatter_chart(a, b, x_label="x", y_label="y", diagonal=diagonal, label="")
            parsed(found)
            assert "nan" not in found
    assert "no rows" in scatter_chart([], [], x_label="x", y_label="y", diagonal=True, label="")


def test_reliability_stays_between_0_and_1() -> None:
    """Ranges of chance are drawn within the axes, groups without rows are left out."""
    groups = [Group(0.9, 1.0, 0.8, 1.2, 10), Group(0.5, 0.4, math.nan, math.nan, 90), Group(0.1, 0.0, -0.3, 0.2, 0)]
    drawn = reliability_chart(groups, label="Calibration")
    assert drawn.count("<circle") == 2
    assert all(0.0 <= place <= 345.0 for place in places(drawn))
    assert "100.0% of 10 rows right at 90.0%" in drawn
    assert "no rows" in reliability_chart([], label="")


def test_networks_small_and_large() -> None:
    """A small network has its units and names side by side, a deep one a box for each layer; what is left out is counted."""
    inputs = Column("inputs", "", [f"column_{i}" for i in range(30)], 30)
    small = network_chart(
        [
            inputs,
            Column("Dense 4, relu", "124 parameters", (), 4),
            Column("Dense 2", "", (), 2),
            Column("outputs", "softmax", ["no", "yes"], 2),
        ],
        label="Network",
    )
    assert small.count("<circle") == 7 + 4 + 2
    assert "23 more" in texts(small)
    assert {"no", "yes", "Dense 4", "relu", "column_0"} <= set(texts(small).replace("  ", "\n").split("\n")) | set(
        parsed(small).itertext()
    )
    deep = network_chart(
        [inputs, *(Column(f"Dense {8 * i}", "", (), 8 * i) for i in range(1, 9)), Column("outputs")], label=""
    )
    assert deep.count("<rect") == 10
    assert "21 more" in texts(deep)
    for columns in ([], [Column("only", "", (), 3)], [Column("a", "", (), 0), Column("b", "", (), 0)]):
        parsed(network_chart(columns, label=""))


def test_drawings_have_a_label_and_no_names_of_their_own() -> None:
    """Every drawing has a role and a label; none has an id, a script or an address, so ten of them share a page."""
    drawn = [
        chart([1.0, 2.0]),
        scatter_chart([1.0], [1.0], x_label="x", y_label="y", diagonal=True, label="Loss"),
        reliability_chart([Group(0.5, 0.5, 0.4, 0.6, 10)], label="Loss"),
        network_chart([Column("inputs", "", (), 2), Column("Dense 1", "", (), 1)], label="Loss"),
    ]
    for markup in drawn:
        svg = next(each for each in parsed(markup).iter("svg") if each.get("role"))
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == "Loss"
        assert svg.find("title") is not None
    whole = page("Charts", fragment("charts", CHART_STYLE, *drawn))
    for word in ("<script", "http", "url(", "@import", " id=", "src="):
        assert word not in whole
    assert "print-color-adjust: exact" in whole
    assert "color-scheme: light dark" in whole


def test_rules_over_several_lines() -> None:
    """A rule of a fragment may go on in a line that begins with blanks, and holds inside the fragment only."""
    found = fragment("x", "p { color: red;\n  margin: 0; }\nb, i:not(.x, .y) { top: 0; }", Markup("<p></p>"))
    assert ".glassnet-x p { color: red; margin: 0; }\n.glassnet-x b, .glassnet-x i:not(.x, .y) { top: 0; }\n" in found


def test_objects_that_cannot_be_drawn_are_shown_as_text() -> None:
    """What a notebook draws never raises: the text of the object takes its place, or the name of its class."""

    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    class Worse:
        def __repr__(self) -> str:
            raise RuntimeError

    def draw(it: object) -> str:
        raise ValueError

    drawn: Callable[[object], str] = for_notebooks(draw)
    assert drawn(Odd()) == "<pre>&lt;odd&gt;</pre>"
    assert drawn(Worse()) == "<pre>&lt;Worse&gt;</pre>"


def test_no_matplotlib_for_charts() -> None:
    """The room of charts needs numpy and the utilities below it, nothing else."""
    room = Path(__file__).parents[1] / "src" / "glassnet" / "charts"
    imported = set(
        re.findall(r"^(?:from|import) (\w+(?:\.\w+)?)", "\n".join(p.read_text() for p in room.glob("*.py")), re.M)
    )
    allowed = {
        "__future__",
        "collections.abc",
        "dataclasses",
        "functools",
        "glassnet.charts",
        "glassnet.utils",
        "math",
        "numpy",
        "re",
        "textwrap",
        "typing",
    }
    assert imported <= allowed
