"""Export a trained model to a file that runs elsewhere, and check that it computes the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from glassnet.errors import ConfigError, DataError
from glassnet.exports.files import check_place, draft, places_of, put_in_place
from glassnet.exports.lowering.lowering import example_rows, lower, model_rows, predictions
from glassnet.exports.measuring import check_plan, check_rounding, measure, report_on
from glassnet.exports.plan import Plan
from glassnet.exports.proof import N_TYPICAL, prove, take_rows
from glassnet.exports.referee import Rows
from glassnet.exports.report import ExportReport
from glassnet.exports.targets.registry import TARGETS, Target, find_target
from glassnet.exports.targets.target import Options
from glassnet.utils.checks import check_choice, check_flag, check_integer
from glassnet.utils.keywords import advises_on_names

__all__ = ["export"]

_MOST_ROWS = 1000

TargetName = Literal["onnx", "c", "numpy", "python", "js", "html", "torch", "keras"]


@advises_on_names
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
        A model of this library; also a scikit-learn ``Pipeline`` of scalers with one of its estimators at the end.
    path : str or path-like
        The file to write.
    to : str, optional
        The target, as in the table; needed where the ending of the path leaves several open.
    data : table or array, optional
        Rows like those that will be predicted: the errors are measured on up to 1,000 of them, and 8 become test rows
        inside the file. By default rows are made up from what the model knows of its training data.
    dtype : {"float32", "int8"}, default="float32"
        Type of weights and arithmetic; "int8" in C only.
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
    _check_texts(path, name)
    target, place = find_target(path, to), Path(path)
    check_flag("export", "force", force)
    check_place(place, force=force)
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
    check_plan(lower(model, own_name, dtype=np.float64), rows, wanted)
    notes = check_rounding(plan, rows, wanted, target)
    proof = prove(plan, wanted, rows, target.arithmetic)
    contents = target.load().print_plan(plan, proof, options)
    paths = places_of(place, contents, target)
    for each in paths.values():
        check_place(each, force=force)
    with tempfile.TemporaryDirectory() as folder:
        drafts = draft(folder, paths, contents)
        if check:
            report = measure(target, plan, proof, drafts, rows, wanted, exact=dtype == "float32")
        else:
            report = report_on(target, proof, drafts, "the file was not run, as was asked")
    put_in_place(paths, contents)
    return replace(report, paths=tuple(paths.values()), notes={**report.notes, **notes, **_whose_rows(options)})


def _check_texts(path: Any, name: Any) -> None:
    if isinstance(path, (str, os.PathLike)) and isinstance(name, (str, type(None))):
        return
    must = "the path must be a str or a Path, and the name a str"
    message = f"export: path is {path!r} and name {name!r}; {must}."
    raise ConfigError(message, expected=must, got=(path, name))


def _whose_rows(options: Options) -> dict[str, str]:
    """Return a note on the rows that the ranges of int8 come from."""
    if options.dtype != "int8":
        return {}
    made_up = "made up from what the model knows: pass calibration"
    return {"rows of int8": "those given" if options.rows_are_given else made_up}


def _first(rows: Rows) -> Rows:
    """Return the first of the rows on which errors are measured; at least 8, repeated if there are fewer."""
    n = len(next(iter(rows.values()))) if isinstance(rows, Mapping) else len(rows)
    if not n:
        message = "export: data has no rows; it must have at least one."
        raise DataError(message, got=0)
    return take_rows(rows, np.arange(max(min(n, _MOST_ROWS), N_TYPICAL)) % n)


def _refuse(target: Target, plan: Plan, options: Options) -> None:
    """Raise an error if the target cannot hold the plan, which names those that can."""
    if options.inputs == "matrix" and (target.name != "onnx" or not plan.is_table):
        to = f"to={target.name!r}" if plan.is_table else "a model of plain numbers, which reads a matrix anyway"
        must = "it is for ONNX files of models of tables"
        message = f"export: inputs='matrix' is given with {to}; {must}. Leave it out."
        raise ConfigError(message, expected=must, got=options.inputs)
    reason = target.load().refusal(plan, options)
    if not reason:
        return
    others = [other.name for other in TARGETS.values() if other is not target]
    able = [name for name in others if not TARGETS[name].load().refusal(plan, options)]
    advice = f" These can: {', '.join(able)}." if able else ""
    message = f"export: {reason}{advice}"
    raise ConfigError(message, expected=able, got=target.name)
