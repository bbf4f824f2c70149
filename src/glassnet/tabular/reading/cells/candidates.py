"""Decide whether the text of a column is numbers, dates, times, booleans or categories."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from glassnet.tabular.reading.cells.clock import ClockTexts
from glassnet.tabular.reading.cells.column import Open, TextColumn
from glassnet.tabular.reading.cells.distinct import Shapes, find_shapes
from glassnet.tabular.reading.cells.doubts import Doubt
from glassnet.tabular.reading.cells.large import large_whole_numbers, merged_note, merges, with_exact
from glassnet.tabular.reading.cells.markers import truth_words
from glassnet.tabular.reading.cells.moments import DateTexts
from glassnet.tabular.reading.cells.notation import choose_notation, choose_unit, is_currency
from glassnet.tabular.reading.cells.numbers import Notation, NumberShape, NumberShapes, parse_numbers
from glassnet.tabular.reading.cells.plain import plain_dates, plain_numbers
from glassnet.tabular.reading.cells.tried import MOST, Tried, spread
from glassnet.tabular.reading.form import Form
from glassnet.tabular.reading.table import Column

__all__ = ["decide", "decide_as"]

_SAMPLE = 2_000  # distinct texts that are looked at first: most columns of words are recognised by them
_FEW = 0.3  # share of them that must look like numbers, dates or times for all to be looked at
_FAR = np.datetime64("2035-01-01", "us")
_CODE = re.compile(r"[-+]?0\d+")


def decide(column: TextColumn) -> Column | Open | Doubt:
    """Return the column, or what a person or the other columns must decide."""
    truths = truth_words(column.cells.texts[i] for i in np.flatnonzero(~column.gone))
    if truths:
        return column.booleans(truths)
    rest = column.rest()
    texts = column.cells.ordinary
    if len(rest) < len(texts):
        texts = [texts[i] for i in rest.tolist()]
    quick = _quickly(column, rest, texts)
    if quick is not None:
        return quick
    return _Candidates(column, rest).decide() if _may_be_other(column, rest) else column.category()


def _quickly(column: TextColumn, rest: np.ndarray, texts: list[str]) -> Column | None:
    """Return a column of plain numbers or ISO dates; None if it is none."""
    if not texts:
        return None
    example = column.cells.texts[rest[0]]
    dates = plain_dates(texts)
    if dates is not None:
        return column.dates(spread(dates, rest, column, "date"), Form("date", example=example))
    numbers = plain_numbers(texts)
    if numbers is not None:
        return column.numbers(spread(numbers, rest, column, "number"), Form("number", example=example))
    return None


def decide_as(column: TextColumn, kind: str) -> Column | Open | Doubt:
    """Return the column as the ``kind`` that the user wants; cells that are none become missing."""
    if kind in ("text", "category"):
        return column.category(kind == "text")
    return _Candidates(column, column.rest(), forced=kind).decide()


def _may_be_other(column: TextColumn, rest: np.ndarray) -> bool:
    """Return whether a sample of the texts contains enough numbers, dates or times to look at all."""
    sample = rest[:: max(1, len(rest) // _SAMPLE)]
    texts = [column.cells.ordinary[i] for i in sample]
    texts = [text for text in texts if any(character.isdigit() for character in text)]
    if not texts:
        return False
    shapes = find_shapes(texts)
    likely = [found(shapes) for found in (_number_share, _date_share, _clock_share)]
    return max(likely) * len(texts) >= _FEW * len(sample)


def _number_share(shapes: Shapes) -> float:
    found = NumberShapes.of(shapes, np.ones(len(shapes.texts)))
    return float(sum(w for one, w in zip(found.each, found.weights, strict=True) if one)) / len(shapes.texts)


def _date_share(shapes: Shapes) -> float:
    return float(DateTexts.of(shapes).exist().mean())


def _clock_share(shapes: Shapes) -> float:
    found = ClockTexts.of(shapes)
    return float(np.array([one is not None for one in found.each])[shapes.place].mean())


class _Candidates(Tried):
    """The texts of a column that are not missing, tried as numbers, dates and times."""

    def decide(self) -> Column | Open | Doubt:
        """Return the column as the kind that most cells are."""
        numbers = NumberShapes.of(self.shapes, self.counts)
        is_number = np.array([one is not None for one in numbers.each], dtype=bool)[self.shapes.place]
        is_number |= np.isin(np.arange(len(is_number)), list(self.infinite))
        if self.forced == "number" or (not self.forced and is_number.all()):
            return self._numbers(numbers, is_number)
        dates = DateTexts.of(self.shapes)
        is_date = dates.exist()
        clock = ClockTexts.of(self.shapes)
        seconds, is_time = clock.seconds()
        shares = {"number": is_number, "date": is_date, "clock": ~np.isnan(seconds)}
        weights = {kind: int(self.counts[mask].sum()) for kind, mask in shares.items()}
        best = "date" if self.forced == "date" else max(weights, key=lambda kind: weights[kind])
        if best == "number":
            return self._numbers(numbers, is_number)
        return self._dates(dates) if best == "date" else self._seconds(seconds, is_time, clock.mixes_lengths)

    # ---- numbers ----------------------------------------------------------------------------------------------------

    def _numbers(self, found: NumberShapes, is_number: np.ndarray) -> Column | Open | Doubt:
        column, options = self.column, self.column.options
        if not found.numbers():
            return self._whole_exceptions(is_number, "numbers")
        unit, why = choose_unit(found)
        if why == "partial" and self.forced:
            unit, why = max((u for u in found.units() if u), key=lambda u: found.units()[u]), ""
        if why:
            return self._units(found, is_number, why)
        if not self.forced and self._are_codes(is_number):
            return column.category()
        notation = choose_notation(found, options.decimal, options.thousands)
        if notation == "":
            return self._contradiction(found, is_number)
        if isinstance(notation, str):
            example = next(
                i for i, s in enumerate(self.shapes.place) if found.each[s] and len(found.each[s].readings) > 1
            )
            read = lambda chosen: self._parsed(found, chosen, unit, is_number)  # noqa: E731
            likely = notation == "." and not is_currency(unit or "")
            return Open(column.name, notation, column.cells.texts[self.rest[example]], read, likely)
        return self._parsed(found, notation, unit, is_number)

    def _parsed(
        self, found: NumberShapes, notation: Notation, unit: str | None, is_number: np.ndarray
    ) -> Column | Doubt:
        values = parse_numbers(found, notation, unit)
        values[np.isinf(values)] = np.nan  # digits beyond the range of float64 are no number but a code
        for i, value in self.infinite.items():
            values[i] = value
        good = ~np.isnan(values)
        extra = self._extra_marker(good)
        if not good.all() and not extra and not self.forced:
            doubt = self._exceptions(good, "numbers")
            if doubt is not None:
                return doubt
        column = self.column
        large = large_whole_numbers(self.shapes.texts, values, notation.thousands)
        if large and not self.forced and merges(large):
            read = column.spelled("read", {column.name: "number"})
            return column.category(note=merged_note(column.name, read))
        all_values = spread(values, self.rest, column, "number")
        example = column.cells.texts[self.rest[int(np.argmax(good))]]
        form = Form(
            "number", decimal=notation.decimal or ".", thousands=notation.thousands, unit=unit or "", example=example
        )
        form = replace(form, missing=tuple(extra), loose=self._is_loose(good))
        found_column = column.numbers(all_values, form, self._note(extra, good, "number"))
        found_column = replace(found_column, notes=(*found_column.notes, *self._mark_notes(found, notation)))
        return with_exact(found_column, column.cells.texts, column.cells.place) if large else found_column

    def _mark_notes(self, found: NumberShapes, notation: Notation) -> list[str]:
        """Return a sentence if the cells prove another decimal mark than the user gave."""
        column, options = self.column, self.column.options
        given = options.decimal or {",": ".", ".": ","}.get(options.thousands or "")
        shown = next((i for i, s in enumerate(self.shapes.place) if _has_mark(found.each[s])), None)
        if given is None or notation.decimal in ("", given) or shown is None:
            return []
        name, value = ("decimal", options.decimal) if options.decimal else ("thousands", options.thousands)
        kind = "point" if notation.decimal == "." else "comma"
        text = self.column.cells.texts[self.rest[shown]]
        return [f"Column {column.name!r}: {text!r} has a decimal {kind}, although {column.spelled(name, value)}."]

    def _are_codes(self, is_number: np.ndarray) -> bool:
        """Return whether a whole number begins with a zero, as codes do."""
        texts = self.shapes.texts
        return any(texts[i][:1] in "0+-" and _CODE.fullmatch(texts[i]) for i in np.flatnonzero(is_number))

    def _units(self, found: NumberShapes, is_number: np.ndarray, why: str) -> Column | Doubt:
        """Return what is to be decided about numbers in several units; text if what follows them are no units."""
        column = self.column
        if not self.forced and (why == "none" or self.counts[is_number].sum() < MOST * self.total):
            return column.category(note=self._unit_note(why) if why != "none" else "")
        firsts: dict[str, int] = {}
        for i, s in enumerate(self.shapes.place):
            one = found.each[s]
            if one is not None and one.unit not in firsts:
                firsts[one.unit] = i
        shown = " and ".join(column.shown(self.rest[i]) for i in list(firsts.values())[:3])
        number, category, drop = (
            column.spelled("read", {column.name: kind}) for kind in ("number", "category", "drop")
        )
        if why == "partial":
            choices = f"{number} to read all as one unit, or {category}"
            return Doubt(column.name, f"some numbers have a unit and some have none, {shown}", choices)
        choices = f"{category} or {drop}, or convert them to one unit"
        return Doubt(column.name, f"its numbers have several units, {shown}", choices)

    def _unit_note(self, why: str) -> str:
        """Return the sentence about numbers with several units, or of which some have none."""
        name = self.column.name
        if why == "several":
            return f"Column {name!r} is read as text, since its numbers have several units."
        read = self.column.spelled("read", {name: "number"})
        return f"Column {name!r} is read as text, since only some of its numbers have a unit: {read} reads them."

    def _contradiction(self, found: NumberShapes, is_number: np.ndarray) -> Column | Doubt:
        """Return what is to be decided about numbers in several notations."""
        column = self.column
        if self.counts[is_number].sum() < MOST * self.total:
            return column.category()
        firsts: dict[Any, int] = {}
        for i, s in enumerate(self.shapes.place):
            one = found.each[s]
            if one is not None and one.readings != (Notation(),):
                firsts.setdefault(one.readings, i)
        shown = " and ".join(column.shown(self.rest[i]) for i in list(firsts.values())[:2])
        number, category = (column.spelled("read", {column.name: kind}) for kind in ("number", "category"))
        marks = f"{column.spelled('decimal', '.')} or {column.spelled('decimal', ',')}"
        choices = f"{marks} with {number}, which makes the others missing, or {category}"
        return Doubt(column.name, f"its numbers are written in two ways, {shown}", choices)

    # ---- dates and times --------------------------------------------------------------------------------------------

    def _dates(self, dates: DateTexts) -> Column | Open | Doubt:
        if not dates.is_open:
            return self._dated(dates, "dmy", "")
        orders = {order: dates.moments(order) for order in ("dmy", "mdy")}
        wrong = {order: int(self.counts[np.isnat(found)].sum()) for order, found in orders.items()}
        option = self.column.options.day_first
        if wrong["dmy"] == wrong["mdy"] > 0 and not np.array_equal(np.isnat(orders["dmy"]), np.isnat(orders["mdy"])):
            return self._both_orders(orders)
        if wrong["dmy"] != wrong["mdy"]:
            order = min(wrong, key=lambda each: wrong[each])
        elif option is not None:
            order = "dmy" if option else "mdy"
        elif np.array_equal(orders["dmy"], orders["mdy"], equal_nan=True):
            return self._dated(dates, "dmy", "dmy" if dates.dotted else "")
        elif dates.dotted:
            order = "dmy"
        else:
            open_ones = [
                i for i, s in enumerate(self.shapes.place) if dates.each[s] is not None and dates.each[s].is_open
            ]
            example = next((i for i in open_ones if orders["dmy"][i] != orders["mdy"][i]), open_ones[0])
            read = lambda chosen: self._dated(dates, chosen, chosen)  # noqa: E731
            return Open(self.column.name, "order", self.column.cells.texts[self.rest[example]], read)
        return self._dated(dates, order, order)

    def _both_orders(self, orders: dict[str, np.ndarray]) -> Column | Doubt:
        """Return what is to be decided about dates of which some have the day first and some the month."""
        column = self.column
        either = ~(np.isnat(orders["dmy"]) & np.isnat(orders["mdy"]))
        if self.counts[either].sum() < MOST * self.total:
            return column.category()
        firsts = [int(np.argmax(~np.isnat(one) & np.isnat(other))) for one, other in permutations(orders.values())]
        shown = " and ".join(column.shown(self.rest[i]) for i in firsts)
        category, drop = (column.spelled("read", {column.name: kind}) for kind in ("category", "drop"))
        fact = f"some of its dates have the day first and some the month, {shown}"
        return Doubt(column.name, fact, f"{category} or {drop}, or write them in one way")

    def _dated(self, dates: DateTexts, order: Any, shown: str) -> Column | Doubt:
        values = dates.moments(order)
        good = ~np.isnat(values)
        column = self.column
        if not good.any():
            return self._whole_exceptions(good, "dates")
        extra = self._extra_marker(good)
        if not good.all() and not extra and not self.forced:
            doubt = self._exceptions(good, "dates")
            if doubt is not None:
                return doubt
        moments = spread(values, self.rest, column, "date")
        example = column.cells.texts[self.rest[int(np.argmax(good))]]
        loose = self._is_loose(good)
        form = Form("date", order=shown, example=example, missing=tuple(extra), loose=loose)
        found = column.dates(moments, form, self._note(extra, good, "date"))
        return replace(found, notes=(*found.notes, *self._date_notes(dates, values, example)))

    def _date_notes(self, dates: DateTexts, values: np.ndarray, example: str) -> list[str]:
        """Return sentences about what dates leave open: the zone of some, the century, an order that was given."""
        name, notes = self.column.name, []
        zoned = dates.zoned()
        if zoned.any() and not zoned[~np.isnat(values)].all():
            count = int(self.counts[~zoned & ~np.isnat(values)].sum())
            dates_count = "1 date without a zone counts" if count == 1 else f"{count:,} dates without a zone count"
            notes.append(f"Column {name!r}: {dates_count} as UTC, as others have a zone.")
        latest = int(np.nanargmax(np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(np.float64))))
        if dates.short_years()[latest] and values[latest] > _FAR:
            text = self.column.cells.texts[self.rest[latest]]
            notes.append(f"Column {name!r}: {text!r} is read as {values[latest].astype('M8[D]')}; 69 to 99 are of 19..")
        option = self.column.options.day_first
        order = self._order_of(dates)
        if option is not None and order and option != (order == "dmy"):
            given = self.column.spelled("day_first", option)
            first = "day" if order == "dmy" else "month"
            notes.append(f"Column {name!r}: the {first} stands first in {example!r}, although {given}.")
        return notes

    def _order_of(self, dates: DateTexts) -> str:
        """Return the order that the dates prove, or ""."""
        if not dates.is_open:
            return ""
        wrong = {order: int(np.isnat(dates.moments(order)).sum()) for order in ("dmy", "mdy")}
        return "" if wrong["dmy"] == wrong["mdy"] else min(wrong, key=lambda each: wrong[each])

    def _mixed_lengths(self, good: np.ndarray) -> Doubt:
        """Return what is to be decided about 3:45 beside 1:10:02."""
        column = self.column
        by_colons = {self.shapes.texts[i].count(":"): i for i in np.flatnonzero(good)[::-1]}
        shown = " and ".join(column.shown(self.rest[by_colons[count]]) for count in sorted(by_colons)[:2])
        category, drop = (column.spelled("read", {column.name: kind}) for kind in ("category", "drop"))
        fact = f"its times with one colon may be hours and minutes or minutes and seconds, {shown}"
        return Doubt(column.name, fact, f"{category} or {drop}, or write all with hours, minutes and seconds")

    def _seconds(self, seconds: np.ndarray, is_time: bool, mixed: bool) -> Column | Doubt:
        good = ~np.isnan(seconds)
        column = self.column
        if mixed and self.counts[good].sum() >= MOST * self.total:
            return self._mixed_lengths(good)
        extra = self._extra_marker(good)
        if not good.all() and not extra:
            doubt = self._exceptions(good, "times")
            if doubt is not None:
                return doubt
        values = spread(seconds, self.rest, column, "number")
        example = column.cells.texts[self.rest[int(np.argmax(good))]]
        form = Form("number", style="time" if is_time else "duration", example=example, missing=tuple(extra))
        return column.numbers(values, form, self._note(extra, good, "time"))


def _has_mark(one: NumberShape | None) -> bool:
    """Return whether a number has a decimal mark for certain."""
    return one is not None and len(one.readings) == 1 and bool(one.readings[0].decimal)
