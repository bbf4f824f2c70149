"""The table of layers in ``glassnet show``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import signature
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.report_parts import cut, plain_table
from glassnet.layers import LAYERS
from glassnet.utils.short_text import plain

__all__ = ["layer_table"]

_SHORT_LIST = 3  # most entries of a list that are shown one by one


def layer_table(layers: Sequence[dict[str, Any]], width: int) -> Table:
    """Return a table with one layer a line; layers inside others are indented below them."""
    rows = [_layer_row(layer, depth) for layer, depth in _with_inner(layers)]
    widths = [max(cell_len(row[i]) for row in [("", "outputs", "parameters"), *rows]) for i in range(3)]
    table = plain_table()
    for name, justify in (("", "left"), ("outputs", "right"), ("parameters", "right"), ("", "left")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    room = width - 2 - sum(widths) - 2 * len(widths) - 1
    for kind, outputs, parameters, settings in rows:
        table.add_row(Text(kind), outputs, parameters, cut(settings, room))
    return table


def _with_inner(layers: Sequence[dict[str, Any]], depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each layer and how deep it lies inside others."""
    for layer in layers:
        yield layer, depth
        yield from _with_inner(layer.get("inside", ()), depth + 1)


def _layer_row(layer: dict[str, Any], depth: int) -> tuple[str, str, str, str]:
    """Return the four cells of a layer: class, outputs, parameters, arguments."""
    outputs = " x ".join(map(str, layer["outputs"]))
    parameters = f"{layer['parameters']:,}" if layer["parameters"] and "inside" not in layer else ""
    return "  " * depth + plain(layer["class"]), outputs, parameters, ", ".join(_settings(layer))


def _settings(layer: dict[str, Any]) -> list[str]:
    """Return a layer's arguments that no other column shows and that differ from the defaults."""
    elsewhere = ("name", "class", "outputs", "parameters", "units", "inside", "layers", "branches", "inner", "shortcut")
    usual = signature(LAYERS[layer["class"]]).parameters if layer["class"] in LAYERS else {}
    settings = {
        key: value
        for key, value in layer.items()
        if key not in elsewhere and value is not None and not (key in usual and usual[key].default == value)
    }
    return [part for key, value in settings.items() for part in _setting(key, value)]


def _setting(key: str, value: Any) -> list[str]:
    """Return an argument as words: one string, or one per entry of a dictionary without a name."""
    if isinstance(value, dict):
        name = value.get("schedule") or value.get("class")
        return [f"{key} {name}"] if name else [part for inner in value.items() for part in _setting(*inner)]
    if isinstance(value, list):
        return [f"{key} {value}" if len(value) <= _SHORT_LIST else f"{len(value)} {key}"]
    words = key.replace("_", " ")
    if isinstance(value, bool):
        return [words if value else f"no {words}"]
    return [str(value) if key == "activation" else f"{words} {value}"]
