"""How text files are laid out: what is read and said, and what is refused with the option that decides."""

# ruff: noqa: RUF001 - text in many encodings is what this is about
from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from glassnet.errors import ConfigError, DataError, TableWarning
from glassnet.tabular import Table, read_table
from test_table_reading import columns_of, write

X, W, N = ("number", [1.5, 2.5, 3.5, 4.5]), ("category", ["a", "b", "c", "a"]), ("number", [3, 4, 5, 6])
NAMES, ROWS = "x,w,n\n", "1.5,a,3\n2.5,b,4\n3.5,c,5\n4.5,a,6\n"
TABLE = {"x": X, "w": W, "n": N}
BARE = {"column_1": X, "column_2": W, "column_3": N}
UNNAMED = "No names: the first row, '1.5, a, 3', looks like the others (header=True takes it for names)."
NUMBERED = (
    "The first column has no name and numbers the rows: left out as an index (read={'column_1': 'number'} keeps it)."
)


def numbers(*values: float | None) -> tuple[str, list[Any]]:
    """Return a column of numbers as `columns_of` shows it."""
    return "number", list(values)


def words(*values: str | None) -> tuple[str, list[Any]]:
    """Return a column of words as `columns_of` shows it."""
    return "category", list(values)


# What a file holds, what it is read as, and what is said about its layout.
READ: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    # separators
    "commas": (NAMES + ROWS, TABLE, ""),
    "semicolons and decimal commas": ("a;b\n1,5;2,5\n3,5;4,5\n", {"a": numbers(1.5, 3.5), "b": numbers(2.5, 4.5)}, ""),
    "semicolons within quotes": ('a,b\n"x;y",1\n"z;w;v",2\n', {"a": words("x;y", "z;w;v"), "b": numbers(1, 2)}, ""),
    "commas within words": ("a;b\nx, y;1\nz;2\nu, v, w;3\n", {"a": words("x, y", "z", "u, v, w"), "b": numbers(1, 2, 3)}, ""),
    "tabs beside commas and blanks": ("0\tx, y\n1\tx, z\n", {"column_1": numbers(0, 1), "column_2": words("x, y", "x, z")}, "No names: the first row, '0, x, y', looks like the others (header=True takes it for names)."),
    "bars": ("a|b\n1|x\n2|y\n", {"a": numbers(1, 2), "b": words("x", "y")}, ""),
    "carets": ("a^b\n1^x\n2^y\n", {"a": numbers(1, 2), "b": words("x", "y")}, "Columns are divided by '^'."),
    "two colons": ("a::b\n1::x\n2::y\n", {"a": numbers(1, 2), "b": words("x", "y")}, "Columns are divided by '::'."),
    "comma and blank": ('a, b, c\n1, "x, y", 2\n3, z, 4\n', {"a": numbers(1, 3), "b": words("x, y", "z"), "c": numbers(2, 4)}, ""),
    "Excel's own first line": ("sep=;\na;b\n1;x\n2;y\n", {"a": numbers(1, 2), "b": words("x", "y")}, "The line 'sep=;' above the names gives the separator."),
    "Excel's first line for tabs": ("sep=\t\r\na\tb\r\n1\tx\r\n", {"a": numbers(1), "b": words("x")}, "The line 'sep=' above the names gives the separator."),
    "Excel's first line against the look": ("sep=|\na,b|c\n1|2\n3|4\n", {"a,b": numbers(1, 3), "c": numbers(2, 4)}, "The line 'sep=|' above the names gives the separator."),
    # blanks
    "blanks": ("a  b   c\n1  2   3\n14 55  6\n 7 8 9\n", {"a": numbers(1, 14, 7), "b": numbers(2, 55, 8), "c": numbers(3, 6, 9)}, "Columns are divided by blanks."),
    "blanks, tabs and quotes": ('18.0   8   307.0\t"big one"\n15.0   8   350.0\t"small"\n16.0   6   350.0\t"x y z"\n', {"column_1": numbers(18, 15, 16), "column_2": numbers(8, 8, 6), "column_3": numbers(307, 350, 350), "column_4": words("big one", "small", "x y z")}, "Columns are divided by blanks. No names: the first row, '18.0, 8, 307.0, big one', looks like the others (header=True takes it for names)."),
    "fixed widths": ("Name        Age  City\nAnna Smith   31  Bern\nBob          4   New York\nCleo Li      55  Rom\n", {"Name": words("Anna Smith", "Bob", "Cleo Li"), "Age": numbers(31, 4, 55), "City": words("Bern", "New York", "Rom")}, "Columns are divided by the places that are blank in every line (fixed widths)."),
    "a table of a document": ("| a | b |\n|---|:--|\n| 1 | x |\n| 2 | y |\n", {"a": numbers(1, 2), "b": words("x", "y")}, "Line 2 with a drawn line left out: '---, :--'. 2 columns without name and values left out."),
    "words of two parts are one column": ("name\nAnna Lee\nBob Ray\n", {"name": words("Anna Lee", "Bob Ray")}, ""),
    # quotes
    "single quotes": ("a,b\n'x, y',1\n'z',2\n'u',3\n", {"a": words("x, y", "z", "u"), "b": numbers(1, 2, 3)}, "Cells stand in single quotes."),
    "apostrophes are no quotes": ("a,b\nO'Brien,1\nD'Arcy,2\n'tis,3\n", {"a": words("O'Brien", "D'Arcy", "'tis"), "b": numbers(1, 2, 3)}, ""),
    "backslashes before quotes": ('a,b\n"x \\"q\\", y",1\n"z",2\n', {"a": words('x "q", y', "z"), "b": numbers(1, 2)}, "A quote inside of a cell is written with a backslash."),
    "backslashes at the end of cells": ('a,b\n"C:\\dir\\",1\n"D:\\",2\n', {"a": words("C:\\dir\\", "D:\\"), "b": numbers(1, 2)}, ""),
    "lone quotes": ('a,b\n"a 5" pipe, round",1\n"small",2\n"a 7" one",3\n', {"a": words('a 5" pipe, round', "small", 'a 7" one'), "b": numbers(1, 2, 3)}, "Quotes inside of cells are not doubled: those that are next to no separator were read as text."),
    "inches in plain cells": ('a,b\none 5" pipe,1\na 7" pipe,2\n', {"a": words('one 5" pipe', 'a 7" pipe'), "b": numbers(1, 2)}, ""),
    # lines
    "ends of three kinds": ("a,b\r\n1,x\n2,y\r3,z\r\n", {"a": numbers(1, 2, 3), "b": words("x", "y", "z")}, ""),
    "breaks in names and cells": ('"a\nb",c\r\n1,"x\ny"\r\n2,z\r\n', {"a\nb": numbers(1, 2), "c": words("x\ny", "z")}, ""),
    "blank lines": ("\n\na,b\n\n1,2\n\n3,4\n\n", {"a": numbers(1, 3), "b": numbers(2, 4)}, ""),
    "no end of the last line": ("a,b\n1,x\n2,y", {"a": numbers(1, 2), "b": words("x", "y")}, ""),
    # encodings
    "UTF-16": ((NAMES + ROWS).encode("utf-16"), TABLE, "The text was read as UTF-16."),
    "UTF-16 without a mark": ((NAMES + ROWS).encode("utf-16-le"), TABLE, "The text was read as UTF-16."),
    "UTF-16, the other way round": ((NAMES + ROWS).encode("utf-16-be"), TABLE, "The text was read as UTF-16."),
    "UTF-32": ((NAMES + ROWS).encode("utf-32"), TABLE, "The text was read as UTF-32."),
    "Windows-1252": ("o;n\nKöln;1\nGenève;2\n“q” – 5 €;3\n".encode("cp1252"), {"o": words("Köln", "Genève", "“q” – 5 €"), "n": numbers(1, 2, 3)}, "The text is not UTF-8 and was read as Windows-1252: 'Köln' in line 2."),
    "Windows' signs as controls": ("o,n\nit\x92s,1\n\x80 5,2\n", {"o": words("it’s", "€ 5"), "n": numbers(1, 2)}, "Control characters were read as the characters that Windows has in their places."),
    # above the names
    "comments": ("# made in 2024\n# by me, at home\n" + NAMES + ROWS, TABLE, "Lines 1 to 2 above the names passed over: '# made in 2024', '# by me, at home'."),
    "a comment as long as a row": ("# one, two, three\n" + NAMES + ROWS, TABLE, "Line 1 above the names passed over: '# one, two, three'."),
    "names in a comment": ("# x w n\n1.5 1 3\n2.5 2 4\n", {"x": numbers(1.5, 2.5), "w": numbers(1, 2), "n": numbers(3, 4)}, "Columns are divided by blanks."),
    "names in a comment with commas": ("# x,w\n1.5,3\n2.5,4\n", {"x": numbers(1.5, 2.5), "w": numbers(3, 4)}, ""),
    "a title": ("Report of 2024\n\n" + NAMES + ROWS, TABLE, "Line 1 above the names passed over: 'Report of 2024'."),
    "a title with separators": ("Report of 2024,,\n,,\n" + NAMES + ROWS, TABLE, "Line 1 above the names passed over: 'Report of 2024'."),
    "what was measured where": ("Station:,Bern\nHeight:,550\n\n" + NAMES + ROWS, TABLE, "Lines 1 to 2 above the names passed over: 'Station:, Bern', 'Height:, 550'."),
    # names
    "units in brackets": ("t,T,p\n(s),(°C),(hPa)\n1,20.5,1013\n2,20.7,1012\n3,20.9,1011\n", {"t": numbers(1, 2, 3), "T": numbers(20.5, 20.7, 20.9), "p": numbers(1013, 1012, 1011)}, "Line 2 with units left out: '(s), (°C), (hPa)'."),
    "one unit": (NAMES + "(m),,\n" + ROWS, TABLE, "Line 2 with units left out: '(m)'."),
    "bare units": (NAMES + "m,-,kg/m3\n" + ROWS, TABLE, "Line 2 with units left out: 'm, -, kg/m3'."),
    "types": ("a,b,c\nint,float,string\n1,2.5,x\n2,3.5,y\n3,4.5,z\n", {"a": numbers(1, 2, 3), "b": numbers(2.5, 3.5, 4.5), "c": words("x", "y", "z")}, "Line 2 with units left out: 'int, float, string'."),
    "a row that looks like units": ("sex,h\nm,180\nf,\nm,170\n", {"sex": words("m", "f", "m"), "h": numbers(180, None, 170)}, ""),
    "words that look like units": ("sex,group\nm,g\nf,h\nm,s\n", {"sex": words("m", "f", "m"), "group": words("g", "h", "s")}, ""),
    "groups above names": ("speed,,mass\nx,y,kg\n1,2,3\n4,5,6\n7,8,9\n", {"speed x": numbers(1, 4, 7), "speed y": numbers(2, 5, 8), "mass kg": numbers(3, 6, 9)}, "The names were joined from lines 1 to 2."),
    "questions below names": ("q1,q2\nHow old?,How much?\n12,300\n14,500\n15,100\n", {"q1 How old?": numbers(12, 14, 15), "q2 How much?": numbers(300, 500, 100)}, "The names were joined from lines 1 to 2."),
    "years below groups": ("place,sun,,rain,\n,2020,2021,2020,2021\nA,5.5,6.5,7,8\nB,6.5,7,9,8.5\nC,5,5,5,2\n", {"place": words("A", "B", "C"), "sun 2020": numbers(5.5, 6.5, 5), "sun 2021": numbers(6.5, 7, 5), "rain 2020": numbers(7, 9, 5), "rain 2021": numbers(8, 8.5, 2)}, "The names were joined from lines 1 to 2."),
    "years as names": ("place,2019,2020,2021\nA,1.5,2.5,3.5\nB,2.5,3.5,4\nC,3,4,5\n", {"place": words("A", "B", "C"), "2019": numbers(1.5, 2.5, 3), "2020": numbers(2.5, 3.5, 4), "2021": numbers(3.5, 4, 5)}, ""),
    "positions as names": ("0,1,2\n0.5,0.25,3\n0.7,0.1,2\n0.1,.2,.3\n", {"0": numbers(0.5, 0.7, 0.1), "1": numbers(0.25, 0.1, 0.2), "2": numbers(3, 2, 0.3)}, "The first row, '0, 1, 2', was taken for names (header=False takes it for data)."),
    "numbers of genes as names": ("gene,1001,1007,1020\nA,1.5,2.5,3.5\nB,2.5,3.5,4.1\nC,3.1,4.2,5.3\n", {"gene": words("A", "B", "C"), "1001": numbers(1.5, 2.5, 3.1), "1007": numbers(2.5, 3.5, 4.2), "1020": numbers(3.5, 4.1, 5.3)}, ""),
    "percentages as names": ("5%,10%,50%\n1.5,2.5,3.5\n2.5,3.5,4.1\n3.1,4.2,5.3\n", {"5%": numbers(1.5, 2.5, 3.1), "10%": numbers(2.5, 3.5, 4.2), "50%": numbers(3.5, 4.1, 5.3)}, "The first row, '5%, 10%, 50%', was taken for names (header=False takes it for data)."),
    "dates as names": ("place,lat,1/22/20,1/23/20\nA,1.5,3,4\nB,2.5,4,5\nC,3.1,5,6\n", {"place": words("A", "B", "C"), "lat": numbers(1.5, 2.5, 3.1), "1/22/20": numbers(3, 4, 5), "1/23/20": numbers(4, 5, 6)}, ""),
    "a first row that counts": ("a,b,c\n1,2,3\n4,55,6\n", {"a": numbers(1, 4), "b": numbers(2, 55), "c": numbers(3, 6)}, ""),
    "no names, a first row that counts": ("1,2,3\n4,55,6\n7,8,0\n", {"column_1": numbers(1, 4, 7), "column_2": numbers(2, 55, 8), "column_3": numbers(3, 6, 0)}, "No names: the first row, '1, 2, 3', looks like the others (header=True takes it for names)."),
    "two rows": ("a,b\n1,2\n3,4\n", {"a": numbers(1, 3), "b": numbers(2, 4)}, ""),
    "one row of years": ("a,b,c\n2001,2002,2003\n", {"a": numbers(2001), "b": numbers(2002), "c": numbers(2003)}, ""),
    "rows of years": ("born,died\n1901,1950\n1910,1999\n", {"born": numbers(1901, 1910), "died": numbers(1950, 1999)}, ""),
    "a year as a name": ("id,2020\nA,5\nB,6\nC,7\n", {"id": words("A", "B", "C"), "2020": numbers(5, 6, 7)}, "The first row, 'id, 2020', was taken for names (header=False takes it for data)."),
    "no names, one value in the first row": ("5,,\n6,1,2\n7,3,4\n", {"column_1": numbers(5, 6, 7), "column_2": numbers(None, 1, 3), "column_3": numbers(None, 2, 4)}, "No names: the first row, '5', looks like the others (header=True takes it for names)."),
    "no names": (ROWS, BARE, UNNAMED),
    "no names, decimal commas": ("1,5;2,5\n3,5;4,5\n5,5;6,5\n", {"column_1": numbers(1.5, 3.5, 5.5), "column_2": numbers(2.5, 4.5, 6.5)}, "No names: the first row, '1,5, 2,5', looks like the others (header=True takes it for names)."),
    "no names, letters": ("p,x,s\ne,x,y\np,b,s\ne,x,s\np,x,y\ne,b,y\n", {"column_1": words("p", "e", "p", "e", "p", "e"), "column_2": words("x", "x", "b", "x", "x", "b"), "column_3": words("s", "y", "s", "s", "y", "y")}, "No names: the first row, 'p, x, s', looks like the others (header=True takes it for names)."),
    "no names, a missing number": ("1,NA,a\n2,2.5,b\n3,3.5,c\n", {"column_1": numbers(1, 2, 3), "column_2": numbers(None, 2.5, 3.5), "column_3": words("a", "b", "c")}, "No names: the first row, '1, NA, a', looks like the others (header=True takes it for names)."),
    "names of words": ("name,city\nAnna,Bern\nBob,Rom\nCleo,Paris\n", {"name": words("Anna", "Bob", "Cleo"), "city": words("Bern", "Rom", "Paris")}, ""),
    "the same name twice": ("a,b,a\n1,2,3\n4,5,6\n", {"a": numbers(1, 4), "b": numbers(2, 5), "a_2": numbers(3, 6)}, "Columns of the same name were numbered: 'a' stands above 2 columns."),
    "a name that a number makes": ("a,a_2,a\n1,2,3\n4,5,6\n", {"a": numbers(1, 4), "a_2": numbers(2, 5), "a_3": numbers(3, 6)}, "Columns of the same name were numbered: 'a' stands above 2 columns."),
    "empty columns at the end": ("day;t;;\n1;2,5;;\n2;3,5;;\n", {"day": numbers(1, 2), "t": numbers(2.5, 3.5)}, "2 columns without name and values left out."),
    "rows that end with a separator": ("a,b\n1,2,\n3,4,\n", {"a": numbers(1, 3), "b": numbers(2, 4)}, "Line 1 has 2 names for 3 columns: the last ones, which are empty, have none. 1 column without name and values left out."),
    "some rows that end with separators": ("a,b\n1,2\n3,4,,\n5,6\n", {"a": numbers(1, 3, 5), "b": numbers(2, 4, 6)}, ""),
    "pandas' index": (",a,b\n0,1,x\n1,2,y\n2,3,x\n", {"a": numbers(1, 2, 3), "b": words("x", "y", "x")}, NUMBERED),
    "pandas' index, shuffled": (",a,b\n30,1,x\n12,2,y\n2,3,x\n", {"a": numbers(1, 2, 3), "b": words("x", "y", "x")}, NUMBERED),
    "R's row numbers": ('"a","b"\n"1",5,"x"\n"2",6,"y"\n"3",7,"x"\n', {"a": numbers(5, 6, 7), "b": words("x", "y", "x")}, "Line 1 has 2 names for 3 columns: the first one, which begins with '1', has none. " + NUMBERED),
    "R's row names": ('"a" "b"\n"Mole" 5 "x"\n"Fox" 6 "y"\n"Owl" 7 "x"\n', {"column_1": words("Mole", "Fox", "Owl"), "a": numbers(5, 6, 7), "b": words("x", "y", "x")}, "Columns are divided by blanks. Line 1 has 2 names for 3 columns: the first one, which begins with 'Mole', has none."),
    "row names in quotes between tabs": ('"a"\t"b"\n"Mole"\t5\t"x"\n"Fox"\t6\t"y"\n', {"column_1": words("Mole", "Fox"), "a": numbers(5, 6), "b": words("x", "y")}, "Line 1 has 2 names for 3 columns: the first one, which begins with 'Mole', has none."),
    "names of rows before tabs": ("a\tb\nMole\t5\tx\nFox\t6\ty\n", {"column_1": words("Mole", "Fox"), "a": numbers(5, 6), "b": words("x", "y")}, "Line 1 has 2 names for 3 columns: the first one, which begins with 'Mole', has none."),
    "numbers of rows from 0": ("a,b\n0,5,3\n1,7,4\n2,8,5\n", {"a": numbers(5, 7, 8), "b": numbers(3, 4, 5)}, "Line 1 has 2 names for 3 columns: the first one, which begins with '0', has none. " + NUMBERED),
    "numbers of rows with a comment between": ("a,b\n1,5,3\n# a pause\n2,7,4\n3,8,5\n", {"a": numbers(5, 7, 8), "b": numbers(3, 4, 5)}, "Line 1 has 2 names for 3 columns: the first one, which begins with '1', has none. 1 comment left out (line 3). " + NUMBERED),
    "one column of numbers without a name": ("1\n2\n3\n4\n", {"column_1": numbers(1, 2, 3, 4)}, "No names: the first row, '1', looks like the others (header=True takes it for names)."),
    "one column whose name is empty": ('""\n5\n9\n7\n', {"column_1": numbers(5, 9, 7)}, "No names: the first row, '5', looks like the others (header=True takes it for names)."),
    "a title above words": ("Contacts\nname,city\nAnna,Bern\nBob,Rom\n", {"name": words("Anna", "Bob"), "city": words("Bern", "Rom")}, "Line 1 above the names passed over: 'Contacts'."),
    "years without a name": (",a\n1999,1\n2001,2\n2002,3\n", {"column_1": numbers(1999, 2001, 2002), "a": numbers(1, 2, 3)}, ""),
    # below the rows
    "nothing but separators at the end": (NAMES + ROWS + ",,\n,,\n", TABLE, "2 rows without any value at the end left out (lines 6 to 7)."),
    "a total without numbers": (NAMES + ROWS + "Total,,\n", TABLE, "The last row (line 6), 'Total', was left out: it has nothing but this word."),
    "a total in a column of numbers": (NAMES + ROWS + "Sum:,,18\n", TABLE, "The last row (line 6), 'Sum:', was left out: the word stands in a column of numbers or dates."),
    "a total that adds up": ("w,n\na,1\nb,2\nc,3\nGrand total,6\n", {"w": words("a", "b", "c"), "n": numbers(1, 2, 3)}, "The last row (line 5), 'Grand total', was left out: its numbers are the sums of those above."),
    "a total with decimal commas": ("w;n\na;1.250,50\nb;980,00\nc;99,5\nSumme;2.330,00\n", {"w": words("a", "b", "c"), "n": numbers(1250.5, 980, 99.5)}, "The last row (line 5), 'Summe', was left out: its numbers are the sums of those above."),
    "a mean": ("w,n\na,1\nb,2\nc,4.5\nMittelwert,2.5\n", {"w": words("a", "b", "c"), "n": numbers(1, 2, 4.5)}, "The last row (line 5), 'Mittelwert', was left out: its numbers are the means of those above."),
    "a total that does not add up": ("w,n\na,1\nb,2\nTotal,7\n", {"w": words("a", "b", "Total"), "n": numbers(1, 2, 7)}, "The last row (line 4) begins with 'Total' and was read as a row like the others."),
    "a place called Tottenham": ("w,n\na,1\nb,2\nTottenham,3\n", {"w": words("a", "b", "Tottenham"), "n": numbers(1, 2, 3)}, ""),
    "a source": (NAMES + ROWS + "\nSource: my own, at home\n", TABLE, "1 line below the table left out ('Source: my own')."),
    "a remark": ("day,n\n2024-01-01,3\n2024-01-02,4\nprovisional\n", {"n": numbers(3, 4)}, "1 line below the table left out ('provisional')."),
    "a remark with separators": ("n,w,z\n1,a,2\n2,b,3\n3,a,4\n,,\nAll figures are provisional,,\n", {"n": numbers(1, 2, 3), "w": words("a", "b", "a"), "z": numbers(2, 3, 4)}, "Remarks below the table left out (lines 5 to 6: 'All figures are provisional')."),
    "a last row with a word only": ("w,n,z\na,1,2\nb,2,3\nc,,\n", {"w": words("a", "b", "c"), "n": numbers(1, 2, None), "z": numbers(2, 3, None)}, ""),
    "comments between rows": (NAMES + "1.5,a,3\n# a pause\n2.5,b,4\n3.5,c,5\n4.5,a,6\n", TABLE, "1 comment left out (line 3)."),
    "a hash in front of a row": ("a,b\n#1,x\n#2,y\n", {"a": words("#1", "#2"), "b": words("x", "y")}, ""),
    "another table of other columns": ("a,b,c\n1,2,x\n3,4,y\n5,6,z\na,b,c,d\n1,2,x,5\n", {"a": numbers(1, 3, 5), "b": numbers(2, 4, 6), "c": words("x", "y", "z")}, "Another table, of other columns, begins in line 5 and was left out."),
}  # fmt: skip


