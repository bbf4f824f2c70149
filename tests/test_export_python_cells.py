"""Cells in exported Python files: every text is the value that glassnet reads, or refused, but never another value."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from glassnet.exports.targets.python_parts.columns import form_of, read_text
from glassnet.tabular.reading.cells.distinct import Distinct
from glassnet.tabular.reading.cells.rereading import reread
from glassnet.tabular.reading.form import Form

FORMS = {
    "plain": Form("number", example="1"),
    "decimal comma": Form("number", decimal=",", thousands=".", example="1"),
    "dollars": Form("number", thousands=",", unit="$", example="$1"),
    "kilograms": Form("number", unit="kg", example="1 kg"),
    "euros": Form("number", thousands=" ", decimal=",", unit="€", example="1"),
    "per cent": Form("number", unit="%", example="1%"),
    "apostrophes": Form("number", thousands="'", example="1"),
    "own marker": Form("number", missing=("-9", "x"), example="1"),
    "time": Form("number", style="time", example="1:00"),
    "duration": Form("number", style="duration", example="1:00"),
    "day first": Form("date", order="dmy", example="1.2.2020"),
    "month first": Form("date", order="mdy", example="1/2/2020"),
    "iso": Form("date", example="2020-01-01"),
    "digits": Form("date", example="20200101"),
    "yes": Form("boolean", words=("no", "yes")),
    "ja": Form("boolean", words=("n", "j")),
    "true": Form("boolean", words=("false", "true")),
}
TEXTS = (
    "1.234,56", "1,234.56", "1.234", "1,234", "12,34,567.8", "$1,250.00", "-$5", "($5)", "5-", "5.-", "1e5", "1.5E-3",
    "1 234,5", "1'234.5", "5 KG", "5kgs", "~5", "ca. 5", "5%", "50 €", "€50", "EUR 50", "5k", "$5k", "1,5,6", "0,125",
    ",5", ".5", "5,", "5.", "1e400", "1e-400", "0x10", "1_000", "\uff11\uff0e\uff15", "\u22125", "5\u202f000", "∞", "-inf", "nan", "--5",
    "31.12.2024", "12/31/2024", "1/2/20", "1.2.69", "2020-1-2", "2020/01/02", "20200102", "20200102T030405",
    "2020-01-02T03:04:05.123456Z", "2020-01-02 03:04+05:30", "3 May 2020", "May 3rd 2020", "3. Mai 2020", "2020-May-03",
    "Mai 2020", "2020-05", "05/2020", "2020Q2", "Q2 2020", "2Q20", "H1 2020", "2020-W12", "2020-W12-3", "2021-W53",
    "Mon, 3 Feb 2020", "1.2.2020 7 pm", "1.2.2020 07.30", "2020-02-30", "2020-01-02 24:00", "2020-01-02 24:01",
    "08:30", "8.30", "8.30.15", "7pm", "19:30 Uhr", "1:02:03.5", "64:43", "1:23.5", "1 day 02:03:04",
    "-1 days +23:00:00", "1h 30m", "PT1H", "P1DT2H", "PT", "-5:00", "1w 2d", "13 pm", "0am", "12:60",
    "yes", "Y", "TRUE", "t", "J", "ja", "Nein", "x", "-9", "-", "n/a", "N.A.", "Missing", "mIssing", "?", "", "  ",
)  # fmt: skip
PIECES = (
    "1", "12", "123", "0", "00", "5", "99", "2020", "69", ".", ",", ":", "-", "/", " ", "T", "Z", "+02:00", "am", " PM",
    "$", "€", "kg", " kg", "%", "E5", "e-3", "(", ")", "+", "'", "h", "m", "s", " days ", "P", "Mai", "Jan", " Dec ",
    "Q1", "W12", "yes", "no", "F", "ja", "NA", "none", "inf", "\u2212", "\u00a0", "USD ", "st", "Mon, ",
)  # fmt: skip


def _glassnet(text: str, form: Form) -> Any:
    values, missing, bad = reread(Distinct.of([text]), form)
    if bad[0]:
        return None
    if missing[0]:
        return math.nan
    if form.kind == "date":
        return values[0].astype("M8[us]").astype(np.int64) / 86_400e6
    number = float(values[0])
    return number if math.isfinite(number) else math.nan  # an infinite number is missing


def _file(text: str, form: Form) -> Any:
    try:
        return read_text(text, form_of(form.kind, form))
    except ValueError:
        return None


@pytest.mark.parametrize("name", FORMS)
def test_texts_are_read_as_glassnet_reads_them(name: str) -> None:
    """For texts in all spellings, and for pieces of them in any order, the values are equal."""
    form, rng = FORMS[name], random.Random(name)
    texts = [*TEXTS, *("".join(rng.choices(PIECES, k=rng.randrange(1, 6))) for _ in range(400))]
    refused = 0
    for text in texts:
        own, other = _file(text, form), _glassnet(text, form)
        if own is None:
            refused += other is not None
        elif other is not None:
            assert own == pytest.approx(other, rel=1e-12, abs=1e-9, nan_ok=True), text
    assert refused == 0


@pytest.mark.parametrize("text", ["2020-01-02 03:04 EST", "Mon Feb  3 10:11:12 2020", "3x10^5"])
def test_rare_spellings_are_refused(text: str) -> None:
    """Zones by name, the dates of Unix and powers of ten are refused, not read as anything else."""
    assert _file(text, FORMS["plain" if "x10" in text else "iso"]) is None
