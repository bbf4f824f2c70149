"""What the cells of a column of text mean: one table of cases, and the laws of the reader."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.errors import ConfigError, DataError
from glassnet.tabular.reading.cells.reader import CellReader, read_cells
from glassnet.tabular.reading.options import ReadOptions, command_line_spelling
from glassnet.tabular.reading.table import Column

NUMBERS = [str(number) for number in np.random.default_rng(0).uniform(0, 100, 40).round(2)]
INF, NAN = np.inf, np.nan


def values_of(column: Column) -> list[Any]:
    """Return the values of a column, dates as text, None where one is missing."""
    shown = (
        [str(v).removesuffix(".000000").removesuffix("T00:00:00") for v in column.values]
        if column.kind == "date"
        else column.values.tolist()
    )
    nothing = NAN if column.kind == "number" else None
    return [nothing if gone else value for value, gone in zip(shown, column.missing.tolist(), strict=True)]


# ---- what is read, with the form in which it is read ---------------------------------------------------------------

READ: dict[str, tuple[list[str], list[Any]]] = {
    # numbers
    "plain": (["1", "-2.5", "+3", "4e2", " 5 ", ".5", "6.", "1.5E-3"], [1, -2.5, 3, 400, 5, 0.5, 6, 0.0015]),
    "decimal commas": (["3,5", "4,25", "10"], [3.5, 4.25, 10]),
    "decimal commas, exponents": (["1,5e+03", "2,5E-1"], [1500, 0.25]),
    "thousands dots": (["1.234,56", "12,5"], [1234.56, 12.5]),
    "thousands commas": (["1,234.56", "12.5"], [1234.56, 12.5]),
    "thousands commas twice": (["1,234,567", "1,250"], [1234567, 1250]),
    "thousands commas beside small numbers": (["104", "976", "1,250"], [104, 976, 1250]),
    "thousands dots twice": (["1.234.567", "1.250"], [1234567, 1250]),
    "Indian thousands": (["12,34,567", "5,000"], [1234567, 5000]),
    "thousands blanks": (["1 250", "12 500,5", "7"], [1250, 12500.5, 7]),
    "no-break and thin blanks": (["1\u00a0250", "2\u202f500", "3\u2009750"], [1250, 2500, 3750]),
    "apostrophes": (["48'680", "5\u2019000.50"], [48680, 5000.5]),
    "underscores": (["1_000", "2"], [1000, 2]),
    "three decimals": (["1.348", "12.345", "950"], [1.348, 12.345, 950]),
    "three decimals after a zero": (["0,125", "1,250"], [0.125, 1.25]),
    "Unicode minus": (["\u22125", "\u22127.5"], [-5, -7.5]),
    "en dash for minus": (["\u20135", "3"], [-5, 3]),
    "minus behind": (["5-", "3"], [-5, 3]),
    "parentheses": (["(1,234.50)", "12.00"], [-1234.5, 12]),
    "dollars": (["$5,126.00", "$80.00"], [5126, 80]),
    "negative dollars": (["-$5", "$-6.50", "($7)"], [-5, -6.5, -7]),
    "euros behind": (["5,20 \u20ac", "1.000,00 \u20ac"], [5.2, 1000]),
    "euros in front": (["\u20ac5.20", "\u20ac1,000.00"], [5.2, 1000]),
    "dollars, whole thousands": (["$52,000", "$61,500"], [52000, 61500]),
    "codes of currencies": (["USD 5", "USD 7.50"], [5, 7.5]),
    "francs": (["CHF 5'000.00", "CHF 12.50"], [5000, 12.5]),
    "reais": (["R$ 1.234,56", "R$ 2,00"], [1234.56, 2]),
    "rupees": (["Rs. 500", "Rs. 1,200.50"], [500, 1200.5]),
    "percent": (["5%", "12.5 %", "0"], [5, 12.5, 0]),
    "units": (["12.3 kg", "5kg"], [12.3, 5]),
    "units with a slash": (["12 km/h", "8.5 km/h"], [12, 8.5]),
    "degrees": (["21.5 \u00b0C", "-3 \u00b0C"], [21.5, -3]),
    "square metres": (["54 m\u00b2", "61.5 m\u00b2"], [54, 61.5]),
    "singular and plural": (["1 year", "12 years"], [1, 12]),
    "currencies with letters": (["K\u010d 1 234,50", "K\u010d 20,00"], [1234.5, 20]),
    "one currency in two ways": (["EUR 5", "\u20ac6"], [5, 6]),
    "units in capitals": (["5 kg", "6 KG"], [5, 6]),
    "millions of dollars": (["$1.2M", "$3.4M"], [1.2, 3.4]),
    "about": (["~5", "~7.5"], [5, 7.5]),
    "digits of other scripts": (["\uff11\uff12\uff13", "\u0664\u0665"], [123, 45]),
    "powers of ten": (["1.5x10^3", "2 \u00d7 10^2"], [1500, 200]),
    "infinite": (["inf", "-Infinity", "1"], [INF, -INF, 1]),
    "missing among numbers": (["1", "NA", "", "-", "n.a.", "#DIV/0!", "None", "(null)", "\\N", "?", "2"], [1, *[None] * 9, 2]),
    "missing words": (["1", "missing", "Unknown", "not available", "2"], [1, None, None, None, 2]),
    "one repeated word": (["broken", "broken", "1", "2", "3"], [None, None, 1, 2, 3]),
    "a sentinel": (["-999", "-999", "-999", "1.5", "2", "3", "4"], [-999, -999, -999, 1.5, 2, 3, 4]),
    # times of day and durations, in seconds
    "times": (["08:30", "3:07", "23:59"], [30600, 11220, 86340]),
    "times with seconds": (["08:30:00", "3:07:12", "23:59:59.5"], [30600, 11232, 86399.5]),
    "no cents": (["259.-", "99.50", "12.--"], [259, 99.5, 12]),
    "no cents, with commas": (["CHF 1'250,-", "CHF 99,50"], [1250, 99.5]),
    "times with dots": (["18.00.00", "06.30.15"], [64800, 23415]),
    "am and pm": (["6:30 PM", "12:00 am", "7 pm", "9:05 a.m."], [66600, 0, 68400, 32700]),
    "durations": (["36:15:00", "01:00:30"], [130500, 3630]),
    "durations of days": (["1 day, 2:03:04", "2 days 03:04:05", "0 days 00:00:01"], [93784, 183845, 1]),
    "durations of one unit beside others": (["1m 30s", "45s", "2 hours 5 min"], [90, 45, 7500]),
    "minutes and seconds": (["1:30.5", "2:15.25"], [90.5, 135.25]),
    "hours alone": (["6 PM", "11 am"], [64800, 39600]),
    "negative durations": (["-1 days +23:00:00", "0 days 01:00:00"], [-3600, 3600]),
    "ISO durations": (["P1DT2H", "PT30M", "PT5.5S"], [93600, 1800, 5.5]),
    "durations in words": (["1h 30m", "2 h 5 min", "3 hours 10 minutes"], [5400, 7500, 11400]),
    # dates
    "ISO dates": (["2024-05-31", "2023-12-01"], ["2024-05-31", "2023-12-01"]),
    "ISO times": (["2024-05-31 18:30", "2024-05-31T18:30:15", "2024-05-31T18:30:15.25"], ["2024-05-31T18:30:00", "2024-05-31T18:30:15", "2024-05-31T18:30:15.250000"]),
    "zones": (["2024-05-31T18:30:00+02:00", "2024-05-31 18:30:00 UTC", "2024-05-31T18:30Z"], ["2024-05-31T16:30:00", "2024-05-31T18:30:00", "2024-05-31T18:30:00"]),
    "nanoseconds": (["2024-05-31 18:30:00.123456789"], ["2024-05-31T18:30:00.123456"]),
    "slashes, year first": (["2024/05/31", "2024/1/2"], ["2024-05-31", "2024-01-02"]),
    "German dates": (["31.05.2024", "1.6.2024"], ["2024-05-31", "2024-06-01"]),
    "German dates, all open": (["01.02.2024", "03.04.2024"], ["2024-02-01", "2024-04-03"]),
    "German times": (["31.05.2024 18:30", "1.6.2024 7:05:09"], ["2024-05-31T18:30:00", "2024-06-01T07:05:09"]),
    "British dates": (["31/05/2024", "01/06/2024"], ["2024-05-31", "2024-06-01"]),
    "American dates": (["05/31/2024", "06/01/2024"], ["2024-05-31", "2024-06-01"]),
    "American times": (["05/31/2024 06:30 PM", "6/1/2024 12:05 AM"], ["2024-05-31T18:30:00", "2024-06-01T00:05:00"]),
    "dashes, day first": (["31-05-2024", "01-06-2024"], ["2024-05-31", "2024-06-01"]),
    "two-digit years": (["31.12.99", "1.5.24"], ["1999-12-31", "2024-05-01"]),
    "names of months": (["31-May-2024", "1-Jun-2024"], ["2024-05-31", "2024-06-01"]),
    "months first": (["May 31, 2024", "June 1st, 2024"], ["2024-05-31", "2024-06-01"]),
    "weekdays": (["Fri, 31 May 2024 18:30:00 +0200", "Saturday, 1 June 2024"], ["2024-05-31T16:30:00", "2024-06-01"]),
    "French months": (["31 mai 2024", "1 f\u00e9vr. 2024"], ["2024-05-31", "2024-02-01"]),
    "German months": (["31. Mai 2024", "1. M\u00e4rz 2024"], ["2024-05-31", "2024-03-01"]),
    "Unix": (["Fri May 31 18:30:00 2024", "Sat Jun  1 00:00:00 2024"], ["2024-05-31T18:30:00", "2024-06-01"]),
    "compact times": (["20240531T183000Z", "20240601T000000Z"], ["2024-05-31T18:30:00", "2024-06-01"]),
    "months": (["2024-05", "2024-12"], ["2024-05-01", "2024-12-01"]),
    "months with names": (["May 2024", "Dec 2024"], ["2024-05-01", "2024-12-01"]),
    "months of spreadsheets": (["May-24", "Dec-23"], ["2024-05-01", "2023-12-01"]),
    "quarters": (["2024Q2", "2023-Q4"], ["2024-04-01", "2023-10-01"]),
    "weeks": (["2024-W01", "2024-W22-5"], ["2024-01-01", "2024-05-31"]),
    "weeks of pandas": (["2024-05-27/2024-06-02"], ["2024-05-27"]),
    "halves": (["H1 2024", "2023-H2"], ["2024-01-01", "2023-07-01"]),
    "named zones": (["2024-05-31 18:30:00 CEST", "2024-05-31 18:30:00 EST"], ["2024-05-31T16:30:00", "2024-05-31T23:30:00"]),
    "East Asian dates": (["2024\u5e745\u670831\u65e5", "2023\u5e7412\u67081\u65e5"], ["2024-05-31", "2023-12-01"]),
    "Hungarian dates": (["2024. 05. 31.", "2024. 6. 1."], ["2024-05-31", "2024-06-01"]),
    "compact days with times": (["20240531 18:30", "20240601 0705"], ["2024-05-31T18:30:00", "2024-06-01T07:05:00"]),
    "missing among dates": (["2024-05-31", "NaT", "-", "unknown"], ["2024-05-31", None, None, None]),
    # booleans
    "true and false": (["TRUE", "false", "NA", "True"], [True, False, None, True]),
    "only true": (["True", "True"], [True, True]),
    "yes and no": (["Yes", "no", "YES", "y"], [True, False, True, True]),
    "letters": (["t", "f", "T"], [True, False, True]),
    "German": (["ja", "Nein"], [True, False]),
    "French": (["oui", "non"], [True, False]),
    "first letters": (["J", "N", "ja"], [True, False, True]),
    "on and off": (["on", "off"], [True, False]),
    # categories
    "words": (["red", "NA", "blue", "None"], ["red", None, "blue", "None"]),
    "one word": (["no", "no"], ["no", "no"]),
    "codes with zeros": (["007", "12"], ["007", "12"]),
    "telephone numbers": (["+49 30 123456", "+49 40 654321"], ["+49 30 123456", "+49 40 654321"]),
    "addresses of machines": (["192.168.0.1", "10.0.0.1"], ["192.168.0.1", "10.0.0.1"]),
    "houses": (["1", "2", "3A", "3B", "4"], ["1", "2", "3A", "3B", "4"]),
    "heights": (["5'11\"", "6'2\""], ["5'11\"", "6'2\""]),
    "hashes like powers": (["6001e828", "1234e999"], ["6001e828", "1234e999"]),
    "versions": (["1.2.3", "1.10.0"], ["1.2.3", "1.10.0"]),
    "ordinals": (["1st", "2nd", "3rd"], ["1st", "2nd", "3rd"]),
    "seats": (["12A", "13B", "14C", "15D"], ["12A", "13B", "14C", "15D"]),
    "items": (["1. White", "2. Black", "3. Asian"], ["1. White", "2. Black", "3. Asian"]),
    "streets": (["12 Elm Street", "7 Main Road"], ["12 Elm Street", "7 Main Road"]),
    "seasons": (["2010-11", "2011-12"], ["2010-11", "2011-12"]),
    "ranges": (["10-20", "20-30"], ["10-20", "20-30"]),
    "scores": (["3:1", "2:0"], ["3:1", "2:0"]),
    "nothing": (["", "NA", "?"], [None, None, None]),
    "half numbers": (["1", "x", "2", "y"], ["1", "x", "2", "y"]),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
@pytest.mark.parametrize("repeats", [1, 40])
def test_what_cells_mean(case: str, repeats: int) -> None:
    """Cells that can be read in one way are read so, however many rows there are."""
    cells, expected = READ[case]
    column = read_cells("v", cells * repeats)
    found = values_of(column)
    wanted = [NAN if value is None and column.kind == "number" else value for value in expected * repeats]
    assert found == (pytest.approx(wanted, rel=1e-12, nan_ok=True) if column.kind == "number" else wanted)
    assert column.form is not None
    assert column.form.kind == column.kind


# ---- what a person must decide --------------------------------------------------------------------------------------

DECIDE = "read_cells: column 'v' is ambiguous: "
KEEP = "read={'v': 'category'} to keep all as text."
OPEN: dict[str, tuple[list[str], str]] = {
    "thousands or decimals": (["1,250", "2,500"], "'1,250' may be 1250 or 1.250. Pass thousands=',' or decimal=','."),
    "euros with a dot": (["\u20ac1.250", "\u20ac950"], "'\u20ac1.250' may be \u20ac1250 or \u20ac1.250. Pass thousands='.' or decimal='.'."),
    "day or month": (["01/02/2024", "03/04/2024"], "in dates such as '01/02/2024' day or month may stand first. Pass day_first=True or day_first=False."),
    "day or month with times": (["01-02-2024 10:00", "03-04-2024 11:00"], "in dates such as '01-02-2024 10:00' day or month may stand first. Pass day_first=True or day_first=False."),
    "one other cell": ([*NUMBERS, "oops"], f"it holds 40 numbers and 1 other, 'oops' in row 40 (counted from 0). Pass missing=['oops'], or {KEEP}"),
    "censored": ([*NUMBERS, "<1.0", "<1.0"], f"it holds 40 numbers and 2 other, '<1.0' in row 40 (counted from 0). Pass missing=['<1.0'], or {KEEP}"),
    "at least": (["0", "1", "2", "1", "0", "3+"], f"it holds 5 numbers and 1 other, '3+' in row 5 (counted from 0). Pass missing=['3+'], or {KEEP}"),
    "two others": ([*NUMBERS, "oops", "argh"], f"it holds 40 numbers and 2 other, 'oops' in row 40 (counted from 0) and 'argh' in row 41 (counted from 0). Pass read={{'v': 'number'}} to make these missing, or {KEEP}"),
    "an impossible date": (["2023-02-28", "2023-02-27", "2023-02-26", "2023-02-25", "2023-02-30"], f"it holds 4 dates and 1 other, '2023-02-30' in row 4 (counted from 0). Pass missing=['2023-02-30'], or {KEEP}"),
    "grams and kilograms": (["5 kg", "300 g"], "its numbers have several units, '5 kg' in row 0 (counted from 0) and '300 g' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or convert them to one unit."),
    "thousands and ones": (["1.2k", "500"], "its numbers have several units, '1.2k' in row 0 (counted from 0) and '500' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or convert them to one unit."),
    "dollars and euros": (["$5", "\u20ac6"], "its numbers have several units, '$5' in row 0 (counted from 0) and '\u20ac6' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or convert them to one unit."),
    "percent and none": (["5%", "7", "8%"], "some numbers have a unit and some have none, '5%' in row 0 (counted from 0) and '7' in row 1 (counted from 0). Pass read={'v': 'number'} to read all as one unit, or read={'v': 'category'}."),
    "thousands in some cells only": (["52,000", "61500"], "'52,000' may be 52000 or 52.000. Pass thousands=',' or decimal=','."),
    "times of two lengths": (["3:45", "1:10:02"], "its times with one colon may be hours and minutes or minutes and seconds, '3:45' in row 0 (counted from 0) and '1:10:02' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or write all with hours, minutes and seconds."),
    "both orders": (["13/1/2000", "1/13/2000"], "some of its dates have the day first and some the month, '13/1/2000' in row 0 (counted from 0) and '1/13/2000' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or write them in one way."),
    "milligrams and grams": (["10 mg", "1 g"], "its numbers have several units, '10 mg' in row 0 (counted from 0) and '1 g' in row 1 (counted from 0). Pass read={'v': 'category'} or read={'v': 'drop'}, or convert them to one unit."),
    "two notations": (["1.5", "2,5"], "its numbers are written in two ways, '1.5' in row 0 (counted from 0) and '2,5' in row 1 (counted from 0). Pass decimal='.' or decimal=',' with read={'v': 'number'}, which makes the others missing, or read={'v': 'category'}."),
}  # fmt: skip


@pytest.mark.parametrize("case", OPEN)
def test_what_must_be_decided(case: str) -> None:
    """Cells that can be read in two ways are refused in one sentence that shows them, with the options that decide."""
    cells, message = OPEN[case]
    with pytest.raises(DataError) as caught:
        read_cells("v", cells)
    assert str(caught.value) == DECIDE + message


DECIDED: dict[str, tuple[list[str], dict[str, Any], list[Any]]] = {
    "thousands": (["1,250", "2,500"], {"thousands": ","}, [1250, 2500]),
    "decimals": (["1,250", "2,500"], {"decimal": ","}, [1.25, 2.5]),
    "decimal points": (["1,250", "2,500"], {"decimal": "."}, [1250, 2500]),
    "day first": (["01/02/2024"], {"day_first": True}, ["2024-02-01"]),
    "month first": (["01/02/2024"], {"day_first": False}, ["2024-01-02"]),
    "a marker": ([*NUMBERS[:4], "oops"], {"missing": ("oops",)}, [*map(float, NUMBERS[:4]), None]),
    "a number as marker": (["1", "-999", "-999.0"], {"missing": ("-999",)}, [1, None, None]),
    "numbers": ([*NUMBERS[:4], "oops", "argh"], {"read": {"v": "number"}}, [*map(float, NUMBERS[:4]), None, None]),
    "numbers with and without a unit": (["5%", "7"], {"read": {"v": "number"}}, [5, 7]),
    "numbers in place of codes": (["007", "12"], {"read": {"v": "number"}}, [7, 12]),
    "text": (["1", "NA", "", " x"], {"read": {"v": "text"}}, ["1", "NA", None, "x"]),
    "categories": (["1", "NA", "2"], {"read": {"v": "category"}}, ["1", None, "2"]),
    "compact dates": (["20240531", "20240601"], {"read": {"v": "date"}}, ["2024-05-31", "2024-06-01"]),
    "dates with others": (["2024-05-31", "soon", "later", "now"], {"read": {"v": "date"}}, ["2024-05-31", None, None, None]),
}  # fmt: skip


@pytest.mark.parametrize("case", DECIDED)
def test_options_decide(case: str) -> None:
    """Each option decides what the cells leave open."""
    cells, given, expected = DECIDED[case]
    column = read_cells("v", cells, ReadOptions(**given))
    assert [None if gone else v for v, gone in zip(values_of(column), column.missing.tolist(), strict=True)] == expected


def test_columns_decide_for_each_other() -> None:
    """What one column leaves open is decided by others of the table, and a note says so."""
    reader = CellReader("here", ReadOptions())
    drafts = [reader.read("u", ["950", "1.348"]), reader.read("v", ["1,5", "2,5"])]
    u, v = reader.settle(drafts)
    assert (u.values.tolist(), v.values.tolist()) == ([950, 1348], [1.5, 2.5])
    assert u.notes == ("Column 'u': '1.348' is read as 1348, since column 'v' has decimal commas.",)
    drafts = [reader.read("d", ["01/02/2024"]), CellReader("here", ReadOptions()).read("e", ["x"])]
    with pytest.raises(DataError, match="day or month may stand first"):
        reader.settle(drafts)
    reader.read("other", ["31/12/2024"])
    d = reader.settle(drafts)[0]
    assert d.notes == ("Column 'd': the day stands first in '01/02/2024', as in column 'other'.",)
    assert values_of(d) == ["2024-02-01"]


def test_all_columns_in_one_sentence() -> None:
    """All columns that must be decided stand in one sentence, with options in the words of the command line there."""
    reader = CellReader("a.csv", ReadOptions(spelled=command_line_spelling))
    drafts = [
        reader.read("x", ["1,250", "2,500"]),
        reader.read("y z", [*NUMBERS, "oops"]),
        reader.read("d", ["01/02/2024"]),
    ]
    with pytest.raises(DataError) as caught:
        reader.settle(drafts)
    assert str(caught.value) == (
        "a.csv: 3 columns are ambiguous: 'x': '1,250' may be 1250 or 1.250 (--thousands , or --decimal ,); "
        "'y z': it holds 40 numbers and 1 other, 'oops' in row 40 (counted from 0) (--missing oops, or --read 'y z=category' "
        "to keep all as text); 'd': in dates such as '01/02/2024' day or month may stand first (--day-first yes or --day-first no)."
    )


NOTES: dict[str, tuple[list[str], str]] = {
    "a sentinel": (["-999"] * 3 + NUMBERS, "Column 'v': -999 stands in 3 of 43 rows, far from all others: missing=[-999], if it means no value."),
    "a sentinel of two digits": (["-200"] * 5 + NUMBERS, "Column 'v': -200 stands in 5 of 45 rows, far from all others: missing=[-200], if it means no value."),
    "a word": (["broken"] * 2 + NUMBERS, "Column 'v': 2 cells 'broken' count as missing."),
    "births in the future": (["31/12/45", "01/05/52"], "Column 'v': '01/05/52' is read as 2052-05-01; 69 to 99 are of 19.."),
    "zones in some cells": (["2023-01-01 10:00", "2023-01-02 10:00+02:00"], "Column 'v': 1 date without a zone counts as UTC, as others have a zone."),
    "compact dates": (["20240531", "20240601"], "Column 'v' holds numbers such as 20240531, which may be dates: read={'v': 'date'}."),
    "merging numbers": (["9007199254740992", "9007199254740993"], "Column 'v' is read as text: float64 would make different ones of its large whole numbers equal; read={'v': 'number'}."),
    "tickets": (["A/5 21171", "113803", "PC 17599", "17463", "349909"], "Column 'v' is read as text: it holds 3 numbers and 2 other, 'A/5 21171' in row 0 (counted from 0) and 'PC 17599' in row 2 (counted from 0); read={'v': 'number'} makes these missing."),
    "no sentinel among few codes": (["1", "2", "9"] * 5, ""),
    "no sentinel in a gap": ([*map(str, range(1, 9)), *["24"] * 30], ""),
    "no sentinel at zero": ([*["0"] * 9, *[f"{x}.5" for x in range(50, 60)]], ""),
    "a sentinel of nines": ([*["99"] * 4, *map(str, range(1, 9))], "Column 'v': 99 stands in 4 of 12 rows, far from all others: missing=[99], if it means no value."),
    "no sentinel in plain numbers": ([*NUMBERS, "0", "0", "0"], ""),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTES)
def test_notes(case: str) -> None:
    """What a user may not expect is said in a note with the option that changes it; nothing else is."""
    cells, note = NOTES[case]
    assert " ".join(read_cells("v", cells).notes) == note


def test_exact_whole_numbers() -> None:
    """Whole numbers that float64 rounds keep their digits, for labels."""
    column = read_cells("v", ["1000000000000000001", "5"])
    assert column.kind == "number"
    assert column.exact is not None
    assert column.exact.tolist() == ["1000000000000000001", "5"]
    assert read_cells("v", ["9007199254740992", "5"]).values.tolist() == [2.0**53, 5.0]


BAD_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "decimal": ({"decimal": "x"}, "here: unknown decimal 'x'. The choices are ',', '.'."),
    "both": ({"decimal": ",", "thousands": ","}, "here: decimal and thousands are both ','; they must differ."),
    "read": ({"read": {"a": "numbers"}}, "here: read['a'] is 'numbers'; it must be one of 'category', 'date', 'drop', 'number', 'text'. Did you mean 'number'?"),
    "missing": ({"missing": 3.5j}, "here: missing is 3.5j; it must be a list of cells such as ['-999', 'unknown']."),
    "like": ({"like": 3}, "here: like is of type int; it must be a table model or a fitted estimator."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_are_checked(case: str) -> None:
    """An option with a value that it cannot have is refused in one sentence."""
    given, message = BAD_OPTIONS[case]
    with pytest.raises(ConfigError) as caught:
        ReadOptions.checked("here", **given)
    assert str(caught.value) == message


def read_or_none(cells: list[str]) -> Column | None:
    """Return the column, or None if a person must decide."""
    try:
        return read_cells("v", cells)
    except DataError as error:
        if not str(error).startswith("read_cells: column 'v' is ambiguous: "):
            raise
        return None


# ---- laws -----------------------------------------------------------------------------------------------------------

TEXTS = st.one_of(
    st.sampled_from([cell for cells, _ in READ.values() for cell in cells]),
    st.text("0123456789.,'- +$%:/eEkgT()", max_size=12),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6),
)


@settings(deadline=None, max_examples=300)
@given(cells=st.lists(TEXTS, min_size=1, max_size=12), repeats=st.sampled_from([1, 2, 30]))
def test_any_cells_are_read_or_refused_in_one_line(cells: list[str], repeats: int) -> None:
    """Whatever the cells are, the result is a column of one value per row, or one sentence."""
    column = read_or_none(cells * repeats)
    if column is None:
        return
    assert len(column) == len(cells) * repeats
    # No cell is lost in silence: a missing one is a marker, or stands in the form or a note.
    from glassnet.tabular.reading.cells.markers import MISSING_MARKERS

    for cell in {cell for cell, gone in zip(cells * repeats, column.missing.tolist(), strict=True) if gone}:
        known = cell.strip() in MISSING_MARKERS or (column.form is not None and cell.strip() in column.form.missing)
        assert known, (cells, column.notes)


@settings(deadline=None, max_examples=150)
@given(
    cells=st.lists(
        st.sampled_from([*NUMBERS, "1,5", "31.05.2024", "yes", "no", "x", "NA", "08:30"]), min_size=2, max_size=20
    )
)
def test_the_order_of_rows_does_not_matter(cells: list[str]) -> None:
    """The kind of a column and its values do not depend on the order of the rows."""
    outcomes = []
    for rows in (cells, cells[::-1]):
        column = read_or_none(rows)
        values = [] if column is None else [str(value) for value in values_of(column)]
        outcomes.append((column and column.kind, values if rows is cells else values[::-1]))
    assert outcomes[0] == outcomes[1]


def test_options_do_not_contradict_cells() -> None:
    """What the cells prove holds against an option, and a note says so."""
    column = read_cells("v", ["1,234.5", "2"], ReadOptions(decimal=","))
    assert column.values.tolist() == [1234.5, 2.0]
    assert column.notes == ("Column 'v': '1,234.5' has a decimal point, although decimal=','.",)
    column = read_cells("v", ["1/13/2000", "1/2/2000"], ReadOptions(day_first=True))
    assert values_of(column) == ["2000-01-13", "2000-01-02"]
    assert column.notes == ("Column 'v': the month stands first in '1/13/2000', although day_first=True.",)
