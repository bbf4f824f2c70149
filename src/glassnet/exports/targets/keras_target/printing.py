"""The files of the Keras target: weights in the order of ``set_weights``, and the model that they belong to."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.header import header_lines
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.keras_target.building import build_text
from glassnet.exports.targets.keras_target.layers import stacks_of
from glassnet.exports.targets.keras_target.parts import Stack, units
from glassnet.exports.targets.layered.ends import Ends, ends_of
from glassnet.exports.targets.layered.vectors import vector_lines
from glassnet.exports.targets.target import Options
from glassnet.utils.version import VERSION

__all__ = ["print_plan", "refusal"]


def refusal(plan: Plan, options: Options) -> str:
    """Return why Keras cannot have a plan, or ""."""
    if plan.core is None:
        return "Keras has the layers of one network, and this model is not one. ONNX, C and Python can have it."
    if options.dtype != "float32":
        return "Keras has the weights as they are trained. Only C has int8."
    try:
        stacks_of(plan.core.network)
    except ConfigError as error:
        return str(error)
    return ""


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the weights and the file with the model."""
    assert plan.core is not None
    stacks = stacks_of(plan.core.network)
    weights = _weights(stacks)
    return {".npz": weights, ".py": _file(plan, proof, stacks, weights).encode()}


def _weights(stacks: list[Stack]) -> bytes:
    arrays = {
        f"{unit.name}/{name}": np.ascontiguousarray(array)
        for stack in stacks
        for unit in units(stack)
        for name, array in unit.arrays.items()
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = f"Weights for Keras, written by glassnet {VERSION}.".encode()
    return buffer.getvalue()


_FILE = '''{header}
"""The network as a model of Keras 3, its weights in the file beside this one. Needs keras, a backend of it, and numpy.

    model = load()            # outputs are {outputs}
    {example}
    model.save("model.keras")

{training}
Epsilons, slopes and momenta are those of training, which are not Keras's own defaults. For the running variance Keras
takes the biased variance of a batch, and training so far took the unbiased one.
"""

import hashlib
import math  # noqa: F401
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops  # noqa: F401

WEIGHTS = Path(__file__).with_suffix(".npz")
SHA256 = "{sha256}"  # of that file
{constants}
{classes}

{build}


def load(path=WEIGHTS):
    """Return the trained network."""
    model = build()
    with np.load(path) as arrays:
        names = {{layer.name for layer in model.layers}}
        unknown = [key for key in arrays.files if key.split("/")[0] not in names]
        if unknown:
            raise ValueError(f"no layer for the weights {{unknown}}")
        for layer in model.layers:
            layer.set_weights([arrays[key] for key in arrays.files if key.split("/")[0] == layer.name])
    return model


def encode(rows):
    """Return rows as the array that the network reads."""
{encode}
    return np.asarray(x, dtype="{dtype}")


def {predict}(rows, model=None):
    """Return {returns} for rows."""
    model = load() if model is None else model
    z = np.asarray(model.predict(encode(rows), verbose=0), dtype=float)
{decode}{labels}


def selftest(path=WEIGHTS):
    """Return how many of the test rows come out wrong, plus 1 if the file of weights is not the one written here."""
    model = load(path)
    with np.errstate(all="ignore"):
        found = {predict}(test_rows(), model)
    wrong = ~(np.abs(found - EXPECTED) <= {tolerance} * np.maximum(1.0, np.abs(EXPECTED)))
    other = hashlib.sha256(Path(path).read_bytes()).hexdigest() != SHA256
    return int(wrong.any(axis=1).sum()) + int(other)


{vectors}


def versions():
    """Return what runs the network."""
    return f"keras {{keras.__version__}} on {{keras.backend.backend()}}"


if __name__ == "__main__":
    failures = selftest()
    print("self-test:", "passed" if failures == 0 else f"{{failures}} failures")
    sys.exit(failures != 0)
'''


def _file(plan: Plan, proof: Proof, stacks: list[Stack], weights: bytes) -> str:
    assert plan.core is not None
    network, ends = plan.core.network, ends_of(plan)
    dtype = str(network.dtype)
    defines: dict[str, str] = {}
    for unit in units(stacks[0]):
        defines |= unit.defines
    return _FILE.format(
        header="\n".join(f"# {line}" for line in header_lines(plan, proof, dtype)),
        outputs=ends.outputs,
        example=ends.example,
        training=_training(ends),
        sha256=hashlib.sha256(weights).hexdigest(),
        constants=ends.constants,
        classes="".join(f"\n\n{text}\n" for text in defines.values()),
        build=build_text(stacks, network.input_shape or (), dtype, network.n_outputs),
        encode=ends.encode,
        dtype=dtype,
        predict=ends.predict,
        returns=ends.returns,
        decode=ends.decode,
        labels=ends.labels,
        tolerance="1e-9" if dtype == "float64" else "2e-5",
        vectors=vector_lines(plan, proof),
    )


def _training(ends: Ends) -> str:
    losses = {
        "SoftmaxCrossEntropy": "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "BinaryCrossEntropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
        "SquaredError": '"mean_squared_error"',
        "AbsoluteError": '"mean_absolute_error"',
    }
    loss = losses.get(ends.loss)
    if loss is None:
        return f"It was trained with {ends.loss}, which Keras has under no name of its own."
    return f'To train it further: model.compile("adam", {loss}).'
