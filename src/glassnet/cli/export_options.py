"""The options of ``glassnet export``, beside those of all commands that read a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.cli.arguments import FIRST, as_number, declared, option
from glassnet.cli.completion import complete_tables, names_of

__all__ = ["ExportOptions"]

_FORMAT = "Format"
_TARGETS = ("onnx", "c", "numpy", "python", "js", "html", "torch", "keras")


@dataclass(frozen=True)
class ExportOptions:
    """The options of ``glassnet export``."""

    to: str | None = option(
        "Format: onnx, c, numpy, python, js, html, torch or keras.", FIRST, "NAME",
        usual="by the ending of --out", complete=names_of(lambda: _TARGETS),
    )  # fmt: skip
    out: str | None = option(
        "The file to write.", FIRST, "FILE", short="-o", usual="MODEL's name with the ending of the format"
    )
    data: str | None = option("Table to measure the errors of the file on.", FIRST, "DATA", complete=complete_tables)
    name: str | None = option("The model's name inside the file.", _FORMAT, "NAME", usual="the file's name")
    int8: bool = option("Write C in whole numbers of 8 bits.", _FORMAT, default=False)
    calibrate: str | None = option(
        "Table that the ranges of --int8 are chosen by.", _FORMAT, "DATA", complete=complete_tables
    )
    matrix: bool = option("Write ONNX that takes encoded features instead of columns.", _FORMAT, default=False)
    opset: str = option("Version of the operators of ONNX, 17 to 24.", _FORMAT, default=18, parse=as_number)
    no_check: bool = option("Do not run the written file to check it.", _FORMAT, default=False)
    force: bool = option(
        "Replace a file that no export wrote, and write int8 that often decides differently.", _FORMAT, default=False
    )

    @classmethod
    def from_texts(cls, texts: Mapping[str, Any]) -> ExportOptions:
        """Return the options for what was typed, by field name."""
        return cls(**{name: each.parse(texts[name]) for name, (each, _) in declared(cls).items()})

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `glassnet.export` but for the model, the path and the tables."""
        return {
            "to": self.to,
            "name": self.name,
            "dtype": "int8" if self.int8 else "float32",
            "inputs": "matrix" if self.matrix else "columns",
            "opset": self.opset,
            "check": not self.no_check,
            "force": self.force,
        }
