"""Export a trained model to a file that runs elsewhere, and check that it computes the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.exports.lowering.lowering import example_rows, lower, model_rows, predictions
from glassnet.exports.measuring import largest_error, measure, report_on
from glassnet.exports.plan import Plan
from glassnet.exports.proof import N_TYPICAL, prove, take_rows
from glassnet.exports.referee import Rows, interpret
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import TARGETS, Target, find_target
from glassnet.exports.targets.target import Options
from glassnet.saving.writing import check_target, write_atomically
from glassnet.utils.checks import check_choice, check_flag, check_integer

__all__ = ["export"]

_MOST_ROWS = 1000
_PLAN_TOLERANCE = 1e-6
_MARK = b"written by glassnet"

TargetName = Literal["onnx", "c", "numpy", "python", "js", "html", "torch", "keras"]


def export(
    model: Any,
    path: str | os.PathLike[str],
    to: TargetName | None = None,
    *,
    data: Any = None,
    dtype: Literal["float32", "int8"] = "float32",
    calibration: Any = None,
    inputs: Literal["columns", "matrix"] = "columns",
    opset: int = 18,
    name: str | None = None,
    check: bool = True,
    force: bool = False,
) -> ExportReport:
    """Write a trained model as a file that runs without glassnet, and check that it computes the same.

    The model is turned into a short list of steps, which an interpreter in NumPy holds against the model's own
    predictions before anything is written. The file carries 16 test rows with the outputs expected for them and a
    checksum of its weights, and a self-test that returns the number of failures.

    ========== ==================== =====================================================================
    ``to``     path ends in         what it is
    ========== ==================== =====================================================================
    "onnx"     .onnx                for ONNX Runtime and all that reads opset 18
    "c"        .c or .h             one C99 file without allocation, for servers and microcontrollers
    "numpy"    .py                  a module that needs NumPy only, and predicts a CSV when it is run
    "python"   .py                  the same without NumPy
    "js"       .js or .mjs          a script or module for browsers and Node.js
    "html"     .html                a page with a form, which sends nothing
    "torch"    _torch.safetensors   weights for ``load_state_dict``, and a module in the file beside it
    "keras"    .npz                 weights for ``set_weights``, and a model in the file beside it
    ========== ==================== =====================================================================

    Parameters
    ----------
    model : Network, Ensemble, TableModel, or fitted estimator
        Of this library; also a scikit-learn ``Pipeline`` of scalers with one of its estimators at the end.
    path : str or path-like
        The file to write.
    to : str, optional
        The target, as in the table; needed where the ending of the path leaves several open.
    data : table or array, optional
        Rows like those that will be predicted: the errors are measured on up to 1,000 of them, and 8 become test rows
        inside the file. By default rows are made up from what the model knows of its training data.
    dtype : {"float32", "int8"}, default="float32"
        Of weights and arithmetic; "int8" in C only.
    calibration : table or array, optional
        Rows by which the ranges of int8 are chosen; by default those of ``data``.
    inputs : {"columns", "matrix"}, default="columns"
        Whether ONNX takes a table's columns, or one matrix of encoded features.
    opset : int, default=18
        Version of the operators of ONNX, 17 to 24; runtimes from early 2023 on know 18.
    name : str, optional
        Name of the model inside the file, by default that of the file.
    check : bool, default=True
        Whether to run the file with what is installed: a compiler, Node.js, ONNX Runtime, PyTorch.
    force : bool, default=False
        Whether to write over a file that no export wrote, and int8 that decides differently in more than 1 % of rows.

    Returns
    -------
    ExportReport
        What was written, the largest errors, and what could not be checked here.

    Raises
    ------
    ConfigError
        The target cannot hold a layer or an option; the message names the targets that can.
    DataError
        The file is somebody else's, or the exported file did not compute what the model predicts.

    Examples
    --------
    >>> import glassnet as gn, tempfile
    >>> net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(2,))
    >>> folder = tempfile.mkdtemp()
    >>> report = export(net, f"{folder}/model.py", to="numpy")
    >>> report.failures, report.error < 1e-6
    (0, True)
    """
    target = find_target(path, to)
    place = Path(path)
    _check_place(place, force)
    check_flag("export", "check", check)
    own_name = target.stem(place) if name is None else name
    plan = lower(model, own_name)
    rows = example_rows(model, plan) if data is None else _first(model_rows(model, plan, data))
    options = Options(
        dtype=check_choice("export", "dtype", dtype, ("float32", "int8")),
        inputs=check_choice("export", "inputs", inputs, ("columns", "matrix")),
        calibration=rows if calibration is None else model_rows(model, plan, calibration),
        rows_are_given=data is not None or calibration is not None,
        force=force,
        opset=check_integer("export", "opset", opset, 1),
    )
    _refuse(target, plan, options)
    wanted = predictions(model, plan, rows)
    plan_error = largest_error(interpret(lower(model, own_name, dtype=np.float64), rows), wanted)
    if plan_error > _PLAN_TOLERANCE:
        message = f"export: the steps must compute what the model predicts, got an error of {plan_error:.1e}. "
        raise DataError(message + "Please report it with the model.", got=plan_error)
    proof = prove(plan, wanted, rows, target.arithmetic)
    contents = target.load().print_plan(plan, proof, options)
    paths = _write(place, contents, target, force)
    if not check:
        return report_on(target, proof, paths, "the file was not run: check=False")
    return measure(target, plan, proof, paths, rows, wanted, exact=dtype == "float32")


def _check_place(path: Path, force: bool) -> None:
    """Refuse what is no ordinary file, and without ``force`` a file that no export wrote."""
    place = check_target(path)
    if not force and place.exists() and place.stat().st_size and not _is_export(place):
        lost = f"{os.fspath(path)!r} is a file that no export wrote, and would be lost"
        message = f"export: {lost}. Choose another name, or pass force=True."
        raise DataError(message, got=path)


def _is_export(path: Path) -> bool:
    return _MARK in path.read_bytes()


def _first(rows: Rows) -> Rows:
    """Return the first of the rows on which errors are measured; at least 8, repeated if there are fewer."""
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    if not n:
        message = "export: data must have at least one row, got none."
        raise DataError(message, got=0)
    return take_rows(rows, np.arange(max(min(n, _MOST_ROWS), N_TYPICAL)) % n)


def _refuse(target: Target, plan: Plan, options: Options) -> None:
    """Raise an error if the target cannot hold the plan, which names those that can."""
    reason = target.load().refusal(plan, options)
    if not reason:
        return
    others = [other.name for other in TARGETS.values() if other is not target]
    able = [name for name in others if not TARGETS[name].load().refusal(plan, options)]
    advice = f" These can: {', '.join(able)}." if able else ""
    message = f"export: {reason}{advice}"
    raise ConfigError(message, expected=able, got=target.name)


def _write(place: Path, contents: Mapping[str, bytes], target: Target, force: bool) -> tuple[Path, ...]:
    """Write the files of an export, the main one under the name that was asked for.

    Of contents for several endings that the target allows, such as .js and .mjs, the one that was asked for is written.
    """
    name = place.name.lower()
    main = next((suffix for suffix in contents if name.endswith(suffix)), next(iter(contents)))
    beside = [suffix for suffix in contents if suffix not in target.suffixes]
    paths = {main: place, **{suffix: place.with_name(target.stem(place) + suffix) for suffix in beside}}
    for path in paths.values():
        _check_place(path, force)
    for suffix, path in paths.items():
        write_atomically(path, contents[suffix])
    return tuple(paths.values())
