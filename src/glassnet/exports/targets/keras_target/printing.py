"""The files of the Keras target: weights in the order of ``set_weights``, and the model that they belong to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np

from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.keras_target.building import build_text
from glassnet.exports.targets.keras_target.layers import stacks_of
from glassnet.exports.targets.keras_target.parts import Stack, units
from glassnet.exports.targets.layered.frame import Design, file_around, logits_shape
from glassnet.exports.targets.layered.refusing import why_not
from glassnet.exports.targets.target import Options
from glassnet.utils.version import VERSION

__all__ = ["print_plan", "refusal"]

_SUFFIXES = ("_keras.npz", ".npz")  # of which one is written
_LOSSES = {
    "BinaryCrossEntropy": "keras.losses.BinaryCrossentropy(from_logits=True)",
    "BinaryLogLoss": "keras.losses.BinaryCrossentropy(from_logits=True)",
    "LogLoss": "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "SoftmaxCrossEntropy": "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
    "SquaredError": '"mean_squared_error"',
    "AbsoluteError": '"mean_absolute_error"',
}
_IMPORTS = {
    "np": "import numpy as np",
    "keras": "import keras",
    "layers": "from keras import layers",
    "ops": "from keras import ops",
}
_LOADING = '''MODEL: Any = None  # what predict uses; it is loaded when it is first needed


def weights_file() -> Path:
    """Return the file of weights beside this one."""
    name = Path(__file__).stem.replace("_keras", "")
    names = [name + ending for ending in ("_keras.npz", ".keras.npz", ".npz")]
    places = [Path(__file__).with_name(one) for one in names]
    return next((place for place in places if place.exists()), places[0])


def load(path: Any = None) -> keras.Model:
    """Return the trained network."""
    model = build()
    with np.load(path or weights_file()) as arrays:
        unused = set(arrays.files)
        for layer in model.layers:
            own = [key for key in arrays.files if key.split("/")[0] == layer.name]
            layer.set_weights([arrays[key] for key in own])
            unused.difference_update(own)
    if unused:
        raise ValueError(f"weights {sorted(unused)} belong to no layer of the model; it must have one for each.")
    return model


def weights() -> list[Array]:
    """Return the arrays in the file of weights, in its order."""
    with np.load(weights_file()) as arrays:
        return [arrays[key] for key in arrays.files]


def use(model: keras.Model) -> None:
    """Let predict use this model from now on, such as one that was trained further."""
    global MODEL
    MODEL = model


def features(rows: Any) -> Array:
    """Return rows as the array that the model reads."""
    return np.asarray({rows}, dtype="float32")


def logits(x: Array) -> Array:
    """Return what the model gives for what it reads, with dropout and the like off."""
    if MODEL is None:
        use(load())
    z = ops.convert_to_numpy(MODEL(ops.convert_to_tensor(x, dtype="float32"), training=False)).astype(float)
    return {z}


def versions() -> str:
    """Return what computes the network."""
    return f"Keras {keras.__version__} on {keras.backend.backend()}"'''


def refusal(plan: Plan, options: Options) -> str:
    """Return why Keras cannot have a plan, or ""."""
    return why_not(plan, options, "Keras", stacks_of)


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the weights and the file with the model."""
    assert plan.core is not None
    network = plan.core.network
    stacks = stacks_of(network)
    arrays = _arrays(stacks)
    defines: dict[str, str] = {}
    for unit in units(stacks[0]):
        defines |= unit.defines
    build = build_text(stacks, network.input_shape or (), network.n_outputs)
    design = Design(
        imports=_IMPORTS,
        about=_about(plan),
        parts=[*defines.values(), build, _LOADING.replace("{z}", f"z.reshape{logits_shape(plan)}")],
        weights=list(arrays.values()),
        dtype="float32",
    )
    return {**dict.fromkeys(_SUFFIXES, _archive(arrays)), "_keras.py": file_around(plan, proof, design)}


def _arrays(stacks: list[Stack]) -> dict[str, np.ndarray]:
    """Return the weights by layer and name, in the order of ``set_weights`` where the model is a stack.

    They are in single precision, since Keras computes in it even where it is asked for float64.
    """
    return {
        f"{unit.name}/{name}": np.ascontiguousarray(array, dtype=np.float32)
        for stack in stacks
        for unit in units(stack)
        for name, array in unit.arrays.items()
    }


def _archive(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = f"Weights for Keras, written by glassnet {VERSION}.".encode()
    return buffer.getvalue()


def _about(plan: Plan) -> list[str]:
    assert plan.core is not None
    loss = _LOSSES.get(type(plan.core.network.loss).__name__)
    classifies = plan.answer.kind in ("classes", "labels")
    return [
        "It needs Keras 3 with a backend, numpy, and the file of weights beside it.",
        "",
        "    predict(rows)" + ("  # or predict_proba(rows)" if classifies else ""),
        "    model = load()",
        f"    model.predict(features(rows))  # {'logits, without softmax or sigmoid' if classifies else 'numbers'}",
        '    model.save("model.keras")',
        "    selftest()  # the number of failures: 0",
        "",
        *([f'To train it further: model.compile("adam", {loss}).'] if loss else []),
        "Afterwards use(model) lets predict use it. As a program the file predicts a CSV: python FILE new.csv",
        "Epsilons, slopes and momenta are those of training, which are not Keras's own defaults. The running variance",
        "of its BatchNormalization is the biased one, that of training so far the unbiased one.",
    ]
