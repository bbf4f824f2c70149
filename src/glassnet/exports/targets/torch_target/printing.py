"""The files of the PyTorch target: weights for ``load_state_dict``, and the module that they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from glassnet.errors import ConfigError
from glassnet.exports.header import header_lines
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.targets.layered.ends import Ends, ends_of
from glassnet.exports.targets.layered.vectors import vector_lines
from glassnet.exports.targets.target import Options
from glassnet.exports.targets.torch_target.layers import module_of
from glassnet.exports.targets.torch_target.parts import Part
from glassnet.utils.version import VERSION

__all__ = ["print_plan", "refusal"]


def refusal(plan: Plan, options: Options) -> str:
    """Return why PyTorch cannot have a plan, or ""."""
    if plan.core is None:
        return "PyTorch has the layers of one network, and this model is not one. ONNX, C and Python can have it."
    if options.dtype != "float32":
        return "PyTorch has the weights as they are trained. Only C has int8."
    try:
        module_of(plan.core.network)
    except ConfigError as error:
        return str(error)
    return ""


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the weights and the file with the module."""
    assert plan.core is not None
    module = module_of(plan.core.network)
    weights = _weights(module, plan, proof)
    return {".safetensors": weights, ".py": _file(plan, proof, module, weights).encode()}


def _weights(module: Part, plan: Plan, proof: Proof) -> bytes:
    from safetensors.numpy import save

    # safetensors writes wrong numbers for arrays that are not C-contiguous.
    arrays = {name: np.ascontiguousarray(array) for name, array in module.state()}
    facts = {f"fact_{i:02d}": line for i, line in enumerate(header_lines(plan, proof, _arithmetic(plan)))}
    return save(arrays, metadata={"format": "pt", "exported_by": f"glassnet {VERSION}", **facts})


def _arithmetic(plan: Plan) -> str:
    assert plan.core is not None
    return str(plan.core.network.dtype)


_FILE = '''{header}
"""The network as a module of PyTorch, its weights in the file beside this one. Needs torch, safetensors and numpy.

    model = load()            # outputs are {outputs}
    {example}

{training}
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

WEIGHTS = Path(__file__).with_suffix(".safetensors")
SHA256 = "{sha256}"  # of that file
{constants}
{classes}{build}


def load(path=WEIGHTS, device="cpu"):
    """Return the trained network, ready to predict; call train() on it to train it further."""
    model = build()
    model.load_state_dict(load_file(path), strict=True)
    return model.to(device).eval()


{ends}


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
    return f"torch {{torch.__version__}}"


if __name__ == "__main__":
    failures = selftest()
    print("self-test:", "passed" if failures == 0 else f"{{failures}} failures")
    sys.exit(failures != 0)
'''


def _file(plan: Plan, proof: Proof, module: Part, weights: bytes) -> str:
    assert plan.core is not None
    ends: Ends = ends_of(plan)
    double = _arithmetic(plan) == "float64"
    classes = list(module.classes().values())
    return _FILE.format(
        header="\n".join(f"# {line}" for line in header_lines(plan, proof, _arithmetic(plan))),
        outputs=ends.outputs,
        example=ends.example,
        training=_training(ends),
        sha256=hashlib.sha256(weights).hexdigest(),
        constants=ends.constants,
        classes="".join(f"\n\n{text}\n" for text in classes),
        build=_build(module, double),
        ends=_ends(ends, double),
        predict=ends.predict,
        tolerance="1e-9" if double else "2e-5",
        vectors=vector_lines(plan, proof),
    )


def _training(ends: Ends) -> str:
    losses = {
        "SoftmaxCrossEntropy": "nn.CrossEntropyLoss()(model(x), codes)",
        "BinaryCrossEntropy": "nn.BCEWithLogitsLoss()(model(x), targets)",
        "SquaredError": "nn.MSELoss()(model(x), targets)",
        "AbsoluteError": "nn.L1Loss()(model(x), targets)",
    }
    loss = losses.get(ends.loss)
    if loss is None:
        return f"It was trained with {ends.loss}, which PyTorch has under no name of its own."
    return f"To train it further: model.train(), and the loss is {loss}."


def _build(module: Part, double: bool) -> str:
    kind = ".double()" if double else ""
    if module.text != "Members":
        lines = _returned(module, kind)
        return f'\n\ndef build():\n    """Return the network with new weights."""\n{lines}'
    one = _returned(module.inside["0"], kind)
    return (
        f'\n\ndef build_member():\n    """Return one of the networks, with new weights."""\n{one}\n\n\n'
        f'def build():\n    """Return all networks, with new weights."""\n'
        f"    return Members(build_member() for _ in range({len(module.inside)}))"
    )


def _returned(module: Part, kind: str) -> str:
    lines = module.lines("    ")
    lines[0] = lines[0].replace("    ", "    return ", 1)
    lines[-1] = lines[-1].removesuffix(",") + kind
    return "\n".join(lines)


def _ends(ends: Ends, double: bool) -> str:
    kind = "torch.float64" if double else "torch.float32"
    return f'''def encode(rows):
    """Return rows as the tensor that the network reads."""
{ends.encode}
    return torch.as_tensor(np.asarray(x), dtype={kind})


@torch.inference_mode()
def {ends.predict}(rows, model=None):
    """Return {ends.returns} for rows."""
    model = load() if model is None else model
    was_training = model.training
    x = encode(rows).to(next(model.parameters()).device)
    z = model.eval()(x).double().cpu().numpy()
    model.train(was_training)
{ends.decode}{ends.labels}'''