def read(folder: Path, content: str | bytes, name: str = "a.csv", **options: Any) -> tuple[Table, str]:
    """Return a file as a table, and the warning about it."""
    path = write(folder, name, content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_table(path, **options)
    assert all(one.category is TableWarning for one in caught)
    assert len(caught) <= 1
    return table, str(caught[0].message).removeprefix(f"read_table({str(path)!r}): ") if caught else ""


@pytest.mark.parametrize("case", READ)
def test_layouts(case: str, tmp_path: Path) -> None:
    """A file is read in the layout that it has, and what a user might not expect of it is said in one warning."""
    content, expected, said = READ[case]
    table, warning = read(tmp_path, content)
    found = columns_of(table)
    assert {name: found[name] for name in expected} == expected
    if case != "a remark":  # whose dates are of no interest here
        assert table.names == list(expected)
    assert warning == said


@pytest.mark.parametrize("name", ["a.data", "a.txt", "a", "a.dat", "data.2024", "a.CSV", "a.xls"])
def test_endings(name: str, tmp_path: Path) -> None:
    """Text is read whatever the end of its name is, also where a program calls it a spreadsheet."""
    assert columns_of(read(tmp_path, NAMES + ROWS, name)[0]) == TABLE
    assert columns_of(read(tmp_path, NAMES + ROWS, f"{name}.tsv")[0]) == TABLE


# ---- what a person decides ---------------------------------------------------------------------------------------

DECIDED: dict[str, tuple[str | bytes, dict[str, Any], dict[str, Any], str]] = {
    "no names": ("a,b\nc,d\ne,f\n", {"header": False}, {"column_1": words("a", "c", "e"), "column_2": words("b", "d", "f")}, ""),
    "names": ("1,2\n3,4\n5,6\n", {"header": True}, {"1": numbers(3, 5), "2": numbers(4, 6)}, ""),
    "two lines of names": ("a,b\nc,d\ne,f\n", {"header": 2}, {"a c": words("e"), "b d": words("f")}, "The names were joined from lines 1 to 2."),
    "lines to skip": ("one,two,three,four,five\nsix\n" + NAMES + ROWS, {"skip_lines": 2}, TABLE, "2 lines passed over as asked."),
    "separator": ("a:b\n1:2\n3:4\n", {"separator": ":"}, {"a": numbers(1, 3), "b": numbers(2, 4)}, "Columns are divided by ':'."),
    "separator in words": ("a\tb,c\n1\t2\n3\t4\n", {"separator": "tab"}, {"a": numbers(1, 3), "b,c": numbers(2, 4)}, ""),
    "separator as programs write it": ("a\tb,c\n1\t2\n", {"separator": "\\t"}, {"a": numbers(1), "b,c": numbers(2)}, ""),
    "separator of two": ("a<>b\n1<>2\n", {"separator": "<>"}, {"a": numbers(1), "b": numbers(2)}, "Columns are divided by '<>'."),
    "blanks": ("a b\nx y\nz u\n", {"separator": " "}, {"a": words("x", "z"), "b": words("y", "u")}, "Columns are divided by blanks."),
    "encoding": ("o,n\nŁódź,1\n".encode("cp1250"), {"encoding": "cp1250"}, {"o": words("Łódź"), "n": numbers(1)}, ""),
    "encoding with a mark": ("\ufeffo,n\nŁódź,1\n", {"encoding": "utf-8"}, {"o": words("Łódź"), "n": numbers(1)}, ""),
    "encoding of mixed files": ("o,n\nGenève,1\n".encode() + "Genève,2\n".encode("cp1252"), {"encoding": "latin-1"}, {"o": words("GenÃ¨ve", "Genève"), "n": numbers(1, 2)}, ""),
    "rows to skip": ("a,b,c\n1,2,3\n1,5,2,3\n4,5\n7,8,9\n", {"bad_rows": "skip"}, {"a": numbers(1, 7), "b": numbers(2, 8), "c": numbers(3, 9)}, "2 of 4 rows with another number of cells left out: line 3 (4), line 4 (2)."),
    "names to skip": (NAMES + ROWS + NAMES + "5.5,a,7\n", {"bad_rows": "skip"}, {"x": numbers(1.5, 2.5, 3.5, 4.5, 5.5), "w": words("a", "b", "c", "a", "a"), "n": numbers(3, 4, 5, 6, 7)}, "The names come again in line 6, left out."),
    "one column, whose name has no separator": ("text\nhello, world\ngood, bye\nsee, you", {"separator": "tab"}, {"text": words("hello, world", "good, bye", "see, you")}, ""),
    "one column of decimal commas": ("price\n1,50\n2,75\n3,99\n", {"separator": "tab"}, {"price": numbers(1.5, 2.75, 3.99)}, ""),
    "rows below names that do not fit": ("name,age\nSmith, John,33\nDoe, Jane,44\n", {"skip_lines": 1, "header": False}, {"column_1": words("Smith", "Doe"), "column_2": words("John", "Jane"), "column_3": numbers(33, 44)}, "1 line passed over as asked."),
    "one column without names": ("1\n2\n3\n", {"header": False}, {"column_1": numbers(1, 2, 3)}, ""),
    "an index to keep": (",a\n0,1\n1,2\n2,5\n", {"read": {"column_1": "number"}}, {"column_1": numbers(0, 1, 2), "a": numbers(1, 2, 5)}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", DECIDED)
def test_options(case: str, tmp_path: Path) -> None:
    """What a person says about a file counts for more than what it looks like."""
    content, options, expected, said = DECIDED[case]
    table, warning = read(tmp_path, content, **options)
    assert columns_of(table) == expected
    assert warning == said


# ---- what is refused ---------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str | bytes, dict[str, Any], str]] = {
    "one separator too many": ("a,b,c\n1,2,3\n1,5,2,3\n4,5,6\n", {}, "1 of 3 rows have another number of fields: line 3 (4); every row must have 3 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "one too few": ("a,b,c\n1,2,3\n1,5\n4,5,6\n", {}, "1 of 3 rows have another number of fields: line 3 (2); every row must have 3 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "many bad rows": ("a,b,c\n" + "1,2,3\n4,5,6\n7,8\n" * 8, {}, "8 of 24 rows have another number of fields: line 4 (2), line 7 (2), line 10 (2), line 13 (2), line 16 (2) and 3 more; every row must have 3 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "a last row that was cut off": ("a,b,c\n1,2,3\n4,5,6\n7,", {}, "1 of 3 rows have another number of fields: line 4 (2); every row must have 3 fields like the others. Check the separators and quotes there, or pass bad_rows='skip'."),
    "more names than cells": ("a,b,c,d,e\n1,2,3\n4,5,6\n", {}, "line 1 has 5 fields and most rows below have 3, as in line 2: '1', '2', '3'; names and rows must have the same number of fields. Check the separators there, or pass skip_lines=1 to begin below it."),
    "fewer names than cells": ("a,b\n1,x,2.5\n1,y,3.5\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: '1', 'x', '2.5'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "decimal commas between commas": ("item,price\npen,1,50\nink,2,75\npad,3,99\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: 'pen', '1', '50'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "family names before commas": ("name,age\nSmith, John,33\nDoe, Jane,44\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: 'Smith', 'John', '33'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "commas in words only": ("name,town\nSmith, John,Bern\nDoe, Jane,Rom\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: 'Smith', 'John', 'Bern'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "thousands between commas": ("price,qty\n1,500,3\n2,750,4\n7,000,5\n9,000,5\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: '1', '500', '3'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "a row that may be a number and its thousands": ("price,qty\n1,500,3\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: '1', '500', '3'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "days without a name": ("a,b\n2020-01-01,5,3\n2020-01-02,7,4\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: '2020-01-01', '5', '3'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "numbers that do not count the rows": ("a\tb\n1\t5\t3\n2\t6\t4\n5\t7\t4\n", {}, "line 1 has 2 fields and most rows below have 3, as in line 2: '1', '5', '3'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "names that are given": ("item,price\npen,1,50\nink,2,75\n", {"header": True}, "line 1 has 2 fields and most rows below have 3, as in line 2: 'pen', '1', '50'; names and rows must have the same number of fields. Quote cells with a separator inside, name all columns, or pass skip_lines=1 and header=False to do without these names."),
    "one name too many": ("a,b,c\n1,2\n3,4\n5,6", {}, "line 1 has 3 fields and most rows below have 2, as in line 2: '1', '2'; names and rows must have the same number of fields. Check the separators there, or pass skip_lines=1 to begin below it."),
    "rows too short but for one": ("a,b,c\n1,2\n3,4\n5,6,7\n", {"bad_rows": "skip"}, "line 1 has 3 fields and most rows below have 2, as in line 2: '1', '2'; names and rows must have the same number of fields. Check the separators there, or pass skip_lines=1 to begin below it."),
    "one name too many above words": ("a,b,c\nx,y\nz,u\nv,w\n", {}, "line 1 has 3 fields and most rows below have 2, as in line 2: 'x', 'y'; names and rows must have the same number of fields. Check the separators there, or pass skip_lines=1 to begin below it."),
    "sentences": ("text\nhello, world\ngood, bye\nsee, you", {}, "line 1 has the one name 'text', above line 2: 'hello', 'world'; names and rows must have the same number of fields. Pass separator='tab' if this is one column, or skip_lines=1 if the line is a title."),
    "one column of decimal commas": ("price\n1,50\n2,75\n3,99\n", {}, "line 1 has the one name 'price', above line 2: '1', '50'; names and rows must have the same number of fields. Pass separator='tab' if this is one column, or skip_lines=1 if the line is a title."),
    "names again": (NAMES + ROWS + NAMES + ROWS, {}, "the names come again in line 6; the names must stand above the rows only. Pass bad_rows='skip' to leave such lines out and read on."),
    "a larger table below": ("a,b,c\n" + "1,2,x\n" * 5 + "a,b,c,d\n" + "1,2,x,5\n" * 9, {}, "line 6 has 3 fields and most rows below have 4, as in line 8: '1', '2', 'x', '5'; names and rows must have the same number of fields. Check the separators there, or pass skip_lines=6 to begin below it."),
    "a table below that no longer is seen": ("a,b,c\n" + "1,2,x\n" * 1100 + "a,b,c,d\n" + "1,2,x,5\n" * 1200, {}, "another table, of other columns, begins in line 1102; the file must hold one table. Divide the file, or pass bad_rows='skip' to read the first one."),
    "an open quote": ('a,b\n1,"x\n2,y\n3,z\n', {}, "the quote of a cell in line 2 is not closed; quotes must be closed, and quotes inside quotes doubled."),
    "prose": ("This is a letter to all of you\nand it has no columns at all\n", {}, "there is no usual separator, as in line 1: 'This is a letter to all of you'; columns must be divided by one separator in all rows. Pass the right one, such as separator=':'."),
    "a separator that is not there": ("a;b\n1;2\n", {"separator": "tab"}, "the separator '\\t' is not in the file, whose lines are divided by ';'; it must be there. Leave the option out."),
    "Polish": ("o,n\nŁódź,1\nKołobrzeg,2\n".encode("cp1250"), {}, "line 2 is not UTF-8 and may be '£ódŸ' in cp1252, 'Łódź' in cp1250, 'Јуdџ' in cp1251, '£Ûdü' in mac_roman, 'ú¾dƒ' in cp850; the encoding must be plain. Pass the one that reads right, such as encoding='cp1250'."),
    "Japanese": ("o,n\n東京,1\n".encode("cp932"), {}, "line 2 is not UTF-8 and may be '東京' in cp932, '“Œ‹ž' in cp1252, '“Ś‹ž' in cp1250, '“Њ‹ћ' in cp1251, 'ìåãû' in mac_roman; the encoding must be plain. Pass the one that reads right, such as encoding='cp932'."),
    "two encodings": ("o,n\nKöln,1\n".encode() + "Genève,2\n".encode("cp1252"), {}, "line 2 is UTF-8 and line 3 is not; a file must have one encoding. Pass encoding='cp1252' to read all of it as Windows-1252."),
    "another encoding than asked": ("o,n\nGenève,2\n".encode("cp1252"), {"encoding": "utf-8"}, "the file holds the byte 0xe8, which is none of utf-8; it must be utf-8 text."),
    "a web page": ("<!DOCTYPE html>\n<html><body>404</body></html>", {}, "the file is a web page; it must hold a table. Look at what was sent, and save the table as CSV."),
    "XML": ('<?xml version="1.0"?>\n<a>1</a>', {}, "the file is XML; it must hold a table. Look at what was sent, and save the table as CSV."),
    "a packed file": (b"BZh91AY&SY", {}, "the file is a bzip2 archive; it must hold a table. Unpack it."),
    "a document": (b"%PDF-1.4\n", {}, "the file is a PDF document; it must hold a table. Save the table as CSV."),
}  # fmt: skip


EAST_ASIAN = {
    "gb18030": ["城市,价格\n北京,1\n上海,2\n广州,3\n", "名,b\n张,1\n李,2", "id,备注\n1,港口城市，繁华\n"],
    "cp932": ["都市,値段\n東京,1\nさっぽろ,2\n", "名前,b\n田中,1\n鈴木,2"],
    "big5": ["城市,價格\n臺北,1\n高雄,2\n", "名,b\n張,1\n李,2"],
    "cp949": ["도시,가격\n서울,1\n부산,2\n", "이름,b\n김,1\n이,2"],
    "euc_jp": ["日付,売上\n東京,1\n大阪,2\nなごや,3\n"],
    "cp1251": ["город,b\nМосква,1\nКиев,2\n", "Киев,b\nМосква,1\nОмск,2\n"],
}


@pytest.mark.parametrize(("encoding", "text"), [(name, text) for name, texts in EAST_ASIAN.items() for text in texts])
def test_words_of_other_scripts_are_shown_as_they_are(encoding: str, text: str, tmp_path: Path) -> None:
    """A file in an encoding of two bytes a character, or of Cyrillic, is refused with the encoding that reads right."""
    path = write(tmp_path, "a.csv", text.encode(encoding))
    with pytest.raises(DataError, match=rf"reads right, such as encoding='{encoding}'\.$") as caught:
        read_table(path)
    foreign = [word for word in re.split(r"[,\n]", text) if not word.isascii()]
    assert any(f"{word!r} in {encoding}" in str(caught.value) for word in foreign)
    assert read_table(path, encoding=encoding, header=True).names == text.split("\n")[0].split(",")


WESTERN = ["T (°C),µg,°F\n1,2,3\n", "price £,n\n5,1\n", "Él,n\nÎle,2\nÄÖ,3\n", "“Él”,n\n‘a’,1\nl’été – où,2\n"]
WESTERN += ["créée,n\nélève,3\n", "España,n\n¿qué?,1\n", "Ødegård,n\nÅse,1\n", "DÜSSELDORF,n\nKÖLN,2\n", "m²,n\n1,2\n"]


@pytest.mark.parametrize("text", WESTERN)
def test_western_words_are_no_characters_of_two_bytes(text: str, tmp_path: Path) -> None:
    """Accents and signs of Western text, which begin a character in other encodings, are still read as such."""
    table, said = read(tmp_path, text.encode("cp1252"))
    assert table.names == text.split("\n")[0].split(",")
    assert said.startswith("The text is not UTF-8 and was read as Windows-1252: ")


@pytest.mark.parametrize("case", REFUSED)
def test_refusals(case: str, tmp_path: Path) -> None:
    """What may be read in two ways is refused in one sentence with the lines, and the option that decides."""
    content, options, message = REFUSED[case]
    path = write(tmp_path, "a.csv", content)
    with pytest.raises(DataError) as caught:
        read_table(path, **options)
    assert str(caught.value) == f"read_table({str(path)!r}): {message}"


def test_an_encoding_that_does_not_exist(tmp_path: Path) -> None:
    """An unknown encoding is a mistake in the call, not in the file."""
    must = "encoding is 'latin-one'; it must be one that Python knows, such as 'utf-8' or 'cp1252'"
    with pytest.raises(ConfigError, match=must):
        read_table(write(tmp_path, "a.csv", NAMES + ROWS), encoding="latin-one")


@pytest.mark.parametrize("encoding", ["punycode", "idna", "unicode_escape", "raw_unicode_escape", "unicode-escape"])
def test_an_encoding_that_is_none_of_files(encoding: str, tmp_path: Path) -> None:
    """What Python has to write addresses and literals reads no file."""
    must = f"encoding is '{encoding}'; it must be one of text files, such as 'utf-8' or 'cp1252'"
    with pytest.raises(ConfigError, match=must):
        read_table(write(tmp_path, "a.csv", NAMES + ROWS), encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf_16_be", "utf-32", "UTF-32-LE"])
@pytest.mark.parametrize("text", [NAMES + ROWS, "name,n\nKöln,1\nбег,2\n", "x"])
def test_an_encoding_that_the_bytes_are_not(encoding: str, text: str, tmp_path: Path) -> None:
    """UTF-8 that is called UTF-16 or UTF-32 is refused in one sentence."""
    with pytest.raises(DataError, match=r"no byte of the file is zero; .* text must have some\. "):
        read_table(write(tmp_path, "a.csv", text.encode()), encoding=encoding)


@pytest.mark.parametrize("written", ["utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_that_is_given_with_or_without_its_mark(written: str, tmp_path: Path) -> None:
    """UTF-16 is read where it is asked for, whether the file begins with a mark or not."""
    path = write(tmp_path, "a.csv", (NAMES + ROWS).encode(written))
    assert columns_of(read_table(path, encoding="utf-16")) == TABLE
    assert columns_of(read_table(path, encoding="utf-16-le" if written == "utf-16" else written)) == TABLE
