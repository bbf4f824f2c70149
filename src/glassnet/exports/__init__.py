"""Exports: a trained model as a file that runs without Python or without this library, and proves that it is right."""

from glassnet.exports.exporting import export
from glassnet.exports.frameworks.keras_layers import from_keras
from glassnet.exports.frameworks.skl2onnx_converters import register_skl2onnx
from glassnet.exports.frameworks.torch_modules import from_torch
from glassnet.exports.report import ExportReport

__all__ = ["ExportReport", "export", "from_keras", "from_torch", "register_skl2onnx"]
