"""The options of ``glassnet export``, beside those of all commands that read a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.cli.arguments import as_number, declared, option

__all__ = ["ExportOptions"]

_TARGETS = "onnx|c|numpy|python|js|html|torch|keras"


@dataclass(frozen=True)
class ExportOptions:
    """The options of ``glassnet export``."""

    to: str | None = option("The target; without it the ending of --out decides.", "Export", _TARGETS)
    out: str | None = option(
        "The file to write; by default MODEL's name with the ending of the target.", "Export", "FILE", short="-o"
    )
    name: str | None = option("The model's name inside the file; by default that of the file.", "Export", "NAME")
    data: str | None = option("Rows to measure the errors on, and to take test rows from.", "Export", "DATA")
    int8: bool = option("C in whole numbers of 8 bits.", "Export", default=False)
    calibrate: str | None = option("Rows that the ranges of --int8 are chosen by.", "Export", "DATA")
    matrix: bool = option("ONNX that takes encoded features instead of columns.", "Export", default=False)
    opset: str = option("Version of the operators of ONNX, 17 to 24.", "Export", default=18, parse=as_number)
    no_check: bool = option("Do not run the file with what is installed.", "Export", default=False)
    force: bool = option(
        "Write over a file that no export wrote, and int8 that often decides differently.", "Export", default=False
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
