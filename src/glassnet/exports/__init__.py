"""Exports: a trained model as a file that runs without Python or without this library, and proves that it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glassnet.exports.exporting import export
from glassnet.exports.frameworks.keras_layers import from_keras
from glassnet.exports.frameworks.skl2onnx_converters import register_skl2onnx
from glassnet.exports.frameworks.torch_modules import from_torch
from glassnet.exports.report import ExportReport
from glassnet.utils.keywords import unknown_name

__all__ = ["ExportReport", "export", "from_keras", "from_torch", "register_skl2onnx"]


if not TYPE_CHECKING:  # a checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        raise unknown_name(__name__, name, __all__)
