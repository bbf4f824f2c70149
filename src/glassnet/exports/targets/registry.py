"""The targets by name, and which of them a path means."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.targets.target import TargetModule
from glassnet.utils.checks import check_choice

__all__ = ["TARGETS", "Target", "find_target"]

_ROOM = "glassnet.exports.targets"


@dataclass(frozen=True)
class Target:
    """A language or format that models are exported to.

    Parameters
    ----------
    name, title : str
        What is typed, and what is shown.
    suffixes : tuple of str
        How the names of its files end; the first is the usual one.
    module : str
        Within this package: it has the functions of `TargetModule`, and is imported when it is used.
    dtype : {"float32", "float64"}
        What it computes in.
    products : int
        Multiplications that it is given to do where it is checked.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    module: str
    dtype: str
    products: int = 1_000_000_000

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of its files, without those that another one implies."""
        return tuple(one for one in self.suffixes if not one.endswith(tuple({*self.suffixes} - {one})))

    def stem(self, path: Path) -> str:
        """Return the name of a file without the ending.

        Examples
        --------
        >>> TARGETS["torch"].stem(Path("models/churn_torch.safetensors"))
        'churn'
        """
        ends = [len(suffix) for suffix in self.suffixes if path.name.lower().endswith(suffix)]
        return (path.name[: -max(ends)] if ends else path.name).strip("._") or "model"

    def load(self) -> TargetModule:
        """Return the module with the target's functions."""
        return cast(TargetModule, importlib.import_module(f"{_ROOM}.{self.module}"))

    @property
    def arithmetic(self) -> Any:
        """The dtype that it computes in."""
        return np.dtype(self.dtype)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("onnx", "ONNX", (".onnx",), "onnx_target.onnx_file", "float32"),
        Target("c", "C99", (".c", ".h"), "c_target.c_file", "float32"),
        Target("numpy", "Python with NumPy", ("_numpy.py", ".py"), "numpy_target.numpy_file", "float64"),
        Target("python", "plain Python", ("_python.py", ".py"), "python_target.python_file", "float64", 5_000_000),
        Target("js", "JavaScript", (".js", ".mjs"), "js_target.js_file", "float64"),
        Target("html", "HTML page", (".html", ".htm"), "html_target.page", "float64"),
        Target(
            "torch",
            "PyTorch",
            ("_torch.safetensors", "torch.safetensors", ".safetensors"),
            "torch_target.torch_file",
            "float32",
        ),
        Target("keras", "Keras", ("_keras.npz", ".npz"), "keras_target.keras_file", "float32"),
    )
}
"""Every target by its name."""

_SHARED = {".py", ".safetensors"}  # endings that leave the target open


def find_target(path: str | os.PathLike[str], to: str | None) -> Target:
    """Return the target that ``to`` names, or else the one that a file of this name can only be.

    Raises
    ------
    ConfigError
        The name is unknown, the ending of the path is not one of the target's, or leaves several open.

    Examples
    --------
    >>> find_target("model.onnx", None).title, find_target("model.py", "numpy").title
    ('ONNX', 'Python with NumPy')
    """
    name = os.fspath(path).lower()
    fitting = [target for target in TARGETS.values() if name.endswith(target.suffixes)]
    if to is not None:
        target = TARGETS[check_choice("export", "to", to, TARGETS)]
        if target not in fitting:
            must = f"for to={to!r} it must end in {' or '.join(target.endings)}"
            message = f"export: the name of the file is {os.fspath(path)!r}; {must}."
            raise ConfigError(message, expected=target.suffixes, got=path)
        return target
    sure = [target for target in fitting if name.endswith(tuple({*target.suffixes} - _SHARED))]
    if sure:
        return sure[0]
    got = f"{os.fspath(path)!r}"
    choices = fitting or TARGETS.values()
    advice = f"Pass to={' or '.join(repr(target.name) for target in choices)}."
    what = "leaves the target open" if fitting else "names no target"
    message = f"export: the ending of {got} {what}; it must name one. {advice}"
    raise ConfigError(message, expected=[target.name for target in choices], got=path)
